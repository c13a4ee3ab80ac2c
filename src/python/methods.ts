/** Methods and items of Python's own types: str, list, dict, set, tuple, and what objects have by themselves. */
import { type Reader, type Frame, unread } from './reader.ts';
import { type Atom, type Value, one, native, list, fresh, int, num, opaque, type ClassAtom } from './values.ts';
import { LIST, SERIES, TUPLE } from './listmethods.ts';
import { notModelled, words, type Method, first } from './methodkinds.ts';
import { compareOp } from './compare.ts';
import { enumByName } from './enumnames.ts';
import { YES } from '../rules/index.ts';
import { STR } from './textmethods.ts';
import { DICT } from './dictmethods.ts';
import { SET } from './setmethods.ts';

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

function tableOf(v: Atom): Readonly<Record<string, Method>> | undefined {
  const tables: Readonly<Partial<Record<Atom['k'], Readonly<Record<string, Method>>>>> = TABLES;
  return tables[v.k];
}

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
