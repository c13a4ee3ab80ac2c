/**
 * `x[index] = value` of a list whose length depends on inputs: the place that holds it gets another list. That is done where nothing
 * else holds it. Inside a loop over a list of uncertain length it is done once for all turns, where `x` is there for that alone.
 */
import { YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { exchanged, holdersOf } from './holders.ts';
import type { Holder, Spot } from './holders.ts';
import { numbersIn } from './listmethods.ts';
import { isWorkedOut } from './objects.ts';
import { care, note, placeOf, raiseBuiltin, sinceMade, under } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { textOf } from './settable.ts';
import { folded, spelledOut } from './substitute.ts';
import type { Node } from './syntax.ts';
import { wholeOf } from './slices.ts';
import { choose, opaque, restrict, series } from './values.ts';
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
  const whole = of.filter(({ v }) => v.k === 'series' || (v.k === 'list' && !v.iterator && isCertain(v)));
  if (whole.length === 0) return held;
  const index = numbersIn(R, frame, whole, restrict(R.d, number, care(R, frame)));
  if (index.length === 0) return of.filter((a) => !whole.includes(a));
  const lists = of.filter((a): a is Alternative & { v: SeriesAtom } => a.v.k === 'series');
  const loop = R.symbolicLoops.at(-1);
  const isOlder = ({ v }: Alternative): boolean => R.symbolicLoops.some(({ since }) => v.id < since);
  const ats = index.some(({ v }) => v.k === 'num') ? index.map(({ g, v }) => ({ g, at: wholeOf(v) })) : [];
  const isNumbers = ats.length > 0 && ats.every(({ at }) => at !== undefined);
  const spot = lists.length > 0 ? placeIn(R, frame, target) : undefined;
  const alone = lists.every(
    ({ v }) => spot && isOwn(v, target, spot.name) && holdersOf(R, frame, v).every((h) => isSpot(h, spot)),
  );
  const key = textOf(target);
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
  if (lists.length === 0) return of;
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

/** Are all items of a list there in any case? */
const isCertain = ({ items }: ListAtom): boolean => items.every(({ g }) => g === YES);

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
      const at = wholeOf(i.v);
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

export const isSpot = (holder: Holder, spot: Spot): boolean =>
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
export function placeIn(R: Reader, frame: Frame, target: Node): Spot | undefined {
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
export function isAt(R: Reader, own: Expr, n: Expr, at: Expr): Cond {
  const is = (there: Expr): Cond => R.book.test({ op: 'eq', args: [own, there] });
  const back = R.book.test({ op: 'lt', args: [at, ZERO] });
  return R.d.or(R.d.and(R.d.not(back), is(at)), R.d.and(back, is(folded('add', [n, at]))));
}

/** Is it a list of which every item can be told? */
export const isPlain = (s: SeriesAtom): boolean => s.keep === YES && s.set === undefined && s.list === undefined;

function withItem(R: Reader, frame: Frame, v: Atom, g: Cond, index: Value, value: Value): Value {
  if (v.k !== 'series') return [{ g, v }];
  let item = v.item;
  for (const i of index) {
    const at = wholeOf(i.v);
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

/** What a value can be where the frame stands, looked at closely: conditions that have names are spelled out. */
export function reached(R: Reader, frame: Frame, value: Value): Value {
  const here = care(R, frame);
  // what rests on much is too much to be spelled out
  if (value.length < 2 || R.d.support(here).length > FEW) return value;
  const done = new Map<Cond, Cond>();
  const live = spelledOut(R, here, done);
  return value.filter(({ g }) => !R.d.disjoint(spelledOut(R, g, done), live));
}

const FEW = 16;

/** Is it one of several things, and one of them a list of uncertain length? */
export const isMixed = (value: Value): boolean => value.length > 1 && value.some(({ v }) => v.k === 'series');
