"""Asks vLLM's own code which backend it selects on the platform of a plug-in: python ask-plugin.py RECORDER TREE PLUGIN

RECORDER is the program that recorded the answers for vLLM's own platforms: its stand-ins for packages are used here too. TREE
is an unpacked source release of vLLM, PLUGIN the folder of the plug-in with its metadata. vLLM finds the plug-in by its entry
points, calls its functions, has its platform complete the configuration, and selects: all of that is the packages' own code.
Each line of stdin is a question, {"id", "call", "config"?, "env"?, "requested"?, "build"?}; "build" holds the constants of
modules that the plug-in's build writes. Its answer is one line of stdout, with the question beside it.
"""

import configparser
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import pathlib
import re
import sys
import tempfile
import traceback
import types


def load(path):
    spec = importlib.util.spec_from_file_location("recorder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def metadata(plugin, name):
    found = [*plugin.glob(f"*.dist-info/{name}"), *plugin.glob(f"*.egg-info/{name}"), *plugin.glob(name)]
    return found[0].read_text() if found else ""


def entry_points(plugin):
    ini = configparser.ConfigParser(delimiters=("=",))
    ini.read_string(metadata(plugin, "entry_points.txt"))
    return [importlib.metadata.EntryPoint(name, value, group) for group in ini.sections() for name, value in ini[group].items()]


def stand_in(rec, tree, release, plugin, q):
    """Puts the stand-ins in place of what is not installed: what the plug-in requires, what its build adds."""
    import torch

    text = metadata(plugin, "METADATA") or metadata(plugin, "PKG-INFO")
    required = re.findall(r"^Requires-Dist: ([\w.-]+)", text, re.M)
    real = {"torch", "numpy", "packaging", "regex", "psutil", "pyyaml", "pip", "setuptools", "wheel", "cmake"}
    # numbers of packages that are not there take part in no decision
    for name in ("float", "int", "index", "neg"):
        setattr(rec._MockMeta, f"__{name}__", lambda cls, _made=0.0 if name == "float" else 0: _made)
    for name in ("lt", "le", "gt", "ge", "sub", "rsub", "truediv", "floordiv", "rtruediv", "mod", "pow", "or", "ror", "and"):
        setattr(rec._MockMeta, f"__{name}__", lambda cls, other: cls)
    # a decorator gives what it decorates, whatever it is told besides
    usual = rec._MockMeta.__call__
    decorates = lambda a: bool(a) and (inspect.isclass(a[0]) or inspect.isfunction(a[0]))
    rec._MockMeta.__call__ = lambda cls, *a, **k: a[0] if decorates(a) and cls.__dict__.get("_is_mock") else usual(cls, *a, **k)
    torch.distributed.is_hccl_available = lambda: False
    rec.MOCK_ROOTS.update(rec.ALWAYS_MOCK)
    rec.MOCK_ROOTS.update(re.sub(r"[-.]+", "_", name).lower() for name in required if name.lower() not in real)
    rec.MOCK_ROOTS.update(["requests", "google"])
    rec.BLOCKED.update(["flashinfer", "flashinfer_cubin", "pynvml", "amdsmi", "aiter", "deep_gemm", "flash_attn", "vllm_omni"])
    rec.VERSIONS["vllm"] = release
    for module, constants in (q.get("build") or {}).items():
        made = types.ModuleType(module)
        made.__dict__.update(constants)
        sys.modules[module] = made
    sys.meta_path.insert(0, rec.MockFinder())
    real_find, real_version = importlib.util.find_spec, importlib.metadata.version
    blocked = lambda name: name in rec.BLOCKED or name.split(".")[0] in rec.BLOCKED
    importlib.util.find_spec = lambda name, package=None: None if blocked(name) else real_find(name, package)
    importlib.metadata.version = lambda name: rec.VERSIONS[name] if name in rec.VERSIONS else real_version(name)
    points = entry_points(plugin)
    importlib.metadata.entry_points = lambda group=None, **_: [p for p in points if group is None or p.group == group]
    torch.npu = rec.MockModule("torch.npu")
    sys.path.insert(0, str(plugin))
    package = types.ModuleType("vllm")
    package.__path__ = [os.path.join(tree, "vllm")]
    package.__file__ = os.path.join(tree, "vllm", "__init__.py")
    package.__version__ = release
    package.__version_tuple__ = rec.rel_tuple(release)
    package.__spec__ = importlib.machinery.ModuleSpec("vllm", None, is_package=True)
    package.__spec__.submodule_search_locations = package.__path__
    # what the package itself offers, each loaded where it is asked for
    offered = dict(re.findall(r'"(\w+)": "\.([\w.]+:\w+)"', pathlib.Path(package.__file__).read_text()))

    def lazily(name):
        if name not in offered:
            raise AttributeError(name)
        module, attribute = offered[name].split(":")
        return getattr(importlib.import_module(f"vllm.{module}"), attribute)

    package.__getattr__ = lazily
    sys.modules["vllm"] = package


def configuration(rec, q, release, platform):
    """The configuration of a line: the recorder's own, with vLLM's own classes for all but the model."""
    import dataclasses

    import vllm.config as vc

    base, error = rec.make_config({**q, "platform": platform.device_type}, release, [], {})
    if error is not None:
        raise error

    class Model(rec.NS):
        def __getattr__(self, name):
            for f in dataclasses.fields(vc.ModelConfig):
                if f.name == name and f.default is not dataclasses.MISSING:
                    return getattr(f.default, "default", f.default)
            return super().__getattr__(name)

    made = {**vars(base.model_config), "multimodal_config": None}
    made.pop("_path")
    model = Model("model_config", **made)
    compilation = vc.CompilationConfig(mode=vc.CompilationMode.VLLM_COMPILE)
    # what the configuration itself settles before it asks the platform
    compilation.cudagraph_mode = vc.CUDAGraphMode.PIECEWISE
    compilation.cudagraph_capture_sizes, compilation.max_cudagraph_capture_size = [1, 2, 4, 8], 8
    cache, parallel = vc.CacheConfig(), vc.ParallelConfig()
    for name in ("block_size", "user_specified_block_size", "cache_dtype"):
        object.__setattr__(cache, name, getattr(base.cache_config, name))
    for name in ("decode_context_parallel_size", "prefill_context_parallel_size", "tensor_parallel_size"):
        setattr(parallel, name, getattr(base.parallel_config, name))
    held = {**vars(base)}
    held.pop("_path")
    held.update(
        model_config=model,
        cache_config=cache,
        parallel_config=parallel,
        compilation_config=compilation,
        scheduler_config=vc.SchedulerConfig(max_model_len=8192, is_encoder_decoder=False),
        device_config=vc.DeviceConfig(device=platform.device_type),
        load_config=vc.LoadConfig(),
        kernel_config=vc.KernelConfig(),
        profiler_config=None,
        engram_config=None,
    )
    fields = {f.name for f in dataclasses.fields(vc.VllmConfig)}
    line = vc.VllmConfig.__new__(vc.VllmConfig)
    for f in dataclasses.fields(vc.VllmConfig):
        if f.default is not dataclasses.MISSING:
            object.__setattr__(line, f.name, getattr(f.default, "default", f.default))
    for name, value in held.items():
        if name in fields:
            object.__setattr__(line, name, value)
    return line


def know_device(name):
    """A package for a device of its own has torch know its name."""
    import torch

    try:
        torch.device(name)
    except RuntimeError:
        torch.utils.rename_privateuse1_backend(name)


def answer(rec, q, release):
    from vllm.platforms import current_platform
    from vllm.plugins import load_general_plugins

    load_general_plugins()
    know_device(current_platform.device_type)
    out = {"platform": f"{type(current_platform).__module__}.{type(current_platform).__qualname__}"}
    line = configuration(rec, q, release, current_platform)
    rec.set_current(line)
    try:
        type(current_platform).check_and_update_config(line)
    except Exception as e:  # noqa: BLE001 -- what is raised is an answer
        return {**out, "start": rec.err_dict(e)}
    rec.setup_logging()
    rec.clear_caches()
    selector = rec.selector_module()
    call = {k: rec.to_dtype(v) if k == "dtype" else rec.to_attn_type(v) if k == "attn_type" else v for k, v in q["call"].items()}
    call.setdefault("kv_cache_dtype", "auto")
    rec.CAP.lines = []
    try:
        cls = selector.get_attn_backend(**call)
        out.update(winner=cls.get_name(), winner_class=f"{cls.__module__}.{cls.__qualname__}", error=None)
    except Exception as e:  # noqa: BLE001 -- what is raised is an answer
        out.update(winner=None, winner_class=None, error=rec.err_dict(e))
        cls = None
    out["logs"] = rec.CAP.lines
    if cls is not None:
        out["supported_block_sizes"] = [rec.json_size(s) for s in cls.get_supported_kernel_block_sizes()]
    registry = rec.registry()
    out["registered"] = {m.name: m.get_path() for m in registry if m.is_overridden()}
    return out


def run(rec, tree, release, plugin, q):
    for name, value in (q.get("env") or {}).items():
        os.environ[name] = str(value)
    stand_in(rec, tree, release, plugin, q)
    rec.setup_logging()
    return answer(rec, q, release)


def main():
    recorder, tree, plugin = sys.argv[1:4]
    plugin = pathlib.Path(plugin).resolve()
    rec = load(recorder)
    release = rec.release_of(tree)
    for name in list(os.environ):
        if name.startswith("VLLM_"):
            del os.environ[name]
    os.environ["VLLM_LOGGING_LEVEL"] = "DEBUG"
    sys.pycache_prefix = os.path.join(tempfile.gettempdir(), "oracle_pyc")
    rec.preload()
    for line in sys.stdin:
        q = json.loads(line)
        asked, answered = os.pipe()
        pid = os.fork()
        if pid == 0:
            # whatever the packages print is no answer
            os.dup2(2, 1)
            try:
                made = run(rec, tree, release, plugin, q)
            except Exception:  # noqa: BLE001 -- told, and no answer
                made = {"failed": traceback.format_exc().strip().splitlines()[-6:]}
            with os.fdopen(answered, "w") as out:
                out.write(rec.dumps({"q": q, "a": made}).replace(tree, "<tree>").replace(str(plugin), "<plugin>"))
            os._exit(0)
        os.close(answered)
        with os.fdopen(asked) as read:
            print(read.read(), flush=True)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
