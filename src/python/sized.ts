/** Things of which nothing is known but how much they hold, as long as nobody can have changed them. */
import { reading, writing } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { choose, one, opaque } from './values.ts';
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

/** Something that was not read, of which is known how much it holds. */
export function sized(R: Reader, why: string, place: string, length: Value): OpaqueAtom {
  const kept = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  kept.attrs.set(LENGTH, length);
  return { ...opaque(why, place), sized: { kept, plain: opaque(why, place) } };
}

/** How much it holds; undefined where that is not known. */
export function lengthOf(R: Reader, v: Atom): Value | undefined {
  if (v.k !== 'opaque' || !v.sized) return undefined;
  reading(R, v.sized.kept);
  return v.sized.kept.attrs.get(LENGTH);
}

/** The same without that: what comes of it may hold something else. */
export const unsized = (v: OpaqueAtom): OpaqueAtom => v.sized?.plain ?? v;

/** It may be changed here: from then on it is not known how much it holds. */
export function mayChange(R: Reader, frame: Frame, v: Atom, name?: string): void {
  if (v.k !== 'opaque' || !v.sized || (name !== undefined && HARMLESS.has(name))) return;
  const { kept, plain } = v.sized;
  const when = writing(R, frame, kept);
  kept.attrs.set(LENGTH, choose(R.d, when, one(plain), kept.attrs.get(LENGTH)!));
}
