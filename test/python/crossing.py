"""Lists that two loops over lists of any length make: of sets, and sets of them."""


def ask(given: dict):
    names, others = given.get("names", []), given.get("others", [])
    if not isinstance(names, list) or not isinstance(others, list):
        return None
    once = [other for name in set(names) for other in others]
    first = [name for name in names for other in others]
    second = {other for name in names for other in others}
    letters = [letter for word in first if isinstance(word, str) for letter in word]
    return [
        len(once),
        len(first),
        len(second),
        len({name for name in first}),
        len(letters),
        any(name == "b" for name in first),
        first[1] if len(first) > 1 else None,
        len([name for name in first for other in others]),
    ]


POOLS = {
    "given": [
        {},
        {"names": ["a", "b"], "others": ["x"]},
        {"names": ["a", "a"], "others": ["x"]},
        {"names": ["b", "a", "b"], "others": ["x", "y"]},
        {"names": ["abc", "b"], "others": ["x", "y", "x"]},
        {"names": [], "others": ["x", "y"]},
        {"names": ["b"], "others": []},
        {"names": ["a", "b"], "others": "xy"},
    ],
}
