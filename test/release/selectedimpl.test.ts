import { describe, expect, it } from 'vitest';
import { buildLayers, type LayerCall, type Selected } from '../../src/engine/index.ts';
import { createReader, importedName } from '../../src/python/index.ts';
import { createShipment, readArchitectures, readLayers, type Tree } from '../../src/release/index.ts';
import { shipSaid } from '../../src/release/classsays.ts';
import { shipImplementation } from '../../src/release/implementations.ts';
import { createWorld } from '../../src/release/world.ts';
import { createBook, createMachine, type Fact } from '../../src/rules/index.ts';

/** A tree with a layer that asks for a second backend unless the implementation of the first does without. */
const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/config/__init__.py': 'from vllm.config.vllm import VllmConfig\n_current_vllm_config = None\n',
  'vllm/config/vllm.py': `
from dataclasses import dataclass, field
@dataclass
class ModelConfig:
    dtype: str = "auto"
    hf_config: object = None
@dataclass
class CompilationConfig:
    static_forward_context: dict = field(default_factory=dict)
@dataclass
class VllmConfig:
    model_config: ModelConfig
    compilation_config: CompilationConfig
    quant_config: object = None
_current_vllm_config = None
`,
  'vllm/platforms/__init__.py': '',
  'vllm/v1/__init__.py': '',
  'vllm/v1/attention/__init__.py': '',
  'vllm/v1/attention/backend.py': `
from typing import ClassVar
class ImplBase:
    is_sparse: ClassVar[bool] = False
    dense: bool = True
    scale: float
class Impl(ImplBase):
    is_sparse = True
    def __init__(self, num_heads, head_size, scale, **rest):
        if rest["rope_dim"] == 0:
            self.dense = False
class Backend:
    @staticmethod
    def get_impl_cls() -> type["ImplBase"]:
        raise NotImplementedError
    @staticmethod
    def get_name() -> str:
        raise NotImplementedError
    @classmethod
    def is_sparse(cls) -> bool:
        return False
    @classmethod
    def takes_sinks(cls) -> bool:
        return not cls.is_sparse()
    @classmethod
    def takes(cls, size: int) -> bool:
        return True
    @classmethod
    def layouts(cls) -> list[str]:
        return []
class Other(Backend):
    @staticmethod
    def get_name() -> str:
        return "OTHER"
    @classmethod
    def takes_sinks(cls) -> bool:
        raise NotImplementedError
class Sparse(Backend):
    @staticmethod
    def get_name() -> str:
        return "SPARSE"
    @classmethod
    def is_sparse(cls) -> bool:
        return True
    @staticmethod
    def get_impl_cls() -> type[Impl]:
        return Impl
`,
  'vllm/v1/attention/backends/__init__.py': '',
  'vllm/v1/attention/backends/registry.py': `
import enum
class AttentionBackendEnum(enum.Enum):
    FIRST = "first"
`,
  'vllm/v1/attention/backends/mla/__init__.py': '',
  'vllm/v1/attention/backends/mla/prefill/__init__.py': '',
  'vllm/v1/attention/backends/mla/prefill/selector.py': 'def get_mla_prefill_backend(config) -> type:\n    pass\n',
  'vllm/v1/attention/selector.py': `
from vllm.v1.attention.backend import Backend
def get_attn_backend(head_size: int) -> type[Backend]:
    pass
`,
  'vllm/model_executor/__init__.py': '',
  'vllm/model_executor/models/__init__.py': '',
  'vllm/model_executor/models/registry.py': `
_TEXT_GENERATION_MODELS = {"Text": ("text", "Text")}
_MULTIMODAL_MODELS = {}
_VLLM_MODELS = {**_TEXT_GENERATION_MODELS}
`,
  'vllm/model_executor/models/text.py': `
from typing import cast
from vllm.v1.attention.backend import ImplBase
from vllm.v1.attention.selector import get_attn_backend
from vllm.v1.attention.backends.mla.prefill.selector import get_mla_prefill_backend
class Attention:
    def __init__(self, num_heads: int, head_size: int, rope_dim: int, prefix: str):
        self.backend = get_attn_backend(head_size)
        impl_cls = cast(type[ImplBase], self.backend.get_impl_cls())
        self.impl = impl_cls(num_heads, head_size, 1.0, rope_dim=rope_dim)
        if self.impl.is_sparse and not self.impl.dense:
            self.prefill = None
        else:
            self.prefill = get_mla_prefill_backend(None)
class Text:
    def __init__(self, vllm_config, prefix=""):
        hf = vllm_config.model_config.hf_config
        self.attention = Attention(8, 64, hf.rope_dim, prefix=f"{prefix}.attn")
`,
};
const tree: Tree = {
  read: (path) => FILES[path],
  list: (folder) => Object.keys(FILES).filter((path) => path.startsWith(`${folder}/`)),
};

