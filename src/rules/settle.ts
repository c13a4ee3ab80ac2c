/** How the value of each variable follows from the facts: closures made once for a rule set. */
import type { Kind } from './book.ts';
import { ExprError } from './arithmetic.ts';
import { apply, decide } from './expr.ts';
import type { Expr, Scalar } from './expr.ts';
import { isWholeFloat, kindOf, plainNumber, UNKNOWN } from './facts.ts';
import type { Fact } from './facts.ts';
import type { ShippedMeaning } from './terms.ts';

/** What the closures read: facts by number, conditions that definitions rest on, and where unknowns are noted. */
export interface Ground {
  readonly fact: (slot: number) => Fact | undefined;
  slot(name: string): number;
  /** A condition's place, to be asked by `isAt`. */
  at(c: number): number;
  /** 0 no, 1 yes, 2 unknown. */
  readonly isAt: (at: number) => number;
  unknown(what: string): void;
  /** The place of what `at` gave, which may have had none before. */
  place(at: number): number;
  /** The text of a place in the source. */
  where(at: number): string;
  /** Says that what is worked out rests on this fact, not only on variables that read it. */
  rests(slot: number): void;
  /** Does `work` for every number below `count`, until it gives something; UNKNOWN where `count` is. */
  readonly each: <T>(
    at: string,
    count: number | string | undefined,
    work: () => T | undefined,
  ) => T | undefined | typeof UNKNOWN;
}

/** The value of a variable: its number, or -1 when it is unknown. */
export type Settler = () => number;

export function settler(m: ShippedMeaning, ground: Ground): Settler {
  if ('choice' in m) return choice(m.choice, m.of, m.other === true ? m.of.length : -1, ground);
  if ('kinds' in m) return kinds(m.kinds, m.of, ground);
  if ('test' in m) return test(m.test, m.args, ground);
  if ('cases' in m) return definition(m.cases, ground);
  if ('exists' in m) return exists(m.exists, m.index, reading(m.count, ground), ground);
  return () => {
    ground.unknown(`opaque: ${m.opaque} (${ground.where(m.at)})`);
    return -1;
  };
}

/** `other` is the value that stands for everything without a label; -1 where there is nothing else. */
function choice(name: string, labels: readonly Scalar[], other: number, ground: Ground): Settler {
  const slot = ground.slot(name);
  const at = new Map<unknown, number>(labels.map((l, i) => [l, i]));
  return () => {
    const fact = ground.fact(slot);
    const found = fact === undefined ? -1 : (at.get(plainNumber(fact)) ?? other);
    if (found < 0) ground.unknown(name);
    return found;
  };
}

function kinds(name: string, of: readonly Kind[], ground: Ground): Settler {
  const slot = ground.slot(name);
  const [none, no, yes, text] = (['none', 'false', 'true', 'str'] as const).map((kind) => of.indexOf(kind));
  return () => {
    const fact = ground.fact(slot);
    let found: number;
    // the kinds that are met most
    if (fact === false) found = no!;
    else if (fact === true) found = yes!;
    else if (fact === null) found = none!;
    else if (typeof fact === 'string') found = text!;
    else found = fact === undefined ? -1 : of.indexOf(kindOf(fact, of));
    if (found < 0) ground.unknown(name);
    return found;
  };
}

function definition(cases: readonly number[], ground: Ground): Settler {
  const at = cases.map((c) => ground.at(c));
  const { isAt } = ground;
  return () => {
    let open = false;
    for (let i = 0; i < at.length; i++) {
      if (at[i]! < 0) at[i] = ground.place(at[i]!);
      const value = isAt(at[i]!);
      if (value === 1) return open ? -1 : i;
      if (value === 2) open = true;
    }
    return open ? -1 : at.length;
  };
}

function exists(c: number, index: string, count: () => Value, ground: Ground): Settler {
  const at = ground.at(c);
  return guarded(() => {
    const values = new Set<number>();
    const found = ground.each(index, count(), () => {
      const value = ground.isAt(at);
      values.add(value);
      return value === 1 ? true : undefined;
    });
    if (found === true) return 1;
    // of what is no list, or of uncertain length, it is still certain when no item whatever could do it
    if (found === UNKNOWN) return ground.isAt(at) === 0 ? 0 : -1;
    return values.has(2) ? -1 : 0;
  }, ground);
}

type Value = number | string | undefined;

function test(op: string, args: readonly Expr[], ground: Ground): Settler {
  const [a, b] = args.map((arg) => reading(arg, ground));
  const limit = args.length === 2 && 'value' in args[1]! ? args[1].value : undefined;
  // the usual comparisons of one expression with a number, without a list of arguments
  if (op === 'eq' && limit !== undefined) return guarded(() => three(a!(), (x) => x === limit), ground);
  if (op === 'le' && typeof limit === 'number') return guarded(() => inOrder(a!(), (x) => x <= limit), ground);
  if (op === 'lt' && typeof limit === 'number') return guarded(() => inOrder(a!(), (x) => x < limit), ground);
  if (args.length === 2)
    return guarded(() => {
      const x = a!();
      if (x === undefined) return -1;
      const y = b!();
      return y === undefined ? -1 : Number(decide(op, [x, y]));
    }, ground);
  const all = args.map((arg) => reading(arg, ground));
  return guarded(() => {
    const values = known(all);
    return values ? Number(decide(op, values)) : -1;
  }, ground);
}

const three = (x: Value, holds: (x: number | string) => boolean): number => (x === undefined ? -1 : holds(x) ? 1 : 0);

/** The same of an order, in which nan stands nowhere. */
const inOrder = (x: Value, holds: (x: number) => boolean): number =>
  x === undefined || Number.isNaN(x) ? -1 : holds(x as number) ? 1 : 0;

function guarded(work: Settler, ground: Ground): Settler {
  return () => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ExprError)) throw error;
      ground.unknown(error.message);
      return -1;
    }
  };
}

function known(args: readonly (() => Value)[]): (number | string)[] | undefined {
  const values = Array<number | string>(args.length);
  for (let i = 0; i < args.length; i++) {
    const value = args[i]!();
    if (value === undefined) return undefined;
    values[i] = value;
  }
  return values;
}

/** What an expression is for the facts at hand: undefined when an input is unknown. Throws ExprError as Python would. */
export function reading(e: Expr, ground: Ground): () => Value {
  if ('value' in e) return () => e.value;
  if ('name' in e) {
    const slot = ground.slot(e.name);
    return () => {
      const fact = ground.fact(slot);
      if (typeof fact === 'number' || typeof fact === 'string') return fact;
      if (typeof fact === 'boolean') return fact ? 1 : 0;
      if (isWholeFloat(fact)) return plainNumber(fact);
      if (fact === undefined) ground.unknown(e.name);
      return undefined;
    };
  }
  const args = e.args.map((arg) => reading(arg, ground));
  const [first, second] = args;
  const divisor = args.length === 2 && e.op === 'mod' && 'value' in e.args[1]! ? e.args[1].value : 0;
  if (typeof divisor === 'number' && divisor > 0)
    return () => {
      const x = first!();
      if (typeof x === 'number' && x >= 0) return x % divisor;
      return x === undefined ? undefined : apply('mod', [x, second!()!]);
    };
  return () => {
    const values = known(args);
    return values && apply(e.op, values);
  };
}
