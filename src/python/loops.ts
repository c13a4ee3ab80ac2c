/* oxlint-disable max-lines -- one part of the language, in one place */
/**
 * Going through a list whose length depends on inputs: the body is read for any one number of the list. What one turn
 * leaves for the next is an input of the turn, `state.<n>`, together with what it is at first and after a turn; what is
 * no plain value becomes unknown where turns change it.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond, Kind, Scalar } from '../rules/index.ts';
import { SETTERS } from './assigning.ts';
import { added, gatheredList, gatheredSet, speaksOfNumber } from './gather.ts';
import type { Gatherer } from './gather.ts';
import { isWorkedOut } from './objects.ts';
import { choiceInput, kindInput } from './inputs.ts';
import { isSettled, settledEntries, settledValue, settles } from './settled.ts';
import type { Settled } from './settled.ts';
import {
  care,
  classesRaised,
  flatten,
  note,
  opaqueCond,
  placeOf,
  sinceMade,
  snapshot,
  under,
  willCatch,
} from './reader.ts';
import type { Event, Frame, Heap, ItemSet, LoopState, Reader, Snapshot, SymbolicLoop } from './reader.ts';

import { NOWHERE } from './settable.ts';
import { replaceItems } from './turnitems.ts';
import type { Settable } from './settable.ts';
import { bool, choose, FALSE, fresh, one, opaque, text, TRUE, union, valueKey } from './values.ts';
import type { Alternative, Atom, ClassAtom, Entry, Item, SeriesAtom, Value } from './values.ts';

/** A change of something by a turn: of an attribute, of a variable of the frame, or of the items of a list. */
interface Change {
  readonly thing?: Heap;
  readonly name?: string;
  readonly key?: string;
  readonly before: Value | undefined;
  readonly after: Value | undefined;
  /** What a list or a set held before it, where it was changed. */
  readonly held?: Snapshot;
}

/** Something that a turn leaves for the next one: an input, or unknown. */
interface Carried {
  readonly change: Change;
  readonly state: { readonly name: string; domain: Atom[]; value: Value; next: Value } | undefined;
  /** What every turn leaves in the same way. */
  readonly settled?: Settled & { readonly isFirst: FirstTurn };
}

/** The input that says whether a turn is the first, and the condition that it is. */
interface FirstTurn {
  readonly name: string;
  readonly g: Cond;
}

/** A loop is read again until it is known what its turns carry over; more often is never needed. */
const MOST_READINGS = 5;

