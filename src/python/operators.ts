/** Binary operators: what `left op right` gives, and what it raises. */
import { type Reader, type Frame, under, raiseBuiltin, care, unread, placeOf } from './reader.ts';
import {
  type Value,
  type Alternative,
  union,
  one,
  type Atom,
  float,
  int,
  num,
  list,
  tuple,
  str,
  dict,
  opaque,
  isBeyond,
  bool,
} from './values.ts';
import { NO } from '../rules/index.ts';
import { plain, exprOf } from './compare.ts';
import { divisionText, operandText } from './operatortexts.ts';
import { ZERO_TO_NEGATIVE, isComplexPower, refuseZeroToNegative } from './powers.ts';
import { textParts, textValue, percent } from './strings.ts';
import { putTogether, repeated } from './sequenceoperators.ts';
import { numbersOf } from './numberlists.ts';
import { isSet, uncertainSets, isUncertainSet, isItems, setOperation } from './setoperators.ts';
import { typeUnion } from './uniontypes.ts';
import { putEntry } from './entries.ts';

const ARITHMETIC: Readonly<Record<string, string>> = {
  Add: 'add',
  Sub: 'sub',
  Mult: 'mul',
  Div: 'truediv',
  FloorDiv: 'floordiv',
  Mod: 'mod',
  Pow: 'pow',
};

