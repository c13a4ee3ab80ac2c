import { describe, expect, it } from 'vitest';
import { configObject } from '../../src/engine/index.ts';
import type { JsonObject } from '../../src/engine/index.ts';
import { libraryFiles, libraryTable } from './library.ts';

/* Properties of the class that all derive from, and classes that have a plain value under such a name. */

const BASE = `
from dataclasses import dataclass
from typing import ClassVar

@dataclass
class PreTrainedConfig:
    model_type: ClassVar[str] = ""
    dtype: str | None = None
    turns: dict | None = None

    def __init_subclass__(cls, *args, **kwargs):
        super().__init_subclass__(*args, **kwargs)

    def __post_init__(self, **kwargs):
        for key, value in kwargs.items():
            setattr(self, key, value)

    @property
    def scaling(self):
        return self.turns

    @scaling.setter
    def scaling(self, value):
        self.turns = value

    def get_text_config(self):
        return self
`;

const MODEL = `
from ...configuration_utils import PreTrainedConfig

class UsualConfig(PreTrainedConfig):
    model_type = "usual"

class OwnConfig(PreTrainedConfig):
    model_type = "own"
    scaling: dict | None = None
`;

const AUTO = `
CONFIG_MAPPING_NAMES = {"usual": "UsualConfig", "own": "OwnConfig"}

def model_type_to_module_name(key):
    return "names"
`;

const files: Readonly<Record<string, string>> = {
  ...libraryFiles(BASE, AUTO),
  'transformers/models/names/__init__.py': '',
  'transformers/models/names/configuration_names.py': MODEL,
};

const table = libraryTable(files);

const made = (type: string, config: JsonObject) => {
  const object = configObject(table, type, { model_type: type, ...config })!;
  return ['scaling', 'turns'].map((name) => object.attribute(name).value);
};

describe('a property that gives another attribute', () => {
  it('is that attribute, whichever of them is given', () => {
    expect(made('usual', { scaling: { by: 2 } })).toEqual([{ by: 2 }, { by: 2 }]);
    expect(made('usual', { turns: { by: 3 } })).toEqual([{ by: 3 }, { by: 3 }]);
  });

  it('is none in a class that has a plain value under its name', () => {
    expect(made('own', { scaling: { by: 2 }, turns: { by: 3 } })).toEqual([{ by: 2 }, { by: 3 }]);
    expect(made('own', { turns: { by: 3 } })).toEqual([null, { by: 3 }]);
    expect(made('own', { scaling: { by: 2 } })).toEqual([{ by: 2 }, null]);
  });
});