/**
 * Reads the body of a loop over `of`, whose items are there under `of.keep`; `names` are the variables of the frame that
 * the body assigns, and `broken` says where a turn left the loop but not the frame; to the lists that the places of
 * `gatherers` hold the body only appends, and nothing else holds them; `settable` names what it only sets items of. Gives undefined when the same list is being gone
 * through already.
 */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function eachOf<T>(
  R: Reader,
  frame: Frame,
  of: SeriesAtom,
  names: readonly string[],
  body: () => T,
  broken: () => Cond = () => NO,
  gatherers: () => readonly Gatherer[] = () => [],
  settable: Settable = NOWHERE,
): T | undefined {
  if (R.going.has(of.at)) return undefined;
  R.going.add(of.at);
  const sets: ItemSet[] = [];
  const loop: SymbolicLoop = {
    fn: frame.fn,
    since: fresh(),
    written: new Map(),
    reads: new Set(),
    settable: { frame, ...settable, sets },
  };
  const outer = R.symbolicLoops;
  R.symbolicLoops = [...outer, loop];
  const own = names.filter((n) => frame.scope.vars.has(n));
  const before = {
    live: frame.live,
    raised: frame.raised,
    raisedAt: [...frame.raisedAt],
    trace: frame.trace,
    returns: frame.returns.length,
  };
  const carried = new Map<string, Carried>();
  const where = { at: of.at, since: loop.since };
  let turn: { events: Event[]; changes: Change[]; left: Cond; result: T } | undefined;
  try {
    for (let reading = 0; ; reading++) {
      frame.returns.length = before.returns;
      resetRaised(frame, before);
      for (const c of turn?.changes ?? []) if (!carried.has(keyOf(c))) takeBack(c);
      turn = oneTurn(R, frame, loop, own, before.live, body, broken);
      // a variable that only some turns bind is there for later ones
      const loose = names.filter(
        (n) => !own.includes(n) && !carried.has(n) && frame.scope.vars.get(n)?.some((a) => a.v.k === 'unbound'),
      );
      for (const name of loose) turn.changes.push({ name, before: undefined, after: undefined });
      if (!carryOver(R, frame, loop, turn.changes, carried, before.live, { ...where, reading })) break;
    }
    const states: LoopState[] = [...carried.values()].flatMap(({ change, state }) =>
      state ? [{ name: state.name, first: change.before!, next: state.next }] : [],
    );
    const isFirst = settledIn(carried)?.isFirst;
    if (isFirst) states.push({ name: isFirst.name, first: one(TRUE), next: one(FALSE) });
    let { events } = turn;
    // a turn that leaves the loop keeps later ones from happening
    if (turn.left !== NO) {
      const name = `state.${R.numbers++}`;
      const gone = choiceInput(R, name, [
        { label: false, atom: bool(false) },
        { label: true, atom: bool(true) },
      ]);
      const here = R.d.not(gone[1]!.g);
      events = events.map((e) => ({ ...e, g: R.d.and(e.g, here) }));
      const stays = R.d.and(here, R.d.not(turn.left));
      states.push({
        name,
        first: one(FALSE),
        next: [
          { g: R.d.not(stays), v: bool(true) },
          { g: stays, v: FALSE },
        ],
      });
    }
    frame.trace = before.trace;
    const made: Event = { kind: 'loop', g: YES, trace: events, at: of.at, n: of.n, states };
    if (events.length > 0 || states.length > 0)
      frame.trace.push(
        ...([...classesRaised(events)].some((cls) => willCatch(frame, cls)) ? flatten(R, [made]) : [made]),
      );
    settleAfter(R, frame, of, before.live, before.returns);
    const plain = states.length === 0;
    const others = turn.changes.filter(
      (c) => !carried.has(keyOf(c)) && !(plain && gather(R, frame, of, c, before.live, gatherers)),
    );
    leave(R, frame, of.at, others, names);
    const none = R.book.test({ op: 'lt', args: [of.n, { op: 'const', value: 1 }] });
    for (const { change, settled } of carried.values()) if (settled) putSettled(R, frame, change, settled, none);
    for (const { change } of carried.values()) besides(R, frame, change, before.live);
    for (const change of others) besides(R, frame, change, before.live);
    R.symbolicLoops = outer;
    const isWhole = plain && turn.left === NO;
    under(R, frame, before.live, () => {
      replaceItems(R, frame, of, sets, before.live, { plain: isWhole, reads: loop.reads });
    });
  } finally {
    frame.trace = before.trace;
    R.symbolicLoops = outer;
    R.going.delete(of.at);
  }
  // what some turn raised ends everything; the order of events says so
  resetRaised(frame, before);
  return turn.result;
}

function resetRaised(frame: Frame, to: { readonly raised: Cond; readonly raisedAt: readonly Cond[] }): void {
  frame.raised = to.raised;
  frame.raisedAt.clear();
  for (const g of to.raisedAt) frame.raisedAt.add(g);
}

function oneTurn<T>(
  R: Reader,
  frame: Frame,
  loop: SymbolicLoop,
  own: readonly string[],
  live: Cond,
  body: () => T,
  broken: () => Cond,
) {
  const values = own.map((name) => frame.scope.vars.get(name)!);
  loop.written = new Map();
  loop.settable?.sets.splice(0);
  frame.trace = [];
  frame.live = live;
  const result = body();
  const ended = frame.live;
  frame.live = R.d.or(ended, R.d.and(broken(), live));
  const changes = [...loop.written].flatMap(([thing, old]) => differences(thing, old));
  own.forEach((name, i) => {
    const after = frame.scope.vars.get(name)!;
    if (valueKey(values[i]!) !== valueKey(after)) changes.push({ name, before: values[i]!, after });
  });
  return { events: frame.trace, changes, left: R.d.and(live, R.d.not(ended)), result };
}

