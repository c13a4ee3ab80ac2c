/** What a method of one of Python's own types is. */
import { type Reader, type Frame, writing, note, placeOf, gap, unread } from './reader.ts';
import { type Atom, type Args, type Value, typeName, NONE_VALUE } from './values.ts';

export type Method = (R: Reader, frame: Frame, self: Atom, args: Args) => Value;

export const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Methods that take something away or put it in another order: after them nobody knows what is left. */
const CHANGING = words(
  'clear __delitem__ __imul__ __iadd__ __ior__ __iand__ __isub__ pop popitem symmetric_difference_update',
);

export function notModelled(R: Reader, frame: Frame, v: Atom, name: string): Value {
  const why = `${name} of a ${typeName(v)}`;
  if (CHANGING.has(name) && (v.k === 'list' || v.k === 'dict' || v.k === 'set')) {
    writing(R, frame, v);
    note(R, 'opaque', why, placeOf(frame));
    gap(R, frame, why);
  }
  return unread(R, frame, why);
}

export const first = (args: Args, name?: string): Value =>
  args.pos[0] ?? (name ? args.kw.get(name) : undefined) ?? NONE_VALUE;
