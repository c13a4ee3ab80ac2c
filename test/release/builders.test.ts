import { describe, expect, it } from 'vitest';
import { type BuilderFacts, builderOf, createProber, decide } from '../../src/engine/index.ts';
import { readSelection } from '../../src/release/index.ts';
import { createMachine, type Fact } from '../../src/rules/index.ts';

/** A tree with one backend, whose builder settles a kernel by the device and the heads, and a threshold by the drafts. */
const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/config/__init__.py': `
from dataclasses import dataclass, field
@dataclass
class SpeculativeConfig:
    num_speculative_tokens: int
@dataclass
class ModelConfig:
    heads: int = 8
    def get_num_attention_heads(self, parallel) -> int: ...
@dataclass
class CacheConfig:
    block_size: int = 16
@dataclass
class CompilationConfig:
    static_forward_context: dict = field(default_factory=dict)
@dataclass
class VllmConfig:
    model_config: ModelConfig
    cache_config: CacheConfig
    compilation_config: CompilationConfig
    speculative_config: SpeculativeConfig | None = None
_current_vllm_config = None
`,
  'vllm/platforms/__init__.py': '',
  'vllm/platforms/cuda.py': `
import torch
torch.backends.cuda.enable_thing(False)
class CudaPlatform:
    @classmethod
    def get_device_capability(cls):
        return torch.cuda.get_device_capability()
    @classmethod
    def get_attn_backend_cls(cls, selected_backend, head_size):
        return "vllm.backends.First"
`,
  'vllm/backends.py': `
from dataclasses import dataclass
from enum import Enum
from vllm.platforms import current_platform
from vllm.elsewhere import checked, split
class Kernel(Enum):
    NEW = "new"
    OLD = "old"
@dataclass
class Batch:
    causal: bool
    max_seq_len: int
class Builder:
    reorder_batch_threshold = None
    def __init__(self, spec, names, config, device):
        self.config = config
        self.spec = spec
    def _init_reorder_batch_threshold(self, n):
        self.reorder_batch_threshold = n
        if self.config.speculative_config is not None:
            self.reorder_batch_threshold += self.config.speculative_config.num_speculative_tokens
class FirstBuilder(Builder):
    def __init__(self, spec, names, config, device):
        super().__init__(spec, names, config, device)
        checked(config)
        heads = {layer.impl.num_heads for layer in config.compilation_config.static_forward_context.values()} or {0}
        self.kernel = Kernel.NEW if current_platform.get_device_capability()[0] >= 9 else None
        self.kernel_wrapper = object()
        self.use_long_prefill = self.kernel is not None
        self._init_reorder_batch_threshold(1)
        if spec.block_size == 128:
            raise NotImplementedError("no blocks of 128")
    def build(self, batch: Batch):
        num_decodes, num_tokens = split(batch)
        prefill_use_new = batch.causal and self.use_long_prefill and num_tokens > 256
        if self.spec.block_size == 32:
            prefill_use_new = False
        return prefill_use_new
class StateBuilder(Builder):
    def __init__(self, spec, names, config, device):
        super().__init__(spec, names, config, device)
        _, self.state_prefill_backend = chosen(spec.block_size)
def chosen(n):
    return 0, "long" if n > 64 else "short"
class State:
    @staticmethod
    def get_name(): return "STATE"
    @staticmethod
    def get_builder_cls(): return StateBuilder
class First:
    @staticmethod
    def get_name(): return "FIRST"
    @staticmethod
    def get_builder_cls(): return FirstBuilder
`,
  'vllm/elsewhere.py': `
def checked(config):
    if config.cache_config.block_size == 7:
        raise ValueError("somebody else says so")
`,
  'vllm/v1/__init__.py': '',
  'vllm/v1/attention/__init__.py': '',
  'vllm/v1/attention/backends/__init__.py': '',
  'vllm/v1/attention/backends/registry.py': `
import enum
import importlib
class AttentionBackendEnum(enum.Enum):
    FIRST = "vllm.backends.First"
    def get_class(self):
        module, name = self.value.rsplit(".", 1)
        return getattr(importlib.import_module(module), name)
`,
  'vllm/v1/kv_cache_interface.py': `
from dataclasses import dataclass
@dataclass
class FullAttentionSpec:
    block_size: int
    head_size: int
@dataclass
class MambaSpec:
    block_size: int
`,
  'vllm/v1/attention/selector.py': `
import importlib
from vllm.platforms import current_platform
from vllm.backends import State
TABLE = {"one": State, "two": None}
MAMBA_TYPE_TO_BACKEND_MAP = TABLE
def get_mamba_attn_backend(mamba_type: str):
    if TABLE[mamba_type] is None:
        raise ValueError(f"nobody serves {mamba_type}")
    return TABLE[mamba_type]
def get_attn_backend(head_size: int, kv_cache_dtype: str = "auto", use_mla: bool = False):
    module, name = current_platform.get_attn_backend_cls(None, head_size).rsplit(".", 1)
    return getattr(importlib.import_module(module), name)
