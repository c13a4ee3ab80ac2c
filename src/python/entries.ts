/** The entries of a dictionary, each there under a condition. */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { truth } from './reader.ts';
import type { Reader } from './reader.ts';
import { choose, dict, one, restrict, str } from './values.ts';
import type { Atom, DictAtom, Entry, SeriesAtom, TupleAtom, Value } from './values.ts';

/**
 * Puts a key into a dictionary's entries under a condition. Where the key is there already it keeps its place; where it
 * is not, it comes last: a key may stand at two places under conditions that exclude each other.
 */
export function putEntry(R: Reader, entries: Entry[], key: Atom, g: Cond, v: Value): void {
  let fresh = g;
  for (const old of entries) {
    if (fresh === NO) return;
    const both = R.d.and(R.d.and(old.g, fresh), sameKey(R, old.key, key));
    if (both === NO) continue;
    old.v = choose(R.d, both, v, old.v);
    fresh = R.d.and(fresh, R.d.not(both));
  }
  if (fresh !== NO) entries.push({ key, g: fresh, v });
}

/** When two keys are one: always, never, or where an open text or number is the other. */
export function sameKey(R: Reader, a: Atom, b: Atom): Cond {
  if (a === b) return YES;
  if (a.k === 'tuple' && b.k === 'tuple') {
    if (a.items.length !== b.items.length) return NO;
    return a.items.reduce<Cond>((c, x, i) => {
      const [x0, y0] = [x[0], b.items[i]![0]];
      if (x.length !== 1 || b.items[i]!.length !== 1) return x === b.items[i] ? c : NO;
      return R.d.and(c, sameKey(R, x0!.v, y0!.v));
    }, YES);
  }
  const open = [a, b].find((v) => v.k === 'text' || v.k === 'num');
  const other = open === a ? b : a;
  if (!open || !KEYS[open.k]!.includes(other.k)) return NO;
  return truth(
    R,
    R.frame!,
    R.callAtom(R.frame!, R.builtin('__eq__test')![0]!.v, { pos: [one(a), one(b)], kw: new Map() }),
  );
}

/** What an open text or number may be the same key as. */
const KEYS: Readonly<Partial<Record<Atom['k'], readonly Atom['k'][]>>> = {
  text: ['str', 'text'],
  num: ['int', 'float', 'bool', 'num'],
};

/** Makes the entry of a key of a dictionary of the question, once. */
export function settleKey(R: Reader, self: DictAtom, key: Atom): void {
  if (!self.lazy || key.k !== 'str' || self.lazy.asked.has(key.s)) return;
  self.lazy.asked.add(key.s);
  const value = self.lazy.at(key.s);
  if (!value) return;
  const there = R.d.not(value.reduce<Cond>((c, a) => (a.v.k === 'unbound' ? R.d.or(c, a.g) : c), NO));
  const bound = restrict(
    R.d,
    value.filter((a) => a.v.k !== 'unbound'),
    there,
  );
  if (bound.length) self.entries.push({ key, g: there, v: bound });
}

/** The keys of a dictionary of the question beside some that are named. */
export interface OtherKeys {
  readonly all: SeriesAtom;
  readonly key: Atom;
  /** The condition that an entry is one of them, and that there is any. */
  readonly keep: Cond;
  readonly some: Cond;
}

/** The keys that a dictionary of the question holds beside `names`; undefined where its entries cannot be gone through. */
export function otherKeys(R: Reader, self: DictAtom, names: Iterable<string>): OtherKeys | undefined {
  const all = self.lazy?.names ? undefined : self.lazy?.all?.();
  const key = all && (all.item[0]!.v as TupleAtom).items[0]![0]!.v;
  if (!all || !key) return undefined;
  const known = [...names].reduce<Cond>((c, name) => R.d.or(c, sameKey(R, key, str(name))), NO);
  const keep = R.d.and(all.keep, R.d.not(known));
  return { all, key, keep, some: R.book.exists(all.at, all.n, keep) };
}

/** A dictionary of its own with the same entries, those not asked for yet as well. */
export function copyDict(d: DictAtom): DictAtom {
  const made = dict(d.entries.map((e) => ({ ...e })));
  if (d.lazy) made.lazy = { ...d.lazy, asked: new Set(d.lazy.asked) };
  // what was changed in one of the question is not what the question gives in its copy either
  made.version = d.version;
  return made;
}
