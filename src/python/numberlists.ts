/**
 * Lists of whole numbers, or of texts, of which it depends on inputs what stands in them: put together of several, in order,
 * changed. Such a list has a name, and what stands in it is worked out with the question. So is how many different texts a list
 * holds.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { placeOf } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { list, num, one, opaque, series, text, valueKey } from './values.ts';
import type { Alternative, Atom, SeriesAtom, Value } from './values.ts';

/** Lists of numbers or texts one after the other, each there under a condition; `sorted` and `once` where they are put in order as one. */
export interface JoinedLists {
  readonly name: string;
  readonly parts: readonly Alternative[];
  readonly sorted: boolean;
  readonly once: boolean;
}

interface Order {
  readonly sorted?: boolean;
  readonly once?: boolean;
}

/** What such a list holds: what is one of it, and what an item of a named list is, by the name of its input. */
interface Held {
  readonly isOne: (v: Atom) => boolean;
  readonly at: (name: string) => Atom;
  readonly others: string;
}

const NUMBERS: Held = {
  isOne: (v) => v.k === 'int' || (v.k === 'num' && !v.float),
  at: (name) => num({ op: 'input', name }),
  others: 'a list with something in it that is no whole number',
};
const TEXTS: Held = {
  isOne: (v) => v.k === 'str' || v.k === 'text',
  at: (name) => text([{ p: 'expr', e: { op: 'input', name } }]),
  others: 'a list with something in it that is no text',
};

/** The list that these lists make, one after the other; undefined where one of them does not hold whole numbers alone. */
export const joinedLists = (R: Reader, parts: readonly Alternative[], order?: Order): SeriesAtom | undefined =>
  joined(R, parts, NUMBERS, order);

function joined(
  R: Reader,
  parts: readonly Alternative[],
  held: Held,
  { sorted = false, once = false }: Order = {},
): SeriesAtom | undefined {
  const [only] = parts;
  if (parts.length === 1 && only!.g === YES && only!.v.k === 'series' && isInOrder(R, only!.v)) return only!.v;
  if (!parts.every(({ v }) => holds(v, held))) return undefined;
  return named(nameOf(R, { parts, sorted, once }), held);
}

/** The list that values make one after the other, where they are lists of whole numbers; unknown where one of them is. */
export const numbersOf = (R: Reader, frame: Frame, values: readonly Value[], order?: Order): Value | undefined =>
  listOf(R, frame, values, NUMBERS, order);

/** The same of lists of texts. */
export const textsOf = (R: Reader, frame: Frame, values: readonly Value[], order?: Order): Value | undefined =>
  listOf(R, frame, values, TEXTS, order);

function listOf(R: Reader, frame: Frame, values: readonly Value[], held: Held, order?: Order): Value | undefined {
  const all = values.flat().flatMap((a) => whereHeld(R, a, held));
  const dark = all.reduce<Cond>((c, a) => (isDark(a.v) ? R.d.or(c, a.g) : c), NO);
  const made = joined(
    R,
    all.filter((a) => !isDark(a.v)),
    held,
    order,
  );
  if (!made) return undefined;
  const known = { g: R.d.not(dark), v: made };
  return dark === NO ? [known] : [known, { g: dark, v: opaque('a list made of what was not read', placeOf(frame)) }];
}

/** A list of which some items may be something else: the list where none is, and elsewhere one that nobody knows. */
function whereHeld(R: Reader, { g, v }: Alternative, { isOne, others }: Held): readonly Alternative[] {
  const some = v.k === 'series' && v.item.filter((a) => isOne(a.v));
  if (v.k !== 'series' || !some || some.length === 0 || some.length === v.item.length) return [{ g, v }];
  const other = v.item.reduce<Cond>((c, a) => (isOne(a.v) ? c : R.d.or(c, a.g)), NO);
  const bad = R.book.exists(v.at, v.n, R.d.and(v.keep, other));
  const made: SeriesAtom = { ...series(v.at, v.n, some, v.keep), ...(v.set ? { set: v.set } : {}) };
  const unknown = opaque(others, v.at);
  return [
    { g: R.d.and(g, R.d.not(bad)), v: made },
    { g: R.d.and(g, bad), v: unknown },
  ];
}

