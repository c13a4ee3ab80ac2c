/** Which item of a list stands at a place, where it is not certain which are there. */
import { type Reader, type Frame, raiseBuiltin, care } from './reader.ts';
import { type Item, type Alternative } from './values.ts';
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
  return count(R, items).reduce<Cond>((c, a) => (a.v.k === 'int' && a.v.n >= n ? R.d.or(c, a.g) : c), NO);
}
