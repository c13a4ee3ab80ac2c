/* oxlint-disable max-lines -- one part of the language, in one place */
/** Methods and items of Python's own types: str, list, dict, set, tuple, and what objects have by themselves. */
import { NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { compareOp, exprOf } from './compare.ts';
import { characters, count, iterate, partOfEntries, uncertainItems } from './iterate.ts';
import {
  care,
  cut,
  exception,
  gap,
  namedText,
  note,
  opaqueCond,
  placeOf,
  raise,
  raiseBuiltin,
  reading,
  truth,
  unseen,
  under,
  unread,
  writing,
} from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { expand, join, lit, partsOf, textParts, textValue } from './strings.ts';
import {
  anyKey,
  boolean,
  choose,
  dict,
  fresh,
  int,
  list,
  num,
  native,
  NONE_VALUE,
  one,
  opaque,
  outside,
  restrict,
  series,
  set,
  str,
  text,
  tuple,
  typeName,
  UNBOUND,
  union,
} from './values.ts';
import type {
  Alternative,
  Args,
  Atom,
  ClassAtom,
  DictAtom,
  Item,
  ListAtom,
  Part,
  SeriesAtom,
  SetAtom,
  TupleAtom,
  Value,
} from './values.ts';
import { putEntry, sameKey, settleKey, copyDict } from './entries.ts';
import { itemOfNamed } from './numberlists.ts';
import { standing } from './substitute.ts';

type Method = (R: Reader, frame: Frame, self: Atom, args: Args) => Value;

/** The bound method `name` of a thing of a built-in type, or undefined. */
export function methodOf(R: Reader, frame: Frame, v: Atom, name: string): Value | undefined {
  const table = tableOf(v);
  const method =
    (table && Object.hasOwn(table, name) ? table[name] : undefined) ??
    (Object.hasOwn(ANY, name) ? ANY[name] : undefined);
  if (!method && v.k === 'series' && (v.set !== undefined ? !name.startsWith('__') : Object.hasOwn(LIST, name)))
    return one(native(name, () => unread(R, R.frame ?? frame, `${name} of a list of uncertain length`)));
  if (!method)
    return REAL[v.k]?.has(name) ? one(native(name, () => notModelled(R, R.frame ?? frame, v, name))) : undefined;
  return one({ id: fresh(), k: 'bound', self: v, fn: native(name, (args) => method(R, R.frame ?? frame, v, args)) });
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));
const OF_TEXTS = words(
  `casefold center expandtabs format_map index isalnum isalpha isascii islower isprintable isspace istitle isupper ljust
  maketrans rfind rindex rjust rpartition splitlines swapcase title translate zfill capitalize __len__ __add__ __mul__ __mod__
  __lt__ __le__ __gt__ __ge__ __iter__ __str__ __repr__ __format__`,
);
const OF_NUMBERS = words(
  `as_integer_ratio bit_count conjugate denominator from_bytes imag numerator real to_bytes is_integer hex __add__ __sub__ __mul__
  __truediv__ __floordiv__ __mod__ __pow__ __neg__ __abs__ __int__ __float__ __bool__ __lt__ __le__ __gt__ __ge__ __str__ __repr__
  __index__ __round__`,
);

/** Methods that Python's own types have and that are not modelled here: what they give is not known. */
const REAL: Readonly<Partial<Record<Atom['k'], ReadonlySet<string>>>> = {
  str: OF_TEXTS,
  text: OF_TEXTS,
  int: OF_NUMBERS,
  num: OF_NUMBERS,
  float: OF_NUMBERS,
  bool: OF_NUMBERS,
  list: words('__add__ __mul__ __iter__ __delitem__ __reversed__ __imul__ __iadd__'),
  tuple: words('__add__ __mul__ __iter__ __len__ __getitem__ __contains__'),
  dict: words('popitem __iter__ __delitem__ __reversed__ __or__ __ior__'),
  set: words(
    `symmetric_difference symmetric_difference_update __iter__ __len__ __contains__ __or__ __and__ __sub__ __xor__ __ior__
    __iand__ __isub__`,
  ),
};

/** Methods that take something away or put it in another order: after them nobody knows what is left. */
const CHANGING = words(
  'clear __delitem__ __imul__ __iadd__ __ior__ __iand__ __isub__ pop popitem symmetric_difference_update',
);

