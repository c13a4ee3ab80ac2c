"""Records which attention backend each layer gets when a release's own code builds the model of a whole command line.

    PYTHONPATH=TRANSFORMERS python3 scripts/record-models.py ORACLE TREE < cases.jsonl > records.jsonl

Cases and their start are those of `record-starts.py`. Once the engine is configured, the model is built without weights (on torch's
meta device), as rank 0 of stand-in process groups of the right sizes; any kernel of a layer of weights is there. A record has the
form of vLLM's recorded serve answers, as far as `check-serve.js` compares it: `groups` are the calls that ask for a backend, equal
ones joined, and the layers that never ask; `post` is what the executor then does to the block size, and the engine to the layout of
the cache. What a drafter with a model would add is not built: such cases are left out, as are those in which a stand-in fails (of a package that a release asks for numbers, as FlashInfer on some GPUs).
"""

import contextlib
import gc
import importlib
import inspect
import os
import resource
import sys
import traceback
import types
from unittest import mock

import started
import torch
import torch.utils._device

REAL = "compressed_tensors einops PIL gguf cbor2 scipy timm".split()
started.OF_STAND_INS += ["unittest.mock", "MagicMock", "_MockMeta", "mock.", "meta tensor", "Cannot copy out of meta", "Tensor.item()"]
# of files that a model's folder does not have here: what its tokenizer and its processors are made of
started.OF_STAND_INS += ["Couldn't instantiate the backend tokenizer", "Can't load image processor", "Can't load feature extractor", "get_piece_size"]
AHEAD = [f"vllm.model_executor.models.{name}" for name in ("llama", "deepseek_v2", "qwen2_vl", "nemotron_h")]
AHEAD += ["vllm.v1.worker.gpu.cudagraph_utils", "vllm.v1.worker.workspace", "vllm.model_executor.layers.fused_moe.layer"]
ROOM = 10 << 30  # bytes that a case may take
MAKERS = "empty zeros ones full tensor arange rand randn empty_like zeros_like ones_like full_like".split()
ROLES = {"encoder_only": "encoder", "encoder": "encoder", "encoder_decoder": "cross"}
CALLS = []
CHOSEN = []


class Group:
    """A process group of which this process is the first of `world_size`."""

    def __init__(self, world_size):
        self.world_size = world_size
        self.rank = self.rank_in_group = self.local_rank = self.first_rank = 0
        self.last_rank = world_size - 1
        self.ranks = list(range(world_size))
        self.is_first_rank, self.is_last_rank = True, world_size == 1

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return mock.MagicMock()


def stand_in_groups(config):
    from vllm.distributed import parallel_state

    parallel = config.parallel_config
    tp, dp = parallel.tensor_parallel_size, parallel.data_parallel_size
    context = getattr(parallel, "prefill_context_parallel_size", 1)
    sizes = {"_TP": tp, "_DP": dp, "_EP": tp * dp * context, "_EPLB": tp * dp * context, "_PCP": context}
    sizes |= {"_DCP": getattr(parallel, "decode_context_parallel_size", 1), "_PP": 1, "_WORLD": tp * context}
    for name, size in sizes.items():
        if hasattr(parallel_state, name):
            setattr(parallel_state, name, Group(size))


def make_workspace():
    """The streams, and the room for intermediate results, that a worker has before it builds."""
    torch.accelerator.empty_cache = lambda: None
    torch.cuda.Stream = torch.cuda.Event = mock.MagicMock
    with contextlib.suppress(ImportError):
        workspace = importlib.import_module("vllm.v1.worker.workspace")
        workspace.init_workspace_manager(torch.device("meta"))


def triton_device():
    """A driver for triton, whose kernels are written down when a module is imported and never run."""
    driver = importlib.import_module("triton.runtime").driver
    active = mock.MagicMock()
    active.get_current_target.side_effect = lambda: types.SimpleNamespace(backend="cuda", arch=90, warp_size=32)
    active.utils.get_device_properties.side_effect = lambda device: {"max_shared_mem": 232448, "multiprocessor_count": 132}
    driver.set_active(active)


