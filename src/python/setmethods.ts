/** Methods of sets. */
import {
  type Atom,
  type SetAtom,
  one,
  NONE_VALUE,
  set,
  restrict,
  boolean,
  type Item,
  type Args,
  type Value,
} from './values.ts';
import { type Method, first, notModelled } from './methodkinds.ts';
import { iterate } from './iterate.ts';
import {
  unseen,
  truth,
  writing,
  placeOf,
  under,
  reading,
  raiseBuiltin,
  care,
  type Reader,
  type Frame,
} from './reader.ts';
import { compareOp } from './compare.ts';
import { NO, type Cond, YES } from '../rules/index.ts';
import { noSuchKey } from './lookups.ts';

const asSet = (v: Atom): SetAtom => v as SetAtom;

export const SET: Readonly<Record<string, Method>> = {
  add: (R, frame, self, args) => {
    // what stands in it already is no news: that it was looked for does not count as a look at it
    const there = unseen(R, asSet(self), () => truth(R, frame, compareOp(R, frame, 'In', first(args), one(self))));
    const when = R.d.and(writing(R, frame, asSet(self)), R.d.not(there));
    if (when !== NO) asSet(self).items.push({ g: when, v: first(args), place: placeOf(frame) });
    return NONE_VALUE;
  },
  discard: (R, frame, self, args) => {
    const when = writing(R, frame, asSet(self));
    asSet(self).items = asSet(self)
      .items.map((i) => ({
        ...i,
        g: R.d.and(i.g, R.d.not(R.d.and(when, truth(R, frame, compareOp(R, frame, 'Eq', i.v, first(args)))))),
      }))
      .filter((i) => i.g !== NO);
    return NONE_VALUE;
  },
  update: (R, frame, self, args) => {
    for (const i of iterate(R, frame, first(args)))
      under(R, frame, i.g, () => SET.add!(R, frame, self, { pos: [i.v], kw: new Map() }));
    return NONE_VALUE;
  },
  copy: (R, _f, self) => (reading(R, asSet(self)), one(set([...asSet(self).items]))),
  clear: (R, frame, self) => {
    const when = writing(R, frame, asSet(self));
    asSet(self).items = kept(R, asSet(self), R.d.not(when));
    return NONE_VALUE;
  },
  pop: (R, frame, self) => {
    const own = asSet(self);
    // of several nobody knows which one is taken
    if (own.items.length > 1) return notModelled(R, frame, self, 'pop');
    const [item] = own.items;
    const when = writing(R, frame, own);
    raiseBuiltin(R, frame, R.d.and(when, R.d.not(item?.g ?? NO)), 'KeyError', 'pop from an empty set');
    own.items = kept(R, own, R.d.not(when));
    return item ? restrict(R.d, item.v, R.d.and(when, item.g)) : [];
  },
  remove: (R, frame, self, args) => {
    const there = truth(R, frame, compareOp(R, frame, 'In', first(args), one(self)));
    noSuchKey(R, frame, R.d.and(care(R, frame), R.d.not(there)), first(args));
    return SET.discard!(R, frame, self, args);
  },
  difference: (R, frame, self, args) => one(set(among(R, frame, asSet(self), args, false))),
  intersection: (R, frame, self, args) => one(set(among(R, frame, asSet(self), args, true))),
  difference_update: (R, frame, self, args) => keepAmong(R, frame, asSet(self), args, false),
  intersection_update: (R, frame, self, args) => keepAmong(R, frame, asSet(self), args, true),
  isdisjoint: (R, frame, self, args) =>
    boolean(R.d, R.d.not(truth(R, frame, one(set(among(R, frame, asSet(self), args, true)))))),
  issuperset: (R, frame, self, args) =>
    boolean(
      R.d,
      iterate(R, frame, first(args)).reduce<Cond>(
        (c, i) => R.d.and(c, R.d.or(R.d.not(i.g), truth(R, frame, compareOp(R, frame, 'In', i.v, one(self))))),
        YES,
      ),
    ),
  union: (R, frame, self, args) => {
    const made = set([...asSet(self).items]);
    for (const i of iterate(R, frame, first(args)))
      under(R, frame, i.g, () => SET.add!(R, frame, made, { pos: [i.v], kw: new Map() }));
    return one(made);
  },
  issubset: (R, frame, self, args) =>
    boolean(
      R.d,
      asSet(self).items.reduce<Cond>(
        (c, i) => R.d.and(c, R.d.or(R.d.not(i.g), truth(R, frame, compareOp(R, frame, 'In', i.v, first(args))))),
        YES,
      ),
    ),
};

export const kept = (R: Reader, of: SetAtom, g: Cond): Item[] =>
  of.items.map((i) => ({ ...i, g: R.d.and(i.g, g) })).filter((i) => i.g !== NO);

/** The items of a set that are, or are not, among those of every argument. */
function among(R: Reader, frame: Frame, of: SetAtom, args: Args, wanted: boolean): Item[] {
  reading(R, of);
  return args.pos.reduce<Item[]>(
    (items, other) =>
      items
        .map((i) => {
          const there = truth(R, frame, compareOp(R, frame, 'In', i.v, other));
          return { ...i, g: R.d.and(i.g, wanted ? there : R.d.not(there)) };
        })
        .filter((i) => i.g !== NO),
    [...of.items],
  );
}

function keepAmong(R: Reader, frame: Frame, of: SetAtom, args: Args, wanted: boolean): Value {
  const left = among(R, frame, of, args, wanted);
  const when = writing(R, frame, of);
  of.items = [...kept(R, of, R.d.not(when)), ...left.map((i) => ({ ...i, g: R.d.and(i.g, when) }))].filter(
    (i) => i.g !== NO,
  );
  return NONE_VALUE;
}
