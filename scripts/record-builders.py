"""Records what a release's own metadata builders settle, beside the answers of its own selection.

    python3 scripts/record-builders.py ORACLE TREE < questions.jsonl > records.jsonl

ORACLE is the folder of `ask.py`, which imports the release's code from TREE and asks its selection; here the builder of
the backend that it chose is made as a worker makes it, with one layer of the question's shape, and `build` is called for
one batch of prefills and one of decodes. A line holds the question and what was seen: `settles`, the plain attributes of
the builder, `batches`, the plain local variables of `build`, or `raises`, its error, and whether its `own` code raises it.
Of a question with a `mamba_type` the backend that such a layer gets stands there, and what the builder of that settles.
"""

import inspect
import json
import sys
import types
from unittest import mock

sys.path.insert(0, sys.argv[1])
sys.argv = ["ask.py", "--tree", sys.argv[2], "--merge"]
import ask  # noqa: E402

LAYER = "a layer"


def plain(value):
    import enum

    import torch

    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, torch.dtype):
        return str(value)
    return value


def is_plain(value):
    import enum

    import torch

    return value is None or isinstance(value, (bool, int, str, enum.Enum, torch.dtype))


def settled(builder):
    seen = {**{k: v for k, v in vars(builder).items() if is_plain(v)}}
    seen["reorder_batch_threshold"] = builder.reorder_batch_threshold
    return {k: plain(v) for k, v in sorted(seen.items())}


def layer_of(backend, cfg, kw):
    """A layer of the question's shape, whose implementation was never constructed."""
    from vllm.model_executor.layers.attention_layer_base import AttentionLayerBase

    def made(base):
        cls = type(base.__name__, (base,), {"__init__": lambda self: None})
        cls.__abstractmethods__ = frozenset()
        return cls()

    layer, impl = made(AttentionLayerBase), made(backend.get_impl_cls())
    impl.num_heads = kw.get("num_heads") or cfg.model_config.get_num_attention_heads(None)
    impl.scale, impl.sliding_window, impl.logits_soft_cap = 1.0, None, None
    impl.sinks = object() if kw.get("has_sink") else None
    layer.impl = impl
    text = cfg.model_config.hf_text_config
    for name in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"):
        setattr(layer, name, getattr(text, name, None))
    layer.q_lora_rank, layer.non_causal_multi_token_decode = None, False
    layer.prefill_backend = mock.MagicMock()
    try:
        from vllm.v1.attention.ops.dcp import MLADCPManager

        layer.dcp_manager = mock.MagicMock(spec=MLADCPManager)
    except ImportError:
        pass
    return layer


def without_device():
    """Memory of the host is not pinned where there is no device."""
    import torch

    for name in ("zeros", "empty", "ones", "full", "arange", "tensor", "zeros_like", "empty_like"):
        made = getattr(torch, name)
        if not hasattr(made, "unpinned"):
            def unpinned(*a, made=made, **k):
                k.pop("pin_memory", None)
                return made(*a, **k)

            unpinned.unpinned = True
            setattr(torch, name, unpinned)
    torch.Tensor.pin_memory = lambda self, *a: self


def worker_groups(cfg):
    import vllm.distributed.parallel_state as ps

    for name, size in [
        ("_DCP", cfg.parallel_config.decode_context_parallel_size),
        ("_PCP", cfg.parallel_config.prefill_context_parallel_size),
        ("_TP", cfg.parallel_config.tensor_parallel_size),
    ]:
        group = types.SimpleNamespace(world_size=size, rank_in_group=0, local_rank=0, rank=0)
        setattr(ps, name, group)


def batch(lengths, computed):
    """What a worker tells a builder of a batch: requests of these query lengths after so many computed tokens."""
    import importlib

    import torch

    cls = None
    for name in ("vllm.v1.attention.backend", "vllm.v1.attention.backends.utils"):
        try:
            cls = importlib.import_module(name).CommonAttentionMetadata
            break
        except (ImportError, AttributeError):
            continue
    starts = torch.tensor([0, *torch.tensor(lengths).cumsum(0).tolist()], dtype=torch.int32)
    seq = torch.tensor([n + computed for n in lengths], dtype=torch.int32)
    known = dict(
        query_start_loc=starts,
        query_start_loc_cpu=starts,
        seq_lens=seq,
        seq_lens_cpu=seq,
        _seq_lens_cpu=seq,
        seq_lens_cpu_upper_bound=seq,
        num_computed_tokens_cpu=torch.full((len(lengths),), computed, dtype=torch.int32),
        _num_computed_tokens_cpu=torch.full((len(lengths),), computed, dtype=torch.int32),
        num_reqs=len(lengths),
        num_actual_tokens=sum(lengths),
        max_query_len=max(lengths),
        max_seq_len=int(seq.max()),
        block_table_tensor=torch.zeros((len(lengths), 64), dtype=torch.int32),
        slot_mapping=torch.zeros(sum(lengths), dtype=torch.int64),
        causal=True,
    )
    names = set(inspect.signature(cls).parameters)
    return cls(**{k: v for k, v in known.items() if k in names})


