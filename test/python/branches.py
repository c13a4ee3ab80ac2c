"""Conditions as Python takes them: what is true, what a chain of comparisons says, what `and` and `or` give."""


def ask(a: int | str | None | bool, n: int, s: str):
    if a and n > 2:
        first = a or "none"
    elif not a or 0 <= n < 2:
        first = a and n
    else:
        first = n or s
    second = "low" if n < 0 else "zero" if n == 0 else "high"
    third = s and s[0] or a
    if a is None:
        return [first, second, third, "none"]
    if isinstance(a, bool):
        return [first, second, third, "bool", a + n]
    if isinstance(a, (int, float)):
        return [first, second, third, "number", a * n]
    return [first, second, third, type(a).__name__, a == s, a != s, a in ("auto", s)]


POOLS = {"a": [None, True, False, 0, 5, "", "auto"], "n": [-1, 0, 1, 2, 3], "s": ["", "auto", "b"]}