/** Makes what a turn changed and a later one can read an input of the turn. Says whether the body is to be read again. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function carryOver(
  R: Reader,
  frame: Frame,
  loop: SymbolicLoop,
  changes: readonly Change[],
  carried: Map<string, Carried>,
  live: Cond,
  where: { readonly at: string; readonly since: number; readonly reading: number },
): boolean {
  let again = false;
  const last = where.reading + 1 >= MOST_READINGS;
  const drop = (key: string, change: Change): void => {
    again = true;
    carried.set(key, { change, state: undefined });
  };
  for (const [key, { change, settled }] of carried)
    if (settled && !changes.some((c) => keyOf(c) === key)) drop(key, change);
  for (const change of changes) {
    const key = keyOf(change);
    // where the loop is not reached nothing is carried over
    const reached = (value: Value | undefined): Value | undefined => value?.filter((a) => !R.d.disjoint(a.g, live));
    const inside = { ...change, before: reached(change.before), after: reached(change.after) };
    const c = noneOrSome(R, frame, carried, key, inside);
    const known = carried.get(key);
    if (!known) {
      if (c.name === undefined && !loop.reads.has(c.thing!)) continue;
      again = true;
      const domain = last || !c.before || !c.after ? undefined : plainAtoms([...c.before, ...c.after]);
      const name = domain && `state.${R.numbers++}`;
      const value = name && stateInput(R, name, domain);
      const made = c.thing && c.thing.id >= where.since;
      const settled = !value && !made && where.reading === 0 ? settles(R, c, where) : undefined;
      carried.set(key, {
        change: { ...c, before: change.before },
        state: value && !made ? { name, domain, value, next: c.after! } : undefined,
        ...(settled ? { settled: { ...settled, isFirst: firstTurn(R, carried) } } : {}),
      });
    } else if (known.settled) {
      if (!isSettled(R, known.settled, c, where)) drop(key, known.change);
    } else if (known.state) {
      known.state.next = c.after!;
      const wider = plainAtoms([...known.state.value, ...c.after!]);
      if (wider && wider.every((a) => known.state!.domain.includes(a) || open(a))) continue;
      // a value that was not met before: the input has to be made anew
      again = true;
      const domain = last
        ? undefined
        : plainAtoms([
            ...reached(known.change.before)!,
            ...known.state.next.filter((a) => !open(a.v)),
            ...known.state.domain.map((v) => ({ g: YES, v })),
          ]);
      const name = domain && `state.${R.numbers++}`;
      const value = name && stateInput(R, name, domain);
      carried.set(key, {
        change: known.change,
        state: value ? { name, domain, value, next: known.state.next } : undefined,
      });
    }
  }
  // a turn begins with the inputs, and ends with them too: after the last one they are what it left
  for (const { change, state, settled } of carried.values())
    if (state) put(frame, change, state.value);
    else if (settled) putSettled(R, frame, change, settled, settled.isFirst.g);
    else forget(R, frame, change);
  return again;
}

/** Something that is left as it is by every turn but the first, if any is. */
const settledIn = (carried: ReadonlyMap<string, Carried>): Carried['settled'] =>
  [...carried.values()].find((c) => c.settled)?.settled;

/** Whether a turn is the first one: an input of the turn. */
function firstTurn(R: Reader, carried: ReadonlyMap<string, Carried>): FirstTurn {
  const known = settledIn(carried)?.isFirst;
  if (known) return known;
  const name = `state.${R.numbers++}`;
  const [isFirst] = choiceInput(R, name, [
    { label: true, atom: TRUE },
    { label: false, atom: FALSE },
  ]);
  return { name, g: isFirst!.g };
}

