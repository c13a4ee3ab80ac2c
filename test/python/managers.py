"""`with`: what is entered, what is left after an error, and managers made of generators."""

from contextlib import contextmanager

state = {"depth": 0}


@contextmanager
def deeper(by):
    state["depth"] += by
    try:
        yield state["depth"]
    finally:
        state["depth"] -= by


class Quiet:
    def __init__(self, take):
        self.take = take

    def __enter__(self):
        return "in"

    def __exit__(self, kind, value, trace):
        return kind is not None and issubclass(kind, self.take)


def ask(n: int, f: bool):
    state["depth"] = n
    out = []
    try:
        with deeper(2) as d:
            out.append(d)
            if f:
                raise ValueError("inside")
            out.append("through")
    except ValueError as e:
        out.append(str(e))
    out.append(state["depth"])
    with Quiet(KeyError) as q:
        out.append(q)
        if n > 1:
            {}[n]
        out.append("no error")
    out.append(state["depth"] + 1)
    return out


POOLS = {"n": [0, 1, 2], "f": [True, False]}
