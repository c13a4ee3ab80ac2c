/** The table of Python's built-in names: functions, classes and exceptions. */
import { nameOf } from './builtincalls.ts';
import type { Builtin } from './builtincalls.ts';
import { ITEM_FUNCTIONS } from './itemfunctions.ts';
import { OBJECT_FUNCTIONS } from './objectfunctions.ts';
import { CONSTRUCTORS } from './constructors.ts';
import { iterate } from './iterate.ts';

import { setOwnAttr } from './ownattributes.ts';
import { exception, note, placeOf, under } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { FROZEN } from './settingattributes.ts';
import { unsized } from './sized.ts';
import { FALSE, NONE_VALUE, dict, fresh, native, one, opaque, outside, union } from './values.ts';
import type { Alternative, ClassAtom, Value } from './values.ts';

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
      v: a.v.k === 'opaque' ? unsized(a.v) : opaque(`${name} of ${(a.v as { name: string }).name}`, place, a.v),
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
  for (const [name, fn] of Object.entries({ ...ITEM_FUNCTIONS, ...OBJECT_FUNCTIONS })) {
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