function notModelled(R: Reader, frame: Frame, v: Atom, name: string): Value {
  const why = `${name} of a ${typeName(v)}`;
  if (CHANGING.has(name) && (v.k === 'list' || v.k === 'dict' || v.k === 'set')) {
    writing(R, frame, v);
    note(R, 'opaque', why, placeOf(frame));
    gap(R, frame, why);
  }
  return unread(R, frame, why);
}

function tableOf(v: Atom): Readonly<Record<string, Method>> | undefined {
  const tables: Readonly<Partial<Record<Atom['k'], Readonly<Record<string, Method>>>>> = TABLES;
  return tables[v.k];
}

const first = (args: Args, name?: string): Value => args.pos[0] ?? (name ? args.kw.get(name) : undefined) ?? NONE_VALUE;

const ANY: Readonly<Record<string, Method>> = {
  __eq__: (R, frame, self, args) => compareOp(R, frame, 'Eq', one(self), first(args)),
  __ne__: (R, frame, self, args) => compareOp(R, frame, 'NotEq', one(self), first(args)),
  __hash__: () => one(int(0)),
};

const INT: Readonly<Record<string, Method>> = {
  bit_length: (_R, _f, self) =>
    self.k === 'int'
      ? one(int(self.n === 0 ? 0 : BigInt(Math.abs(self.n)).toString(2).length))
      : self.k === 'num' && !self.float
        ? one(num({ op: 'bitlength', args: [self.e] }))
        : one(opaque('bit_length', '')),
};

const CLASS: Readonly<Record<string, Method>> = {
  // SomeEnum["NAME"]
  __getitem__: (R, frame, self, args) => enumByName(R, frame, self as ClassAtom, first(args)),
  __subclasses__: (R, frame) => unread(R, frame, '__subclasses__'),
  mro: (_R, _f, self) => one(list((self as ClassAtom).mro.map((c) => ({ g: YES, v: one(c) })))),
};

/** The names of an enumeration's members, in order; one member may have several. */
export const namesOfEnum = (cls: ClassAtom): string[] =>
  [...cls.attrs].flatMap(([name, value]) => (cls.enumMembers?.some((m) => m === value[0]?.v) ? [name] : []));

export function enumByName(R: Reader, frame: Frame, cls: ClassAtom, key: Value): Value {
  const out: Alternative[] = [];
  const names = namesOfEnum(cls);
  for (const { g, v } of key) {
    let rest = g;
    for (const n of names) {
      const same =
        v === str(n) ? YES : v.k === 'text' ? truth(R, frame, compareOp(R, frame, 'Eq', one(v), one(str(n)))) : NO;
      const here = R.d.and(rest, same);
      if (here === NO) continue;
      out.push({ g: here, v: cls.attrs.get(n)![0]!.v });
      rest = R.d.and(rest, R.d.not(same));
    }
    if (v.k === 'opaque') out.push({ g: rest, v });
    else if (R.d.and(rest, frame.live) !== NO) {
      const missing = exception(R.builtin('KeyError')![0]!.v as ClassAtom, [one(v)]);
      under(R, frame, rest, () => raise(R, frame, care(R, frame), missing));
    }
  }
  return union(R.d, out);
}

/** A method over a concrete text, folded; over one input, an expression; else nobody can say. */
function textMethod(op: string, fold: (s: string, args: readonly string[]) => string): Method {
  const method: Method = (R, frame, self, args) => {
    const several = args.pos.findIndex((a) => a.length > 1);
    if (several >= 0 && args.pos[several]!.length <= MOST_TEXTS)
      return union(
        R.d,
        args.pos[several]!.flatMap(({ g, v }) =>
          method(R, frame, self, { ...args, pos: args.pos.with(several, one(v)) }).map((a) => ({
            g: R.d.and(g, a.g),
            v: a.v,
          })),
        ),
      );
    const open = args.pos.map((a) => (a.length === 1 ? exprOf(a[0]!.v) : undefined));
    if (open.some((e) => e === undefined)) return unread(R, frame, `str.${op} with uncertain arguments`);
    const given = args.pos.map((a) => (a[0]!.v.k === 'str' ? a[0]!.v.s : undefined));
    const isKnown = !given.includes(undefined);
    if (self.k === 'str' && isKnown) return one(str(fold(self.s, given as string[])));
    const e = exprOf(self);
    if (e) return one(text([{ p: 'expr', e: { op, args: [e, ...(open as Expr[])] } }]));
    if (!isKnown) return unread(R, frame, `str.${op} with uncertain arguments`);
    const spread = self.k === 'text' ? expand(R, self.parts, 64) : undefined;
    if (spread)
      return union(
        R.d,
        spread.map((a) => ({ g: a.g, v: str(fold((a.v as { s: string }).s, given as string[])) })),
      );
    return unread(R, frame, `str.${op} of a composed text`);
  };
  return method;
}

