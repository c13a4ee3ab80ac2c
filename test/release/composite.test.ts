import { describe, expect, it } from 'vitest';
import { type AskedInner, type BuildInside, buildLayers, type Selected } from '../../src/engine/index.ts';
import {
  asksTextAlone,
  createInspector,
  helpReadLayers,
  readArchitectures,
  readLayers,
  type Tree,
} from '../../src/release/index.ts';
import { createMachine, type Fact, OBJECT, UNKNOWN } from '../../src/rules/index.ts';

/** A tree with a model of a text part and a tower, and one that leaves its text part to a class that is looked up. */
const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/config/__init__.py': 'from vllm.config.vllm import VllmConfig\n_current_vllm_config = None\n',
  'vllm/config/utils.py': 'def replace(config, **fields):\n    raise ValueError("checks again")\n',
  'vllm/config/vllm.py': `
from copy import deepcopy
from dataclasses import dataclass, field
from vllm.config.utils import replace
class Options(dict[str, int]):
    def get(self, key, default=None):
        return super().get(key, default)
@dataclass
class MultiModalConfig:
    limits: Options = field(default_factory=Options)
    backend: str | None = None
@dataclass
class ModelConfig:
    dtype: str = "auto"
    hf_config: object = None
    multimodal_config: MultiModalConfig | None = None
    def get_multimodal_config(self) -> MultiModalConfig:
        if self.multimodal_config is None:
            raise ValueError("no multimodal model")
        return self.multimodal_config
@dataclass
class CompilationConfig:
    static_forward_context: dict = field(default_factory=dict)
@dataclass
class VllmConfig:
    model_config: ModelConfig
    compilation_config: CompilationConfig
    quant_config: object = None
    def with_hf_config(self, hf_config, layers=None):
        model_config = deepcopy(self.model_config)
        if layers is not None:
            hf_config = deepcopy(hf_config)
            hf_config.num_hidden_layers = layers
        model_config.hf_config = hf_config
        return replace(self, model_config=model_config)
_current_vllm_config = None
`,
  'vllm/platforms/__init__.py': '',
  'vllm/platforms/cuda.py': `
class CudaPlatform:
    @classmethod
    def get_vit_attn_backend(cls, head_size, backend=None):
        return backend
`,
  'vllm/v1/__init__.py': '',
  'vllm/v1/attention/__init__.py': '',
  'vllm/v1/attention/backends/__init__.py': '',
  'vllm/v1/attention/backends/registry.py': `
import enum
class AttentionBackendEnum(enum.Enum):
    FIRST = "first"
    OTHER = "other"
`,
  'vllm/v1/attention/selector.py': 'def get_attn_backend(head_size: int) -> type:\n    pass\n',
  'vllm/transformers_utils/configs/__init__.py': '',
  'vllm/transformers_utils/configs/skipping.py': `
class SkippingConfig:
    def attends(self, layer):
        return layer + 1 in self.attending
`,
  'vllm/multimodal/__init__.py': '',
  'vllm/multimodal/processing/__init__.py': '',
  'vllm/multimodal/processing/context.py': `
class InputProcessingContext:
    def __init__(self, model_config, tokenizer):
        self.model_config = model_config
        self.tokenizer = tokenizer
`,
  'vllm/tokenizers/__init__.py': 'def tokenizer_of(config):\n    raise ValueError("no tokenizer")\n',
  'vllm/model_executor/__init__.py': '',
  'vllm/model_executor/model_loader/__init__.py': 'def initialize_model(config, prefix):\n    pass\n',
  'vllm/model_executor/models/__init__.py': '',
  'vllm/model_executor/models/registry.py': `
_TEXT_GENERATION_MODELS = {"Text": ("text", "Text"), "Alone": ("text", "Alone"), "Skipping": ("text", "Skipping")}
_MULTIMODAL_MODELS = {"Both": ("both", "Both"), "Looking": ("both", "Looking"), "Tying": ("both", "Tying"), "Deep": ("both", "Deep"),
    "Layered": ("both", "Layered")}
_OTHERS = {"Anywhere": ("text", "Anywhere"), "Beside": ("parts", "Beside"), "Cutting": ("parts", "Cutting"), "Late": ("parts", "Late")}
class _ModelInfo:
    @staticmethod
    def from_model_cls(cls):
        info = _ModelInfo()
        info.supports_multimodal = hasattr(cls, "_processor_factory")
        return info
_VLLM_MODELS = {**_TEXT_GENERATION_MODELS, **_MULTIMODAL_MODELS, "Embedding": ("text", "Text"), **_OTHERS}
`,
  'vllm/model_executor/models/vision.py': `
from vllm.platforms import current_platform
def get_vit_attn_backend(config, head_size):
    return current_platform.get_vit_attn_backend(head_size, backend=config.get_multimodal_config().backend)
`,
  'vllm/model_executor/models/text.py': `
from vllm.v1.attention.selector import get_attn_backend
class Attention:
    def __init__(self, hf, prefix):
        self.backend = get_attn_backend(hf.hidden_size // hf.num_attention_heads)
class Text:
    def __init__(self, vllm_config, prefix=""):
        hf = vllm_config.model_config.hf_config
        self.layers = [Attention(hf, prefix=f"{prefix}.layers.{i}") for i in range(hf.num_hidden_layers)]
class Skipping:
    def __init__(self, vllm_config, prefix=""):
        hf = vllm_config.model_config.hf_config
        for i in range(hf.num_hidden_layers):
            if hf.attends(i):
                Attention(hf, prefix=f"{prefix}.layers.{i}")
class Anywhere:
    def __init__(self, vllm_config, prefix=""):
        hf = vllm_config.model_config.hf_text_config
        self.layers = [Attention(hf, prefix=f"{prefix}.layers.{i}") for i in range(hf.num_hidden_layers)]
class Alone:
    def __init__(self, vllm_config, prefix=""):
        hf = vllm_config.model_config.hf_config.get_text_config()
        self.layers = [Attention(hf, prefix=f"{prefix}.layers.{i}") for i in range(hf.num_hidden_layers)]
`,
  'vllm/model_executor/models/parts.py': `
from vllm.model_executor.models.both import Tower
from vllm.model_executor.models.text import Anywhere, Text
class Beside:
    def __init__(self, vllm_config, prefix=""):
        model = vllm_config.model_config
        if model.hf_config is not model.hf_text_config:
            self.tower = Tower(model, model.hf_config.vision_config, prefix="tower")
        self.text = Anywhere(vllm_config, prefix="text")
class Cutting:
    def __init__(self, vllm_config, prefix=""):
        model = vllm_config.model_config
        model.hf_config.vision_config.depth = 1
        self.tower = Tower(model, model.hf_config.vision_config, prefix="tower")
        self.text = Anywhere(vllm_config, prefix="text")
class Late:
    def __init__(self, vllm_config, prefix=""):
        hf = vllm_config.model_config.hf_config
        self.text = Text(vllm_config.with_hf_config(hf.text_config, 2), prefix="text")
        self.again = Text(vllm_config.with_hf_config(hf.text_config), prefix="again")
        self.tower = Tower(vllm_config.model_config, vllm_config.model_config.hf_config.vision_config, prefix="tower")
`,
  'vllm/model_executor/models/both.py': `
from vllm.model_executor.model_loader import initialize_model
from vllm.model_executor.models.text import Text
from vllm.model_executor.models.vision import get_vit_attn_backend
from vllm.tokenizers import tokenizer_of
class Block:
    def __init__(self, config, size, prefix):
        self.backend = get_vit_attn_backend(config, size)
class Tower:
    def __init__(self, config, vision_config, prefix):
        size = vision_config.hidden_size // vision_config.num_heads
        self.blocks = [Block(config, size, prefix=f"{prefix}.{i}") for i in range(vision_config.depth)]
class Factories:
    def __init__(self, info):
        self.info = info
class Info:
    def __init__(self, ctx):
        self.ctx = ctx
    @property
    def supported_mm_limits(self):
        limits = {"image": None}
        if self.ctx.model_config.hf_config.audio_config is not None:
            limits["audio"] = 1
        return limits
    def get_mm_max_tokens_per_item(self, seq_len, mm_counts):
        return {"image": self.ctx.model_config.hf_config.patches ** 2, "video": 12}
def with_processor(cls):
    cls._processor_factory = Factories(Info)
    return cls
@with_processor
class Both:
    def __init__(self, vllm_config, prefix=""):
        model = vllm_config.model_config
        tokenizer_of(model)
        if model.get_multimodal_config().limits.get("image", 1) != 0:
            self.tower = Tower(model, model.hf_config.vision_config, prefix="tower")
        self.text = Text(vllm_config.with_hf_config(model.hf_config.text_config), prefix="text")
class Looking:
    def __init__(self, vllm_config, prefix=""):
        self.text = initialize_model(vllm_config, prefix="text")
class Tying:
    def __init__(self, vllm_config, prefix=""):
        hf = vllm_config.model_config.hf_config
        hf.get_text_config().tie_word_embeddings = hf.ties
        self.text = initialize_model(vllm_config, prefix="text")
class Deep:
    def __init__(self, vllm_config, prefix=""):
        thinker = vllm_config.model_config.hf_config.thinker_config
        Block(vllm_config.model_config, thinker.text_config.hidden_size, prefix="block")
        self.text = initialize_model(vllm_config.with_hf_config(thinker.text_config), prefix="text")
class Layered:
    def __init__(self, vllm_config, prefix=""):
        size = vllm_config.model_config.hf_config.text_config.per_layer_config[0].head_dim
        assert size > 0
        Block(vllm_config.model_config, size, prefix="block")
`,
};
const tree: Tree = {
  read: (path) => FILES[path],
  list: (folder) => Object.keys(FILES).filter((file) => file.startsWith(folder)),
};

