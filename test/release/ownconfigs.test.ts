import { describe, expect, it } from 'vitest';
import { attributeAt, objectOf } from '../../src/engine/index.ts';
import type { JsonObject } from '../../src/engine/index.ts';
import { readOwnClasses, readTransformers } from '../../src/release/index.ts';
import { libraryFiles, NUM_LABELS } from './library.ts';

/* Configuration classes that stand outside transformers and have constructors of their own. */

const BASE = `
from dataclasses import dataclass
from typing import ClassVar

@dataclass
class PreTrainedConfig:
    model_type: ClassVar[str] = ""
    dtype: str | None = None
    tie_word_embeddings: bool = True
    id2label: dict | None = None

    def __init_subclass__(cls, *args, **kwargs):
        super().__init_subclass__(*args, **kwargs)

    def __post_init__(self, **kwargs):
        if self.id2label is None:
            self.num_labels = kwargs.get("num_labels", self.num_labels if self.num_labels is not None else 2)
        else:
            self.id2label = {int(key): value for key, value in self.id2label.items()}
        for key, value in kwargs.items():
            setattr(self, key, value)

${NUM_LABELS}
    def get_text_config(self):
        return self.text_config if getattr(self, "text_config", None) is not None else self

PretrainedConfig = PreTrainedConfig
`;

const INNER = `
from ...configuration_utils import PreTrainedConfig

class InnerConfig(PreTrainedConfig):
    model_type = "inner"
    heads: int = 4
    width: int | None = None
`;

const OWN = `
from transformers import InnerConfig, PretrainedConfig

class TextConfig(PretrainedConfig):
    model_type = "own_text"

    def __init__(self, layers: int = 3, head_dim: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.layers = layers
        self.head_dim = head_dim if head_dim is not None else layers * 2

class OwnConfig(PretrainedConfig):
    model_type = "own"

    def __init__(self, text_config=None, vision_config=None, tie_word_embeddings: bool = False, **kwargs):
        if isinstance(text_config, dict):
            text_config = TextConfig(**text_config)
        self.text_config = text_config if text_config is not None else TextConfig()
        self.vision_config = InnerConfig(**(vision_config or {}))
        super().__init__(tie_word_embeddings=tie_word_embeddings, **kwargs)

class WiderConfig(InnerConfig):
    model_type = "wider"

    def __init__(self, depth: int = 9, **kwargs):
        self.depth = depth
        super().__init__(**kwargs)

class NamedConfig(WiderConfig):
    model_type = "named"

class FlatConfig(PretrainedConfig):
    model_type = "flat"

    def __init__(self, text_config: dict | None = None, heads: list[int] | int = 4, **kwargs):
        if text_config is None and kwargs.get("layers") is not None:
            text_config = {}
            for key in list(kwargs.keys()):
                text_config[key] = kwargs.pop(key)
        self.text_config = TextConfig() if text_config is None else TextConfig(**text_config)
        self.heads = heads
        super().__init__(**kwargs)
`;

const AUTO = `
CONFIG_MAPPING_NAMES = {"inner": "InnerConfig"}

def model_type_to_module_name(key):
    return "parts"
`;

const files: Readonly<Record<string, string>> = {
  ...libraryFiles(BASE, AUTO),
  'transformers/models/parts/__init__.py': '',
  'transformers/models/parts/configuration_parts.py': INNER,
  'vllm/__init__.py': '',
  'vllm/configs.py': OWN,
};
const tree = {
  read: (file: string) => files[file],
  list: (folder: string) => Object.keys(files).filter((file) => file.startsWith(`${folder}/`)),
};

const library = readTransformers(tree);
const { classes, unread } = readOwnClasses(
  tree,
  ['OwnConfig', 'WiderConfig', 'NamedConfig', 'FlatConfig', 'GoneConfig'].map((name) => `vllm.configs:${name}`),
);
const table = { ...library, classes: { ...library.classes, ...classes } };
const made = (name: string, config: JsonObject) => objectOf(table, `vllm.configs:${name}`, config)!;

