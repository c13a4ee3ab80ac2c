/** Python's built-in functions over items and numbers, as far as selection code uses them. */
import { NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { attrOf } from './attributes.ts';
import { arg, each } from './builtincalls.ts';
import type { Builtin } from './builtincalls.ts';
import { exprOf } from './compare.ts';
import { speaksOfNumber } from './gather.ts';
import { getItem } from './items.ts';
import { count, enumerated, iterate, uncertainItems } from './iterate.ts';
import { takeNext } from './listmethods.ts';
import { howManyDifferent } from './numberlists.ts';
import { binary } from './operators.ts';
import { lengthOf } from './sized.ts';
import { minimax, sorted } from './ordering.ts';
import { care, lightNumber, placeOf, raiseBuiltin, truth, under, unread } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import {
  UNBOUND,
  boolean,
  choose,
  float,
  int,
  list,
  num,
  one,
  opaque,
  series,
  str,
  tuple,
  typeName,
  union,
} from './values.ts';
import type { Alternative, Atom, DictAtom, LazyDict, SeriesAtom, Value } from './values.ts';

/** One alternative of each of several values, and when it is these. */
function choicesOf(R: Reader, values: readonly Value[]): readonly { readonly g: Cond; readonly of: readonly Atom[] }[] {
  let out: { readonly g: Cond; readonly of: readonly Atom[] }[] = [{ g: YES, of: [] }];
  for (const value of values)
    out = out
      .flatMap(({ g, of }) => value.map((a) => ({ g: R.d.and(g, a.g), of: [...of, a.v] })))
      .filter(({ g }) => g !== NO);
  return out;
}

/** What stands at the same place of several lists, up to the end of the shortest. */
function zipped(R: Reader, frame: Frame, of: readonly Atom[]): Value {
  const lists = of.map((v) => iterate(R, frame, one(v)));
  if (lists.some((l) => l.some((i) => i.g !== YES))) return unread(R, frame, 'zip of lists of uncertain length');
  const n = lists.length === 0 ? 0 : Math.min(...lists.map((l) => l.length));
  return one(list(Array.from({ length: n }, (_, i) => ({ g: YES, v: one(tuple(lists.map((l) => l[i]!.v))) }))));
}

/** The whole number next to one; of two that are equally near, the even one. */
function halfToEven(n: number): number {
  const low = Math.floor(n);
  return n - low === 0.5 ? low + (low % 2 === 0 ? 0 : 1) : Math.round(n);
}

/** The condition that some item of a value passes a test. */
function someItem(R: Reader, frame: Frame, value: Value, test: (v: Value) => Cond): Cond {
  let c: Cond = NO;
  for (const { g, v } of value)
    if (v.k === 'series') c = R.d.or(c, R.d.and(g, R.book.exists(v.at, v.n, R.d.and(v.keep, test(v.item)))));
  for (const i of iterate(
    R,
    frame,
    value.filter((a) => a.v.k !== 'series'),
  )) {
    c = R.d.or(c, R.d.and(i.g, test(i.v)));
    if (c === YES) break;
  }
  return c;
}

/** How much stands in a dictionary of the question: what the question gives, less what was taken out, and what was put in. */
function sizeOf(R: Reader, self: DictAtom, lazy: LazyDict): Value {
  const there = (of: Value): Cond => R.d.not(of.reduce<Cond>((c, a) => (a.v.k === 'unbound' ? R.d.or(c, a.g) : c), NO));
  const changes = [
    ...new Set([...lazy.asked, ...self.entries.flatMap((e) => (e.key.k === 'str' ? [e.key.s] : []))]),
  ].map((key) => {
    const given = there(lazy.at(key) ?? one(UNBOUND));
    const held = self.entries.reduce<Cond>((c, e) => (e.key === str(key) ? R.d.or(c, e.g) : c), NO);
    return { gone: R.d.and(given, R.d.not(held)), come: R.d.and(held, R.d.not(given)) };
  });
  const [gone, come] = (['gone', 'come'] as const).map((of) =>
    count(
      R,
      changes.flatMap((c) => (c[of] === NO ? [] : [{ g: c[of] }])),
    ),
  ) as [Value, Value];
  const input: Expr = { op: 'input', name: `${lazy.path}.#` };
  const given = lazy.where === undefined ? one(num(input)) : choose(R.d, lazy.where, one(num(input)), one(int(0)));
  const more = gone.flatMap((a) =>
    come.map((b) => ({ g: R.d.and(a.g, b.g), n: (b.v as { n: number }).n - (a.v as { n: number }).n })),
  );
  return union(
    R.d,
    given.flatMap(({ g, v }) =>
      more.map(({ g: h, n }) => ({
        g: R.d.and(g, h),
        v: v.k === 'int' ? int(v.n + n) : n === 0 ? v : num({ op: 'add', args: [input, { op: 'const', value: n }] }),
      })),
    ),
  );
}

/** The first item of a list of uncertain length, `fallback` where it has none. */
function firstOf(R: Reader, frame: Frame, s: SeriesAtom, fallback: Value | undefined): Value {
  const some = R.book.test({ op: 'lt', args: [{ op: 'const', value: 0 }, s.n] });
  if (fallback === undefined) raiseBuiltin(R, frame, R.d.and(care(R, frame), R.d.not(some)), 'StopIteration', '');
  const item =
    under(R, frame, some, () => getItem(R, frame, one(series(s.at, s.n, s.item, s.keep)), one(int(0)))) ?? [];
  return fallback ? choose(R.d, some, item, fallback) : item;
}

/** How long a list is of as many items as a number says: of none where it is below zero. */
function atLeastNone(n: Expr): Expr {
  const isLength = 'name' in n ? n.name.endsWith('.#') : n.op === 'len' || n.op === 'max';
  return isLength || 'value' in n ? n : { op: 'max', args: [{ op: 'const', value: 0 }, n] };
}

/** By their names. */
export const ITEM_FUNCTIONS: Readonly<Record<string, Builtin>> = {
  len: (R, frame, args) =>
    each(R, frame, args.pos[0]!, (v) => {
      if (v.k === 'str') return one(int([...v.s].length));
      if (v.k === 'text') {
        const e = exprOf(v);
        return e ? one(num({ op: 'len', args: [e] })) : unread(R, frame, 'length of a composed text');
      }
      if (v.k === 'instance') {
        const method = attrOf(R, frame, v, '__len__');
        if (method) return R.call(frame, method, { pos: [], kw: new Map() });
      }
      if (v.k === 'series' && v.set === 'many') {
        // the same thing again and again is one
        if (speaksOfNumber(R, v.item, v.at))
          return howManyDifferent(R, v) ?? unread(R, frame, 'length of a set of uncertain length');
        const some = R.book.exists(v.at, v.n, v.keep);
        return [
          { g: some, v: int(1) },
          { g: R.d.not(some), v: int(0) },
        ];
      }
      if (v.k === 'series')
        return v.keep === YES
          ? one(num(atLeastNone(v.n)))
          : unread(R, frame, 'length of a filtered list of uncertain length');
      if (v.k === 'dict' && v.lazy) return sizeOf(R, v, v.lazy);
      const told = lengthOf(R, v);
      if (told) return told;
      if (v.k === 'opaque' || v.k === 'outside')
        return one(opaque(`length of ${v.k === 'outside' ? v.name : v.why}`, placeOf(frame), v));
      if (['none', 'bool', 'int', 'float', 'num', 'func'].includes(v.k)) {
        raiseBuiltin(R, frame, care(R, frame), 'TypeError', `object of type '${typeName(v)}' has no len()`);
        return [];
      }
      return count(R, iterate(R, frame, one(v)));
    }),
  any: (R, frame, args) =>
    boolean(
      R.d,
      someItem(R, frame, args.pos[0]!, (v) => truth(R, frame, v)),
    ),
  all: (R, frame, args) => boolean(R.d, R.d.not(someItem(R, frame, args.pos[0]!, (v) => R.d.not(truth(R, frame, v))))),
  min: (R, frame, args) => minimax(R, frame, args, true),
  max: (R, frame, args) => minimax(R, frame, args, false),
  sum: (R, frame, args) => {
    let total: Value = args.pos[1] ?? one(int(0));
    for (const i of iterate(R, frame, args.pos[0]!)) {
      const more = i.many ? one(opaque('a sum of nobody knows how many items', placeOf(frame))) : lightNumber(R, i.v);
      const next = under(R, frame, i.g, () => binary(R, frame, 'Add', total, more)) ?? total;
      total = lightNumber(R, choose(R.d, i.g, next, total));
    }
    return total;
  },
  abs: (R, frame, args) =>
    each(R, frame, args.pos[0]!, (v) =>
      v.k === 'int'
        ? one(int(Math.abs(v.n)))
        : v.k === 'float'
          ? one(float(Math.abs(v.n)))
          : v.k === 'num'
            ? one(num({ op: 'abs', args: [v.e] }, v.float))
            : unread(R, frame, 'abs'),
    ),
  round: (R, frame, args) =>
    each(R, frame, args.pos[0]!, (v) =>
      v.k === 'int' ? one(v) : v.k === 'float' && !args.pos[1] ? one(int(halfToEven(v.n))) : unread(R, frame, 'round'),
    ),
  divmod: (R, frame, args) =>
    one(
      tuple([
        binary(R, frame, 'FloorDiv', args.pos[0]!, args.pos[1]!),
        binary(R, frame, 'Mod', args.pos[0]!, args.pos[1]!),
      ]),
    ),
  sorted,
  reversed: (R, frame, args) =>
    each(R, frame, args.pos[0]!, (v) => {
      const own = v.k === 'instance' ? attrOf(R, frame, v, '__reversed__') : undefined;
      return own ? R.call(frame, own, { pos: [], kw: new Map() }) : one(list([...iterate(R, frame, one(v))].reverse()));
    }),
  enumerate: (R, frame, args) => {
    const start = arg(args, 1, 'start')?.[0]?.v;
    const at = start?.k === 'int' ? start.n : 0;
    return each(R, frame, args.pos[0]!, (v) => {
      if (v.k === 'series' && v.keep === YES)
        return one(
          series(
            v.at,
            v.n,
            one(tuple([binary(R, frame, 'Add', one(num({ op: 'input', name: v.at })), one(int(at))), v.item])),
          ),
        );
      return one(list(enumerated(R, iterate(R, frame, one(v)), at)));
    });
  },
  zip: (R, frame, args) =>
    union(
      R.d,
      choicesOf(R, args.pos).flatMap(({ g, of }) =>
        (under(R, frame, g, () => zipped(R, frame, of)) ?? []).map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
      ),
    ),
  map: (R, frame, args) =>
    one(
      list(
        iterate(R, frame, args.pos[1]!).map((i) => ({
          ...i,
          v: under(R, frame, i.g, () => R.call(frame, args.pos[0]!, { pos: [i.v], kw: new Map() })) ?? [],
        })),
      ),
    ),
  filter: (R, frame, args) =>
    one(
      list(
        iterate(R, frame, args.pos[1]!)
          .map((i) => {
            const keep =
              args.pos[0]![0]?.v.k === 'none'
                ? i.v
                : (under(R, frame, i.g, () => R.call(frame, args.pos[0]!, { pos: [i.v], kw: new Map() })) ?? []);
            return { ...i, g: R.d.and(i.g, truth(R, frame, keep)) };
          })
          .filter((i) => i.g !== NO),
      ),
    ),
  iter: (R, frame, args) =>
    each(R, frame, args.pos[0]!, (v) =>
      ['list', 'set', 'tuple', 'dict', 'str'].includes(v.k) && uncertainItems(R, frame, v) === undefined
        ? one({ ...list(iterate(R, frame, one(v))), iterator: true as const })
        : one(v),
    ),
  next: (R, frame, args) => {
    if (args.pos[0]!.some((a) => a.v.k === 'series'))
      return each(R, frame, args.pos[0]!, (v) =>
        v.k === 'series'
          ? firstOf(R, frame, v, args.pos[1])
          : ITEM_FUNCTIONS.next!(R, frame, { ...args, pos: [one(v), ...args.pos.slice(1)] }),
      );
    const [only] = args.pos[0]!;
    if (args.pos[0]!.length === 1 && only!.v.k === 'list' && only!.v.iterator)
      return takeNext(R, frame, only!.v, args.pos[1]);
    const items = iterate(R, frame, args.pos[0]!);
    let open: Cond = YES;
    const out: Alternative[] = [];
    for (const i of items) {
      const g = R.d.and(open, i.g);
      for (const a of i.v) out.push({ g: R.d.and(g, a.g), v: a.v });
      open = R.d.and(open, R.d.not(i.g));
      if (open === NO) break;
    }
    const found = union(R.d, out);
    if (args.pos[1]) return choose(R.d, open, args.pos[1], found);
    raiseBuiltin(R, frame, R.d.and(care(R, frame), open), 'StopIteration', '');
    return found;
  },
};
