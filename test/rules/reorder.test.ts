import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMachine, packRules, unpackRules } from '../../src/rules/index.ts';
import type { Fact, RuleSet } from '../../src/rules/index.ts';

const SWITCHES = 9;
const SWITCH = Array.from({ length: SWITCHES }, (_, i) => `switch.${i}`);

/** Whether the switch is on whose number a fact says, where all switches are asked before it: a node for every way to set them. */
function asksLast(): RuleSet {
  const nodes: number[][] = [];
  const made = new Map<string, number>();
  const node = (row: readonly number[]): number => {
    const key = row.join();
    if (!made.has(key)) made.set(key, nodes.push([...row]) + 1);
    return made.get(key)!;
  };
  const from = (i: number, on: readonly number[]): number => {
    if (i === SWITCHES) return node([SWITCHES, ...on.flatMap((value) => [value, 1])]);
    const [no, yes] = [from(i + 1, [...on, 0]), from(i + 1, [...on, 1])];
    return node([i, no, 1, yes, 1]);
  };
  const root = from(0, []);
  return {
    variables: [
      ...SWITCH.map((choice) => ({ choice, of: [false, true] })),
      { choice: 'which', of: SWITCH.map((_, i) => i) },
      { cases: [root], at: 0, title: 'it is on' },
    ],
    nodes: [...nodes, [SWITCHES + 1, 1, 1, 0, 1]],
    places: ['a.py:1'],
    terms: { on: { pick: [[nodes.length + 2, true]] }, again: { pick: [[root, 'on']] } },
  };
}

const facts = fc.record(
  {
    which: fc.integer({ min: 0, max: SWITCHES - 1 }),
    ...Object.fromEntries(SWITCH.map((name) => [name, fc.boolean()])),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Readonly<Record<string, Fact>>>;

describe('a condition that asks last what decides first', () => {
  const rules = asksLast();
  const read = unpackRules(packRules(rules));

  it('is written with that first: a node for each value in the place of one for each way', () => {
    expect(rules.nodes.length).toBeGreaterThan(1000);
    expect(read.nodes.length).toBeLessThan(5 * SWITCHES);
  });

  it('says the same of known and unknown facts', () => {
    const [before, after] = [createMachine(rules), createMachine(read)];
    expect(after.inputs).toEqual(before.inputs);
    fc.assert(
      fc.property(facts, (given) => {
        const told = [before, after].map((machine) => {
          machine.load({ get: (name) => given[name] });
          return ['on', 'again'].map((term) => machine.resolve(machine.rules.terms[term]!));
        });
        expect(told[1]).toEqual(told[0]);
      }),
    );
  });
});
