"""What each turn of a loop changes anew: what it leaves is not what the next one leaves."""


class Config:
    def __init__(self, given):
        rope = given.get("rope")
        self.rope = rope if isinstance(rope, dict) else {"kind": "plain"}
        self.last = None
        self.names = {}


def ask(given: dict):
    config = Config(given)
    does = given.get("does")
    counts = {"turns": 0}
    kinds = []
    for layer in given["layers"]:
        if does == "flip":
            config.rope["kind"] = "none" if config.rope.get("kind") == "plain" else "plain"
        if does == "count":
            counts["turns"] += 1
        if does == "gather":
            config.names = {**config.names, layer: True}
        if does == "replace":
            config.last = {"layer": layer}
        if does == "append":
            config.last = config.last or {"made": []}
            config.last["made"].append(1)
        if config.rope.get("kind") == "none" and counts["turns"] > 1:
            raise ValueError("none")
        kinds.append(config.rope.get("kind"))
    return [kinds, config.rope.get("kind"), counts["turns"], config.names, config.last]


POOLS = {
    "given": [
        {"layers": layers, **({} if rope is None else {"rope": rope}), **({} if does is None else {"does": does})}
        for layers in ([], ["a"], ["a", "b"], ["a", "b", "c"])
        for rope in (None, {}, {"kind": "plain"}, {"kind": "none"})
        for does in (None, "flip", "count", "gather", "replace", "append")
    ]
}
