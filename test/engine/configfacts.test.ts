import { describe, expect, it } from 'vitest';
import { listTransformers, readModel, readTransformersFile } from '../../src/disk/index.ts';
import { configFacts, configObject } from '../../src/engine/index.ts';

const { config } = readModel('facebook/opt-125m');
const object = configObject(readTransformersFile(listTransformers()[0]!.file), 'opt', config)!;
const fact = (name: string) => configFacts(object, 'hf.', [name], 'config.json')[name];

describe("a model's configuration object", () => {
  it('is of the class of its type, by package and name', () => {
    expect(fact('hf.is.transformers/OPTConfig')).toMatchObject({ value: true });
  });

  it('derives from no class of another package', () => {
    expect(fact('hf.is.elsewhere/OPTConfig')).toMatchObject({ value: false });
  });

  it('gives the characters of its texts by their numbers', () => {
    expect(config['activation_function']).toBe('relu');
    expect(fact('hf.activation_function.2')).toMatchObject({ value: 'l' });
    expect(fact('hf.activation_function.4')).toMatchObject({ from: 'unknown' });
  });
});
