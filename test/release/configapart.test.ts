import { describe, expect, it } from 'vitest';
import { configObject } from '../../src/engine/index.ts';
import type { JsonObject } from '../../src/engine/index.ts';
import { libraryFiles, libraryTable } from './library.ts';

/* Values that a class was not read for, and values that its constructor makes of a field that does not take them. */

const BASE = `
from dataclasses import dataclass
from typing import ClassVar

@dataclass
class PreTrainedConfig:
    model_type: ClassVar[str] = ""
    dtype: str | None = None

    def __init_subclass__(cls, *args, **kwargs):
        super().__init_subclass__(*args, **kwargs)

    def __post_init__(self, **kwargs):
        for key, value in kwargs.items():
            setattr(self, key, value)
`;

const MODEL = `
from dataclasses import field
from ...configuration_utils import PreTrainedConfig

def within(min=None, max=None):
    return lambda **kwargs: field(**kwargs)

class RatedConfig(PreTrainedConfig):
    model_type = "rated"
    count: int = 2
    rate: float | None = within(min=0.0, max=1.0)(default=0.5)
    steps: int = within(min=1)(default=3)
    kinds: list[str] | None = None
    windows: list | None = None
    first: int | None = None

    def __post_init__(self, **kwargs):
        if self.windows is not None:
            self.windows = [list(window) for window in self.windows]
            self.first = len(self.windows[0])
        self.last = 7
        if self.kinds is None:
            self.kinds = [None] * self.count
            for number in kwargs.pop("full", []):
                self.kinds[number] = "full"
        super().__post_init__(**kwargs)

    @property
    def last(self):
        return self._last

    @last.setter
    def last(self, last):
        self._last = [last, self.count]
`;

const AUTO = `
CONFIG_MAPPING_NAMES = {"rated": "RatedConfig"}

def model_type_to_module_name(key):
    return key
`;

const files: Readonly<Record<string, string>> = {
  ...libraryFiles(BASE, AUTO),
  'transformers/models/rated/__init__.py': '',
  'transformers/models/rated/configuration_rated.py': MODEL,
};

const table = libraryTable(files);
const made = (config: JsonObject) => configObject(table, 'rated', config)!;

describe('a class that was not read for values of some kinds', () => {
  it('says which they are', () => {
    expect(table.classes['RatedConfig']!.unread).toBeUndefined();
    expect(table.classes['RatedConfig']!.apart).toEqual({ 'cfg.windows.@cfg/windows': ['dict', 'str'] });
  });

  it('makes its object of all others', () => {
    const object = made({ windows: [[1, 2], []], kinds: ['a'] });
    expect(object.refused).toBeUndefined();
    expect(object.attribute('windows').value).toEqual([[1, 2], []]);
    expect(object.attribute('first').value).toBe(2);
  });

  it('says by a property what it keeps for itself', () => {
    expect(made({ kinds: ['a'], count: 3 }).attribute('last').value).toEqual([7, 3]);
  });

  it('is open where one of them stands', () => {
    const { refused, mistaken } = made({ windows: [[1], 'ab'], kinds: ['a'] });
    expect(refused).toBe('what RatedConfig makes of such a windows.@cfg/windows was not read');
    expect(mistaken).toBe(false);
  });
});

describe('a field that its constructor makes something', () => {
  it('holds it', () => {
    expect(made({ full: [0, 1] }).attribute('kinds').value).toEqual(['full', 'full']);
  });

  it('is open where the field does not take that', () => {
    const { refused, mistaken } = made({ full: [1] });
    expect(refused).toBe('whether RatedConfig takes what its constructor makes of its kinds was not read');
    expect(mistaken).toBe(false);
  });

  it('is not known to be taken beyond its limits', () => {
    const rated = (config: JsonObject) => made({ kinds: ['a', 'b'], ...config });
    expect(rated({}).attribute('rate').value).toBe(0.5);
    expect(rated({ rate: 0.25, steps: 1 }).attribute('steps').value).toBe(1);
    expect(rated({ rate: null, steps: 900 }).attribute('rate').value).toBeNull();
    for (const config of [{ rate: 1.5 }, { rate: -0.1 }, { steps: 0 }])
      expect(rated(config).attribute('count').from).toBe('unknown');
  });
});
