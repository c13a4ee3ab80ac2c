"""Settings kept in a table of functions, asked for as attributes of a module, as an environment is read."""

ENV = {}


def flag(name, default):
    return lambda: ENV.get(name, default).lower() in ("1", "true")


TABLE = {
    "A_FLAG": flag("A_FLAG", "0"),
    "B_NUMBER": lambda: int(ENV.get("B_NUMBER", "8")),
    "C_NAME": lambda: ENV.get("C_NAME", None),
    "D_MAYBE": lambda: None if "D_MAYBE" not in ENV else bool(int(ENV["D_MAYBE"])),
}


def value(name):
    if name in TABLE:
        return TABLE[name]()
    raise AttributeError(f"no setting {name!r}")


def ask(a: str | None, b: str | None, d: str | None):
    ENV.clear()
    for name, given in (("A_FLAG", a), ("B_NUMBER", b), ("D_MAYBE", d)):
        if given is not None:
            ENV[name] = given
    out = [value("A_FLAG"), value("C_NAME"), value("D_MAYBE")]
    if value("D_MAYBE") is False:
        out.append("off")
    out.append(value("B_NUMBER") // 2)
    try:
        value("E")
    except AttributeError as e:
        out.append(str(e))
    return out


POOLS = {"a": [None, "1", "True", "no"], "b": [None, "3", "x"], "d": [None, "0", "1"]}
