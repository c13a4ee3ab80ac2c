import { describe, expect, it } from 'vitest';
import { readShapes } from '../../src/release/shapes.ts';
import { createMachine, type Fact } from '../../src/rules/index.ts';

const FILES: Readonly<Record<string, string>> = {
  'vllm/__init__.py': '',
  'vllm/platforms/__init__.py': '',
  'vllm/config/__init__.py': '',
  'vllm/config/model.py': `
from pydantic.dataclasses import dataclass
@dataclass
class ModelConfig:
    model: str = ""
    def __post_init__(self):
        self.model_arch_config = self.get_model_arch_config()
    def get_model_arch_config(self):
        if self.hf_config.model_type == "odd":
            raise ValueError(f"no {self.hf_config.model_type} models")
        if self.hf_config.model_type == "missing":
            raise AttributeError("not there")
        return Shape(self.hf_config.num_layers)
class Shape:
    def __init__(self, layers):
        self.layers = layers
`,
};
const tree = {
  read: (path: string) => FILES[path],
  list: (folder: string) => Object.keys(FILES).filter((file) => file.startsWith(folder)),
};
const { shape } = readShapes(tree, 'cuda');
const machine = createMachine(shape.rules);

/** What is raised of a model of this type. */
function raised(type: string): unknown {
  const kind = shape.kinds[type] ?? 0;
  machine.load(
    new Map<string, Fact>([
      ['hf.model_type', type],
      ['hf.num_layers', 4],
    ]),
  );
  const events = machine.resolve(machine.rules.terms[`${kind}.events`]!);
  const flat = (of: unknown): unknown[] =>
    Array.isArray(of) ? of.flatMap((e: { call?: unknown }) => (e.call === undefined ? [e] : flat(e.call))) : [of];
  return flat(events)[0];
}

describe('the shape of a model', () => {
  it('is asked for while the model configuration is made, whose validation tells what it raises', () => {
    expect(raised('odd')).toMatchObject({
      raise: 'ValidationError',
      text: '1 validation error for ModelConfig\n  Value error, no odd models',
    });
    expect(raised('missing')).toMatchObject({ raise: 'AttributeError', text: 'not there' });
    expect(raised('usual')).toBeUndefined();
  });
});
