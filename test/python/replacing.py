"""Lists of a length that depends on the question, of which items are set: one by one, by the turns of loops, under two names."""


class Layers:
    def __init__(self, given):
        n = given.get("n", 3)
        self.kinds = None
        self.n = n if isinstance(n, int) else 2


def by_number(layers):
    layers.kinds = ["plain"] * layers.n
    for i in range(layers.n):
        if i % 3 == 1:
            layers.kinds[i] = "wide"
        elif i % 3 == 2:
            layers.kinds[i] = f"narrow{i}"
    if "wide" not in layers.kinds:
        layers.kinds[-1] = "wide"
    return layers.kinds


def gathered(layers):
    layers.kinds = []
    for i in range(layers.n):
        if i % 2:
            layers.kinds.append("odd")
        else:
            layers.kinds.append("even")
    if layers.kinds and (last := layers.kinds[-1]) != "odd":
        layers.kinds[-1] = "odd"
    return layers.kinds


def listed(layers, given):
    kinds = [None] * layers.n
    for one in given.get("full", []):
        kinds[one - 1] = "full"
    for one in given.get("other", []):
        kinds[one - 1] = "other"
    return kinds


def two_names(layers):
    kinds = ["a"] * layers.n
    same = kinds
    kinds[0] = "b"
    return [same[0], kinds[0], len(same)]


def copied(layers):
    kinds = ["a" for _ in range(layers.n)]
    other = list(kinds)
    kinds[0] = "b"
    return [other[0], kinds[0]]


def looked_at(layers):
    kinds = ["a"] * layers.n
    seen = []
    for i in range(layers.n):
        kinds[i] = "b" if i == 0 or kinds[i - 1] == "a" else "c"
        seen.append(kinds[0])
    return [kinds[-1] if layers.n > 1 else None, len(seen)]


def inside(layers):
    rows = [0] * layers.n
    for i in range(layers.n):
        for j in range(2):
            rows[i] = j
    return rows


def stopped(layers):
    kinds = ["a"] * layers.n
    for i in range(layers.n):
        kinds[i] = "b"
        if i == 1:
            break
    return kinds


def handed(layers):
    layers.kinds = ["a"] * layers.n

    def look():
        return layers.kinds[0]

    for i in range(layers.n):
        layers.kinds[i] = "b" if look() == "a" else "c"
    return layers.kinds


def ask(what: str, given: dict):
    layers = Layers(given)
    if what == "by number":
        kinds = by_number(layers)
    elif what == "gathered":
        kinds = gathered(layers)
    elif what == "listed":
        kinds = listed(layers, given)
    elif what == "two names":
        kinds = two_names(layers)
    elif what == "copied":
        kinds = copied(layers)
    elif what == "looked at":
        kinds = looked_at(layers)
    elif what == "inside":
        kinds = inside(layers)
    elif what == "stopped":
        kinds = stopped(layers)
    else:
        kinds = handed(layers)
    return [len(kinds), *(kinds[i] if i < len(kinds) else None for i in range(5)), any(k == "wide" for k in kinds)]


POOLS = {
    "what": ["by number", "gathered", "listed", "two names", "copied", "looked at", "inside", "stopped", "handed"],
    "given": [
        {},
        {"n": 0},
        {"n": 1},
        {"n": 2},
        {"n": 4},
        {"n": 5, "full": [1, 3]},
        {"n": 5, "full": [1, 3], "other": [3, 4]},
        {"n": 5, "full": [0, -1], "other": [6]},
        {"n": 3, "full": [5]},
        {"n": 1, "full": [-9], "other": []},
        {"n": "four", "full": [2], "other": [1]},
        {"n": True},
        {"n": 4, "full": ["a"]},
        {"n": 4, "full": 3},
    ],
}
