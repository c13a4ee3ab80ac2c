"""Deep copies of JSON: what is asked of them late, and then changed."""
import copy


def ask(config: dict, how: str):
    if not isinstance(config.get("sub"), dict):
        return None
    made = copy.deepcopy(config)
    if how == "at once":
        made["sub"]["x"] = 7
        return [config["sub"].get("x"), made["sub"].get("x")]
    deep = made["sub"].get("y")
    if not isinstance(deep, dict):
        return None
    deep["z"] = 1
    if how == "of the copy":
        return [made["sub"]["y"].get("z"), config["sub"]["y"].get("z"), made["sub"]["y"] is deep]
    again = copy.deepcopy(made)
    again["sub"]["y"]["z"] = 2
    return [config["sub"]["y"].get("z"), made["sub"]["y"].get("z"), again["sub"]["y"].get("z"), again["sub"]["y"].get("a")]


POOLS = {
    "config": [{}, {"sub": {}}, {"sub": {"x": 1}}, {"sub": {"y": {"a": 1}}}, {"sub": {"y": {"z": 5}, "x": 2}}],
    "how": ["at once", "of the copy", "again"],
}
