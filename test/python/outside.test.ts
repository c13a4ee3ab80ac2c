import { describe, expect, it } from 'vitest';
import {
  createReader,
  entryFrame,
  kindInput,
  nameIn,
  nativeOf,
  one,
  pydanticDataclass,
} from '../../src/python/index.ts';
import { createShipment, plainTerm, termOf } from '../../src/release/terms.ts';
import { createBook, createMachine, UNKNOWN, YES } from '../../src/rules/index.ts';
import type { Fact } from '../../src/rules/index.ts';

/* Things outside the tree of which something is a fact of the machine. */

const SOURCE = `
import os
from pathlib import Path

from package.base import Outer
from pydantic import SkipValidation
from pydantic.dataclasses import dataclass

try:
    from package.names import OLD as KINDS
except ImportError:
    from package.names import NEW as KINDS


def is_file(name):
    path = Path(name)
    return path.is_file(), os.path.isfile(name), path.parent.is_file()


def kinds():
    return KINDS


@dataclass
class Sizes:
    free: SkipValidation[int] = None
    bound: int = 1


class Plan:
    def __init__(self, size):
        self.size = size


class Inner(Outer):
    def __init__(self):
        super().__init__()
        self.kind = 'own'


class Behind(Inner, Plan):
    pass


class Ahead(Plan):
    def __init__(self):
        super().__init__(3)


class Before(Ahead, Plan, Outer):
    pass


def behind():
    try:
        return Behind().kind, Before().size
    except TypeError:
        return 'refused'


def sizes():
    made = Sizes(free=None)
    try:
        Sizes(bound=None)
    except Exception:
        return made.free, 'refused'
    return made.free, 'taken'
`;

function read(name: string, inputs: readonly string[]) {
  const R = createReader(createBook(), {
    module: (module) => (module === 'm' ? { text: SOURCE, path: 'm.py', isPackage: false } : undefined),
    outside: (full, reader) =>
      full.startsWith('package.names.')
        ? kindInput(reader, `says.${full}`, ['str'])
        : full === 'pydantic.dataclasses.dataclass'
          ? one(nativeOf(reader, full, pydanticDataclass))
          : undefined,
    outsideHas: (full, attribute) => full === 'package.base.Outer' && attribute === '__init__',
    importable: () => YES,
    hasName: (full, reader) =>
      full === 'package.names.OLD'
        ? kindInput(reader, `import.${full}`, ['true', 'false']).find((a) => a.v.k === 'bool' && a.v.b)!.g
        : undefined,
    replaced: () => undefined,
    mayFail: () => false,
  });
  const ship = createShipment(R);
  const frame = entryFrame(R, 'm');
  const pos = inputs.map((input) => kindInput(R, input, ['str']));
  ship.add('made', termOf(R.call(frame, nameIn(R, 'm', name)!, { pos, kw: new Map() }), plainTerm()));
  const machine = createMachine(ship.ship());
  return (facts: Readonly<Record<string, Fact>>) => {
    machine.load({ get: (fact) => facts[fact] });
    return machine.resolve(machine.rules.terms['made']!);
  };
}

describe('what is outside the tree', () => {
  it('is a file by one fact, whichever way that is asked; of what is made of its path nothing is known', () => {
    const of = read('is_file', ['name']);
    expect(of({ 'isfile.{name}': true, name: 'a' })).toEqual([true, true, UNKNOWN]);
    expect(of({ 'isfile.{name}': false, name: 'a' })).toEqual([false, false, UNKNOWN]);
    expect(of({ name: 'a' })).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
  });

  it('is made by its own constructor where it stands before another class', () => {
    expect(read('behind', [])({})).toEqual(['own', 3]);
  });

  it('says which fields of a record are not judged', () => {
    expect(read('sizes', [])({})).toEqual([null, 'refused']);
  });

  it('has a name or not, by a fact: where it has not, importing it fails', () => {
    const of = read('kinds', []);
    const says = { 'says.package.names.OLD': 'old', 'says.package.names.NEW': 'new' };
    expect(of({ ...says, 'import.package.names.OLD': true })).toBe('old');
    expect(of({ ...says, 'import.package.names.OLD': false })).toBe('new');
    expect(of(says)).toBe(UNKNOWN);
  });
});
