/**
 * One stage of the way from a command line to a selection: rules of the release that make facts of facts, and what is
 * raised and printed on the way. Every stage is asked in the same form, whichever part of the release it stands for.
 */
import { COMPUTED, MISSING, namesOf, OBJECT, printed, UNKNOWN } from '../rules/index.ts';
import type { Cond, Fact, Facts, Machine, Resolved, RuleSet, Term } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { errorOf } from './candidates.ts';
import type { DecisionError, LogLine } from './decision.ts';
import { happensIn } from './events.ts';
import type { Happens, Raise } from './events.ts';
import { isOpen } from './outcome.ts';
import { factValue } from './question.ts';
import type { GivenFact } from './question.ts';

/** An error that depends on unknown facts, and what would settle it. */
export interface OpenError extends DecisionError {
  readonly needs: readonly string[];
}

/** What a stage says. */
export interface Told {
  /** What it says of a fact: undefined where it says nothing, a fact without a value where it is unknown. */
  fact(name: string): GivenFact | undefined;
  /** What ends the start for certain, unless one of `open` does so before. */
  readonly error: DecisionError | undefined;
  /** What may end it, in order. */
  readonly open: readonly OpenError[];
  /** What is printed for certain, from INFO up, in order. */
  readonly logs: readonly LogLine[];
  /** What the reader of the answer should know. */
  readonly notes: readonly string[];
  /** The facts that a fact of this stage was worked out of, as far as they were looked at. */
  because(name: string): readonly string[];
}

/** What is said of no fact, and ends nothing. */
export const SILENT: Told = {
  fact: () => undefined,
  error: undefined,
  open: [],
  logs: [],
  notes: [],
  because: () => [],
};

export interface Stage {
  readonly name: string;
  /** The facts that it asks for. */
  readonly inputs: readonly string[];
  /** The rules that it evaluates, where it does. */
  readonly rules?: RuleSet;
  /** Works out what follows from what is known before it. */
  run(known: Known): Told;
}

/** All that is known so far: the question, and what each stage told, the last one first. */
export interface Known extends Facts {
  /** A fact with where it comes from; undefined where nothing is said of it. */
  given(name: string): GivenFact | undefined;
  /** What it was worked out of; none for a fact of the question. */
  because(name: string): readonly string[];
}

/** Something that says facts. */
export type Source = Pick<Told, 'fact' | 'because'>;

/** Facts that hold plain data. An empty object elsewhere is one with fields, which are facts of their own. */
const HOLDERS = /^(?:args|hf|hf_text_config|file|model_info|model_arch_config|transformers)\./;

/** A fact as it was found. */
export interface Found {
  readonly given: GivenFact;
  readonly value: Fact | undefined;
  readonly source: Source;
  /** The name under which the source says it: that of what holds it. */
  readonly as: string;
}

/** What is known with how it was found, so that more can be laid over it. */
export interface Layer extends Known {
  find(name: string): Found | undefined;
}

/** Joins sources: the first that says a fact, or a value that it is a part of, counts; then what lies below them. */
export function createKnown(sources: readonly Source[], below?: Layer): Layer {
  const known = new Map<string, Found | undefined>();
  const find = (name: string): Found | undefined => {
    let found = known.get(name);
    if (found !== undefined || known.has(name)) return found;
    for (const source of sources) if ((found = foundIn(source, name))) break;
    found ??= below?.find(name);
    known.set(name, found);
    return found;
  };
  return {
    find,
    get: (name) => find(name)?.value,
    given: (name) => find(name)?.given,
    because: (name) => {
      const found = find(name);
      return found?.source.because(found.as) ?? [];
    },
  };
}

/**
 * What a source says of a fact by its name, or by the name of what holds it: what stands under a key is asked for as
 * `args.x.key`, an item by its number, the size as `.#`.
 */
