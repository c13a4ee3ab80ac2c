/** What Python's built-in classes make of what they are called with. */
import { NO, YES, floatOf } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { attrOf } from './attributes.ts';
import { each } from './builtincalls.ts';
import type { Builtin } from './builtincalls.ts';
import { classOf, compareOp, exprOf } from './compare.ts';
import { copyDict, putEntry } from './entries.ts';
import { tupleOf } from './expressions.ts';
import { getItem } from './items.ts';
import { iterate } from './iterate.ts';
import { saidClass } from './missingattributes.ts';
import { binary } from './operators.ts';
import { care, exception, placeOf, raise, raiseBuiltin, truth, unread } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { strOf } from './strings.ts';
import {
  NONE_VALUE,
  boolean,
  dict,
  float,
  fresh,
  int,
  isBeyond,
  list,
  num,
  one,
  opaque,
  outside,
  series,
  set,
  str,
  tuple,
  typeName,
} from './values.ts';
import type { Args, Atom, ClassAtom, Entry, Item, Value } from './values.ts';

const notANumber = (want: 'int' | 'float', type: string): string =>
  `${want}() argument must be a string${want === 'int' ? ', a bytes-like object' : ''} or a real number, not '${type}'`;

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
const toNumber = (R: Reader, frame: Frame, v: Atom, want: 'int' | 'float'): Value => {
  const make = (n: number): Value => one(want === 'int' ? int(Math.trunc(n)) : float(n));
  switch (v.k) {
    case 'int':
    case 'float':
      return make(v.n);
    case 'bool':
      return make(Number(v.b));
    case 'num':
      return one(v.float === (want === 'float') ? v : num({ op: want, args: [v.e] }, want === 'float'));
    case 'str': {
      if (want === 'float') {
        const n = floatOf(v.s);
        if (n !== undefined) return one(Number.isNaN(n) ? opaque('nan', placeOf(frame)) : float(n));
      } else if (/^\s*[+-]?\d+(_\d+)*\s*$/.test(v.s)) return make(Number(v.s.replaceAll('_', '')));
      raiseBuiltin(
        R,
        frame,
        care(R, frame),
        'ValueError',
        want === 'int'
          ? `invalid literal for int() with base 10: '${v.s}'`
          : `could not convert string to float: '${v.s}'`,
      );
      return [];
    }
    case 'text': {
      const [only] = v.parts;
      if (v.parts.length === 1 && only!.p === 'expr' && only!.int) return toNumber(R, frame, num(only!.e), want);
      if (want === 'int' && v.parts.some((p) => p.p === 'lit' && !/^[\s\d_+-]*$/.test(p.s))) {
        raiseBuiltin(R, frame, care(R, frame), 'ValueError', 'invalid literal for int()');
        return [];
      }
      const e = exprOf(v);
      if (e) {
        const good = R.book.test({ op: want === 'int' ? 'isint' : 'isfloat', args: [e] });
        const bad = R.d.and(care(R, frame), R.d.not(good));
        if (bad !== NO) {
          const cls = R.builtin('ValueError')![0]!.v as ClassAtom;
          const message =
            want === 'int' ? 'invalid literal for int() with base 10: ' : 'could not convert string to float: ';
          raise(
            R,
            frame,
            bad,
            exception(cls, [binary(R, frame, 'Add', one(str(message)), strOf(R, frame, one(v), true))]),
          );
        }
        return one(num({ op: want, args: [e] }, want === 'float'));
      }
      break;
    }
    case 'instance': {
      const method = attrOf(R, frame, v, want === 'int' ? '__int__' : '__float__');
      if (method) return R.call(frame, method, { pos: [], kw: new Map() });
      const value = v.member !== undefined ? v.attrs.get('_value_') : undefined;
      if (value) return toNumber(R, frame, value[0]!.v, want);
      if (v.cls.modname !== 'builtins') break;
      raiseBuiltin(R, frame, care(R, frame), 'TypeError', notANumber(want, v.cls.name));
      return [];
    }
    case 'none':
    case 'list':
    case 'dict':
    case 'tuple':
    case 'set':
      raiseBuiltin(R, frame, care(R, frame), 'TypeError', notANumber(want, typeName(v)));
      return [];
    default:
  }
  return one(opaque(`${want} of ${typeName(v)}`, placeOf(frame), v));
};

