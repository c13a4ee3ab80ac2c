import { describe, expect, it } from 'vitest';
import { opaqueUses, type PackedRuleSet, packRules, type RuleSet, unpackRules } from '../../src/rules/index.ts';

const rules: RuleSet = {
  variables: [
    { choice: 'a', of: [1, 2] },
    { opaque: 'call of x', at: 0 },
    { cases: [3], at: 1, title: 'rests on it' },
    { opaque: 'call of another.package', at: 0, outside: true },
  ],
  nodes: [
    [0, 0, 1, 1, 1],
    [1, 0, 1, 1, 1],
    [2, 1, 1, 0, 1],
    [3, 0, 1, 1, 1],
  ],
  places: ['f.py:1', 'f.py:2'],
  terms: {
    clean: {
      pick: [
        [2, 'yes'],
        [1, 'no'],
      ],
    },
    touched: {
      pick: [
        [3, 'yes'],
        [1, 'no'],
      ],
    },
    defined: { record: { inner: { list: [[4, 'x']] } } },
    outside: { list: [[5, { unread: 'call of another.package (f.py:1)', outside: true }]] },
    left: { text: ['a', { unread: 'text of a dict at g.py:7' }] },
  },
};

describe('what could not be read', () => {
  it('is said with the terms that may depend on it, and no others', () => {
    expect(opaqueUses(rules)).toEqual([
      { what: 'call of x', place: 'f.py:1', terms: ['touched', 'defined'] },
      { what: 'text of a dict', place: 'g.py:7', terms: ['left'] },
    ]);
  });

  it('is kept apart from what rests on a thing outside, in a file as well', () => {
    const again = unpackRules(JSON.parse(JSON.stringify(packRules(rules))) as PackedRuleSet);
    expect(opaqueUses(again)).toEqual(opaqueUses(rules));
  });
});
