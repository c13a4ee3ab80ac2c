"""Makes a plausible config.json for nearly every architecture of a release's registry, of the defaults of configuration classes.

    PYTHONPATH=TRANSFORMERS python3 scripts/make-models.py ORACLE TREE FOLDER

`FOLDER/x--ARCHITECTURE.json` for each; `check-starts.js VERSION FOLDER --each` makes a case of every one, `record-models.py` records
what the release makes of it. Which class an architecture is configured by is looked for where a person would: transformers' own
tables of auto classes, the name, the class that the release's module of the model imports, or one of those that it inherits from.
What is found nowhere is told on stderr.
"""

import ast
import collections
import contextlib
import importlib
import json
import math
import os
import re
import sys

import started

# what the names of architectures end in
ENDS = r"(For[A-Z]\w*|LMHeadModel|TextModel|Model|Bidirectional\w*)$"


def config_classes():
    """Every configuration class at hand, by its name and by its model type: the release's own come first."""
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from vllm.transformers_utils import config as own

    by_name, by_type = {}, {}
    for kind, name in [*dict.items(own._CONFIG_REGISTRY), *CONFIG_MAPPING._mapping.items()]:
        with contextlib.suppress(Exception):
            cls = own._CONFIG_REGISTRY[kind] if kind in own._CONFIG_REGISTRY else getattr(transformers, name)
            by_type.setdefault(kind, cls)
            by_name.setdefault(cls.__name__, (kind, cls))
    return by_name, by_type


def auto_names(by_type):
    """The model types that transformers' auto classes have for an architecture."""
    from transformers.models.auto import modeling_auto

    found = collections.defaultdict(list)
    for table, names in vars(modeling_auto).items():
        if not table.endswith("_MAPPING_NAMES") or not hasattr(names, "items"):
            continue
        for kind, architectures in names.items():
            for one in [architectures] if isinstance(architectures, str) else architectures or []:
                if kind in by_type and kind not in found[one]:
                    found[one].append(kind)
    return found


def of_module(tree, module, by_name, depth=0):
    """The configuration classes that a release's module of a model names, then those of the modules that it imports from beside it."""
    file = os.path.join(tree, *module.split(".")) + ".py"
    if not os.path.exists(file):
        file = os.path.join(tree, *module.split("."), "__init__.py")
    if depth > 2 or not os.path.exists(file):
        return
    with open(file) as f:
        nodes = [node for node in ast.walk(ast.parse(f.read())) if isinstance(node, ast.ImportFrom)]
    names = [alias.name for node in nodes for alias in node.names]
    yield from (name for name in names if name in by_name)
    for node in nodes:
        beside = node.module or ""
        if node.level > 0:
            beside = ".".join([*module.split(".")[: -node.level], *([node.module] if node.module else [])])
        if re.search(r"^vllm\.(model_executor\.)?models\.", beside) and not beside.endswith(("interfaces", "utils", "interfaces_base")):
            yield from of_module(tree, beside, by_name, depth + 1)


def is_whole(kind):
    return not kind.endswith(("_text", "_vision", "_audio", "_encoder"))


def candidates(tree, architecture, module, by_name, by_type, autos):
    yield from sorted(autos.get(architecture, []), key=lambda kind: not is_whole(kind))
    stem = re.sub(ENDS, "", architecture).lower().replace("_", "")
    named = [kind for name, (kind, _) in by_name.items() if name.removesuffix("Config").lower().replace("_", "") == stem]
    yield from named
    yield from (kind for kind in by_type if kind.lower().replace("_", "").replace("-", "") == stem)
    yield from (by_name[name][0] for name in of_module(tree, module, by_name))


def made(kind, cls, architecture):
    """The text of a config.json of a class's defaults."""
    config = cls()
    # a value that is computed where the object is made is said as it is then
    values = {**config.to_diff_dict(), "architectures": [architecture], "model_type": kind}
    return json.dumps(finite(values))


def finite(value):
    """A value without what JSON cannot say."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items() if not has_infinity(one)}
    return value


def has_infinity(value):
    return any(map(has_infinity, value)) if isinstance(value, (list, tuple)) else isinstance(value, float) and not math.isfinite(value)


def write(tree, folder):
    from vllm.model_executor.models import registry

    by_name, by_type = config_classes()
    autos = auto_names(by_type)
    os.makedirs(folder, exist_ok=True)
    many = 0
    for architecture, model in registry.ModelRegistry.models.items():
        why = "no class"
        for kind in candidates(tree, architecture, model.module_name, by_name, by_type, autos):
            try:
                text = made(kind, by_type[kind], architecture)
            except Exception as error:
                why = f"{kind}: {type(error).__name__}: {str(error)[:100]}"
                continue
            with open(os.path.join(folder, f"x--{architecture}.json"), "w") as f:
                f.write(text)
            many += 1
            break
        else:
            print(f"{architecture}: {why}", file=sys.stderr)
    print(f"{many} made", file=sys.stderr)


if __name__ == "__main__":
    folder = sys.argv.pop()
    started.enter("compressed_tensors einops PIL gguf cbor2 scipy timm".split())
    write(started.tree, folder)
