"""What is looked up where: scopes, class bodies, names that are deleted, attributes of classes and of modules of functions."""

LIMIT = 3


def outer(n):
    limit = n

    def inner():
        nonlocal limit
        limit += 1
        return limit

    class Local:
        limit = LIMIT + 1
        seen = [limit, n]

        def get(self):
            return limit

    return inner, Local


def shadow(LIMIT):
    def deeper():
        global LIMIT
        LIMIT = 10
        return LIMIT

    return deeper(), LIMIT


def defaults(a, b=LIMIT, *, c=None, **kw):
    c = c or [b]
    return [a, b, c, sorted(kw.items())]


def missing(n):
    if n > 1:
        found = n
    try:
        return found
    except UnboundLocalError as e:
        return type(e).__name__


def ask(n: int, name: str):
    global LIMIT
    LIMIT = 3
    inner, Local = outer(n)
    out = [inner(), inner(), Local.limit, Local.seen, Local().get(), shadow(n), LIMIT]
    LIMIT = 3
    out += [defaults(n), defaults(n, 2, c=[name], z=1, y=2), missing(n)]
    out += [getattr(Local, name, "none"), hasattr(Local, name), callable(getattr(Local, "get")), Local.__name__]
    out += [type(n).__name__, type(n) is int, isinstance(True, int), issubclass(Local, object), type(Local()).__name__]
    table = {"limit": 1, "other": 2}
    out.append(table[name] if name in table else table.setdefault(name, n))
    out += [list(table), next(iter(table.values())), table.pop("limit"), len(table), bool(table)]
    try:
        out.append({}[name])
    except KeyError as e:
        out.append(e.args[0])
    finally:
        del table
    return out


POOLS = {"n": [0, 2], "name": ["limit", "seen", "gone"]}
