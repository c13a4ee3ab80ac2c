"""Products, multiples and divisors of several numbers, lists side by side of which it depends which they are, one of each list."""

import itertools
import math
from math import prod


def ask(a: int, b: int, long: bool):
    shapes = ((a, 2), (b,)) if long else ((a,),)
    sizes = [4, 2] if long else [8]
    out = [sum(prod(shape) * size for shape, size in zip(shapes, sizes))]
    out.append([len(shape) + size for shape, size in zip(shapes, sizes)])
    out += [prod([]), prod((a, b), start=3), math.lcm(a, b), math.lcm(*(x for x in (a, b, 6))), math.lcm(), math.gcd(a, b, 8)]
    out.append(sorted({math.lcm(*of) for of in itertools.product([16, 32], [1], [a, 48])}))
    out.append(len(list(itertools.product())))
    return out


POOLS = {"a": [0, 3, 16, 64], "b": [1, 24, 128], "long": [True, False]}