/** An argument that is one of so many texts is each of them in turn; more of them multiply where texts are changed one after the other. */
const MOST_TEXTS = 4;

function textTest(op: string, fold: (s: string, arg: string) => boolean): Method {
  return (R, frame, self, args) => {
    let c: Cond = NO;
    const options = args.pos.length
      ? args.pos[0]!.flatMap((a) =>
          a.v.k === 'tuple' ? a.v.items.flatMap((i) => i.map((x) => ({ g: R.d.and(a.g, x.g), v: x.v }))) : [a],
        )
      : [{ g: YES, v: str('') }];
    for (const { g, v } of options) {
      const own = exprOf(self);
      const arg = exprOf(v);
      if (self.k === 'str' && v.k === 'str') c = R.d.or(c, fold(self.s, v.s) ? g : NO);
      else if (own && arg) c = R.d.or(c, R.d.and(g, R.book.test({ op, args: args.pos.length ? [own, arg] : [own] })));
      else if (
        self.k === 'text' &&
        self.parts[0]?.p === 'lit' &&
        op === 'startswith' &&
        v.k === 'str' &&
        self.parts[0].s.length >= v.s.length
      )
        c = R.d.or(c, self.parts[0].s.startsWith(v.s) ? g : NO);
      else c = R.d.or(c, R.d.and(g, opaqueCond(R, frame, `str.${op} of a composed text`)));
    }
    return boolean(R.d, c);
  };
}

/** The items of a list, of uncertain length or one of several, put together to a text: one that the rules have a name for. */
function joinedText(R: Reader, frame: Frame, between: string, of: Value): Value {
  const isText = (item: Value): boolean => item.every((a) => a.v.k === 'str' || a.v.k === 'text');
  const lists = of.map(({ g, v }) => ({ g, v: v.k === 'series' ? v : list(iterate(R, frame, [{ g, v }])) }));
  // in a turn of a loop the text could be another than in the next
  return R.going.size === 0 &&
    lists.every(({ v }) => (v.k === 'series' ? isText(v.item) : v.items.every((i) => isText(i.v))))
    ? namedText(R, between, lists)
    : unread(R, frame, 'str.join of a list of uncertain length');
}

