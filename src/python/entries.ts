/** The entries of a dictionary, each there under a condition. */
import { NO } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import type { Reader } from './reader.ts';
import { choose, dict, restrict } from './values.ts';
import type { Atom, DictAtom, Entry, Value } from './values.ts';

/**
 * Puts a key into a dictionary's entries under a condition. Where the key is there already it keeps its place; where it
 * is not, it comes last: a key may stand at two places under conditions that exclude each other.
 */
export function putEntry(R: Reader, entries: Entry[], key: Atom, g: Cond, v: Value): void {
  let fresh = g;
  for (const old of entries) {
    if (fresh === NO) return;
    if (!sameKey(old.key, key)) continue;
    const both = R.d.and(old.g, fresh);
    if (both === NO) continue;
    old.v = choose(R.d, both, v, old.v);
    fresh = R.d.and(fresh, R.d.not(old.g));
  }
  if (fresh !== NO) entries.push({ key, g: fresh, v });
}

const sameKey = (a: Atom, b: Atom): boolean =>
  a === b ||
  (a.k === 'tuple' &&
    b.k === 'tuple' &&
    a.items.length === b.items.length &&
    a.items.every((x, i) => x.length === 1 && b.items[i]!.length === 1 && sameKey(x[0]!.v, b.items[i]![0]!.v)));

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

/** A dictionary of its own with the same entries, those not asked for yet as well. */
export function copyDict(d: DictAtom): DictAtom {
  const made = dict(d.entries.map((e) => ({ ...e })));
  if (d.lazy) made.lazy = { ...d.lazy, asked: new Set(d.lazy.asked) };
  return made;
}
