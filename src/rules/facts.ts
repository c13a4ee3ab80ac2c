/** What a question gives and what a rule gives back. */
import type { Kind } from './book.ts';
import type { Scalar } from './expr.ts';

/** A fact of the question. `undefined` and absent both mean unknown; `MISSING` means known not to be there. */
export type Fact = Scalar | WholeFloat | typeof MISSING | readonly unknown[] | { readonly [key: string]: unknown };
export const MISSING: unique symbol = Symbol('missing');
/** A key of a fact that stands for an object with attributes, not for a dictionary. */
export const OBJECT: unique symbol = Symbol('object');

const FLOAT: unique symbol = Symbol('float');

/** A whole number that is a float, as `2.0`: what is printed of it, and of which kind it is, is not what an int would give. */
export interface WholeFloat {
  readonly [FLOAT]: number;
  /** JSON has one kind of numbers alone. */
  readonly toJSON: () => number;
}

const wholeFloats = new Map<number, WholeFloat>();
/** How many are kept, so that equal ones are one object: few are met. */
const KEPT = 1 << 12;

/** A float: one that is whole is told apart from an int. Equal ones are the same. */
export function floatFact(n: number): number | WholeFloat {
  if (!Number.isInteger(n)) return n;
  const known = Object.is(n, -0) ? undefined : wholeFloats.get(n);
  if (known) return known;
  const made: WholeFloat = { [FLOAT]: n, toJSON: () => n };
  if (wholeFloats.size < KEPT && !Object.is(n, -0)) wholeFloats.set(n, made);
  return made;
}

export const isWholeFloat = (value: unknown): value is WholeFloat =>
  typeof value === 'object' && value !== null && FLOAT in value;

/** The number that a whole float is; anything else as it is. */
export const plainNumber = <T>(value: T): Exclude<T, WholeFloat> | number =>
  isWholeFloat(value) ? value[FLOAT] : (value as Exclude<T, WholeFloat>);

/** A value as JSON, with what tells whole floats from ints: equal texts mean equal values. */
export const exactJson = (value: unknown): string =>
  JSON.stringify(value, function exact(this: Readonly<Record<string, unknown>>, key: string, of: unknown) {
    if (typeof of === 'symbol') return String(of);
    return isWholeFloat(this[key]) ? `\u0000${printedNumber(this[key])}` : of;
  });

/** What is known: a Map, or anything else that answers by name. */
export interface Facts {
  get(name: string): Fact | undefined;
  /** Of which facts it may say something else than others do; undefined: of all. */
  since?(others: Facts): ((name: string) => boolean) | undefined;
}

/** 0 certainly not, 1 certainly, 2 it depends on unknown facts. */
export type Three = 0 | 1 | 2;

/** A resolved value: plain JSON, UNKNOWN, or MISSING where a term says that nothing is there. */
export const UNKNOWN: unique symbol = Symbol('unknown');
export type Resolved =
  | Scalar
  | WholeFloat
  | typeof UNKNOWN
  | typeof MISSING
  | readonly Resolved[]
  | { readonly [key: string]: Resolved };

/** Of which kind a fact is, among those that its input knows. */
export function kindOf(fact: Fact, of: readonly Kind[]): Kind {
  if (fact === MISSING) return 'missing';
  if (fact === null) return 'none';
  if (fact === true) return 'true';
  if (fact === false) return 'false';
  if (typeof fact === 'string') return 'str';
  if (typeof fact === 'number') return Number.isInteger(fact) && of.includes('int') ? 'int' : 'float';
  if (Array.isArray(fact)) return 'list';
  if (isWholeFloat(fact)) return 'float';
  return of.includes('object') && OBJECT in fact ? 'object' : 'dict';
}

/** A number as Python prints it, of a float that is whole with its point. */
export function printedNumber(value: number | WholeFloat): string {
  const n = plainNumber(value);
  if (!Number.isFinite(n)) return Number.isNaN(n) ? 'nan' : n < 0 ? '-inf' : 'inf';
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  const size = Math.abs(n);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return n.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return `${Object.is(n, -0) ? '-' : ''}${n}${Number.isInteger(n) ? '.0' : ''}`;
}

/** A value as text: a text as it is, anything else as JSON writes it. */
export const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  // what is undefined or a symbol has none, whatever the type of `stringify` says
  const json = JSON.stringify(value) as string | undefined;
  return json ?? 'undefined';
};

/** The character of a text that stands at a number, as Python counts; undefined where there is none. */
export const characterAt = (text: string, key: string): string | undefined =>
  /^\d+$/.test(key) ? [...text][Number(key)] : undefined;
