"""Texts of lists of uncertain length, joined as sets and put in order."""


def bounds(layers: int, n: int = 2) -> list:
    if layers <= 0:
        return []
    n = min(n, layers // 2)
    indices = sorted(set(list(range(n)) + list(range(layers - n, layers))))
    return [str(i) for i in indices]


def ask(given: dict):
    names = given["names"]
    joined = sorted(set(names) | set(bounds(given["layers"])))
    either = set(names) | set(bounds(given["layers"]))
    return [joined, len(joined), "1" in joined, given["layer"] in joined, given["layer"] in either, sorted(names)]


POOLS = {
    "given": [
        {"names": names, "layers": layers, "layer": layer}
        for names in ([], ["sliding"], ["1", "b", "1"], ["b", "Z", "é", "a"])
        for layers in (0, 1, 2, 3, 12)
        for layer in ("1", "10", "sliding")
    ]
}
