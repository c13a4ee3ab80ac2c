/** What a question gives and what a rule gives back. */
import type { Kind } from './book.ts';
import type { Scalar } from './expr.ts';

/** A fact of the question. `undefined` and absent both mean unknown; `MISSING` means known not to be there. */
export type Fact = Scalar | typeof MISSING | readonly unknown[] | { readonly [key: string]: unknown };
export const MISSING: unique symbol = Symbol('missing');
/** A key of a fact that stands for an object with attributes, not for a dictionary. */
export const OBJECT: unique symbol = Symbol('object');

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
  return of.includes('object') && OBJECT in fact ? 'object' : 'dict';
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
