"""Records what a release's own code makes of whole command lines, up to the configuration of its engine.

    PYTHONPATH=TRANSFORMERS python3 scripts/record-starts.py ORACLE TREE < cases.jsonl > records.jsonl

ORACLE is the folder of `ask.py`, TREE a release's sources. A case has the form of `ask --serve`: `node dist/scripts/check-starts.js
--make N` makes such. A record holds the case and `answer`: the `error` that ends it (its stage, type and text), or what is
`resolved`. Each case runs in a process of its own. Cases in which a stand-in cannot take the place of what a model's module is made
with are left out, and counted on stderr. `record-models.py` goes on and builds the model.
"""

import started


def resolved(config):
    model = config.model_config
    return {
        "dtype": str(model.dtype).replace("torch.", ""),
        "cache_dtype": config.cache_config.cache_dtype,
        "use_mla": bool(model.use_mla),
    }


def answer(case):
    try:
        return {"resolved": resolved(started.configured(case)), "error": None}
    except started.Ended as ended:
        return {"error": started.refused(ended)}


started.enter()
started.each(answer)
