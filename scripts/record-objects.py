"""Records what transformers makes of config.json files: python record-objects.py FILE... > RECORDS.jsonl"""

import copy
import json
import os
import sys

import torch
from transformers import CONFIG_MAPPING, PreTrainedConfig, logging

logging.set_verbosity_error()


def plain(value):
    if isinstance(value, PreTrainedConfig):
        return {"@object": attributes(value)}
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return {"@odd": type(value).__name__}


def attributes(config):
    cls = type(config)
    names = set(vars(config)) | set(cls.attribute_map)
    for base in cls.__mro__:
        names |= {n for n, v in vars(base).items() if isinstance(v, property)}
        names |= set(getattr(base, "__annotations__", {}))
    out = {}
    for name in sorted(n for n in names if not n.startswith("_")):
        try:
            out[name] = plain(getattr(config, name))
        except Exception as error:
            out[name] = {"@raises": type(error).__name__}
    return {"@class": cls.__name__, "attributes": out}


for path in sys.argv[1:]:
    with open(path) as file:
        config = json.load(file)
    if "config" in config and "source" in config:
        config = config["config"]
    kind = config.get("model_type")
    if kind not in CONFIG_MAPPING:
        continue
    record = {"file": os.path.basename(path), "type": kind, "config": config}
    try:
        made = CONFIG_MAPPING[kind].from_dict(copy.deepcopy(config))
        text = made.get_text_config()
        record["object"] = attributes(made)
        record["text"] = "self" if text is made else attributes(text)
    except Exception as error:
        record["error"] = [type(error).__name__, str(error)[:200]]
    print(json.dumps(record))
