"""Lists that are made by two loops of uncertain length."""


def ask(given: dict, more: int):
    outer, inner = given.get("outer"), given.get("inner")
    if not isinstance(outer, int) or not isinstance(inner, int):
        return None
    steps = [a * (inner + 1) + b for a in range(outer) for b in range(inner)]
    made = []
    for step in steps:
        made.append(step + more)
    pairs = [(a, b) for a in range(outer) for b in range(a)]
    odd = [a for a in range(outer) if a % 2 for b in range(inner)]
    three = [a + 10 * b + 100 * c for a in range(outer) for b in range(inner) for c in range(more)]
    return [len(steps), made, len(pairs), len(odd), len(three), any(step == 5 for step in steps)]


POOLS = {
    "given": [
        {"outer": 2, "inner": 3},
        {"outer": 0, "inner": 3},
        {"outer": 3, "inner": 0},
        {"outer": -2, "inner": -3},
        {"outer": 1, "inner": 2},
        {"outer": 4, "inner": 1},
        {},
    ],
    "more": [0, 2],
}