/** What stands there where `g` says that no turn has been, and else what any of them left. */
function putSettled(R: Reader, frame: Frame, change: Change, settled: Settled, g: Cond): void {
  if (change.key !== undefined) put(frame, change, settledValue(R, settled, g));
  else if (change.thing?.k === 'dict') {
    change.thing.version++;
    change.thing.entries = settledEntries(R, settled, g);
  }
}

/** What stands for the things of a variable that is None at first, by what is carried over. */
const somethings = new WeakMap<ReadonlyMap<string, Carried>, Map<string, Atom>>();

/**
 * A variable that is None at first and some thing made in a turn later: which thing is not told, but whether there is one.
 * Any other change is as it is.
 */
function noneOrSome(R: Reader, frame: Frame, carried: ReadonlyMap<string, Carried>, key: string, c: Change): Change {
  let known = somethings.get(carried);
  if (!known) somethings.set(carried, (known = new Map()));
  const some = known.get(key);
  if (c.name === undefined || !c.before?.every((a) => a.v.k === 'none' || a.v === some)) return c;
  const isThing = (v: Atom): boolean => v === some || (v.k === 'instance' && v.member === undefined);
  if (!c.after?.some((a) => isThing(a.v)) || !c.after.every((a) => a.v.k === 'none' || isThing(a.v))) return c;
  const thing = some ?? something(R, frame, c.name);
  known.set(key, thing);
  return {
    ...c,
    after: union(
      R.d,
      c.after.map((a) => (isThing(a.v) ? { g: a.g, v: thing } : a)),
    ),
  };
}

/** A thing of which is known that it is there, and nothing else. */
function something(R: Reader, frame: Frame, name: string): Atom {
  const place = placeOf(frame);
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const cls: ClassAtom = { ...object, id: fresh(), name: 'something', attrs: new Map(), bases: [object], mro: [] };
  (cls as { mro: readonly ClassAtom[] }).mro = [cls, object];
  return {
    id: fresh(),
    k: 'instance',
    cls,
    attrs: new Map(),
    version: 0,
    member: 'something',
    lazyFirst: true,
    lazy: (attr) => (attr.startsWith('__') ? undefined : one(opaque(`${attr} of ${name}, as a loop left it`, place))),
    isA: (of) => opaqueCond(R, frame, `is ${name}, as a loop left it, a ${of.name}`, place),
  };
}

/** A value that is not one of finitely many. */
const open = (v: Atom): boolean => v.k === 'num' || v.k === 'text';

/** The different atoms of a value when all are plain; undefined else. */
function plainAtoms(value: Value): Atom[] | undefined {
  const found = new Set<Atom>();
  for (const { v } of value) {
    const plain =
      ['none', 'bool', 'int', 'float', 'str', 'num', 'text'].includes(v.k) ||
      (v.k === 'instance' && v.member !== undefined) ||
      (v.k === 'outside' && v.constant);
    if (!plain) return undefined;
    found.add(v);
  }
  return [...found];
}

/** The input of a state: one of finitely many values, or of the kinds that its values have. */
function stateInput(R: Reader, name: string, domain: readonly Atom[]): Value | undefined {
  const finite = domain.filter((v) => !open(v));
  if (!domain.some((v) => v.k === 'num')) {
    const labels = finite.map(labelOf);
    if (new Set(labels).size !== labels.length) return undefined;
    const other = domain.some((v) => v.k === 'text') ? text([{ p: 'expr', e: { op: 'input', name } }]) : undefined;
    return choiceInput(
      R,
      name,
      finite.map((atom, i) => ({ label: labels[i]!, atom })),
      other,
    );
  }
  if (finite.some((v) => v.k === 'instance' || v.k === 'outside')) return undefined;
  const kinds = new Set(domain.map(kindOfAtom));
  return kindInput(
    R,
    name,
    KINDS.filter((k) => kinds.has(k)),
  );
}

