import { describe, expect, it } from 'vitest';
import { configObject } from '../../src/engine/index.ts';
import type { JsonObject } from '../../src/engine/index.ts';
import { libraryFiles, libraryTable } from './library.ts';

/* Parameters of rotary embedding for each kind of layer, which a constructor makes. */

const BASE = `
from dataclasses import dataclass
from typing import ClassVar

ALLOWED_LAYER_TYPES = ("full_attention", "sliding_attention")

@dataclass
class PreTrainedConfig:
    model_type: ClassVar[str] = ""
    dtype: str | None = None
    rope_parameters: dict | None = None

    def __init_subclass__(cls, *args, **kwargs):
        super().__init_subclass__(*args, **kwargs)

    def __post_init__(self, **kwargs):
        for key, value in kwargs.items():
            setattr(self, key, value)

    def validate_rope(self):
        if self.rope_parameters and "full_attention" not in self.rope_parameters:
            self.rope_parameters["rope_type"] = "default"

    def get_text_config(self):
        return self
`;

const MODEL = `
from ...configuration_utils import PreTrainedConfig

class FlatConfig(PreTrainedConfig):
    model_type = "flat"

class NestingConfig(PreTrainedConfig):
    model_type = "nesting"
    nests: bool = True

    def __post_init__(self, **kwargs):
        super().__post_init__(**kwargs)
        if self.nests:
            self.rope_parameters = {"full_attention": {"rope_theta": 10.0}}
`;

const AUTO = `
CONFIG_MAPPING_NAMES = {"flat": "FlatConfig", "nesting": "NestingConfig"}

def model_type_to_module_name(key):
    return "rotary"
`;

const files: Readonly<Record<string, string>> = {
  ...libraryFiles(BASE, AUTO),
  'transformers/models/rotary/__init__.py': '',
  'transformers/models/rotary/configuration_rotary.py': MODEL,
};

const table = libraryTable(files);
const made = (type: string, config: JsonObject) => configObject(table, type, { model_type: type, ...config })!;

describe('parameters of rotary embedding', () => {
  it('are what the checks of the finished object make of them', () => {
    const flat = made('flat', { rope_parameters: { rope_theta: 7 } });
    expect(flat.attribute('rope_parameters').value).toEqual({ rope_theta: 7, rope_type: 'default' });
    expect(made('nesting', { nests: false }).attribute('rope_parameters').value).toBeNull();
  });

  it('are not known where a constructor makes some for kinds of layers for which the checks were not read', () => {
    const { refused, mistaken } = made('nesting', {});
    expect(refused).toBe('what NestingConfig makes of parameters for each kind of layer was not read');
    expect(mistaken).toBe(false);
  });
});
