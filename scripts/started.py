"""Starts a release's own code on a command line: what the recorders of whole lines share.

`enter()` takes `ask.py`'s folder and a release's tree and lets its code be imported beside stand-ins for a GPU and compiled code; of
transformers, and of what reads models, the real packages are taken. `configured(case)` gives the engine's configuration of a case in
the form of `ask --serve`. `each(answer)` answers the cases on stdin, each in a process of its own.
"""

import ast
import contextlib
import importlib
import importlib.util
import io
import json
import os
import sys
import tempfile

REAL = "transformers huggingface_hub tokenizers safetensors httpx anyio urllib3".split()
# what is told where a stand-in cannot take the place of what a model is made with
OF_STAND_INS = ["failed to be inspected", "'function' object has no attribute"]


class Ended(Exception):
    """That a start ended, at which stage and by which error."""

    def __init__(self, stage, error):
        super().__init__(stage)
        self.stage, self.error = stage, error


def enter(real=()):
    """Makes the release's code importable; `real` names further packages that are taken as they are where they are installed."""
    global ask, tree
    oracle, tree = sys.argv[1:3]
    sys.path.insert(0, oracle)
    sys.argv = ["ask.py", "--tree", tree]
    ask = importlib.import_module("ask")
    for name in [n for n in os.environ if n.startswith("VLLM_")]:
        del os.environ[name]
    os.environ.update(VLLM_LOGGING_LEVEL="WARNING", HF_HUB_OFFLINE="1", VLLM_HAS_FLASHINFER_CUBIN="1")
    sys.pycache_prefix = os.path.join(tempfile.gettempdir(), "oracle_pyc")
    real = {n for n in (*REAL, *real) if importlib.util.find_spec(n) is not None}
    ask.ALWAYS_MOCK = [name for name in ask.ALWAYS_MOCK if name not in real]
    ask.preload()
    import transformers  # noqa: F401

    device = {"capability": [9, 0], "name": "NVIDIA H100 80GB HBM3"}
    question = {"platform": "cuda", "device": device, "install": {"nvcc": False}}
    release = ask.release_of(tree)
    ask.setup_world(tree, release, "cuda", device, ask.resolve_install(question, tree, release))
    sys.modules["vllm"].__getattr__ = outside
    from vllm.model_executor.models import registry

    # what is asked of a model's class is asked in this process
    registry._LazyRegisteredModel.inspect_model_cls = lambda self: registry._ModelInfo.from_model_cls(self.load_model_cls())


def outside(name):
    """What the package itself offers and the recorder does not load; its own modules are found as such."""
    path = os.path.join(tree, "vllm", name)
    if name.startswith("__") or os.path.exists(path) or os.path.exists(f"{path}.py"):
        raise AttributeError(name)
    return ask.make_mock(f"vllm.{name}")


def made_parser():
    with open(os.path.join(tree, "vllm/entrypoints/cli/serve.py")) as f:
        nodes = [node for node in ast.walk(ast.parse(f.read())) if isinstance(node, ast.ImportFrom)]
    where = {alias.name: node.module for node in nodes for alias in node.names}
    own = {n: getattr(importlib.import_module(where[n]), n) for n in ("make_arg_parser", "FlexibleArgumentParser")}
    parser = own["FlexibleArgumentParser"](prog="vllm")
    own["make_arg_parser"](parser.add_subparsers(dest="subparser").add_parser("serve"))
    return parser


def on_machine(case):
    """The device of a case, in place of the one with which the code was imported."""
    import torch
    from vllm.platforms import current_platform

    gpu, count = case["gpu"], case.get("gpu_count", 1)
    ask.set_device("cuda", {"capability": gpu["capability"], "name": gpu["name"]})
    ask.clear_caches()
    ask.reset_globals()
    torch.cuda.device_count = torch.cuda._device_count_nvml = lambda: count
    cls = type(current_platform)
    cls.get_device_total_memory = classmethod(lambda _cls, device_id=0: int(gpu["memory_gib"] * (1 << 30)))
    cls.get_device_name = classmethod(lambda _cls, device_id=0: gpu["name"])
    cls.device_count = classmethod(lambda _cls: count)


def lay_files(case):
    """The files of a case in an empty working directory: a model's folder has the name that the line gives."""
    os.chdir(tempfile.mkdtemp())
    quantized = case.get("hf_quant_config")
    name = case["args"][1] if len(case["args"]) > 1 else ""
    served = case.get("model") or ("./model" if os.path.isabs(name) or name.startswith("-") else name)
    models = {served: {"config.json": case["hf_config"], **({"hf_quant_config.json": quantized} if quantized else {})}}
    models |= {name: {"config.json": config} for name, config in (case.get("extra_models") or {}).items()}
    for model, files in models.items():
        os.makedirs(model, exist_ok=True)
        for file, content in files.items():
            with open(os.path.join(model, file), "w") as f:
                json.dump(content, f)
    for file, text in (case.get("files") or {}).items():
        with open(file, "w") as f:
            f.write(text)


def configured(case):
    """The configuration of the engine; raises `Ended` where the line is refused."""
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.usage.usage_lib import UsageContext

    on_machine(case)
    os.environ.update(case.get("env") or {})
    lay_files(case)
    stage, said = "parse", io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            args = made_parser().parse_args(case["args"])
        args.model = args.model_tag or args.model
        stage = "engine_args"
        engine = AsyncEngineArgs.from_cli_args(args)
        stage = "engine_config"
        return engine.create_engine_config(usage_context=UsageContext.OPENAI_API_SERVER)
    except SystemExit as e:
        raise Ended(stage, ValueError(f"argument parser: {said.getvalue().rstrip().splitlines()[-1]}")) from e
    except Exception as e:
        raise Ended(stage, e) from e


def words_of(error):
    """What an error says, without what pydantic adds of the input and of its pages."""
    lines = [line for line in str(error).split("\n") if not line.startswith("    For further information")]
    return "\n".join(line.split(" [type=")[0] for line in lines)


def refused(ended):
    return {"stage": ended.stage, "type": type(ended.error).__name__, "text": words_of(ended.error)}


def in_process(answer, case):
    """What a process of its own answers; None where it ends without an answer."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        if "WHY" not in os.environ:
            os.dup2(quiet, 2)
        with os.fdopen(write, "w") as f:
            json.dump(answer(case), f)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as f:
        text = f.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else None


def each(answer):
    """Prints a record for each case on stdin; how many were left out, on stderr."""
    left_out = 0
    for line in sys.stdin:
        case = json.loads(line)
        made = in_process(answer, case)
        if made is None or any(words in (made["error"] or {}).get("text", "") for words in OF_STAND_INS):
            left_out += 1
            if "WHY" in os.environ:
                print(case["id"], case["hf_config"].get("architectures"), (made or {}).get("error"), file=sys.stderr)
            continue
        print(json.dumps({"case": case, "answer": made}), flush=True)
    print(f"{left_out} left out", file=sys.stderr)
