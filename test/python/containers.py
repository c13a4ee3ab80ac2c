"""Lists, dictionaries and sets: what is shared, what is copied, order, slices, unpacking."""


def add(item, to=[]):
    to.append(item)
    return len(to)


def ask(n: int, s: str, f: bool):
    one = [3, 1, 2]
    two = one
    three = list(one)
    if f:
        two.append(n)
    three.insert(1, n)
    table = {"a": 1, "b": 2}
    table[s] = n
    if "b" in table and f:
        del table["b"]
    merged = {**table, "z": 0} | {"a": 9}
    first, *rest = one
    out = [one, three, sorted(one), sorted(three, key=lambda x: -x), list(table), list(merged.items()), first, rest]
    out += [table.get("b", "gone"), table.pop("a", None), "a" in table, one[1:], one[-1], one[::-1], three[:n]]
    out += [len({n, 1, 2}), n in {1, 2}, {1, 2}.issubset({n, 1, 2}), sorted({3, n} - {3})]
    out += [sorted({s, "b"} - {"a": 1, s: 2}.keys()), sorted({"b": 1}.keys() & {s, "b"})]
    out += [list(zip(one, "xyz")), dict(zip(["p", "q"], three)), [i for r in ([1], [n]) for i in r]]
    out += [any(x > 2 for x in one), all(one), max(one, key=lambda x: x % 3), one.index(3), one.count(n)]
    try:
        out.append(one[n])
    except IndexError as e:
        out.append(str(e))
    try:
        out.append({"k": 1}[s])
    except KeyError as e:
        out.append(repr(e))
    lone = {n, n}
    out += [lone.pop(), len(lone)]
    perhaps = {s} if f else set()
    try:
        out.append(perhaps.pop())
    except KeyError as e:
        out.append(str(e))
    out.append(add(n) + add(s))
    return out


POOLS = {"n": [0, 1, 2, 7], "s": ["a", "c", "k"], "f": [True, False]}
