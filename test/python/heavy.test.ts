import { describe, expect, it } from 'vitest';
import { createReader, entryFrame, kindInput, nameIn } from '../../src/python/index.ts';
import { createShipment, plainTerm, termOf } from '../../src/release/terms.ts';
import { createBook, createMachine, YES } from '../../src/rules/index.ts';
import type { Fact } from '../../src/rules/index.ts';

/*
 * One of many things, each with something that an input of its own decides: taken apart by those inputs alone, what the chosen
 * one says has as many cases as there are sets of them.
 */

const MANY = 40;
const each = (work: (i: number) => string): string => Array.from({ length: MANY }, (_, i) => work(i)).join('');

const SOURCE = `
class Item:
    def __init__(self, on):
        self.on = on

    def says(self):
        return "on" if self.on else "off"


def chosen(${each((i) => `a${i}, `)}k):
    item = Item(False)
${each((i) => `    if k == ${i}:\n        item = Item(a${i})\n`)}
    return item.on, item.says(), item.on == True
`;

function read() {
  const limit = 2 ** 20;
  const R = createReader(createBook(limit), {
    module: (module) => (module === 'm' ? { text: SOURCE, path: 'm.py', isPackage: false } : undefined),
    outside: () => undefined,
    importable: () => YES,
    replaced: () => undefined,
    mayFail: () => false,
  });
  const ship = createShipment(R);
  const frame = entryFrame(R, 'm');
  const flags = Array.from({ length: MANY }, (_, i) => kindInput(R, `a${i}`, ['true', 'false']));
  const pos = [...flags, kindInput(R, 'k', ['int'])];
  ship.add('made', termOf(R.call(frame, nameIn(R, 'm', 'chosen')!, { pos, kw: new Map() }), plainTerm()));
  const machine = createMachine(ship.ship());
  return (facts: Readonly<Record<string, Fact>>) => {
    machine.load({ get: (fact) => facts[fact] });
    return machine.resolve(machine.rules.terms['made']!);
  };
}

describe('a thing that is one of many', () => {
  it('is read in bounded size, and says what Python makes of it', () => {
    const of = read();
    expect(of({ k: 3, a3: true })).toEqual([true, 'on', true]);
    expect(of({ k: 39, a39: false, a3: true })).toEqual([false, 'off', false]);
    expect(of({ k: 99 })).toEqual([false, 'off', false]);
  });
});
