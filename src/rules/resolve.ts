/** Terms made into closures: what a term is for the facts at hand. */
import type { Cond } from './diagram.ts';
import { floatFact, isWholeFloat, MISSING, printedNumber, UNKNOWN } from './facts.ts';
import type { Resolved } from './facts.ts';
import { ExprError } from './arithmetic.ts';
import { exprInputs } from './expr.ts';
import type { Expr, Scalar } from './expr.ts';
import { reading } from './settle.ts';
import type { Ground } from './settle.ts';
import type { Term } from './terms.ts';

/** A list in a part of a join stands for its items, and so does one in it. */
const DEEP = 4;

/** Gives the value of one term for the facts at hand. */
export type Resolver = () => Resolved;

type Guarded = readonly (readonly [Cond, Term, (readonly number[])?])[];

/** Makes closures of terms, each once. */
// oxlint-disable-next-line max-lines-per-function -- one closure for each kind of term
export function createResolver(ground: Ground): (term: Term) => Resolver {
  const { isAt } = ground;
  const made = new WeakMap<object, Resolver>();
  const of = (t: Term): Resolver => {
    if (t === null || typeof t !== 'object') return () => t;
    let resolver = made.get(t);
    if (!resolver) {
      resolver = compile(t);
      made.set(t, resolver);
    }
    return resolver;
  };

  function compile(t: Exclude<Term, Scalar>): Resolver {
    if ('pick' in t) return pick(t.pick);
    if ('expr' in t) return expression(t.expr, ground);
    if ('text' in t) return text(t.text);
    if ('join' in t) {
      const items = list(t.of);
      const { head } = t;
      const before = (n: number): string => (head ? (n === 1 ? head[0] : head[1].replace('#', String(n))) : '');
      return () => {
        const found = items();
        const parts = found === UNKNOWN ? found : found.flat(DEEP);
        return parts === UNKNOWN || parts.includes(UNKNOWN)
          ? UNKNOWN
          : before(parts.length) + parts.map(printed).join(t.join);
      };
    }
    if ('list' in t) return list(t.list);
    if ('lists' in t) return together(t.lists, t.sorted === true, t.once === true);
    if ('record' in t)
      return t.over || Object.values(t.record).some(canMiss) ? spread(t.record, t.over ?? []) : record(t.record);
    if ('missing' in t) return () => MISSING;
    if ('fact' in t) return given(t.fact);
    if ('each' in t) return every(t.each, expression(t.count, ground), t.keep, of(t.item));
    return () => {
      ground.unknown(`opaque: ${t.unread}`);
      return UNKNOWN;
    };
  }

  /** The items of several lists as one. */
  function together(guarded: Guarded, sorted: boolean, once: boolean): Resolver {
    const at = guarded.map(([g]) => ground.at(g));
    const values = guarded.map(([, term]) => of(term));
    return () => {
      const out: Resolved[] = [];
      for (let i = 0; i < at.length; i++) {
        const there = isAt(at[i]!);
        if (there === 0) continue;
        const items = there === 1 ? values[i]!() : UNKNOWN;
        if (!Array.isArray(items) || items.includes(UNKNOWN)) return UNKNOWN;
        out.push(...(items as readonly Resolved[]));
      }
      const kept = once ? [...new Set(out)] : out;
      return sorted ? kept.sort(inOrder) : kept;
    };
  }

  function given(name: string): Resolver {
    const slot = ground.slot(name);
    return () => {
      ground.rests(slot);
      const fact = ground.fact(slot);
      if (fact !== undefined) return fact as Resolved;
      ground.unknown(name);
      return UNKNOWN;
    };
  }

  function every(at: string, count: Resolver, keep: Cond | undefined, item: Resolver): Resolver {
    return () => {
      const out: Resolved[] = [];
      const n = count();
      const short = ground.each(at, typeof n === 'number' ? n : undefined, () => {
        const there = keep === undefined ? 1 : ground.isAt(ground.at(keep));
        if (there === 1) out.push(item());
        return there === 2 ? true : undefined;
      });
      return short === undefined ? out : UNKNOWN;
    };
  }

  function record(fields: Readonly<Record<string, Term>>): Resolver {
    const keys = Object.keys(fields);
    const values = keys.map((key) => of(fields[key]!));
    const [a, b, c] = keys as [string, string, string];
    const [x, y, z] = values as [Resolver, Resolver, Resolver];
    // an object made at once is much faster than one that grows
    if (keys.length === 2) return () => ({ [a]: x(), [b]: y() });
    if (keys.length === 3) return () => ({ [a]: x(), [b]: y(), [c]: z() });
    return () => {
      const out: Record<string, Resolved> = {};
      for (let i = 0; i < keys.length; i++) out[keys[i]!] = values[i]!();
      return out;
    };
  }

  /** An object whose keys are not always the same. */
  function spread(fields: Readonly<Record<string, Term>>, over: Guarded): Resolver {
    const values = Object.entries(fields).map(([key, term]) => [key, of(term)] as const);
    const at = over.map(([g]) => ground.at(g));
    const below = over.map(([, term]) => of(term));
    return () => {
      const out: Record<string, Resolved> = {};
      for (let i = 0; i < at.length; i++) {
        const there = isAt(at[i]!);
        if (there === 0) continue;
        const held = there === 1 ? below[i]!() : UNKNOWN;
        if (held === UNKNOWN) return UNKNOWN;
        if (typeof held === 'object' && held !== null) Object.assign(out, held);
      }
      for (const [key, value] of values) {
        const held = value();
        if (held === MISSING) delete out[key];
        else out[key] = held;
      }
      return out;
    };
  }

  function pick(guarded: Guarded): Resolver {
    const values = guarded.map(([, term]) => of(term));
    const at = guarded.map(([g]) => ground.at(g));
    return () => {
      let possible: Resolved | undefined;
      for (let i = 0; i < at.length; i++) {
        if (at[i]! < 0) at[i] = ground.place(at[i]!);
        const value = isAt(at[i]!);
        if (value === 0) continue;
        const made = values[i]!();
        if (value === 1) return possible === undefined || same(possible, made) ? made : UNKNOWN;
        if (possible !== undefined && !same(possible, made)) return UNKNOWN;
        possible = made;
      }
      return UNKNOWN;
    };
  }

  function text(parts: readonly Term[]): Resolver {
    const values = parts.map((part) => (isFloat(part) ? asFloat(of(part)) : of(part)));
    return () => {
      let out = '';
      for (const value of values) {
        const found = value();
        if (found === UNKNOWN) return UNKNOWN;
        out += printed(found);
      }
      return out;
    };
  }

  function list(guarded: Guarded): () => readonly Resolved[] | typeof UNKNOWN {
    const at = Int32Array.from(guarded.map(([g]) => ground.at(g)));
    // what is the same for every question, and what is not
    const fixed = guarded.map(([, term]) => (term === null || typeof term !== 'object' ? term : undefined));
    const values = guarded.map(([, term]) => of(term));
    return () => {
      const out: Resolved[] = [];
      for (let i = 0; i < at.length; i++) {
        if (at[i]! < 0) at[i] = ground.place(at[i]!);
        const value = isAt(at[i]!);
        if (value === 0) continue;
        if (value === 2) return UNKNOWN;
        const text = fixed[i];
        out.push(text === undefined ? values[i]!() : text);
      }
      return out;
    };
  }

  return of;
}

