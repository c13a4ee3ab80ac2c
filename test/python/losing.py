"""Lists of which a loop that nobody can follow makes something: how long they are then, and what stands where."""


def ask(config: dict, how: str):
    names = []
    for name in config:
        if len(names) % 2 == 0:
            names.append(name)
        else:
            names.insert(0, name)
    if how == "more than one":
        return 1 < len(names)
    if how == "two":
        return len(names) == 2
    if how == "any":
        return bool(names)
    if how == "second":
        return names[1]
    if how == "numbered":
        return [n for n, _ in enumerate(names)][-1:] == [1]
    return len(list(config)) > 1


POOLS = {
    "config": [{}, {"a": 1}, {"a": 1, "b": 2}, {"c": 1, "b": 2, "a": 3}],
    "how": ["more than one", "two", "any", "second", "numbered", "of it"],
}
