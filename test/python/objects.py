"""Objects: attributes made on demand, operators of their own, setters, class attributes shared, copies."""

import copy


class Lazy:
    made = 0

    def __init__(self, **given):
        self.__dict__.update(given)

    def __getattr__(self, name):
        if name.startswith("opt_"):
            return name[4:]
        raise AttributeError(f"no {name}")

    def __contains__(self, name):
        return name in self.__dict__

    def __len__(self):
        return len(self.__dict__)

    def __eq__(self, other):
        return isinstance(other, Lazy) and self.__dict__ == other.__dict__

    def __hash__(self):
        return 1


class Size:
    def __init__(self, n):
        self._n = n
        Size.count += 1

    count = 0

    @property
    def n(self):
        return self._n

    @n.setter
    def n(self, value):
        if value < 0:
            raise ValueError(f"size {value}")
        self._n = value

    def __add__(self, other):
        return Size(self._n + (other._n if isinstance(other, Size) else other))

    def __lt__(self, other):
        return self._n < other._n

    def __getitem__(self, at):
        return self._n * at

    def __bool__(self):
        return self._n != 0

    def __call__(self, by):
        return self._n // by

    def __repr__(self):
        return f"Size({self._n})"


def ask(n: int, name: str):
    Size.count = 0
    lazy = Lazy(**{name: n, "b": 2})
    out = [lazy.opt_x, "a" in lazy, len(lazy), getattr(lazy, name), getattr(lazy, "zz", "gone"), hasattr(lazy, "a")]
    try:
        out.append(lazy.a)
    except AttributeError as e:
        out.append(str(e))
    size = Size(4)
    try:
        size.n = n
    except ValueError as e:
        out.append(str(e))
    more = size + n
    out += [size.n, (size + more).n, size < more, size[3], bool(size), more(2), repr(more), f"{size} {[size]}", Size.count]
    other = copy.copy(lazy)
    other.b = n
    deep = copy.deepcopy({"k": [lazy.b, [n]]})
    deep["k"][1].append(0)
    out += [lazy.b, other.b, lazy == other, lazy != Lazy(**lazy.__dict__), deep["k"], max([size, more, Size(1)], key=lambda s: s.n).n]
    del other.b
    out.append(hasattr(other, "b"))
    out.append(vars(other) == {name: n})
    return out


POOLS = {"n": [-2, 0, 2, 4], "name": ["a", "b", "c"]}
