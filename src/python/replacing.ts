/**
 * `x[index] = value` of a list whose length depends on inputs: the place that holds it gets another list. That is done where nothing
 * else holds it. Inside a loop over a list of uncertain length it is done once for all turns, where `x` is there for that alone.
 */
import { YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { exprOf } from './compare.ts';
import { exchanged, holdersOf } from './holders.ts';
import type { Holder, Spot } from './holders.ts';
import { loseItems } from './listmethods.ts';
import { isWorkedOut } from './objects.ts';
import { care, note, placeOf, raiseBuiltin, sinceMade, under, writing } from './reader.ts';
import type { Frame, Heap, ItemSet, Reader } from './reader.ts';
import { textOf } from './settable.ts';
import { folded, spelledOut, standing } from './substitute.ts';
import type { Node } from './syntax.ts';
import { choose, opaque, restrict, series, typeName, union, valueKey } from './values.ts';
import type { Alternative, Atom, InstanceAtom, ListAtom, SeriesAtom, Value } from './values.ts';

/** Gives a place another value, as an assignment does. */
type Assign = (value: Value) => void;

const ZERO: Expr = { op: 'const', value: 0 };

/**
 * `target[index] = value` for those of what `target` holds that are lists of uncertain length, and inside a loop over one for its
 * other lists too. Says which of what it holds is still to be set.
 */
// oxlint-disable-next-line max-lines-per-function -- one case after the other
export function replaceItem(
  R: Reader,
  frame: Frame,
  target: Node,
  held: Value,
  number: Value,
  value: Value,
  assign: Assign,
): Value {
  const of = restrict(R.d, held, care(R, frame)).filter((a) => !isBeyondCall(R, frame, target, a));
  const index = restrict(R.d, number, care(R, frame)).filter(({ g, v }) => {
    const isOther = NO_INDEX.has(v.k) || (v.k === 'num' && v.float);
    for (const a of isOther ? of : [])
      if (a.v.k === 'series')
        under(R, frame, R.d.and(a.g, g), () => {
          const text = `list indices must be integers or slices, not ${typeName(v)}`;
          raiseBuiltin(R, frame, care(R, frame), 'TypeError', text);
        });
    return !isOther;
  });
  if (index.length === 0) return of.filter(({ v }) => v.k !== 'series');
  const lists = of.filter((a): a is Alternative & { v: SeriesAtom } => a.v.k === 'series');
  const loop = R.symbolicLoops.at(-1);
  const isOlder = ({ v }: Alternative): boolean => R.symbolicLoops.some(({ since }) => v.id < since);
  const ats = index.some(({ v }) => v.k === 'num') ? index.map(({ g, v }) => ({ g, at: numberOf(v) })) : [];
  const isNumbers = ats.length > 0 && ats.every(({ at }) => at !== undefined);
  const spot = lists.length > 0 ? placeIn(R, frame, target) : undefined;
  const alone = lists.every(
    ({ v }) => spot && isOwn(v, target, spot.name) && holdersOf(R, frame, v).every((h) => isSpot(h, spot)),
  );
  const key = textOf(target);
  const whole = of.filter(({ v }) => v.k === 'series' || (v.k === 'list' && !v.iterator));
  if (
    alone &&
    isNumbers &&
    whole.length > 0 &&
    whole.every(isOlder) &&
    loop?.settable?.frame === frame &&
    loop.settable.places.has(key) &&
    !asksWorkedOut(R, frame, target, loop.settable.asked)
  ) {
    for (const i of ats) {
      for (const { g, v } of whole)
        under(R, frame, R.d.and(g, i.g), () => {
          missing(R, frame, lengthOf(v), i.at!);
        });
      loop.settable.sets.push({ key, index: i.at!, value, g: R.d.and(frame.live, i.g), assign, target });
    }
    return of.filter((a) => !whole.includes(a));
  }
  if (lists.length === 0) return held;
  if (!alone || lists.some(isOlder)) lose(R, frame, of, index, assign);
  else assign(of.flatMap(({ g, v }) => withItem(R, frame, v, g, index, value)));
  return of.filter(({ v }) => v.k !== 'series');
}

/** Is it a list that an attribute of an older object holds only where this call does not happen? */
function isBeyondCall(R: Reader, frame: Frame, target: Node, { g, v }: Alternative): boolean {
  if (v.k !== 'series' || target.nodeType !== 'Attribute') return false;
  const of = objectOf(R, frame, target);
  return of !== undefined && R.d.disjoint(g, sinceMade(R, frame, of, frame.live));
}

/** What no item of a list has as its number. */
const NO_INDEX: ReadonlySet<Atom['k']> = new Set([
  'none',
  'float',
  'str',
  'text',
  'tuple',
  'list',
  'dict',
  'set',
  'series',
]);

/** A whole number. */
const numberOf = (v: Atom): Expr | undefined =>
  v.k === 'int' || v.k === 'bool' || (v.k === 'num' && !v.float) ? exprOf(v) : undefined;

/** How long a list is. */
const lengthOf = (v: Atom): Expr =>
  v.k === 'series' ? v.n : { op: 'const', value: v.k === 'list' ? v.items.length : 0 };

/** Of a list of the question: is the attribute that holds it the one under whose name the question gives it? */
const isOwn = (s: SeriesAtom, { nodeType }: Node, name: string): boolean =>
  s.moved === undefined || (nodeType === 'Attribute' && s.at.endsWith(`/${name}`));

/** The list is not known any more. */
function lose(R: Reader, frame: Frame, of: Value, index: Value, assign: Assign): void {
  for (const { g, v } of of)
    for (const i of index) {
      if (v.k !== 'series') continue;
      const at = numberOf(i.v);
      if (at) under(R, frame, R.d.and(g, i.g), () => (missing(R, frame, v.n, at), true));
    }
  const why = 'item of a series is set';
  note(R, 'opaque', why, placeOf(frame));
  // who else holds it may hold the same list
  for (const { v } of of)
    for (const holder of v.k === 'series' ? holdersOf(R, frame, v) : [])
      holder.put(exchanged(holder.value, v, opaque(why, placeOf(frame))));
  assign(of.map(({ g, v }) => ({ g, v: v.k === 'series' ? opaque(why, placeOf(frame)) : v })));
}

const isSpot = (holder: Holder, spot: Spot): boolean =>
  holder.spot !== undefined && holder.spot.in === spot.in && holder.spot.name === spot.name;

/** The object of which a target is an attribute. */
function objectOf(R: Reader, frame: Frame, target: Node): InstanceAtom | undefined {
  const of = target.nodeType === 'Attribute' ? (target.value as Node) : undefined;
  const held = of?.nodeType === 'Name' ? R.evaluate(frame, of) : [];
  const v = held.length === 1 ? held[0]!.v : undefined;
  return v?.k === 'instance' ? v : undefined;
}

/** Is one of these attributes worked out by the class of the object of which a target is an attribute? It may look at the target. */
function asksWorkedOut(R: Reader, frame: Frame, target: Node, asked: ReadonlySet<string>): boolean {
  const of = objectOf(R, frame, target);
  return of !== undefined && [...asked].some((name) => isWorkedOut(R, of, name));
}

/** The variable or attribute that a target is. */
function placeIn(R: Reader, frame: Frame, target: Node): Spot | undefined {
  if (target.nodeType === 'Name') return { in: frame.scope.vars, name: target.id as string };
  const v = objectOf(R, frame, target);
  return v && { in: v.attrs, name: v.rename?.(target.attr as string) ?? (target.attr as string) };
}

/** Raises IndexError where a list has no item at a number. */
function missing(R: Reader, frame: Frame, n: Expr, at: Expr): void {
  const low = R.book.test({ op: 'lt', args: [folded('add', [n, at]), ZERO] });
  const there = R.d.and(R.book.test({ op: 'lt', args: [at, n] }), R.d.not(low));
  raiseBuiltin(R, frame, R.d.and(care(R, frame), R.d.not(there)), 'IndexError', 'list assignment index out of range');
}

/** The condition that the item at `own` of a list of that length is the one at `at`. */
function isAt(R: Reader, own: Expr, n: Expr, at: Expr): Cond {
  const is = (there: Expr): Cond => R.book.test({ op: 'eq', args: [own, there] });
  const back = R.book.test({ op: 'lt', args: [at, ZERO] });
  return R.d.or(R.d.and(R.d.not(back), is(at)), R.d.and(back, is(folded('add', [n, at]))));
}

/** Is it a list of which every item can be told? */
const isPlain = (s: SeriesAtom): boolean => s.keep === YES && s.set === undefined && s.list === undefined;

function withItem(R: Reader, frame: Frame, v: Atom, g: Cond, index: Value, value: Value): Value {
  if (v.k !== 'series') return [{ g, v }];
  let item = v.item;
  for (const i of index) {
    const at = numberOf(i.v);
    if (!at || !isPlain(v)) {
      const why = 'item of a series is set';
      note(R, 'opaque', why, placeOf(frame));
      return [{ g, v: opaque(why, placeOf(frame)) }];
    }
    under(R, frame, R.d.and(g, i.g), () => missing(R, frame, v.n, at));
    item = choose(R.d, R.d.and(i.g, isAt(R, { op: 'input', name: v.at }, v.n, at)), value, item);
  }
  return [{ g, v: series(v.at, v.n, item) }];
}

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

/** What a value can be where the frame stands, looked at closely: conditions that have names are spelled out. */
export function reached(R: Reader, frame: Frame, value: Value): Value {
  if (value.length < 2) return value;
  const done = new Map<Cond, Cond>();
  const live = spelledOut(R, care(R, frame), done);
  return value.filter(({ g }) => !R.d.disjoint(spelledOut(R, g, done), live));
}

/** Is it one of several things, and one of them a list of uncertain length? */
export const isMixed = (value: Value): boolean => value.length > 1 && value.some(({ v }) => v.k === 'series');

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
