/** Python's built-in functions that put things in order, and choose the first or last in it. */
import { NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';

import { compareOp, exprOf } from './compare.ts';
import { iterate } from './iterate.ts';
import { numbersOf, textsOf } from './numberlists.ts';
import { care, cutValue, namedNumber, placeOf, raiseBuiltin, truth, under, unread } from './reader.ts';
import type { Frame, Reader } from './reader.ts';

import { choose, list, num, one, union } from './values.ts';
import type { Alternative, Args, Atom, Item, Value } from './values.ts';

/** Chooses the least (or greatest) item by its key. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function extreme(R: Reader, frame: Frame, args: Args, least: boolean): Value {
  const items = args.pos.length > 1 ? args.pos.map((v): Item => ({ g: YES, v })) : iterate(R, frame, args.pos[0]!);
  const key = args.kw.get('key');
  const keyed = items.flatMap((i) =>
    i.v.map((a) => ({
      g: R.d.and(i.g, a.g),
      v: a.v,
      key: key
        ? (under(R, frame, R.d.and(i.g, a.g), () => R.call(frame, key, { pos: [one(a.v)], kw: new Map() })) ?? [])
        : one(a.v),
    })),
  );
  // where there is one item, its key says nothing
  if (items.length === 1 && items[0]!.g === YES) return items[0]!.v;
  const spread = keyed
    .flatMap((k) => k.key.map((a) => ({ g: R.d.and(k.g, a.g), v: k.v, key: a.v })))
    .filter((k) => k.g !== NO);
  const any = spread.reduce<Cond>((c, k) => R.d.or(c, k.g), NO);
  const fallback = args.kw.get('default');
  const none = R.d.and(care(R, frame), R.d.not(any));
  if (!fallback) raiseBuiltin(R, frame, none, 'ValueError', `${least ? 'min' : 'max'}() arg is an empty sequence`);
  if (spread.every((k) => k.key.k === 'int' || k.key.k === 'float' || k.key.k === 'bool')) {
    const number = (a: Atom): number => (a.k === 'bool' ? Number(a.b) : (a as { n: number }).n);
    const order = spread
      .map((k, i) => ({ ...k, n: number(k.key), i }))
      .sort((a, b) => (least ? a.n - b.n : b.n - a.n) || a.i - b.i);
    let open: Cond = YES;
    const out: Alternative[] = [];
    for (const k of order) {
      const g = R.d.and(open, k.g);
      if (g !== NO) out.push({ g, v: k.v });
      open = R.d.and(open, R.d.not(k.g));
      if (open === NO) break;
    }
    const found = cutValue(R, union(R.d, out), placeOf(frame), least ? 'min' : 'max');
    return fallback ? choose(R.d, open, fallback, found) : found;
  }
  // symbolic numbers: compare one after the other
  let best: { g: Cond; v: Atom; key: Atom }[] = [];
  for (const k of spread) {
    const next: typeof best = [];
    let alone = k.g;
    for (const b of best) {
      const both = R.d.and(b.g, k.g);
      alone = R.d.and(alone, R.d.not(b.g));
      const wins =
        under(R, frame, both, () =>
          truth(R, frame, compareOp(R, frame, least ? 'Lt' : 'Gt', one(k.key), one(b.key))),
        ) ?? NO;
      const taken = R.d.and(both, wins);
      if (taken !== NO) next.push({ g: taken, v: k.v, key: k.key });
      const kept = R.d.and(b.g, R.d.not(taken));
      if (kept !== NO) next.push({ ...b, g: kept });
    }
    if (alone !== NO) next.push({ g: alone, v: k.v, key: k.key });
    best = next;
  }
  const found = union(R.d, best);
  return fallback ? choose(R.d, none, fallback, found) : found;
}

/** What `min()` or `max()` gives: of several values, or of the items of one. */
export function minimax(R: Reader, frame: Frame, args: Args, least: boolean): Value {
  // two symbolic numbers become one expression
  if (
    args.pos.length === 2 &&
    !args.kw.has('key') &&
    args.pos.every((p) => p.length > 0 && p.every((a) => ['num', 'int', 'float'].includes(a.v.k))) &&
    args.pos.some((p) => p.some((a) => a.v.k === 'num'))
  ) {
    const [left, right] = args.pos;
    const out: Alternative[] = [];
    for (const a of left!)
      for (const b of right!) {
        const g = R.d.and(a.g, b.g);
        if (g !== NO) out.push({ g, v: lesser(a.v, b.v, least) });
      }
    return namedNumber(R, union(R.d, out));
  }
  return extreme(R, frame, args, least);
}

/** The lesser (or greater) of two numbers, as an expression where it depends on inputs. */
function lesser(a: Atom, b: Atom, least: boolean): Atom {
  const [ea, eb] = [exprOf(a)!, exprOf(b)!];
  const value = (e: Expr): number | undefined => ('value' in e && typeof e.value === 'number' ? e.value : undefined);
  const [x, y] = [value(ea), value(eb)];
  if (x === (least ? Infinity : -Infinity)) return b;
  if (y === (least ? Infinity : -Infinity)) return a;
  if (x !== undefined && y !== undefined) return (least ? y < x : y > x) ? b : a;
  const isFloat = (v: Atom): boolean => v.k === 'float' || (v.k === 'num' && v.float);
  return num({ op: least ? 'min' : 'max', args: [ea, eb] }, isFloat(a) || isFloat(b));
}

/** Numbers, or texts, of lists of uncertain length in order; those of sets each once. */
function sortedItems(R: Reader, frame: Frame, lists: Value): Value | undefined {
  const known = lists.filter((a) => a.v.k !== 'opaque');
  const isSet = (v: Atom): boolean => v.k === 'set' || (v.k === 'series' && v.set !== undefined);
  const once = known.every((a) => isSet(a.v));
  if (!once && known.some((a) => isSet(a.v))) return undefined;
  const order = { sorted: true, once };
  return numbersOf(R, frame, [lists], order) ?? textsOf(R, frame, [lists], order);
}

/** The items in the order of their keys, which must be concrete. */
// oxlint-disable-next-line max-lines-per-function -- what is certain and what is not, side by side
export function sorted(R: Reader, frame: Frame, args: Args): Value {
  const uncertain = args.pos[0]!.filter((a) => a.v.k === 'series' || a.v.k === 'opaque');
  const numbers = uncertain.some((a) => a.v.k === 'series') && !args.kw.size && sortedItems(R, frame, args.pos[0]!);
  if (numbers) return numbers;
  if (uncertain.length > 0) {
    const others = args.pos[0]!.filter((a) => !uncertain.includes(a));
    const known = others.length ? sorted(R, frame, { ...args, pos: [others] }) : [];
    return union(R.d, [
      ...uncertain.flatMap(({ g, v }) => {
        // what is empty is in order
        const some = v.k === 'series' ? R.book.exists(v.at, v.n, v.keep) : YES;
        const open = unread(R, frame, 'a list of uncertain length is sorted');
        return [
          ...open.map((o) => ({ g: R.d.and(R.d.and(g, some), o.g), v: o.v })),
          { g: R.d.and(g, R.d.not(some)), v: list([]) },
        ];
      }),
      ...known,
    ]);
  }
  const items = iterate(R, frame, args.pos[0]!);
  const key = args.kw.get('key');
  const reverse = truth(R, frame, args.kw.get('reverse') ?? []) === YES;
  const keyed = items.flatMap((i) =>
    i.v
      .map((a) => {
        const g = R.d.and(i.g, a.g);
        const k = key
          ? (under(R, frame, g, () => R.call(frame, key, { pos: [one(a.v)], kw: new Map() })) ?? [])
          : one(a.v);
        // an item with several possible keys stands at several places, under conditions that exclude each other
        return k
          .map((b) => ({ item: { ...i, g: R.d.and(g, b.g), v: one(a.v) }, k: sortKey(b.v) }))
          .filter((x) => x.item.g !== NO);
      })
      .flat(),
  );
  if (keyed.some((k) => k.k === undefined)) {
    if (items.length < 2) return one(list(items));
    const numbers = key || reverse ? undefined : sortedItems(R, frame, args.pos[0]!);
    return numbers ?? unread(R, frame, 'sorting by an uncertain key');
  }
  const order = (a: readonly (number | string)[], b: readonly (number | string)[]): number => {
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
    return a.length - b.length;
  };
  keyed.sort((a, b) => (reverse ? -1 : 1) * order(a.k!, b.k!));
  return one(list(keyed.map((k) => k.item)));
}

function sortKey(v: Atom): (number | string)[] | undefined {
  if (v.k === 'int' || v.k === 'float') return [v.n];
  if (v.k === 'bool') return [Number(v.b)];
  if (v.k === 'str') return [v.s];
  if (v.k === 'tuple') {
    const parts = v.items.map((i) => (i.length === 1 ? sortKey(i[0]!.v) : undefined));
    return parts.every(Boolean) ? parts.flatMap((p) => p!) : undefined;
  }
  return undefined;
}
