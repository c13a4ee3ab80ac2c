/** Operators of sets, also of those of uncertain length. */
import { type Atom, set, type SetAtom, type ListAtom, type Value, union, type Item, one } from './values.ts';
import { type Reader, type Frame, unread, truth } from './reader.ts';
import { type Cond, NO } from '../rules/index.ts';
import { compareOp } from './compare.ts';
import { numbersOf, textsOf } from './numberlists.ts';

export const isUncertainSet = (v: Atom): boolean => v.k === 'series' && v.set !== undefined;

/** A set of certain items, or the keys of a dictionary. */
export const isItems = (v: Atom): v is SetAtom | ListAtom => v.k === 'set' || (v.k === 'list' && v.view === true);

type SetLike = Extract<Atom, { k: 'set' | 'series' }>;

export const isSet = (v: Atom): v is SetLike => v.k === 'set' || (v.k === 'series' && v.set !== undefined);

/** What two sets, of which one is of uncertain length, come to where one of them is empty; else nobody can say. */
export function uncertainSets(R: Reader, frame: Frame, op: string, a: SetLike, b: SetLike): Value {
  const some = (v: SetLike): Cond =>
    v.k === 'series' ? R.book.exists(v.at, v.n, v.keep) : v.items.reduce<Cond>((c, i) => R.d.or(c, i.g), NO);
  const [inA, inB] = [some(a), some(b)];
  const both = R.d.and(inA, inB);
  const open = (
    (op === 'BitOr' ? togetherOf(R, frame, a, b) : undefined) ?? unread(R, frame, `${op} of sets of uncertain length`)
  ).map((x) => ({ g: R.d.and(both, x.g), v: x.v }));
  if (op === 'BitAnd') return union(R.d, [...open, { g: R.d.not(both), v: set([]) }]);
  const kept =
    op === 'Sub'
      ? [
          { g: R.d.and(inA, R.d.not(inB)), v: a },
          { g: R.d.not(inA), v: set([]) },
        ]
      : [
          { g: R.d.not(inB), v: a },
          { g: R.d.and(inB, R.d.not(inA)), v: b },
        ];
  return union(R.d, [...open, ...kept]);
}

/** All that stands in one of two sets, where they hold numbers alone, or texts. */
function togetherOf(R: Reader, frame: Frame, a: SetLike, b: SetLike): Value | undefined {
  const sets = [one(a), one(b)];
  const made = numbersOf(R, frame, sets, { once: true }) ?? textsOf(R, frame, sets, { once: true });
  return made?.map(({ g, v }) => ({ g, v: v.k === 'series' ? { ...v, set: 'once' as const } : v }));
}

export function setOperation(R: Reader, frame: Frame, op: string, a: readonly Item[], b: readonly Item[]): Value {
  const inB = (i: Item): Cond => truth(R, frame, compareOp(R, frame, 'In', i.v, one(set([...b]))));
  switch (op) {
    case 'BitOr':
      return one(
        set([
          ...a,
          ...b.map((i) => ({
            ...i,
            g: R.d.and(i.g, R.d.not(truth(R, frame, compareOp(R, frame, 'In', i.v, one(set([...a])))))),
          })),
        ]),
      );
    case 'BitAnd':
      return one(set(a.map((i) => ({ ...i, g: R.d.and(i.g, inB(i)) })).filter((i) => i.g !== NO)));
    case 'Sub':
      return one(set(a.map((i) => ({ ...i, g: R.d.and(i.g, R.d.not(inB(i))) })).filter((i) => i.g !== NO)));
    default:
      return unread(R, frame, `set operator ${op}`);
  }
}
