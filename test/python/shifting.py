"""Shifts and the length of whole numbers in bits: the next power of two, and what a negative shift raises."""


def next_power_of_2(n: int) -> int:
    if n < 1:
        return 1
    return 1 << (n - 1).bit_length()


def ask(a: int, b: int):
    out = [a.bit_length(), next_power_of_2(a), next_power_of_2(a) // 16 <= b]
    try:
        out += [a << b, a >> b, (a << b) >> b == a]
    except ValueError as e:
        out.append(f"{type(e).__name__}: {e}")
    return out


POOLS = {"a": [-300, -5, -1, 0, 1, 2, 3, 255, 256, 257, 8192], "b": [-2, 0, 1, 4, 17]}