/** Is it a list of which nobody knows what stands in it? */
const isDark = (v: Atom): boolean => v.k === 'opaque' || (v.k === 'series' && v.item.some((a) => a.v.k === 'opaque'));

const named = (name: string, held: Held): SeriesAtom => {
  const at = `@${name}`;
  return { ...series(at, { op: 'input', name: `${name}.#` }, one(held.at(`${name}.${at}`))), list: name };
};

/** How many different texts or whole numbers there are in a list; undefined where it is known to hold neither. */
export function howManyDifferent(R: Reader, { at, n, item, keep }: SeriesAtom): Value | undefined {
  if (R.going.size > 0) return undefined;
  const found: Alternative[] = [];
  let rest: Cond = YES;
  for (const { isOne } of [TEXTS, NUMBERS]) {
    const own = item.filter((a) => isOne(a.v));
    if (own.length === 0) continue;
    const other = item.reduce<Cond>((c, a) => (isOne(a.v) ? c : R.d.or(c, a.g)), NO);
    const bad = R.book.exists(at, n, R.d.and(keep, other));
    const name = nameOf(R, { parts: [{ g: YES, v: series(at, n, own, keep) }], sorted: false, once: true });
    found.push({ g: R.d.and(rest, R.d.not(bad)), v: num({ op: 'input', name: `${name}.#` }) });
    rest = R.d.and(rest, bad);
  }
  if (found.length === 0) return undefined;
  const unknown = opaque('how many different things there are that are not all texts, or all whole numbers', at);
  return [...found, { g: rest, v: unknown }].filter(({ g }) => g !== NO);
}

/** The name of lists put together. */
function nameOf(R: Reader, { parts, sorted, once }: Omit<JoinedLists, 'name'>): string {
  const key = `${sorted} ${once} ${parts.map(keyOf).join('|')}`;
  let known = R.lists.get(key);
  if (!known) {
    // what is done to a list later is not done to what was made of it
    const kept = parts.map(({ g, v }) => ({ g, v: v.k === 'list' || v.k === 'set' ? list([...v.items]) : v }));
    R.lists.set(key, (known = { name: `#l${R.lists.size}`, parts: kept, sorted, once }));
  }
  return known.name;
}

/** The named list that a list is. */
const namedList = (R: Reader, v: SeriesAtom): JoinedLists | undefined =>
  v.list === undefined ? undefined : [...R.lists.values()].find(({ name }) => name === v.list);

function isInOrder(R: Reader, v: SeriesAtom): boolean {
  const known = namedList(R, v);
  return known !== undefined && known.sorted && known.once;
}

const keyOf = ({ g, v }: Alternative): string =>
  v.k === 'list' || v.k === 'set' ? `${g}[${v.items.map(itemKey).join()}]` : `${g}?${valueKey(one(v))}`;

const itemKey = ({ g, v }: { readonly g: Cond; readonly v: Value }): string => `${g}?${valueKey(v)}`;

/** Is it a list or a set that holds these alone, as far as it was read? */
function holds(v: Atom, { isOne }: Held): boolean {
  const all = (value: Value): boolean => value.every((a) => a.v.k === 'opaque' || isOne(a.v));
  if (v.k === 'list' || v.k === 'set') return v.items.every((i) => all(i.v));
  return v.k === 'series' && all(v.item) && !v.item.some((a) => a.v.k === 'opaque');
}

/** An item of a named list by its number, from the end with a negative one. */
export const itemOfNamed = (v: SeriesAtom, n: number): Value => {
  const isText = v.item.every((a) => TEXTS.isOne(a.v));
  return one((isText ? TEXTS : NUMBERS).at(`${v.list!}.${n}`));
};
