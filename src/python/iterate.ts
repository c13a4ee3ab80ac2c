/** Going through lists, tuples, dictionaries and the like, whose items may be there only under a condition. */
import { exprKey, NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { care, note, opaqueCond, placeOf, raiseBuiltin, reading, under, writing } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { int, isBeyond, one, opaque, series, str, text, tuple, typeName } from './values.ts';
import { settleKey } from './entries.ts';
import { standing } from './substitute.ts';
import type { Atom, DictAtom, Item, ListAtom, SeriesAtom, TupleAtom, Value } from './values.ts';

/** The items of a value, in order, each with the condition under which it is there. */
export function iterate(R: Reader, frame: Frame, value: Value): Item[] {
  const out: Item[] = [];
  for (const { g, v } of value) {
    const here = R.d.and(g, care(R, frame));
    if (here === NO) continue;
    if (value.length === 1) return itemsOf(R, frame, v, here);
    const items = under(R, frame, g, () => itemsOf(R, frame, v, here)) ?? [];
    for (const item of items) {
      const both = R.d.and(g, item.g);
      if (both !== NO) out.push({ ...item, g: both });
    }
  }
  return out;
}

/** What is gone through once for any item: a list whose length depends on inputs, and in a lenient reading what nobody knows. */
export function uncertainItems(R: Reader, frame: Frame, v: Atom): SeriesAtom | undefined {
  if (v.k === 'series') return v;
  if (v.k === 'dict' && v.version === 0 && v.lazy?.all && !v.lazy.names) return partOfEntries(v.lazy.all(), 0);
  const [only] = v.k === 'text' ? v.parts : [];
  if (v.k === 'text' && v.parts.length === 1 && only!.p === 'expr' && 'name' in only!.e)
    return characters(only!.e.name);
  if (!R.lenient || !isDark(R, frame, v)) return undefined;
  const why = `an item of ${v.k === 'opaque' ? v.why : v.k === 'outside' ? v.name : v.k === 'dict' ? v.lazy!.path : v.k}`;
  note(R, isBeyond(v) ? 'outside' : 'opaque', why, placeOf(frame));
  const at = `@${R.numbers++}`;
  return series(at, { op: 'input', name: `unknown.${at.slice(1)}` }, one(opaque(why, placeOf(frame), v)));
}

/** Does nobody know what is in it: of something that was not read, a text that was put together, an object from outside? */
const isDark = (R: Reader, frame: Frame, v: Atom): boolean =>
  ['opaque', 'outside', 'text'].includes(v.k) ||
  (v.k === 'dict' && v.lazy !== undefined && !v.lazy.names) ||
  (v.k === 'instance' && isForeign(R, frame, v));

/** Parts a value that is gone through: what can be, and what nobody knows the items of where that is not read for any item. */
export function partedByLight(R: Reader, frame: Frame, value: Value): { readonly known: Value; readonly dark: Value } {
  if (R.lenient) return { known: value, dark: [] };
  const isOut = (v: Atom): boolean => uncertainItems(R, frame, v) === undefined && isDark(R, frame, v);
  for (const { v } of value) if (isOut(v)) R.stuck?.add(v);
  return { known: value.filter((a) => !isOut(a.v)), dark: value.filter((a) => isOut(a.v)) };
}

/** The keys (0) or values (1) of entries. */
export const partOfEntries = (entries: SeriesAtom, which: 0 | 1): SeriesAtom => {
  const pair = entries.item[0]!.v as TupleAtom;
  return { ...series(entries.at, entries.n, pair.items[which]!), ...(which === 0 ? { set: 'once' as const } : {}) };
};

/** The characters of a text of the question. */
export function characters(name: string): SeriesAtom {
  const at = `@${name.replaceAll('.', '/')}`;
  const count: Expr = { op: 'len', args: [{ op: 'input', name }] };
  return series(at, count, one(text([{ p: 'expr', e: { op: 'input', name: `${name}.${at}` } }])));
}

/** An object of a class from outside, of which nobody knows how it is gone through. */
const isForeign = (R: Reader, frame: Frame, v: Atom & { k: 'instance' }): boolean =>
  v.cls.mro.some((c) => c.foreign.length > 0) && !R.attrOf(frame, v, '__iter__')?.some((a) => a.v.k !== 'opaque');

/** Takes out of `items` what cannot be there where the frame stands. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function itemsOf(R: Reader, frame: Frame, v: Atom, live: Cond): Item[] {
  switch (v.k) {
    case 'list':
    case 'set': {
      reading(R, v);
      if (v.k === 'list' && v.iterator) return restOf(R, frame, v, live);
      return v.items.filter((i) => !R.d.disjoint(i.g, live));
    }
    case 'tuple':
      return v.items.map((i) => ({ g: YES, v: i }));
    case 'dict':
      reading(R, v);
      if (v.lazy?.names) return namedKeys(R, frame, v, v.lazy.names, live);
      return [
        ...v.entries.filter((e) => !R.d.disjoint(e.g, live)).map((e) => ({ g: e.g, v: one(e.key) })),
        ...(v.lazy ? unknownItem(R, frame, `all of ${v.lazy.path} is asked for`, v) : []),
      ];
    case 'str':
      return [...v.s].map((c) => ({ g: YES, v: one(str(c)) }));
    case 'class':
      if (v.enumMembers) return v.enumMembers.map((m) => ({ g: YES, v: one(m) }));
      break;
    case 'instance': {
      const method = R.attrOf(frame, v, '__iter__');
      if (method) return iterate(R, frame, R.call(frame, method, { pos: [], kw: new Map() }));
      break;
    }
    case 'series': {
      const items = itemsOfKnownLength(R, v, live);
      if (items) return items;
      break;
    }
    case 'none':
    case 'bool':
    case 'int':
    case 'float':
    case 'num':
    case 'func':
      raiseBuiltin(R, frame, live, 'TypeError', `'${typeName(v)}' object is not iterable`);
      return [];
    default:
  }
  const why = `going through ${v.k === 'outside' ? v.name : v.k === 'opaque' ? v.why : `a ${v.k}`}`;
  return unknownItem(R, frame, why, v);
}

/** No list of more items is gone through item by item where its length was asked for. */
const MOST_ITEMS = 16;

/** The items of a list of which a condition says how long it is: its length was compared with a number. */
function itemsOfKnownLength(R: Reader, s: SeriesAtom, live: Cond): Item[] | undefined {
  if (s.keep !== YES || s.list !== undefined || s.set !== undefined) return undefined;
  const length = exprKey(s.n);
  for (const v of R.d.support(live)) {
    const m = R.book.meanings[v]!;
    if (m.kind !== 'test' || m.test.op !== 'eq') continue;
    const [a, b] = m.test.args as [Expr, Expr];
    const [n, of] = 'value' in a ? [a.value, b] : 'value' in b ? [b.value, a] : [undefined, a];
    if (typeof n !== 'number' || !(n >= 0 && n <= MOST_ITEMS) || exprKey(of) !== length) continue;
    if (!R.d.implies(live, R.d.is(v, 1))) continue;
    const items = Array.from({ length: n }, (_, i): Item | undefined => {
      const at = standing(R, s.at, { op: 'const', value: i });
      const item = s.item.map((one) => ({ g: at.cond(one.g), v: at.atom(one.v) }));
      return item.every((one) => one.v !== undefined) ? { g: YES, v: item as Value } : undefined;
    });
    return items.includes(undefined) ? undefined : (items as Item[]);
  }
  return undefined;
}

/** Something may stand there. */
function unknownItem(R: Reader, frame: Frame, why: string, of: Atom): Item[] {
  R.stuck?.add(of);
  return [{ g: opaqueCond(R, frame, why, undefined, of), v: one(opaque(why, placeOf(frame), of)), many: true }];
}

/** What an iterator still gives: once. */
function restOf(R: Reader, frame: Frame, v: ListAtom, live: Cond): Item[] {
  if (v.spent) {
    const why = 'an iterator that is gone through again';
    return [{ g: opaqueCond(R, frame, why), v: one(opaque(why, placeOf(frame))), many: true }];
  }
  writing(R, frame, v);
  v.spent = true;
  return v.items.filter((i) => !R.d.disjoint(i.g, live));
}

/** The keys of a dictionary of the question: those that can be known, and one that stands for any other. */
function namedKeys(R: Reader, frame: Frame, v: DictAtom, names: readonly string[], live: Cond): Item[] {
  for (const name of names) settleKey(R, v, str(name));
  const lazy = v.lazy!;
  const key = text([{ p: 'expr', e: { op: 'input', name: `${lazy.path}.~` } }]);
  const not = new Set([
    ...v.entries.flatMap((e) => (e.key.k === 'str' ? [e.key.s] : [])),
    ...names,
    ...(lazy.never ?? []),
  ]);
  const other = R.book.opaque(`a key of ${lazy.path} beside the known ones`, placeOf(frame));
  return [
    ...v.entries.filter((e) => !R.d.disjoint(e.g, live)).map((e) => ({ g: e.g, v: one(e.key) })),
    { g: other, v: one({ ...key, not }) },
  ];
}

const UNCOUNTED = 'how many items there are';

/** How many items are there: one alternative per possible number, and one that is not known where there may be many. */
export function count(R: Reader, items: readonly Pick<Item, 'g' | 'many'>[]): Value {
  let states: Cond[] = [YES];
  let many: Cond = NO;
  for (const { g, many: isMany } of items) {
    if (isMany) {
      many = R.d.or(many, g);
      continue;
    }
    if (g === YES) {
      states = [NO, ...states];
      continue;
    }
    const no = R.d.not(g);
    const next: Cond[] = [];
    for (let n = 0; n <= states.length; n++) {
      const stay = states[n] === undefined ? NO : R.d.and(states[n]!, no);
      const grow = n === 0 ? NO : R.d.and(states[n - 1]!, g);
      next.push(R.d.or(stay, grow));
    }
    states = next;
  }
  const known = R.d.not(many);
  const counted = states.flatMap((g, n) => {
    const here = R.d.and(g, known);
    return here === NO ? [] : [{ g: here, v: int(n) }];
  });
  return many === NO ? counted : [...counted, { g: many, v: opaque(UNCOUNTED, placeOf(R.frame!)) }];
}

/** `enumerate(items)`: the number of an item is how many stand before it. */
export function enumerated(R: Reader, items: readonly Item[], start: number): Item[] {
  const out: Item[] = [];
  // lists that exclude each other are numbered each for itself
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    const before = items.slice(0, i).filter((b) => !R.d.disjoint(b.g, item.g));
    const isCertain = (b: Item): boolean => !b.many && R.d.implies(item.g, b.g);
    const certain = before.filter(isCertain).length;
    // one that stands for many has as many numbers
    const open = [...before.filter((b) => !isCertain(b)), ...(item.many ? [item] : [])];
    const n =
      open.length === 0
        ? one(int(start + certain))
        : count(R, open).map((a) => ({ g: a.g, v: a.v.k === 'int' ? int(start + certain + a.v.n) : a.v }));
    out.push({ ...item, v: one(tuple([n, item.v])) });
  }
  return out;
}
