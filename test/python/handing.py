"""A property of a class that a subclass hands on to, by the property itself."""


class Base:
    def __init__(self, kind):
        self.kind = kind

    @property
    def kind(self):
        return self._kind

    @kind.setter
    def kind(self, value):
        if value == "bad":
            raise ValueError("bad kind")
        self._kind = value

    @property
    def fixed(self):
        return 1


class Other(Base):
    @property
    def kind(self):
        return Base.kind.fget(self)

    @kind.setter
    def kind(self, value):
        if value is not None and value.startswith("other-"):
            value = value.removeprefix("other-")
        Base.kind.__set__(self, value)


def ask(kind):
    made = Other(kind)
    return [made.kind, Base.fixed.fset is None, hasattr(Base.kind, "fset"), hasattr(Base.kind, "gone")]


POOLS = {"kind": [None, "plain", "other-plain", "bad", "other-bad"]}
