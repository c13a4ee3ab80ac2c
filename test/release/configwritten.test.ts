import { describe, expect, it } from 'vitest';
import { configObject, unfound } from '../../src/engine/index.ts';
import type { JsonObject } from '../../src/engine/index.ts';
import { libraryFiles, libraryTable, NUM_LABELS } from './library.ts';

/* What loading a config.json raises besides what a constructor says with a statement: keys, labels, what writes the object. */

const BASE = `
import copy
from dataclasses import dataclass
from typing import ClassVar

@dataclass
class PreTrainedConfig:
    model_type: ClassVar[str] = ""
    dtype: str | None = None
    id2label: dict[int, str] | dict[str, str] | None = None

    def __init_subclass__(cls, *args, **kwargs):
        super().__init_subclass__(*args, **kwargs)

    def __post_init__(self, **kwargs):
        if self.id2label is None:
            self.num_labels = kwargs.get("num_labels", 2)
        else:
            self.id2label = {int(key): value for key, value in self.id2label.items()}
        if kwargs.get("alone") and self.num_labels == 1:
            raise ValueError("one label is none")
        for key, value in kwargs.items():
            setattr(self, key, value)

${NUM_LABELS}
    def get_text_config(self):
        return self

    @classmethod
    def get_config_dict(cls, name, **kwargs):
        raise OSError(name)

    def to_dict(self):
        output = copy.deepcopy(self.__dict__)
        output["written"] = True
        for key, value in output.items():
            if isinstance(value, PreTrainedConfig):
                value = value.to_dict()
            output[key] = value
        if hasattr(self, "quantization_config"):
            output["quantization_config"] = (
                self.quantization_config.to_dict()
                if not isinstance(self.quantization_config, dict) and self.quantization_config is not None
                else self.quantization_config
            )
        return output
`;

const AUTO = `
from ...configuration_utils import PreTrainedConfig

CONFIG_MAPPING_NAMES = {"plain": "PlainConfig", "named": "NamedConfig"}
CONFIG_MAPPING = CONFIG_MAPPING_NAMES

def model_type_to_module_name(key):
    return key

class AutoConfig:
    @classmethod
    def from_pretrained(cls, name, **kwargs):
        config_dict, unused = PreTrainedConfig.get_config_dict(name, **kwargs)
        has_code = "auto_map" in config_dict and "AutoConfig" in config_dict["auto_map"]
        return CONFIG_MAPPING[config_dict["model_type"]](**config_dict)
`;

const files: Readonly<Record<string, string>> = {
  ...libraryFiles(BASE, AUTO),
  'transformers/models/plain/__init__.py': '',
  'transformers/models/plain/configuration_plain.py': `
from ...configuration_utils import PreTrainedConfig

class PlainConfig(PreTrainedConfig):
    model_type = "plain"
    heads: int = 4
`,
  'transformers/models/named/__init__.py': '',
  'transformers/models/named/configuration_named.py': `
from ...configuration_utils import PreTrainedConfig

class NamedConfig(PreTrainedConfig):
    model_type = "named"

    def to_dict(self):
        output = super().to_dict()
        output["label_names"] = list(self.id2label.values())
        return output
`,
};

const table = libraryTable(files);
const refusal = (config: JsonObject) => {
  const found = { model_type: 'plain', ...config };
  return unfound(table, found) ?? configObject(table, 'plain', found)!.refusal;
};

describe('an object of a config.json', () => {
  it('is refused where what writes it finds a quantization that is no dictionary', () => {
    expect(refusal({ quantization_config: 'fp8' })).toMatchObject({
      type: 'AttributeError',
      text: "'str' object has no attribute 'to_dict'",
    });
    expect(refusal({ quantization_config: [] })).toMatchObject({ text: "'list' object has no attribute 'to_dict'" });
    for (const quantization_config of [null, {}, { quant_method: 'fp8' }])
      expect(configObject(table, 'plain', { quantization_config })).toMatchObject({ refused: undefined });
  });

  it('holds nothing of what is put into what is written', () => {
    const made = configObject(table, 'plain', {})!;
    expect(made.names()).not.toContain('written');
    expect(made.attribute('heads').value).toBe(4);
  });

  it('is refused where the number of a label is none', () => {
    expect(refusal({ id2label: { 0: 'a', x: 'b' } })).toMatchObject({ type: 'ValueError' });
    const made = configObject(table, 'plain', { id2label: { ' 1 ': 'a', '1_0': 'b' } })!;
    expect(made).toMatchObject({ refused: undefined });
    expect(made.attribute('num_labels').value).toBe(2);
  });

  it('is refused where there are no labels, and how many are made is no number', () => {
    expect(refusal({ num_labels: null })).toMatchObject({
      type: 'TypeError',
      text: "'NoneType' object cannot be interpreted as an integer",
    });
    expect(refusal({ num_labels: 3 })).toBeUndefined();
  });

  it('has as many labels as were asked for where that is asked next', () => {
    expect(refusal({ num_labels: 1, alone: true })).toMatchObject({ text: 'one label is none' });
    expect(refusal({ num_labels: 3, alone: true })).toBeUndefined();
  });

  it('has labels that its class can write where none were given', () => {
    for (const config of [{}, { num_labels: 3 }, { id2label: { 0: 'a' } }])
      expect(configObject(table, 'named', config)).toMatchObject({ refused: undefined, refusal: undefined });
  });

  it('is not made where nothing can be looked for in the code that a model brings', () => {
    expect(refusal({ auto_map: 17 })).toMatchObject({ text: "argument of type 'int' is not iterable" });
    expect(refusal({ auto_map: null })).toMatchObject({ text: "argument of type 'NoneType' is not iterable" });
    for (const auto_map of ['x', {}, { AutoConfig: 'a.B' }]) expect(refusal({ auto_map })).toBeUndefined();
  });
});
