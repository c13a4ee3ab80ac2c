"""Parts of a text: the last one, whatever their number is, and one text in the place of another that is open."""


def ask(name: str, old: str, new: str):
    last = name.split(".")[-1]
    parts = name.split(".")
    parts.append(new)
    return [last, parts[-1], last == old, name.replace(last, new), name.replace(old, new), last in ["q", "k"]]


POOLS = {
    "name": ["a.q", "q", "", "a.b.k", "q.q"],
    "old": ["q", "a"],
    "new": ["x", "kk"],
}
