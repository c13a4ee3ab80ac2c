import { describe, expect, it } from 'vitest';
import { classByType } from '../../src/engine/classbytype.ts';
import { configObject } from '../../src/engine/index.ts';
import { libraryFiles, libraryTable } from './library.ts';

/* How the models of a package attend: told where each layer has one module that leaves it to the package's functions. */

const BASE = `
from dataclasses import dataclass
from typing import ClassVar

@dataclass
class PreTrainedConfig:
    model_type: ClassVar[str] = ""
    add_cross_attention: bool = False
    num_hidden_layers: int = 2

    def __init_subclass__(cls, *args, **kwargs):
        super().__init_subclass__(*args, **kwargs)

    def __post_init__(self, **kwargs):
        for key, value in kwargs.items():
            setattr(self, key, value)

    def get_text_config(self):
        return self
`;

/** A file of models: what the layer makes beside, what its attention is said to be, what the call is given, what the model takes. */
const modeling = ({ beside = '', causal = 'True', given = '', file = '', takes = 'position_ids' }): string => `
from torch import nn
from .configuration_one import OneConfig
${file}

class Attention(nn.Module):
    def __init__(self, config, layer_idx=None):
        super().__init__()
        self.config = config
        self.layer_idx = layer_idx
        self.is_causal = ${causal}

    def forward(self, x, mask, **kwargs):
        attention_interface = ALL_ATTENTION_FUNCTIONS.get_interface(self.config._attn_implementation, eager)
        out, _ = attention_interface(self, x, x, x, mask, scaling=self.scaling${given}, **kwargs)
        return out

class Layer(nn.Module):
    def __init__(self, config, layer_idx):
        super().__init__()
        self.attn = Attention(config=config, layer_idx=layer_idx)
        self.mlp = nn.Linear(2, 2)
${beside}

class OneModel(nn.Module):
    def __init__(self, config):
        super().__init__(config)
        self.blocks = nn.ModuleList([Layer(config, i) for i in range(config.num_hidden_layers)])

    def forward(self, input_ids=None, inputs_embeds=None, ${takes}=None, **kwargs):
        return input_ids
`;

function tableOf(text: string) {
  const files: Readonly<Record<string, string>> = {
    ...libraryFiles(
      BASE,
      'CONFIG_MAPPING_NAMES = {"one": "OneConfig"}\n\ndef model_type_to_module_name(key):\n    return key\n',
    ),
    'transformers/models/auto/modeling_auto.py':
      'from collections import OrderedDict\nMODEL_MAPPING_NAMES = OrderedDict([("one", "OneModel")])\n',
    'transformers/models/one/__init__.py': '',
    'transformers/models/one/configuration_one.py':
      'from ...configuration_utils import PreTrainedConfig\n\nclass OneConfig(PreTrainedConfig):\n    model_type = "one"\n',
    'transformers/models/one/modeling_one.py': text,
  };
  return libraryTable(files);
}

const TABLE = 'transformers.modeling_utils.ALL_ATTENTION_FUNCTIONS';
const attends = (text: string) => tableOf(text).lists[`${TABLE}.one`];
const CROSS = '        if config.add_cross_attention:\n            self.cross = Attention(config, layer_idx)\n';

describe('how the models of a package attend', () => {
  it('is told where every layer has one module that does', () => {
    expect(attends(modeling({}))).toEqual(['blocks', 'attn']);
  });

  it('is not told where it may see what comes later, has sinks, or another module may attend', () => {
    expect(attends(modeling({ causal: 'not config.both_ways' }))).toBeUndefined();
    expect(attends(modeling({ given: ', s_aux=self.sinks' }))).toBeUndefined();
    expect(attends(modeling({ beside: '        self.more = Attention(config, layer_idx)\n' }))).toBeUndefined();
    expect(attends(modeling({ beside: '        self.more = KINDS[config.kind](config)\n' }))).toBeUndefined();
    expect(attends(modeling({ file: 'from .vision import Tower' }))).toBeUndefined();
  });

  it('is not told of a model that does not take what a model of text is called with', () => {
    expect(attends(modeling({ takes: 'past_values' }))).toBeUndefined();
  });

  it('rests on what the configuration says where another module attends under a condition', () => {
    const table = tableOf(modeling({ beside: CROSS }));
    const fact = (config: Readonly<Record<string, boolean>>) =>
      classByType(table.lists, configObject(table, 'one', config)!, `${TABLE}.{hf_text_config.model_type}`);
    expect(fact({})).toEqual({ value: ['blocks', 'attn'], from: 'stock' });
    expect(fact({ add_cross_attention: true })).toEqual({ from: 'unknown' });
  });
});
