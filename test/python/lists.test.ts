import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReader, entryFrame, kindInput, nameIn } from '../../src/python/index.ts';
import { createShipment, plainTerm, termOf } from '../../src/release/terms.ts';
import { createBook, createMachine, YES } from '../../src/rules/index.ts';
import type { Fact } from '../../src/rules/index.ts';

const SOURCE = `
def sizes(most, tokens, more):
    made = [i for i in [1, 2, 4] if i <= most]
    if most >= 8:
        made += list(range(8, min(most + 1, 64), 8))
    if most >= 64:
        made += list(range(64, most + 1, 16))
    if tokens <= most and tokens not in made:
        made.append(tokens)
    made += [i for i in more if i <= tokens]
    made = sorted(set(made))
    greatest = made[-1] if made else 0
    made.sort()
    assert not made or made[-1] == greatest
    return made, greatest, len(made)


def changed(numbers):
    numbers.sort()
    return numbers[0], numbers[-1]
`;

/** The rules of a function of that source. */
function read(name: string, inputs: Readonly<Record<string, 'int' | readonly number[]>>) {
  const R = createReader(createBook(), {
    module: (module) => (module === 'm' ? { text: SOURCE, path: 'm.py', isPackage: false } : undefined),
    outside: () => undefined,
    importable: () => YES,
    replaced: () => undefined,
    mayFail: () => false,
  });
  R.lenient = true;
  const ship = createShipment(R);
  const frame = entryFrame(R, 'm');
  const list = (items: readonly number[]) =>
    R.evaluate(frame, {
      nodeType: 'List',
      elts: items.map((value) => ({ nodeType: 'Constant', value })),
      ctx: { nodeType: 'Load' },
    });
  const pos = Object.entries(inputs).map(([input, kind]) =>
    kind === 'int' ? kindInput(R, input, ['int']) : list(kind),
  );
  ship.add('made', termOf(R.call(frame, nameIn(R, 'm', name)!, { pos, kw: new Map() }), plainTerm()));
  const machine = createMachine(ship.ship());
  const raised = frame.trace.filter((e) => e.kind === 'raise');
  return {
    raised,
    of(facts: Readonly<Record<string, Fact>>) {
      machine.load({ get: (fact) => facts[fact] });
      return machine.resolve(machine.rules.terms['made']!);
    },
  };
}

/** The same in plain words. */
function sizes(most: number, tokens: number, more: readonly number[]): [readonly number[], number, number] {
  const made = new Set([1, 2, 4].filter((i) => i <= most));
  for (let i = 8; i < Math.min(most + 1, 64); i += 8) made.add(i);
  for (let i = 64; i <= most; i += 16) made.add(i);
  if (tokens <= most) made.add(tokens);
  for (const i of more) if (i <= tokens) made.add(i);
  const sorted = [...made].sort((a, b) => a - b);
  return [sorted, sorted.at(-1) ?? 0, sorted.length];
}

describe('lists of numbers whose length depends on inputs', () => {
  it('hold what Python puts into them, in its order', () => {
    const more = [3, 500];
    const rules = read('sizes', { most: 'int', tokens: 'int', more });
    expect(rules.raised).toEqual([]);
    fc.assert(
      fc.property(fc.integer({ min: -3, max: 300 }), fc.integer({ min: 0, max: 600 }), (most, tokens) => {
        expect(rules.of({ most, tokens })).toEqual(sizes(most, tokens, more));
      }),
    );
  });

  it('are put in order in place', () => {
    expect(read('changed', { numbers: [7, 3, 5] }).of({})).toEqual([3, 7]);
  });
});
