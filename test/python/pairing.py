"""Dictionaries over JSON of any length: what is known of them although their keys are not."""


def kinds(config):
    found = config["kinds"]
    assert isinstance(found, list)
    return found


def numbered(config):
    return {i: {"size": 2} for i, kind in enumerate(kinds(config)) if kind == "full"}


def known(config):
    made = numbered(config)
    kind = "dictionary" if isinstance(made, dict) else "other"
    return made is None, made is not None, kind, isinstance(made, list), bool(made)


def taken(given):
    if given is None:
        return "nothing"
    return "something" if given else "empty"


def ask(config: dict):
    return [known(config), taken(numbered(config)), taken({kind: 1 for kind in kinds(config)})]


POOLS = {"config": [{"kinds": []}, {"kinds": "full"}, {"kinds": ["full"]}, {"kinds": ["part"]}, {"kinds": ["part", "full", "full"]}]}