/** Can there be nothing? */
const canMiss = (t: Term): boolean =>
  t !== null &&
  typeof t === 'object' &&
  ('missing' in t || 'fact' in t || ('pick' in t && t.pick.some(([, x]) => canMiss(x))));

function expression(e: Expr, ground: Ground): Resolver {
  const read = reading(e, ground);
  const slots = [...exprInputs(e)].map((name) => ground.slot(name));
  return () => {
    for (const slot of slots) ground.rests(slot);
    try {
      return read() ?? UNKNOWN;
    } catch (error) {
      if (!(error instanceof ExprError)) throw error;
      ground.unknown(error.message);
      return UNKNOWN;
    }
  };
}

const isFloat = (t: Term): boolean => t !== null && typeof t === 'object' && 'expr' in t && t.float === true;

/** What is a float for Python, whatever number it is. */
const asFloat = (read: Resolver): Resolver => {
  return () => {
    const value = read();
    return typeof value === 'number' ? floatFact(value) : value;
  };
};

/** A value inside a text, as Python prints it. */
export function printed(value: Resolved): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'number' || isWholeFloat(value)) return printedNumber(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Whether two resolved values are equal; an unknown equals nothing, not even itself. */
const same = (a: Resolved, b: Resolved): boolean =>
  a !== UNKNOWN && b !== UNKNOWN && (a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b)));

/** Numbers by their size, texts by the code points of their characters. */
function inOrder(a: Resolved, b: Resolved): number {
  if (typeof a !== 'string' || typeof b !== 'string') return Number(a) - Number(b);
  const [x, y] = [a, b].map((text) => Array.from(text, (letter) => letter.codePointAt(0)!));
  const at = x!.findIndex((point, i) => point !== y![i]);
  return at === -1 ? x!.length - y!.length : x![at]! - (y![at] ?? -1);
}