/** `left op right` for every pair of alternatives. */
export function binary(R: Reader, frame: Frame, op: string, left: Value, right: Value): Value {
  const out: Alternative[] = [];
  for (const a of left)
    for (const b of right) {
      const g = R.d.and(a.g, b.g);
      if (R.d.and(g, frame.live) === NO) continue;
      const made = under(R, frame, g, () => binaryAtoms(R, frame, op, a.v, b.v)) ?? [];
      for (const m of made) out.push({ g: R.d.and(g, m.g), v: m.v });
    }
  return union(R.d, out);
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function binaryAtoms(R: Reader, frame: Frame, op: string, left: Atom, right: Atom): Value {
  const [a, b] = [plain(left), plain(right)];
  const name = ARITHMETIC[op];
  const na = numberOf(a);
  const nb = numberOf(b);
  if (name && na !== undefined && nb !== undefined) {
    if ((op === 'Div' || op === 'FloorDiv' || op === 'Mod') && nb === 0) {
      raiseBuiltin(R, frame, care(R, frame), 'ZeroDivisionError', divisionText(op, a, b));
      return [];
    }
    if (op === 'Pow' && na === 0 && nb < 0) {
      raiseBuiltin(R, frame, care(R, frame), 'ZeroDivisionError', ZERO_TO_NEGATIVE);
      return [];
    }
    if (op === 'Pow' && isComplexPower(na, nb)) return unread(R, frame, 'a complex number');
    const n = arithmetic(op, na, nb);
    const isFloat = op === 'Div' || (op === 'Pow' && nb < 0) || a.k === 'float' || b.k === 'float';
    if (!isFloat && !Number.isSafeInteger(n)) return tooLarge(R, frame);
    return one(isFloat ? float(n) : int(n));
  }
  if (
    name &&
    (a.k === 'num' || b.k === 'num') &&
    (na !== undefined || a.k === 'num') &&
    (nb !== undefined || b.k === 'num')
  ) {
    const ea = exprOf(a)!;
    const eb = exprOf(b)!;
    if (op === 'Div' || op === 'FloorDiv' || op === 'Mod') {
      const zero = R.book.test({ op: 'eq', args: [eb, { op: 'const', value: 0 }] });
      raiseBuiltin(R, frame, R.d.and(care(R, frame), zero), 'ZeroDivisionError', divisionText(op, a, b));
    }
    if (op === 'Pow') refuseZeroToNegative(R, frame, ea, eb);
    const same = neutral(op, a, b, na, nb);
    if (same) return one(same);
    const isFloat =
      op === 'Div' ||
      (op === 'Pow' && nb !== undefined && nb < 0) ||
      a.k === 'float' ||
      b.k === 'float' ||
      (a.k === 'num' && a.float) ||
      (b.k === 'num' && b.float);
    return one(num({ op: name, args: [ea, eb] }, isFloat));
  }
  if (op === 'Add') {
    const ta = textParts(a);
    const tb = textParts(b);
    if (ta && tb) return textValue(R, [...ta, ...tb]);
    if (a.k === 'list' && b.k === 'list' && !a.fixed && !b.fixed) return one(list([...a.items, ...b.items]));
    if (a.k === 'tuple' && b.k === 'tuple') return one(tuple([...a.items, ...b.items]));
  }
  if (op === 'Add' && a.k === 'series' && b.k === 'list' && b.items.length === 0) return one(a);
  if (op === 'Add' && b.k === 'series' && a.k === 'list' && a.items.length === 0) return one(b);
  if (op === 'Add' && [a, b].some((v) => v.k === 'series') && [a, b].every((v) => v.k === 'series' || v.k === 'list'))
    return (
      putTogether(R, a, b) ??
      numbersOf(R, frame, [one(a), one(b)]) ??
      unread(R, frame, 'lists of uncertain length put together')
    );
  if (op === 'Mod' && a.k === 'str') return textValue(R, percent(R, frame, a.s, b.k === 'tuple' ? b.items : [one(b)]));
  if (op === 'Mult') {
    const [seq, n] = a.k === 'list' || a.k === 'tuple' || a.k === 'str' ? [a, nb] : [b, na];
    if (n !== undefined && n < 4096) {
      if (seq.k === 'list') return one(list(Array.from({ length: Math.max(0, n) }, () => seq.items).flat()));
      if (seq.k === 'tuple') return one(tuple(Array.from({ length: Math.max(0, n) }, () => seq.items).flat()));
      if (seq.k === 'str') return one(str(seq.s.repeat(Math.max(0, n))));
    }
    if ((isText(a) && isWhole(b)) || (isText(b) && isWhole(a))) return unread(R, frame, 'a text that is repeated');
    if ((seq.k === 'list' || seq.k === 'tuple') && (a.k === 'num' || b.k === 'num'))
      return repeated(R, seq, a.k === 'num' ? a : b) ?? unread(R, frame, 'a list of symbolic length');
  }
  if (isSet(a) && isSet(b) && (a.k === 'series' || b.k === 'series')) return uncertainSets(R, frame, op, a, b);
  if (isUncertainSet(a) || isUncertainSet(b)) return unread(R, frame, `operator ${op} of a set of uncertain length`);
  if (isItems(a) && isItems(b) && op !== 'Add') return setOperation(R, frame, op, a.items, b.items);
  if (op === 'BitOr' && (isType(a) || a.k === 'none') && (isType(b) || b.k === 'none'))
    return typeUnion(R, [one(a), one(b)]);
  if (op === 'BitOr' && a.k === 'dict' && b.k === 'dict') {
    const entries = a.entries.map((e) => ({ ...e }));
    for (const e of b.entries) putEntry(R, entries, e.key, e.g, e.v);
    return one(dict(entries));
  }
  if (BITS.has(op) && [na, nb].every((x) => x !== undefined && Number.isSafeInteger(x)))
    return bits(R, frame, op, a, b, na!, nb!);
  const method = ownOperator(R, frame, op, a);
  if (method) return R.call(frame, method, { pos: [one(b)], kw: new Map() });
  if (BITS.has(op) && isWhole(a) && isWhole(b)) {
    const by = BITWISE[op];
    const [ea, eb] = [exprOf(a), exprOf(b)];
    if (op.endsWith('Shift') && eb) {
      const below = R.book.test({ op: 'lt', args: [eb, { op: 'const', value: 0 }] });
      raiseBuiltin(R, frame, R.d.and(care(R, frame), below), 'ValueError', 'negative shift count');
    }
    if (by !== undefined && ea && eb) return one(num({ op: by, args: [ea, eb] }));
    return unread(R, frame, `${op} of whole numbers that depend on inputs`);
  }
  if (isPlain(a) && isPlain(b)) {
    raiseBuiltin(R, frame, care(R, frame), 'TypeError', operandText(op, a, b));
    return [];
  }
  return one(
    opaque(
      `${op} of ${a.k === 'outside' ? a.name : a.k} and ${b.k === 'outside' ? b.name : b.k}`,
      placeOf(frame),
      isBeyond(a) ? a : b,
    ),
  );
}

const isText = (v: Atom): boolean => v.k === 'str' || v.k === 'text';

const isWhole = (v: Atom): boolean => v.k === 'int' || v.k === 'bool' || (v.k === 'num' && !v.float);

const OPERATORS: Readonly<Record<string, string>> = {
  Add: '__add__',
  Sub: '__sub__',
  Mult: '__mul__',
  Div: '__truediv__',
  FloorDiv: '__floordiv__',
  Mod: '__mod__',
  BitOr: '__or__',
  BitAnd: '__and__',
};

/** The method of an object's class that an operator calls. */
function ownOperator(R: Reader, frame: Frame, op: string, v: Atom): Value | undefined {
  const name = OPERATORS[op];
  return name !== undefined && v.k === 'instance' ? R.attrOf(frame, v, name) : undefined;
}

export const wholeNumber = (R: Reader, frame: Frame, n: number): Value =>
  Number.isSafeInteger(n) ? one(int(n)) : tooLarge(R, frame);

const BITS = new Set(['BitOr', 'BitAnd', 'BitXor', 'LShift', 'RShift']);

/** Operations on the bits of numbers that depend on inputs. */
const BITWISE: Readonly<Record<string, string>> = {
  BitAnd: 'bitand',
  BitOr: 'bitor',
  BitXor: 'bitxor',
  LShift: 'lshift',
  RShift: 'rshift',
};

function bits(R: Reader, frame: Frame, op: string, a: Atom, b: Atom, na: number, nb: number): Value {
  const [x, y] = [BigInt(na), BigInt(nb)];
  if (op.endsWith('Shift') && nb < 0) {
    raiseBuiltin(R, frame, care(R, frame), 'ValueError', 'negative shift count');
    return [];
  }
  if (op.endsWith('Shift') && nb > 256) return tooLarge(R, frame);
  const made = {
    BitOr: () => x | y,
    BitAnd: () => x & y,
    BitXor: () => x ^ y,
    LShift: () => x << y,
    RShift: () => x >> y,
  }[op]!();
  const n = Number(made);
  if (!Number.isSafeInteger(n)) return tooLarge(R, frame);
  return one(a.k === 'bool' && b.k === 'bool' && !op.endsWith('Shift') ? bool(n !== 0) : int(n));
}

/** A whole number that is not exact here. */
const tooLarge = (R: Reader, frame: Frame): Value => unread(R, frame, 'a number of more than 53 bits');

/** What an operation with 0 or 1 leaves of a whole number. */
function neutral(op: string, a: Atom, b: Atom, na: number | undefined, nb: number | undefined): Atom | undefined {
  const whole = (v: Atom): boolean => v.k === 'num' && !v.float;
  if (b.k !== 'float' && whole(a)) {
    if (op === 'Sub' && a === b) return int(0);
    if (nb === 0 && (op === 'Add' || op === 'Sub')) return a;
    if (nb === 1 && (op === 'Mult' || op === 'FloorDiv')) return a;
    if (nb === 1 && op === 'Mod') return int(0);
  }
  if (a.k !== 'float' && whole(b) && ((na === 0 && op === 'Add') || (na === 1 && op === 'Mult'))) return b;
  return undefined;
}

/** Things of Python's own types, for which an operator without meaning is a TypeError. */
const isPlain = (v: Atom): boolean =>
  ['none', 'bool', 'int', 'float', 'num', 'str', 'text', 'tuple', 'list', 'series', 'dict', 'set', 'func'].includes(
    v.k,
  ) ||
  (v.k === 'instance' && (v.cls.modname === 'builtins' || v.member !== undefined));

const isType = (v: Atom): boolean =>
  v.k === 'class' || v.k === 'outside' || v.k === 'tuple' || (v.k === 'instance' && v.attrs.has('__origin__'));

function numberOf(v: Atom): number | undefined {
  if (v.k === 'int' || v.k === 'float') return v.n;
  if (v.k === 'bool') return Number(v.b);
  return undefined;
}

function arithmetic(op: string, a: number, b: number): number {
  switch (op) {
    case 'Add':
      return a + b;
    case 'Sub':
      return a - b;
    case 'Mult':
      return a * b;
    case 'Div':
      return a / b;
    case 'FloorDiv':
      return Math.floor(a / b);
    case 'Mod':
      return ((a % b) + b) % b;
    default:
      return a ** b;
  }
}
