/** Methods of lists, tuples, and lists of uncertain length. */
import {
  type Atom,
  type ListAtom,
  list,
  type Item,
  one,
  opaque,
  type Value,
  type Alternative,
  restrict,
  union,
  choose,
  NONE_VALUE,
  int,
  type SeriesAtom,
  boolean,
  tuple,
  dict,
  typeName,
} from './values.ts';
import {
  type Reader,
  type Frame,
  writing,
  under,
  opaqueCond,
  placeOf,
  care,
  unread,
  raiseBuiltin,
  cut,
  note,
  truth,
  reading,
} from './reader.ts';
import { type Cond, NO, YES } from '../rules/index.ts';
import { nth, enough } from './counted.ts';
import { type Method, first } from './methodkinds.ts';
import { iterate, count } from './iterate.ts';
import { compareOp } from './compare.ts';

const asList = (v: Atom): ListAtom => v as ListAtom;

const ORDER = 'a list in an order that was not read';

/** Puts the items of a list in another order where the frame stands. */
export function reorder(R: Reader, frame: Frame, self: ListAtom, to: readonly Item[]): void {
  const when = writing(R, frame, self);
  const under = (items: readonly Item[], g: Cond): Item[] =>
    items.map((i) => ({ ...i, g: R.d.and(i.g, g) })).filter((i) => i.g !== NO);
  self.items = when === YES ? [...to] : [...under(self.items, R.d.not(when)), ...under(to, when)];
}

/** Nobody knows what is in a list where the frame stands. */
export function lose(R: Reader, frame: Frame, self: ListAtom, why: string): void {
  reorder(R, frame, self, [{ g: opaqueCond(R, frame, why), v: one(opaque(why, placeOf(frame))), many: true }]);
}