function labelOf(v: Atom): Scalar {
  switch (v.k) {
    case 'bool':
      return v.b;
    case 'int':
    case 'float':
      return v.n;
    case 'str':
      return v.s;
    case 'instance':
      return v.member!;
    case 'outside':
      return v.name;
    default:
      return null;
  }
}

const KINDS: readonly Kind[] = ['none', 'false', 'true', 'int', 'float', 'str'];

function kindOfAtom(v: Atom): Kind {
  if (v.k === 'none') return 'none';
  if (v.k === 'bool') return v.b ? 'true' : 'false';
  if (v.k === 'float' || (v.k === 'num' && v.float)) return 'float';
  return v.k === 'int' || v.k === 'num' ? 'int' : 'str';
}

/** What is left after the loop: things that were only changed, and variables of the last turn. */
function leave(R: Reader, frame: Frame, at: string, changes: readonly Change[], names: readonly string[]): void {
  for (const c of changes)
    if (!c.after || (c.name === undefined && speaksOfNumber(R, c.after, at))) forget(R, frame, c);
  for (const name of names) {
    const value = frame.scope.vars.get(name);
    if (value && speaksOfNumber(R, value, at))
      frame.scope.vars.set(name, one(opaque(`${name}, as a loop left it`, placeOf(frame))));
  }
}

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
  frame.returns.push({
    g: R.book.exists(of.at, of.n, some),
    v: certain ? only!.v : opaque('returned from a loop of symbolic length', placeOf(frame)),
  } satisfies Alternative);
}

function differences(thing: Heap, old: Snapshot): Change[] {
  const held = snapshot(thing);
  if (old instanceof Map && held instanceof Map) {
    const out: Change[] = [];
    for (const [key, after] of held as Map<string, Value>) {
      const before =
        (old as Map<string, Value>).get(key) ?? (thing.k === 'instance' ? thing.lazy?.(key, thing) : undefined);
      if (!before || valueKey(before) !== valueKey(after)) out.push({ thing, key, before, after });
    }
    return out;
  }
  const a = old as readonly Item[];
  const b = held as readonly Item[];
  const same = a.length === b.length && a.every((x, i) => x.g === b[i]!.g && valueKey(x.v) === valueKey(b[i]!.v));
  return same ? [] : [{ thing, before: undefined, after: undefined, held: old }];
}

/** Takes what every turn added to a list or a set together, where it is known what the turns make of it. */
function gather(
  R: Reader,
  frame: Frame,
  of: SeriesAtom,
  c: Change,
  live: Cond,
  gatherers: () => readonly Gatherer[],
): boolean {
  const { thing, held } = c;
  const items = thing && held && added(thing, held);
  if (!items || !('items' in thing)) return false;
  const holder = (): Holder | undefined =>
    gatherers()
      .map((place) => holderOf(R, frame, place, thing, live))
      .find((h) => h !== undefined);
  if (thing.k === 'set') {
    const found = gatheredSet(R, frame, of, held as readonly Item[], items);
    const own = found?.open && holder();
    if (!found || (found.open && !own)) return false;
    thing.items = found.items;
    if (found.open) own!(found.open.g, found.open.set);
    return true;
  }
  const own = holder();
  const list = own && gatheredList(R, of, held, items, live);
  if (!list) return false;
  takeBack(c);
  own(YES, list);
  return true;
}

/** Puts something where a thing was held, under a condition. */
type Holder = (g: Cond, v: Atom) => void;

/** How a place that holds this thing and no other, where the loop is reached, is given another. */
function holderOf(R: Reader, frame: Frame, place: Gatherer, thing: Heap, live: Cond): Holder | undefined {
  const holds = (value: Value | undefined, where: Cond): boolean =>
    value !== undefined && value.every(({ g, v }) => v === thing || R.d.disjoint(g, where));
  const { name, attribute } = place;
  const value = frame.scope.vars.get(name);
  if (attribute === undefined)
    return holds(value, live)
      ? (g, v) => void frame.scope.vars.set(name, choose(R.d, R.d.and(live, g), one(v), frame.scope.vars.get(name)!))
      : undefined;
  const of = value?.length === 1 ? value[0]!.v : undefined;
  if (of?.k !== 'instance' || [...place.asked!].some((asked) => isWorkedOut(R, of, asked))) return undefined;
  if (!holds(of.attrs.get(of.rename?.(attribute) ?? attribute), sinceMade(R, frame, of, live))) return undefined;
  return (g, v) => {
    const saved = frame.live;
    frame.live = R.d.and(live, g);
    SETTERS.attr(R, frame, one(of), attribute, one(v));
    frame.live = saved;
  };
}