`,
};

const tree = { read: (path: string) => FILES[path], list: () => Object.keys(FILES) };
const { rules } = readSelection(tree, 'cuda', false);
const machine = createMachine(rules);
const USUAL = { 'device.major': 9, 'device.minor': 0, speculative_config: null, 'call.use_mla': false };

const builder = (facts: Readonly<Record<string, Fact>>, blockSize?: Fact): BuilderFacts =>
  builderOf(createProber(machine, new Map(Object.entries({ ...USUAL, ...facts }))), 'FIRST', blockSize)!;
const setting = (name: string, { settings, perBatch }: BuilderFacts) =>
  [...settings, ...perBatch].find((one) => one.name === name);

describe('a metadata builder', () => {
  it('says up to how many tokens a query counts as a decode, with drafted tokens where they enter', () => {
    expect(setting('reorder_batch_threshold', builder({}))).toMatchObject({
      value: 1,
      because: ['speculative_config'],
    });
    const drafted = { speculative_config: {}, 'speculative_config.num_speculative_tokens': 3 };
    expect(setting('reorder_batch_threshold', builder(drafted))!.value).toBe(4);
  });

  it('says which kernel it settled on, by the name of the member, why and where', () => {
    const [before] = FILES['vllm/backends.py']!.split('        self.kernel = ');
    expect(setting('kernel', builder({}))).toMatchObject({
      value: 'NEW',
      places: [`vllm/backends.py:${before!.split('\n').length}`],
    });
    expect(setting('kernel', builder({ 'device.major': 8 }))).toMatchObject({ value: null, known: true });
    // what is no plain value is not told
    expect(setting('kernel_wrapper', builder({}))).toBeUndefined();
  });

  it('says when a batch gets a kernel where that is settled for every batch', () => {
    const asked = setting('prefill_use_new', builder({}, 16))!;
    expect(asked.known).toBe(false);
    const [when] = asked.possible.find(({ value }) => value === true)!.when;
    expect(when!.map(({ fact, is }) => `${fact} ${is.text}`).toSorted()).toEqual([
      'batch.causal true',
      'batch.num_tokens ≥ 257',
    ]);
    expect(setting('prefill_use_new', builder({}, 32))).toMatchObject({ value: false, known: true });
    // no batch gets it where the builder does not have it
    expect(setting('prefill_use_new', builder({ 'device.major': 8 }))).toMatchObject({ value: false, known: true });
  });

  it('raises what its own code says, of the blocks that the cache has', () => {
    expect(builder({}, 16)).toMatchObject({ error: null, mayRaise: false });
    expect(builder({}, 128).error).toMatchObject({ type: 'NotImplementedError', text: 'no blocks of 128' });
    expect(builder({})).toMatchObject({ error: null, mayRaise: true });
    // what other code raises meanwhile is told by that
    expect(builder({ 'cache_config.block_size': 7 }, 16).error).toBeNull();
  });
});

describe('a layer that tells its backend by its kind', () => {
  const asked = (facts: Readonly<Record<string, string | number>>) => {
    const given = Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name, { value, from: 'flag' as const }]),
    );
    return decide(machine, { release: 'toy', platform: 'cuda', facts: given });
  };

  it('gets the backend of its kind, and is offered no other', () => {
    const { winner, candidates, funnel, follows } = asked({ 'call.mamba_type': 'one' });
    expect(winner).toEqual({
      backend: 'vllm.backends.State',
      class: 'vllm.backends.State',
      name: 'STATE',
      how: 'layer',
    });
    expect(candidates.map(({ status }) => status)).toEqual(['chosen']);
    expect([funnel, follows!.blockSize]).toEqual([null, null]);
  });

  it('is refused in the words of the release', () => {
    expect(asked({ 'call.mamba_type': 'two' }).error).toMatchObject({ type: 'ValueError', text: 'nobody serves two' });
  });

  it('has a builder of its own, whose settings are told', () => {
    const settled = (facts: Readonly<Record<string, number>>) =>
      setting('state_prefill_backend', asked({ 'call.mamba_type': 'one', ...facts }).follows!.builder!)!;
    expect(settled({ 'kv_cache_spec.block_size': 128 })).toMatchObject({ value: 'long', known: true });
    // the blocks of a cache of states are not those of keys and values: what is not said is open
    expect(settled({})).toMatchObject({ known: false, needs: ['kv_cache_spec.block_size'] });
    expect(settled({}).places).toHaveLength(1);
  });
});

it('tells what a platform switches in torch when it is imported, with its line', () => {
  const { atImport } = decide(machine, { release: 'toy', platform: 'cuda', facts: {} });
  expect(atImport).toEqual([
    { call: 'torch.backends.cuda.enable_thing', argument: false, places: ['vllm/platforms/cuda.py:3'] },
  ]);
});
