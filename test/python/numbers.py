"""Arithmetic where it differs between languages: floor division and remainder of negatives, rounding, texts to numbers."""


def ask(a: int, b: int, s: str):
    out = [a + b, a - b, a * b, -a, abs(a), min(a, b), max(a, b, 3), a**2]
    try:
        out += [a // b, a % b, a / b, divmod(a, b)[1]]
    except ZeroDivisionError as e:
        out.append(f"{type(e).__name__}: {e}")
    try:
        out.append(int(s) + 1)
    except ValueError as e:
        out.append(str(e))
    out.append(a.bit_length() if a > 0 else bool(a))
    out.append((a > b) + (a == b))
    if a % 16 == 0 and a > 0:
        out.append(a & (a - 1) == 0)
    return out


POOLS = {"a": [-7, -1, 0, 1, 5, 16, 48, 64], "b": [-3, 0, 2, 16], "s": ["7", " 12 ", "x", "", "1.5", "-3"]}