def locals_of(builder, common):
    """The plain local variables of `build`, up to where it ends or fails for want of a device."""
    fn = type(builder).build
    code = getattr(fn, "__wrapped__", fn).__code__
    seen = {}

    def inside(frame, event, arg):
        seen.update({k: plain(v) for k, v in frame.f_locals.items() if is_plain(v)})
        return inside

    def trace(frame, event, arg):
        return inside if frame.f_code is code else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        builder.build(0, common)
    except Exception as e:
        seen["@stopped"] = type(e).__name__
    finally:
        sys.settrace(before)
    return dict(sorted(seen.items()))


def recorded(backend, cfg, kw, out):
    try:
        cls = backend.get_builder_cls()
    except NotImplementedError:
        return None
    worker_groups(cfg)
    without_device()
    cfg.model_config.model_arch_config = types.SimpleNamespace(
        total_num_attention_heads=cfg.model_config.get_num_attention_heads(None)
    )
    cfg.kernel_config = types.SimpleNamespace(enable_jit_warmup=False)
    spec = ask.make_spec(cfg, kw, out)
    cfg.compilation_config.static_forward_context = {LAYER: layer_of(backend, cfg, kw)}
    return made(cls, spec, cfg, ([700, 300], 0), ([1, 1, 1], 500))


def made(cls, spec, cfg, prefill, decode=None):
    """What one builder settles, and for a batch of each."""
    import torch

    try:
        builder = cls(spec, [LAYER], cfg, torch.device("cpu"))
    except Exception as e:
        frame = e.__traceback__
        while frame.tb_next:
            frame = frame.tb_next
        own = frame.tb_frame.f_code.co_filename in {inspect.getsourcefile(c) for c in cls.__mro__[:-1]}
        return {"class": cls.__qualname__, "raises": ask.err_dict(e), "own": own}
    lengths = {"prefill": prefill, **({"decode": decode} if decode else {})}
    return {
        "class": cls.__qualname__,
        "settles": settled(builder),
        "batches": {name: locals_of(builder, batch(*of)) for name, of in lengths.items()},
    }


own_facts = ask.facts


def facts(winner, cfg, q, kw, out, notes):
    own_facts(winner, cfg, q, kw, out, notes)
    try:
        out["builder"] = recorded(winner, cfg, kw, out)
    except Exception as e:
        out["builder"] = {"unrecorded": ask.err_dict(e)}


own_answer = ask.answer_attn


def completed(cfg):
    """What the stand-ins of the configuration leave out has the default of the release's own class."""
    import dataclasses

    import vllm.config as vc

    for name in ("CacheConfig", "SpeculativeConfig"):
        field = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)[1:]
        held = getattr(cfg, field)
        for f in dataclasses.fields(getattr(vc, name)) if held else ():
            if f.default is not dataclasses.MISSING and f.name not in vars(held):
                setattr(held, f.name, getattr(f.default, "default", f.default))
        if held and name == "SpeculativeConfig":
            held.use_eagle_block_drop = lambda: False
            cfg.num_speculative_tokens = held.num_speculative_tokens


def state_spec(backend, kind):
    import torch
    import vllm.v1.kv_cache_interface as ki

    known = dict(block_size=16, shapes=((1,),), dtypes=(torch.float32,), mamba_type=kind)
    names = set(inspect.signature(ki.MambaSpec).parameters)
    return ki.MambaSpec(**{k: v for k, v in known.items() if k in names})


def answer_attn(q, plat, out, ignored, notes, release, bench):
    """Of a question with a `mamba_type`: the backend that such a layer gets, and its builder."""
    import torch

    kind = (q.get("call") or {}).get("mamba_type")
    if kind is None:
        return own_answer(q, plat, out, ignored, notes, release, bench)
    cfg, _ = ask.make_config(q, release, ignored, notes)
    cfg.model_config.get_mamba_chunk_size = lambda: 256
    completed(cfg)
    ask.set_current(cfg)
    ask.reevaluate()
    ask.clear_caches()
    selector = ask.selector_module()
    members = selector.MambaAttentionBackendEnum.__members__
    worker_groups(cfg)
    without_device()
    out.update(winner=None, error=None)
    try:
        chosen = selector.get_mamba_attn_backend(members.get(kind, kind))
    except Exception as e:
        out["error"] = ask.err_dict(e)
        return out, ignored
    out["winner"] = chosen.get_name()
    out["winner_enum"] = f"{chosen.__module__}.{chosen.__qualname__}"
    out["builder"] = made(chosen.get_builder_cls(), state_spec(chosen, members.get(kind, kind)), cfg, ([700, 300], 0))
    return out, ignored


KEPT = ("winner", "winner_enum", "error", "block_size", "builder")
own_dumps = ask.dumps


def dumps(x):
    kept = {k: v for k, v in x["a"].items() if k in KEPT}
    return own_dumps({"q": x["q"], "a": kept}) if kept.get("builder") or "mamba_type" in x["q"]["call"] else ""


ask.facts = facts
ask.dumps = dumps
ask.answer_attn = answer_attn
if __name__ == "__main__":
    ask.main()