const collect = (R: Reader, frame: Frame, args: Args, make: (items: Item[]) => Atom): Value =>
  args.pos[0]
    ? each(R, frame, args.pos[0], (v) =>
        v.k === 'opaque' || v.k === 'outside'
          ? one(opaque(`items of ${v.k === 'outside' ? v.name : v.why}`, placeOf(frame), v))
          : one(make(iterate(R, frame, one(v)))),
      )
    : one(make([]));

/** The numbers below one of several: each is there under the condition that the bound is above it. */
function upTo(R: Reader, bound: Value): Item[] {
  const most = Math.max(0, ...bound.map((a) => (a.v as { n: number }).n));
  return Array.from({ length: most }, (_, i) => ({
    g: bound.reduce<Cond>((c, a) => ((a.v as { n: number }).n > i ? R.d.or(c, a.g) : c), NO),
    v: one(int(i)),
  }));
}

/** How many steps a range of that width takes. */
const stepsIn = (width: Expr, step: number): Expr => {
  const by = (n: number): Expr => ({ op: 'const', value: n });
  if (step === 1) return width;
  return { op: 'max', args: [by(0), { op: 'floordiv', args: [{ op: 'add', args: [width, by(step - 1)] }, by(step)] }] };
};

/** A range whose bounds depend on inputs. */
function rangeOf(R: Reader, frame: Frame, bounds: readonly Value[]): Value {
  const step = bounds[2]?.length === 1 && bounds[2][0]!.v.k === 'int' ? bounds[2][0]!.v.n : bounds[2] ? 0 : 1;
  if (step < 1) return unread(R, frame, 'a range with uncertain bounds and a step');
  const [from, to] = bounds.length === 1 ? [one(int(0)), bounds[0]!] : [bounds[0]!, bounds[1]!];
  // True is 1
  const plain = (v: Atom): Atom => (v.k === 'bool' ? int(Number(v.b)) : v);
  return each(R, frame, from, (first) =>
    each(R, frame, to, (last) => {
      const [a, b] = [plain(first), plain(last)];
      const [ea, eb] = [exprOf(a), exprOf(b)];
      const whole = (v: Atom): boolean => v.k === 'int' || (v.k === 'num' && !v.float);
      if (!ea || !eb || !whole(a) || !whole(b)) {
        if (a.k === 'opaque' || b.k === 'opaque')
          return one(opaque('a range with uncertain bounds', placeOf(frame), isBeyond(a) ? a : b));
        raiseBuiltin(
          R,
          frame,
          care(R, frame),
          'TypeError',
          `'${typeName(whole(a) ? b : a)}' object cannot be interpreted as an integer`,
        );
        return [];
      }
      if (a === b) return one(list([]));
      const at = `@${R.numbers++}`;
      const zero = a.k === 'int' && a.n === 0;
      const index = num({ op: 'input', name: at });
      const steps = step === 1 ? one(index) : binary(R, frame, 'Mult', one(index), one(int(step)));
      const made = series(
        at,
        stepsIn(zero ? eb : { op: 'sub', args: [eb, ea] }, step),
        zero ? steps : binary(R, frame, 'Add', one(a), steps),
      );
      return one(made);
    }),
  );
}

