"""What each turn of a loop makes sure of: the first one sets it, later ones find it."""


class Config:
    def __init__(self, given):
        rope = given.get("rope")
        self.rope = rope if isinstance(rope, dict) else None
        self.wants = given.get("wants")


def complete(config, base):
    if config.rope is None:
        config.rope = {"kind": "plain"}
    if "base" not in config.rope:
        config.rope["base"] = base


def ask(given: dict):
    config = Config(given)
    for layer in given["layers"]:
        if config.wants == "base" and config.rope and "base" in config.rope:
            raise KeyError("base is there before")
        complete(config, 10)
        if config.rope.get("kind", "plain") != "plain":
            config.rope["kind"] = "scaled" if config.rope.get("scales", True) else "other"
        if config.wants == "other" and config.rope.get("kind") != "other":
            raise ValueError(f"kind {config.rope['kind']}")
        if layer == "last":
            break
    rope = config.rope
    return [rope is None, rope.get("base") if rope is not None else 0, rope.get("kind") if rope is not None else 0]


POOLS = {
    "given": [
        {"layers": layers, **({} if rope == "absent" else {"rope": rope}), **({} if wants is None else {"wants": wants})}
        for layers in ([], ["a"], ["last", "a"], ["a", "b", "c"])
        for rope in ("absent", None, {}, {"kind": "plain"}, {"kind": "foo"}, {"base": 5}, {"kind": "foo", "base": 7, "scales": False})
        for wants in (None, "base", "other")
    ]
}
