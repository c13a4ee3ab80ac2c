/** `value[index]`: items, slices, and what a type with arguments is. */
import {
  type Reader,
  type Frame,
  under,
  care,
  writing,
  raiseBuiltin,
  placeOf,
  reading,
  note,
  unread,
} from './reader.ts';
import {
  type Value,
  type Alternative,
  restrict,
  union,
  one,
  type Atom,
  choose,
  str,
  text,
  typeName,
  outside,
  opaque,
  NONE_VALUE,
  type Item,
  type SeriesAtom,
} from './values.ts';
import { dictGet, noSuchKey } from './lookups.ts';
import { NO, YES, type Expr, type Cond } from '../rules/index.ts';
import { putEntry } from './entries.ts';
import { enumByName } from './enumnames.ts';
import { typeUnion, typeOf } from './uniontypes.ts';
import { beginning, sliced, boundOf, constant } from './slices.ts';
import { nth } from './counted.ts';
import { exprOf } from './compare.ts';
import { standing } from './substitute.ts';
import { itemOfNamed } from './numberlists.ts';
import { textParts, expand } from './strings.ts';
import { characters } from './iterate.ts';

/** `value[index]`. */
export function getItem(R: Reader, frame: Frame, value: Value, index: Value): Value {
  const out: Alternative[] = [];
  for (const { g, v } of value) {
    const got = under(R, frame, g, () => itemOf(R, frame, v, restrict(R.d, index, care(R, frame)))) ?? [];
    for (const a of got) out.push({ g: R.d.and(g, a.g), v: a.v });
  }
  return union(R.d, out);
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function itemOf(R: Reader, frame: Frame, v: Atom, index: Value): Value {
  switch (v.k) {
    case 'dict': {
      const { found, missing } = dictGet(R, frame, v, index);
      const gone = R.d.and(care(R, frame), missing);
      if (gone !== NO && v.factory) {
        const made = under(R, frame, missing, () => R.callAtom(frame, v.factory!, { pos: [], kw: new Map() })) ?? [];
        const when = R.d.and(writing(R, frame, v), missing);
        for (const k of index) putEntry(R, v.entries, k.v, R.d.and(when, k.g), made);
        return choose(R.d, missing, made, found);
      }
      if (gone !== NO) {
        noSuchKey(R, frame, gone, index);
      }
      return found;
    }
    case 'list':
    case 'tuple':
    case 'str':
      return indexed(R, frame, v, index);
    case 'text':
      return textItem(R, frame, v, index);
    case 'series':
      return seriesItem(R, frame, v, index);
    case 'class': {
      if (v.meta) {
        const own = R.attrOf(frame, v, '__getitem__');
        const made = own?.filter((a) => a.v.k === 'bound' && a.v.fn.k === 'func');
        if (made?.length) return R.call(frame, made, { pos: [index], kw: new Map() });
      }
      if (v.enumMembers) return enumByName(R, frame, v, index);
      // list[int], Generic[T]: the class itself, with its arguments kept
      return generic(R, v, index);
    }
    case 'instance': {
      const method = R.attrOf(frame, v, '__getitem__');
      if (method) return R.call(frame, method, { pos: [index], kw: new Map() });
      if (v.attrs.has('__origin__')) return one(v);
      if (!v.moved && v.cls.mro.some((c) => c.foreign.length > 0)) break;
      raiseBuiltin(R, frame, care(R, frame), 'TypeError', `'${typeName(v)}' object is not subscriptable`);
      return [];
    }
    case 'none':
      raiseBuiltin(R, frame, care(R, frame), 'TypeError', "'NoneType' object is not subscriptable");
      return [];
    case 'bool':
    case 'int':
    case 'float':
    case 'num':
      raiseBuiltin(R, frame, care(R, frame), 'TypeError', `'${typeName(v)}' object is not subscriptable`);
      return [];
    case 'outside':
      // only what has a name in a module can be a type
      if (!/^[\w.]+$/.test(v.name)) break;
      return generic(R, v, index);
    default:
  }
  return one(opaque(`item of a ${v.k}`, placeOf(frame), v));
}

/** `X[args]` of a type: kept as X with its arguments. */
function generic(R: Reader, origin: Atom, index: Value): Value {
  const args = index.length === 1 && index[0]!.v.k === 'tuple' ? index[0]!.v.items : [index];
  if (origin.k === 'outside') {
    if (origin.name === 'typing.Union') return typeUnion(R, args);
    if (origin.name === 'typing.Optional') return typeUnion(R, [...args, NONE_VALUE]);
    if (origin.name === 'pydantic.SkipValidation')
      return one(typeOf(R, outside('typing.Annotated', true), [...args, one(origin)]));
  }
  return one(typeOf(R, origin, args));
}

function indexed(R: Reader, frame: Frame, v: Extract<Atom, { k: 'list' | 'tuple' | 'str' }>, index: Value): Value {
  if (v.k === 'list') reading(R, v);
  const items: readonly Item[] =
    v.k === 'list'
      ? v.items
      : v.k === 'tuple'
        ? v.items.map((i) => ({ g: YES, v: i }))
        : [...v.s].map((c) => ({ g: YES, v: one(str(c)) }));
  const out: Alternative[] = [];
  for (const { g, v: at } of index) {
    if (at.k === 'slice') {
      const made = sliced(R, frame, v, items, at.parts);
      for (const a of made) out.push({ g: R.d.and(g, a.g), v: a.v });
      continue;
    }
    const n = at.k === 'int' ? at.n : at.k === 'bool' ? Number(at.b) : undefined;
    if (n === undefined) {
      if (at.k === 'num') pickByNumber(R, frame, items, at.e, g, out);
      else out.push({ g, v: opaque('an uncertain index', placeOf(frame)) });
      continue;
    }
    if (n === -1 && v.k === 'list' && v.last && v.version === 0) {
      for (const a of v.last) out.push({ g: R.d.and(g, a.g), v: a.v });
      continue;
    }
    const order = n < 0 ? [...items].reverse() : items;
    nth(R, frame, order, n < 0 ? -n - 1 : n, g, out);
  }
  return union(R.d, out);
}

/** One item of a list of uncertain length, or of a text of such characters. */
function seriesItem(R: Reader, frame: Frame, s: SeriesAtom, index: Value, of: 'list' | 'string' = 'list'): Value {
  return union(
    R.d,
    index.flatMap(({ g, v }) => {
      if (v.k === 'slice' && v.parts.every((p) => !p || p[0]?.v.k === 'none')) return [{ g, v: s }];
      if (v.k === 'slice' && of === 'list') {
        const begins = under(R, frame, g, () => beginning(R, s, v.parts)) ?? [];
        if (begins.length > 0) return begins.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
      }
      const index = ['int', 'bool', 'num'].includes(v.k) ? exprOf(v) : undefined;
      if (!index || s.keep !== YES)
        return [{ g, v: opaque('an uncertain item of a list of uncertain length', placeOf(frame)) }];
      if (s.list !== undefined && 'value' in index) return namedItem(R, frame, s, index.value as number, g);
      const fromEnd = 'value' in index && (index.value as number) < 0;
      const where: Expr = fromEnd ? { op: 'add', args: [s.n, index] } : index;
      const zero: Expr = { op: 'const', value: 0 };
      const there = fromEnd
        ? R.d.not(R.book.test({ op: 'lt', args: [where, zero] }))
        : R.book.test({ op: 'lt', args: [where, s.n] });
      under(R, frame, g, () =>
        raiseBuiltin(R, frame, R.d.and(care(R, frame), R.d.not(there)), 'IndexError', `${of} index out of range`),
      );
      if (!fromEnd && !('value' in index)) note(R, 'assumed', 'a symbolic index is not negative', placeOf(frame));
      const at = standing(R, s.at, where);
      return s.item.map((a) => ({
        g: R.d.and(g, at.cond(a.g)),
        v: at.atom(a.v) ?? opaque('an item of a list of uncertain length', placeOf(frame)),
      }));
    }),
  );
}

/** An item of a list of numbers that is worked out with the question. */
function namedItem(R: Reader, frame: Frame, s: SeriesAtom, n: number, g: Cond): Value {
  const least: Expr = { op: 'const', value: n < 0 ? -n - 1 : n };
  const there = R.book.test({ op: 'lt', args: [least, s.n] });
  under(R, frame, g, () =>
    raiseBuiltin(R, frame, R.d.and(care(R, frame), R.d.not(there)), 'IndexError', 'list index out of range'),
  );
  return itemOfNamed(s, n).map((a) => ({ g, v: a.v }));
}

function pickByNumber(R: Reader, frame: Frame, items: readonly Item[], e: Expr, g: Cond, out: Alternative[]): void {
  if (items.some((i) => i.g !== YES) || items.length > 512) {
    out.push({ g, v: opaque('an uncertain index of an uncertain list', placeOf(frame)) });
    return;
  }
  let open = g;
  items.forEach((item, i) => {
    const is = R.book.test({ op: 'eq', args: [e, { op: 'const', value: i }] });
    for (const a of item.v) out.push({ g: R.d.and(R.d.and(open, is), a.g), v: a.v });
    open = R.d.and(open, R.d.not(is));
  });
  note(R, 'assumed', 'a symbolic index is not negative', placeOf(frame));
}

function textItem(R: Reader, frame: Frame, v: Atom, index: Value): Value {
  const parts = textParts(v);
  const spread = parts && expand(R, parts, 64);
  if (spread) return getItem(R, frame, spread, index);
  const e = exprOf(v);
  const [only] = index;
  if (!e || index.length !== 1) return unread(R, frame, 'a part of a composed text');
  if (only!.v.k === 'num' && 'name' in e) return seriesItem(R, frame, characters(e.name), index, 'string');
  const bounds = only!.v.k === 'slice' ? only!.v.parts.map(boundOf) : [boundOf(index)];
  const [from = 0, to, step] = bounds;
  if (step !== undefined || bounds.some((b) => Number.isNaN(b))) return unread(R, frame, 'a part of a composed text');
  const part = (first: number, end: number | undefined): Value =>
    one(text([{ p: 'expr', e: { op: 'slice', args: [e, ...[first, end].flatMap(constant)] } }]));
  if (only!.v.k === 'slice') return part(from, to);
  if (from < 0) return unread(R, frame, 'a part of a composed text');
  const short = R.book.test({
    op: 'le',
    args: [
      { op: 'len', args: [e] },
      { op: 'const', value: from },
    ],
  });
  raiseBuiltin(R, frame, R.d.and(care(R, frame), short), 'IndexError', 'string index out of range');
  return part(from, from + 1);
}
