"""Options given as JSON under keys that are written in two ways."""

import copy


class Options:
    def __init__(self, width=1, full_name=None, extra=0):
        self.width = width
        self.full_name = full_name
        self.extra = extra


def options(config, name):
    given = config.get("options")
    if name is not None:
        given = {} if given is None else given
        if "full_name" in given:
            raise ValueError("a name twice")
        given["full_name"] = name
    if given is None:
        return None
    given = {k.replace("-", "_"): v for k, v in given.items()}
    given.update({"extra": 2})
    return Options(**given)


def ask(config: dict, name: str | None):
    made = options(copy.deepcopy(config), name)
    if made is None:
        return None
    return [made.width, made.full_name, made.extra]


GIVEN = [{}, {"width": 3}, {"full-name": "a"}, {"full_name": "a", "width": 2}, {"full-name": "a", "full_name": "b"}]

POOLS = {
    "config": [{}, *({"options": given} for given in GIVEN), {"options": {"wide": 1}}, {"options": None}],
    "name": [None, "c"],
}