function foundIn(source: Source, name: string): Found | undefined {
  const own = source.fact(name);
  // a key that is known by kind alone not to be there may stand in the object
  const held = own === undefined || own.missing === true ? heldIn(source, name) : undefined;
  if (held) return held;
  if (own === undefined) return undefined;
  const value = factValue(own);
  // the parts of the configuration are objects with fields, no dictionaries
  const isPart = !name.includes('.') && value !== null && typeof value === 'object';
  return { given: own, value: isPart ? ({ [OBJECT]: true } as unknown as Fact) : value, source, as: name };
}

/** The names of what may hold a fact, by its name; they are asked for again and again. */
const wholes = new Map<string, readonly string[]>();
const MOST_WHOLES = 1 << 14;

function wholesOf(name: string): readonly string[] {
  let found = wholes.get(name);
  if (found) return found;
  const keys = name.split('.');
  // what has no point in its name is a part of the configuration
  found = keys.slice(2).map((_, i) => keys.slice(0, keys.length - 1 - i).join('.'));
  if (wholes.size >= MOST_WHOLES) wholes.clear();
  wholes.set(name, found);
  return found;
}

function heldIn(source: Source, name: string): Found | undefined {
  for (const as of wholesOf(name)) {
    const whole = source.fact(as);
    if (whole === undefined) continue;
    let value = factValue(whole);
    // an object's attributes are facts that its own source says
    if (typeof value === 'object' && value !== null && OBJECT in value) return undefined;
    if (!HOLDERS.test(name) && isEmpty(value) && !ABOUT.test(name)) return undefined;
    for (const key of name.slice(as.length + 1).split('.')) value = partOf(value, key);
    if (value === undefined)
      return whole.missing === true ? undefined : { given: { from: 'unknown' }, value, source, as };
    const base = { from: whole.from, ...(whole.where === undefined ? {} : { where: whole.where }) };
    const given: GivenFact = value === MISSING ? { missing: true, ...base } : { value: value as Json, ...base };
    return { given, value, source, as };
  }
  return undefined;
}

/** What is asked of a dictionary alone: how much it holds, whether it holds anything, whether it holds a key. */
const ABOUT = /[.]#$|[?]$/;

const isEmpty = (value: Fact | undefined): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** What stands in a value under a key; `#` is how much stands in it, `?` whether anything, `key?` whether that, `%` its entries. */
function partOf(value: Fact | undefined, key: string): Fact | undefined {
  if (value === undefined || value === MISSING || value === null || typeof value !== 'object') return undefined;
  if (OBJECT in value) return undefined;
  if (key === '#') return Object.keys(value).length;
  if (key === '?') return Object.keys(value).length > 0;
  if (key.endsWith('?')) return Object.hasOwn(value, key.slice(0, -1));
  if (key === '%') return Object.entries(value);
  const inner = (value as Readonly<Record<string, Fact>>)[key];
  return inner === undefined ? MISSING : inner;
}

export interface RuleStage {
  readonly name: string;
  readonly machine: Machine;
  /** Which fact a term gives. Left out: that of its own name. */
  readonly gives?: (term: string) => string;
  /** The terms of events that are played, in order. Left out: all that end in `events`. */
  readonly events?: (known: Known) => readonly string[];
}

/** Says what terms are, by their facts: each when it is asked for, since of all that a stage could say little is. */
function factsOf(machine: Machine, known: Known, termOf: (fact: string) => Term | undefined): Told['fact'] {
  const out = new Map<string, GivenFact>();
  return (name) => {
    let said = out.get(name);
    if (said) return said;
    const term = termOf(name);
    if (term === undefined) return undefined;
    machine.resume(known);
    said = derived(machine.resolve(term));
    out.set(name, said);
    return said;
  };
}

