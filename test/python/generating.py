"""Generators, sequences made of them, and functions that go through several at once."""

from itertools import chain, islice, product


def upto(n, skip):
    for i in range(n):
        if i == skip:
            continue
        if i > 4:
            return
        yield i
    if skip is None:
        yield "whole"


def pairs(xs):
    it = iter(xs)
    for x in it:
        yield x, next(it, None)


def ask(n: int, skip: int | None, s: str):
    xs = list(upto(n, skip))
    out = [xs, len(xs), sum(x for x in xs if isinstance(x, int)), max((x for x in xs if x != "whole"), default=-1)]
    out += [[(a, b) for a, b in zip(xs, s)], dict(enumerate(s, start=1)), list(pairs([1, 2, 3]))]
    out += [sorted(s), sorted(s, reverse=True), "".join(reversed(s)), list(map(str, xs)), list(filter(None, xs))]
    out += [[x for x in chain([n], xs)], list(islice(upto(9, None), 2)), [a + b for a, b in product("ab", "c")]]
    out += [any(x == skip for x in xs), all(c.isalpha() for c in s), min([3, n]), min(s, default="none")]
    out += [{c: s.count(c) for c in s}, {x for x in (1, n, 1)} == {1, n}, [[i] * 2 for i in range(2)]]
    out += [[(i, j) for i in range(3) for j in range(i) if i != n], list(range(n, -1, -2)), [*xs, *s], tuple(s)]
    first, *middle = [*xs, 0]
    out += [first, middle[-1:], xs[:2], xs[::-1], xs[1::2], xs[-1:] or "none", n in range(2, 5)]
    return out


POOLS = {"n": [0, 1, 3, 6], "skip": [None, 0, 2], "s": ["", "ba", "b1"]}
