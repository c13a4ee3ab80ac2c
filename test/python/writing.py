"""How values are written: formats, containers, floats, and None."""


def ask(n: int, x: float, s: str, b: bool | None):
    return [
        f"{n:>4}|{n:<4}|{n:04d}|{n:,}",
        f"{x:.2f} {x:g} {x}",
        f"{s:>6}|{s:^6}|{s:<6}|",
        "%5.1f %s %r %%" % (x, s, s),
        f"{n=} {s!r:>8}",
        str([n, s, x, b, None]),
        str((n,)) + str(()) + str((s, b)),
        str({"k": n, s: b}),
        repr("it's") + repr('say "x"') + repr("a\nb"),
        ", ".join(f"{k}={v}" for k, v in {"n": n, "b": b}.items()),
        "{0}-{1}-{0}".format(n, s),
        str(n / 4),
        str(float(n)),
        round(x),
        round(x, 1),
        int(x),
        bool(x),
        f"{b}" + str(not b),
        "a" * n if n < 3 else s * 2,
        f"{n % 3}{n // 2}",
        str(1e20) + str(1e-7) + str(0.1 + 0.2),
    ]


POOLS = {"n": [0, 1, 7, 12345], "x": [0.25, 0.5, 1.5, 2.5, -1.26, 100.5], "s": ["", "ab", "it's"], "b": [None, True, False]}
