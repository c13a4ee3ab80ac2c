"""What pydantic makes of the values of a dataclass's fields: of what lists hold, of objects inside objects, of several types."""

from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass


@dataclass(config=ConfigDict(extra="forbid"))
class Inner:
    size: int = 1
    names: list[str] = Field(default_factory=list)

    def __post_init__(self):
        if self.size > 100:
            raise ValueError("too large")


@dataclass(config=ConfigDict(extra="forbid"))
class Outer:
    numbers: list[int] | None = None
    either: list[int | str] | None = None
    words: list[str] = Field(default_factory=list)
    modes: list[Literal["a", "b"]] | None = None
    table: dict[str, int] | None = None
    threes: list[tuple[int, int, int]] | None = None
    rows: list[list[int]] | None = None
    inner: Inner = Field(default_factory=Inner)
    count: int = 1
    one: int | str = 1
    share: float | Literal["auto"] = 1.0
    flag: bool | int = False
    least: int = Field(default=5, ge=1)
    any: dict[str, Any] | None = None
    part: float = Field(default=0.5, gt=0, le=1)


def ask(given: dict):
    made = Outer(**given)
    out = [made.count, made.one, made.share, made.flag, made.least, made.inner.size, made.part]
    out.append([n for n in made.numbers] if made.numbers is not None else None)
    out.append([e for e in made.either] if made.either is not None else None)
    out.append(made.table["a"] if made.table is not None and "a" in made.table else None)
    out.append([b - a for a, b, c in made.threes] if made.threes is not None else None)
    return out


VALUES = {
    "numbers": [[], [8], ["8"], [" 8.0 ", True], [1e30], [8.5, "x", None, 2], ["1_0", "_1"], "8", [[1]], ["0_8", "1."]],
    "either": [[1, "1", True, 2.5, None], ["x", [1]]],
    "words": [["a", "b"], ["a", 1, None], [2.5], {"a": 1}],
    "modes": [["a", "b"], ["a", "c", "d"], ["c", 1]],
    "table": [{"a": 1}, {"a": "2"}, {"a": 2.5, "b": 1, "c": None}, [1], {}],
    "threes": [[[1, 2, 3]], [[1, "4", 3.5], [1, 2]], [1, [1, 2, 3, 4]], [[]], [["x", 1, 2, 3]]],
    "rows": [[[1], ["2"]], [["x", 1.5], [2, "y"]], [1, ["z"]]],
    "inner": [{"size": "7"}, {"size": "x", "names": ["a", 1]}, {"other": 1, "more": 2}, {"size": 101}, 1, {}],
    "count": ["8.0", 1.5, 1e30, "1e3", -1e19, 9e18, "", " 7", True, None],
    "one": ["5", 5, 5.5, True, None, []],
    "share": [1, "auto", "x", "0.5", None, True],
    "flag": [1, "1", "yes", 2, "x", 0, True],
    "least": [0, "0", 1, "2", 0.5],
    "any": [{"a": [1]}, [], "x"],
    "part": [0, 1, 2, "0.25", "nan", "inf", -0.5],
    "unknown": [1],
}
POOLS = {
    "given": [{}]
    + [{key: value} for key, values in VALUES.items() for value in values]
    + [
        {"numbers": ["x"], "count": "y", "words": [1, 2]},
        {"inner": {"size": "z"}, "least": 0, "other": 1},
        {"numbers": [1, "2"], "one": "3", "table": {"a": "4", "b": 5}},
    ]
}
