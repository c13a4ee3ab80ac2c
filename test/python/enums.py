"""Enumerations, named tuples and dataclasses."""

from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum, auto
from typing import NamedTuple


class Kind(Enum):
    FAST = "path.Fast"
    SLOW = "path.Slow"
    NONE = ""

    @property
    def last(self):
        return self.value.split(".")[-1]

    def usable(self):
        return self is not Kind.NONE


class Level(IntEnum):
    NEVER = 0
    ONCE = auto()
    ALWAYS = auto()


class Row(NamedTuple):
    kind: Kind
    level: Level = Level.ONCE


@dataclass
class Config:
    name: str
    size: int = 16
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self):
        if self.size < 0:
            raise ValueError(f"{self.name} of size {self.size}")
        self.double = self.size * 2


def ask(name: str, size: int):
    try:
        kind = Kind[name]
    except KeyError as e:
        kind = None
        missing = f"no {e}"
    else:
        missing = kind.last
    out = [missing, kind.name if kind else None, kind is Kind.FAST, kind in (Kind.FAST, Kind.SLOW)]
    level = Level.ALWAYS if size > 16 else Level.NEVER if size == 0 else Level.ONCE
    out += [level.name, level >= Level.ONCE, min(level, Level.ONCE).name, level + 1]
    try:
        config = Config(name, size)
        other = replace(config, size=8)
        config.rows.append(Row(kind or Kind.NONE, level))
        row = config.rows[0]
        out += [config.double, other.size, len(other.rows), row.level.value, row._asdict()["kind"].usable()]
        first, second = row
        out.append(first.name + second.name)
        out.append([k.name for k in Kind if k.usable()])
    except ValueError as e:
        out.append(str(e))
    return out


POOLS = {"name": ["FAST", "SLOW", "NONE", "OTHER"], "size": [-1, 0, 16, 32]}