/** What is asked for where the implementation says so of itself. */
function asked(said: Selected): readonly string[] {
  const [text] = readArchitectures(tree, 'cuda');
  const facts: Readonly<Record<string, Fact>> = { 'hf_text_config.rope_dim': 16 };
  const calls: LayerCall[] = [];
  buildLayers(createMachine(readLayers(tree, 'cuda', text!).rules), { get: (name) => facts[name] }, (call) => {
    calls.push(call);
    return said;
  });
  return calls.map(({ asks, certain }) => `${asks}${certain ? '' : ' perhaps'}`);
}

describe('the implementation of a backend that is chosen', () => {
  it('says whether a second backend is asked for', () => {
    expect(asked({ 'impl.is_sparse': true, 'impl.dense': false })).toEqual(['get_attn_backend']);
    expect(asked({ 'impl.is_sparse': true, 'impl.dense': true })).toEqual([
      'get_attn_backend',
      'get_mla_prefill_backend',
    ]);
    expect(asked({ 'impl.is_sparse': false })).toEqual(['get_attn_backend', 'get_mla_prefill_backend']);
    expect(asked({ 'impl.is_sparse': true })).toEqual(['get_attn_backend', 'get_mla_prefill_backend perhaps']);
  });

  it('says it once it is made, by what the layer hands on', () => {
    const R = createReader(createBook(), createWorld(tree, 'cuda'));
    const ship = createShipment(R);
    const cls = importedName(R, 'vllm.v1.attention.backend', 'Sparse')![0]!.v;
    if (cls.k !== 'class') throw new Error('no class');
    shipImplementation(R, ship, { name: 'SPARSE', cls, call: new Map() });
    const machine = createMachine(ship.ship());
    const says = (rope: Fact): unknown => {
      machine.load({ get: (name) => (name === 'layer.made_with.rope_dim' ? rope : undefined) });
      return machine.resolve(machine.rules.terms['impl.SPARSE.says']!);
    };
    expect(says(0)).toEqual({ is_sparse: true, dense: false });
    expect(says(16)).toEqual({ is_sparse: true, dense: true });
  });
});

describe('the class of a backend', () => {
  it('says by methods without arguments what its base says, or something else', () => {
    const R = createReader(createBook(), createWorld(tree, 'cuda'));
    const ship = createShipment(R);
    const [base, other, sparse] = ['Backend', 'Other', 'Sparse'].map((name) => {
      const cls = importedName(R, 'vllm.v1.attention.backend', name)![0]!.v;
      if (cls.k !== 'class') throw new Error('no class');
      return { name: name.toUpperCase(), cls };
    });
    shipSaid(R, ship, base!.cls, [other!, sparse!]);
    const { terms } = ship.ship();
    expect(terms['said']).toEqual({ record: { is_sparse: false, takes_sinks: true } });
    expect(terms['said.OTHER']).toEqual({ record: { takes_sinks: null } });
    expect(terms['said.SPARSE']).toEqual({ record: { is_sparse: true, takes_sinks: false } });
  });
});
