"""Classes: inheritance, super, properties, class and static methods, attributes looked up, set and missing."""


class Base:
    sizes: list[int] = [16]
    name = "base"

    @classmethod
    def full(cls):
        return f"{cls.name}:{cls.__name__}"

    @staticmethod
    def twice(n):
        return n * 2

    @property
    def shown(self):
        return f"<{self.name} {getattr(self, 'size', 'none')}>"

    def supports(self, size):
        return any(size % s == 0 for s in self.sizes)

    def reasons(self, size, f):
        out = []
        if not self.supports(size):
            out.append("size")
        return out


class Left(Base):
    name = "left"

    def __init__(self, size=None):
        if size is not None:
            self.size = size

    def reasons(self, size, f):
        out = super().reasons(size, f)
        if f:
            out.insert(0, "flag")
        return out


class Right(Base):
    sizes = [64, 80]

    def supports(self, size):
        return size == 0 or super().supports(size)


class Both(Left, Right):
    pass


def ask(which: str, size: int, f: bool):
    cls = {"left": Left, "right": Right, "both": Both}.get(which, Base)
    made = cls(size) if issubclass(cls, Left) and f else cls()
    if f:
        setattr(made, "name", which + "!")
    out = [cls.full(), made.full(), made.shown, cls.twice(size), made.supports(size), made.reasons(size, f)]
    out.append([c.__name__ for c in (Left, Right, Both) if isinstance(made, c)])
    out.append(hasattr(made, "size"))
    try:
        out.append(made.size)
    except AttributeError as e:
        out.append(str(e))
    return out


POOLS = {"which": ["left", "right", "both", "x"], "size": [0, 16, 64, 80, 72], "f": [True, False]}
