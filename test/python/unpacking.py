"""What `**` makes of JSON of any shape: in calls, in displays of dictionaries, and where a key comes twice."""

from dataclasses import dataclass, field


@dataclass
class Part:
    name: str = "none"
    size: int = 1
    extra: dict = field(default_factory=dict)

    def wants(self):
        return self.name == "a" and not self.extra.get("off", False)


def take(name="x", size=0, **more):
    return [name, size, len(more), {"off": size}]


def first(config):
    for item in config.get("items", []):
        part = Part(**{"size": 7, **item})
        if part.wants():
            return True
    return False


def every(config):
    items = config.get("items", [])
    if not items:
        return None
    for item in items:
        if not Part(**item).wants():
            return False
    return True


def sizes(config):
    return [Part(**{"size": 7, **item}).size for item in config.get("items", [])]


def updated(config):
    own = {"name": "a", "off": True}
    more = config.get("more")
    if more is not None:
        try:
            own.update(take(**more)[3])
        except TypeError:
            return "refused"
    return own.get("off")


def ask(config: dict):
    return [
        first(config),
        every(config),
        any(n > 5 for n in sizes(config)),
        take(**config.get("named", {}))[:3],
        updated(config),
    ]


POOLS = {
    "config": [
        {},
        {"items": []},
        {"items": [{}]},
        {"items": [{"name": "a"}]},
        {"items": [{"name": "b"}, {"name": "a"}]},
        {"items": [{"name": "a"}, {"name": "a", "size": 2}]},
        {"items": [{"name": "a", "extra": {"off": True}}]},
        {"items": [{"name": "a", "extra": {"off": False}}, {"name": "c"}]},
        {"items": [{"name": "a", "bogus": 1}]},
        {"items": [{"size": 3}]},
        {"items": [3]},
        {"items": [[]]},
        {"items": ["a"]},
        {"items": 3},
        {"named": {}},
        {"named": {"name": "n"}},
        {"named": {"name": "n", "size": 3, "else": 1}},
        {"named": {"size": 3, "more": 1, "most": 2}},
        {"more": {}},
        {"more": {"size": 5}},
        {"more": {"size": None}},
        {"more": None},
        {"more": 3},
        {"more": "ab"},
        {"more": []},
        {"more": True},
    ]
}
