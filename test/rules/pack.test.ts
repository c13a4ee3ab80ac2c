import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMachine, mergeRules, packRules, unpackRules } from '../../src/rules/index.ts';
import type { Fact, PackedRuleSet, RuleSet, ShippedMeaning, Term } from '../../src/rules/index.ts';

const VARIABLES: readonly ShippedMeaning[] = [
  { choice: 'a', of: ['x', 'y', 3], other: true },
  { kinds: 'b', of: ['missing', 'none', 'int', 'str'] },
  {
    test: 'lt',
    args: [
      {
        op: 'add',
        args: [
          { op: 'input', name: 'c' },
          { op: 'const', value: 1 },
        ],
      },
      { op: 'const', value: 7 },
    ],
  },
  {
    test: 'eq',
    args: [
      { op: 'input', name: 'd' },
      { op: 'const', value: 'auto' },
    ],
  },
  { opaque: 'call of x', at: 0 },
];
const SIZES = [4, 4, 2, 2, 2];

/** Nodes one after the other, each of a variable before those of the nodes below it; then definitions of some of them. */
const ruleSets = fc
  .array(fc.tuple(fc.nat(VARIABLES.length - 1), fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 })), {
    minLength: 1,
    maxLength: 25,
  })
  .map((made): RuleSet => {
    const nodes: number[][] = [];
    const variables = [...VARIABLES];
    for (const [v, picks] of made) {
      const size = SIZES[v]!;
      const row = [v];
      for (const pick of picks.slice(0, size)) row.push(pick % (nodes.length + 2), 1);
      nodes.push(row);
    }
    const last = nodes.length + 1;
    variables.push({ cases: [last], at: 1, title: 'the last' });
    nodes.push([variables.length - 1, 1, 1, last, 1]);
    const long: Term = { text: ['a text that is long enough to be written once, then ', { fact: 'c' }] };
    return {
      variables,
      nodes,
      places: ['f.py:1', 'f.py:2'],
      terms: {
        picked: { pick: nodes.map((_, i) => [i + 2, i % 2 === 0 ? long : `value ${i}`] as const) },
        listed: { list: nodes.map((_, i) => [i + 2, long, [i % 2]] as const) },
        plain: { record: { one: long, two: { pick: [[1, 'always']] } } },
      },
    };
  });

const facts = fc.record(
  {
    a: fc.constantFrom<Fact>('x', 'y', 3, 'z'),
    b: fc.constantFrom<Fact>(null, 4, 'text'),
    c: fc.integer({ min: 0, max: 9 }),
    d: fc.constantFrom('auto', 'other'),
  },
  { requiredKeys: [] },
);

/** What all terms come to, and what was unknown. */
function told(rules: RuleSet, given: Readonly<Record<string, Fact | undefined>>): unknown {
  const machine = createMachine(rules);
  machine.load({ get: (name) => given[name] });
  return [Object.keys(rules.terms).map((name) => machine.resolve(rules.terms[name]!)), machine.unknowns()];
}

/** As it is in a file. */
const written = (packed: PackedRuleSet): PackedRuleSet => JSON.parse(JSON.stringify(packed)) as PackedRuleSet;

describe('a rule set in a file', () => {
  it('says what it said before, for known and unknown facts', () => {
    fc.assert(
      fc.property(ruleSets, facts, (rules, given) => {
        const read = unpackRules(written(packRules(rules)));
        expect(told(read, given)).toEqual(told(rules, given));
        expect(createMachine(read).inputs).toEqual(createMachine(rules).inputs);
      }),
    );
  });

  it('is the same when it is written again', () => {
    fc.assert(
      fc.property(ruleSets, (rules) => {
        const packed = packRules(mergeRules([['', rules]]));
        expect(packRules(mergeRules([['', unpackRules(written(packed))]])).terms).toEqual(packed.terms);
      }),
    );
  });

  it('can hold several sets, of which each is read by itself', () => {
    fc.assert(
      fc.property(ruleSets, ruleSets, facts, (one, other, given) => {
        const sets = [['one/', one] as const, ['other/', other] as const];
        const packed = written(
          packRules(
            mergeRules(sets),
            sets.map(([prefix]) => prefix),
          ),
        );
        for (const [prefix, rules] of sets) {
          const [values] = told(unpackRules(packed, prefix), given) as [unknown];
          expect(values).toEqual((told(rules, given) as [unknown])[0]);
        }
      }),
    );
  });

  it('keeps computed numbers of several sets apart', () => {
    const numbered = (value: number): RuleSet => ({
      variables: [],
      nodes: [],
      places: [],
      terms: { '#1': { expr: { op: 'const', value } }, twice: { expr: { op: 'input', name: '#1' } } },
    });
    const packed = packRules(
      mergeRules([
        ['a/', numbered(1)],
        ['b/', numbered(2)],
      ]),
      ['a/', 'b/'],
    );
    expect(['a/', 'b/'].map((prefix) => (told(unpackRules(packed, prefix), {}) as [unknown])[0])).toEqual([[1], [2]]);
  });

  const sample = packRules({
    variables: VARIABLES,
    nodes: [
      [3, 0, 1, 1, 1],
      [0, 2, 2, 0, 2],
    ],
    places: [],
    terms: {
      t: {
        pick: [
          [3, 'yes'],
          [1, 'no'],
        ],
      },
    },
  });

  it.each([
    ['a line that ends too early', { conditions: sample.conditions.map((line) => line.slice(0, -1)) }],
    ['a line with more behind it', { conditions: sample.conditions.map((line) => `${line}0`) }],
    ['a line of other letters', { conditions: sample.conditions.map(() => '{}') }],
    ['a line that is none', { conditions: sample.conditions.map(() => 7 as unknown as string) }],
    ['a variable that is not there', { variables: [] }],
    ['a variable of an input that is not there', { inputs: [] }],
    ['a row that is none', { variables: sample.variables.map(() => [{}]) }],
    ['a term under a condition that is not there', { terms: { t: { pick: [[999, 'yes']] } } }],
    ['a term that is made of itself', { shared: [{ text: [{ ref: 0 }] }], terms: { t: { ref: 0 } } }],
  ] as const)('is refused with %s', (_what, change) => {
    expect(() => told(unpackRules({ ...sample, ...change }), { d: 'auto', a: 'x' })).toThrow(/^The rules are damaged/);
  });
});
