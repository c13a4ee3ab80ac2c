"""Loops: break, continue, else, what a turn leaves for the next, and the order of what is collected."""

SIZES = [32, 64, 80, 96, 128, 256]


def ask(head: int, skip: bool, wanted: str | None):
    kept = []
    for size in SIZES:
        if size < head:
            continue
        if skip and size == 96:
            continue
        kept.append(size)
        if len(kept) == 3:
            break
    else:
        kept.append("few")
    total = 0
    left = head
    while left > 0:
        total += 1
        left -= 50
        if total > 4:
            break
    names = {}
    for i, name in enumerate(["one", "two", "three"]):
        if name == wanted:
            names[name] = i
        elif wanted is None:
            names.setdefault("none", []).append(name)
    found = next((x for x in SIZES if x > head), None)
    return [kept, total, left, names, found, [x for x in SIZES if x % 32 == 0 and x != head], sum(1 for x in SIZES if x <= head)]


POOLS = {"head": [0, 32, 72, 96, 128, 200, 300], "skip": [True, False], "wanted": [None, "two", "four"]}
