"""A ranked list made with insert, remove and conditions, as selections of kernels are written."""

NAMES = ["FAST", "WIDE", "OLD"]


def rank(major, wide, forbidden):
    names = list(NAMES)
    if major >= 10:
        names.insert(0, "NEW")
    if wide:
        names.remove("WIDE")
        names.insert(0, "WIDE")
    if major < 8 and "FAST" in names:
        names.remove("FAST")
    return [n for n in names if n != forbidden]


def reasons(name, major, wide):
    out = []
    if name == "FAST" and major < 9:
        out.append(f"{name} needs 9, not {major}")
    if name == "WIDE" and not wide:
        out.append("narrow")
    return out


def ask(major: int, wide: bool, forbidden: str | None):
    valid = []
    invalid = {}
    for at, name in enumerate(rank(major, wide, forbidden)):
        why = reasons(name, major, wide)
        if why:
            invalid[name] = (at, why)
        else:
            valid.append((name, at))
    if not valid:
        raise ValueError(f"none is left: {invalid}")
    chosen = min(valid, key=lambda v: v[1])[0]
    text = "{" + ", ".join(f"{n}: [{', '.join(w)}]" for n, (_, w) in invalid.items()) + "}"
    return [chosen, [v[0] for v in valid], text, list(invalid)]


POOLS = {"major": [7, 8, 9, 10], "wide": [True, False], "forbidden": [None, "OLD", "NEW", "WIDE"]}
