"""Dictionaries that are made of lists of uncertain length, and how much stands in them."""


def ask(given: dict):
    items = given.get("items", [])
    if not isinstance(items, list):
        return None
    places = {item: n for n, item in enumerate(items)}
    low = {item: True for item in items if item != "c" and item != 3}
    more = {item: 0 for item in items}
    if given.get("more"):
        more["more"] = 1
    less = {item: 0 for item in items}
    also = less
    if given.get("less"):
        also.pop(items[0])
    return [len(places), len(low), len({item for item in items}), len(more), len(less)]


POOLS = {
    "given": [
        {},
        {"items": []},
        {"items": ["a", "b", "a", "c"]},
        {"items": [1, 2, 2, 3, 1]},
        {"items": [7]},
        {"items": ["a", 1, 1]},
        {"items": [1, 1.0, True]},
        {"items": [None, None, "a"]},
        {"items": "abc"},
        {"items": ["a", "b"], "more": True, "less": True},
    ],
}
