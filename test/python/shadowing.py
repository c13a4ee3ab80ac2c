"""Dictionaries made of others by comprehensions whose names hide those outside."""


def ask(config: dict):
    v = ("skip",)
    k = ("kind",)
    kept = {k: v for k, v in config.items() if isinstance(v, str) and k in v}
    less = {k: v for k, v in config.items() if k not in v}
    more = {v: k for v, k in config.items() if v not in k}
    plain = {a: b for a, b in config.items() if a not in v}
    return [kept.get("skip"), less.get("skip"), len(less), more.get("skip"), more.get("kind"), plain.get("skip"), k]


POOLS = {"config": [{}, {"skip": "skip it"}, {"skip": "it"}, {"kind": "some kind", "skip": ""}, {"kind": "kin", "more": "more"}]}
