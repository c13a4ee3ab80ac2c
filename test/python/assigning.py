"""Assignments: several targets, parts of lists and dictionaries, in place, through attributes, and what is shared by it."""


class Box:
    shared = []
    total = 0

    def __init__(self, n):
        self.n = n
        self.table = {"a": [n]}


def ask(n: int, s: str, f: bool):
    a = b = [n, 2]
    b += [3]
    c, (d, *e) = n, (s, *a)
    a[0], a[-1] = a[-1], a[0]
    box, other = Box(n), Box(2)
    box.n += 1
    box.n *= 2 if f else 3
    box.table["a"].append(s)
    box.table[s] = box.table.get(s, 0) if s != "a" else [n]
    box.shared.append(n) if f else None
    Box.total += n
    other.total += 1
    x = y = 0
    x, y = y + 1, x + n
    items = [1, 2, 3, 4]
    items[1:3] = [n]
    del items[0]
    t = (1, 2)
    u = t
    u += (n,)
    m = {"k": n}
    k = m
    m = m | {"z": 1}
    k["q"] = 5
    text = s
    text *= 2
    fns = [lambda: i for i in range(3)]
    late = [fn() for fn in fns]
    bits = n
    bits |= 4
    bits <<= 1
    out = [a, b is a, c, d, e, box.n, other.n, box.table["a"], len(box.table), other.table, len(Box.shared)]
    Box.shared.clear()
    out += [Box.total, other.total, x, y, items, t, u, m.get("q", "none"), k["q"], text, late, bits]
    Box.total = 0
    return out


POOLS = {"n": [0, 1, 5], "s": ["a", "b", ""], "f": [True, False]}
