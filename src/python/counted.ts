/** Which item of a list stands at a place, where it is not certain which are there. */
import { type Reader, type Frame, raiseBuiltin, care, opaqueCond, placeOf } from './reader.ts';
import { type Atom, type Item, type Alternative, opaque } from './values.ts';
import { type Cond, NO, YES } from '../rules/index.ts';
import { count } from './iterate.ts';

/** The n-th of the items that are there. */
export function nth(
  R: Reader,
  frame: Frame,
  items: readonly Item[],
  n: number,
  g: Cond,
  out: Alternative[],
  short = 'list index out of range',
): void {
  let states: Cond[] = [g];
  for (const item of items) {
    if (item.many) {
      // any of them may be the one, and there may be too few
      const open = R.d.and(
        states.reduce<Cond>((c, s) => R.d.or(c, s), NO),
        item.g,
      );
      out.push({ g: open, v: opaque('an item of a list of which nobody knows how long it is', placeOf(frame)) });
      const few = n === 0 ? NO : opaqueCond(R, frame, 'whether a list has so many items');
      raiseBuiltin(R, frame, R.d.and(care(R, frame), R.d.and(open, few)), 'IndexError', short);
      states = states.map((s) => R.d.and(s, R.d.not(item.g)));
      continue;
    }
    const here = R.d.and(states[n] ?? NO, item.g);
    if (here !== NO) for (const a of item.v) out.push({ g: R.d.and(here, a.g), v: a.v });
    const next: Cond[] = [];
    for (let i = 0; i <= n; i++)
      next[i] = R.d.or(R.d.and(states[i] ?? NO, R.d.not(item.g)), i ? R.d.and(states[i - 1] ?? NO, item.g) : NO);
    states = next;
    if (states.every((s) => s === NO)) return;
  }
  const missing = states.reduce<Cond>((c, s) => R.d.or(c, s), NO);
  raiseBuiltin(R, frame, R.d.and(care(R, frame), missing), 'IndexError', short);
}

/** When at least `n` of the items are there. */
export function enough(R: Reader, items: readonly Item[], n: number): Cond {
  if (n <= 0) return YES;
  const isEnough = (v: Atom): Cond =>
    v.k === 'int' ? (v.n >= n ? YES : NO) : opaqueCond(R, R.frame!, 'whether a list has so many items');
  return count(R, items).reduce<Cond>((c, a) => R.d.or(c, R.d.and(a.g, isEnough(a.v))), NO);
}
