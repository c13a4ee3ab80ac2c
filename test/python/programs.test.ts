import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  builtinClass,
  choiceInput,
  createReader,
  entryFrame,
  kindInput,
  nameIn,
  nativeOf,
  pydanticDataclass,
} from '../../src/python/index.ts';
import type { Atom, ClassAtom, Reader, Value } from '../../src/python/index.ts';
import { jsonAsPython, jsonFacts } from '../../src/engine/index.ts';
import { createShipment, eventsTerm, jsonValue, plainTerm, termOf } from '../../src/release/index.ts';
import {
  createBook,
  createMachine,
  type Fact,
  type Kind,
  kindOf,
  type Scalar,
  textOf,
  UNKNOWN,
} from '../../src/rules/index.ts';

/*
 * Programs that Python itself ran (`python3 scripts/record-python.py`): read once with open arguments, then asked for every
 * recorded combination. Where an argument is one of the recorded values, the answer is Python's; where it may be anything of
 * its kinds, it is Python's or unknown. A new program is a file with `ask` and `POOLS`, and its record.
 */

/** An argument: a plain value, or JSON of which the reading knows nothing. */
type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

interface Answer {
  readonly given: Readonly<Record<string, Json>>;
  readonly gives?: unknown;
  readonly raises?: readonly [type: string, text: string];
}

const programs = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.py'))
  .map((file) => file.slice(0, -'.py'.length))
  .toSorted();

const KINDS: readonly Kind[] = ['none', 'false', 'true', 'int', 'float', 'str'];

/** How the values of an argument become an input of the reading. */
type MakeInput = (R: Reader, name: string, pool: readonly Json[]) => Value;

const errors = new WeakMap<Reader, ClassAtom>();

/** The class of what pydantic raises. */
function validationError(R: Reader): ClassAtom {
  const made =
    errors.get(R) ?? builtinClass('ValidationError', R.builtin('ValueError')![0]!.v as ClassAtom, 'pydantic_core');
  errors.set(R, made);
  return made;
}

/** What programs ask of a package: those of a folder of their own, whose records need it. */
const OUTSIDE: Readonly<Record<string, (R: Reader) => Value>> = {
  'pydantic.dataclasses.dataclass': (R) => [{ g: 1, v: nativeOf(R, 'dataclass', pydanticDataclass) }],
  'pydantic.ValidationError': (R) => [{ g: 1, v: validationError(R) }],
};

const isPlain = (value: Json): value is Scalar => typeof value !== 'object' || value === null;

const oneOf: MakeInput = (R, name, pool) =>
  pool.every(isPlain)
    ? choiceInput(
        R,
        name,
        pool.map((label) => ({ label, atom: atomOf(R, label) })),
      )
    : anything(R, name, pool);

const anything: MakeInput = (R, name, pool) =>
  pool.every(isPlain)
    ? kindInput(
        R,
        name,
        KINDS.filter((kind) => pool.some((v) => kindOf(v, KINDS) === kind)),
      )
    : jsonValue(R, name, ['dict']);

/** A plain value as the reader has it. */
function atomOf(R: Reader, label: Scalar): Atom {
  const [made] = R.evaluate(entryFrame(R, 'program'), { nodeType: 'Constant', value: label });
  return made!.v;
}

/** Reads a program once; gives how a combination of its arguments is answered. */
function read(text: string, pools: ReadonlyMap<string, readonly Json[]>, input: MakeInput): (a: Answer) => Answer {
  const R: Reader = createReader(createBook(), {
    module: (name) => (name === 'program' ? { text, path: 'program.py', isPackage: false } : undefined),
    outside: (name) => OUTSIDE[name]?.(R),
    importable: () => 1,
    replaced: () => undefined,
    mayFail: () => false,
  });
  const frame = entryFrame(R, 'program');
  const kw = new Map([...pools].map(([name, pool]) => [name, input(R, name, pool)]));
  const value = R.call(frame, nameIn(R, 'program', 'ask')!, { pos: [], kw });
  const ship = createShipment(R);
  ship.add('gives', termOf(value, plainTerm()));
  ship.add('events', eventsTerm(R, frame, ship, frame.trace));
  const machine = createMachine(ship.ship());
  return ({ given }) => {
    machine.load({ get: factsOf(given) });
    const events = machine.resolve(machine.rules.terms['events']!);
    const raised = Array.isArray(events) ? firstRaise(events as readonly Happened[]) : undefined;
    if (events === UNKNOWN || raised === UNKNOWN) return { given, gives: UNKNOWN };
    if (raised) return { given, raises: raised };
    return { given, gives: machine.resolve(machine.rules.terms['gives']!) };
  };
}

