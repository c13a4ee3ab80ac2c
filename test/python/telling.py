"""Dictionaries over lists of any length, made at one place: one of several of them, and what is known of each."""


def counted(names):
    return {name: 0 for name in names}


def ask(given: dict, which: bool, how: str):
    names, others = given.get("names", []), given.get("others", [])
    if not isinstance(names, list) or not isinstance(others, list):
        return None
    one, other = counted(names), counted(others)
    if how == "one of two":
        it = one if which else other
        return [len(it), bool(it), len(one), len(other)]
    if how == "one is changed":
        it = one if which else other
        it["new"] = 1
        return [len(it), len(one), len(other)]
    it = one.copy() if which else one
    it["new"] = 1
    return [len(it), len(one)]


POOLS = {
    "given": [
        {},
        {"names": ["a", "b"]},
        {"others": ["a"]},
        {"names": ["a", "b", "a"], "others": ["c"]},
        {"names": [1], "others": ["a", "b"]},
        {"names": [], "others": [1, 2]},
    ],
    "which": [True, False],
    "how": ["one of two", "one is changed", "a copy or itself"],
}