/** Nobody knows which items a list has where the frame stands: as many as before. */
export function loseItems(R: Reader, frame: Frame, self: ListAtom, why: string): void {
  const place = placeOf(frame);
  const when = writing(R, frame, self);
  note(R, 'opaque', why, place);
  self.items = self.items.map((i, n) => ({ ...i, v: choose(R.d, when, one(opaque(`${why}: item ${n}`, place)), i.v) }));
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

/** What of an index can be the number of an item of these lists, or a slice; where it cannot, TypeError is raised. */
export function numbersIn(R: Reader, frame: Frame, lists: Value, index: Value): Value {
  const bad = index.filter(({ v }) => NO_INDEX.has(v.k) || (v.k === 'num' && v.float));
  for (const { g, v } of bad)
    for (const list of lists)
      under(R, frame, R.d.and(list.g, g), () => {
        const text = `list indices must be integers or slices, not ${typeName(v)}`;
        raiseBuiltin(R, frame, care(R, frame), 'TypeError', text);
      });
  return bad.length > 0 ? index.filter((a) => !bad.includes(a)) : index;
}

/** Takes out the item at a place, counted from the end where it is below zero. Raises IndexError where there is none. */
function takeOut(R: Reader, frame: Frame, self: ListAtom, at: number): Value {
  const order = at < 0 ? [...self.items].reverse() : [...self.items];
  const out: Alternative[] = [];
  const live = care(R, frame);
  nth(
    R,
    frame,
    order,
    at < 0 ? -at - 1 : at,
    YES,
    out,
    self.items.length === 0 ? 'pop from empty list' : 'pop index out of range',
  );
  const when = writing(R, frame, self);
  // which item is taken depends on which are there before it
  const taken = (i: number): Cond => {
    const before = order.slice(0, i);
    const n = at < 0 ? -at - 1 : at;
    return R.d.and(enough(R, before, n), R.d.not(enough(R, before, n + 1)));
  };
  const left = order.map((item, i) => ({ ...item, g: R.d.and(item.g, R.d.not(R.d.and(when, taken(i)))) }));
  self.items = (at < 0 ? left.reverse() : left).filter((i) => i.g !== NO);
  return restrict(R.d, union(R.d, out), live);
}

/** `next(iterator)`: what stands first is taken out; where somebody goes through it, nobody knows how far they are. */
export function takeNext(R: Reader, frame: Frame, self: ListAtom, fallback: Value | undefined): Value {
  if (self.spent) return unread(R, frame, 'the next of an iterator that is gone through');
  const empty = R.d.not(self.items.reduce<Cond>((c, i) => R.d.or(c, i.g), NO));
  if (!fallback) raiseBuiltin(R, frame, R.d.and(care(R, frame), empty), 'StopIteration', '');
  const found = under(R, frame, R.d.not(empty), () => takeOut(R, frame, self, 0)) ?? [];
  return fallback ? choose(R.d, empty, fallback, found) : found;
}

export const LIST: Readonly<Record<string, Method>> = {
  append: (R, frame, self, args) => {
    const when = writing(R, frame, asList(self));
    if (when !== NO)
      asList(self).items.push({
        g: cut(R, when, placeOf(frame), frame.fn?.qualname ?? ''),
        v: restrict(R.d, first(args), care(R, frame)),
        place: placeOf(frame),
        ...(R.evidence?.length ? { because: [...new Set(R.evidence)] } : {}),
      });
    return NONE_VALUE;
  },
  extend: (R, frame, self, args) => {
    const items = iterate(R, frame, first(args));
    const when = writing(R, frame, asList(self));
    for (const i of items) asList(self).items.push({ ...i, g: R.d.and(when, i.g) });
    return NONE_VALUE;
  },
  insert: (R, frame, self, args) => {
    const at = first(args)[0]?.v;
    const when = writing(R, frame, asList(self));
    if (at?.k !== 'int' || (at.n !== 0 && asList(self).items.some((i) => i.g !== YES))) {
      note(R, 'opaque', 'insertion at an uncertain place of a list', placeOf(frame));
      return NONE_VALUE;
    }
    asList(self).items.splice(at.n, 0, { g: when, v: args.pos[1]!, place: placeOf(frame) });
    return NONE_VALUE;
  },
  remove: (R, frame, self, args) => {
    const when = writing(R, frame, asList(self));
    let open: Cond = when;
    asList(self).items = asList(self)
      .items.map((i) => {
        const same = R.d.and(R.d.and(i.g, open), truth(R, frame, compareOp(R, frame, 'Eq', i.v, first(args))));
        open = R.d.and(open, R.d.not(same));
        return { ...i, g: R.d.and(i.g, R.d.not(same)) };
      })
      .filter((i) => i.g !== NO);
    raiseBuiltin(R, frame, open, 'ValueError', 'list.remove(x): x not in list');
    return NONE_VALUE;
  },
  pop: (R, frame, self, args) => {
    const [at, ...more] = args.pos[0] ?? one(int(-1));
    const whole = at?.v.k === 'int' ? at.v.n : undefined;
    const certain = asList(self).items.every((i) => i.g === YES);
    if (whole === undefined || more.length > 0 || (!certain && whole !== 0 && whole !== -1)) {
      lose(R, frame, asList(self), 'list.pop at an uncertain place');
      return unread(R, frame, 'list.pop at an uncertain place');
    }
    return takeOut(R, frame, asList(self), whole);
  },
  copy: (R, _f, self) => (reading(R, asList(self)), one(list([...asList(self).items]))),
  clear: (R, frame, self) => {
    const when = writing(R, frame, asList(self));
    asList(self).items = asList(self)
      .items.map((i) => ({ ...i, g: R.d.and(i.g, R.d.not(when)) }))
      .filter((i) => i.g !== NO);
    return NONE_VALUE;
  },
  reverse: (R, frame, self) => {
    reorder(R, frame, asList(self), [...asList(self).items].reverse());
    return NONE_VALUE;
  },
  sort: (R, frame, self, args) => {
    const made = R.call(frame, R.builtin('sorted')!, { pos: [one(self)], kw: args.kw });
    const [only] = made;
    const after =
      made.length === 1 && only!.v.k === 'list'
        ? only!.v.items
        : [{ g: opaqueCond(R, frame, ORDER), v: one(opaque(ORDER, placeOf(frame))) }];
    reorder(R, frame, asList(self), after);
    return NONE_VALUE;
  },
  index: (R, frame, self, args) => {
    const items = iterate(R, frame, one(self));
    if (items.some((i) => i.g !== YES)) return unread(R, frame, 'list.index of an uncertain list');
    let open: Cond = YES;
    const out: Alternative[] = [];
    items.forEach((i, n) => {
      const same = R.d.and(open, truth(R, frame, compareOp(R, frame, 'Eq', i.v, first(args))));
      if (same !== NO) out.push({ g: same, v: int(n) });
      open = R.d.and(open, R.d.not(same));
    });
    raiseBuiltin(R, frame, R.d.and(open, care(R, frame)), 'ValueError', 'value is not in list');
    return union(R.d, out);
  },
  count: (R, frame, self, args) =>
    count(
      R,
      iterate(R, frame, one(self))
        .map((i) => ({ g: R.d.and(i.g, truth(R, frame, compareOp(R, frame, 'Eq', i.v, first(args)))) }))
        .filter((i) => i.g !== NO),
    ),
  __contains__: (R, frame, self, args) => compareOp(R, frame, 'In', first(args), one(self)),
};

export const SERIES: Readonly<Record<string, Method>> = {
  copy: (_R, _f, self) => one(self),
  __contains__: (R, frame, self, args) => compareOp(R, frame, 'In', first(args), one(self)),
  issubset: (R, frame, self, args) => {
    const { at, n, keep, item } = self as SeriesAtom;
    const inside = truth(R, frame, compareOp(R, frame, 'In', item, first(args)));
    return boolean(R.d, R.d.not(R.book.exists(at, n, R.d.and(keep, R.d.not(inside)))));
  },
};

export const TUPLE: Readonly<Record<string, Method>> = {
  index: LIST.index!,
  count: LIST.count!,
  _asdict: (_R, _f, self) => {
    const t = self as Extract<Atom, { k: 'tuple' }>;
    const names = (
      t.cls!.mro.find((c) => c.attrs.has('_fields'))!.attrs.get('_fields')![0]!.v as { items: readonly Value[] }
    ).items;
    return one(dict(t.items.map((v, i) => ({ key: names[i]![0]!.v, g: YES, v }))));
  },
  _replace: (_R, _f, self, args) => {
    const t = self as Extract<Atom, { k: 'tuple' }>;
    const names = (
      t.cls!.mro.find((c) => c.attrs.has('_fields'))!.attrs.get('_fields')![0]!.v as { items: readonly Value[] }
    ).items;
    return one(
      tuple(
        t.items.map((v, i) => args.kw.get((names[i]![0]!.v as { s: string }).s) ?? v),
        t.cls,
      ),
    );
  },
};
