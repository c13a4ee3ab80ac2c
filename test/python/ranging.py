"""How long lists are that follow a range, which may be empty."""


def ask(start: int, stop: int, how: str):
    made = []
    for n in range(start, stop):
        made.append(n)
    if how == "len":
        return len(made)
    if how == "comp":
        return len([x + 1 for x in range(start, stop)])
    if how == "few":
        return len(made) < 1
    if how == "range":
        return len(range(start, stop))
    return len(made) + 2


POOLS = {"start": [0, 2, 5], "stop": [0, 3, 4], "how": ["len", "comp", "few", "range", "more"]}
