/** What the turns of a loop over a list of uncertain length set in lists: see `replaceItem`. */
import { YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { holdersOf } from './holders.ts';
import { loseItems } from './listmethods.ts';
import { note, placeOf, under, writing } from './reader.ts';
import type { Frame, Heap, ItemSet, Reader } from './reader.ts';
import { isAt, isMixed, isPlain, isSpot, placeIn, reached } from './replacing.ts';
import { standing } from './substitute.ts';
import type { Node } from './syntax.ts';
import { choose, opaque, series, union, valueKey } from './values.ts';
import type { Alternative, Atom, ListAtom, SeriesAtom, Value } from './values.ts';

/**
 * Puts into lists what the turns of a loop over `of`, reached under `live`, set in them; `plain` where no turn rests on another,
 * `reads` is what they looked at.
 */
export function replaceItems(
  R: Reader,
  frame: Frame,
  of: SeriesAtom,
  sets: readonly ItemSet[],
  live: Cond,
  { plain, reads }: { readonly plain: boolean; readonly reads: ReadonlySet<Heap> },
): void {
  for (const key of new Set(sets.map((s) => s.key))) {
    const own = sets.filter((s) => s.key === key).map((s) => ({ ...s, g: R.d.simplify(s.g, live) }));
    const [{ target, assign }] = own as [ItemSet];
    const all = R.evaluate(frame, target);
    const held = isMixed(all) ? reached(R, frame, all) : all;
    const made = held.map(({ g, v }) => {
      const even = plain && v.k === 'list' && !reads.has(v) ? evenList(R, frame, of, v, target, own) : undefined;
      const set = even && seriesAfter(R, of, even, own);
      if (set) return { g, v: set };
      if (
        v.k === 'list' &&
        plain &&
        !reads.has(v) &&
        under(R, frame, g, () => listAfter(R, frame, of, v, own)) !== false
      )
        return { g, v };
      const now = v.k === 'series' && plain && isPlain(v) ? seriesAfter(R, of, v, own) : undefined;
      if (now) return { g, v: now };
      if (v.k !== 'list' && v.k !== 'series') return { g, v };
      const why = 'items of a list are set by a loop';
      if (v.k === 'list') loseItems(R, frame, v, why);
      else note(R, 'opaque', why, placeOf(frame));
      return { g, v: v.k === 'series' ? opaque(why, placeOf(frame)) : v };
    });
    if (made.some((a, i) => a.v !== held[i]!.v)) assign(made);
  }
}

/** Of more items that any turn may set conditions are not told one by one. */
const MANY = 4;

/** A longer list of one plain thing again and again, which nothing else holds and of which any turn may set any item, as one of uncertain length. */
function evenList(
  R: Reader,
  frame: Frame,
  of: SeriesAtom,
  v: ListAtom,
  target: Node,
  sets: readonly ItemSet[],
): SeriesAtom | undefined {
  const [first] = v.items;
  const isOwn = sets.every(({ index }) => 'name' in index && index.name === of.at);
  const spot = placeIn(R, frame, target);
  if (!first || isOwn || v.items.length <= MANY || !spot) return undefined;
  const key = valueKey(first.v);
  if (first.v.some((a) => !SAME.has(a.v.k)) || v.items.some((i) => i.g !== YES || valueKey(i.v) !== key))
    return undefined;
  if (!holdersOf(R, frame, v).every((h) => isSpot(h, spot))) return undefined;
  return series(`@${R.numbers++}`, { op: 'const', value: v.items.length }, first.v);
}

function seriesAfter(R: Reader, of: SeriesAtom, s: SeriesAtom, sets: readonly ItemSet[]): Atom | undefined {
  // a number of the list is no other number of the loop where both have one name
  const isOwn = s.at !== of.at || sets.every(({ index }) => 'name' in index && index.name === of.at);
  const item = isOwn ? itemAfter(R, of, { op: 'input', name: s.at }, s.n, s.item, sets) : undefined;
  return item && series(s.at, s.n, item);
}

/** Sets the items of a list in place; gives false where it is not known what the turns make of it. */
function listAfter(R: Reader, frame: Frame, of: SeriesAtom, v: ListAtom, sets: readonly ItemSet[]): boolean {
  const n: Expr = { op: 'const', value: v.items.length };
  if (v.items.some((i) => i.g !== YES)) return false;
  const items = v.items.map((old, i) => itemAfter(R, of, { op: 'const', value: i }, n, old.v, sets));
  if (items.includes(undefined)) return false;
  const when = writing(R, frame, v);
  v.items = v.items.map((old, i) => ({ ...old, v: choose(R.d, when, items[i]!, old.v) }));
  return true;
}

/** The item at `own` of a list of length `n` once all turns of a loop have set items; undefined where it is not known. */
function itemAfter(
  R: Reader,
  of: SeriesAtom,
  own: Expr,
  n: Expr,
  before: Value,
  sets: readonly ItemSet[],
): Value | undefined {
  let item = before;
  const turn = standing(R, of.at, own);
  for (const { index, value, g } of sets) {
    // each turn sets its own item
    if ('name' in index && index.name === of.at) {
      const now = value.map((a) => ({ g: turn.cond(a.g), v: turn.atom(a.v) }));
      if (now.some(({ v }) => v === undefined)) return undefined;
      const inside = R.d.and(R.book.test({ op: 'lt', args: [own, of.n] }), turn.cond(g));
      item = choose(R.d, inside, union(R.d, now as Alternative[]), item);
      continue;
    }
    // any turn may set any item: the same thing, whichever does
    const [only] = value;
    const isSame = value.length === 1 && sets.every((s) => valueKey(s.value) === valueKey(value));
    if (!isSame || !SAME.has(only!.v.k)) return undefined;
    item = choose(R.d, R.book.exists(of.at, of.n, R.d.and(g, isAt(R, own, n, index))), value, item);
  }
  return item;
}

/** What is the same thing in every turn. */
const SAME: ReadonlySet<Atom['k']> = new Set(['none', 'bool', 'int', 'float', 'str']);
