"""Objects that `__new__` makes: what is not of the class stays as it is."""

POOLS = {"kind": ["own", "other", "derived", "text"], "n": [1, 2]}


class Base:
    def __init__(self, n):
        self.n = n


class Other:
    def __init__(self, n):
        self.n = n * 10


class Chooser(Base):
    def __new__(cls, n, kind="own"):
        if kind == "other":
            return Other(n)
        if kind == "derived":
            return super().__new__(Derived)
        if kind == "text":
            return "text"
        return super().__new__(cls)

    def __init__(self, n, kind="own"):
        super().__init__(n + 100)


class Derived(Chooser):
    def __init__(self, n, kind="own"):
        super().__init__(n + 1000)


def ask(kind, n):
    made = Chooser(n, kind=kind)
    return [type(made).__name__, made if kind == "text" else made.n]
