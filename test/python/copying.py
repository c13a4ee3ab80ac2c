"""Dictionaries made of what may be one or nothing."""


def ask(config: dict):
    given = config.get("options")
    made = {} if given is None else dict(given)
    made["more"] = 1
    return [made.get("a", "none"), "b" in made, made["more"]]


POOLS = {"config": [{}, {"options": None}, {"options": {}}, {"options": {"a": 2, "b": None}}, {"options": 3}]}
