"""Dictionaries over lists of any length, whose keys may be none."""


def ask(given: dict, how: str):
    items = given.get("items", [])
    if not isinstance(items, list):
        return None
    if how == "any":
        return bool({item: 0 for item in items})
    if how == "one":
        return {item: 0 for item in items} is None
    if how == "pairs":
        return len({(item, 1): item for item in items if not isinstance(item, (list, dict))})
    try:
        return len({item: 0 for item in items if item != "a"})
    except TypeError:
        return "no keys"


POOLS = {
    "given": [{}, {"items": []}, {"items": ["a", "b", "a"]}, {"items": [[1]]}, {"items": ["a", {"a": 1}]}, {"items": [1, 2, 2]}],
    "how": ["any", "one", "pairs", "how many"],
}
