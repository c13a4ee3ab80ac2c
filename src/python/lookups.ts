/** What a dictionary gives for a key. */
import { type Reader, type Frame, reading, truth, raise, exception } from './reader.ts';
import {
  type Atom,
  type DictAtom,
  type Value,
  type Alternative,
  one,
  union,
  type SeriesAtom,
  type TupleAtom,
  type Item,
  list,
  series,
  tuple,
  opaque,
  str,
  type ClassAtom,
} from './values.ts';
import { type Cond, NO, YES } from '../rules/index.ts';
import { settleKey } from './entries.ts';
import { compareOp } from './compare.ts';
import { standing } from './substitute.ts';

/** The value of a key: what is there, and the condition that nothing is. */
export function dictGet(R: Reader, frame: Frame, self: DictAtom, key: Value): { found: Value; missing: Cond } {
  reading(R, self);
  for (const k of key) settleKey(R, self, k.v);
  const out: Alternative[] = [];
  let missing: Cond = NO;
  for (const k of key) {
    let open: Cond = k.g;
    for (const e of self.entries) {
      const same = k.v === e.key ? YES : truth(R, frame, compareOp(R, frame, 'Eq', one(k.v), one(e.key)));
      const here = R.d.and(open, R.d.and(same, e.g));
      if (here === NO) continue;
      for (const a of e.v) out.push({ g: R.d.and(here, a.g), v: a.v });
      open = R.d.and(open, R.d.not(here));
      if (open === NO) break;
    }
    const named = open === NO ? [] : underInput(self, k.v);
    // what was asked for by its name stands among the entries, or does not any more
    const asked = named.length > 0 ? [...self.lazy!.asked] : [];
    let other = open;
    for (const name of asked)
      other = R.d.and(other, R.d.not(truth(R, frame, compareOp(R, frame, 'Eq', one(k.v), one(str(name))))));
    for (const a of named.filter(({ v }) => v.k !== 'unbound')) {
      const here = R.d.and(other, a.g);
      out.push({ g: here, v: a.v });
      open = R.d.and(open, R.d.not(here));
    }
    missing = R.d.or(missing, open);
  }
  return { found: union(R.d, out), missing };
}

/** What a dictionary of the question holds beside its entries under a key that is an input; nothing where that is no such key. */
export function underInput(self: DictAtom, key: Atom): Value {
  const [only] = key.k === 'text' ? key.parts : [];
  const isInput = key.k === 'text' && key.parts.length === 1 && only!.p === 'expr' && only!.e.op === 'input';
  return isInput ? (self.lazy?.named?.((only as { e: { name: string } }).e.name) ?? []) : [];
}

/** The entries of a dictionary of the question that nobody changed. */
export const entriesIn = (self: DictAtom): SeriesAtom | undefined =>
  self.version === 0 && !self.lazy?.names ? self.lazy?.all?.() : undefined;

/** Up to so many entries are gone through one by one. */
const FEW = 2;

/** What is made of each entry of a dictionary of the question: a list of its own where there are few of them. */
export function spreadOut(R: Reader, self: DictAtom, make: (pair: TupleAtom) => Value | TupleAtom): Value | undefined {
  const all = entriesIn(self);
  if (!all) return undefined;
  const value = (pair: TupleAtom): Value => {
    const made = make(pair);
    return 'k' in made ? one(made) : made;
  };
  const pair = all.item[0]!.v as TupleAtom;
  let open: Cond = YES;
  const out: Alternative[] = [];
  for (let n = 0; n <= FEW; n++) {
    const g = R.d.and(open, R.book.test({ op: 'eq', args: [all.n, { op: 'const', value: n }] }));
    const items = Array.from({ length: n }, (_, i): Item => ({ g: YES, v: value(entryAt(R, all, pair, i)) }));
    out.push({ g, v: list(items) });
    open = R.d.and(open, R.d.not(g));
  }
  return [...out, { g: open, v: series(all.at, all.n, value(pair)) }];
}

/** The entry at a number. */
function entryAt(R: Reader, all: SeriesAtom, pair: TupleAtom, n: number): TupleAtom {
  const at = standing(R, all.at, { op: 'const', value: n });
  return tuple(
    pair.items.map((item) =>
      item.map(({ g, v }) => ({
        g: at.cond(g),
        v: at.atom(v) ?? opaque('an entry of a dictionary of uncertain size', ''),
      })),
    ),
  );
}

/** Raises the KeyError of a key that is not there: one for each thing that the key may be. */
export function noSuchKey(R: Reader, frame: Frame, missing: Cond, key: Value): void {
  const cls = R.builtin('KeyError')![0]!.v as ClassAtom;
  for (const { g, v } of key) raise(R, frame, R.d.and(missing, g), exception(cls, [one(v)]));
}
