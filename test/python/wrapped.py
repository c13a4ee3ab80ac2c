"""A fact of the machine, asked with a wrapper that cleans up, kept in a module and looked at in pieces."""

from functools import wraps

KINDS = {"n": None}


def opened(fn):
    @wraps(fn)
    def wrapper(*args, **kwargs):
        KINDS["open"] = True
        try:
            return fn(*args, **kwargs)
        finally:
            KINDS["open"] = False

    return wrapper


@opened
def query(name):
    if KINDS["n"]:
        return {"kind": name}.get("kind", "")
    raise RuntimeError("none")


def arch(name):
    try:
        return query(name)
    except Exception as e:
        KINDS["error"] = str(e)
    return "old"


def ask(name: str, n: int):
    KINDS["n"] = n
    found = arch(name)
    return [
        found,
        any(a in found for a in ["fx9", "fx12"]),
        "old" in found,
        KINDS["open"],
        KINDS.get("error", "fine"),
        [a for a in ("fx9", "o") if a in found],
        all(len(a) < len(found) for a in ["fx9"]),
    ]


POOLS = {"name": ["gfx942", "gfx1200", "gfx90a", "cpu"], "n": [0, 2]}
