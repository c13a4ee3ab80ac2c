import { describe, expect, it } from 'vitest';
import { configObject } from '../../src/engine/index.ts';
import type { JsonObject } from '../../src/engine/index.ts';

/* Parts of a configuration: what they are made of, and what is set in them once they are there. */

const BASE = `
from dataclasses import dataclass
from typing import ClassVar

@dataclass
class PreTrainedConfig:
    model_type: ClassVar[str] = ""
    sub_configs: ClassVar[dict] = {}
    dtype: str | None = None
    tie_word_embeddings: bool = False

    def __init_subclass__(cls, *args, **kwargs):
        super().__init_subclass__(*args, **kwargs)

    def __post_init__(self, **kwargs):
        for key, value in kwargs.items():
            setattr(self, key, value)

    def get_text_config(self):
        return self.text_config if getattr(self, "text_config", None) is not None else self
`;

const MODEL = `
import inspect
from ...configuration_utils import PreTrainedConfig

class InnerConfig(PreTrainedConfig):
    model_type = "inner"
    heads: int = 4
    width: int | None = None

class OuterConfig(PreTrainedConfig):
    model_type = "outer"
    sub_configs = {"text_config": InnerConfig}
    text_config: dict | PreTrainedConfig | None = None
    tokens: int = 7

    def __post_init__(self, **kwargs):
        names = list(inspect.signature(self.sub_configs["text_config"].__init__).parameters.keys())
        given = {key: kwargs.pop(key) for key in names if key in kwargs}
        if isinstance(self.text_config, dict):
            self.text_config = self.sub_configs["text_config"](**self.text_config)
        elif self.text_config is None:
            self.text_config = self.sub_configs["text_config"](**given)
        if not self.tie_word_embeddings and self.text_config.tie_word_embeddings:
            self.tie_word_embeddings = True
        super().__post_init__(**kwargs)

class SettingConfig(PreTrainedConfig):
    model_type = "setting"
    sub_configs = {"text_config": InnerConfig}
    text_config: dict | PreTrainedConfig | None = None
    tokens: int | None = None

    def __post_init__(self, **kwargs):
        if isinstance(self.text_config, dict):
            self.text_config = self.sub_configs["text_config"](**self.text_config)
        elif self.text_config is None:
            self.text_config = self.sub_configs["text_config"](**kwargs)
        if self.tokens is not None:
            self.text_config.width = self.tokens
        super().__post_init__(**kwargs)

class AroundConfig(PreTrainedConfig):
    model_type = "around"
    sub_configs = {"thinker_config": OuterConfig}
    thinker_config: dict | PreTrainedConfig | None = None
    width: int | None = None

    def __post_init__(self, **kwargs):
        if isinstance(self.thinker_config, dict):
            self.thinker_config = OuterConfig(**self.thinker_config)
        elif self.thinker_config is None:
            self.thinker_config = OuterConfig()
        if self.width is not None:
            self.thinker_config.tokens = self.width
        super().__post_init__(**kwargs)

    def get_text_config(self, *args, **kwargs):
        return self.thinker_config.get_text_config(*args, **kwargs)
`;
import { libraryFiles, libraryTable } from './library.ts';

/** A class that another package of models gives out lazily, under its own name. */
const ABROAD = `
from ...configuration_utils import PreTrainedConfig
from ..parts import InnerConfig

class AbroadConfig(PreTrainedConfig):
    model_type = "abroad"
    sub_configs = {"text_config": InnerConfig}
    text_config: InnerConfig | dict | None = None

    def __post_init__(self, **kwargs):
        if isinstance(self.text_config, dict):
            self.text_config = InnerConfig(**self.text_config)
        super().__post_init__(**kwargs)
`;

const AUTO = `
CONFIG_MAPPING_NAMES = {
    "inner": "InnerConfig", "outer": "OuterConfig", "setting": "SettingConfig", "abroad": "AbroadConfig",
    "around": "AroundConfig",
}

def model_type_to_module_name(key):
    return "abroad" if key == "abroad" else "parts"
`;

/** What gives out the classes of a package once they are asked for. */
const LAZILY = `
import sys
from ...utils import _LazyModule

sys.modules[__name__] = _LazyModule(__name__, globals()["__file__"], {})
`;

const files: Readonly<Record<string, string>> = {
  ...libraryFiles(BASE, AUTO),
  'transformers/models/parts/__init__.py': LAZILY,
  'transformers/models/parts/configuration_parts.py': MODEL,
  'transformers/models/abroad/__init__.py': LAZILY,
  'transformers/models/abroad/configuration_abroad.py': ABROAD,
};

const table = libraryTable(files);

const partOf = (type: string, config: JsonObject) => configObject(table, type, { model_type: type, ...config })?.text();

describe('a part of a configuration', () => {
  it('is made of the keys that its class takes where the config.json holds them beside all else', () => {
    const part = partOf('outer', { heads: 8, other: 1 });
    expect(part?.class).toBe('InnerConfig');
    expect(part?.attribute('heads').value).toBe(8);
    expect(part?.attribute('width').value).toBeNull();
    expect(part?.attribute('other').from).toBe('absent');
  });

  it('is the one that the config.json holds, also where an attribute of it is looked at', () => {
    expect(partOf('outer', { text_config: { heads: 2 } })?.attribute('heads').value).toBe(2);
  });

  it('is of a class that another package of models gives out', () => {
    expect(partOf('abroad', { text_config: { heads: 2 } })?.attribute('heads').value).toBe(2);
    expect(partOf('abroad', { text_config: {} })?.attribute('heads').value).toBe(4);
  });

  it('is the text config of the whole, in whichever part that stands', () => {
    const whole = (config: JsonObject) => configObject(table, 'around', { model_type: 'around', ...config });
    const deep = whole({ thinker_config: { text_config: { heads: 2 } } });
    expect(deep?.text()?.attribute('heads').value).toBe(2);
    expect(deep?.textPart()).toBe('thinker_config.text_config');
    expect(whole({})?.text()?.attribute('heads').value).toBe(4);
    expect(
      whole({ width: 3, thinker_config: { text_config: { heads: 2 } } })
        ?.text()
        ?.attribute('heads').value,
    ).toBe(2);
  });

  it('says of an attribute what its class makes of it, where the whole asks', () => {
    const tied = (config: JsonObject) =>
      configObject(table, 'outer', { model_type: 'outer', ...config })?.attribute('tie_word_embeddings').value;
    expect(tied({ text_config: { tie_word_embeddings: true } })).toBe(true);
    expect(tied({ text_config: {} })).toBe(false);
    expect(tied({ text_config: {}, tie_word_embeddings: true })).toBe(true);
    expect(tied({ heads: 8 })).toBe(false);
  });

  it('holds what is set in it once it is there, where it is', () => {
    expect(partOf('setting', { text_config: {}, tokens: 3 })?.attribute('width').value).toBe(3);
    expect(partOf('setting', { text_config: { width: 5 } })?.attribute('width').value).toBe(5);
  });

  it('is not given the fields of the whole with all other keys', () => {
    expect(partOf('setting', { heads: 6, dtype: 'bfloat16' })?.attribute('heads').value).toBe(6);
    expect(partOf('setting', { heads: 6, dtype: 'bfloat16' })?.attribute('dtype').value).toBeNull();
  });
});
