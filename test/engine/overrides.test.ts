import { describe, expect, it } from 'vitest';
import { configObject } from '../../src/engine/index.ts';
import { overridden } from '../../src/engine/overrides.ts';
import type { ClassTable } from '../../src/engine/index.ts';
import { floatFact } from '../../src/rules/index.ts';
import type { Fact, RuleSet, Term } from '../../src/rules/index.ts';

const rules = (terms: Record<string, Term>): RuleSet => ({ variables: [], nodes: [], places: [], terms });

const table: ClassTable = {
  base: { class: 'Base', fields: {}, made: rules({ 'get_text_config()': { record: { '@self': true } }, dtype: null }) },
  types: { plain: 'Plain' },
  classes: {
    Plain: {
      class: 'Plain',
      fields: { hidden: ['i', 64], window: ['ni', null], rope: ['d', {}], sub: ['nd', null] },
      map: { width: 'hidden' },
      methods: ['size'],
      made: rules({
        sub: { record: { '@part': { fact: 'cfg.sub' }, '@class': 'Plain' } },
        double: {
          expr: {
            op: 'add',
            args: [
              { op: 'input', name: 'cfg.hidden' },
              { op: 'input', name: 'cfg.hidden' },
            ],
          },
        },
      }),
    },
  },
};
const plain = configObject(table, 'plain', { model_type: 'plain', hidden: 32, sub: {} })!;
/** Plain values become attributes at once, dictionaries when all is in order. */
const learned = { early: ['none', 'int', 'str'], late: ['dict'] };
const ordering = rules({ 'order.hf.rope': { missing: true } });
const given = (values: Fact) => overridden(plain, values, learned, ordering);

describe('what a line gives for the object of a config', () => {
  it('is an attribute, by any name of it, and nothing is made of it any more', () => {
    const { early } = given({ width: 7, window: null })!;
    expect(early.attribute('hidden').value).toBe(7);
    expect(early.attribute('width').value).toBe(7);
    expect(early.attribute('double').value).toBe(64);
    expect(early.text()).toBe(early);
    expect(plain.attribute('hidden').value).toBe(32);
  });

  it('takes the place of a dictionary once that has been put in order', () => {
    const { early, late, isGiven } = given({ rope: { type: 'long' }, hidden: 7 })!;
    expect(early.attribute('rope').value).toEqual({});
    expect(late.attribute('rope').value).toEqual({ type: 'long' });
    expect(['rope', 'width', 'window'].map((name) => isGiven(name))).toEqual([true, true, false]);
  });

  it('is open where a field does not take it, an object or a property stands there, or its kind was not read', () => {
    for (const values of [
      { hidden: 'wide' },
      { sub: { hidden: 1 } },
      { size: 3 },
      { window: true },
      { model_type: 'x' },
      { __class__: 3 },
    ])
      expect(given(values)).toBeUndefined();
    expect(overridden(plain, { hidden: 7 }, undefined, ordering)).toBeUndefined();
  });

  it('is open where which object is the text config rests on it', () => {
    const composite: ClassTable = {
      ...table,
      base: { ...table.base, made: rules({ 'get_text_config()': { fact: 'cfg.text' }, dtype: null }) },
    };
    const object = configObject(composite, 'plain', { model_type: 'plain', text: { '@self': true } })!;
    expect(object.text()).toBe(object);
    for (const text of [{ hidden: 1 }, 3, null])
      expect(overridden(object, { text }, learned, ordering)).toBeUndefined();
    expect(overridden(object, { hidden: 7 }, learned, ordering)!.early.text()).toBeDefined();
  });

  it('is open where a whole number that is a float is given for an int', () => {
    expect(given({ hidden: floatFact(7) })).toBeUndefined();
  });
});
