import { describe, expect, it } from 'vitest';
import { createReader, entryFrame, nameIn } from '../../src/python/index.ts';
import { createShipment, eventsTerm } from '../../src/release/index.ts';
import { createBook, createMachine, MISSING, YES } from '../../src/rules/index.ts';
import type { Fact } from '../../src/rules/index.ts';

/** Modules of a tree; those below `lazy` may fail. */
const FILES: Readonly<Record<string, string>> = {
  start: `
import importlib


def load(name):
    importlib.import_module(name)
`,
  'lazy.direct': `
import os

limit = int(os.getenv("LIMIT", "0"))
`,
  'lazy.through': `
from plain import found
`,
  plain: `
import os
from functools import cache


@cache
def has_part():
    return bool(int(os.getenv("PART", "0")))


if has_part():
    part = True
found = True
`,
};

/** What loading a module comes to, with these variables in the environment. */
function loading(name: string, environment: Readonly<Record<string, string>>): unknown {
  const R = createReader(createBook(), {
    module: (module) =>
      FILES[module] === undefined && module !== 'lazy'
        ? undefined
        : { text: FILES[module] ?? '', path: `${module}.py`, isPackage: module === 'lazy' },
    outside: () => undefined,
    importable: () => YES,
    replaced: () => undefined,
    mayFail: (module) => module.startsWith('lazy.'),
  });
  const ship = createShipment(R);
  const frame = entryFrame(R, 'start');
  const text = R.evaluate(frame, { nodeType: 'Constant', value: name });
  R.call(frame, nameIn(R, 'start', 'load')!, { pos: [text], kw: new Map() });
  ship.add('events', eventsTerm(R, frame, ship, frame.trace));
  const machine = createMachine(ship.ship());
  const fact = (input: string): Fact | undefined =>
    input.startsWith('env.') ? (environment[input.slice('env.'.length)] ?? MISSING) : undefined;
  machine.load({ get: fact });
  return machine.resolve(machine.rules.terms['events']!);
}

describe('importing a module', () => {
  it('raises what its top level raises', () => {
    expect(loading('lazy.direct', {})).toEqual([]);
    expect(loading('lazy.direct', { LIMIT: '8' })).toEqual([]);
    expect(JSON.stringify(loading('lazy.direct', { LIMIT: 'much' }))).toContain(
      "invalid literal for int() with base 10: 'much'",
    );
  });

  it('may raise what the modules that it imports ask for', () => {
    expect(loading('lazy.through', {})).toEqual([]);
    expect(loading('lazy.through', { PART: '1' })).toEqual([]);
    expect(loading('lazy.through', { PART: 'yes' })).not.toEqual([]);
  });
});
