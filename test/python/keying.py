"""Keys of a dictionary that are looked up in another one."""


def ask(given: dict):
    table = dict(given["table"])
    key = given["key"]
    found = table.get(key, "none") if isinstance(key, str) else 0
    if given.get("strict"):
        return [table[key], table.get("a")]
    kinds = []
    for name in given.get("names", []):
        inner = table[name]
        kinds.append(inner["kind"] if isinstance(inner, dict) else inner)
    table["a"] = 5
    later = table.get(key) if isinstance(key, str) else 0
    table.pop("b", None)
    return [found, later, table.get(key, "gone") if isinstance(key, str) else 0, kinds == ["plain", "other"]]


POOLS = {
    "given": [
        {"table": table, "key": key, **({"strict": True} if strict else {}), **({} if names is None else {"names": names})}
        for table in ({}, {"a": 1}, {"b": 2, "c": None}, {"a": {"kind": "plain"}, "b": {"kind": "other"}})
        for key in ("a", "b", "c", "d", None, 3)
        for strict in (False, True)
        for names in (None, ["a"], ["a", "b"], ["d"])
    ]
}
