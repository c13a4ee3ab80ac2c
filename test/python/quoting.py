"""Quotes: which of them Python takes depends on the text, and of a set with one text there is one order alone."""


def ask(a: str, n: int, f: bool):
    held = {a} if f else set()
    told = {n, a} - {a}
    try:
        raise KeyError(f"no '{a}' in {held}")
    except KeyError as e:
        said = str(e)
    return [repr(f"it's {a}"), repr(f"say {a} to {n}"), repr(f'"{a}"'), [f"'{n}'"], str(held), str(told), said]


POOLS = {"a": ["x", "yz", ""], "n": [0, 7], "f": [True, False]}
