/**
 * What every turn of a loop changes in the same way: a value that is set if it was not, a dictionary that gets a key that it lacks.
 * The first turn finds it as it was, every later one as a turn leaves it.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { speaksOfNumber } from './gather.ts';
import type { Heap, Reader, Snapshot } from './reader.ts';
import { choose, restrict, str, valueKey } from './values.ts';
import type { Alternative, Atom, DictAtom, Entry, Value } from './values.ts';

/** What something held before all turns, and after any: an attribute, or the entries of a dictionary. */
export interface Settled {
  readonly first: Value | readonly Entry[];
  readonly later: Value | readonly Entry[];
  /** What it holds later, as a text. */
  readonly said: string;
}

/** A change by a turn, as far as it matters here. */
interface Changed {
  readonly thing?: Heap;
  readonly key?: string;
  readonly before: Value | undefined;
  readonly after: Value | undefined;
  readonly held?: Snapshot;
}

/** The loop: its number, and when it began. */
interface Where {
  readonly at: string;
  readonly since: number;
}

/** What a first turn makes of something, if every later turn may leave it so; undefined where it cannot be that. */
export function settles(R: Reader, c: Changed, where: Where): Settled | undefined {
  // a variable of the loop is set anew in nearly every turn
  if (!c.thing || c.thing.id >= where.since) return undefined;
  const said = saidAfter(R, c, where);
  if (said === undefined) return undefined;
  if (c.key !== undefined) return c.before && c.after && { first: c.before, later: c.after, said };
  const d = c.thing as DictAtom;
  const old = c.held as readonly Entry[];
  const unasked = d.entries.filter((e) => !old.some((o) => o.key === e.key));
  return { first: [...old, ...copied(unasked.flatMap((e) => ofQuestion(d, e.key)))], later: copied(d.entries), said };
}

/** Whether a later turn left it as the first one did. */
export const isSettled = (R: Reader, { said }: Settled, c: Changed, where: Where): boolean =>
  saidAfter(R, c, where) === said;

/** What a turn finds, where `isFirst` says whether it is the first. */
export function settledValue(R: Reader, { first, later }: Settled, isFirst: Cond): Value {
  return choose(R.d, isFirst, first as Value, later as Value);
}

/** The entries that a turn finds. */
export function settledEntries(R: Reader, { first, later }: Settled, isFirst: Cond): Entry[] {
  const under = (entries: readonly Entry[], c: Cond): Entry[] => entries.map((e) => ({ ...e, g: R.d.and(e.g, c) }));
  const [old, now] = [first as readonly Entry[], later as readonly Entry[]];
  // an entry that is the same stands there once
  const same = (a: Entry) => (b: Entry) => a.key === b.key && a.g === b.g && valueKey(a.v) === valueKey(b.v);
  return [
    ...copied(old.filter((e) => now.some(same(e)))),
    ...under(
      old.filter((e) => !now.some(same(e))),
      isFirst,
    ),
    ...under(
      now.filter((e) => !old.some(same(e))),
      R.d.not(isFirst),
    ),
  ].filter((e) => e.g !== NO);
}

const copied = (entries: readonly Entry[]): Entry[] => entries.map((e) => ({ ...e }));

/** What a dictionary of the question holds under a key. */
function ofQuestion(d: DictAtom, key: Atom): Entry[] {
  const value = d.lazy && key.k === 'str' ? (d.lazy.at(key.s) ?? []) : [];
  const there = value.filter((a) => a.v.k !== 'unbound');
  return there.map(({ g, v }) => ({ key, g, v: [{ g: YES, v }] }));
}

/** What a turn leaves, as a text; undefined where it depends on the turn, or is no plain thing. */
function saidAfter(R: Reader, c: Changed, where: Where): string | undefined {
  if (c.key !== undefined) return c.after && saidOf(R, c.after, where);
  if (c.thing?.k !== 'dict' || !c.held || c.thing.factory) return undefined;
  return saidEntries(R, c.thing, YES, where);
}

function saidOf(R: Reader, value: Value, where: Where): string | undefined {
  if (speaksOfNumber(R, value, where.at)) return undefined;
  const merged = new Map<string, Cond>();
  for (const { g, v } of value) {
    const said = saidAtom(R, v, g, where);
    if (said === undefined) return undefined;
    merged.set(said, R.d.or(merged.get(said) ?? NO, g));
  }
  return [...merged]
    .map(([said, g]) => `${g}?${said}`)
    .sort()
    .join('|');
}

/** What a thing is and holds, as a text; it is looked at under `live` alone. */
function saidAtom(R: Reader, v: Atom, live: Cond, where: Where): string | undefined {
  // what was there before is that thing, whatever it holds
  if (v.id < where.since) return String(v.id);
  switch (v.k) {
    case 'opaque':
      return `${v.place} ${v.why}`;
    case 'tuple': {
      const items = v.items.map((i) => saidOf(R, restrict(R.d, i, live), where));
      return v.cls || items.includes(undefined) ? undefined : `(${items.join(',')})`;
    }
    case 'list': {
      const items = v.items.map(({ g, v: item }) => {
        const there = restrict(R.d, [{ g, v }], live)[0]?.g ?? NO;
        const said = saidOf(R, restrict(R.d, item, R.d.and(live, g)), where);
        return said === undefined || R.book.speaks(g, where.at) ? undefined : `${there}:${said}`;
      });
      return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
    }
    case 'dict':
      return v.factory ? undefined : saidEntries(R, v, live, where);
    case 'series':
    case 'set':
      return undefined;
    default:
      return String(v.id);
  }
}

/** What a dictionary holds, key by key; of one of the question, what it held before it was asked for it is no change. */
function saidEntries(R: Reader, d: DictAtom, live: Cond, where: Where): string | undefined {
  const values = new Map<Atom, Alternative[]>();
  for (const e of d.entries) {
    if (R.book.speaks(e.g, where.at)) return undefined;
    const of = values.get(e.key) ?? [];
    values.set(e.key, [...of, ...e.v.map((a) => ({ g: R.d.and(e.g, a.g), v: a.v }))]);
  }
  for (const key of d.lazy?.asked ?? []) if (!values.has(str(key))) values.set(str(key), []);
  const out: string[] = [];
  for (const [key, value] of values) {
    const held = (of: Value): string | undefined => saidOf(R, restrict(R.d, of, live), where);
    const said = held(value);
    if (said === undefined) return undefined;
    const before = held(d.lazy ? ofQuestion(d, key).map((e) => ({ g: e.g, v: e.v[0]!.v })) : []);
    if (said !== before) out.push(`${key.id}=${said}`);
  }
  return `{${d.lazy?.path ?? ''} ${out.join(' ')}}`;
}