describe('a class outside transformers', () => {
  it('makes what its constructor makes', () => {
    const text = made('OwnConfig', { model_type: 'own', text_config: { layers: 5 } }).text()!;
    expect(text.class).toBe('TextConfig');
    expect(text.attribute('layers').value).toBe(5);
    expect(text.attribute('head_dim').value).toBe(10);
    expect(made('OwnConfig', { model_type: 'own' }).text()!.attribute('head_dim').value).toBe(6);
  });

  it('hands on what the class that all derive from takes, and what nobody names', () => {
    const object = made('OwnConfig', { model_type: 'own', dtype: 'float16', architectures: ['A'] });
    expect(object.attribute('tie_word_embeddings').value).toBe(false);
    expect(object.attribute('dtype').value).toBe('float16');
    expect(object.attribute('architectures').value).toEqual(['A']);
    expect(made('OwnConfig', { tie_word_embeddings: true }).attribute('tie_word_embeddings').value).toBe(true);
  });

  it('has the fields of the one in transformers that it derives from', () => {
    const object = made('WiderConfig', { model_type: 'wider', heads: 8 });
    expect(object.attribute('depth').value).toBe(9);
    expect(object.attribute('heads').value).toBe(8);
    expect(object.attribute('width').value).toBe(null);
  });

  it('that says no constructor gets one of its fields, whatever the class behind it says', () => {
    expect(made('NamedConfig', { model_type: 'named' }).attribute('depth').from).toBe('absent');
  });

  it('is read without the kinds of values with which something of it is left out', () => {
    expect(classes['vllm.configs:FlatConfig']!.unread).toBeUndefined();
    const apart = classes['vllm.configs:FlatConfig']!.apart!;
    expect(apart).toEqual({ 'cfg.text_config': ['missing', 'none'] });
    const text = made('FlatConfig', { model_type: 'flat', text_config: { layers: 5 } }).text();
    expect(text?.attribute('head_dim').value).toBe(10);
    for (const config of [{}, { text_config: null }, { layers: 2 }])
      expect(made('FlatConfig', config).refused).toBe('what FlatConfig makes of such a text_config was not read');
  });

  it('takes what its constructor says, whatever fields of that name take', () => {
    const heads = (given: JsonObject) => made('FlatConfig', { text_config: {}, ...given }).attribute('heads').value;
    expect([heads({}), heads({ heads: 2 }), heads({ heads: [2, 3] })]).toEqual([4, 2, [2, 3]]);
  });

  it('is of the classes that it derives from and of no other', () => {
    const is = (of: string): unknown => attributeAt(made('NamedConfig', {}), `is.${of}`).value;
    expect(is('vllm/NamedConfig')).toBe(true);
    expect(is('vllm/WiderConfig')).toBe(true);
    expect(is('transformers/InnerConfig')).toBe(true);
    expect(is('transformers/PreTrainedConfig')).toBe(true);
    expect(is('vllm/OwnConfig')).toBe(false);
  });

  it('that the tree does not have is told', () => {
    expect(unread).toEqual({ 'vllm.configs:GoneConfig': 'no class GoneConfig in vllm.configs' });
  });
});

describe('how many labels a configuration has', () => {
  const many = (config: JsonObject): unknown => objectOf(table, 'InnerConfig', config)!.attribute('num_labels').value;

  it('is what its labels, the number that is asked for, or its class says', () => {
    expect(many({ id2label: { 0: 'no', 1: 'yes', 2: 'perhaps' } })).toBe(3);
    expect(many({ num_labels: 5 })).toBe(5);
    expect(many({})).toBe(2);
    expect(many({ id2label: { 0: 'no' }, num_labels: 4 })).toBe(4);
  });
});

describe('a class of transformers', () => {
  it('is of no class of another package', () => {
    const { InnerConfig } = library.classes;
    const { derives: _derives, ...before } = InnerConfig!;
    const object = objectOf({ ...library, classes: { InnerConfig: before } }, 'InnerConfig', {})!;
    expect(attributeAt(object, 'is.vllm/EngineConfig').value).toBe(false);
    expect(attributeAt(object, 'is.transformers/OtherConfig').value).toBeUndefined();
  });
});
