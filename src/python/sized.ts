/** Dictionaries over lists of uncertain length: what is known of one counts as long as nobody can have changed it. */
import { reading, writing } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { choose, one, opaque, PAIRS } from './values.ts';
import type { Atom, ClassAtom, OpaqueAtom, Value } from './values.ts';
import { newInstance } from './objects.ts';

/** Where the length stands in what is kept of it. */
const LENGTH = 'length';
/** Asking for these changes nothing. */
const HARMLESS = new Set([
  'get',
  'keys',
  'values',
  'items',
  'copy',
  '__contains__',
  '__getitem__',
  '__iter__',
  '__eq__',
]);

/** One of which is known how many keys it has, or what its keys and values are: lists of them, a tuple each, in order. */
export function sized(
  R: Reader,
  why: string,
  place: string,
  { length, pairs }: { readonly length?: Value; readonly pairs: Value },
): OpaqueAtom {
  const kept = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  if (length) kept.attrs.set(LENGTH, length);
  kept.attrs.set(PAIRS, pairs);
  return { ...opaque(why, place), sized: { kept, plain: opaque(why, place) } };
}

/** How much it holds; undefined where that is not known. */
export function lengthOf(R: Reader, v: Atom): Value | undefined {
  if (v.k !== 'opaque' || !v.sized) return undefined;
  reading(R, v.sized.kept);
  return v.sized.kept.attrs.get(LENGTH);
}

/** Its keys and values as lists of pairs; undefined where nothing is known of them. */
export function pairsOf(R: Reader, v: Atom): Value | undefined {
  if (v.k !== 'opaque' || !v.sized) return undefined;
  reading(R, v.sized.kept);
  return v.sized.kept.attrs.get(PAIRS);
}

/** The same without that: what comes of it may hold something else. */
export const unsized = (v: OpaqueAtom): OpaqueAtom => v.sized?.plain ?? v;

/** It may be changed here: from then on it is not known how much it holds. */
export function mayChange(R: Reader, frame: Frame, v: Atom, name?: string): void {
  if (v.k !== 'opaque' || !v.sized || (name !== undefined && HARMLESS.has(name))) return;
  const { kept, plain } = v.sized;
  const when = writing(R, frame, kept);
  for (const [key, value] of kept.attrs) kept.attrs.set(key, choose(R.d, when, one(plain), value));
}
