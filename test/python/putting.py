"""Which keys a dictionary has that a loop of unknown length puts entries into."""


class Sizes(dict[str, object]):
    def get(self, key: str, default: object = None, /) -> object:
        return super().get(key, default)


def sizes(given: dict) -> dict:
    out = Sizes()
    for name, size in given.items():
        if isinstance(size, int):
            size = {"count": size}
        if name == "video":
            out[name] = ("video", size)
        elif name == "image":
            out["image"] = ("image", size)
        else:
            out[name] = ("any", size)
    return out


def limit(out: dict, name: str) -> int:
    found = out.get(name)
    return 999 if found is None else found[1]["count"]


def marked(names: list) -> dict:
    out = {"first": True}
    for name in names:
        out["some"] = True
        if name == "stop":
            break
        if name == "drop":
            out.pop("first", None)
        if name == "late":
            out["late"] = True
    return out


def ask(given: dict):
    kind = given["kind"]
    if kind == "sizes":
        out = sizes(given["of"])
        return [out.get("image") is None, "video" in out, out.get("audio") is None, bool(out)]
    if kind == "looked":
        out = sizes(given["of"])
        return [out.get(name) is None for name in given["names"]]
    if kind == "counted":
        return all(limit(sizes(given["of"]), name) == 0 for name in given["names"])
    out = marked(given["of"])
    return [out.get("some"), "late" in out, "first" in out, out.get("never")]


POOLS = {
    "given": [
        *(
            {"kind": kind, "of": of, "names": names}
            for kind in ("looked", "counted")
            for of in ({}, {"image": 0}, {"image": {"count": 0}}, {"image": 2}, {"video": 0}, {"image": 0, "audio": 0})
            for names in ([], ["image"], ["audio", "image"], ["video"])
        ),
        *(
            {"kind": "sizes", "of": of}
            for of in (
                {},
                {"image": 0},
                {"image": 2, "video": {"count": 1}},
                {"video": 1},
                {"audio": 1},
                {"audio": 1, "image": {}, "other": 3},
            )
        ),
        *(
            {"kind": "marked", "of": of}
            for of in ([], ["a"], ["late"], ["stop"], ["stop", "late"], ["late", "stop"], ["drop"], ["a", "drop", "late"])
        ),
    ]
}