def all_on_meta():
    """What is made on the GPU is made without weights; a value that is asked of such a tensor is zero."""
    own_item, own_cpu = torch.Tensor.item, torch.Tensor.cpu
    torch.Tensor.item = lambda t: 0 if t.is_meta else own_item(t)
    torch.nn.Module.to = lambda module, *args, **kwargs: module
    torch.Tensor.cpu = lambda t: torch.zeros(t.shape, dtype=t.dtype, device="cpu") if t.is_meta else own_cpu(t)
    for name in MAKERS:

        def alloc(*args, own=getattr(torch, name), **kwargs):
            device = kwargs.get("device")
            if isinstance(device, int) or str(device or "").startswith("cuda"):
                kwargs["device"] = "meta"
            return own(*args, **kwargs)

        setattr(torch, name, alloc)


def any_tokenizer(own):
    """A tokenizer for models whose folders hold none here: a release that catches what is raised then would take them for others."""

    def tokenizer(*args, **kwargs):
        try:
            return own(*args, **kwargs)
        except Exception:
            return mock.MagicMock()

    return tokenizer


def any_kernel():
    """Puts something in the place of whatever chooses a kernel for weights, wherever it was imported."""
    for module in list(sys.modules.values()):
        if not getattr(module, "__name__", "").startswith(("vllm.model_executor.layers.quantization", "vllm.model_executor.layers.fused_moe")):
            continue
        for name, value in list(vars(module).items()):
            if not isinstance(value, types.FunctionType):
                continue
            if (value.__module__ or "").startswith("vllm.model_executor.kernels"):
                setattr(module, name, mock.MagicMock())
            elif name.startswith("select_") and name.endswith("_backend"):
                setattr(module, name, lambda *a, **k: (mock.MagicMock(), None))


def replaced(module, name, wrap):
    """Wraps a function of a module, there and wherever it was imported from it."""
    try:
        own = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return
    new = wrap(own)
    for other in list(sys.modules.values()):
        for key, value in list((getattr(other, "__dict__", None) or {}).items()):
            if value is own:
                setattr(other, key, new)


