"""Texts: formatting of every kind, and the methods of str."""


def ask(s: str, n: int | None, f: bool):
    low = s.lower()
    out = [
        f"{s!r} of {n} {'yes' if f else 'no'}",
        "%s has %d" % (s, n or 0),
        "{} and {name}".format(n, name=low),
        s.upper(),
        low.startswith(("fp8", "bf")),
        low.endswith("16"),
        s.replace("_", "-"),
        s.strip(),
        s.split("_"),
        s.split("_")[-1],
        s.partition("_")[0],
        "_" in s,
        s.removeprefix("fp"),
        "-".join([low, str(n)]),
        len(s),
        s[:3],
        s == "fp8" or s != "auto",
        s.isdigit(),
        str(f),
        f"{n}" if n is not None else repr(s),
        ".layers." in f"{s}.layers.{n}.attn",
        "is it" in ("this is it: " if f else "that is it: ") + s,
        max([low], key=len),
    ]
    return out


POOLS = {"s": ["fp8_e4m3", "FP8", "auto", "bfloat16", "", " a_b_c ", "12"], "n": [None, 0, 7], "f": [True, False]}
