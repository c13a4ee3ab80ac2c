"""Powers: of what is nothing, by what is negative, and which of them are floats."""


def ask(base: int, by: int, how: str):
    if how == "half":
        return [base**-0.5, base**0.5] if base >= 0 else [base**2]
    if how == "constant":
        return [2**-1, 2**3, base**2, (base or 4) ** -1]
    if how == "given":
        return base**by if by >= 0 else float(base) ** by
    scale = (abs(base) or 64) ** -0.5
    return [scale, f"{2**by if by > 0 else 0}"]


POOLS = {"base": [0, 1, 4, -4], "by": [0, 2, -1], "how": ["half", "constant", "given", "scale"]}
