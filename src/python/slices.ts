/** `value[a:b:c]`. */
import { type Reader, type Frame, unread, raiseBuiltin, care } from './reader.ts';
import { type Atom, type Item, type SeriesAtom, type Value, list, series, str, one, tuple } from './values.ts';
import { exprOf } from './compare.ts';
import { folded } from './substitute.ts';
import { YES, type Cond, NO, type Expr } from '../rules/index.ts';
import { enough } from './counted.ts';

export function sliced(
  R: Reader,
  frame: Frame,
  v: Atom,
  items: readonly Item[],
  parts: readonly (Value | undefined)[],
): Value {
  if (items.some((i) => i.many)) return unread(R, frame, 'a slice of a list of which nobody knows how long it is');
  const bound = parts.map(boundOf);
  const [from, to, step = 1] = bound;
  const first = from === undefined && step === 1 && v.k === 'list' ? firstOf(R, items, parts[1]) : undefined;
  if (first) return one(list(first));
  if (bound.some((b) => Number.isNaN(b))) return unread(R, frame, 'a slice with uncertain bounds');
  if (step === 0) {
    raiseBuiltin(R, frame, care(R, frame), 'ValueError', 'slice step cannot be zero');
    return [];
  }
  const certain = items.every((i) => i.g === YES);
  if (!certain && step !== 1 && !(step === -1 && from === undefined && to === undefined))
    return unread(R, frame, 'a slice in steps of an uncertain list');
  const kept = certain ? stepped(items, from, to, step) : between(R, items, from, to, step);
  if (v.k === 'str') return one(str(kept.map((c) => (c.v[0]!.v as { s: string }).s).join('')));
  return one(v.k === 'list' ? list(kept) : tuple(kept.map((c) => c.v)));
}

/** So many items at most of a list are there under a condition each where its end is a number that depends on inputs. */
const MOST = 128;

/** The items of a list that is as long as it looks before an end that depends on inputs; undefined where that is another end. */
function firstOf(R: Reader, items: readonly Item[], to: Value | undefined): Item[] | undefined {
  const end = to?.length === 1 && to[0]!.v.k === 'num' ? wholeOf(to[0]!.v) : undefined;
  if (!end || items.length > MOST || items.some((i) => i.g !== YES)) return undefined;
  const below = R.book.test({ op: 'lt', args: [end, ZERO] });
  const isBefore = (i: number, n: Expr): Cond => R.book.test({ op: 'lt', args: [{ op: 'const', value: i }, n] });
  const fromEnd = folded('add', [{ op: 'const', value: items.length }, end]);
  return items.map((item, i) => ({
    ...item,
    g: R.d.or(R.d.and(R.d.not(below), isBefore(i, end)), R.d.and(below, isBefore(i, fromEnd))),
  }));
}

/** The items of a list that is as long as it looks, as Python slices. */
function stepped(items: readonly Item[], from: number | undefined, to: number | undefined, step: number): Item[] {
  const n = items.length;
  const clamp = (x: number): number => Math.min(Math.max(x < 0 ? x + n : x, step < 0 ? -1 : 0), step < 0 ? n - 1 : n);
  const start = from === undefined ? (step < 0 ? n - 1 : 0) : clamp(from);
  const stop = to === undefined ? (step < 0 ? -1 : n) : clamp(to);
  const out: Item[] = [];
  for (let i = start; step < 0 ? i > stop : i < stop; i += step) out.push(items[i]!);
  return out;
}

/** The items of an uncertain list between two places: where enough of the others are there before and after each. */
export function between(
  R: Reader,
  items: readonly Item[],
  from: number | undefined,
  to: number | undefined,
  step: number,
): Item[] {
  if (step === -1) return [...items].reverse();
  const out: Item[] = [];
  for (const [i, item] of items.entries()) {
    const before = items.slice(0, i);
    const after = items.slice(i + 1);
    let g = item.g;
    // a place from the end counts what comes after
    const atLeast = (n: number): Cond => (n >= 0 ? enough(R, before, n) : R.d.not(enough(R, after, -n)));
    if (from !== undefined) g = R.d.and(g, atLeast(from));
    if (to !== undefined) g = R.d.and(g, R.d.not(atLeast(to)));
    if (g !== NO) out.push({ ...item, g });
  }
  return out;
}

/** `list[:n]` of a list of uncertain length; empty where it cannot be said. */
export function beginning(R: Reader, s: SeriesAtom, parts: readonly (Value | undefined)[]): Value {
  const [from, to, step] = parts;
  const isLeft = (part: Value | undefined): boolean => boundOf(part) === undefined;
  const ends = (to ?? []).map(({ g, v }) => ({ g, n: wholeOf(v) }));
  if (s.keep !== YES || s.list !== undefined || s.set !== undefined || !isLeft(from) || !isLeft(step)) return [];
  if (ends.length === 0 || ends.some(({ n }) => n === undefined)) return [];
  return ends.flatMap(({ g, n }): Value => {
    const below = R.book.test({ op: 'lt', args: [n!, ZERO] });
    const first = series(s.at, folded('min', [s.n, n!]), s.item);
    const allBut = series(s.at, folded('max', [ZERO, folded('add', [s.n, n!])]), s.item);
    return [
      { g: R.d.and(g, R.d.not(below)), v: first },
      { g: R.d.and(g, below), v: allBut },
    ].filter((a) => a.g !== NO);
  });
}

const ZERO: Expr = { op: 'const', value: 0 };

/** A whole number as an expression. */
export const wholeOf = (v: Atom): Expr | undefined =>
  v.k === 'int' || v.k === 'bool' || (v.k === 'num' && !v.float) ? exprOf(v) : undefined;

export const constant = (n: number | undefined): readonly Expr[] =>
  n === undefined ? [] : [{ op: 'const', value: n }];

/** A bound of a slice, or an index: undefined where none is given, NaN where it is uncertain. */
export function boundOf(value: Value | undefined): number | undefined {
  const v = value?.length === 1 ? value[0]!.v : undefined;
  if (value === undefined || v?.k === 'none') return undefined;
  return v?.k === 'int' ? v.n : NaN;
}
