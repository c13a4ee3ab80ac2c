/**
 * Going through a list whose length depends on inputs: the body is read for any one number of the list. What one turn
 * leaves for the next is carried over, or becomes unknown where turns go on changing it; what it leaves for after the
 * loop becomes unknown where it speaks of the number.
 */
import { exprInputs, NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { classesRaised, flatten, note, opaqueCond, placeOf, snapshot, willCatch } from './reader.ts';
import type { Event, Frame, Heap, Reader, Snapshot, SymbolicLoop } from './reader.ts';
import { choose, fresh, one, opaque, restrict, valueKey } from './values.ts';
import type { Alternative, Atom, Item, Part, SeriesAtom, Value } from './values.ts';
import { standing } from './substitute.ts';

/**
 * Reads the body of a loop over `of`, whose items are there under `of.keep`; `names` are the variables of the frame that
 * the body assigns, and `broken` says where a turn left the loop but not the frame. Gives undefined when the same list is
 * being gone through already.
 */
export function eachOf<T>(R: Reader, frame: Frame, of: SeriesAtom, names: readonly string[], body: () => T, broken: () => Cond = () => NO): T | undefined {
  if (R.going.has(of.at)) return undefined;
  R.going.add(of.at);
  const loop: SymbolicLoop = { since: fresh(), written: new Map(), reads: new Set() };
  const outer = R.symbolicLoops;
  R.symbolicLoops = [...outer, loop];
  const own = names.filter((n) => frame.scope.vars.has(n));
  const before = { live: frame.live, raised: frame.raised, raisedAt: [...frame.raisedAt], trace: frame.trace, returns: frame.returns.length };
  const restart = (): void => {
    frame.raised = before.raised;
    frame.raisedAt.clear();
    for (const g of before.raisedAt) frame.raisedAt.add(g);
  };
  let result: T;
  let left: Cond = NO;
  const turn = (): { events: Event[]; changes: Change[] } => {
    const values = own.map((name) => frame.scope.vars.get(name)!);
    loop.written = new Map();
    frame.trace = [];
    frame.live = before.live;
    result = body();
    const ended = frame.live;
    left = R.d.or(left, R.d.and(before.live, R.d.not(ended)));
    frame.live = R.d.or(ended, R.d.and(broken(), before.live));
    const changes = [...loop.written].flatMap(([thing, old]) => differences(thing, old));
    own.forEach((name, i) => {
      const after = frame.scope.vars.get(name)!;
      if (valueKey(values[i]!) !== valueKey(after)) changes.push({ name, before: values[i]!, after });
    });
    return { events: frame.trace, changes };
  };
  try {
    const first = turn();
    let { events } = first;
    let opening: readonly Event[] | undefined;
    let changes = first.changes;
    const carried = changes.filter((c) => c.name !== undefined || loop.reads.has(c.thing!));
    if (carried.length > 0) {
      opening = first.events;
      // later turns find what the first left: its number is 0, and nothing ended it
      const began = new Map(carried.map((c) => [keyOf(c), keep(R, frame, c, of.at, opening!)]));
      restart();
      let later = turn();
      const moving = later.changes.filter((c) => unsettle(R, frame, c, began.get(keyOf(c)), of, loop.since));
      if (moving.length > 0) {
        restart();
        later = turn();
      }
      ({ events } = later);
      changes = [...changes.filter((c) => !carried.includes(c)), ...later.changes.filter((c) => !began.has(keyOf(c)))];
      // where turns do not go on changing it, it is what it was before the last of them
      for (const c of carried) if (!moving.some((m) => keyOf(m) === keyOf(c))) put(frame, c, began.get(keyOf(c)));
    }
    // a turn that leaves the loop keeps later ones from happening
    if (left !== NO) {
      const still = R.book.opaque('an earlier turn of a loop may have left it', placeOf(frame));
      opening ??= events;
      events = events.map((e) => ({ ...e, g: R.d.and(e.g, still) }));
    }
    frame.trace = before.trace;
    const made: Event = { kind: 'loop', g: YES, trace: events, ...(opening ? { first: opening } : {}), at: of.at, n: of.n };
    if (events.length + (opening?.length ?? 0) > 0) {
      const caught = [...classesRaised([made])].some((cls) => willCatch(frame, cls));
      frame.trace.push(...(caught ? flatten(R, [made]) : [made]));
    }
    settleAfter(R, frame, of, before.live, before.returns);
    for (const c of changes) if (c.items || speaksOfNumber(R, now(frame, c), of.at)) forget(R, frame, c);
    for (const name of names) {
      const value = frame.scope.vars.get(name);
      if (value && speaksOfNumber(R, value, of.at)) frame.scope.vars.set(name, one(opaque(`${name}, as a loop left it`, placeOf(frame))));
    }
  } finally {
    frame.trace = before.trace;
    R.symbolicLoops = outer;
    R.going.delete(of.at);
  }
  // what some turn raised ends everything; the order of events says so
  restart();
  return result!;
}

const now = (frame: Frame, c: Change): Value =>
  c.name !== undefined ? (frame.scope.vars.get(c.name) ?? []) : c.thing && 'attrs' in c.thing && c.key !== undefined ? (c.thing.attrs.get(c.key) ?? []) : [];

/** Where the frame stands after the loop, and what it returned inside: conditions of some turn become "of any turn". */
function settleAfter(R: Reader, frame: Frame, of: SeriesAtom, before: Cond, returns: number): void {
  if (R.book.speaks(frame.live, of.at)) {
    const gone = R.d.and(before, R.d.not(frame.live));
    frame.live = R.d.and(before, R.d.not(R.book.exists(of.at, of.n, gone)));
  }
  const inside = frame.returns.slice(returns);
  if (!inside.some((a) => R.book.speaks(a.g, of.at) || speaksOfNumber(R, one(a.v), of.at))) return;
  frame.returns.length = returns;
  const some = inside.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
  const [only] = inside;
  const certain = inside.length === 1 && !speaksOfNumber(R, one(only!.v), of.at);
  frame.returns.push({ g: R.book.exists(of.at, of.n, some), v: certain ? only!.v : opaque('returned from a loop of symbolic length', placeOf(frame)) } satisfies Alternative);
}

/** Does a value say something about the number of a turn? Things made in a turn may, but only by what they hold. */
export function speaksOfNumber(R: Reader, value: Value, at: string): boolean {
  const named = (e: Expr): boolean => [...exprInputs(e)].some((n) => n.split('.').includes(at));
  const part = (p: Part): boolean => (p.p === 'expr' ? named(p.e) : p.p !== 'lit' && p.of.some((o) => R.book.speaks(o.g, at) || o.parts.some(part)));
  return value.some(
    ({ g, v }) =>
      R.book.speaks(g, at) ||
      (v.k === 'num' && named(v.e)) ||
      (v.k === 'text' && v.parts.some(part)) ||
      (v.k === 'tuple' && v.items.some((i) => speaksOfNumber(R, i, at))),
  );
}

interface Change {
  readonly thing?: Heap;
  readonly name?: string;
  readonly key?: string;
  readonly before: Value | undefined;
  readonly after: Value | undefined;
  /** The items of a list, or the entries of a dictionary, differ. */
  readonly items?: true;
}

function differences(thing: Heap, old: Snapshot): Change[] {
  const held = snapshot(thing);
  if (old instanceof Map && held instanceof Map) {
    const out: Change[] = [];
    for (const [key, after] of held as Map<string, Value>) {
      const before = (old as Map<string, Value>).get(key) ?? (thing.k === 'instance' ? thing.lazy?.(key) : undefined);
      if (!before || valueKey(before) !== valueKey(after)) out.push({ thing, key, before, after });
    }
    return out;
  }
  const a = old as readonly Item[];
  const b = held as readonly Item[];
  const same = a.length === b.length && a.every((x, i) => x.g === b[i]!.g && valueKey(x.v) === valueKey(b[i]!.v));
  return same ? [] : [{ thing, before: undefined, after: undefined, items: true }];
}

const keys = new WeakMap<Heap, number>();
const keyOf = (c: Change): string => {
  if (c.name !== undefined) return c.name;
  let n = keys.get(c.thing!);
  if (n === undefined) keys.set(c.thing!, (n = fresh()));
  return `${n}.${c.key ?? ''}`;
};

function put(frame: Frame, c: Change, value: Value | undefined): void {
  if (!value) return;
  if (c.thing) c.thing.version++;
  if (c.name !== undefined) frame.scope.vars.set(c.name, value);
  else if (c.key !== undefined && c.thing && 'attrs' in c.thing) c.thing.attrs.set(c.key, value);
}

/** What the first turn left, for the turns after it: its number is 0, and where it was ended there are none. */
function keep(R: Reader, frame: Frame, c: Change, at: string, events: readonly Event[]): Value | undefined {
  if (c.items) {
    forget(R, frame, c);
    return undefined;
  }
  let clear: Cond = YES;
  const flat = flatten(R, events);
  const base = baseOf(R, frame);
  if (base === YES && !flat.some((e) => e.kind === 'raise' && willCatch(frame, e.exc.cls)))
    for (const e of flat) {
      const next = e.kind === 'raise' && (e.explicit === true || !R.lenient) ? R.d.and(clear, R.d.not(e.g)) : clear;
      if (next !== NO && R.d.weight(next, 400) < 400) clear = next;
    }
  const zero = standing(R, at, { op: 'const', value: 0 });
  const value = restrict(R.d, c.after!, clear).map((a) => ({ g: zero.cond(a.g), v: zero.atom(a.v) ?? a.v }));
  put(frame, c, value);
  return value;
}

/** The condition, over all calls under way, that the frame was entered. */
function baseOf(R: Reader, frame: Frame): Cond {
  let g: Cond = YES;
  for (let f: Frame | undefined = frame; f; f = f.caller) g = R.d.and(g, f.base);
  return g;
}

/** Where a later turn changed what it found, nobody knows what the next one finds. Says whether there is such a place. */
function unsettle(R: Reader, frame: Frame, c: Change, found: Value | undefined, of: SeriesAtom, since: number): boolean {
  if (c.items || !c.after) {
    forget(R, frame, c);
    return true;
  }
  const had = found ?? c.before;
  if (!had) {
    forget(R, frame, c);
    return true;
  }
  const of2 = (value: Value, v: Atom): Cond => value.reduce<Cond>((g, a) => (a.v === v || (made(a.v, since) && made(v, since) && a.v.k === v.k) ? R.d.or(g, a.g) : g), NO);
  let differs: Cond = NO;
  for (const a of [...had, ...c.after]) {
    const [x, y] = [of2(had, a.v), of2(c.after, a.v)];
    differs = R.d.or(differs, R.d.or(R.d.and(x, R.d.not(y)), R.d.and(y, R.d.not(x))));
  }
  if (differs === NO) return false;
  const where = R.book.exists(of.at, of.n, differs);
  put(frame, c, choose(R.d, where, one(opaque(`changed in more than one turn of a loop: ${c.name ?? c.key!}`, placeOf(frame))), had));
  return true;
}

/** A thing made inside the loop: one stands for another. */
const made = (v: Atom, since: number): boolean => v.id >= since && MADE.has(v.k);

const MADE = new Set(['instance', 'opaque', 'func', 'bound']);

/** Makes what was changed unknown. */
function forget(R: Reader, frame: Frame, c: Change): void {
  const place = placeOf(frame);
  const why = `changed in every turn of a loop${(c.name ?? c.key) === undefined ? '' : `: ${c.name ?? c.key!}`}`;
  note(R, 'assumed', why, place);
  if (c.thing) c.thing.version++;
  if (c.name !== undefined) frame.scope.vars.set(c.name, one(opaque(why, place)));
  else if (c.key !== undefined && c.thing && 'attrs' in c.thing) c.thing.attrs.set(c.key, one(opaque(why, place)));
  else if (c.thing?.k === 'list' || c.thing?.k === 'set') c.thing.items = [{ g: opaqueCond(R, frame, why), v: one(opaque(why, place)), place }];
  else if (c.thing?.k === 'dict') for (const e of c.thing.entries) e.v = one(opaque(why, place));
}
