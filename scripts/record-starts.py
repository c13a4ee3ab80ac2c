"""Records what a release's own code makes of whole command lines, up to the configuration of its engine.

    PYTHONPATH=TRANSFORMERS python3 scripts/record-starts.py ORACLE TREE < cases.jsonl > records.jsonl

ORACLE is the folder of `ask.py`, which imports the release's code from TREE beside stand-ins for a GPU and compiled code; of
transformers, and of what reads models, the real packages are taken. A case has the form of `ask --serve`: `node
dist/scripts/check-starts.js --make N` makes such. A record holds the case and `answer`: the `error` that ends it (its stage, type and
text), or what is `resolved`. Each case runs in a process of its own. Cases in which a stand-in cannot take the place of what a
model's module is made with are left out, and counted on stderr.
"""

import ast
import importlib
import importlib.util
import json
import os
import sys
import tempfile

oracle, tree = sys.argv[1:3]
sys.path.insert(0, oracle)
sys.argv = ["ask.py", "--tree", tree]
import ask  # noqa: E402

REAL = "transformers huggingface_hub tokenizers safetensors httpx anyio urllib3".split()
OF_STAND_INS = ("failed to be inspected", "'function' object has no attribute")

for name in [n for n in os.environ if n.startswith("VLLM_")]:
    del os.environ[name]
os.environ.update(VLLM_LOGGING_LEVEL="WARNING", HF_HUB_OFFLINE="1", VLLM_HAS_FLASHINFER_CUBIN="1")
sys.pycache_prefix = os.path.join(tempfile.gettempdir(), "oracle_pyc")
ask.ALWAYS_MOCK = [m for m in ask.ALWAYS_MOCK if m not in REAL or importlib.util.find_spec(m) is None]
ask.preload()
import transformers  # noqa: E402, F401

device = {"capability": [9, 0], "name": "NVIDIA H100 80GB HBM3"}
question = {"platform": "cuda", "device": device, "install": {"nvcc": False}}
release = ask.release_of(tree)
ask.setup_world(tree, release, "cuda", device, ask.resolve_install(question, tree, release))


def outside(name):
    """What the package itself offers and the recorder does not load; its own modules are found as such."""
    path = os.path.join(tree, "vllm", name)
    if name.startswith("__") or os.path.exists(path) or os.path.exists(f"{path}.py"):
        raise AttributeError(name)
    return ask.make_mock(f"vllm.{name}")


sys.modules["vllm"].__getattr__ = outside
from vllm.engine.arg_utils import AsyncEngineArgs  # noqa: E402
from vllm.model_executor.models import registry  # noqa: E402
from vllm.usage.usage_lib import UsageContext  # noqa: E402

# what is asked of a model's class is asked in this process
registry._LazyRegisteredModel.inspect_model_cls = lambda self: registry._ModelInfo.from_model_cls(self.load_model_cls())


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


def resolved(config):
    model = config.model_config
    return {
        "dtype": str(model.dtype).replace("torch.", ""),
        "cache_dtype": config.cache_config.cache_dtype,
        "use_mla": bool(model.use_mla),
    }


def words_of(error):
    """What an error says, without what pydantic adds of the input and of its pages."""
    lines = [line for line in str(error).split("\n") if not line.startswith("    For further information")]
    return "\n".join(line.split(" [type=")[0] for line in lines)


def answer(case):
    on_machine(case)
    os.environ.update(case.get("env") or {})
    os.chdir(tempfile.mkdtemp())
    os.mkdir("model")
    with open("model/config.json", "w") as f:
        json.dump(case["hf_config"], f)
    stage = "parse"
    try:
        args = made_parser().parse_args(["serve", "./model", *case["args"][2:]])
        args.model = args.model_tag
        stage = "engine_args"
        engine = AsyncEngineArgs.from_cli_args(args)
        stage = "engine_config"
        return {"resolved": resolved(engine.create_engine_config(usage_context=UsageContext.OPENAI_API_SERVER)), "error": None}
    except (Exception, SystemExit) as e:
        return {"error": {"stage": stage, "type": type(e).__name__, "text": words_of(e)}}


def in_process(case):
    """What a process of its own answers; None where it ends without an answer."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        with os.fdopen(write, "w") as f:
            json.dump(answer(case), f)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as f:
        text = f.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else None


left_out = 0
for line in sys.stdin:
    case = json.loads(line)
    made = in_process(case)
    if made is None or any(words in (made["error"] or {}).get("text", "") for words in OF_STAND_INS):
        left_out += 1
        continue
    print(json.dumps({"case": case, "answer": made}), flush=True)
print(f"{left_out} left out", file=sys.stderr)
