"""Dictionaries of settings made of others: without some keys, with some more, and what is then in them."""


def without(config):
    return {k: v for k, v in config.items() if k not in ("skip", "gone")}


def ask(config: dict, how: str):
    if how == "without":
        made = without(config)
        return [made.get("kind"), made.get("skip"), "gone" in made, made.get("size", 1)]
    if how == "with more":
        made = {**without(config), "size": 7}
        made.setdefault("kind", "plain")
        if made["kind"] == "wide":
            made.setdefault("factor", 2)
        return [made["kind"], made["size"], made.get("factor"), made.get("skip")]
    if how == "but one":
        made = {name: value for name, value in config.items() if name != "kind"}
        return [made.get("kind"), made.get("size")]
    if how == "only":
        made = {k: v for k, v in config.items() if k in ["kind", "size"]}
        return [made.get("kind"), made.get("gone"), len(made), "size" in made]
    if how == "names of a copy":
        made = config.copy()
        made.pop("skip", None)
        again = made.copy()
        return [any(k == "skip" for k in again), any(k == "size" for k in again)]
    if how == "names of more":
        return any(k == "more" for k in {**config, "more": 1})
    if how == "any left":
        return bool(without(config))
    if how == "any more":
        made = config.copy()
        made.pop("skip", None)
        return "yes" if made else "no"
    if how == "any but one":
        made = dict(config)
        made.pop("kind", None)
        made["more"] = 1
        return bool(made)
    return any(k == "skip" for k in without(config))


GIVEN = [
    {},
    {"kind": "wide"},
    {"kind": "narrow", "skip": 3},
    {"size": 4, "gone": None},
    {"skip": 1},
    {"skip": 1, "gone": 2},
    {"kind": "wide", "size": 5, "skip": 0, "factor": 9},
]

POOLS = {
    "config": GIVEN,
    "how": ["without", "with more", "but one", "only", "names of a copy", "names of more", "any left", "any more", "any but one", "left"],
}
