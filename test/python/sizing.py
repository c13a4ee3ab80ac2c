"""Sizes put together of several lists of uncertain length."""


def sizes(width, most):
    tiers = [(width, most), (1, 2)]
    return sorted({n * each for each, top in tiers for n in range(1, top + 1) if n * each <= 6})


def ask(width: int, most: int):
    found = sizes(width, most)
    return [len(found), found[-1], [n for n in (1, 4, 6) if n in found]]


POOLS = {"width": [1, 2, 4], "most": [1, 2, 5]}
