import { describe, expect, it } from 'vitest';
import { configObject, objectBehind } from '../../src/engine/index.ts';
import type { JsonObject } from '../../src/engine/index.ts';
import { libraryFiles, libraryTable } from './library.ts';

/* Objects whose layers differ: what the package is given for each, by the config.json or by a class. */

const BASE = `
from dataclasses import dataclass
from typing import ClassVar
from .integrations.heterogeneity.configuration_utils import HeterogeneousConfigMixin

@dataclass
class PreTrainedConfig(HeterogeneousConfigMixin):
    model_type: ClassVar[str] = ""
    dtype: str | None = None

    def __init_subclass__(cls, *args, **kwargs):
        super().__init_subclass__(*args, **kwargs)

    def __post_init__(self, **kwargs):
        per_layer_config = kwargs.pop("per_layer_config", None)
        for key, value in kwargs.items():
            setattr(self, key, value)
        if per_layer_config is not None:
            self.per_layer_config = per_layer_config

    def validate_architecture(self):
        if self.is_heterogeneous:
            for config in self.per_layer_config:
                config.validate_architecture()

    def get_text_config(self):
        return self
`;

const MIXIN = `
class HeterogeneousConfigMixin:
    @property
    def is_heterogeneous(self):
        return hasattr(self, "_heterogeneity_spec")

    @property
    def per_layer_config(self):
        raise NotImplementedError

    @per_layer_config.setter
    def per_layer_config(self, given):
        raise NotImplementedError
`;

const MODEL = `
from ...configuration_utils import PreTrainedConfig

class PlainConfig(PreTrainedConfig):
    model_type = "plain"
    num_hidden_layers: int = 3
    width: int = 4
    window: int | None = None
    vocab_size: int = 9

    @property
    def total(self):
        return self.width * 2

    @property
    def names(self):
        return self.vocab_size + 1

class WideConfig(PlainConfig):
    model_type = "wide"
    kinds: list[str] | None = None

    def __post_init__(self, **kwargs):
        if self.kinds is None:
            self.kinds = ["part", "full", "part"]
        wide = kwargs.pop("wide", 8)
        if "per_layer_config" not in kwargs:
            kwargs["per_layer_config"] = {i: {"width": wide} for i, kind in enumerate(self.kinds) if kind == "full"}
        super().__post_init__(**kwargs)
`;

const AUTO = `
CONFIG_MAPPING_NAMES = {"plain": "PlainConfig", "wide": "WideConfig"}

def model_type_to_module_name(key):
    return "layers"
`;

const files: Readonly<Record<string, string>> = {
  ...libraryFiles(BASE, AUTO),
  'transformers/integrations/__init__.py': '',
  'transformers/integrations/heterogeneity/__init__.py': '',
  'transformers/integrations/heterogeneity/configuration_utils.py': MIXIN,
  'transformers/models/layers/__init__.py': '',
  'transformers/models/layers/configuration_layers.py': MODEL,
};

const table = libraryTable(files);

const made = (type: string, config: JsonObject) => configObject(table, type, { model_type: type, ...config })!;

/** What an attribute is in each layer. */
const inLayers = (type: string, config: JsonObject, name: string) => {
  const layers = made(type, config).attribute('per_layer_config').value as readonly unknown[] | undefined;
  return layers?.map((one) => objectBehind(one)?.attribute(name).value);
};

describe('a configuration whose layers differ', () => {
  it('has an object for each layer, where the config.json says what differs', () => {
    const config = { per_layer_config: { '1': { width: 5 }, '02': { window: 7 } } };
    expect(inLayers('plain', config, 'width')).toEqual([4, 5, 4]);
    expect(inLayers('plain', config, 'window')).toEqual([null, null, 7]);
    expect(inLayers('plain', config, 'is_heterogeneous')).toEqual([false, false, false]);
  });

  it('has one where its class says so, for as many layers as there are', () => {
    expect(inLayers('wide', {}, 'width')).toEqual([4, 8, 4]);
    expect(inLayers('wide', { wide: 16, kinds: ['full', 'part'], num_hidden_layers: 2 }, 'width')).toEqual([16, 4]);
    expect(inLayers('wide', { per_layer_config: { 0: { width: 2 } } }, 'width')).toEqual([2, 4, 4]);
  });

  it('does not say of the whole what differs', () => {
    const whole = made('wide', {});
    expect(whole.attribute('is_heterogeneous').value).toBe(true);
    expect(whole.attribute('width').value).toBeUndefined();
    expect(whole.attribute('window').value).toBeNull();
    expect(made('wide', { wide: 4 }).attribute('width').value).toBe(4);
  });

  it('says nothing of properties that are made of what differs or was set since', () => {
    const config = { per_layer_config: { '1': { width: 5 } } };
    expect(inLayers('plain', config, 'total')).toEqual([8, undefined, 8]);
    expect(inLayers('plain', config, 'names')).toEqual([10, 10, 10]);
    expect(made('plain', config).attribute('total').value).toBeUndefined();
    expect(made('plain', {}).updated({ width: 6 })!.attribute('total').value).toBeUndefined();
    expect(made('plain', {}).updated({ width: 6 })!.attribute('names').value).toBe(10);
    expect(made('plain', { width: 6 }).attribute('total').value).toBe(12);
  });

  it('is each of its layers where none differs', () => {
    expect(made('plain', {}).attribute('is_heterogeneous').value).toBe(false);
    expect(inLayers('plain', { width: 6 }, 'width')).toEqual([6, 6, 6]);
  });

  it('is not read where the package refuses it, or may', () => {
    const odd = [{ 3: { width: 5 } }, { 1: { other: 5 } }, { 1: { width: 'x' } }, { 1: { vocab_size: 5 } }];
    for (const given of odd) expect(made('plain', { per_layer_config: given }).refused).toMatch(/was not read/);
    expect(made('plain', { per_layer_config: { 1: { skip: ['mlp'] } } }).refused).toMatch(/was not read/);
  });
});
