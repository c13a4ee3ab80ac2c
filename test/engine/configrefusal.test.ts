import { expect, it } from 'vitest';
import { configObject } from '../../src/engine/index.ts';
import type { ClassTable } from '../../src/engine/index.ts';
import type { RuleSet, Term } from '../../src/rules/index.ts';

const rules = (terms: Record<string, Term>): RuleSet => ({ variables: [], nodes: [], places: [], terms });

/** A class that raises for certain: where it is made, or in a check of the finished object. */
const refusing = (says: Term) => {
  const table: ClassTable = {
    base: { class: 'Base', fields: {} },
    types: { odd: 'Odd' },
    classes: {
      Odd: {
        class: 'Odd',
        fields: { heads: ['i', 1] },
        made: rules({ 'refused.0': { list: [[1, says]] }, nested: { list: [] }, dtype: null }),
        raises: ['refused.0'],
      },
    },
  };
  return configObject(table, 'odd', { model_type: 'odd', heads: 7 })!;
};

it('tells what the class raises, with its own words', () => {
  const text: Term = { text: ['there are ', { fact: 'cfg.heads' }, ' heads'] };
  const { refusal, mistaken, refused } = refusing({ record: { raise: 'KeyError', text, at: 'odd.py:3' } });
  expect(refusal).toEqual({ type: 'KeyError', text: 'there are 7 heads', places: ['odd.py:3'] });
  expect(mistaken).toBe(true);
  expect(refused).toBe('Odd refuses this configuration: KeyError: there are 7 heads');
});

it('wraps what a check raises as the package does that calls the checks', () => {
  const says: Term = { record: { raise: 'ValueError', text: 'seven is odd', at: 'odd.py:9', check: 'validate_heads' } };
  expect(refusing(says).refusal).toEqual({
    type: 'StrictDataclassClassValidationError',
    text: "Class validation error for validator 'validate_heads':\n    ValueError: seven is odd",
    places: ['odd.py:9'],
  });
});

it('has no words where these are not known, and no error where it is not known who raises it', () => {
  const unread: Term = { record: { raise: 'KeyError', text: { unread: 'a set' }, at: 'odd.py:4' } };
  expect(refusing(unread).refusal).toEqual({ type: 'KeyError', text: null, places: ['odd.py:4'] });
  const { refusal, refused } = refusing('ValueError (odd.py:9)');
  expect(refusal).toBeUndefined();
  expect(refused).toBe('Odd refuses this configuration: ValueError (odd.py:9)');
});
