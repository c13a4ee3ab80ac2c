"""Regular expressions, versions and `match`."""

import re


def ask(name: str, n: int):
    out = []
    m = re.match(r"^(fp|int)(\d+)(?:_(\w+))?$", name)
    if m:
        out += [m.group(1), int(m.group(2)), m.group(3)]
    out.append(bool(re.search(r"8", name)))
    out.append(re.sub(r"_+", "-", name))
    match n:
        case 0:
            out.append("zero")
        case 1 | 2:
            out.append("few")
        case _ if n < 0:
            out.append("below")
        case _:
            out.append("many")
    major, minor = (n // 10, n % 10)
    out.append((major, minor) >= (8, 9))
    out.append((major, minor) == (9, 0))
    return out


POOLS = {"name": ["fp8", "fp8_e4m3", "int4__x", "auto", "8"], "n": [-5, 0, 1, 3, 80, 89, 90, 120]}
