"""Records what a release's own layers of weights, and its rotary embedding, refuse when they are made.

    python3 scripts/record-making.py ORACLE TREE < questions.jsonl > records.jsonl

ORACLE is the folder of `ask.py`, which imports the release's code from TREE. A question is one of its own with a list `make`
beside: each names what is made (`maker`, as `module:name`), with which `args` on how many ranks (`tp`), and the `quant`ization
of the checkpoint, if any (`method`, `config`, and how the model packs modules, `packed`). A line holds the question and, for
each, what was raised, or null. Which kernel computes a layer is not asked: any is there.
"""

import collections
import importlib
import json
import sys
import types
from unittest import mock

sys.path.insert(0, sys.argv[1])
sys.argv = ["ask.py", "--tree", sys.argv[2], "--merge"]
import ask  # noqa: E402

GROUPS = ("_TP", "_DP", "_PCP", "_DCP", "_EP", "_PP")


def stand_in_groups(tp):
    from vllm.distributed import parallel_state

    for name in GROUPS:
        size = tp if name in ("_TP", "_EP") else 1
        group = types.SimpleNamespace(world_size=size, rank_in_group=0, rank=0, local_rank=0, ranks=[0])
        setattr(parallel_state, name, group)


def any_kernel():
    """Puts something in the place of whatever chooses a kernel, wherever it was imported."""
    for module in list(sys.modules.values()):
        if not getattr(module, "__name__", "").startswith("vllm.model_executor.layers"):
            continue
        for name, value in list(vars(module).items()):
            own = getattr(value, "__module__", None) or ""
            if not isinstance(value, types.FunctionType):
                continue
            if own.startswith("vllm.model_executor.kernels"):
                setattr(module, name, mock.MagicMock())
            elif name.startswith("select_") and name.endswith("_backend"):
                setattr(module, name, lambda *a, **k: (mock.MagicMock(), None))


def quantized(asked):
    if asked is None:
        return None
    from vllm.model_executor.layers.quantization import get_quantization_config

    made = get_quantization_config(asked["method"]).from_config(asked["config"])
    made.packed_modules_mapping = asked.get("packed") or {}
    return made


def raised(asked, cfg):
    import torch

    module, name = asked["maker"].replace("/", ".").split(":")
    stand_in_groups(asked["tp"])
    cfg.parallel_config.tensor_parallel_size = asked["tp"]
    cfg.kernel_config = types.SimpleNamespace(linear_backend="auto", moe_backend="auto")
    cfg.compilation_config.custom_ops = ["none"]
    cfg.compilation_config.disabled_custom_ops = collections.Counter()
    cfg.compilation_config.enabled_custom_ops = collections.Counter()
    try:
        maker = getattr(importlib.import_module(module), name)
        quant = quantized(asked.get("quant"))
        any_kernel()
        given = dict(asked["args"])
        if asked.get("quant"):
            given["quant_config"] = quant
        with torch.device("meta"):
            maker(**given)
    except Exception as e:
        return ask.err_dict(e)
    return None


def facts(winner, cfg, q, kw, out, notes):
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        out["made"] = [raised(one, cfg) for one in q["make"]]
    finally:
        torch.set_default_dtype(before)


own_dumps = ask.dumps
ask.facts = facts
ask.dumps = lambda x: own_dumps({"q": x["q"], "a": {"made": x["a"].get("made")}})
if __name__ == "__main__":
    ask.main()