/** Arguments as facts: a plain one by its name, what stands in JSON by its path. */
function factsOf(given: Answer['given']): (name: string) => Fact | undefined {
  const held = Object.entries(given).map(([name, value]) => (isPlain(value) ? undefined : jsonFacts(name, value)));
  return (name) => {
    const own = given[name];
    if (own !== undefined && isPlain(own)) return own;
    for (const facts of held) {
      const found = facts?.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

interface Happened {
  readonly raise?: string;
  readonly text?: string;
  readonly call?: readonly Happened[];
}

/** What is raised first; UNKNOWN where it is not known what happens before it. */
function firstRaise(events: readonly Happened[]): readonly [string, string] | typeof UNKNOWN | undefined {
  for (const e of events) {
    if (isUnknown(e) || isUnknown(e.call)) return UNKNOWN;
    if (e.raise !== undefined) return [e.raise, e.text!];
    const inside = e.call && firstRaise(e.call);
    if (inside) return inside;
  }
  return undefined;
}

const isUnknown = (value: unknown): boolean =>
  value === UNKNOWN || (Array.isArray(value) && value.some((item) => isUnknown(item)));

/** How our answer differs from Python's, item by item, and how many of its items are unknown. */
function compared(ours: Answer, theirs: Answer): { readonly unknown: number; readonly wrong: readonly string[] } {
  const told = (at: string, own: unknown, real: unknown): string =>
    `${JSON.stringify(theirs.given)} ${at}: ${textOf(own)}, in Python ${textOf(real)}`;
  if (ours.gives === UNKNOWN) return { unknown: 1, wrong: [] };
  // of what is raised the words may be unknown
  if (ours.raises && isUnknown(ours.raises[1]) && ours.raises[0] === theirs.raises?.[0])
    return { unknown: 1, wrong: [] };
  const [own, real] = [ours.gives, theirs.gives];
  if (!Array.isArray(own) || !Array.isArray(real) || own.length !== real.length) {
    const same = textOf(ours.raises ?? own) === textOf(theirs.raises ?? real);
    return { unknown: 0, wrong: same ? [] : [told('as a whole', ours.raises ?? own, theirs.raises ?? real)] };
  }
  const open = own.map((item) => isUnknown(item));
  return {
    unknown: open.filter(Boolean).length,
    wrong: own.flatMap((item, i) =>
      open[i] || textOf(item) === textOf(real[i]) ? [] : [told(`item ${i}`, item, real[i])],
    ),
  };
}

/** How many items of the answers are unknown, by program and by what is known of the arguments: may only shrink. */
const unknown = JSON.parse(readFileSync(path.join(import.meta.dirname, 'unknown.json'), 'utf8')) as Readonly<
  Record<string, readonly [oneOf: number, anything: number]>
>;

const SHOWN = 4;

describe.each(programs)('the program %s', (name) => {
  const at = (ending: string): string => readFileSync(path.join(import.meta.dirname, `${name}${ending}`), 'utf8');
  const answers = at('.jsonl')
    .trim()
    .split('\n')
    .map((line) => jsonAsPython(line) as unknown as Answer);
  const pools = new Map(
    Object.keys(answers[0]!.given).map((key) => [key, [...new Set(answers.map(({ given }) => given[key]!))]]),
  );
  const check = (input: MakeInput): number => {
    const ask = read(at('.py'), pools, input);
    const all = answers.map((answer) => compared(ask(answer), answer));
    expect(all.flatMap(({ wrong }) => wrong).slice(0, SHOWN)).toEqual([]);
    return all.reduce((n, one) => n + one.unknown, 0);
  };

  it('is read as Python runs it', () => {
    expect(check(oneOf)).toBe(unknown[name]?.[0] ?? 0);
  });

  it('is read as Python runs it, or not at all, where its arguments are open', () => {
    expect(check(anything)).toBe(unknown[name]?.[1] ?? 0);
  });
});
