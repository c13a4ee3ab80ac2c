"""Dataclasses that derive from each other, frozen ones, fields left out, comparison, and what typing leaves alone."""

from abc import ABC, abstractmethod
from dataclasses import InitVar, asdict, dataclass, field, fields
from enum import Enum
from inspect import signature
from typing import ClassVar, Literal, get_args


class Mode(str, Enum):
    AUTO = "auto"
    FULL = "full"

    @classmethod
    def _missing_(cls, value):
        return cls.AUTO if value == "default" else None


@dataclass
class Base:
    a: int
    b: str = "b"
    seen: ClassVar[list] = []
    extra: InitVar[int] = 0
    out: list = field(default_factory=list, repr=False)
    hidden: int = field(init=False, default=7)

    def __post_init__(self, extra):
        if extra:
            self.out.append(extra)


@dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 1


@dataclass
class Child(Base):
    c: Mode = Mode.AUTO

    def __post_init__(self, extra):
        super().__post_init__(extra + 1)
        self.a += 1


class Shape(ABC):
    @abstractmethod
    def area(self): ...

    def twice(self):
        return self.area() * 2


class Square(Shape):
    def __init__(self, n):
        self.n = n

    def area(self):
        return self.n**2


Kind = Literal["auto", "full", 3]


def ask(n: int, name: str):
    out = []
    try:
        mode = Mode(name)
        out += [mode.value, mode == name, mode is Mode.FULL, f"{mode.name}", mode in ("full", "auto")]
    except ValueError as e:
        out.append(str(e))
        mode = Mode.AUTO
    made = Child(n, extra=n, c=mode)
    out += [made.a, made.b, made.out, made.hidden, [f.name for f in fields(made)], asdict(made)["out"], made.c.value]
    point = Point(n, y=2)
    out += [point == Point(n, 2), point < Point(3), hash(point) == hash(Point(n, 2)), repr(point)]
    try:
        point.x = 5
    except Exception as e:
        out.append(type(e).__name__)
    out.append(name in get_args(Kind))
    out.append(Square(n).twice())
    try:
        Shape()
    except TypeError as e:
        out.append(type(e).__name__)
    try:
        Base()
    except TypeError as e:
        out.append(type(e).__name__)
    out.append(repr(Base(n)))
    out.append([p for p in signature(Point.__init__).parameters.keys() if p != name])
    return out


POOLS = {"n": [0, 1, 3, 5], "name": ["auto", "full", "default", "other"]}