/** A stage of learned rules: each term that is no event is a fact. */
export function createRuleStage({ name, machine, gives = (term) => term, events }: RuleStage): Stage {
  const { terms } = machine.rules;
  const isEvents = (term: string): boolean => term === 'events' || term.endsWith('.events');
  const eventTerms = namesOf(terms).filter(isEvents);
  const plain = namesOf(terms).filter((term) => !isEvents(term) && !term.startsWith(COMPUTED));
  let nameOf: Map<string, string> | undefined;
  const termOf = (fact: string): Term | undefined => {
    const term = (nameOf ??= new Map(plain.map((name) => [gives(name), name]))).get(fact);
    return term === undefined ? undefined : terms[term];
  };
  return {
    name,
    inputs: machine.inputs,
    rules: machine.rules,
    run(known) {
      const played = (events?.(known) ?? eventTerms).map((term) => playOpen(machine, known, terms[term]));
      const ended = played.findIndex(({ error }) => error !== undefined);
      const until = ended < 0 ? played : played.slice(0, ended + 1);
      return {
        fact: factsOf(machine, known, termOf),
        error: until.at(-1)?.error,
        open: until.flatMap(({ open }) => open),
        logs: until.flatMap(({ logs }) => logs),
        notes: [],
        because(fact) {
          const term = termOf(fact);
          if (term === undefined) return [];
          machine.load(known);
          machine.resolve(term);
          return machine.used();
        },
      };
    },
  };
}

/** A resolved term as a fact. An object that is there is `{}`: its fields are facts of their own. */
export function derived(value: Resolved): GivenFact {
  if (isOpen(value)) return { from: 'unknown' };
  return value === MISSING ? { missing: true, from: 'derived' } : { value: value as Json, from: 'derived' };
}

/** What was played of events: also errors that may happen. */
export interface PlayedOpen {
  readonly error: DecisionError | undefined;
  readonly open: readonly OpenError[];
  readonly logs: readonly LogLine[];
}

/** A possible error with the conditions that lead to it. */
interface Possible {
  readonly raise: Raise;
  readonly guards: readonly Cond[];
}

/**
 * Plays a term of events for these facts until the first certain error. Errors that may happen before it are told with
 * what would settle them.
 */
// oxlint-disable-next-line max-lines-per-function -- one walk, with the state that its parts share
export function playOpen(machine: Machine, facts: Facts, term: Term | undefined): PlayedOpen {
  const possible: Possible[] = [];
  const logs: LogLine[] = [];
  const said = new Set<string>();
  const { places } = machine.rules;
  const log = (e: Extract<Happens, { kind: 'log' }>, once: boolean): void => {
    const text = machine.resolve(e.text);
    if (text === UNKNOWN || e.level === 'MARK') return;
    const line = { level: e.level, text: printed(text), places: e.places.map((p) => places[p]!) };
    const key = `${line.level} ${line.text}`;
    if ((once || e.once) && said.has(key)) return;
    said.add(key);
    logs.push(line);
  };
  const go = (events: readonly Happens[], once: boolean, sure: boolean, guards: readonly Cond[]): Raise | undefined => {
    for (const e of events) {
      if (!sure && (e.kind === 'log' || (e.kind === 'call' && !e.raises))) continue;
      const holds = machine.is(e.guard);
      if (holds === 0) continue;
      const certain = sure && holds === 1;
      const path = holds === 1 ? guards : [...guards, e.guard];
      if (e.kind === 'raise') {
        if (certain) return e;
        possible.push({ raise: e, guards: path });
      } else if (e.kind === 'call') {
        const inner = go(e.of, once || e.once, certain, path);
        if (inner) return inner;
      } else if (certain) log(e, once);
    }
    return undefined;
  };
  machine.load(facts);
  const raise = go(happensIn(term), false, true, []);
  const error = raise && errorOf(machine, raise);
  const open = possible.map(({ raise: may, guards }): OpenError => {
    machine.load(facts);
    for (const guard of guards) machine.is(guard);
    const needs = [...new Set(machine.unknowns())];
    return { ...errorOf(machine, may), needs };
  });
  return { error, open, logs };
}
