"""Records the KV cache layout that a release's own KV connectors ask for, told what a question says of them.

    python3 scripts/record-connectors.py ORACLE TREE < questions.jsonl > records.jsonl

ORACLE is the folder of `ask.py`, which imports the release's code from TREE; of a question's configuration it knows the
connector's name, and here its `kv_connector_extra_config` too.
"""

import sys

sys.path.insert(0, sys.argv[1])
sys.argv = ["ask.py", "--tree", sys.argv[2], "--merge"]
import ask  # noqa: E402

own_config = ask.make_config


def make_config(q, release, ignored, notes):
    cfg, err = own_config(q, release, ignored, notes)
    told = (q.get("config") or {}).get("kv_connector_extra_config")
    if told is not None and cfg.kv_transfer_config is not None:
        cfg.kv_transfer_config.kv_connector_extra_config = told
        cfg.kv_transfer_config.engine_id = "e"
    return cfg, err


def copied(self):
    fields = dict(self.__dict__)
    return ask.NS(fields.pop("_path"), **fields)


ask.make_config = make_config
ask.NS.__copy__ = copied
if __name__ == "__main__":
    ask.main()
