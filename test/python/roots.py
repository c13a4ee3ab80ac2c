"""Roots, logarithms and whole parts of numbers that are open: what is a float, and what divides by nothing."""

import math


def ask(n: int, by: int, how: str):
    if how == "root":
        return [math.sqrt(n) > 2, f"{math.sqrt(n)}", 1 / math.sqrt(n) < 0.5]
    if how == "known":
        return [math.sqrt(16), f"{math.sqrt(4)}", math.ceil(2.5), math.log2(8)]
    if how == "log":
        return [math.log2(n) >= 4, int(math.log2(n)), math.log(n) > 1]
    return [math.ceil(n / by), math.floor(n / by) * by, f"{math.ceil(n / by)}"]


POOLS = {"n": [0, 1, 4, 16, 80], "by": [3, 4], "how": ["root", "known", "log", "parts"]}
