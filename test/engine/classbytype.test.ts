import { describe, expect, it } from 'vitest';
import { classByType, type ConfigObject } from '../../src/engine/index.ts';

/** An object of that type, whose text config is another. */
const objectOf = (type: string, text?: string): ConfigObject => {
  const made = {
    attribute: () => ({ value: type, from: 'config' }),
    text: () => (text === undefined ? made : objectOf(text)),
  };
  return made as unknown as ConfigObject;
};

const LISTS = { 'transformers.auto.NAMES.first': ['FirstForCausalLM'], 'transformers.auto.other': ['x'] };
const under = (root: string): string => `transformers.auto.NAMES.{${root}.model_type}`;

describe('the class that a package has for a type', () => {
  it('is that of the object that is asked about', () => {
    const object = objectOf('whole', 'first');
    expect(classByType(LISTS, object, under('hf_text_config'))).toEqual({ value: ['FirstForCausalLM'], from: 'stock' });
    expect(classByType(LISTS, object, under('hf'))).toEqual({ missing: true, from: 'stock' });
  });

  it('is unknown where the table was not learned, and no answer to anything else', () => {
    expect(classByType({}, objectOf('first'), under('hf'))).toEqual({ from: 'unknown' });
    expect(classByType(LISTS, objectOf('first'), 'hf.model_type')).toBeUndefined();
  });
});
