"""Records what Python itself makes of the programs of test/python: `python3 scripts/record-python.py [NAME.py ...]`.

Programs of a folder below, `validated/fields.py` say, are recorded where they are named: they need packages. A program has a
function `ask` and `POOLS`, the values of each of its arguments. Every combination is asked of a module made anew, and written
beside the program as JSON, a line each.
"""

import itertools
import json
import pathlib
import sys
import types

FOLDER = pathlib.Path(__file__).parent.parent / "test" / "python"


def made(path: pathlib.Path) -> types.ModuleType:
    module = types.ModuleType(path.stem)
    sys.modules[path.stem] = module
    exec(compile(path.read_text(), path.name, "exec"), module.__dict__)
    return module


def answers(path: pathlib.Path):
    pools = made(path).POOLS
    for values in itertools.product(*pools.values()):
        given = dict(zip(pools, values))
        try:
            yield {"given": given, "gives": made(path).ask(**given)}
        except Exception as e:  # noqa: BLE001 -- what is raised is an answer
            yield {"given": given, "raises": [type(e).__name__, words(e)]}


def words(error: Exception) -> str:
    """What an error says, without what pydantic adds of the input and of its pages."""
    lines = [line for line in str(error).split("\n") if not line.startswith("    For further information")]
    return "\n".join(line.split(" [type=")[0] for line in lines)


names = sys.argv[1:] or sorted(p.name for p in FOLDER.glob("*.py"))
for name in names:
    path = FOLDER / name
    lines = [json.dumps(a) for a in answers(path)]
    path.with_suffix(".jsonl").write_text("".join(f"{line}\n" for line in lines))
    print(f"{name}  {len(lines)} answers")