const STR: Readonly<Record<string, Method>> = {
  lower: textMethod('lower', (s) => s.toLowerCase()),
  upper: textMethod('upper', (s) => s.toUpperCase()),
  strip: textMethod('strip', (s, [chars]) => stripChars(stripChars(s, chars, true), chars, false)),
  lstrip: textMethod('lstrip', (s, [chars]) => stripChars(s, chars, true)),
  rstrip: textMethod('rstrip', (s, [chars]) => stripChars(s, chars, false)),
  replace: textMethod('replace', (s, [a, b]) => s.replaceAll(a!, b!)),
  title: textMethod('title', (s) => s.replace(/\w+/g, (w) => w[0]!.toUpperCase() + w.slice(1).toLowerCase())),
  capitalize: textMethod('capitalize', (s) => s.slice(0, 1).toUpperCase() + s.slice(1).toLowerCase()),
  removeprefix: textMethod('removeprefix', (s, [p]) => (s.startsWith(p!) ? s.slice(p!.length) : s)),
  removesuffix: textMethod('removesuffix', (s, [p]) => (p && s.endsWith(p) ? s.slice(0, -p.length) : s)),
  startswith: textTest('startswith', (s, p) => s.startsWith(p)),
  endswith: textTest('endswith', (s, p) => s.endsWith(p)),
  isdigit: textTest('isdigit', (s) => /^\d+$/.test(s)),
  isnumeric: textTest('isdigit', (s) => /^\d+$/.test(s)),
  isdecimal: textTest('isdigit', (s) => /^\d+$/.test(s)),
  isidentifier: textTest('isidentifier', (s) => /^[A-Za-z_]\w*$/.test(s)),
  split: (R, frame, self, args) => splitText(R, frame, self, args, false),
  rsplit: (R, frame, self, args) => splitText(R, frame, self, args, true),
  join: (R, frame, self, args) =>
    first(args).some((a) => uncertainItems(R, frame, a.v))
      ? joinedText(R, frame, (self as { s: string }).s, first(args))
      : join(R, (self as { s: string }).s, iterate(R, frame, first(args)), frame),
  format: (R, frame, self, args) => formatMethod(R, frame, self, args),
  count: (R, frame, self, args) => {
    const a = first(args)[0]?.v;
    if (a?.k !== 'str') return unread(R, frame, 'str.count');
    if (self.k === 'str') return one(int(self.s.split(a.s).length - 1));
    const e = exprOf(self);
    return e
      ? one(num({ op: 'count', args: [e, { op: 'const', value: a.s }] }))
      : unread(R, frame, 'str.count of a composed text');
  },
  find: (R, frame, self, args) => {
    const a = first(args)[0]?.v;
    return self.k === 'str' && a?.k === 'str' ? one(int(self.s.indexOf(a.s))) : unread(R, frame, 'str.find');
  },
  encode: (_R, _f, self) => one(self),
  partition: (R, frame, self, args) => {
    const a = first(args)[0]?.v;
    if (self.k !== 'str' || a?.k !== 'str') return unread(R, frame, 'str.partition');
    const at = self.s.indexOf(a.s);
    const parts = at < 0 ? [self.s, '', ''] : [self.s.slice(0, at), a.s, self.s.slice(at + a.s.length)];
    return one(tuple(parts.map((p) => one(str(p)))));
  },
};

function stripChars(s: string, chars: string | undefined, left: boolean): string {
  const has = (c: string): boolean => (chars === undefined ? /\s/.test(c) : chars.includes(c));
  let [from, to] = [0, s.length];
  if (left) while (from < to && has(s[from]!)) from++;
  else while (to > from && has(s[to - 1]!)) to--;
  return s.slice(from, to);
}

/** Into how many parts an open text is split. */
const MOST_PARTS = 8;

function splitText(R: Reader, frame: Frame, self: Atom, args: Args, fromEnd: boolean): Value {
  const sepAtom = (args.pos[0] ?? args.kw.get('sep'))?.[0]?.v;
  const maxAtom = (args.pos[1] ?? args.kw.get('maxsplit'))?.[0]?.v;
  const sep = sepAtom?.k === 'str' ? sepAtom.s : undefined;
  const max = maxAtom?.k === 'int' ? maxAtom.n : -1;
  /** At most `max` cuts, of a text in as many pieces as it has; `together` puts pieces together again. */
  const atMost = <T>(all: readonly T[], together: (pieces: readonly T[]) => T): readonly T[] => {
    if (max < 0 || all.length <= max + 1) return all;
    return fromEnd
      ? [together(all.slice(0, all.length - max)), ...all.slice(all.length - max)]
      : [...all.slice(0, max), together(all.slice(max))];
  };
  const parts = (s: string): readonly string[] =>
    atMost(sep === undefined ? s.trim().split(/\s+/).filter(Boolean) : s.split(sep), (p) => p.join(sep ?? ' '));
  const made = (s: string): Atom => list(parts(s).map((p) => ({ g: YES, v: one(str(p)) })));
  if (self.k === 'str') return one(made(self.s));
  const spread = self.k === 'text' ? expand(R, self.parts, 64) : undefined;
  if (spread) return spread.map((a) => ({ g: a.g, v: made((a.v as { s: string }).s) }));
  const cut = self.k === 'text' && sep !== undefined ? splitParts(self.parts, sep) : undefined;
  const pieces = cut && atMost(cut, (p) => p.flatMap((x, i) => (i === 0 ? x : [lit(sep!), ...x])));
  if (pieces) return one(list(pieces.map((p) => ({ g: YES, v: textValue(R, p) }))));
  const e = max < 0 || !fromEnd ? exprOf(self) : undefined;
  if (e && sep !== undefined) {
    const piece = (at: number): Value =>
      one(text([{ p: 'expr', e: { op: 'item', args: [e, { op: 'const', value: sep }, { op: 'const', value: at }] } }]));
    // a text of unknown parts: up to eight of them, each there when the text has that many; what is left after a last cut is not read
    const items: Item[] = Array.from({ length: max < 0 ? MOST_PARTS : Math.min(MOST_PARTS, max + 1) }, (_, i) => ({
      g:
        i === 0 ? YES : R.book.test({ op: 'items', args: [e, { op: 'const', value: sep }, { op: 'const', value: i }] }),
      v: i === max ? one(opaque('what is left of a text after its last cut', placeOf(frame))) : piece(i),
    }));
    if (max < 0 || max >= MOST_PARTS) note(R, 'assumed', 'a text is split into at most eight parts', placeOf(frame));
    return one(max < 0 ? { ...list(items), last: piece(-1) } : list(items));
  }
  return unread(R, frame, 'str.split of a composed text');
}

