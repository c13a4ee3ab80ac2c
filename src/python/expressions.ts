/** Expressions of Python's grammar, evaluated where the frame stands. */
import { type Reader, type Frame, care, note, placeOf, unread, cut, truth, titleOf, under } from './reader.ts';
import { type Node, isFloatLiteral } from './syntax.ts';
import {
  type Value,
  opaque,
  choose,
  one,
  list,
  NONE,
  type Alternative,
  boolean,
  bool,
  str,
  float,
  outside,
  int,
  num,
  union,
  fresh,
  type Item,
  tuple,
  type FuncAtom,
} from './values.ts';
import { NO, YES, type Cond } from '../rules/index.ts';
import { lookup, bind } from './names.ts';
import { callExpression } from './callexpressions.ts';
import { binary, wholeNumber } from './operators.ts';
import { getItem } from './items.ts';
import { dictExpression, joined } from './dictexpressions.ts';
import { textValue } from './strings.ts';
import { comprehension, dictComprehension, yields } from './comprehensions.ts';
import { uncertainItems, iterate } from './iterate.ts';
import { compareOp } from './compare.ts';

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
  DictComp: dictComprehension,
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
