"""Calls that do not fit what they call: which of several errors Python finds first, and its words."""

from typing import NamedTuple


class Point(NamedTuple):
    x: int
    y: int
    z: int = 0


class Box:
    def __init__(self, wide, high, *, deep, full=False):
        self.size = (wide, high, deep, full)


def plain(a, b, c, d=0):
    return a


def alone(a, /, b=1):
    return a


def none():
    return 0


CALLS = [
    lambda v: plain(),
    lambda v: plain(v),
    lambda v: plain(v, v),
    lambda v: plain(v, c=1),
    lambda v: plain(v, v, v, v, v),
    lambda v: plain(v, a=v),
    lambda v: plain(z=v),
    lambda v: plain(v, v, v, z=v, a=v),
    lambda v: plain(v, v, v, a=v, z=v),
    lambda v: alone(),
    lambda v: alone(v, v, v),
    lambda v: alone(a=v),
    lambda v: none(v),
    lambda v: none(v, v),
    lambda v: Box(),
    lambda v: Box(v),
    lambda v: Box(v, v),
    lambda v: Box(v, v, v, deep=1),
    lambda v: Box(v, v, v, v, deep=1, full=v),
    lambda v: Box(v, v, deep=v).size,
    lambda v: Point(),
    lambda v: Point(v),
    lambda v: Point(v, w=v),
    lambda v: Point(v, v, v, v),
    lambda v: Point(v, x=v),
    lambda v: list(Point(v, y=2)),
]


def ask(n: int, v: int):
    return CALLS[n](v)


POOLS = {"n": list(range(26)), "v": [1, 2]}
