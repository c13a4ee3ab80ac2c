/* oxlint-disable max-lines -- one part of the language, in one place */
/** Python's built-in functions and classes, as far as selection code uses them. */
import { floatOf, NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { writtenIn } from './copies.ts';
import { classOf, compareOp, exprOf, instanceOf } from './compare.ts';
import { saidClass } from './missingattributes.ts';
import { binary } from './operators.ts';
import { tupleOf } from './expressions.ts';
import { attributeOfText, importNamed } from './foreign.ts';
import { count, enumerated, iterate, uncertainItems } from './iterate.ts';
import { speaksOfNumber } from './gather.ts';
import { howManyTexts, numbersOf } from './numberlists.ts';
import { getItem } from './items.ts';
import { takeNext } from './listmethods.ts';
import { moduleValue } from './names.ts';
import { attrOf, getAttr } from './attributes.ts';
import { FROZEN, setAllAttrs, setAttr } from './settingattributes.ts';
import { setOwnAttr } from './ownattributes.ts';
import {
  lightNumber,
  namedNumber,
  aside,
  care,
  cutValue,
  exception,
  flatten,
  note,
  opaqueCond,
  placeOf,
  raise,
  raiseBuiltin,
  truth,
  unread,
  under,
} from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { spread, strOf } from './strings.ts';
import {
  boolean,
  choose,
  dict,
  dictOfAnyKey,
  FALSE,
  float,
  fresh,
  int,
  isBeyond,
  list,
  native,
  NONE_VALUE,
  num,
  one,
  opaque,
  outside,
  series,
  set,
  str,
  tuple,
  UNBOUND,
  union,
  typeName,
} from './values.ts';
import type {
  Alternative,
  Args,
  Atom,
  ClassAtom,
  DictAtom,
  Entry,
  Item,
  LazyDict,
  Part,
  SeriesAtom,
  Value,
} from './values.ts';
import { putEntry, copyDict } from './entries.ts';

type Builtin = (R: Reader, frame: Frame, args: Args) => Value;

const EXCEPTIONS: Readonly<Record<string, string>> = {
  Exception: 'BaseException',
  KeyboardInterrupt: 'BaseException',
  SystemExit: 'BaseException',
  GeneratorExit: 'BaseException',
  ArithmeticError: 'Exception',
  ZeroDivisionError: 'ArithmeticError',
  OverflowError: 'ArithmeticError',
  AssertionError: 'Exception',
  AttributeError: 'Exception',
  ImportError: 'Exception',
  ModuleNotFoundError: 'ImportError',
  LookupError: 'Exception',
  KeyError: 'LookupError',
  IndexError: 'LookupError',
  NameError: 'Exception',
  UnboundLocalError: 'NameError',
  OSError: 'Exception',
  FileNotFoundError: 'OSError',
  PermissionError: 'OSError',
  ConnectionError: 'OSError',
  TimeoutError: 'OSError',
  RuntimeError: 'Exception',
  NotImplementedError: 'RuntimeError',
  RecursionError: 'RuntimeError',
  StopIteration: 'Exception',
  TypeError: 'Exception',
  ValueError: 'Exception',
  UnicodeError: 'ValueError',
  UnicodeDecodeError: 'UnicodeError',
  MemoryError: 'Exception',
  EOFError: 'Exception',
  BufferError: 'Exception',
  Warning: 'Exception',
  UserWarning: 'Warning',
  DeprecationWarning: 'Warning',
  FutureWarning: 'Warning',
  RuntimeWarning: 'Warning',
};

/** The functions that go through one of their arguments, and which. */
const ITEMS_AT: Readonly<Record<string, number>> = {
  sorted: 0,
  reversed: 0,
  enumerate: 0,
  sum: 0,
  any: 0,
  all: 0,
  next: 0,
  map: 1,
  filter: 1,
};

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

/** Of something that was not read nobody knows the items: what comes of them is not known either. */
const overItems =
  (at: number, fn: Builtin, name: string): Builtin =>
  (R, frame, args) => {
    const given = args.pos[at] ?? [];
    const dark = given.filter((a) => a.v.k === 'opaque' || (a.v.k === 'outside' && !a.v.constant));
    if (!dark.length) return fn(R, frame, args);
    const place = placeOf(frame);
    const out: Alternative[] = dark.map((a) => ({
      g: a.g,
      v: a.v.k === 'opaque' ? a.v : opaque(`${name} of ${(a.v as { name: string }).name}`, place, a.v),
    }));
    const rest = given.filter((a) => !dark.includes(a));
    for (const { g, v } of rest) {
      const pos = args.pos.map((p, i) => (i === at ? one(v) : p));
      for (const a of under(R, frame, g, () => fn(R, frame, { ...args, pos })) ?? [])
        out.push({ g: R.d.and(g, a.g), v: a.v });
    }
    return union(R.d, out);
  };

/** Makes the table of built-in names of one reading. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function createBuiltins(R: Reader): Map<string, Value> {
  const table = new Map<string, Value>();
  const define = (name: string, base?: ClassAtom, modname = 'builtins'): ClassAtom => {
    const cls = builtinClass(name, base, modname);
    table.set(name, one(cls));
    return cls;
  };
  const object = define('object');
  define('type', object);
  for (const name of [
    'float',
    'str',
    'bytes',
    'list',
    'tuple',
    'dict',
    'set',
    'frozenset',
    'NoneType',
    'function',
    'range',
    'slice',
    'complex',
    'bytearray',
    'memoryview',
  ])
    define(name, object);
  const intClass = define('int', object);
  define('bool', intClass);
  for (const name of ['property', 'classmethod', 'staticmethod']) define(name, object);
  define('BaseException', object);
  for (const [name, parent] of Object.entries(EXCEPTIONS)) define(name, table.get(parent)![0]!.v as ClassAtom);
  table.set('EnvironmentError', table.get('OSError')!);
  table.set('IOError', table.get('OSError')!);
  table.set(
    FROZEN,
    one(builtinClass('FrozenInstanceError', table.get('AttributeError')![0]!.v as ClassAtom, 'dataclasses')),
  );
  table.set('NotImplemented', one(outside('NotImplemented', true)));
  table.set('Ellipsis', one(outside('Ellipsis', true)));
  table.set('__debug__', one(FALSE));
  const frameNow = (): Frame => R.frame!;
  for (const [name, fn] of Object.entries(FUNCTIONS)) {
    const items = ITEMS_AT[name];
    const work: Builtin = items === undefined ? fn : overItems(items, fn, name);
    table.set(name, one(native(name, (args) => work(R, frameNow(), args))));
  }
  for (const [name, make] of Object.entries(CONSTRUCTORS)) {
    const cls = table.get(name)![0]!.v as ClassAtom;
    cls.attrs.set(
      '__call_native__',
      one(native(name, (args) => make(R, frameNow(), { pos: args.pos.slice(1), kw: args.kw }))),
    );
  }
  // what frozen dataclasses use to set their own fields
  object.attrs.set(
    '__setattr__',
    one(
      native('__setattr__', (args) => {
        const name = nameOf(args.pos[1]!);
        if (name === undefined) note(R, 'opaque', 'object.__setattr__ with an uncertain name', placeOf(frameNow()));
        else setOwnAttr(R, frameNow(), args.pos[0]!, name, args.pos[2]!);
        return NONE_VALUE;
      }),
    ),
  );
  // exceptions keep their arguments
  (table.get('BaseException')![0]!.v as ClassAtom).attrs.set(
    '__call_native__',
    one(native('exception', (args) => one(exception(args.pos[0]![0]!.v as ClassAtom, args.pos.slice(1))))),
  );
  (table.get('dict')![0]!.v as ClassAtom).attrs.set(
    'fromkeys',
    one(
      native('fromkeys', (args) =>
        one(
          dict(
            iterate(R, frameNow(), args.pos[0]!).map((i) => ({ key: i.v[0]!.v, g: i.g, v: args.pos[1] ?? NONE_VALUE })),
          ),
        ),
      ),
    ),
  );
  return table;
}

/** The condition under which something that was not read is known to be a class derived from one of these. */
const derivesFrom = (R: Reader, v: Atom, of: readonly Atom[]): Cond =>
  of.reduce<Cond>((c, o) => (v.k === 'opaque' && v.derives && o.k === 'class' ? R.d.or(c, v.derives(o)) : c), NO);

/** A class that Python itself or a package outside the tree defines. */
export function builtinClass(name: string, base: ClassAtom | undefined, modname: string): ClassAtom {
  const cls: ClassAtom = {
    id: fresh(),
    k: 'class',
    name,
    qualname: name,
    modname,
    bases: base ? [base] : [],
    mro: [],
    foreign: [],
    scope: undefined,
    attrs: new Map(),
    version: 0,
  };
  cls.mro = [cls, ...(base?.mro ?? [])];
  return cls;
}

const arg = (args: Args, i: number, name?: string): Value | undefined =>
  args.pos[i] ?? (name ? args.kw.get(name) : undefined);

const nameOf = (v: Value): string | undefined => (v.length === 1 && v[0]!.v.k === 'str' ? v[0]!.v.s : undefined);

function each(R: Reader, frame: Frame, value: Value, work: (v: Atom) => Value): Value {
  const out: Alternative[] = [];
  for (const { g, v } of value) {
    const made = under(R, frame, g, () => work(v)) ?? [];
    for (const a of made) out.push({ g: R.d.and(g, a.g), v: a.v });
  }
  return union(R.d, out);
}

/** Chooses the least (or greatest) item by its key. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function extreme(R: Reader, frame: Frame, args: Args, least: boolean): Value {
  const items = args.pos.length > 1 ? args.pos.map((v): Item => ({ g: YES, v })) : iterate(R, frame, args.pos[0]!);
  const key = args.kw.get('key');
  const keyed = items.flatMap((i) =>
    i.v.map((a) => ({
      g: R.d.and(i.g, a.g),
      v: a.v,
      key: key
        ? (under(R, frame, R.d.and(i.g, a.g), () => R.call(frame, key, { pos: [one(a.v)], kw: new Map() })) ?? [])
        : one(a.v),
    })),
  );
  const spread = keyed
    .flatMap((k) => k.key.map((a) => ({ g: R.d.and(k.g, a.g), v: k.v, key: a.v })))
    .filter((k) => k.g !== NO);
  const any = spread.reduce<Cond>((c, k) => R.d.or(c, k.g), NO);
  const fallback = args.kw.get('default');
  const none = R.d.and(care(R, frame), R.d.not(any));
  if (!fallback) raiseBuiltin(R, frame, none, 'ValueError', `${least ? 'min' : 'max'}() arg is an empty sequence`);
  if (spread.every((k) => k.key.k === 'int' || k.key.k === 'float' || k.key.k === 'bool')) {
    const number = (a: Atom): number => (a.k === 'bool' ? Number(a.b) : (a as { n: number }).n);
    const order = spread
      .map((k, i) => ({ ...k, n: number(k.key), i }))
      .sort((a, b) => (least ? a.n - b.n : b.n - a.n) || a.i - b.i);
    let open: Cond = YES;
    const out: Alternative[] = [];
    for (const k of order) {
      const g = R.d.and(open, k.g);
      if (g !== NO) out.push({ g, v: k.v });
      open = R.d.and(open, R.d.not(k.g));
      if (open === NO) break;
    }
    const found = cutValue(R, union(R.d, out), placeOf(frame), least ? 'min' : 'max');
    return fallback ? choose(R.d, open, fallback, found) : found;
  }
  // symbolic numbers: compare one after the other
  let best: { g: Cond; v: Atom; key: Atom }[] = [];
  for (const k of spread) {
    const next: typeof best = [];
    let alone = k.g;
    for (const b of best) {
      const both = R.d.and(b.g, k.g);
      alone = R.d.and(alone, R.d.not(b.g));
      const wins =
        under(R, frame, both, () =>
          truth(R, frame, compareOp(R, frame, least ? 'Lt' : 'Gt', one(k.key), one(b.key))),
        ) ?? NO;
      const taken = R.d.and(both, wins);
      if (taken !== NO) next.push({ g: taken, v: k.v, key: k.key });
      const kept = R.d.and(b.g, R.d.not(taken));
      if (kept !== NO) next.push({ ...b, g: kept });
    }
    if (alone !== NO) next.push({ g: alone, v: k.v, key: k.key });
    best = next;
  }
  const found = union(R.d, best);
  return fallback ? choose(R.d, none, fallback, found) : found;
}

function minimax(R: Reader, frame: Frame, args: Args, least: boolean): Value {
  // two symbolic numbers become one expression
  if (
    args.pos.length === 2 &&
    !args.kw.has('key') &&
    args.pos.every((p) => p.length > 0 && p.every((a) => ['num', 'int', 'float'].includes(a.v.k))) &&
    args.pos.some((p) => p.some((a) => a.v.k === 'num'))
  ) {
    const [left, right] = args.pos;
    const out: Alternative[] = [];
    for (const a of left!)
      for (const b of right!) {
        const g = R.d.and(a.g, b.g);
        if (g !== NO) out.push({ g, v: lesser(a.v, b.v, least) });
      }
    return namedNumber(R, union(R.d, out));
  }
  return extreme(R, frame, args, least);
}

/** The lesser (or greater) of two numbers, as an expression where it depends on inputs. */
function lesser(a: Atom, b: Atom, least: boolean): Atom {
  const [ea, eb] = [exprOf(a)!, exprOf(b)!];
  const value = (e: Expr): number | undefined => ('value' in e && typeof e.value === 'number' ? e.value : undefined);
  const [x, y] = [value(ea), value(eb)];
  if (x === (least ? Infinity : -Infinity)) return b;
  if (y === (least ? Infinity : -Infinity)) return a;
  if (x !== undefined && y !== undefined) return (least ? y < x : y > x) ? b : a;
  const isFloat = (v: Atom): boolean => v.k === 'float' || (v.k === 'num' && v.float);
  return num({ op: least ? 'min' : 'max', args: [ea, eb] }, isFloat(a) || isFloat(b));
}

/** Numbers of lists of uncertain length in order; those of sets each once. */
function sortedNumbers(R: Reader, frame: Frame, lists: Value): Value | undefined {
  const known = lists.filter((a) => a.v.k !== 'opaque');
  const isSet = (v: Atom): boolean => v.k === 'set' || (v.k === 'series' && v.set !== undefined);
  const once = known.every((a) => isSet(a.v));
  return once || !known.some((a) => isSet(a.v)) ? numbersOf(R, frame, [lists], { sorted: true, once }) : undefined;
}

/** The items in the order of their keys, which must be concrete. */
// oxlint-disable-next-line max-lines-per-function -- what is certain and what is not, side by side
function sorted(R: Reader, frame: Frame, args: Args): Value {
  const uncertain = args.pos[0]!.filter((a) => a.v.k === 'series' || a.v.k === 'opaque');
  const numbers = uncertain.some((a) => a.v.k === 'series') && !args.kw.size && sortedNumbers(R, frame, args.pos[0]!);
  if (numbers) return numbers;
  if (uncertain.length > 0) {
    const others = args.pos[0]!.filter((a) => !uncertain.includes(a));
    const known = others.length ? sorted(R, frame, { ...args, pos: [others] }) : [];
    return union(R.d, [
      ...uncertain.flatMap(({ g, v }) => {
        // what is empty is in order
        const some = v.k === 'series' ? R.book.exists(v.at, v.n, v.keep) : YES;
        const open = unread(R, frame, 'a list of uncertain length is sorted');
        return [
          ...open.map((o) => ({ g: R.d.and(R.d.and(g, some), o.g), v: o.v })),
          { g: R.d.and(g, R.d.not(some)), v: list([]) },
        ];
      }),
      ...known,
    ]);
  }
  const items = iterate(R, frame, args.pos[0]!);
  const key = args.kw.get('key');
  const reverse = truth(R, frame, args.kw.get('reverse') ?? []) === YES;
  const keyed = items.flatMap((i) =>
    i.v
      .map((a) => {
        const g = R.d.and(i.g, a.g);
        const k = key
          ? (under(R, frame, g, () => R.call(frame, key, { pos: [one(a.v)], kw: new Map() })) ?? [])
          : one(a.v);
        // an item with several possible keys stands at several places, under conditions that exclude each other
        return k
          .map((b) => ({ item: { ...i, g: R.d.and(g, b.g), v: one(a.v) }, k: sortKey(b.v) }))
          .filter((x) => x.item.g !== NO);
      })
      .flat(),
  );
  if (keyed.some((k) => k.k === undefined)) {
    if (items.length < 2) return one(list(items));
    const numbers = key || reverse ? undefined : sortedNumbers(R, frame, args.pos[0]!);
    return numbers ?? unread(R, frame, 'sorting by an uncertain key');
  }
  const order = (a: readonly (number | string)[], b: readonly (number | string)[]): number => {
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
    return a.length - b.length;
  };
  keyed.sort((a, b) => (reverse ? -1 : 1) * order(a.k!, b.k!));
  return one(list(keyed.map((k) => k.item)));
}

function sortKey(v: Atom): (number | string)[] | undefined {
  if (v.k === 'int' || v.k === 'float') return [v.n];
  if (v.k === 'bool') return [Number(v.b)];
  if (v.k === 'str') return [v.s];
  if (v.k === 'tuple') {
    const parts = v.items.map((i) => (i.length === 1 ? sortKey(i[0]!.v) : undefined));
    return parts.every(Boolean) ? parts.flatMap((p) => p!) : undefined;
  }
  return undefined;
}

/** The whole number next to one; of two that are equally near, the even one. */
function halfToEven(n: number): number {
  const low = Math.floor(n);
  return n - low === 0.5 ? low + (low % 2 === 0 ? 0 : 1) : Math.round(n);
}

/** Of a module that the question names, a thing outside the tree. */
const ofModule = (v: Atom): Atom => (v.k === 'instance' && v.attributeNamedBy ? outside('a module') : v);

/** Has it such an attribute: the condition. */
export function hasAttr(R: Reader, frame: Frame, v: Atom, name: string): Cond {
  if (v.k === 'outside') {
    const known = R.world.outside(`${v.name}.${name}`, R);
    if (known) return YES;
    return R.world.importable(`${v.name}.${name}`, R);
  }
  if (v.k === 'opaque') return opaqueCond(R, frame, `has it ${name}: ${v.why}`, v.place, v);
  const { value: got, events } = aside(frame, () => {
    frame.tries.push(() => true);
    const found = attrOf(R, frame, v, name);
    frame.tries.pop();
    return found;
  });
  const lost = flatten(R, events).reduce<Cond>((c, e) => (e.kind === 'raise' ? R.d.or(c, e.g) : c), NO);
  if (!got) return NO;
  // a class of a package outside the tree may have it or not
  const foreign = (v.k === 'instance' ? v.cls : v.k === 'class' ? v : undefined)?.mro.find((c) => c.foreign.length);
  const only = got.length === 1 ? got[0]!.v : undefined;
  if (foreign && only?.k === 'opaque' && only.why === `${foreign.foreign[0]}.${name}`)
    return opaqueCond(R, frame, `has it ${name}: ${only.why}`, only.place, only);
  const mayLack = v.k === 'instance' && v.lazyOpen === true && !writtenIn(v).has(name);
  if (mayLack && only?.k === 'opaque') return opaqueCond(R, frame, `has it ${name}: ${only.why}`, only.place, only);
  const there = got.reduce<Cond>((c, a) => (a.v.k === 'unbound' ? c : R.d.or(c, a.g)), NO);
  return R.d.and(there, R.d.not(lost));
}

function callableOf(R: Reader, frame: Frame, v: Atom): Cond {
  if (v.k === 'opaque') return opaqueCond(R, frame, `can it be called: ${v.why}`, v.place, v);
  if (v.k === 'instance') return v.cls.mro.some((c) => c.foreign.length) ? YES : hasAttr(R, frame, v, '__call__');
  return ['func', 'native', 'bound', 'class', 'partial', 'outside'].includes(v.k) ? YES : NO;
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

/** Is a composed name surely that of no attribute: of none that the class or the object has? */
function noSuchName(value: Value, name: Atom): boolean {
  if (name.k !== 'text' || name.parts.length !== 3) return false;
  const [before, open, after] = name.parts as readonly [Part, Part, Part];
  if (before.p !== 'lit' || after.p !== 'lit' || open.p !== 'expr' || !open.not) return false;
  return value.every(({ v }) => {
    if (v.k !== 'instance' || v.wild?.some(({ from }) => !from.lazy)) return false;
    // of an object of the question: no name that begins like this is asked of it
    if (v.lazy && !v.lazy(`${before.s}*${after.s}`)?.every((a) => a.v.k === 'unbound')) return false;
    const own = [...v.attrs].flatMap(([n, x]) => (x.every((a) => a.v.k === 'unbound') ? [] : [n]));
    const names = [...own, ...v.cls.mro.flatMap((c) => [...c.attrs.keys(), ...(c.scope?.binders.keys() ?? [])])];
    return names.every(
      (n) =>
        !n.startsWith(before.s) ||
        !n.endsWith(after.s) ||
        open.not!.has(n.slice(before.s.length, n.length - after.s.length)),
    );
  });
}

/** Something that is no text names no attribute. */
function noName(R: Reader, frame: Frame, name: Atom): Value {
  raiseBuiltin(R, frame, care(R, frame), 'TypeError', `attribute name must be string, not '${typeName(name)}'`);
  return [];
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

const FUNCTIONS: Readonly<Record<string, Builtin>> = {
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
          return howManyTexts(R, v) ?? unread(R, frame, 'length of a set of uncertain length');
        const some = R.book.exists(v.at, v.n, v.keep);
        return [
          { g: some, v: int(1) },
          { g: R.d.not(some), v: int(0) },
        ];
      }
      if (v.k === 'series')
        return v.keep === YES ? one(num(v.n)) : unread(R, frame, 'length of a filtered list of uncertain length');
      if (v.k === 'dict' && v.lazy) return sizeOf(R, v, v.lazy);
      if (v.k === 'opaque' || v.k === 'outside')
        return one(opaque(`length of ${v.k === 'outside' ? v.name : v.why}`, placeOf(frame), v));
      if (['none', 'bool', 'int', 'float', 'num', 'func'].includes(v.k)) {
        raiseBuiltin(R, frame, care(R, frame), 'TypeError', `object of type '${typeName(v)}' has no len()`);
        return [];
      }
      return count(R, iterate(R, frame, one(v)));
    }),
  isinstance: (R, frame, args) => {
    let c: Cond = NO;
    for (const a of args.pos[0]!)
      for (const b of args.pos[1]!) c = R.d.or(c, R.d.and(R.d.and(a.g, b.g), instanceOf(R, frame, a.v, b.v)));
    return boolean(R.d, c);
  },
  issubclass: (R, frame, args) => {
    let c: Cond = NO;
    for (const a of args.pos[0]!)
      for (const b of args.pos[1]!) {
        const of = b.v.k === 'tuple' ? b.v.items.map((i) => i[0]!.v) : [b.v];
        const is = a.v.k === 'class' && of.some((o) => o.k === 'class' && (a.v as ClassAtom).mro.includes(o));
        if (a.v.k !== 'class') {
          const unread = opaqueCond(R, frame, 'issubclass of something that was not read');
          c = R.d.or(c, R.d.and(a.g, R.d.or(derivesFrom(R, a.v, of), unread)));
        } else if (is) c = R.d.or(c, R.d.and(a.g, b.g));
      }
    return boolean(R.d, c);
  },
  getattr: (R, frame, args) => {
    const name = nameOf(args.pos[1]!);
    if (name === undefined) {
      const names = args.pos[1]!.flatMap((n) => spread(R, n.v).map((a) => ({ g: R.d.and(n.g, a.g), v: a.v })));
      return each(R, frame, names, (n) =>
        n.k === 'str'
          ? FUNCTIONS.getattr!(R, frame, { pos: [args.pos[0]!, one(n), ...args.pos.slice(2)], kw: args.kw })
          : n.k === 'none'
            ? noName(R, frame, n)
            : each(
                R,
                frame,
                args.pos[0]!,
                (v) =>
                  attributeOfText(R, frame, v, n, args.pos[2]) ??
                  (noSuchName(one(v), n) ? args.pos[2] : undefined) ??
                  one(opaque('getattr with an uncertain name', placeOf(frame), isBeyond(n) ? n : ofModule(v))),
              ),
      );
    }
    const fallback = args.pos[2];
    if (!fallback) return getAttr(R, frame, args.pos[0]!, name);
    return each(R, frame, args.pos[0]!, (v) => {
      const c = hasAttr(R, frame, v, name);
      const got = under(R, frame, c, () => getAttr(R, frame, one(v), name)) ?? [];
      return choose(R.d, c, got, fallback);
    });
  },
  // with names to take from it the module itself is given, else the package at its top
  __import__: (R, frame, args) => {
    const made = importNamed(R, frame, args.pos[0]!);
    const from = args.pos[3] ?? args.kw.get('fromlist');
    const takes = from === undefined ? NO : truth(R, frame, from);
    const top = args.pos[0]!.flatMap(({ g, v }) =>
      v.k === 'str' ? moduleValue(R, v.s.split('.')[0]!).map((a) => ({ g: R.d.and(g, a.g), v: a.v })) : [],
    );
    return choose(R.d, takes, made, top);
  },
  hasattr: (R, frame, args) => {
    const name = nameOf(args.pos[1]!);
    if (name === undefined) return boolean(R.d, opaqueCond(R, frame, 'hasattr with an uncertain name'));
    let c: Cond = NO;
    for (const { g, v } of args.pos[0]!)
      c = R.d.or(c, R.d.and(g, under(R, frame, g, () => hasAttr(R, frame, v, name)) ?? NO));
    return boolean(R.d, c);
  },
  setattr: (R, frame, args) => {
    const name = nameOf(args.pos[1]!);
    const all = args.pos[1]!.length === 1 ? dictOfAnyKey(args.pos[1]![0]!.v) : undefined;
    if (all)
      for (const { g, v } of args.pos[0]!)
        under(R, frame, g, () => v.k === 'instance' && setAllAttrs(R, frame, v, all));
    else if (name === undefined) note(R, 'opaque', 'setattr with an uncertain name', placeOf(frame));
    else setAttr(R, frame, args.pos[0]!, name, args.pos[2]!);
    return NONE_VALUE;
  },
  delattr: (R, frame, args) => {
    const name = nameOf(args.pos[1]!);
    if (name === undefined || args.pos[0]!.some((a) => a.v.k !== 'instance'))
      note(R, 'skipped', 'delattr', placeOf(frame));
    else setAttr(R, frame, args.pos[0]!, name, one(UNBOUND));
    return NONE_VALUE;
  },
  callable: (R, frame, args) =>
    boolean(
      R.d,
      args.pos[0]!.reduce<Cond>((c, { g, v }) => R.d.or(c, R.d.and(g, callableOf(R, frame, v))), NO),
    ),
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
      const next = under(R, frame, i.g, () => binary(R, frame, 'Add', total, lightNumber(R, i.v))) ?? total;
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
          : FUNCTIONS.next!(R, frame, { ...args, pos: [one(v), ...args.pos.slice(1)] }),
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
  repr: (R, frame, args) => strOf(R, frame, args.pos[0]!, true),
  ascii: (R, frame, args) => strOf(R, frame, args.pos[0]!, true),
  print: () => NONE_VALUE,
  id: (_R, _f, args) => one(int(args.pos[0]![0]?.v.id ?? 0)),
  hash: (R, frame) => unread(R, frame, 'hash'),
  vars: (R, frame) => unread(R, frame, 'vars'),
  dir: (R, frame) => unread(R, frame, 'dir'),
  globals: (R, frame) =>
    // names() in globals(), globals()[name]: what the module binds at its top level
    one(
      dict(
        [...frame.module.binders.keys()].map((k) => ({
          key: str(k),
          g: YES,
          v: attrOf(R, frame, frame.module.atom, k) ?? [],
        })),
      ),
    ),
  locals: (R, frame) => unread(R, frame, 'locals'),
  open: (R, frame) => unread(R, frame, 'a file is opened'),
  input: (R, frame) => unread(R, frame, 'input'),
  super: (R, frame, args) => {
    const cls = args.pos[0]?.[0]?.v;
    if (cls?.k !== 'class' || !args.pos[1]) return unread(R, frame, 'super with uncertain arguments');
    return args.pos[1].map((a) => ({ g: a.g, v: { id: fresh(), k: 'super' as const, after: cls, self: a.v } }));
  },
  // used by `match`
  __eq__test: (R, frame, args) => compareOp(R, frame, 'Eq', args.pos[0]!, args.pos[1]!),
  exec: (R, frame) => unread(R, frame, 'exec'),
  eval: (R, frame) => unread(R, frame, 'eval'),
};

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
  return each(R, frame, from, (a) =>
    each(R, frame, to, (b) => {
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

const CONSTRUCTORS: Readonly<Record<string, Builtin>> = {
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
