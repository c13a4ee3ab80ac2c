"""Dictionaries of settings made of others again and again, and what is left in them."""


def without(config):
    return {k: v for k, v in config.items() if k not in ("skip", "gone")}


def ask(config: dict, how: str):
    if how == "twice":
        made = {k: v for k, v in without(config).items() if k != "kind"}
        return [made.get("kind"), made.get("skip"), len(made), bool(made), "kind" in made]
    if how == "renamed":
        made = {k.replace("s", "z"): v for k, v in without(config).items()}
        return [made.get("zkip"), made.get("zize"), len(made), bool(made)]
    left = config.copy()
    left.pop("kind", None)
    if how == "listed":
        return [len(list(left.items())), bool([k for k, v in left.items()])]
    return [any(n == 1 for n, _ in enumerate(left.items())), sum(1 for _ in left.items())]


POOLS = {
    "config": [
        {},
        {"kind": "wide"},
        {"kind": "narrow", "skip": 3},
        {"size": 4, "gone": None},
        {"skip": 1, "gone": 2},
        {"kind": "wide", "size": 5, "skip": 0, "factor": 9},
    ],
    "how": ["twice", "renamed", "listed", "numbered"],
}
