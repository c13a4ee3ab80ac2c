/** Making a reading: the parts of the room joined over one world. */
import type { Book } from '../rules/index.ts';
import { NO, YES } from '../rules/index.ts';
import { createBuiltins } from './builtins.ts';
import { call, callAtom } from './calls.ts';
import { initDataclass } from './dataclass.ts';
import { evaluate } from './expressions.ts';
import { SETTERS } from './assigning.ts';
import { moduleAttr, moduleScope } from './modules.ts';
import { attributesOf } from './namespace.ts';
import { ATTRIBUTES, attrOf, getAttr } from './attributes.ts';
import { setAttr } from './settingattributes.ts';
import { newFrame, note } from './reader.ts';
import type { Frame, Reader, World } from './reader.ts';
import { run } from './statements.ts';
import { stdlib } from './stdlib.ts';
import type { Value } from './values.ts';

SETTERS.attr = setAttr;
ATTRIBUTES.of = attributesOf;

/** Starts a reading of a tree. Nothing is read until something is asked for. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function createReader(book: Book, world: World): Reader {
  const standIns = new Map<string, Value | undefined>();
  const outsides = new Map<string, Value | undefined>();
  const once = (
    table: Map<string, Value | undefined>,
    name: string,
    make: () => Value | undefined,
  ): Value | undefined => {
    if (table.has(name)) return table.get(name);
    table.set(name, undefined); // being made
    const value = make();
    table.set(name, value);
    return value;
  };
  const told = (reader: Reader, name: string, value: Value | undefined): Value | undefined => {
    if (value) note(reader, 'modelled', name, '');
    return value;
  };
  const standIn = (reader: Reader, name: string): Value | undefined => {
    const where = world.elsewhere?.(name);
    const value = world.replaced(name, reader);
    if (where === undefined) return told(reader, name, value);
    if (value) note(reader, 'elsewhere', `${name}: ${where}`, '');
    return value;
  };
  let builtins: Map<string, Value> | undefined;
  const R: Reader = {
    d: book.d,
    book,
    world: {
      ...world,
      outside: (name, reader) =>
        once(outsides, name, () => told(reader, name, world.outside(name, reader) ?? stdlib(reader, name))),
      replaced: (name, reader) => once(standIns, name, () => standIn(reader, name)),
    },
    modules: new Map(),
    notes: new Map(),
    memo: new Map(),
    observers: new Map(),
    symbolicLoops: [],
    computed: book.computed,
    named: new Map(),
    lists: new Map(),
    importFailures: new Map(),
    importRaises: new Map(),
    imported: new Map(),
    assigned: new Map(),
    failed: NO,
    declared: new Map(),
    cutAbove: 20,
    going: new Set(),
    numbers: 0,
    lenient: false,
    hasty: false,
    finished: false,
    mostInside: 3,
    depth: 0,
    steps: 0,
    frame: undefined,
    evidence: undefined,
    evaluate: (frame, node) => evaluate(R, frame, node),
    call: (frame, callee, args) => call(R, frame, callee, args),
    callAtom: (frame, callee, args) => callAtom(R, frame, callee, args),
    getAttr: (frame, value, name) => getAttr(R, frame, value, name),
    attrOf: (frame, atom, name) => attrOf(R, frame, atom, name),
    run: (frame, body) => run(R, frame, body),
    initDataclass: (frame, self, cls, args) => initDataclass(R, frame, self, cls, args),
    builtin: (name) => builtins!.get(name),
  };
  builtins = new Map();
  // the table is made in steps: later entries look up earlier ones
  builtins = createBuiltins(R);
  return R;
}

/** A frame from which the reading's user asks: it stands in a module of the tree. Throws when there is no such module. */
export function entryFrame(R: Reader, module: string): Frame {
  const scope = moduleScope(R, module);
  if (!scope) throw new Error(`no module ${module} in this tree`);
  const frame = newFrame({ vars: new Map(), outer: scope, module: scope }, undefined, undefined, YES);
  R.frame = frame;
  return frame;
}

/** The value of `name` in `module`, or undefined when the tree has none. */
export function nameIn(R: Reader, module: string, name: string): Value | undefined {
  const scope = moduleScope(R, module);
  return scope && moduleAttr(R, scope, name);
}
