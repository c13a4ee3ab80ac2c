import { describe, expect, it } from 'vitest';
import { listTransformers, readTransformersFile } from '../../src/disk/index.ts';
import { configObject, configOf } from '../../src/engine/index.ts';

/* Numbers of a config.json that Python and JavaScript take differently. */

const table = readTransformersFile(listTransformers()[0]!.file);
const heads = (value: number, floats: readonly string[] = []) =>
  configObject(
    table,
    'llama',
    configOf({
      config: { num_attention_heads: value, rope_theta: 10_000 },
      floats: ['rope_theta', ...floats],
      from: 'config',
      where: 'config.json',
    }),
  )!;

describe('a number of a config.json', () => {
  it('is an int where it is written as one, and a float where a field takes floats', () => {
    expect(heads(32).refused).toBeUndefined();
    expect(heads(32).attribute('num_attention_heads').value).toBe(32);
  });

  it('is refused where it is written as a float and the field takes ints alone', () => {
    expect(heads(32, ['num_attention_heads'])).toMatchObject({ mistaken: true });
    expect(heads(1e20, ['num_attention_heads'])).toMatchObject({ mistaken: true });
  });

  it('is unknown where it is too large to be kept exactly', () => {
    const object = heads(1e20);
    expect(object).toMatchObject({ mistaken: false });
    expect(object.attribute('num_attention_heads').value).toBeUndefined();
    expect(object.text()).toBeUndefined();
  });
});
