"""Loops over JSON of any length that gather: lists of what each item gives, sets of what is asked for, going down."""

KNOWN = {"a": "one", "b": "two", "c": None}


class Part:
    def __init__(self, name, inside=None):
        self.name = name
        self.inside = inside


def parts(config):
    items = config.get("items")
    assert items is not None
    found = []
    for item in items:
        name = item.get("name", "a")
        if name is None:
            raise ValueError("an item without a name")
        found.append((KNOWN.get(name, "other"), Part(name, item)))
    return found


def wanted(config):
    words = set()
    for word, part in parts(config):
        if part.name == "deep":
            word = wanted(part.inside)
        if word is not None:
            words.add(word)
    if len(words) > 1:
        raise ValueError(f"{len(words)} words")
    return next(iter(words), None)


def named(config):
    names = set()
    for _, part in parts(config):
        names.add(part.name)
    return len(names), "a" in names


def numbers(config):
    odd = []
    for item in config["items"]:
        n = item.get("n", 0)
        if n == 1:
            continue
        odd.append(n)
    return len(odd), any(n == 2 for n in odd)


def ask(config: dict):
    return [wanted(config), named(config), numbers(config)]


def items(*names):
    return {"items": [{} if n == "" else {"name": n} if isinstance(n, str) or n is None else n for n in names]}


POOLS = {
    "config": [
        {},
        items(),
        items("a"),
        items(""),
        items("b", "b"),
        items("a", "b"),
        items("c", "a"),
        items("c"),
        items("x"),
        items("x", "y"),
        items(None),
        items("a", None),
        items("a", {"n": 2}, {"n": 1}),
        items({"n": 1}, {"name": "a", "n": 1}),
        items({"name": "deep", **items("a")}),
        items("b", {"name": "deep", **items("a")}),
        items("a", {"name": "deep", **items("a", "c")}),
        items({"name": "deep", **items("a", "b")}),
        items({"name": "deep", **items({"name": "deep", **items("b")})}, "b"),
        items({"name": "deep", **items({"name": "deep", **items({"name": "deep", **items({"name": "deep", **items("b")})})})}),
        items("a", {"name": "deep", **items({"name": "deep", **items({"name": "deep", **items({"name": "deep", **items("b")})})})}),
        items({"name": "deep"}),
        {"items": {"a": 1}},
        {"items": {}},
        {"items": "ab"},
        {"items": ""},
        {"items": 3},
        {"items": [1]},
        {"items": [["a"]]},
    ]
}