/** The pieces of a text whose open parts are whole numbers, which hold no separator. */
function splitParts(parts: readonly Part[], sep: string): Part[][] | undefined {
  if (/[-\d]/.test(sep)) return undefined;
  const out: Part[][] = [[]];
  for (const p of parts) {
    if (p.p === 'lit') {
      p.s.split(sep).forEach((s, i) => {
        if (i > 0) out.push([]);
        out.at(-1)!.push(lit(s));
      });
    } else if (p.p === 'expr' && p.int) out.at(-1)!.push(p);
    else return undefined;
  }
  return out;
}

function formatMethod(R: Reader, frame: Frame, self: Atom, args: Args): Value {
  if (self.k !== 'str') return unread(R, frame, 'str.format of a composed text');
  const parts = [];
  let n = 0;
  let last = 0;
  const re = /\{(\w*)(?:!r)?\}/g;
  for (let m = re.exec(self.s); m; m = re.exec(self.s)) {
    parts.push(lit(self.s.slice(last, m.index)));
    last = m.index + m[0].length;
    const value = m[1] && !/^\d/.test(m[1]) ? args.kw.get(m[1]) : args.pos[m[1] ? Number(m[1]) : n++];
    parts.push(...partsOf(R, frame, value ?? NONE_VALUE, m[0].includes('!r')));
  }
  parts.push(lit(self.s.slice(last)));
  return textValue(R, parts);
}

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
  reorder(R, frame, self, [{ g: opaqueCond(R, frame, why), v: one(opaque(why, placeOf(frame))) }]);
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

const LIST: Readonly<Record<string, Method>> = {
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

const SERIES: Readonly<Record<string, Method>> = {
  copy: (_R, _f, self) => one(self),
  __contains__: (R, frame, self, args) => compareOp(R, frame, 'In', first(args), one(self)),
  issubset: (R, frame, self, args) => {
    const { at, n, keep, item } = self as SeriesAtom;
    const inside = truth(R, frame, compareOp(R, frame, 'In', item, first(args)));
    return boolean(R.d, R.d.not(R.book.exists(at, n, R.d.and(keep, R.d.not(inside)))));
  },
};

const TUPLE: Readonly<Record<string, Method>> = {
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

const asDict = (v: Atom): DictAtom => v as DictAtom;

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
    missing = R.d.or(missing, open);
  }
  return { found: union(R.d, out), missing };
}

/** The entries of a dictionary of the question that nobody changed. */
const entriesIn = (self: DictAtom): SeriesAtom | undefined =>
  self.version === 0 && !self.lazy?.names ? self.lazy?.all?.() : undefined;

/** Up to so many entries are gone through one by one. */
const FEW = 2;

