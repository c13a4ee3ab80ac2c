/** Lists of uncertain length inside turns of a list of uncertain length, as one list. */
import { YES } from '../rules/index.ts';
import type { Expr } from '../rules/index.ts';
import type { Reader } from './reader.ts';
import { standing } from './substitute.ts';
import { series } from './values.ts';
import type { Alternative, SeriesAtom, Value } from './values.ts';

/** A number that is a length: less than none is none. */
const atLeastNone = (n: Expr): Expr => ('value' in n ? n : { op: 'max', args: [{ op: 'const', value: 0 }, n] });

/**
 * The list that every turn over `outer` adds another list to, of the same length in every turn; undefined where it is not that.
 * Its item at a number is that of the turn, and in it at the place, that the number comes to.
 */
function flattened(R: Reader, outer: SeriesAtom, inner: SeriesAtom): SeriesAtom | undefined {
  if (outer.keep !== YES || inner.keep !== YES || outer.at === inner.at) return undefined;
  // of a set nobody knows how many things are the same
  if (outer.set === 'many' || inner.set || inner.list) return undefined;
  if (R.book.names(inner.n, outer.at)) return undefined;
  const at = `@${R.numbers++}`;
  const [number, length] = [{ op: 'input', name: at } as const, atLeastNone(inner.n)];
  const place = standing(R, inner.at, { op: 'mod', args: [number, length] });
  const turn = standing(R, outer.at, { op: 'floordiv', args: [number, length] });
  const item = inner.item.map(({ g, v }) => {
    const there = place.atom(v);
    return { g: turn.cond(place.cond(g)), v: there && turn.atom(there) };
  });
  if (item.some(({ v }) => v === undefined)) return undefined;
  return series(at, { op: 'mul', args: [atLeastNone(outer.n), length] }, item as Value);
}

/** The same of alternatives, one of which each turn adds: as many lists, of which one is there. */
export function flattenedAll(R: Reader, outer: SeriesAtom, added: readonly Alternative[]): Alternative[] | undefined {
  if (added.length === 0 || !areApart(R, added)) return undefined;
  const made = added.map(({ g, v }) => {
    const whole = v.k === 'series' && !R.book.speaks(g, outer.at) ? flattened(R, outer, v) : undefined;
    return whole && { g, v: whole };
  });
  return made.every((one) => one !== undefined) ? made : undefined;
}

/** Is never more than one of them there? */
export const areApart = (R: Reader, of: readonly Alternative[]): boolean =>
  of.every(({ g }, i) => of.slice(i + 1).every((other) => R.d.disjoint(g, other.g)));
