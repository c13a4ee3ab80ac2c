"""Functions: defaults, keywords, packing, closures, decorators, caches, generators, and state of a module."""

from functools import cache, partial

calls = []
setting = None


def traced(fn):
    def inner(*args, **kwargs):
        calls.append(fn.__name__)
        return fn(*args, **kwargs)

    return inner


@cache
def slow(n):
    return n + 1


@traced
def plain(a, /, b=2, *more, c, **rest):
    return [a, b, list(more), c, sorted(rest)]


def counted(up):
    for i in range(up):
        yield i
    yield "end"


def configure(value):
    global setting
    if setting is None:
        setting = value
    return setting


def ask(n: int, f: bool):
    global setting
    calls.clear()
    setting = None
    slow.cache_clear()

    def close(x):
        nonlocal n
        n += x
        return n

    out = [close(1), n, slow(n), slow(n), plain(1, c=3), plain(1, 5, 6, c=f, d=1), partial(max, 3)(n)]
    out.append(list(counted(2)))
    out += [configure(n), configure(f), (lambda q=n: q)()]
    args = (1, 2) if f else (1,)
    out.append(plain(*args, **{"c": n, "e": 0}))
    try:
        plain(1, 2) if f else slow()
    except TypeError as e:
        out.append(type(e).__name__)
    out.append([x for x in calls])
    if (m := n * 2) > 6:
        out.append(m)
    return out


POOLS = {"n": [0, 1, 5], "f": [True, False]}
