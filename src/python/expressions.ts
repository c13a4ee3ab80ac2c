/* oxlint-disable max-lines -- one part of the language, in one place */
/** Expressions of Python's grammar, evaluated where the frame stands. */
import { NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { compareOp, exprOf, plain } from './compare.ts';
import { iterate, partedByLight, uncertainItems } from './iterate.ts';
import { eachOf } from './loops.ts';
import { setOwnAttr, findInClass } from './objects.ts';
import { bind, bindGlobal, lookup, boundNames } from './modules.ts';
import { dictGet, getItem, lose, reorder, typeUnion } from './methods.ts';
import {
  care,
  cut,
  gap,
  newFrame,
  note,
  placeOf,
  raiseBuiltin,
  titleOf,
  truth,
  unread,
  writing,
  under,
} from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { formatted, lit, partsOf, percent, textParts, textValue } from './strings.ts';
import { isFloatLiteral } from './syntax.ts';
import { numbersOf } from './numberlists.ts';
import type { Node } from './syntax.ts';
import {
  UNBOUND,
  bool,
  boolean,
  choose,
  dict,
  float,
  fresh,
  int,
  list,
  isBeyond,
  NONE,
  num,
  one,
  opaque,
  outside,
  restrict,
  series,
  set,
  str,
  tuple,
  union,
  typeName,
} from './values.ts';
import type {
  LazyDict,
  Alternative,
  Args,
  Atom,
  DictAtom,
  Entry,
  FuncAtom,
  Item,
  ListAtom,
  SetAtom,
  Part,
  Scope,
  SeriesAtom,
  Value,
} from './values.ts';
import { putEntry, settleKey, copyDict } from './entries.ts';
import { isComplexPower, refuseZeroToNegative, ZERO_TO_NEGATIVE } from './powers.ts';
import { folded, standing } from './substitute.ts';

/** Evaluates an expression where the frame stands. Empty when that place is never reached. */
export function evaluate(R: Reader, frame: Frame, n: Node): Value {
  if (n.lineno) frame.line = n.lineno;
  if (care(R, frame) === NO) return [];
  const rule = EXPRESSIONS[n.nodeType];
  if (!rule) return unreadExpression(R, frame, n);
  return rule(R, frame, n);
}

function unreadExpression(R: Reader, frame: Frame, n: Node): Value {
  note(R, 'opaque', `expression ${n.nodeType}`, placeOf(frame));
  return unread(R, frame, `expression ${n.nodeType}`);
}

type Rule = (R: Reader, frame: Frame, n: Node) => Value;

const EXPRESSIONS: Readonly<Record<string, Rule>> = {
  Constant: constant,
  Name: (R, frame, n) => lookup(R, frame, n.id as string),
  Attribute: (R, frame, n) => {
    const of = evaluate(R, frame, n.value as Node);
    frame.line = n.lineno ?? frame.line;
    return R.getAttr(frame, of, n.attr as string);
  },
  Call: callExpression,
  BoolOp: boolOp,
  UnaryOp: unaryOp,
  BinOp: (R, frame, n) =>
    binary(R, frame, (n.op as Node).nodeType, evaluate(R, frame, n.left as Node), evaluate(R, frame, n.right as Node)),
  Compare: comparison,
  IfExp: (R, frame, n) => {
    const c = cut(R, truth(R, frame, evaluate(R, frame, n.test as Node)), placeOf(frame), titleOf(frame));
    const yes = under(R, frame, c, () => evaluate(R, frame, n.body as Node)) ?? [];
    const no = under(R, frame, R.d.not(c), () => evaluate(R, frame, n.orelse as Node)) ?? [];
    return choose(R.d, c, yes, no);
  },
  Subscript: (R, frame, n) => {
    const of = evaluate(R, frame, n.value as Node);
    const index =
      (n.slice as Node).nodeType === 'Slice' ? sliceOf(R, frame, n.slice as Node) : evaluate(R, frame, n.slice as Node);
    frame.line = n.lineno ?? frame.line;
    return getItem(R, frame, of, index);
  },
  Slice: sliceOf,
  Tuple: (R, frame, n) => sequence(R, frame, n.elts as Node[], (items) => tupleOf(R, items)),
  List: (R, frame, n) => sequence(R, frame, n.elts as Node[], (items) => one(list(items))),
  // what is written twice is there once
  Set: (R, frame, n) =>
    R.call(frame, R.builtin('set')!, {
      pos: [sequence(R, frame, n.elts as Node[], (items) => one(list(items)))],
      kw: new Map(),
    }),
  Dict: dictExpression,
  JoinedStr: (R, frame, n) => textValue(R, joined(R, frame, n)),
  FormattedValue: (R, frame, n) => textValue(R, joined(R, frame, { nodeType: 'JoinedStr', values: [n] })),
  Lambda: (R, frame, n) => one(makeFunction(R, frame, n, '<lambda>')),
  ListComp: comprehension,
  SetComp: (R, frame, n) => R.call(frame, R.builtin('set')!, { pos: [comprehension(R, frame, n)], kw: new Map() }),
  GeneratorExp: comprehension,
  DictComp: (R, frame, n) => {
    const entries: Entry[] = [];
    const { items, unknown } = comprehend(R, frame, n);
    if (unknown) return unread(R, frame, 'a dictionary over a list of uncertain length');
    for (const item of items) {
      const [key, value] = (item.v[0]!.v as { items: readonly Value[] }).items;
      for (const k of key!) putEntry(R, entries, k.v, R.d.and(item.g, k.g), value!);
    }
    return one(dict(entries));
  },
  NamedExpr: (R, frame, n) => {
    const value = evaluate(R, frame, n.value as Node);
    bind(R, frame, frame.scope, (n.target as Node).id as string, value);
    return value;
  },
  Starred: (R, frame, n) => evaluate(R, frame, n.value as Node),
  Await: (R, frame, n) => evaluate(R, frame, n.value as Node),
  Yield: (R, frame, n) => {
    const value = n.value ? evaluate(R, frame, n.value as Node) : one(NONE);
    if (frame.onYield) {
      frame.onYield(value);
      return one(NONE);
    }
    frame.yields?.items.push({ g: care(R, frame), v: value, place: placeOf(frame) });
    return one(NONE);
  },
  YieldFrom: (R, frame, n) => {
    const here = care(R, frame);
    const value = evaluate(R, frame, n.value as Node);
    const certain: Alternative[] = [];
    for (const a of value) {
      const all = uncertainItems(R, frame, a.v);
      if (all) frame.yieldsAll.push({ g: R.d.and(here, a.g), v: all });
      else certain.push(a);
    }
    for (const item of iterate(R, frame, certain)) frame.yields?.items.push({ ...item, g: R.d.and(here, item.g) });
    return one(NONE);
  },
};

function constant(R: Reader, frame: Frame, n: Node): Value {
  const v: unknown = n.value;
  if (v === null || v === undefined) return one(NONE);
  if (typeof v === 'boolean') return one(bool(v));
  if (typeof v === 'string') return one(str(v));
  if (typeof v === 'number')
    return Number.isInteger(v) && !isFloatLiteral(frame.module.lines, n) ? wholeNumber(R, frame, v) : one(float(v));
  if (typeof v === 'bigint') return wholeNumber(R, frame, Number(v));
  return one(outside(v === Symbol.for('Ellipsis') ? 'Ellipsis' : 'constant', true));
}

function boolOp(R: Reader, frame: Frame, n: Node): Value {
  const isAnd = (n.op as Node).nodeType === 'And';
  const [first, ...rest] = n.values as Node[];
  let value = evaluate(R, frame, first!);
  for (const next of rest) {
    const t = cut(R, R.d.simplify(truth(R, frame, value), care(R, frame)), placeOf(frame), titleOf(frame));
    const go = isAnd ? t : R.d.not(t);
    if (go === NO) return value;
    const right = under(R, frame, go, () => evaluate(R, frame, next)) ?? [];
    value = choose(R.d, go, right, value);
  }
  return value;
}

function unaryOp(R: Reader, frame: Frame, n: Node): Value {
  const op = (n.op as Node).nodeType;
  const value = evaluate(R, frame, n.operand as Node);
  if (op === 'Not') return boolean(R.d, R.d.not(truth(R, frame, value)));
  const out: Alternative[] = [];
  for (const { g, v } of value) {
    if (v.k === 'int' || v.k === 'bool' || v.k === 'float') {
      const x = v.k === 'bool' ? Number(v.b) : v.n;
      const made = op === 'USub' ? -x : op === 'Invert' ? ~x : x;
      out.push({ g, v: v.k === 'float' ? float(made) : int(made) });
    } else if (v.k === 'num' && op !== 'Invert')
      out.push({ g, v: op === 'USub' ? num({ op: 'neg', args: [v.e] }, v.float) : v });
    else out.push({ g, v: opaque(`operator ${op}`, placeOf(frame)) });
  }
  return union(R.d, out);
}

function comparison(R: Reader, frame: Frame, n: Node): Value {
  let left = evaluate(R, frame, n.left as Node);
  let result: Value | undefined;
  const ops = n.ops as Node[];
  const rights = n.comparators as Node[];
  for (let i = 0; i < ops.length; i++) {
    const before = result ? truth(R, frame, result) : YES;
    const step = under(R, frame, before, () => {
      const right = evaluate(R, frame, rights[i]!);
      frame.line = n.lineno ?? frame.line;
      const made = compareOp(R, frame, ops[i]!.nodeType, left, right);
      left = right;
      return made;
    });
    const c = cut(R, R.d.simplify(truth(R, frame, step ?? []), care(R, frame)), placeOf(frame), titleOf(frame));
    result = boolean(R.d, R.d.and(before, c));
  }
  return result!;
}

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
    if (op === 'Pow') refuseZeroToNegative(R, frame, { n: na, e: ea }, { n: nb, e: eb });
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

/** What Python says of an operator that two things do not have. */
function operandText(op: string, a: Atom, b: Atom): string {
  const joins: Readonly<Partial<Record<Atom['k'], string>>> = { str: 'str', text: 'str', list: 'list', tuple: 'tuple' };
  const kind = op === 'Add' ? joins[a.k] : undefined;
  return kind === undefined
    ? `unsupported operand type(s) for ${SIGNS[op] ?? op}: '${typeName(a)}' and '${typeName(b)}'`
    : `can only concatenate ${kind} (not "${typeName(b)}") to ${kind}`;
}

/** What Python says of a division by zero. */
function divisionText(op: string, a: Atom, b: Atom): string {
  const isFloat = [a, b].some((v) => v.k === 'float' || (v.k === 'num' && v.float));
  if (op === 'Div') return isFloat ? 'float division by zero' : 'division by zero';
  if (op === 'Mod') return isFloat ? 'float modulo' : 'integer modulo by zero';
  return isFloat ? 'float floor division by zero' : 'integer division or modulo by zero';
}

const isUncertainSet = (v: Atom): boolean => v.k === 'series' && v.set !== undefined;

/** `[item] * n`: a list of one item, again and again. */
function repeated(R: Reader, seq: Atom, times: Atom): Value | undefined {
  const items = seq.k === 'list' ? seq.items : seq.k === 'tuple' ? seq.items.map((v) => ({ g: YES, v })) : [];
  const n = exprOf(times);
  const [only] = items;
  if (items.length !== 1 || only!.g !== YES || !n || (times.k === 'num' && times.float)) return undefined;
  return one(series(`@${R.numbers++}`, { op: 'max', args: [{ op: 'const', value: 0 }, n] }, only!.v));
}

/** `a + b` of lists, one of uncertain length: a list whose item at a number is that of the part in which the number falls. */
function putTogether(R: Reader, a: Atom, b: Atom): Value | undefined {
  const parts = [a, b].flatMap(
    (v): ({ readonly n: Expr; readonly item: Value; readonly at?: string } | undefined)[] => {
      if (v.k === 'list')
        return v.items.map((i) => (i.g === YES ? { n: { op: 'const', value: 1 }, item: i.v } : undefined));
      return v.k === 'series' && v.keep === YES ? [{ n: v.n, item: v.item, at: v.at }] : [undefined];
    },
  );
  const at = `@${R.numbers++}`;
  const index: Expr = { op: 'input', name: at };
  let from: Expr = { op: 'const', value: 0 };
  let open: Cond = YES;
  const item: Alternative[] = [];
  for (const part of parts) {
    if (!part) return undefined;
    const to: Expr = 'value' in from && from.value === 0 ? part.n : folded('add', [from, part.n]);
    const inside = R.d.and(open, R.book.test({ op: 'lt', args: [index, to] }));
    const own = 'value' in from && from.value === 0 ? index : folded('sub', [index, from]);
    const moved = part.at === undefined ? undefined : standing(R, part.at, own);
    for (const { g, v } of part.item) {
      const there = moved ? moved.atom(v) : v;
      if (!there) return undefined;
      item.push({ g: R.d.and(inside, moved ? moved.cond(g) : g), v: there });
    }
    open = R.d.and(open, R.d.not(inside));
    from = to;
  }
  return one(series(at, from, union(R.d, item)));
}

/** A set of certain items, or the keys of a dictionary. */
const isItems = (v: Atom): v is SetAtom | ListAtom => v.k === 'set' || (v.k === 'list' && v.view === true);

type SetLike = Extract<Atom, { k: 'set' | 'series' }>;

const isSet = (v: Atom): v is SetLike => v.k === 'set' || (v.k === 'series' && v.set !== undefined);

/** What two sets, of which one is of uncertain length, come to where one of them is empty; else nobody can say. */
function uncertainSets(R: Reader, frame: Frame, op: string, a: SetLike, b: SetLike): Value {
  const some = (v: SetLike): Cond =>
    v.k === 'series' ? R.book.exists(v.at, v.n, v.keep) : v.items.reduce<Cond>((c, i) => R.d.or(c, i.g), NO);
  const [inA, inB] = [some(a), some(b)];
  const both = R.d.and(inA, inB);
  const open = unread(R, frame, `${op} of sets of uncertain length`).map((x) => ({ g: R.d.and(both, x.g), v: x.v }));
  if (op === 'BitAnd') return union(R.d, [...open, { g: R.d.not(both), v: set([]) }]);
  const kept =
    op === 'Sub'
      ? [
          { g: R.d.and(inA, R.d.not(inB)), v: a },
          { g: R.d.not(inA), v: set([]) },
        ]
      : [
          { g: R.d.not(inB), v: a },
          { g: R.d.and(inB, R.d.not(inA)), v: b },
        ];
  return union(R.d, [...open, ...kept]);
}

const wholeNumber = (R: Reader, frame: Frame, n: number): Value =>
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

const SIGNS: Readonly<Record<string, string>> = {
  Add: '+',
  Sub: '-',
  Mult: '*',
  Div: '/',
  FloorDiv: '//',
  Mod: '%',
  Pow: '** or pow()',
  BitOr: '|',
  BitAnd: '&',
};

/** Things of Python's own types, for which an operator without meaning is a TypeError. */
const isPlain = (v: Atom): boolean =>
  ['none', 'bool', 'int', 'float', 'num', 'str', 'text', 'tuple', 'list', 'series', 'dict', 'set', 'func'].includes(
    v.k,
  ) ||
  (v.k === 'instance' && (v.cls.modname === 'builtins' || v.member !== undefined));

const isType = (v: Atom): boolean =>
  v.k === 'class' || v.k === 'outside' || v.k === 'tuple' || (v.k === 'instance' && v.attrs.has('__origin__'));

function setOperation(R: Reader, frame: Frame, op: string, a: readonly Item[], b: readonly Item[]): Value {
  const inB = (i: Item): Cond => truth(R, frame, compareOp(R, frame, 'In', i.v, one(set([...b]))));
  switch (op) {
    case 'BitOr':
      return one(
        set([
          ...a,
          ...b.map((i) => ({
            ...i,
            g: R.d.and(i.g, R.d.not(truth(R, frame, compareOp(R, frame, 'In', i.v, one(set([...a])))))),
          })),
        ]),
      );
    case 'BitAnd':
      return one(set(a.map((i) => ({ ...i, g: R.d.and(i.g, inB(i)) })).filter((i) => i.g !== NO)));
    case 'Sub':
      return one(set(a.map((i) => ({ ...i, g: R.d.and(i.g, R.d.not(inB(i))) })).filter((i) => i.g !== NO)));
    default:
      return unread(R, frame, `set operator ${op}`);
  }
}

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

function sliceOf(R: Reader, frame: Frame, n: Node): Value {
  const part = (m: Node | null | undefined): Value | undefined => (m ? evaluate(R, frame, m) : undefined);
  return one({ id: fresh(), k: 'slice', parts: [part(n.lower as Node), part(n.upper as Node), part(n.step as Node)] });
}

function sequence(R: Reader, frame: Frame, elts: readonly Node[], make: (items: Item[]) => Value): Value {
  let items: Item[] = [];
  // with a list of uncertain length in it, it is one
  let before: Value | undefined;
  for (const e of elts) {
    if (e.nodeType !== 'Starred') {
      items.push({ g: YES, v: evaluate(R, frame, e), place: placeOf(frame) });
      continue;
    }
    const value = evaluate(R, frame, e.value as Node);
    if (value.length === 1 && value[0]!.v.k === 'series') {
      before = binary(R, frame, 'Add', before ?? one(list([])), binary(R, frame, 'Add', one(list(items)), value));
      items = [];
    } else items.push(...iterate(R, frame, value));
  }
  return before ? binary(R, frame, 'Add', before, one(list(items))) : make(items);
}

/** A tuple of items; one whose length depends on inputs becomes one alternative per length. */
export function tupleOf(R: Reader, items: readonly Item[]): Value {
  const open = items.filter((i) => i.g !== YES);
  if (open.length === 0) return one(tuple(items.map((i) => i.v)));
  if (open.length > 6) return one({ ...list([...items]), fixed: true });
  const out: Alternative[] = [];
  for (let mask = 0; mask < 2 ** open.length; mask++) {
    const has = (i: Item): boolean => i.g === YES || ((mask >> open.indexOf(i)) & 1) === 1;
    const g = open.reduce<Cond>((c, i) => R.d.and(c, has(i) ? i.g : R.d.not(i.g)), YES);
    if (g !== NO) out.push({ g, v: tuple(items.filter(has).map((i) => i.v)) });
  }
  return union(R.d, out);
}

function dictExpression(R: Reader, frame: Frame, n: Node): Value {
  let made: { readonly g: Cond; readonly v: DictAtom }[] = [{ g: YES, v: dict([]) }];
  const keys = n.keys as (Node | null)[];
  const values = n.values as Node[];
  keys.forEach((k, i) => {
    const value = evaluate(R, frame, values[i]!);
    if (k) {
      for (const key of evaluate(R, frame, k))
        for (const { v } of made) {
          settleKey(R, v, key.v);
          putEntry(R, v.entries, key.v, key.g, value);
        }
    } else if (value.some((a) => a.v.k === 'dict' && a.v.lazy))
      made = made.flatMap((m) => unpacked(R, frame, m, value));
    else
      for (const { g, v } of value)
        if (v.k === 'dict')
          for (const e of v.entries) for (const m of made) putEntry(R, m.v.entries, e.key, R.d.and(g, e.g), e.v);
        else noDictionary(R, frame, g, v);
  });
  return made;
}

/** Something that is no dictionary is unpacked into one: a TypeError, where it is known to be none. */
function noDictionary(R: Reader, frame: Frame, g: Cond, v: Atom): void {
  if (NO_MAPPING.includes(v.k))
    raiseBuiltin(R, frame, R.d.and(care(R, frame), g), 'TypeError', `'${typeName(v)}' object is not a mapping`);
  else note(R, 'opaque', 'unpacking something that is no dictionary', placeOf(frame));
}

/** What a dictionary becomes where one of the question, whose keys are not all known, is unpacked into it. */
function unpacked(
  R: Reader,
  frame: Frame,
  into: { readonly g: Cond; readonly v: DictAtom },
  value: Value,
): { readonly g: Cond; readonly v: DictAtom }[] {
  return value.flatMap(({ g, v }) => {
    const both = R.d.and(into.g, g);
    if (both === NO) return [];
    if (v.k !== 'dict') {
      noDictionary(R, frame, both, v);
      return [{ g: both, v: copyDict(into.v) }];
    }
    const [made, later] = v.lazy ? [copyDict(v), into.v] : [copyDict(into.v), v];
    if (v.lazy && into.v.lazy) note(R, 'opaque', `all of ${v.lazy.path} is asked for`, placeOf(frame));
    for (const e of later.entries) {
      settleKey(R, made, e.key);
      // what the dictionary of the question has itself comes after what was there before it
      const there = v.lazy ? made.entries.reduce<Cond>((c, x) => (x.key === e.key ? R.d.or(c, x.g) : c), NO) : NO;
      putEntry(R, made.entries, e.key, R.d.and(e.g, R.d.not(there)), e.v);
    }
    return [{ g: both, v: made }];
  });
}

function joined(R: Reader, frame: Frame, n: Node): readonly Part[] {
  const parts: Part[] = [];
  for (const v of n.values as Node[]) {
    if (v.nodeType === 'Constant') {
      parts.push(lit(String(v.value)));
      continue;
    }
    const value = evaluate(R, frame, v.value as Node);
    const spec = v.format_spec ? joined(R, frame, v.format_spec as Node) : undefined;
    if (spec?.length) parts.push(...formatted(R, frame, value, spec.map((p) => (p.p === 'lit' ? p.s : '?')).join('')));
    else parts.push(...partsOf(R, frame, value, v.conversion === 114));
  }
  return parts;
}

function callExpression(R: Reader, frame: Frame, n: Node): Value {
  const func = n.func as Node;
  if (func.nodeType === 'Name' && func.id === 'super' && (n.args as Node[]).length === 0) return superCall(R, frame);
  const callee = evaluate(R, frame, func);
  const several = oneOfSeveral(R, frame, n);
  if (several && several.value.length > MANY)
    return called(R, frame, n, callee, new Map([[several.of, several.value]]));
  if (several)
    return union(
      R.d,
      several.value.flatMap(({ g, v }) => {
        const given = new Map([[several.of, one(v)]]);
        const made = under(R, frame, g, () => called(R, frame, n, callee, given)) ?? [];
        return made.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
      }),
    );
  return called(R, frame, n, callee, new Map());
}

/** Of so many lists at most one call each is read. */
const MANY = 8;

/** What is unpacked with `*` in a call where it is one of several lists, each of them certain. */
function oneOfSeveral(R: Reader, frame: Frame, n: Node): { readonly of: Node; readonly value: Value } | undefined {
  const starred = (n.args as Node[]).filter((a) => a.nodeType === 'Starred');
  if (starred.length !== 1) return undefined;
  const of = starred[0]!;
  const value = evaluate(R, frame, of.value as Node);
  return { of, value };
}

function called(R: Reader, frame: Frame, n: Node, callee: Value, given: ReadonlyMap<Node, Value>): Value {
  const args = argumentsOf(R, frame, n, callee, given);
  frame.line = n.lineno ?? frame.line;
  if (!args) {
    if (callee.some((a) => mayMatter(R, a.v))) gap(R, frame, 'a call with arguments that could not be unpacked');
    return unread(R, frame, 'a call with arguments that could not be unpacked');
  }
  return R.call(frame, callee, args);
}

/** May it matter what a call does whose arguments are not known? */
function mayMatter(R: Reader, callee: Atom): boolean {
  const v = callee.k === 'bound' ? callee.fn : callee;
  const own = v.k === 'class' ? findInClass(R, v, '__init__')?.value[0]?.v : v;
  if (own?.k === 'func' && R.world.leavesOut?.(own) === true) return false;
  return !['opaque', 'outside', 'native'].includes(v.k);
}

function superCall(R: Reader, frame: Frame): Value {
  let scope: Scope | undefined = frame.scope;
  let owner = frame.fn?.owner;
  while (!owner && scope) {
    const cls = scope.vars.get('__class_atom__')?.[0]?.v;
    if (cls?.k === 'class') owner = cls;
    scope = scope.outer;
  }
  const params = frame.fn?.node.args as Node | undefined;
  const first = ((params?.posonlyargs as Node[] | undefined)?.[0] ?? (params?.args as Node[] | undefined)?.[0])?.arg as
    | string
    | undefined;
  const self = first ? frame.scope.vars.get(first) : undefined;
  if (!owner || !self) return unread(R, frame, 'super() outside a method');
  const after = owner;
  return self.map((a) => ({ g: a.g, v: { id: fresh(), k: 'super' as const, after, self: a.v } }));
}

/** The arguments of a call node, with `*` and `**` unpacked; `given` says what is unpacked where that is known already. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function argumentsOf(
  R: Reader,
  frame: Frame,
  n: Node,
  callee: Value,
  given: ReadonlyMap<Node, Value>,
): Args | undefined {
  const pos: Value[] = [];
  const kw = new Map<string, Value>();
  let unreadable = false;
  let rest: DictAtom | undefined;
  for (const a of n.args as Node[]) {
    if (a.nodeType !== 'Starred') {
      pos.push(evaluate(R, frame, a));
      continue;
    }
    const items = iterate(R, frame, given.get(a) ?? evaluate(R, frame, a.value as Node));
    if (items.some((i) => i.g !== YES)) unreadable = true;
    pos.push(...items.map((i) => i.v));
  }
  for (const k of n.keywords as Node[]) {
    const given = evaluate(R, frame, k.value as Node);
    if (k.arg) {
      kw.set(k.arg as string, given);
      continue;
    }
    const value = mappings(R, frame, given, callee);
    const [only] = value;
    if (
      value.length === 1 &&
      only!.v.k === 'dict' &&
      (only!.v.lazy || only!.v.entries.some((e) => !R.d.implies(care(R, frame), e.g)))
    ) {
      if (rest) unreadable = true;
      rest = copyDict(only!.v);
      continue;
    }
    const several = value.length > 1 ? oneMapping(R, value) : undefined;
    if (several && (!rest || !several.lazy)) {
      if (rest) for (const e of several.entries) putEntry(R, rest.entries, e.key, e.g, e.v);
      else rest = several;
      continue;
    }
    for (const { g, v } of value) {
      if (v.k !== 'dict') {
        unreadable = true;
        note(R, 'opaque', `call with ** of a ${v.k}`, placeOf(frame));
        continue;
      }
      for (const e of v.entries) {
        if (e.key.k !== 'str') continue;
        const when = R.d.and(g, e.g);
        if (R.d.and(when, frame.live) === NO) continue;
        if (!R.d.implies(care(R, frame), when)) unreadable = true;
        kw.set(e.key.s, restrict(R.d, e.v, care(R, frame)));
      }
    }
  }
  if (rest)
    for (const k of kw.keys()) {
      const there = R.d.not(dictGet(R, frame, rest, one(str(k))).missing);
      const says = `${calleeName(callee)} got multiple values for keyword argument '${k}'`;
      raiseBuiltin(R, frame, R.d.and(care(R, frame), there), 'TypeError', says);
    }
  if (rest && kw.size > 0) {
    rest.entries = rest.entries.filter((e) => e.key.k !== 'str' || !kw.has(e.key.s));
    rest.version++;
  }
  return unreadable ? undefined : rest ? { pos, kw, rest } : { pos, kw };
}

/**
 * One of several dictionaries as one whose keys are there where it is; undefined where that cannot be said: more than one of
 * them is the question's.
 */
function oneMapping(R: Reader, value: Value): DictAtom | undefined {
  const made = dict([]);
  for (const { g, v } of value) {
    if (v.k !== 'dict' || (v.lazy && made.lazy)) return undefined;
    for (const e of v.entries) putEntry(R, made.entries, e.key, R.d.and(g, e.g), e.v);
    if (v.lazy) made.lazy = lazyWhere(R, g, v.lazy);
  }
  return made;
}

/** A dictionary of the question that is there under a condition, and else is empty. */
function lazyWhere(R: Reader, g: Cond, lazy: LazyDict): LazyDict {
  const { path, all, names, never } = lazy;
  return {
    path,
    where: R.d.and(g, lazy.where ?? YES),
    asked: new Set(lazy.asked),
    at: (key) => choose(R.d, g, lazy.at(key) ?? one(UNBOUND), one(UNBOUND)),
    some: () => R.d.and(g, lazy.some()),
    ...(all ? { all: () => ({ ...all(), keep: R.d.and(g, all().keep) }) } : {}),
    ...(names ? { names } : {}),
    ...(never ? { never } : {}),
  };
}

const NO_MAPPING: readonly Atom['k'][] = [
  'none',
  'bool',
  'int',
  'float',
  'num',
  'str',
  'text',
  'list',
  'series',
  'tuple',
  'set',
];

/** What Python calls the thing that is called, in messages about its arguments. */
function calleeName(callee: Value): string {
  const c = callee.length === 1 ? callee[0]!.v : undefined;
  return c?.k === 'class'
    ? `${c.modname}.${c.qualname}()`
    : c?.k === 'func'
      ? `${c.module.name}.${c.qualname}()`
      : 'function()';
}

/** What `**` can unpack of a value; elsewhere a TypeError is raised. */
function mappings(R: Reader, frame: Frame, value: Value, callee: Value): Value {
  const bad = value.filter((a) => NO_MAPPING.includes(a.v.k));
  for (const { g, v } of bad)
    raiseBuiltin(
      R,
      frame,
      R.d.and(care(R, frame), g),
      'TypeError',
      `${calleeName(callee)} argument after ** must be a mapping, not ${typeName(v)}`,
    );
  return bad.length ? value.filter((a) => !bad.includes(a)) : value;
}

const generators = new WeakMap<Node, boolean>();

/** Does a function body yield (outside nested functions)? */
export function yields(n: Node): boolean {
  const known = generators.get(n);
  if (known !== undefined) return known;
  const look = (m: unknown): boolean => {
    if (Array.isArray(m)) return m.some(look);
    if (!m || typeof m !== 'object') return false;
    const node = m as Node;
    if (node.nodeType === 'Yield' || node.nodeType === 'YieldFrom') return true;
    if (['FunctionDef', 'AsyncFunctionDef', 'Lambda', 'ClassDef'].includes(node.nodeType)) return false;
    return Object.values(node).some((x) => typeof x === 'object' && look(x));
  };
  const found = look(n.body);
  generators.set(n, found);
  return found;
}

/** A function object of a `def` or `lambda` node. Defaults are evaluated now, as Python does. */
export function makeFunction(R: Reader, frame: Frame, n: Node, name: string): FuncAtom {
  const a = n.args as Node;
  const owner = frame.scope.isClass ? (frame.scope.vars.get('__class_atom__')?.[0]?.v as FuncAtom['owner']) : undefined;
  const prefix = owner ? `${owner.qualname}.` : frame.fn ? `${frame.fn.qualname}.<locals>.` : '';
  const count = ((a.posonlyargs as Node[] | undefined)?.length ?? 0) + (a.args as Node[]).length;
  const given = (a.defaults as Node[]).map((d) => evaluate(R, frame, d));
  return {
    id: fresh(),
    k: 'func',
    name,
    qualname: prefix + name,
    module: frame.module,
    node: n,
    scope: frame.scope,
    defaults: [...Array.from({ length: count - given.length }, () => undefined), ...given],
    kwDefaults: (a.kw_defaults as (Node | null)[]).map((d) => (d ? evaluate(R, frame, d) : undefined)),
    owner,
    isGenerator: n.nodeType !== 'Lambda' && yields(n),
  };
}

/** A list of what a comprehension makes; over a list of uncertain length it is one of uncertain length too. */
function comprehension(R: Reader, frame: Frame, n: Node): Value {
  const { items, series: uncertain, unknown } = comprehend(R, frame, n);
  if (unknown) return unread(R, frame, 'a comprehension over lists of uncertain length');
  if (uncertain.length === 0) return one(list(items));
  const gone = uncertain.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
  return union(R.d, [...uncertain, { g: R.d.not(gone), v: list(items) }]);
}

/** What a comprehension makes of what nobody knows the items of. */
function darkItems(R: Reader, frame: Frame, g: Cond, dark: Value): Value {
  const why = 'a list over what nobody knows the items of';
  if (dark.length > 0) note(R, 'opaque', why, placeOf(frame));
  return dark.map((a) => ({ g: R.d.and(g, a.g), v: opaque(why, placeOf(frame), a.v) }));
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function comprehend(R: Reader, frame: Frame, n: Node): { items: Item[]; series: Alternative[]; unknown: boolean } {
  const out: Item[] = [];
  let unknown = false;
  const uncertain: Alternative[] = [];
  const vars = new Map<string, Value>();
  const inner = newFrame({ vars, outer: frame.scope, module: frame.module }, frame.fn, frame.caller, frame.base);
  // the comprehension is part of its frame: it shares what happens, and stands where the frame stands
  const shared = inner;
  shared.live = frame.live;
  shared.raised = frame.raised;
  shared.trace = frame.trace;
  shared.tries = frame.tries;
  shared.handling = frame.handling;
  shared.line = frame.line;
  (shared as { since: number }).since = frame.since;
  (shared as { reads: Frame['reads'] }).reads = frame.reads;
  const generatorsOf = n.generators as Node[];
  const walk = (i: number, g: Cond): void => {
    const gen = generatorsOf[i];
    if (!gen) {
      const v =
        n.nodeType === 'DictComp'
          ? one(tuple([evaluate(R, shared, n.key as Node), evaluate(R, shared, n.value as Node)]))
          : evaluate(R, shared, n.elt as Node);
      out.push({ g, v, place: placeOf(shared) });
      return;
    }
    const turn = (item: Item): void => {
      const here = R.d.and(g, item.g);
      under(R, shared, item.g, () => {
        assignTarget(R, shared, gen.target as Node, item.v);
        let c: Cond = YES;
        for (const test of gen.ifs as Node[]) {
          const t = under(R, shared, c, () => truth(R, shared, evaluate(R, shared, test))) ?? NO;
          c = R.d.and(c, t);
        }
        c = cut(R, c, placeOf(shared), titleOf(shared));
        if (c !== NO) under(R, shared, c, () => walk(i + 1, R.d.and(here, c)));
      });
    };
    const { known, dark } = partedByLight(R, shared, evaluate(R, shared, gen.iter as Node));
    let over = known;
    unknown ||= dark.length > 0 && n.nodeType === 'DictComp';
    uncertain.push(...darkItems(R, shared, g, dark));
    const single = generatorsOf.length === 1 && n.nodeType !== 'DictComp';
    for (const a of over) {
      const s = uncertainItems(R, shared, a.v);
      if (!s) continue;
      over = over.filter((b) => b !== a);
      if (single) uncertain.push(...mapSeries(R, shared, gen, n.elt as Node, a.g, s));
      else {
        // read for what happens; what it makes is not known
        eachOf(R, shared, s, [], () => turn({ g: R.d.and(a.g, s.keep), v: s.item }));
        unknown = true;
      }
    }
    for (const item of iterate(R, shared, over)) turn(item);
  };
  const names = new Set<string>();
  for (const gen of generatorsOf) boundNames({ nodeType: 'For', target: gen.target, body: [] }, names);
  walk(0, YES);
  // walrus targets belong to the enclosing frame
  for (const [name, value] of vars) if (!names.has(name)) bind(R, frame, frame.scope, name, value);
  frame.live = R.d.and(frame.live, shared.live);
  frame.raised = shared.raised;
  frame.line = shared.line;
  frame.pure &&= shared.pure;
  return { items: out, series: uncertain, unknown };
}

/** `[elt for target in series if …]`: read once, for the item at the series' own number. */
function mapSeries(R: Reader, frame: Frame, gen: Node, elt: Node, g: Cond, s: SeriesAtom): Alternative[] {
  if (R.going.has(s.at)) return [{ g, v: opaque('a list of uncertain length inside itself', placeOf(frame)) }];
  const made = eachOf(R, frame, s, [], () =>
    under(R, frame, R.d.and(g, s.keep), () => {
      assignTarget(R, frame, gen.target as Node, s.item);
      let keep = s.keep;
      for (const test of gen.ifs as Node[]) {
        const t = under(R, frame, keep, () => truth(R, frame, evaluate(R, frame, test))) ?? NO;
        keep = R.d.and(keep, t);
      }
      const item = under(R, frame, keep, () => evaluate(R, frame, elt)) ?? [];
      return { item, keep };
    }),
  );
  if (!made) return [];
  const mapped = series(s.at, s.n, made.item, made.keep);
  // of a set nothing comes twice where its own items are kept
  const same = gen.target && (gen.target as Node).id !== undefined && (gen.target as Node).id === elt.id;
  return [{ g, v: same && s.set ? { ...mapped, set: s.set } : mapped }];
}

/** Assigns to a target of Python's grammar: a name, an attribute, an item, or several of these. */
export function assignTarget(R: Reader, frame: Frame, target: Node, value: Value): void {
  switch (target.nodeType) {
    case 'Name': {
      const name = target.id as string;
      if (frame.scope.globals?.has(name) && frame.scope !== frame.module) {
        bindGlobal(R, frame, name, value);
        return;
      }
      const scope = frame.scope.nonlocals?.has(name) ? (ownerOf(frame.scope.outer, name) ?? frame.scope) : frame.scope;
      bind(R, frame, scope, name, value);
      return;
    }
    case 'Tuple':
    case 'List':
      unpack(R, frame, target.elts as Node[], value);
      return;
    case 'Attribute': {
      const of = evaluate(R, frame, target.value as Node);
      SETTERS.attr(R, frame, of, target.attr as string, value);
      return;
    }
    case 'Subscript': {
      const inner = target.value as Node;
      const key = (target.slice as Node).value;
      // an attribute of the object itself, whatever its class says
      if (inner.nodeType === 'Attribute' && inner.attr === '__dict__' && typeof key === 'string') {
        setOwnAttr(R, frame, evaluate(R, frame, inner.value as Node), key, value);
        return;
      }
      const of = evaluate(R, frame, inner);
      const index = evaluate(R, frame, target.slice as Node);
      setItem(R, frame, of, index, value);
      return;
    }
    case 'Starred':
      assignTarget(R, frame, target.value as Node, value);
      return;
    default:
      note(R, 'opaque', `assignment to ${target.nodeType}`, placeOf(frame));
  }
}

/** Filled by the room's index so that this file need not import the objects' file. */
export const SETTERS: { attr: (R: Reader, frame: Frame, target: Value, name: string, value: Value) => void } = {
  attr: () => undefined,
};

const ownerOf = (scope: Scope | undefined, name: string): Scope | undefined => {
  for (let s = scope; s; s = s.outer) if (s.vars.has(name)) return s;
  return undefined;
};

function unpack(R: Reader, frame: Frame, targets: readonly Node[], value: Value): void {
  const star = targets.findIndex((t) => t.nodeType === 'Starred');
  const columns: Alternative[][] = targets.map(() => []);
  for (const { g, v } of value) {
    if (R.d.and(g, frame.live) === NO) continue;
    const items =
      v.k === 'opaque' || v.k === 'outside' ? undefined : under(R, frame, g, () => iterate(R, frame, one(v)));
    if (!items || items.some((i) => i.g !== YES)) {
      if (items) note(R, 'opaque', 'unpacking a list of uncertain length', placeOf(frame));
      columns.forEach((c) => c.push({ g, v: opaque('unpacked from something that was not read', placeOf(frame), v) }));
      continue;
    }
    const extra = items.length - targets.length;
    if (star < 0 ? extra !== 0 : extra < -1) {
      const text =
        extra < 0
          ? `not enough values to unpack (expected ${targets.length}, got ${items.length})`
          : `too many values to unpack (expected ${targets.length})`;
      raiseBuiltin(R, frame, R.d.and(care(R, frame), g), 'ValueError', text);
      continue;
    }
    targets.forEach((_, i) => {
      if (i === star) columns[i]!.push({ g, v: list(items.slice(star, star + extra + 1)) });
      else
        for (const a of items[star >= 0 && i > star ? i + extra : i]!.v)
          columns[i]!.push({ g: R.d.and(g, a.g), v: a.v });
    });
  }
  targets.forEach((t, i) => assignTarget(R, frame, t, union(R.d, columns[i]!)));
}

/** `target[index] = value`. */
/** `list[index] = value`, of one item or of a slice. */
function setListItem(R: Reader, frame: Frame, v: ListAtom, index: Value, value: Value): void {
  const at = index.length === 1 ? index[0]!.v : undefined;
  const certain = v.items.every((i) => i.g === YES);
  if (certain && at?.k === 'int') {
    const n = at.n < 0 ? v.items.length + at.n : at.n;
    const old = v.items[n];
    const when = writing(R, frame, v);
    if (old) v.items[n] = { ...old, v: choose(R.d, when, value, old.v) };
    else raiseBuiltin(R, frame, care(R, frame), 'IndexError', 'list assignment index out of range');
    return;
  }
  const bounds = at?.k === 'slice' ? at.parts.map((p) => (p?.length === 1 ? p[0]!.v : undefined)) : [];
  const given =
    value.length === 1 && (value[0]!.v.k === 'list' || value[0]!.v.k === 'tuple') ? one(value[0]!.v) : undefined;
  const isBound = (b: Atom | undefined): boolean => b === undefined || b.k === 'none' || b.k === 'int';
  if (certain && given && at?.k === 'slice' && bounds.every(isBound) && isBound(bounds[2]) && !at.parts[2]) {
    const [from, to] = bounds.map((b) => (b?.k === 'int' ? b.n : undefined));
    const n = v.items.length;
    const place = (b: number | undefined, unsaid: number): number =>
      b === undefined ? unsaid : Math.min(Math.max(b < 0 ? b + n : b, 0), n);
    const [start, stop] = [place(from, 0), place(to, n)];
    reorder(R, frame, v, [
      ...v.items.slice(0, start),
      ...iterate(R, frame, given),
      ...v.items.slice(Math.max(start, stop)),
    ]);
    return;
  }
  lose(R, frame, v, 'a list of which a part is set that is not certain');
}

export function setItem(R: Reader, frame: Frame, target: Value, index: Value, value: Value): void {
  for (const { g, v } of target) {
    under(R, frame, g, () => {
      if (v.k === 'dict') {
        const when = writing(R, frame, v);
        for (const k of index) settleKey(R, v, k.v);
        for (const k of index) putEntry(R, v.entries, k.v, R.d.and(when, k.g), value);
      } else if (v.k === 'list') {
        setListItem(R, frame, v, index, value);
      } else {
        const method = v.k === 'instance' ? R.attrOf(frame, v, '__setitem__') : undefined;
        if (method) R.call(frame, method, { pos: [index, value], kw: new Map() });
        else if (v.k === 'none')
          raiseBuiltin(R, frame, care(R, frame), 'TypeError', "'NoneType' object does not support item assignment");
        else
          note(
            R,
            v.k === 'opaque' || v.k === 'outside' ? 'skipped' : 'opaque',
            `item of a ${v.k} is set`,
            placeOf(frame),
          );
      }
    });
  }
}
