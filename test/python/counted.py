"""Lists of which is asked how long they are, and which are then gone through item by item."""


def ask(given: dict):
    m = given.get("m", [1, 2, 3])
    if not isinstance(m, list):
        return None
    if len(m) == 2:
        first, second = m
        return [sum(m), first, second]
    if len(m) != 3 or sum(m) != 6:
        raise ValueError("no three that make six")
    a, b, c = m
    return [a, c, [str(n) for n in m if n == b][0]]


POOLS = {
    "given": [
        {},
        {"m": [1, 2, 3]},
        {"m": [2, 2, 2]},
        {"m": [3, 3]},
        {"m": [3]},
        {"m": []},
        {"m": [1, 2, 4]},
        {"m": [6, 0, 0, 0]},
        {"m": 3},
        {"m": "abc"},
    ],
}
