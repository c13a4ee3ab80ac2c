"""Records what making the implementation of a release's own backends raises, beside the answers of its own selection.

    python3 scripts/record-implementations.py ORACLE TREE < questions.jsonl > records.jsonl

ORACLE is the folder of `ask.py`, which imports the release's code from TREE and asks its selection; here the
implementation of the backend that it chose is made as a layer makes it: with what the selection was asked, and with and
without ALiBi and a soft cap. A line holds the question, the backend, and for each of these what was raised, or null, and
whether code of the implementation's own classes raised it.
"""

import inspect
import json
import sys
from unittest import mock

sys.path.insert(0, sys.argv[1])
sys.argv = ["ask.py", "--tree", sys.argv[2], "--merge"]
import ask  # noqa: E402

MADE_WITH = [
    {"alibi": alibi, "softcap": softcap} for alibi in (False, True) for softcap in (False, True)
]


def arguments(cls, cfg, kw, how):
    import torch

    heads = kw.get("num_heads") or cfg.model_config.get_num_attention_heads(None)
    known = {
        "num_heads": heads,
        "head_size": kw.get("head_size"),
        "scale": 0.125,
        "num_kv_heads": cfg.model_config.get_num_kv_heads(None),
        "alibi_slopes": [0.5] * heads if how["alibi"] else None,
        "sliding_window": 128 if kw.get("has_sliding_window") else None,
        "kv_cache_dtype": kw.get("kv_cache_dtype") or "auto",
        "logits_soft_cap": 30.0 if how["softcap"] else None,
        "attn_type": kw.get("attn_type") or "decoder",
        "kv_sharing_target_layer_name": None,
    }
    if kw.get("has_sink"):
        known["sinks"] = torch.zeros(heads)
    given = {}
    for of in cls.__mro__:
        if "__init__" not in vars(of):
            continue
        params = list(inspect.signature(vars(of)["__init__"]).parameters.items())[1:]
        for name, p in params:
            if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) or name in given:
                continue
            if name in known:
                given[name] = known[name]
            elif p.default is p.empty:
                given[name] = mock.MagicMock()
        # what it does not name itself goes on to the next one
        if not any(p.kind is p.VAR_KEYWORD for _, p in params):
            break
    return given


def raised(cls, given):
    try:
        cls(**given)
    except Exception as e:
        frame = e.__traceback__
        while frame.tb_next:
            frame = frame.tb_next
        own = frame.tb_frame.f_code.co_filename in {
            inspect.getsourcefile(c) for c in cls.__mro__ if c.__module__.startswith("vllm")
        }
        return {**ask.err_dict(e), "own": own}
    return None


def facts(winner, cfg, q, kw, out, notes):
    import torch

    cls = winner.get_impl_cls()
    before = torch.get_default_dtype()
    torch.set_default_dtype(kw["dtype"])
    try:
        out["impl"] = [
            {**how, "raises": raised(cls, arguments(cls, cfg, kw, how))} for how in MADE_WITH
        ]
    finally:
        torch.set_default_dtype(before)


own_dumps = ask.dumps


def dumps(x):
    kept = {k: x["a"][k] for k in ("winner", "impl") if k in x["a"]}
    return own_dumps({"q": x["q"], "a": kept}) if "impl" in kept else ""


ask.facts = facts
ask.dumps = dumps
if __name__ == "__main__":
    ask.main()
