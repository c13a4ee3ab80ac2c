/** The answers that unknown facts leave open, when each happens, and which facts would settle it. */
import { createResidue, NO, printed, UNKNOWN, YES } from '../rules/index.ts';
import type { Cond, Diagrams, Domain, Machine, Open, Residue, Term } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { Condition, DecisionError, Need, Possible, PossibleValue } from './decision.ts';
import { domainsFor } from './explain.ts';
import type { Prober } from './explain.ts';
import { happensIn } from './events.ts';
import type { Happens, Raise } from './events.ts';
import { backendOf, isOpen, TERMS } from './outcome.ts';

/** So many decision nodes may be made before the answer is left as it is. */
const NODES = 200_000;
/** So many cases are said of each answer. */
const CASES = 8;

export interface Left {
  readonly possible: readonly Possible[];
  readonly needs: readonly Need[];
  /** Whether every answer stands here, and none that cannot be. */
  readonly exact: boolean;
  /** Why it is not exact. */
  readonly notes: readonly string[];
}

/** An answer and the condition, over what is unknown, under which it comes out. */
interface Case {
  readonly backend: string | null;
  readonly error: DecisionError | null;
  readonly when: Cond;
}

/**
 * Works out what is left open of a question. Where the unknown facts leave too
 * many cases it says so and names every answer that three-valued evaluation cannot exclude.
 */
export function leftOpen(prober: Prober, unknownOf: (input: string) => string | undefined): Left {
  const machine = prober.with({});
  const residue = residueOf(prober, machine);
  try {
    return told(residue, casesOf(machine, residue), unknownOf);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return bounded(machine);
  }
}

/** What is left of conditions, for the question that the machine was loaded with. */
function residueOf(prober: Prober, machine: Machine): Residue {
  const { facts } = prober;
  // parts of one thing are one unknown only where none of them is known
  const whole = (input: string): boolean => prober.inputs(input).every((part) => facts.get(part) === undefined);
  const domains = domainsFor(machine);
  const known = new Map<string, Domain>();
  const domainOf = (input: string): Domain => {
    const domain = known.get(input) ?? (whole(input) ? prober.domain(input) : domains.of(input, facts));
    known.set(input, domain);
    return domain;
  };
  return createResidue(machine, domainOf, facts, NODES);
}