def plain(value):
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if isinstance(value, str):
        return getattr(value, "value", value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value.name if hasattr(value, "name") else str(value)


def asking_layer():
    """Of the layer whose constructor asks: its class, and the prefix that it was given."""
    frame, layer = sys._getframe(2), None
    while frame is not None:
        own = frame.f_locals.get("self")
        if layer is None and isinstance(own, torch.nn.Module):
            layer = type(own).__name__
        if layer is not None and isinstance(frame.f_locals.get("prefix"), str):
            return layer, frame.f_locals["prefix"]
        frame = frame.f_back
    return layer, None


def told(fn, role=None):
    """A wrapper that notes each call of a function that gives a backend."""

    def wrap(own):
        def asked(*args, **kwargs):
            layer, prefix = asking_layer()
            CHOSEN.clear()
            backend = own(*args, **kwargs)
            name = backend.get_name() if hasattr(backend, "get_name") else backend.name
            of = dict(CHOSEN[-1]) if CHOSEN else {"call": {} if role == "mla_prefill" else None, "candidates": None}
            mine = role or ROLES.get((of.get("call") or {}).get("attn_type"), "lm")
            CALLS.append({"role": mine, "fn": fn, "layer": layer, "prefix": prefix, "backend": name, **of})
            return backend

        return asked

    return wrap


def selected(own):
    """A wrapper that notes what the selection was asked with, and what it could have chosen."""

    def asked(backend, attn_selector_config, num_heads=None, **kwargs):
        from vllm.platforms import current_platform

        call = {k: plain(v) for k, v in attn_selector_config._asdict().items()}
        of = {"call": call, "selected": plain(backend), "candidates": None}
        if backend is None and hasattr(current_platform, "get_valid_backends"):
            with contextlib.suppress(TypeError):
                valid, _ = current_platform.get_valid_backends(
                    device_capability=current_platform.get_device_capability(),
                    attn_selector_config=attn_selector_config,
                    num_heads=num_heads,
                )
                of["candidates"] = [name_of(one) for one in sorted(valid, key=rank_of)]
        CHOSEN.append(of)
        return own(backend, attn_selector_config, num_heads, **kwargs)

    return asked


def name_of(one):
    return (one[0] if isinstance(one, tuple) and not hasattr(one, "backend") else one.backend).name


def rank_of(one):
    return one.priority if hasattr(one, "priority") else one[1]


def vision(own):
    def asked(cls, head_size, dtype, backend=None, **kwargs):
        CHOSEN.append({"call": {"head_size": head_size, "dtype": plain(dtype), "backend": plain(backend)}, "candidates": None})
        return own.__func__(cls, head_size, dtype, backend=backend, **kwargs)

    return classmethod(asked)


def listen():
    from vllm.platforms import current_platform

    cls = type(current_platform)
    selector = importlib.import_module("vllm.v1.attention.selector")
    selector._cached_get_attn_backend = selected(selector._cached_get_attn_backend)
    replaced("vllm.tokenizers.registry", "cached_tokenizer_from_config", any_tokenizer)
    replaced("vllm.v1.attention.selector", "get_attn_backend", told("get_attn_backend"))
    replaced("vllm.model_executor.models.vision", "get_vit_attn_backend", told("get_vit_attn_backend", "vit"))
    prefill = "vllm.v1.attention.backends.mla.prefill.selector"
    replaced(prefill, "get_mla_prefill_backend", told("get_mla_prefill_backend", "mla_prefill"))
    cls.get_vit_attn_backend = vision(inspect.getattr_static(cls, "get_vit_attn_backend"))


def layers_of(config):
    from vllm.model_executor.layers.attention_layer_base import AttentionLayerBase

    held = config.compilation_config.static_forward_context
    return {name: layer for name, layer in held.items() if isinstance(layer, AttentionLayerBase)}


def unasked(config):
    """The layers that have a backend without having asked for one by their own name."""
    from vllm.model_executor.layers.mamba.abstract import MambaBase

    names = {call["prefix"] for call in CALLS if call["fn"] == "get_attn_backend"}
    for name, layer in layers_of(config).items():
        if name not in names:
            role = "mamba" if isinstance(layer, MambaBase) else "lm"
            backend = layer.get_attn_backend().get_name()
            yield {"role": role, "fn": "layer_default", "layer": type(layer).__name__, "backend": backend, "call": None, "candidates": None}


def groups(config):
    joined = {}
    for call in [*CALLS, *unasked(config)]:
        of = {k: v for k, v in call.items() if k != "prefix"}
        joined.setdefault(repr(of), {**of, "layers": 0})["layers"] += 1
    return list(joined.values())


def built(config):
    """Builds the model; raises `Ended` where a layer refuses it."""
    import torch
    from vllm.config import set_current_vllm_config
    from vllm.model_executor.model_loader import utils
    from vllm.platforms import current_platform

    stage, before = "worker_init", torch.get_default_dtype()
    try:
        current_platform.check_if_supports_dtype(config.model_config.dtype)
        stage = "build"
        stand_in_groups(config)
        utils.get_model_architecture(config.model_config)
        any_kernel()
        make_workspace()
        all_on_meta()
        torch.set_default_dtype(config.model_config.dtype)
        with set_current_vllm_config(config), torch.device("meta"):
            return utils.initialize_model(config)
    except Exception as e:
        raise started.Ended(stage, e) from e
    finally:
        torch.set_default_dtype(before)


def block_size(config):
    from vllm.config import set_current_vllm_config
    from vllm.platforms import current_platform

    if not hasattr(current_platform, "update_block_size_for_backend"):
        return None
    before = config.cache_config.block_size
    try:
        with set_current_vllm_config(config):
            current_platform.update_block_size_for_backend(config)
            config.validate_block_size()
    except Exception as e:
        return {"before": before, "error": f"{type(e).__name__}: {e}"}
    return {"before": before, "after": config.cache_config.block_size}


def layout(config):
    from vllm.v1.attention.backends import utils

    offered = getattr(utils, "get_supported_kv_cache_layouts", None)
    if offered is None:
        return {}
    try:
        layers = layers_of(config).values()
        names = [one.name for one in offered(list(dict.fromkeys(layer.get_attn_backend() for layer in layers)))]
        takes = inspect.signature(utils.resolve_kv_cache_layout).parameters
        specs = [[spec for layer in layers if (spec := layer.get_kv_cache_spec(config)) is not None]][: len(takes) - 2]
        chosen = utils.resolve_kv_cache_layout(config, [names], *specs)
        return {"layouts_supported": names, "kv_cache_layout": chosen.name}
    except Exception as e:
        return {"kv_cache_layout_error": f"{type(e).__name__}: {e}"}


def graphs(config, model):
    """The mode of CUDA graphs that is left by the weakest support that a backend's metadata builder declares."""
    from vllm import envs
    from vllm.v1.attention.backend import AttentionCGSupport

    compilation, weakest, of = config.compilation_config, AttentionCGSupport.ALWAYS, None
    before = plain(compilation.cudagraph_mode)
    try:
        for layer in layers_of(config).values():
            spec = layer.get_kv_cache_spec(config)
            if spec is None:
                continue
            backend = layer.get_attn_backend()
            support = backend.get_builder_cls().get_cudagraph_support(config, spec)
            if support.value < weakest.value:
                weakest, of = support, backend.__name__
        drafted = getattr(config.speculative_config, "num_speculative_tokens", 0) or 0
        offered = {"use_v2_model_runner": bool(config.use_v2_model_runner)}
        takes = inspect.signature(compilation.resolve_cudagraph_mode_and_sizes).parameters
        if offered["use_v2_model_runner"] and "piecewise_capture_available" in takes:
            of_graphs = importlib.import_module("vllm.v1.worker.gpu.cudagraph_utils")
            is_compiled = of_graphs.has_compiled_submodule(model)
            offered["piecewise_capture_available"] = bool(envs.VLLM_USE_BREAKABLE_CUDAGRAPH or is_compiled)
        after = compilation.resolve_cudagraph_mode_and_sizes(weakest, of, 1 + drafted, **offered)
        return {"before": before, "after": plain(after), "min_support": weakest.name, "min_backend": of}
    except Exception as e:
        return {"before": before, "error": f"{type(e).__name__}: {e}"}


def resolved(config):
    model = config.model_config
    of = {"model_dtype": plain(model.dtype), "cache_dtype": config.cache_config.cache_dtype, "use_mla": bool(model.use_mla)}
    return {**of, "architecture": model.architecture}


def is_of_stand_in(error):
    """Whether a stand-in lacks something, or something of a kind that does not fit was met where one is at hand."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][-3:]
    if isinstance(error, AttributeError) and frames and frames[-1].f_code.co_filename == mock.__file__:
        return True
    held = [value for frame in frames for value in frame.f_locals.values()]
    return isinstance(error, TypeError) and any(getattr(value, "_is_mock", False) for value in held)


def at(error):
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{os.path.relpath(f.filename, started.tree)}:{f.lineno} {f.name}" for f in frames][-4:]


def answer(case):
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    from vllm.config import set_current_vllm_config

    try:
        config = started.configured(case)
        if getattr(config.speculative_config, "draft_model_config", None) not in (None, config.model_config):
            os._exit(0)
        model = built(config)
        given = groups(config)
        size = block_size(config)
        with set_current_vllm_config(config):
            post = {**({"block_size": size} if size else {}), **layout(config), "cudagraph_mode": graphs(config, model)}
        return {"error": None, "groups": given, "resolved": resolved(config), "post": post}
    except started.Ended as ended:
        if is_of_stand_in(ended.error):
            os._exit(0)
        return {"error": {**started.refused(ended), "at": at(ended.error)}, "groups": []}


def import_ahead():
    """What nearly every case imports is imported once, before a case gets a process of its own."""
    triton_device()
    started.made_parser()
    for name in AHEAD:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    listen()
    gc.disable()


# which functions torch makes tensors with is asked before `ask.py` puts its own in their places
torch.utils._device._device_constructors()
started.enter(REAL)
import_ahead()
started.each(answer)
