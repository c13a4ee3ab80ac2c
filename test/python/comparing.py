"""Comparisons of every kind: chains, mixed types, identity, membership, and what cannot be compared."""


class Version:
    def __init__(self, text):
        self.parts = tuple(int(p) for p in text.split("."))

    def __eq__(self, other):
        if not isinstance(other, Version):
            return NotImplemented
        return self.parts == other.parts

    def __lt__(self, other):
        return self.parts < other.parts

    def __le__(self, other):
        return self < other or self == other


def tried(fn):
    try:
        return fn()
    except TypeError as e:
        return str(e)


def ask(a: int | None, b: float, s: str):
    v = Version(s)
    return [
        tried(lambda: a < b),
        tried(lambda: a > 1 and b < 2),
        a == b,
        a is None or a is not None and a != b,
        a == True,
        a in (1, 2.0, "x"),
        a in {None: 1, 2: 2},
        s < "1.5",
        s in "0.9.1.2",
        "." not in s,
        v == Version("1.2"),
        v == "1.2",
        v != Version("1.2"),
        v < Version("1.10"),
        v <= Version("1.2"),
        [a, s] == [a, s] != [s, a],
        (1, s) < (1, "1.5") < (2,),
        {s: a} == {s: a},
        {1, 2} <= {1, 2, 3},
        {a, 2} == {2, a},
        not s == "1.2" and not a,
        (a or 0) <= b <= 4,
        max(a or 0, b),
        sorted(["b", s, "a"])[0],
        tried(lambda: sorted([a, 1])),
        tried(lambda: a + s),
        tried(lambda: len(a)),
        tried(lambda: s + 1),
        tried(lambda: a[0]),
        bool(a) is (a not in (None, 0)),
    ]


POOLS = {"a": [None, 0, 1, 2, 5], "b": [0.5, 1.5, 3.25], "s": ["1.2", "1.10", "0.9"]}