const object = { [OBJECT]: true } as unknown as Fact;
const facts: Readonly<Record<string, Fact>> = {
  'model_config.multimodal_config': object,
  'model_config.multimodal_config.limits.image?': false,
  'model_config.multimodal_config.backend': 'OTHER',
  'hf.vision_config': object,
  'hf.vision_config.hidden_size': 96,
  'hf.vision_config.num_heads': 6,
  'hf.vision_config.depth': 2,
  'hf_text_config.hidden_size': 256,
  'hf_text_config.num_attention_heads': 4,
  'hf_text_config.num_hidden_layers': 3,
};
const architectures = readArchitectures(tree, 'cuda');

const machineOf = (name: string) =>
  createMachine(
    readLayers(
      tree,
      'cuda',
      architectures.find((one) => one.name === name)!,
    ).rules,
  );

function built(name: string, more: Readonly<Record<string, Fact>> = {}) {
  const { rules } = readLayers(
    tree,
    'cuda',
    architectures.find((one) => one.name === name)!,
  );
  const known: Readonly<Record<string, Fact>> = { ...facts, ...more };
  const selected: Selected = { backend: 'OTHER' };
  return { rules, ...buildLayers(createMachine(rules), { get: (fact) => known[fact] }, () => selected) };
}

describe('a composite model', () => {
  it('is told from one of text alone, and from one that generates none', () => {
    expect(architectures.map(({ name, text, multimodal }) => [name, text, multimodal])).toEqual([
      ['Text', true, false],
      ['Alone', true, false],
      ['Skipping', true, false],
      ['Both', false, true],
      ['Looking', false, true],
      ['Tying', false, true],
      ['Deep', false, true],
      ['Layered', false, true],
      ['Embedding', false, false],
      ['Anywhere', false, false],
      ['Beside', false, false],
      ['Cutting', false, false],
      ['Late', false, false],
    ]);
  });

  it('builds its tower of its own part, and its layers of its text config', () => {
    const { rules, calls, gaps, error } = built('Both');
    expect(error).toBeUndefined();
    expect(gaps).toEqual([]);
    expect(rules.terms['text']).toBe('text_config');
    const block = ['get_vit_attn_backend', { head_size: 16, backend: 'OTHER' }, true, 'Block'];
    const layer = ['get_attn_backend', { head_size: 64 }, true, 'Attention'];
    expect(calls.map((call) => [call.asks, call.args, call.certain, call.layer])).toEqual([
      block,
      block,
      layer,
      layer,
      layer,
    ]);
  });

  it('is read as one where another of its names is that of a model of text alone', () => {
    const registry = 'vllm/model_executor/models/registry.py';
    const also = FILES[registry]!.replace('_TEXT_GENERATION_MODELS = {', '$&"Also": ("both", "Both"), ');
    const read = (path: string) => (path === registry ? also : FILES[path]);
    const told = new Map<number, unknown>();
    helpReadLayers(
      { ...tree, read },
      'cuda',
      () => true,
      (at, { rules }) => told.set(at, rules?.terms['text']),
    );
    // the first class of the registry is the one with two names
    expect(told.get(0)).toBe('text_config');
  });

  it('is open where it asks the objects of its layers', () => {
    const { error, open } = built('Layered');
    expect(error).toBeUndefined();
    expect(open.map(({ type }) => type)).toContain('AssertionError');
  });

  it('finds its text config in a part of the whole where it looks for it there alone', () => {
    const { rules, calls } = built('Deep', { 'hf.thinker_config': object });
    expect(rules.terms['text']).toBe('thinker_config.text_config');
    expect(calls.map((call) => [call.args, call.layer])).toEqual([[{ head_size: 256, backend: 'OTHER' }, 'Block']]);
  });

  it('takes the items that what prepares its inputs says, and as many tokens for one', () => {
    const { info, processing } = createInspector(tree, 'cuda').inspect('vllm.model_executor.models.both', 'Both');
    expect(info).toEqual({ supports_multimodal: true, has_processor: true });
    const said = (more: Readonly<Record<string, Fact>>) => {
      const machine = createMachine(processing!);
      machine.load({ get: (fact) => more[fact] });
      return ['modalities', 'item_tokens'].map((term) => machine.resolve(processing!.terms[term]!));
    };
    expect(said({ 'hf.audio_config': null, 'hf.patches': 5 })).toEqual([['image'], 25]);
    expect(said({ 'hf.audio_config': object, 'hf.patches': 2 })).toEqual([['image', 'audio'], 12]);
    expect(said({})).toEqual([UNKNOWN, UNKNOWN]);
  });

  it('builds the layers for which a method of its own configuration class says so', () => {
    const own = { 'hf_text_config.attending': [2, 3], 'hf_text_config.attending.#': 2 };
    const attending = { ...own, 'hf_text_config.attending.0': 2, 'hf_text_config.attending.1': 3 };
    const is = (of: boolean) => ({ ...attending, 'hf_text_config.is.vllm/SkippingConfig': of });
    expect(built('Skipping', is(true)).calls.map(({ name }) => name)).toEqual(['.layers.1', '.layers.2']);
    const ofModel = (of: boolean) => built('Skipping', is(of)).open.filter(({ place }) => place?.includes('models'));
    expect(ofModel(true)).toEqual([]);
    expect(ofModel(false).map(({ type }) => type)).toEqual(['AttributeError']);
  });

  it('builds no tower that is not wanted', () => {
    const none = {
      'model_config.multimodal_config.limits.image?': true,
      'model_config.multimodal_config.limits.image': 0,
    };
    expect(built('Both', none).calls.map(({ layer }) => layer)).toEqual(['Attention', 'Attention', 'Attention']);
  });

  it('builds a model of a class that is looked up in its place, with its names inside the model', () => {
    const asked: AskedInner[] = [];
    const inside: BuildInside = (inner, prefix) => {
      asked.push(inner);
      return buildLayers(machineOf('Text'), { get: (fact) => facts[fact] }, undefined, undefined, prefix);
    };
    const named = { get: (fact: string) => (fact === 'hf.architectures' ? ['Text'] : facts[fact]) };
    const { calls, gaps } = buildLayers(machineOf('Looking'), named, undefined, inside);
    expect(gaps).toEqual([]);
    expect(asked).toEqual([{ config: 'hf', architectures: ['Text'], class: undefined, changed: [], set: {} }]);
    const told: unknown = JSON.parse(JSON.stringify(calls.map(({ layer, args }) => [layer, args])));
    expect(told).toEqual([1, 2, 3].map(() => ['Attention', { head_size: 64 }]));
    expect(calls.every(({ name }) => typeof name === 'string' && name.startsWith('text'))).toBe(true);
  });

  it('tells that layers are missing where it is not known what is looked up', () => {
    const inside: BuildInside = () => ({ unread: 'of which class it is made is unknown' });
    expect(buildLayers(machineOf('Looking'), { get: () => undefined }, undefined, inside).gaps).toEqual([
      'of which class it is made is unknown (vllm/model_executor/models/both.py:40)',
    ]);
  });

  it('says what the model that is looked up finds set in its text config', () => {
    const asked: AskedInner[] = [];
    const inside: BuildInside = (inner) => {
      asked.push(inner);
      return { unread: 'it is not asked what it builds' };
    };
    const known: Readonly<Record<string, Fact>> = { 'hf.architectures': ['Text'], 'hf.ties': true };
    buildLayers(machineOf('Tying'), { get: (fact) => known[fact] }, undefined, inside);
    expect(asked.map(({ set }) => set)).toEqual([{ tie_word_embeddings: true }]);
  });

  it('leaves a configuration as it was of which a copy was changed', () => {
    const { calls, gaps } = built('Late');
    expect(gaps).toEqual([]);
    expect(calls.map(({ layer, name }) => [layer, name])).toEqual([
      ['Attention', 'text.layers.0'],
      ['Attention', 'text.layers.1'],
      ['Attention', 'again.layers.0'],
      ['Attention', 'again.layers.1'],
      ['Attention', 'again.layers.2'],
      ['Block', 'tower.0'],
      ['Block', 'tower.1'],
    ]);
  });

  it('has the same rules wherever the text config stands that is asked by no name of the whole', () => {
    const shape = (name: string, text: boolean) => {
      const { terms } = readLayers(tree, 'cuda', { ...architectures.find((one) => one.name === name)!, text }).rules;
      return ['text', 'given_whole', 'not_text'].map((term) => terms[term]);
    };
    expect(shape('Anywhere', true)).toEqual([undefined, 'hf_text_config', undefined]);
    expect(shape('Text', true)).toEqual([undefined, undefined, undefined]);
    expect(shape('Beside', false)).toEqual([undefined, 'hf_text_config', undefined]);
    expect(shape('Cutting', false)).toEqual([undefined, 'hf_text_config', { list: [[1, 'vision_config']] }]);
    expect(shape('Both', false)).toEqual(['text_config', undefined, undefined]);
    expect(shape('Tying', false)).toEqual(['text_config', undefined, undefined]);
  });

  it('sees that the text config may be the whole', () => {
    const layers = (whole: boolean) => built('Beside', { 'hf.text_is_whole': whole }).calls.map(({ layer }) => layer);
    expect(layers(true)).toEqual(['Attention', 'Attention', 'Attention']);
    expect(layers(false)).toEqual(['Block', 'Block', 'Attention', 'Attention', 'Attention']);
  });

  it('tells a model of text that asks of the whole object nothing but its text config', () => {
    const of = (name: string) => architectures.find((one) => one.name === name)!;
    expect(asksTextAlone(tree, 'cuda', of('Alone'))).toBe(true);
    expect(asksTextAlone(tree, 'cuda', of('Text'))).toBe(false);
  });
});