/** What is made of each entry of a dictionary of the question: a list of its own where there are few of them. */
function spreadOut(R: Reader, self: DictAtom, make: (pair: TupleAtom) => Value | TupleAtom): Value | undefined {
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

const DICT: Readonly<Record<string, Method>> = {
  get: (R, frame, self, args) => {
    const { found, missing } = dictGet(R, frame, asDict(self), first(args));
    return choose(R.d, missing, args.pos[1] ?? args.kw.get('default') ?? NONE_VALUE, found);
  },
  items: (R, frame, self) =>
    spreadOut(R, asDict(self), (pair) => pair) ??
    (R.lenient && asDict(self).lazy
      ? unread(R, frame, `all of ${asDict(self).lazy!.path}`)
      : one(
          list([
            ...entriesOf(R, frame, asDict(self), false).map((e) => ({ g: e.g, v: one(tuple([one(e.key), e.v])) })),
            ...(asDict(self).lazy
              ? [
                  {
                    g: asDict(self).lazy!.some(),
                    v: one(
                      tuple([
                        one(anyKey(asDict(self))),
                        one(opaque(`a value of ${asDict(self).lazy!.path}`, placeOf(frame))),
                      ]),
                    ),
                  },
                ]
              : []),
          ]),
        )),
  keys: (R, frame, self) => {
    const all = entriesIn(asDict(self));
    if (all) return one(partOfEntries(all, 0));
    return R.lenient && asDict(self).lazy && !asDict(self).lazy!.names
      ? unread(R, frame, `all of ${asDict(self).lazy!.path}`)
      : one({ ...list(iterate(R, frame, one(self))), view: true });
  },
  values: (R, frame, self) =>
    spreadOut(R, asDict(self), (pair) => pair.items[1]!) ??
    (R.lenient && asDict(self).lazy
      ? unread(R, frame, `all of ${asDict(self).lazy!.path}`)
      : one(list(entriesOf(R, frame, asDict(self)).map((e) => ({ g: e.g, v: e.v }))))),
  copy: (R, _f, self) => (reading(R, asDict(self)), one(copyDict(asDict(self)))),
  update: (R, frame, self, args) => {
    const when = writing(R, frame, asDict(self));
    for (const { g, v } of args.pos[0] ?? [])
      if (v.k === 'dict') {
        if (v.lazy?.names) updateAll(R, asDict(self), v, R.d.and(when, g));
        else if (v.lazy) note(R, 'opaque', `all of ${v.lazy.path} is asked for`, placeOf(frame));
        for (const e of v.entries) settleKey(R, asDict(self), e.key);
        for (const e of v.entries) putEntry(R, asDict(self).entries, e.key, R.d.and(when, R.d.and(g, e.g)), e.v);
      } else note(R, 'opaque', 'dict.update with something that is no dictionary', placeOf(frame));
    for (const [k, v] of args.kw) {
      settleKey(R, asDict(self), str(k));
      putEntry(R, asDict(self).entries, str(k), when, v);
    }
    return NONE_VALUE;
  },
  clear: (R, frame, self) => {
    const own = asDict(self);
    const when = writing(R, frame, own);
    if (own.lazy) return notModelled(R, frame, self, 'clear');
    own.entries = own.entries.map((e) => ({ ...e, g: R.d.and(e.g, R.d.not(when)) })).filter((e) => e.g !== NO);
    return NONE_VALUE;
  },
  setdefault: (R, frame, self, args) => {
    const { found, missing } = dictGet(R, frame, asDict(self), first(args));
    const when = R.d.and(writing(R, frame, asDict(self)), missing);
    for (const k of first(args)) putEntry(R, asDict(self).entries, k.v, R.d.and(when, k.g), args.pos[1] ?? NONE_VALUE);
    return choose(R.d, missing, args.pos[1] ?? NONE_VALUE, found);
  },
  pop: (R, frame, self, args) => {
    const { found, missing } = dictGet(R, frame, asDict(self), first(args));
    const when = writing(R, frame, asDict(self));
    for (const k of first(args))
      for (const e of asDict(self).entries)
        e.g = R.d.and(e.g, R.d.not(R.d.and(R.d.and(when, k.g), sameKey(R, e.key, k.v))));
    asDict(self).entries = asDict(self).entries.filter((e) => e.g !== NO);
    if (args.pos[1]) return choose(R.d, missing, args.pos[1], found);
    noSuchKey(R, frame, R.d.and(care(R, frame), missing), first(args));
    return found;
  },
  __contains__: (R, frame, self, args) => compareOp(R, frame, 'In', first(args), one(self)),
  __getitem__: (R, frame, self, args) => getItem(R, frame, one(self), first(args)),
  __len__: (R, frame, self) => count(R, iterate(R, frame, one(self))),
};

/** Makes a dictionary take in what nobody asked for yet of one of the question: it stands over what is there. */
function updateAll(R: Reader, self: DictAtom, from: DictAtom, g: Cond): void {
  const lazy = from.lazy!;
  const own = self.lazy;
  for (const name of lazy.names!) settleKey(R, from, str(name));
  for (const name of own?.asked ?? []) settleKey(R, from, str(name));
  for (const e of self.entries) settleKey(R, from, e.key);
  const whole = (path: string) => [{ g: YES, path }];
  self.lazy = {
    path: own?.path ?? lazy.path,
    at: (key) => {
      const before = own?.at(key) ?? one(UNBOUND);
      const over = (lazy.at(key) ?? one(UNBOUND)).filter((a) => a.v.k !== 'unbound');
      const there = over.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
      return choose(R.d, R.d.and(g, there), over, before);
    },
    some: () => R.d.or(own?.some() ?? NO, R.d.and(g, lazy.some())),
    asked: own?.asked ?? new Set(self.entries.flatMap((e) => (e.key.k === 'str' ? [e.key.s] : []))),
    names: [...new Set([...(own?.names ?? []), ...lazy.names!])],
    never: new Set([...(own?.never ?? []), ...(lazy.never ?? [])]),
    over: [
      ...(own ? (own.over ?? whole(own.path)) : []),
      ...(lazy.over ?? whole(lazy.path)).map((o) => ({ g: R.d.and(g, o.g), path: o.path })),
    ],
  };
}

function entriesOf(R: Reader, frame: Frame, d: DictAtom, all = true): DictAtom['entries'] {
  reading(R, d);
  if (d.lazy && all) note(R, 'opaque', `all of ${d.lazy.path} is asked for`, placeOf(frame));
  const live = care(R, frame);
  return d.entries.filter((e) => !R.d.disjoint(e.g, live));
}

const asSet = (v: Atom): SetAtom => v as SetAtom;

const SET: Readonly<Record<string, Method>> = {
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

const kept = (R: Reader, of: SetAtom, g: Cond): Item[] =>
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

const TABLES = {
  str: STR,
  text: STR,
  list: LIST,
  series: SERIES,
  tuple: TUPLE,
  dict: DICT,
  set: SET,
  int: INT,
  num: INT,
  class: CLASS,
};

/** Raises the KeyError of a key that is not there: one for each thing that the key may be. */
export function noSuchKey(R: Reader, frame: Frame, missing: Cond, key: Value): void {
  const cls = R.builtin('KeyError')![0]!.v as ClassAtom;
  for (const { g, v } of key) raise(R, frame, R.d.and(missing, g), exception(cls, [one(v)]));
}

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

const typeOf = (R: Reader, origin: Atom, args: readonly Value[]): Atom => ({
  id: fresh(),
  k: 'instance',
  cls: R.builtin('object')![0]!.v as ClassAtom,
  attrs: new Map([
    ['__origin__', one(origin)],
    ['__args__', one(tuple(args))],
  ]),
  version: 0,
});

/** `A | B` of types: one union of all its members, each once. */
export function typeUnion(R: Reader, parts: readonly Value[]): Value {
  const members: Atom[] = [];
  const none = R.builtin('NoneType')![0]!.v;
  for (const part of parts)
    for (const { v } of part) {
      const origin = v.k === 'instance' ? v.attrs.get('__origin__')?.[0]?.v : undefined;
      const inner =
        v.k === 'instance' && origin?.k === 'outside' && origin.name === 'typing.Union'
          ? v.attrs.get('__args__')![0]!.v
          : undefined;
      const own = inner?.k === 'tuple' ? inner.items.map((i) => i[0]!.v) : [v.k === 'none' ? none : v];
      for (const m of own) if (!members.includes(m)) members.push(m);
    }
  return members.length === 1 ? one(members[0]!) : one(typeOf(R, outside('typing.Union', true), members.map(one)));
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

/** The n-th of the items that are there. */
function nth(
  R: Reader,
  frame: Frame,
  items: readonly Item[],
  n: number,
  g: Cond,
  out: Alternative[],
  short = 'list index out of range',
): void {
  let states: Cond[] = [g];
  for (const item of items) {
    const here = R.d.and(states[n] ?? NO, item.g);
    if (here !== NO) for (const a of item.v) out.push({ g: R.d.and(here, a.g), v: a.v });
    const next: Cond[] = [];
    for (let i = 0; i <= n; i++)
      next[i] = R.d.or(R.d.and(states[i] ?? NO, R.d.not(item.g)), i ? R.d.and(states[i - 1] ?? NO, item.g) : NO);
    states = next;
    if (states.every((s) => s === NO)) return;
  }
  const missing = states.reduce<Cond>((c, s) => R.d.or(c, s), NO);
  raiseBuiltin(R, frame, R.d.and(care(R, frame), missing), 'IndexError', short);
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

function sliced(
  R: Reader,
  frame: Frame,
  v: Atom,
  items: readonly Item[],
  parts: readonly (Value | undefined)[],
): Value {
  const bound = parts.map(boundOf);
  const [from, to, step = 1] = bound;
  if (bound.some((b) => Number.isNaN(b))) return unread(R, frame, 'a slice with uncertain bounds');
  if (step === 0) {
    raiseBuiltin(R, frame, care(R, frame), 'ValueError', 'slice step cannot be zero');
    return [];
  }
  const certain = items.every((i) => i.g === YES);
  if (!certain && step !== 1 && !(step === -1 && from === undefined && to === undefined))
    return unread(R, frame, 'a slice in steps of an uncertain list');
  const kept = certain ? stepped(items, from, to, step) : between(R, items, from, to, step);
  if (v.k === 'str') return one(str(kept.map((c) => (c.v[0]!.v as { s: string }).s).join('')));
  return one(v.k === 'list' ? list(kept) : tuple(kept.map((c) => c.v)));
}

/** The items of a list that is as long as it looks, as Python slices. */
function stepped(items: readonly Item[], from: number | undefined, to: number | undefined, step: number): Item[] {
  const n = items.length;
  const clamp = (x: number): number => Math.min(Math.max(x < 0 ? x + n : x, step < 0 ? -1 : 0), step < 0 ? n - 1 : n);
  const start = from === undefined ? (step < 0 ? n - 1 : 0) : clamp(from);
  const stop = to === undefined ? (step < 0 ? -1 : n) : clamp(to);
  const out: Item[] = [];
  for (let i = start; step < 0 ? i > stop : i < stop; i += step) out.push(items[i]!);
  return out;
}

/** The items of an uncertain list between two places: where enough of the others are there before and after each. */
function between(
  R: Reader,
  items: readonly Item[],
  from: number | undefined,
  to: number | undefined,
  step: number,
): Item[] {
  if (step === -1) return [...items].reverse();
  const out: Item[] = [];
  for (const [i, item] of items.entries()) {
    const before = items.slice(0, i);
    const after = items.slice(i + 1);
    let g = item.g;
    // a place from the end counts what comes after
    const atLeast = (n: number): Cond => (n >= 0 ? enough(R, before, n) : R.d.not(enough(R, after, -n)));
    if (from !== undefined) g = R.d.and(g, atLeast(from));
    if (to !== undefined) g = R.d.and(g, R.d.not(atLeast(to)));
    if (g !== NO) out.push({ ...item, g });
  }
  return out;
}

/** When at least `n` of the items are there. */
function enough(R: Reader, items: readonly Item[], n: number): Cond {
  if (n <= 0) return YES;
  return count(R, items).reduce<Cond>((c, a) => (a.v.k === 'int' && a.v.n >= n ? R.d.or(c, a.g) : c), NO);
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

const constant = (n: number | undefined): readonly Expr[] => (n === undefined ? [] : [{ op: 'const', value: n }]);

/** A bound of a slice, or an index: undefined where none is given, NaN where it is uncertain. */
function boundOf(value: Value | undefined): number | undefined {
  const v = value?.length === 1 ? value[0]!.v : undefined;
  if (value === undefined || v?.k === 'none') return undefined;
  return v?.k === 'int' ? v.n : NaN;
}
