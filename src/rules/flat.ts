/** Conditions laid out for speed: numbers one after the other, each node where it is asked for first. And what is read. */
import { YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { exprInputs } from './expr.ts';
import type { Scalar } from './expr.ts';
import type { Layout } from './layout.ts';
import type { RuleSet, ShippedMeaning, Term } from './terms.ts';

/**
 * A place among the cells: 0 never holds, 1 always; else its variable stands there, then a place for each of its values. Less
 * than 0: the condition of that number, without the sign, which has no place yet.
 */
export type At = number;

export interface Flat {
  /** The place of a condition, or that it has none yet. */
  readonly at: (c: Cond) => At;
  /** The place of a condition that may have none yet. */
  readonly place: (at: At) => At;
}

/** Begins with no node laid out. `grown` is given the cells, and others in their place each time that more are needed. */
export function createFlat(layout: Layout, grown: (cells: Int32Array) => void): Flat {
  const at = new Int32Array(layout.conditions);
  at[YES] = YES;
  let used = 2;
  let cells = new Int32Array(FIRST);
  grown(cells);
  const make = (v: number, runs: readonly number[], first: number, end: number): At => {
    let size = 1;
    for (let i = first + 1; i < end; i += 2) size += runs[i]!;
    const from = used;
    used += size;
    if (used > cells.length) {
      const larger = new Int32Array(2 * used);
      larger.set(cells);
      cells = larger;
      grown(cells);
    }
    let to = from;
    cells[to++] = v;
    for (let i = first; i < end; i += 2) for (let times = runs[i + 1]!; times > 0; times--) cells[to++] = runs[i]!;
    return from;
  };
  return {
    at: (c) => (c <= YES ? c : at[c]! || -c),
    place(of) {
      if (of >= 0) return of;
      const c = -of;
      if (c >= at.length) throw new RangeError(`a condition rests on ${c}, which the rules do not hold`);
      return (at[c] ||= layout.lay(c, make));
    },
  };
}

/** There is room for so many numbers at first. */
const FIRST = 256;

/** The inputs that a variable reads itself; none for a definition, which rests on other variables. */
export function readBy(m: ShippedMeaning): ReadonlySet<string> {
  const names = new Set<string>();
  addRead(m, names);
  return names;
}

function addRead(m: ShippedMeaning, names: Set<string>): void {
  if ('choice' in m) names.add(m.choice);
  else if ('kinds' in m) names.add(m.kinds);
  else if ('test' in m) for (const arg of m.args) exprInputs(arg, names);
  else if ('exists' in m) exprInputs(m.count, names);
}

/** Every input of the variables and of the expressions in terms. */
export function inputsOf(rules: RuleSet): readonly string[] {
  const names = new Set<string>();
  for (const m of rules.variables) addRead(m, names);
  const seen = new Set<Term>();
  const look = (t: Term): void => {
    if (t === null || typeof t !== 'object' || seen.has(t)) return;
    seen.add(t);
    if ('expr' in t) exprInputs(t.expr, names);
    if ('fact' in t) names.add(t.fact);
    if ('each' in t) exprInputs(t.count, names);
    for (const part of partsOfTerm(t)) look(part);
  };
  for (const t of Object.values(rules.terms)) look(t);
  return [...names];
}

/** The terms that a term is made of. */
export function partsOfTerm(t: Exclude<Term, Scalar>): readonly Term[] {
  if ('pick' in t) return t.pick.map(([, part]) => part);
  if ('join' in t) return t.of.map(([, part]) => part);
  if ('list' in t) return t.list.map(([, part]) => part);
  if ('lists' in t) return t.lists.map(([, part]) => part);
  if ('text' in t) return t.text;
  if ('record' in t) return [...Object.values(t.record), ...(t.over ?? []).map(([, x]) => x)];
  return 'each' in t ? [t.item] : [];
}

/** Tells the conditions of terms, each term once. */
export function guardsOf(tell: (c: Cond) => void): (t: Term) => void {
  const seen = new Set<object>();
  const look = (t: Term): void => {
    if (t === null || typeof t !== 'object' || seen.has(t)) return;
    seen.add(t);
    everyPart(t, tell, look);
  };
  return look;
}

/** The conditions and the terms in a term, in their order. */
function everyPart(t: Exclude<Term, Scalar>, guard: (c: Cond) => void, part: (t: Term) => void): void {
  const guarded = (of: readonly (readonly [Cond, Term, ...unknown[]])[]): void => {
    for (const [g, inner] of of) {
      guard(g);
      part(inner);
    }
  };
  if ('pick' in t) guarded(t.pick);
  else if ('list' in t) guarded(t.list);
  else if ('lists' in t) guarded(t.lists);
  else if ('join' in t) guarded(t.of);
  else if ('text' in t) t.text.forEach(part);
  else if ('each' in t) {
    part(t.item);
    if (t.keep !== undefined) guard(t.keep);
  } else if ('record' in t) {
    for (const inner of Object.values(t.record)) part(inner);
    guarded(t.over ?? []);
  }
}
