/**
 * Answers a rule set for one set of facts: three-valued, so that what does not depend on an unknown is certain and what
 * does says on which one.
 */
import type { Kind } from './book.ts';
import { YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { compute, decide, ExprError, exprInputs, speaksOf } from './expr.ts';
import type { Expr, Scalar } from './expr.ts';
import type { RuleSet, ShippedMeaning, Term } from './terms.ts';

/** A fact of the question. `undefined` and absent both mean unknown; `MISSING` means known not to be there. */
export type Fact = Scalar | typeof MISSING | readonly unknown[] | { readonly [key: string]: unknown };
export const MISSING: unique symbol = Symbol('missing');
/** A key of a fact that stands for an object with attributes, not for a dictionary. */
export const OBJECT: unique symbol = Symbol('object');

/** What is known: a Map, or anything else that answers by name. */
export interface Facts {
  get(name: string): Fact | undefined;
}

/** 0 certainly not, 1 certainly, 2 it depends on unknown facts. */
export type Three = 0 | 1 | 2;

/** A resolved value: plain JSON, or UNKNOWN. */
export const UNKNOWN: unique symbol = Symbol('unknown');
export type Resolved = Scalar | typeof UNKNOWN | readonly Resolved[] | { readonly [key: string]: Resolved };

export interface Machine {
  readonly rules: RuleSet;
  /** Starts a new question. Everything worked out for the one before is forgotten. */
  load(facts: Facts): void;
  /** The value of a condition. */
  is(c: Cond): Three;
  /** The value of a term; UNKNOWN where it depends on an unknown fact. */
  resolve(term: Term): Resolved;
  /** The names of the unknown inputs, opaque places and failed operations met since `load`. */
  unknowns(): readonly string[];
}

/** Prepares a rule set for being asked many times. */
export function createMachine(rules: RuleSet): Machine {
  const { variables, nodes } = rules;
  const kids: number[][] = [[], []];
  const tops = new Int32Array(nodes.length + 2);
  for (const [i, packed] of nodes.entries()) {
    tops[i + 2] = packed[0]!;
    const row: number[] = [];
    for (let k = 1; k < packed.length; k += 2) for (let n = packed[k + 1]!; n > 0; n--) row.push(packed[k]!);
    kids.push(row);
  }
  // -2: not worked out yet, -1: unknown
  const values = new Int16Array(variables.length);
  let facts: Facts = new Map<string, Fact>();
  const unknown = new Set<string>();
  const labels = variables.map((m) => ('choice' in m ? new Map(m.of.map((l, i) => [l, i])) : undefined));

  // the numbers that the lists being gone through stand at
  const indices = new Map<string, number>();

  /** The fact of an input; an index in its name stands for the number it has now. */
  const factOf = (name: string): Fact | undefined => {
    if (indices.size === 0 || !name.includes('@')) return facts.get(name);
    const own = indices.get(name);
    if (own !== undefined) return own;
    return facts.get(
      name
        .split('.')
        .map((part) => indices.get(part) ?? part)
        .join('.'),
    );
  };

  const input = (name: string): number | string | undefined => {
    const fact = factOf(name);
    if (typeof fact === 'number' || typeof fact === 'string') return fact;
    if (typeof fact === 'boolean') return fact ? 1 : 0;
    if (fact === undefined) unknown.add(name);
    return undefined;
  };

  function evaluate(e: Expr): number | string | undefined {
    try {
      return compute(e, input);
    } catch (error) {
      if (!(error instanceof ExprError)) throw error;
      unknown.add(error.message);
      return undefined;
    }
  }

  function settle(v: number): number {
    const m = variables[v]!;
    const made = settleMeaning(m, v);
    values[v] = made;
    return made;
  }

  function settleMeaning(m: ShippedMeaning, v: number): number {
    if ('choice' in m) {
      const fact = factOf(m.choice);
      if (fact === undefined) {
        unknown.add(m.choice);
        return -1;
      }
      const at = labels[v]!.get(fact as Scalar);
      if (at === undefined && m.other) return m.of.length;
      if (at === undefined) unknown.add(m.choice);
      return at ?? -1;
    }
    if ('kinds' in m) {
      const fact = factOf(m.kinds);
      if (fact === undefined) {
        unknown.add(m.kinds);
        return -1;
      }
      const at = m.of.indexOf(kindOf(fact, m.of));
      if (at < 0) unknown.add(m.kinds);
      return at;
    }
    if ('test' in m) {
      const args: (number | string)[] = [];
      for (const a of m.args) {
        const value = evaluate(a);
        if (value === undefined) return -1;
        args.push(value);
      }
      try {
        return decide(m.test, args) ? 1 : 0;
      } catch (error) {
        if (!(error instanceof ExprError)) throw error;
        unknown.add(error.message);
        return -1;
      }
    }
    if ('cases' in m) {
      let open = false;
      for (const [i, c] of m.cases.entries()) {
        const value = is(c);
        if (value === 1) return open ? -1 : i;
        if (value === 2) open = true;
      }
      return open ? -1 : m.cases.length;
    }
    if ('exists' in m) {
      let open = false;
      const found = eachIndex(m.index, m.count, () => {
        const value = is(m.exists);
        open ||= value === 2;
        return value === 1 ? true : undefined;
      });
      return found === UNKNOWN || (!found && open) ? -1 : found ? 1 : 0;
    }
    unknown.add(`opaque: ${m.opaque} (${rules.places[m.at] ?? ''})`);
    return -1;
  }

  const moving = new Map<string, readonly number[]>();

  /** The variables that speak of an index, directly or by what they rest on. */
  function movingWith(at: string): readonly number[] {
    const known = moving.get(at);
    if (known) return known;
    const said = new Map<number, boolean>();
    const nodeMoves = (c: Cond): boolean => {
      if (c <= YES) return false;
      const seen = new Set<Cond>();
      const look = (n: Cond): boolean => n > YES && !seen.has(n) && (seen.add(n), moves(tops[n]!) || kids[n]!.some(look));
      return look(c);
    };
    const moves = (v: number): boolean => {
      const before = said.get(v);
      if (before !== undefined) return before;
      const m = variables[v]!;
      const names = 'choice' in m ? [m.choice] : 'kinds' in m ? [m.kinds] : 'test' in m ? m.args.flatMap((a) => [...exprInputs(a)]) : 'exists' in m ? [...exprInputs(m.count)] : [];
      const does = names.some((n) => speaksOf(n, at)) || ('cases' in m && m.cases.some(nodeMoves)) || ('exists' in m && nodeMoves(m.exists));
      said.set(v, does);
      return does;
    };
    const found = variables.flatMap((_, v) => (moves(v) ? [v] : []));
    moving.set(at, found);
    return found;
  }

  /** Does `work` for every number below `count`, until it gives something; UNKNOWN where `count` is. */
  function eachIndex<T>(at: string, count: Expr, work: () => T | undefined): T | undefined | typeof UNKNOWN {
    const n = evaluate(count);
    if (typeof n !== 'number') return UNKNOWN;
    const own = movingWith(at);
    let result: T | undefined;
    for (let i = 0; i < n && result === undefined; i++) {
      for (const v of own) values[v] = -2;
      indices.set(at, i);
      result = work();
    }
    indices.delete(at);
    for (const v of own) values[v] = -2;
    return result;
  }

  function is(c: Cond): Three {
    let at = c;
    while (at > YES) {
      const v = tops[at]!;
      let value = values[v]!;
      if (value === -2) value = settle(v);
      if (value < 0) return either(at, v);
      at = kids[at]![value]!;
    }
    return at as Three;
  }

  /** A condition whose variable is unknown: certain when all its possible values agree. */
  function either(at: number, v: number): Three {
    const m = variables[v]!;
    let result: Three | undefined;
    const row = kids[at]!;
    for (let i = 0; i < row.length; i++) {
      if ('cases' in m && i < m.cases.length && is(m.cases[i]!) === 0) continue;
      const value = is(row[i]!);
      if (value === 2 || (result !== undefined && value !== result)) return 2;
      result = value;
    }
    return result ?? 2;
  }

  function resolve(t: Term): Resolved {
    if (t === null || typeof t !== 'object') return t;
    if ('pick' in t) return pick(t.pick);
    if ('expr' in t) return evaluate(t.expr) ?? UNKNOWN;
    if ('text' in t) return texts(t.text);
    if ('join' in t) {
      const items = present(t.of);
      if (items === UNKNOWN) return UNKNOWN;
      const parts = items.map(resolve);
      return parts.includes(UNKNOWN) ? UNKNOWN : parts.map(printed).join(t.join);
    }
    if ('list' in t) {
      const items = present(t.list);
      return items === UNKNOWN ? UNKNOWN : items.map(resolve);
    }
    if ('each' in t) {
      const out: Resolved[] = [];
      const short = eachIndex(t.each, t.count, () => {
        const there = t.keep === undefined ? 1 : is(t.keep);
        if (there === 1) out.push(resolve(t.item));
        return there === 2 ? true : undefined;
      });
      return short === undefined ? out : UNKNOWN;
    }
    if ('record' in t) return Object.fromEntries(Object.entries(t.record).map(([k, v]) => [k, resolve(v)]));
    unknown.add(`opaque: ${t.unread}`);
    return UNKNOWN;
  }

  function pick(of: readonly (readonly [Cond, Term])[]): Resolved {
    let possible: Resolved | undefined;
    for (const [g, term] of of) {
      const value = is(g);
      if (value === 0) continue;
      const made = resolve(term);
      if (value === 1) return possible === undefined || same(possible, made) ? made : UNKNOWN;
      if (possible !== undefined && !same(possible, made)) return UNKNOWN;
      possible = made;
    }
    return UNKNOWN;
  }

  const texts = (of: readonly Term[]): Resolved => {
    let out = '';
    for (const part of of) {
      const made = resolve(part);
      if (made === UNKNOWN) return UNKNOWN;
      const float = part !== null && typeof part === 'object' && 'expr' in part && part.float;
      out += float && Number.isInteger(made) ? `${String(made)}.0` : printed(made);
    }
    return out;
  };

  function present(of: readonly (readonly [Cond, Term, (readonly number[])?])[]): Term[] | typeof UNKNOWN {
    const out: Term[] = [];
    for (const [g, term] of of) {
      const value = is(g);
      if (value === 2) return UNKNOWN;
      if (value === 1) out.push(term);
    }
    return out;
  }

  return {
    rules,
    load(next) {
      facts = next;
      values.fill(-2);
      unknown.clear();
    },
    is,
    resolve,
    unknowns: () => [...unknown].sort(),
  };
}

/** A value inside a text, as Python prints it. */
function printed(value: Resolved): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  return String(value);
}

const same = (a: Resolved, b: Resolved): boolean => a === b || (a !== UNKNOWN && b !== UNKNOWN && JSON.stringify(a) === JSON.stringify(b));

/** Of which kind a fact is, among those that its input knows. */
export function kindOf(fact: Fact, of: readonly Kind[]): Kind {
  if (fact === MISSING) return 'missing';
  if (fact === null) return 'none';
  if (fact === true) return 'true';
  if (fact === false) return 'false';
  if (typeof fact === 'string') return 'str';
  if (typeof fact === 'number') return Number.isInteger(fact) && of.includes('int') ? 'int' : 'float';
  if (Array.isArray(fact)) return 'list';
  return of.includes('object') && OBJECT in (fact as object) ? 'object' : 'dict';
}

