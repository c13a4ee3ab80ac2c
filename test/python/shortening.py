"""The first items of lists, up to a number that depends on the question."""


def ask(given: dict):
    n = given.get("n", 2)
    if not isinstance(n, int):
        return None
    own = given.get("own")
    if not isinstance(own, list):
        own = ["a"] * given.get("size", 4)
    some = own[:n]
    plain = ["x", "y", "z"][:n]
    return [len(some), some[0] if some else None, "b" in some, len(plain), plain[-1] if plain else None, list(own[:2]) == ["a", "a"]]


POOLS = {
    "given": [
        {},
        {"n": 0},
        {"n": 1},
        {"n": 9},
        {"n": -1},
        {"n": -3},
        {"n": -9},
        {"n": True},
        {"n": "a"},
        {"own": ["b", "c", "a"]},
        {"own": ["c", "b", "a"], "n": 1},
        {"own": ["c", "b", "a"], "n": -1},
        {"own": ["c", "b", "a"], "n": -2},
        {"own": [], "n": 3},
        {"own": ["a"], "n": 3},
        {"size": 1, "n": 3},
        {"size": 3, "n": -1},
        {"size": 0},
    ],
}
