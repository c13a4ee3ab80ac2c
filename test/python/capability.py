"""Named tuples compared with tuples, ranges of them, and tables looked up by them."""

from typing import NamedTuple


class Capability(NamedTuple):
    major: int
    minor: int = 0

    def as_version(self):
        return f"{self.major}.{self.minor}"

    def to_int(self):
        assert 0 <= self.minor < 10, "minor"
        return self.major * 10 + self.minor

    def __str__(self):
        return self.as_version()


LIMITS = {(8, 0): 164, (8, 6): 100, (9, 0): 228}


def check(have, need):
    if have is None:
        return "unknown"
    if isinstance(need, tuple):
        return have >= need
    return have.to_int() >= need


def ask(major: int, minor: int, none: bool):
    have = None if none else Capability(major, minor)
    if have is None:
        return [check(have, (8, 0)), have in LIMITS]
    low, high = (7, 5), Capability(9)
    return [
        check(have, (8, 0)),
        check(have, 80),
        check(have, (9,)),
        low <= have < high,
        have == (major, minor),
        have in [(8, 0), (9, 0)],
        LIMITS.get(have, "none"),
        LIMITS.get((have[0], 0)),
        str(have),
        f"{have}",
        repr(have),
        have._replace(minor=1).to_int(),
        have[:1],
        max(have, high).major,
        have.major in range(8, 10),
        sorted([have, (8, 5), (7, 9)])[0][0],
        have + (1,),
        tuple(x + 1 for x in have),
        any(have.major == m for m in (7, 10)),
    ]


POOLS = {"major": [7, 8, 9, 10], "minor": [0, 5, 6, 9], "none": [True, False]}