/** The values that unknown facts leave for a term, and when each comes out; none where there are too many cases. */
export function valuesLeft(prober: Prober, term: Term): readonly PossibleValue[] {
  const machine = prober.with({});
  const residue = residueOf(prober, machine);
  try {
    const found = new Map<string, { readonly value: Json; readonly when: Cond }>();
    for (const [guard, one] of picksOf(term)) {
      const when = residue.of(guard);
      if (when === NO) continue;
      const value = machine.resolve(one);
      // a value that is open itself is named by nothing
      const shown = isOpen(value) ? null : (value as Json);
      const key = isOpen(value) ? 'open' : JSON.stringify(value);
      found.set(key, { value: shown, when: residue.d.or(found.get(key)?.when ?? NO, when) });
    }
    return [...found].map(([key, { value, when }]) => ({ value, known: key !== 'open', ...casesWhen(residue, when) }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [];
  }
}

/** The cases in words, and what separates them. Throws RangeError when that takes more nodes than allowed. */
function told(residue: Residue, cases: readonly Case[], unknownOf: (input: string) => string | undefined): Left {
  const notes = inexact(residue, cases);
  const possible = cases.map((c): Possible => {
    const { when, complete } = casesWhen(residue, c.when);
    return { backend: c.backend, error: c.error, when, complete };
  });
  return { possible, needs: needsOf(residue, cases, unknownOf), exact: notes.length === 0, notes };
}

/** The errors in order, each where none before it is raised, then the backends where none is, here or in making them. */
function casesOf(machine: Machine, residue: Residue): Case[] {
  const { d } = residue;
  const { terms } = machine.rules;
  const found = new Map<string, Case>();
  const add = (key: string, c: Case): void => {
    if (c.when === NO) return;
    const known = found.get(key);
    found.set(key, known ? { ...known, when: d.or(known.when, c.when) } : c);
  };
  const raised = (raise: Raise, when: Cond): void => {
    const error = errorLeft(machine, raise);
    add(`error ${raise.type} ${error.text ?? raise.places.join()}`, { backend: null, error, when });
  };
  let left = raises(residue, happensIn(terms[TERMS.events]), YES, raised);
  for (const [guard, value] of picksOf(terms[TERMS.cls])) {
    const when = d.and(left, residue.of(guard));
    left = d.and(left, d.not(when));
    const backend = answerOf(machine, value);
    // the layer then makes the implementation of that backend
    const made = raises(residue, happensIn(terms[`impl.${backend}`]), when, raised);
    add(`backend ${backend}`, { backend, error: null, when: made });
  }
  return [...found.values()];
}

/** In the place of a backend: which one it is was not read. */
export const NOT_READ = 'what was not read';

function answerOf(machine: Machine, value: Term): string {
  const cls = machine.resolve(value);
  return cls === UNKNOWN ? NOT_READ : backendOf(machine.rules, printed(cls));
}

const picksOf = (term: Term | undefined): readonly (readonly [Cond, Term])[] => {
  if (term === undefined) return [];
  return term !== null && typeof term === 'object' && 'pick' in term ? term.pick : [[YES, term]];
};

/** Plays events symbolically: returns the condition under which none of them is raised. */
function raises(
  residue: Residue,
  events: readonly Happens[],
  when: Cond,
  raised: (raise: Raise, when: Cond) => void,
): Cond {
  const { d } = residue;
  let left = when;
  for (const e of events) {
    if (left === NO) break;
    if (e.kind === 'log' || (e.kind === 'call' && !e.raises)) continue;
    const at = d.and(left, residue.of(e.guard));
    if (at === NO) continue;
    if (e.kind === 'raise') {
      raised(e, at);
      left = d.and(left, d.not(at));
    } else {
      const after = raises(residue, e.of, at, raised);
      left = d.or(d.and(left, d.not(at)), after);
    }
  }
  return left;
}

function errorLeft(machine: Machine, raise: Raise): DecisionError {
  const text = machine.resolve(raise.text);
  const { places } = machine.rules;
  return {
    type: raise.type,
    text: text === UNKNOWN ? null : printed(text),
    places: raise.places.map((p) => places[p]!),
  };
}

/** Why the cases may hold one that cannot be, or miss where one begins. */
function inexact(residue: Residue, cases: readonly Case[]): string[] {
  const notes = new Set<string>();
  for (const v of supportOf(residue.d, cases)) {
    const open = residue.input(v);
    if ('unread' in open) notes.add(`cannot be told apart: ${open.unread}`);
    else if (!open.domain.exact) notes.add(`not every value was tried: ${open.domain.name}`);
  }
  return [...notes];
}

const supportOf = (d: Diagrams, cases: readonly Case[]): number[] =>
  [...new Set(cases.flatMap((c) => d.support(c.when)))].sort((a, b) => a - b);

const nameOf = (open: Open): string => ('domain' in open ? open.domain.name : open.unread);

/** The values of an unknown that lead to the same follow-up, described. */
function described(open: Open, values: readonly number[]): Condition {
  if ('domain' in open)
    return { fact: open.domain.name, is: open.domain.describe((region) => values.includes(region)) };
  return {
    fact: open.unread,
    is: { text: values.map((v) => ['no', 'yes'][v] ?? `case ${v}`).join(' or '), exact: false },
  };
}

/** The ways down a condition's diagram to yes, shortest first. */
function casesWhen(residue: Residue, when: Cond): { when: Condition[][]; complete: boolean } {
  const { d } = residue;
  const out: Condition[][] = [];
  let complete = true;
  const walk = (at: Cond, path: readonly Condition[]): void => {
    if (at === NO) return;
    if (at === YES) {
      if (out.length < CASES) out.push([...path]);
      else complete = false;
      return;
    }
    if (!complete) return;
    for (const [kid, values] of branches(d, at)) walk(kid, [...path, described(residue.input(d.top(at)), values)]);
  };
  walk(when, []);
  return { when: out.toSorted((a, b) => a.length - b.length), complete };
}

/** What follows of a node, the values that lead to each. */
function branches(d: Diagrams, at: Cond): Map<Cond, number[]> {
  const by = new Map<Cond, number[]>();
  for (const [value, kid] of d.kids(at).entries()) {
    const known = by.get(kid);
    if (known) known.push(value);
    else by.set(kid, [value]);
  }
  return by;
}

/** For each unknown that matters: which answers are left for which of its values. */
function needsOf(residue: Residue, cases: readonly Case[], unknownOf: (input: string) => string | undefined): Need[] {
  const { d } = residue;
  if (cases.length < 2) return [];
  return supportOf(d, cases).map((v): Need => {
    const open = residue.input(v);
    const by = new Map<string, number[]>();
    for (let value = 0; value < d.sizeOf(v); value++) {
      const here = d.is(v, value);
      const answers = cases.flatMap((c) => (d.disjoint(c.when, here) ? [] : [c.backend ?? c.error!.type]));
      const key = [...new Set(answers)].join('\n');
      by.set(key, [...(by.get(key) ?? []), value]);
    }
    const leaves = [...by].map(([key, values]) => ({
      is: described(open, values).is,
      answers: key === '' ? [] : key.split('\n'),
    }));
    const where = 'domain' in open ? unknownOf(open.domain.name) : undefined;
    return { fact: nameOf(open), ...(where === undefined ? {} : { where }), leaves };
  });
}

/** Every answer that three-valued evaluation cannot exclude, without its cases. */
function bounded(machine: Machine): Left {
  const possible: Possible[] = [];
  const visit = (events: readonly Happens[]): void => {
    for (const e of events) {
      if (e.kind === 'log' || machine.is(e.guard) === 0) continue;
      if (e.kind === 'call') visit(e.of);
      else possible.push({ backend: null, error: errorLeft(machine, e), when: [], complete: false });
    }
  };
  visit(happensIn(machine.rules.terms[TERMS.events]));
  for (const [guard, value] of picksOf(machine.rules.terms[TERMS.cls]))
    if (machine.is(guard) !== 0)
      possible.push({
        backend: answerOf(machine, value),
        error: null,
        when: [],
        complete: false,
      });
  const needs = machine.unknowns().map((fact): Need => ({ fact, leaves: [] }));
  return {
    possible: distinct(possible),
    needs,
    exact: false,
    notes: ['the unknown facts leave too many cases to tell them apart'],
  };
}

function distinct(possible: readonly Possible[]): Possible[] {
  const by = new Map(possible.map((p) => [JSON.stringify([p.backend, p.error]), p]));
  return [...by.values()];
}
