"""Settings that come from text: parsing, aliases, deprecated names, and defaults that depend on others."""

import json
import os

ALIASES = {"half": "float16", "float": "float32"}


def dtype_of(text, model):
    text = text.strip().lower()
    if text == "auto":
        return "bfloat16" if model == "float32" else model
    return ALIASES.get(text, text)


def split_pair(text, sep=","):
    left, found, right = text.partition(sep)
    if not found:
        return [left]
    return [left] + split_pair(right, sep)


def merged(*tables, **more):
    out = {}
    for table in tables:
        for key, value in table.items():
            if isinstance(value, dict) and isinstance(out.get(key), dict):
                out[key] = merged(out[key], value)
            else:
                out[key] = value
    out.update({k: v for k, v in more.items() if v is not None})
    return out


def ask(text: str, size: int | None, extra: str):
    out = [dtype_of(text, "float32"), split_pair(text), os.path.basename("a/b/" + text)]
    table = merged({"a": {"x": 1}, "b": 2}, {"a": {"y": size}}, b=size, c=text or None)
    out += [sorted(table), table["a"], table["b"]]
    try:
        given = json.loads(extra)
        out += [given.get("k", "none"), [*given], isinstance(given.get("k"), int)]
    except json.JSONDecodeError:
        out.append("no JSON")
    except AttributeError as e:
        out.append(str(e))
    block = size if size is not None else 16 if text == "auto" else 32
    out += [block, -(-100 // block), (100 + block - 1) // block * block, block & (block - 1) == 0]
    words = [w for w in text.replace(",", " ").split() if w]
    out += [len(words), words[:1], words[-1:] or ["none"], "auto" in words, text.count("a")]
    return out


POOLS = {
    "text": ["auto", " Half ", "a,b,c", "", "x y"],
    "size": [None, 1, 48],
    "extra": ["{}", '{"k": 3}', '{"k": null, "j": []}', "[]", "{"],
}