const numbers = new WeakMap<Heap, number>();

/** Tells changes of different places apart. */
function keyOf(c: Change): string {
  if (c.name !== undefined) return c.name;
  let n = numbers.get(c.thing!);
  if (n === undefined) numbers.set(c.thing!, (n = fresh()));
  return `${n}.${c.key ?? ''}`;
}

function put(frame: Frame, c: Change, value: Value): void {
  if (c.thing) c.thing.version++;
  if (c.name !== undefined) frame.scope.vars.set(c.name, value);
  else if (c.key !== undefined && c.thing && 'attrs' in c.thing) c.thing.attrs.set(c.key, value);
}

/** Where the loop was not reached, what it carries over is as it was. */
function besides(R: Reader, frame: Frame, c: Change, live: Cond): void {
  if (!c.before) return;
  if (c.name !== undefined) {
    const now = frame.scope.vars.get(c.name);
    if (now) frame.scope.vars.set(c.name, choose(R.d, live, now, c.before));
    return;
  }
  if (c.key === undefined || !c.thing || !('attrs' in c.thing)) return;
  const g = sinceMade(R, frame, c.thing, live);
  const now = c.thing.attrs.get(c.key);
  if (now) c.thing.attrs.set(c.key, choose(R.d, g, now, c.before));
}

/** Gives a list or a set the items that it had before a turn. */
function takeBack({ thing, held }: Change): void {
  if (!thing || !('items' in thing) || !held || held instanceof Map) return;
  thing.version++;
  thing.items = [...(held as readonly Item[])];
}

/** The condition under which a key was there before a turn. */
const wasThere = ({ held }: Change, { key }: Entry): Cond =>
  (Array.isArray(held) ? (held as readonly Entry[]) : []).find((old) => old.key === key)?.g ?? NO;

/** Is an entry as it was before a turn? */
const isAsBefore = ({ held }: Change, { key, g, v }: Entry): boolean =>
  Array.isArray(held) &&
  (held as readonly Entry[]).some((old) => old.key === key && old.g === g && valueKey(old.v) === valueKey(v));

/** Makes what was changed unknown. */
function forget(R: Reader, frame: Frame, c: Change): void {
  const place = placeOf(frame);
  const why = `changed in every turn of a loop${(c.name ?? c.key) === undefined ? '' : `: ${c.name ?? c.key!}`}`;
  note(R, 'assumed', why, place);
  if (c.name !== undefined || c.key !== undefined) put(frame, c, one(opaque(why, place)));
  else if (c.thing?.k === 'list' || c.thing?.k === 'set')
    c.thing.items = [{ g: opaqueCond(R, frame, why), v: one(opaque(why, place)), place, many: true }];
  else if (c.thing?.k === 'dict')
    for (const e of c.thing.entries) {
      // a reading that leaves what is raised to the order of events has conditions enough
      if (!R.lenient && isAsBefore(c, e)) continue;
      e.v = one(opaque(why, place));
      const before = wasThere(c, e);
      // which keys a dictionary of the tree's own has is left as the last turn has it: conditions of its making are too many
      if (e.g === YES || e.g === before || !c.thing.lazy) continue;
      // where no turn is reached, what was there is there
      const reached = care(R, frame);
      const changed = R.d.and(reached, opaqueCond(R, frame, why));
      e.g = R.d.or(changed, R.d.and(before, R.d.not(reached)));
    }
}
