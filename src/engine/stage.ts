/**
 * One stage of the way from a command line to a selection: rules of the release that make facts of facts, and what is
 * raised and printed on the way. Every stage is asked in the same form, whichever part of the release it stands for.
 */
import { COMPUTED, MISSING, namesOf, printed, UNKNOWN } from '../rules/index.ts';
import type { Cond, Facts, Machine, Resolved, RuleSet, Term } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { errorOf } from './candidates.ts';
import type { DecisionError, LogLine } from './decision.ts';
import { happensIn } from './events.ts';
import type { Happens, Raise } from './events.ts';
import { isOpen } from './outcome.ts';
import { NOTHING } from './known.ts';
import type { Known, Source } from './known.ts';
import type { GivenFact } from './question.ts';

/** An error that depends on unknown facts, and what would settle it. */
export interface OpenError extends DecisionError {
  readonly needs: readonly string[];
}

/** What a stage says. */
export interface Told extends Source {
  /** What ends the start for certain, unless one of `open` does so before. */
  readonly error: DecisionError | undefined;
  /** What may end it, in order. */
  readonly open: readonly OpenError[];
  /** What is printed for certain, from INFO up, in order. */
  readonly logs: readonly LogLine[];
  /** What the reader of the answer should know. */
  readonly notes: readonly string[];
}

/** What is said of no fact, and ends nothing. */
export const SILENT: Told = {
  fact: NOTHING,
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
  /** What it rests on beside what is known: a stage of the same release that rests on the same says the same of the same. */
  readonly about?: unknown;
  /** Works out what follows from what is known before it; in brief, of what may end the start no more than that there is some. */
  run(known: Known, isBrief?: boolean): Told;
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

/** Says what terms were worked out of, by their facts: each once, since what follows of them asks for the same again and again. */
function readsOf(machine: Machine, known: Known, termOf: (fact: string) => Term | undefined): Told['because'] {
  const out = new Map<string, readonly string[]>();
  return (name) => {
    let read = out.get(name);
    if (read) return read;
    const term = termOf(name);
    if (term === undefined) return [];
    machine.load(known);
    machine.resolve(term);
    read = machine.used();
    out.set(name, read);
    return read;
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
    run(known, isBrief) {
      const played = (events?.(known) ?? eventTerms).map((term) => playOpen(machine, known, terms[term], isBrief));
      const ended = played.findIndex(({ error }) => error !== undefined);
      const until = ended < 0 ? played : played.slice(0, ended + 1);
      return {
        fact: factsOf(machine, known, termOf),
        error: until.at(-1)?.error,
        open: until.flatMap(({ open }) => open),
        logs: until.flatMap(({ logs }) => logs),
        notes: [],
        because: readsOf(machine, known, termOf),
      };
    },
  };
}

/** A resolved term as a fact. An object that is there is `{}`: its fields are facts of their own. */
export function derived(value: Resolved): GivenFact {
  if (isOpen(value)) return { from: 'unknown' };
  return value === MISSING ? { missing: true, from: 'derived' } : { value: value as Json, from: 'derived' };
}

/** The names of what is changed in the configuration objects. */
export const OBJECTS = /^(hf|hf_text_config)\./;

/** What the terms of a kind, `<kind>hf.<key>`, make of the configuration objects; `same`: the text config is the whole. */
export function changedObjects(
  machine: Machine,
  {
    kind,
    same,
    fact,
  }: { readonly kind: string; readonly same: boolean; readonly fact: (value: Resolved) => GivenFact },
): Map<string, GivenFact> {
  const { terms } = machine.rules;
  const found = new Map<string, GivenFact>();
  for (const term of namesOf(terms)) {
    const name = term.slice(kind.length);
    if (!term.startsWith(kind) || !OBJECTS.test(name)) continue;
    const made = fact(machine.resolve(terms[term]!));
    found.set(name, made);
    if (same && name.startsWith('hf.')) found.set(name.replace('hf.', 'hf_text_config.'), made);
  }
  return found;
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

/** In brief: something may end the start. */
const SOMETHING: OpenError = { type: '', text: null, places: [], needs: [] };

/**
 * Plays a term of events for these facts until the first certain error. Errors that may happen before it are told with
 * what would settle them; in brief only that there are some, and no lines.
 */
// oxlint-disable-next-line max-lines-per-function -- one walk, with the state that its parts share
export function playOpen(machine: Machine, facts: Facts, term: Term | undefined, isBrief = false): PlayedOpen {
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
      } else if (certain && !isBrief) log(e, once);
    }
    return undefined;
  };
  machine.renew(facts);
  const raise = go(happensIn(term), false, true, []);
  const error = raise && errorOf(machine, raise);
  if (isBrief) return { error, open: possible.length > 0 ? [SOMETHING] : [], logs };
  const open = possible.map(({ raise: may, guards }): OpenError => {
    machine.renew(facts);
    for (const guard of guards) machine.is(guard);
    const needs = [...new Set(machine.unknowns())];
    return { ...errorOf(machine, may), needs };
  });
  return { error, open, logs };
}
