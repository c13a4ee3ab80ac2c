import { expect, test } from 'vitest';
import { createKnown, createQuantizationStage } from '../../src/engine/index.ts';
import { mergeRules, MISSING, packRules } from '../../src/rules/index.ts';
import type { RuleSet } from '../../src/rules/index.ts';

const known: RuleSet = {
  variables: [{ kinds: 'hf.quantization_config.kind', of: ['missing', 'str'] }],
  nodes: [[0, 1, 1, 0, 1]],
  places: ['a.py:1'],
  terms: {
    quant_config: { record: {} },
    'quant_config.scheme': { missing: true },
    'quant_config.kind': { fact: 'hf.quantization_config.kind' },
    events: { list: [[2, { record: { raise: 'ValueError', text: 'it has no kind' } }, [0]]] },
  },
};
const rules = packRules(mergeRules([['known/', known]]), ['known/']);

const told = (method: string | null, config: Readonly<Record<string, string>> = {}) => {
  const facts = { 'model_config.quantization': method, 'hf.quantization_config': config };
  const source = {
    fact: (name: string) => {
      const value = (facts as Record<string, string | null | typeof config>)[name];
      return value === undefined ? undefined : { value, from: 'config' as const };
    },
    because: () => [],
  };
  const stage = createQuantizationStage(() => ({
    methods: ['known'],
    rules,
    unread: { large: 'too many conditions' },
  }));
  const said = stage.run(createKnown([source]));
  return { said, known: createKnown([said]) };
};

test('a model that is not quantized has no object', () => {
  const { said } = told(null);
  expect(said.fact('quant_config')).toEqual({ value: null, from: 'derived' });
  expect(said.error).toBeUndefined();
});

test('the rules of the method say what the object holds', () => {
  const { said, known } = told('known', { kind: 'k' });
  expect(said.error).toBeUndefined();
  expect(known.get('quant_config.kind')).toBe('k');
  expect(known.get('quant_config.scheme')).toBe(MISSING);
  expect(known.get('quant_config.other')).toBeUndefined();
});

test('what the method raises ends the start', () => {
  const { said } = told('known');
  expect(said.error).toMatchObject({ type: 'ValueError', text: 'it has no kind', places: ['a.py:1'] });
});

test('a method without rules leaves everything open, and says why', () => {
  const { said } = told('large');
  expect(said.fact('quant_config')).toBeUndefined();
  expect(said.notes).toEqual(['The quantization large was not read: too many conditions']);
});