/** By the names of the classes. */
export const CONSTRUCTORS: Readonly<Record<string, Builtin>> = {
  bool: (R, frame, args) => boolean(R.d, truth(R, frame, args.pos[0] ?? [])),
  int: (R, frame, args) =>
    args.pos[0] ? each(R, frame, args.pos[0], (v) => toNumber(R, frame, v, 'int')) : one(int(0)),
  float: (R, frame, args) =>
    args.pos[0] ? each(R, frame, args.pos[0], (v) => toNumber(R, frame, v, 'float')) : one(float(0)),
  str: (R, frame, args) => (args.pos[0] ? strOf(R, frame, args.pos[0]) : one(str(''))),
  list: (R, frame, args) =>
    args.pos[0]
      ? each(R, frame, args.pos[0], (v) =>
          v.k === 'series' ? one(v) : collect(R, frame, { pos: [one(v)], kw: args.kw }, (items) => list([...items])),
        )
      : one(list([])),
  tuple: (R, frame, args) =>
    args.pos[0]
      ? each(R, frame, args.pos[0], (v) =>
          (v.k === 'tuple' && !v.cls) || (v.k === 'list' && v.fixed) || v.k === 'series' || v.k === 'opaque'
            ? one(v)
            : tupleOf(R, iterate(R, frame, one(v))),
        )
      : one(tuple([])),
  set: (R, frame, args) =>
    args.pos[0]?.some((a) => a.v.k === 'series')
      ? each(R, frame, args.pos[0], (v) =>
          v.k === 'series'
            ? one({ ...v, id: fresh(), set: v.set ?? 'many' })
            : CONSTRUCTORS.set!(R, frame, { pos: [one(v)], kw: args.kw }),
        )
      : collect(R, frame, args, (items) => set(distinct(R, frame, items))),
  frozenset: (R, frame, args) => collect(R, frame, args, (items) => set(distinct(R, frame, items))),
  dict: (R, frame, args) => {
    const [given] = args.pos;
    // each of several things it may be made of is taken for itself
    if (given && given.length > 1)
      return each(R, frame, given, (v) => CONSTRUCTORS.dict!(R, frame, { pos: [one(v)], kw: args.kw }));
    const entries: Entry[] = [];
    for (const { g, v } of args.pos[0] ?? []) {
      if (v.k === 'dict' && v.lazy && args.kw.size === 0 && args.pos[0]!.length === 1) return one(copyDict(v));
      if (v.k === 'dict') for (const e of v.entries) putEntry(R, entries, e.key, R.d.and(g, e.g), e.v);
      else
        for (const i of iterate(R, frame, one(v))) {
          const key = getItem(R, frame, i.v, one(int(0)));
          const value = getItem(R, frame, i.v, one(int(1)));
          for (const k of key) putEntry(R, entries, k.v, R.d.and(R.d.and(g, i.g), k.g), value);
        }
    }
    for (const [k, v] of args.kw) putEntry(R, entries, str(k), YES, v);
    return one(dict(entries));
  },
  range: (R, frame, args) => {
    const bounds = args.pos.map((p) => (p.length === 1 && p[0]!.v.k === 'int' ? p[0]!.v.n : undefined));
    if (bounds.length === 1 && bounds[0] === undefined && args.pos[0]!.every((a) => a.v.k === 'int'))
      return one(list(upTo(R, args.pos[0]!)));
    if (bounds.some((b) => b === undefined)) return rangeOf(R, frame, args.pos);
    const [a, b, step = 1] = bounds as number[];
    const [from, to] = b === undefined ? [0, a!] : [a!, b];
    const items: Item[] = [];
    for (let n = from; step > 0 ? n < to : n > to; n += step) {
      items.push({ g: YES, v: one(int(n)) });
      if (items.length > 65_536) return unread(R, frame, 'a very long range');
    }
    return one(list(items));
  },
  type: (R, frame, args) => {
    if (args.pos.length === 3) return one(derivedFrom(args) ?? outside('a class made by type()'));
    return each(R, frame, args.pos[0]!, (v) => {
      const cls = v.k === 'instance' ? saidClass(v) : classOf(R, v);
      return cls ? one(cls) : one(opaque(`type of ${v.k === 'outside' ? v.name : v.k}`, placeOf(frame), v));
    });
  },
  property: (_R, _f, args) => one({ id: fresh(), k: 'property', fn: args.pos[0] ?? NONE_VALUE }),
  classmethod: (_R, _f, args) => one({ id: fresh(), k: 'classmethod', fn: args.pos[0]! }),
  staticmethod: (_R, _f, args) => one({ id: fresh(), k: 'staticmethod', fn: args.pos[0]! }),
  slice: (R, frame) => unread(R, frame, 'slice()'),
};

function distinct(R: Reader, frame: Frame, items: readonly Item[]): Item[] {
  const out: Item[] = [];
  for (const i of items) {
    const there = out.length ? truth(R, frame, compareOp(R, frame, 'In', i.v, one(set([...out])))) : NO;
    const g = R.d.and(i.g, R.d.not(there));
    if (g !== NO) out.push({ ...i, g });
  }
  return out;
}

/**
 * What `type()` makes of one base that stands for a class of which only some facts are known: the same with other
 * attributes. Undefined for any other base.
 */
function derivedFrom({ pos }: Args): Atom | undefined {
  const [bases, names] = [pos[1]?.[0]?.v, pos[2]?.[0]?.v];
  const base = bases?.k === 'tuple' && bases.items.length === 1 ? bases.items[0]! : undefined;
  const of = base?.length === 1 ? base[0]!.v : undefined;
  if (of?.k !== 'instance' || of.lazyFirst !== true || names?.k !== 'dict' || names.lazy) return undefined;
  const own = names.entries.map(({ key, v }) => [key.k === 'str' ? key.s : '', v] as const);
  return { ...of, id: fresh(), attrs: new Map([...of.attrs, ...own]), version: 0, derived: new Map(own) };
}
