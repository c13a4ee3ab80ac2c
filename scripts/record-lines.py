"""Records what a release's own parser of `vllm serve` makes of command lines.

    python3 scripts/record-lines.py ORACLE TREE < lines.jsonl > records.jsonl

ORACLE is the folder of `ask.py`, which imports the release's code from TREE. A line of the input holds `argv`, the words
after `vllm serve`, and may hold `file`, the text of a `config.yaml` that the words name. A record holds the line and either
`held`, what the arguments hold that differ from those of a line without words (of a configuration object the JSON it was
made of), or `error`, the type and the text that the parser ends with.
"""

import ast
import contextlib
import importlib
import io
import json
import os
import sys
import tempfile

sys.path.insert(0, sys.argv[1])
tree = sys.argv[2]
sys.argv = ["ask.py", "--tree", tree]
import ask  # noqa: E402

for name in [n for n in os.environ if n.startswith("VLLM_")]:
    del os.environ[name]
os.environ["VLLM_LOGGING_LEVEL"] = "WARNING"
sys.pycache_prefix = os.path.join(tempfile.gettempdir(), "oracle_pyc")


def outside(name):
    """What the package itself offers and the recorder does not load; its own modules are found as such."""
    if name.startswith("__") or os.path.exists(os.path.join(tree, "vllm", name)):
        raise AttributeError(name)
    if os.path.exists(os.path.join(tree, "vllm", f"{name}.py")):
        raise AttributeError(name)
    return ask.make_mock(f"vllm.{name}")


def made_parser():
    """The parser of the command, as its `main` makes it; of configuration objects the text is kept."""
    with open(os.path.join(tree, "vllm/entrypoints/cli/serve.py")) as f:
        names = [node for node in ast.walk(ast.parse(f.read())) if isinstance(node, ast.ImportFrom)]
    where = {alias.name: node.module for node in names for alias in node.names}
    own = {
        name: getattr(importlib.import_module(where[name]), name)
        for name in ("make_arg_parser", "FlexibleArgumentParser")
    }
    parser = own["FlexibleArgumentParser"](prog="vllm", description="vLLM CLI")
    parser.add_argument("-v", "--version", action="version", version="0")
    serve = own["make_arg_parser"](parser.add_subparsers(required=False, dest="subparser").add_parser("serve"))
    texts = {}

    def keeping(of):
        def convert(text):
            made = of(text)
            if hasattr(made, "__dataclass_fields__"):
                texts[id(made)] = (text, made)
            return made

        convert.__name__ = getattr(of, "__name__", repr(of))
        return convert

    for action in serve._actions:
        if action.type is not None and action.type not in (int, float, str):
            action.type = keeping(action.type)
    return parser, texts


def plain(value, texts):
    if id(value) in texts:
        return json.loads(texts[id(value)][0])
    if hasattr(value, "__dataclass_fields__"):
        return "an object"
    if isinstance(value, dict):
        return {k: plain(v, texts) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(v, texts) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def answer(parser, texts, line):
    printed = io.StringIO()
    texts.clear()
    try:
        with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
            held = parser.parse_args(["serve", *line["argv"]])
    except SystemExit as e:
        if e.code == 0:
            return {"error": {"type": "SystemExit", "text": ""}}
        text = printed.getvalue()
        at = max(text.rfind("vllm serve: error:"), text.rfind("vllm: error:"))
        return {"error": {"type": "SystemExit", "text": text[at:].strip()}}
    except Exception as e:  # noqa: BLE001 what it ends with is the record
        return {"error": {"type": type(e).__name__, "text": str(e)}}
    return {"held": {k: plain(v, texts) for k, v in vars(held).items()}}


def main():
    lines = [json.loads(text) for text in sys.stdin if text.strip()]
    release = ask.release_of(tree)
    ask.preload()
    q = {"platform": "cuda", "device": {"capability": [9, 0]}}
    ask.setup_world(tree, release, "cuda", q["device"], ask.resolve_install(q, tree, release))
    sys.modules["vllm"].__getattr__ = outside
    out, sys.stdout = sys.stdout, sys.stderr
    parser, texts = made_parser()
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    before = answer(parser, texts, {"argv": []})["held"]
    for line in lines:
        if "file" in line:
            with open("config.yaml", "w") as f:
                f.write(line["file"])
        made = answer(parser, texts, line)
        if "held" in made:
            made["held"] = {k: v for k, v in made["held"].items() if k not in before or v != before[k]}
            made["held"].pop("dispatch_function", None)
        out.write(json.dumps({"release": release, **line, **made}) + "\n")
        if os.path.exists("config.yaml"):
            os.unlink("config.yaml")


main()
