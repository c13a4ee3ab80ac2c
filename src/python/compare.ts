/* oxlint-disable max-lines -- one part of the language, in one place */
/** Comparisons: equality, order, membership, identity, over values that may depend on inputs. */
import { exprKey, NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { cut, isHeavy, opaqueCond, placeOf, raiseBuiltin, reading, truth } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { expand } from './strings.ts';
import { boolean, isBeyond, one, typeName } from './values.ts';
import type {
  Atom,
  ClassAtom,
  DictAtom,
  InstanceAtom,
  Item,
  ListAtom,
  OpaqueAtom,
  Part,
  SeriesAtom,
  TupleAtom,
  Value,
} from './values.ts';
import { settleKey } from './entries.ts';
import { fits, isProtocol } from './protocols.ts';

/** The expression of a number or a single-input text, for a test. */
export function exprOf(v: Atom): Expr | undefined {
  switch (v.k) {
    case 'int':
    case 'float':
      return { op: 'const', value: v.n };
    case 'bool':
      return { op: 'const', value: v.b ? 1 : 0 };
    case 'str':
      return { op: 'const', value: v.s };
    case 'num':
      return v.e;
    case 'text': {
      const [only] = v.parts;
      if (v.parts.length !== 1 || only!.p !== 'expr') return undefined;
      // the digits of a number are no number
      return only!.int ? { op: 'str', args: [only!.e] } : only!.e;
    }
    default:
      return undefined;
  }
}

const numeric = (v: Atom): boolean => v.k === 'int' || v.k === 'float' || v.k === 'bool' || v.k === 'num';
const textual = (v: Atom): boolean => v.k === 'str' || v.k === 'text';

/** An enum member that is also a str or an int equals its value. */
export function plain(v: Atom): Atom {
  if (v.k === 'instance' && v.member !== undefined && v.cls.mro.some((c) => c.name === 'str' || c.name === 'int')) {
    const value = v.attrs.get('_value_');
    if (value?.length === 1) return value[0]!.v;
  }
  return v;
}

/**
 * A comparison with something that was not read. Each comparison is a condition of its own: that one holds says nothing of
 * another with the same thing.
 */
function unreadTest(R: Reader, frame: Frame, op: string, a: Atom, b: Atom): Cond {
  const told = (v: Atom): string => {
    if (v.k === 'opaque') return v.why;
    if (v.k === 'outside') return v.name;
    const e = exprOf(v);
    return e && 'value' in e ? String(e.value) : `a ${typeName(v)}`;
  };
  const known = (v: Atom): boolean => v.k !== 'opaque' && v.k !== 'outside' && 'value' in (exprOf(v) ?? {});
  // a comparison with the same constant is the same one wherever it is made
  const place = a.k === 'opaque' && known(b) ? a.place : b.k === 'opaque' && known(a) ? b.place : placeOf(frame);
  return opaqueCond(R, frame, `${told(a)} ${SIGN[op]!} ${told(b)}`, place, isBeyond(a) ? a : b);
}

const SIGN: Readonly<Record<string, string>> = { Eq: '==', Lt: '<', LtE: '<=', Gt: '>', GtE: '>=' };

/** The condition under which `a == b`. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function equal(R: Reader, frame: Frame, a0: Atom, b0: Atom): Cond {
  if (a0 === b0 && a0.k !== 'opaque' && a0.k !== 'float') return YES;
  const a = plain(a0);
  const b = plain(b0);
  if (a === b && a.k !== 'opaque') return YES;
  if (a.k === 'opaque' || b.k === 'opaque') {
    return unreadTest(R, frame, 'Eq', a, b);
  }
  if (numeric(a) && numeric(b)) {
    const ea = exprOf(a)!;
    const eb = exprOf(b)!;
    return 'value' in ea && !('value' in eb)
      ? R.book.test({ op: 'eq', args: [eb, ea] })
      : R.book.test({ op: 'eq', args: [ea, eb] });
  }
  if (textual(a) && textual(b)) {
    if ((a.k === 'text' && b.k === 'str' && a.not?.has(b.s)) || (b.k === 'text' && a.k === 'str' && b.not?.has(a.s)))
      return NO;
    const ea = exprOf(a);
    const eb = exprOf(b);
    if (ea && eb) return R.book.test({ op: 'eq', args: 'value' in ea ? [eb, ea] : [ea, eb] });
    const xa = a.k === 'text' ? expand(R, a.parts, 64) : one(a);
    const xb = b.k === 'text' ? expand(R, b.parts, 64) : one(b);
    if (xa && xb) return equalValues(R, frame, xa, xb);
    if (cannotBeEqual(a, b)) return NO;
    return opaqueCond(R, frame, 'comparison of composed texts');
  }
  if (a.k === 'tuple' && b.k === 'tuple') {
    if (a.items.length !== b.items.length) return NO;
    return a.items.reduce<Cond>(
      (c, item, i) => (c === NO ? NO : R.d.and(c, equalValues(R, frame, item, b.items[i]!))),
      YES,
    );
  }
  if (a.k === 'list' && b.k === 'list') {
    reading(R, a);
    reading(R, b);
    // what lists hold depends on much: that they are equal is one thing for whatever is made of it
    return a.fixed === b.fixed ? cut(R, equalLists(R, frame, a.items, b.items), placeOf(frame), 'equal lists') : NO;
  }
  if ((a.k === 'tuple' && b.k === 'list' && b.fixed) || (b.k === 'tuple' && a.k === 'list' && a.fixed))
    return equalLists(R, frame, itemsOfTuple(a), itemsOfTuple(b));
  if ((a.k === 'series' && a.set) || (b.k === 'series' && b.set))
    return opaqueCond(R, frame, 'comparison of a set of uncertain length');
  if (a.k === 'series' && b.k === 'series') {
    // two lists made of the same numbers
    if (a.at === b.at && exprKey(a.n) === exprKey(b.n) && a.keep === YES && b.keep === YES)
      return R.d.not(R.book.exists(a.at, a.n, R.d.not(equalValues(R, frame, a.item, b.item))));
    return opaqueCond(R, frame, 'comparison of two lists of uncertain length');
  }
  if ((a.k === 'series' && b.k === 'list') || (b.k === 'series' && a.k === 'list')) {
    const [s, l] =
      a.k === 'series'
        ? [a, b as typeof b & { k: 'list' }]
        : [b as typeof b & { k: 'series' }, a as typeof a & { k: 'list' }];
    if (l.items.length === 0) return R.d.not(R.book.exists(s.at, s.n, s.keep));
    return equalToSeries(R, frame, s, l.items);
  }
  if (a.k === 'set' && b.k === 'set') {
    const inside = (x: readonly Item[], y: readonly Item[]): Cond =>
      x.reduce<Cond>((c, i) => R.d.and(c, R.d.or(R.d.not(i.g), memberOf(R, frame, i.v, y))), YES);
    return R.d.and(inside(a.items, b.items), inside(b.items, a.items));
  }
  if (a.k === 'dict' && b.k === 'dict') return equalDicts(R, frame, a, b);
  const [left, right] = a.k === 'instance' ? [a, b] : [b, a];
  if (left.k === 'instance' && right.k !== 'instance' && left.member === undefined) {
    const method = R.attrOf(frame, left, '__eq__');
    if (method?.some((m) => m.v.k === 'native' || (m.v.k === 'bound' && m.v.fn.k === 'func')))
      return truthOfEqual(R, frame, R.call(frame, method, { pos: [one(right)], kw: new Map() }));
  }
  if (a.k === 'instance' && b.k === 'instance') {
    const version = versionText(a) && versionText(b);
    if (version) return R.book.test({ op: 'veq', args: [versionText(a)!, versionText(b)!] });
    const method = a.member === undefined ? R.attrOf(frame, a, '__eq__') : undefined;
    if (method?.some((m) => !(m.v.k === 'bound' && m.v.fn.k === 'native')))
      return truthOfEqual(R, frame, R.call(frame, method, { pos: [one(b)], kw: new Map() }));
    if (a.cls === b.cls && a.cls.dataclass) {
      let c: Cond = YES;
      for (const [name, value] of a.attrs) {
        if (c === NO) break;
        c = R.d.and(c, equalValues(R, frame, value, b.attrs.get(name) ?? []));
      }
      return c;
    }
    return twins(a, b);
  }
  if (a.k === 'outside' && b.k === 'outside') {
    if (a.constant && b.constant) return NO;
    return opaqueCond(R, frame, `is ${a.name} the same as ${b.name}`, undefined, a);
  }
  if ((a.k === 'outside' && !a.constant) || (b.k === 'outside' && !b.constant))
    return opaqueCond(
      R,
      frame,
      `comparison with ${a.k === 'outside' ? a.name : (b as { name: string }).name}`,
      undefined,
      isBeyond(a) ? a : b,
    );
  if (a.k === 'bound' && b.k === 'bound') return a.fn === b.fn && a.self === b.self ? YES : NO;
  return NO;
}

/** What `__eq__` gave, as a condition: of what it does not compare, nothing is equal. */
const truthOfEqual = (R: Reader, frame: Frame, result: Value): Cond =>
  truth(
    R,
    frame,
    result.filter((r) => !(r.v.k === 'outside' && r.v.name === 'NotImplemented')),
  );

/** Two dictionaries have the same keys, with equal values. */
function equalDicts(R: Reader, frame: Frame, a: DictAtom, b: DictAtom): Cond {
  if (a === b) return YES;
  reading(R, a);
  reading(R, b);
  if (a.lazy || b.lazy || [...a.entries, ...b.entries].some((e) => e.key.k === 'text' || e.key.k === 'num'))
    return opaqueCond(R, frame, 'comparison of dictionaries of uncertain keys');
  const inside = (x: DictAtom, y: DictAtom): Cond =>
    x.entries.reduce<Cond>((c, e) => {
      const same = y.entries
        .filter((f) => f.key === e.key)
        .reduce<Cond>((d, f) => R.d.or(d, R.d.and(f.g, equalValues(R, frame, e.v, f.v))), NO);
      return R.d.and(c, R.d.or(R.d.not(e.g), same));
    }, YES);
  return R.d.and(inside(a, b), inside(b, a));
}

/** Texts whose fixed beginnings or ends differ are different whatever stands between. */
function cannotBeEqual(a: Atom, b: Atom): boolean {
  const ends = (v: Atom): [string, string, boolean] => {
    if (v.k === 'str') return [v.s, v.s, true];
    const parts = v.k === 'text' ? v.parts : [];
    const [first, last] = [parts[0], parts.at(-1)];
    return [first?.p === 'lit' ? first.s : '', last?.p === 'lit' ? last.s : '', false];
  };
  const [a1, a2, wholeA] = ends(a);
  const [b1, b2, wholeB] = ends(b);
  const n = wholeA || wholeB ? Math.min(wholeA ? b1.length : a1.length, 1e9) : Math.min(a1.length, b1.length);
  const m = wholeA || wholeB ? Math.min(wholeA ? b2.length : a2.length, 1e9) : Math.min(a2.length, b2.length);
  return (
    a1.slice(0, n) !== b1.slice(0, n) ||
    a2.slice(a2.length - Math.min(m, a2.length)) !== b2.slice(b2.length - Math.min(m, b2.length))
  );
}

/** Is a list of uncertain length this one? The n-th item is asked for by comparing the number itself. */
function equalToSeries(R: Reader, frame: Frame, s: SeriesAtom, items: readonly Item[]): Cond {
  if (s.keep !== YES || items.some((i) => i.g !== YES))
    return opaqueCond(R, frame, 'comparison of two lists of uncertain length');
  const at: Expr = { op: 'input', name: s.at };
  const long = R.book.test({ op: 'eq', args: [s.n, { op: 'const', value: items.length }] });
  const differs = items.reduce<Cond>((c, item, i) => {
    const here = R.book.test({ op: 'eq', args: [at, { op: 'const', value: i }] });
    return R.d.or(c, R.d.and(here, R.d.not(equalValues(R, frame, item.v, s.item))));
  }, NO);
  return R.d.and(long, R.d.not(R.book.exists(s.at, s.n, differs)));
}

/** The items of a tuple, whether or not its length is certain. */
const itemsOfTuple = (v: TupleAtom | ListAtom): readonly Item[] =>
  v.k === 'list' ? v.items : v.items.map((item) => ({ g: YES, v: item }));

function equalLists(R: Reader, frame: Frame, a: readonly Item[], b: readonly Item[]): Cond {
  if (b.some((i) => i.g !== YES) && a.every((i) => i.g === YES)) return equalLists(R, frame, b, a);
  if (b.some((i) => i.g !== YES)) return opaqueCond(R, frame, 'comparison of two lists of uncertain length');
  // walk a, counting how many items of b were matched so far under each condition
  let states = new Map<number, Cond>([[0, YES]]);
  for (const item of a) {
    const next = new Map<number, Cond>();
    const put = (n: number, g: Cond): void => void (g !== NO && next.set(n, R.d.or(next.get(n) ?? NO, g)));
    for (const [n, g] of states) {
      put(n, R.d.and(g, R.d.not(item.g)));
      const here = R.d.and(g, item.g);
      if (here !== NO && n < b.length) put(n + 1, R.d.and(here, equalValues(R, frame, item.v, b[n]!.v)));
    }
    states = next;
  }
  return states.get(b.length) ?? NO;
}

export function equalValues(R: Reader, frame: Frame, a: Value, b: Value): Cond {
  let c: Cond = NO;
  for (const x of a)
    for (const y of b) {
      const g = R.d.and(x.g, y.g);
      if (g !== NO) c = bounded(R, frame, R.d.or(c, R.d.and(g, equal(R, frame, x.v, y.v))));
    }
  return c;
}

/** A condition under which things are equal: with a name once it is heavy, since it doubles with every pair that is compared after. */
const bounded = (R: Reader, frame: Frame, c: Cond): Cond =>
  isHeavy(R, c) ? cut(R, c, placeOf(frame), 'equal values') : c;

/** The condition under which a text stands in what of another is plain. */
function holdsText(R: Reader, parts: readonly Part[], sought: string): Cond {
  let plain = '';
  let found: Cond = NO;
  for (const p of parts) {
    plain = p.p === 'lit' ? plain + p.s : '';
    if (plain.includes(sought)) return YES;
    if (p.p === 'pick') for (const o of p.of) found = R.d.or(found, R.d.and(o.g, holdsText(R, o.parts, sought)));
  }
  return found;
}

/** The condition under which one of the items equals `value`. */
export function memberOf(R: Reader, frame: Frame, value: Value, items: readonly Item[]): Cond {
  let c: Cond = NO;
  for (const item of items) {
    c = bounded(R, frame, R.d.or(c, R.d.and(item.g, equalValues(R, frame, value, item.v))));
    if (c === YES) break;
  }
  return c;
}

function versionText(v: InstanceAtom): Expr | undefined {
  const t = v.attrs.get('_version');
  return t?.length === 1 ? exprOf(t[0]!.v) : undefined;
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function contains(R: Reader, frame: Frame, x: Atom, box: Atom): Cond {
  switch (box.k) {
    case 'list':
    case 'set':
      reading(R, box);
      return memberOf(R, frame, one(x), box.items);
    case 'tuple':
      return memberOf(
        R,
        frame,
        one(x),
        box.items.map((v) => ({ g: YES, v })),
      );
    case 'series':
      return R.book.exists(box.at, box.n, R.d.and(box.keep, equalValues(R, frame, one(x), box.item)));
    case 'dict':
      reading(R, box);
      settleKey(R, box, plain(x));
      return box.entries.reduce<Cond>(
        (c, e) => R.d.or(c, R.d.and(e.g, equal(R, frame, x, e.key))),
        box.lazy && plain(x).k === 'text' ? opaqueCond(R, frame, `a key of ${box.lazy.path}`) : NO,
      );
    case 'str':
    case 'text': {
      const needle = exprOf(plain(x));
      const hay = exprOf(box);
      if (needle && hay) return R.book.test({ op: 'in', args: [needle, hay] });
      const spread = box.k === 'text' ? expand(R, box.parts, 64) : undefined;
      if (spread) return spread.reduce<Cond>((c, a) => R.d.or(c, R.d.and(a.g, contains(R, frame, x, a.v))), NO);
      const sure = x.k === 'str' && box.k === 'text' ? holdsText(R, box.parts, x.s) : NO;
      return sure === YES ? YES : R.d.or(sure, opaqueCond(R, frame, 'search in a composed text'));
    }
    case 'class':
      if (box.enumMembers) return x.k === 'instance' && box.enumMembers.includes(x) ? YES : NO;
      break;
    case 'instance': {
      const method = R.attrOf(frame, box, '__contains__');
      if (method) {
        return truth(R, frame, R.call(frame, method, { pos: [one(x)], kw: new Map() }));
      }
      if (!box.moved) break;
      raiseBuiltin(R, frame, frame.live, 'TypeError', `argument of type '${typeName(box)}' is not iterable`);
      return NO;
    }
    case 'none':
    case 'bool':
    case 'int':
    case 'float':
    case 'num':
      raiseBuiltin(R, frame, frame.live, 'TypeError', `argument of type '${typeName(box)}' is not iterable`);
      return NO;
    default:
  }
  return opaqueCond(R, frame, `membership in a ${box.k === 'outside' ? box.name : box.k}`, undefined, box);
}

const FLIP: Readonly<Record<string, string>> = { Lt: 'Gt', Gt: 'Lt', LtE: 'GtE', GtE: 'LtE' };

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function order(R: Reader, frame: Frame, op: string, a0: Atom, b0: Atom): Cond {
  const a = plain(a0);
  const b = plain(b0);
  if (a.k === 'tuple' && b.k === 'tuple') {
    // lexicographic
    const n = Math.min(a.items.length, b.items.length);
    let c: Cond = NO;
    let same: Cond = YES;
    const strict = op[0] === 'L' ? 'Lt' : 'Gt';
    for (let i = 0; i < n && same !== NO; i++) {
      c = R.d.or(c, R.d.and(same, orderValues(R, frame, strict, a.items[i]!, b.items[i]!)));
      same = R.d.and(same, equalValues(R, frame, a.items[i]!, b.items[i]!));
    }
    const tail =
      op === 'Lt'
        ? a.items.length < b.items.length
        : op === 'LtE'
          ? a.items.length <= b.items.length
          : op === 'Gt'
            ? a.items.length > b.items.length
            : a.items.length >= b.items.length;
    return tail ? R.d.or(c, same) : c;
  }
  if (a.k === 'instance' && b.k === 'instance') {
    const va = versionText(a);
    const vb = versionText(b);
    if (va && vb) {
      const [x, y] = op[0] === 'L' ? [va, vb] : [vb, va];
      return R.book.test({ op: op.length === 2 ? 'vlt' : 'vle', args: [x, y] });
    }
  }
  if (a.k === 'instance') {
    const method = R.attrOf(frame, a, { Lt: '__lt__', LtE: '__le__', Gt: '__gt__', GtE: '__ge__' }[op]!);
    if (method) {
      return truth(R, frame, R.call(frame, method, { pos: [one(b)], kw: new Map() }));
    }
  }
  if (a.k === 'instance' && b.k === 'instance' && a.cls === b.cls && a.cls.mro.some((c) => c.dataclass))
    return opaqueCond(R, frame, `order of two ${a.cls.name}`);
  if ((numeric(a) && numeric(b)) || (textual(a) && textual(b))) {
    const ea = exprOf(a);
    const eb = exprOf(b);
    // written with an input first, so that `8 <= x` and `x >= 8` are one test: only lt and le exist
    if (ea && eb) {
      if (op === 'Gt') return R.d.not(R.book.test({ op: 'le', args: [ea, eb] }));
      if (op === 'GtE') return R.d.not(R.book.test({ op: 'lt', args: [ea, eb] }));
      if ('value' in ea && !('value' in eb)) return order(R, frame, FLIP[op]!, b, a);
      return R.book.test({ op: op === 'Lt' ? 'lt' : 'le', args: [ea, eb] });
    }
  }
  if (a.k === 'set' && b.k === 'set') {
    const [small, great] = op[0] === 'L' ? [a, b] : [b, a];
    const inside = small.items.reduce<Cond>(
      (c, i) => R.d.and(c, R.d.or(R.d.not(i.g), memberOf(R, frame, i.v, great.items))),
      YES,
    );
    return op.endsWith('E') ? inside : R.d.and(inside, R.d.not(equal(R, frame, a, b)));
  }
  // of these, some have an order that was not worked out
  if (ORDERED.some((kinds) => kinds.includes(a.k) && kinds.includes(b.k)))
    return opaqueCond(R, frame, `order of a ${typeName(a)} and a ${typeName(b)}`);
  if (a.k === 'opaque' || b.k === 'opaque' || a.k === 'outside' || b.k === 'outside') {
    return unreadTest(R, frame, op, a, b);
  }
  raiseBuiltin(
    R,
    frame,
    frame.live,
    'TypeError',
    `'${SIGN[op]!}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
  );
  return NO;
}

/** Kinds of things that Python puts in order among each other. */
const ORDERED: readonly (readonly Atom['k'][])[] = [
  ['list', 'tuple', 'series'],
  ['set', 'series'],
  ['str', 'text'],
];

function orderValues(R: Reader, frame: Frame, op: string, a: Value, b: Value): Cond {
  const saved = frame.live;
  let gone: Cond = NO;
  let c: Cond = NO;
  for (const x of a)
    for (const y of b) {
      const g = R.d.and(x.g, y.g);
      if (g === NO) continue;
      const live = R.d.and(saved, g);
      if (live === NO) continue;
      frame.live = live;
      c = R.d.or(c, R.d.and(g, order(R, frame, op, x.v, y.v)));
      if (frame.live !== live) gone = R.d.or(gone, R.d.and(live, R.d.not(frame.live)));
    }
  frame.live = gone === NO ? saved : R.d.and(saved, R.d.not(gone));
  return c;
}

/** Where two instances that are told apart are one. */
const twins = (a: InstanceAtom, b: InstanceAtom): Cond =>
  a.twin?.of === b ? a.twin.g : b.twin?.of === a ? b.twin.g : NO;

/** `a is b`. */
export function identical(R: Reader, frame: Frame, a: Value, b: Value): Cond {
  let c: Cond = NO;
  for (const x of a)
    for (const y of b) {
      const g = R.d.and(x.g, y.g);
      if (g === NO) continue;
      if (x.v.k === 'opaque' || y.v.k === 'opaque') {
        const [o, other] = (x.v.k === 'opaque' ? [x.v, y.v] : [y.v, x.v]) as [OpaqueAtom, Atom];
        // a new dictionary is nothing that is there once and for all
        if (o.sized && ['none', 'bool', 'class', 'func'].includes(other.k)) continue;
        c = R.d.or(c, R.d.and(g, opaqueCond(R, frame, `membership of ${o.why}`, undefined, o)));
      } else if (x.v === y.v) c = R.d.or(c, g);
      else if (x.v.k === 'instance' && y.v.k === 'instance') c = R.d.or(c, R.d.and(g, twins(x.v, y.v)));
      else if ((numeric(x.v) && numeric(y.v)) || (textual(x.v) && textual(y.v)))
        c = R.d.or(c, R.d.and(g, equal(R, frame, x.v, y.v)));
    }
  return c;
}

/** One comparison operator of Python's grammar on two values. */
export function compareOp(R: Reader, frame: Frame, op: string, a: Value, b: Value): Value {
  switch (op) {
    case 'Eq':
      return boolean(R.d, equalValues(R, frame, a, b));
    case 'NotEq':
      return negated(R, a, b, equalValues(R, frame, a, b));
    case 'Is':
      return boolean(R.d, identical(R, frame, a, b));
    case 'IsNot':
      return negated(R, a, b, identical(R, frame, a, b));
    case 'In':
      return boolean(R.d, inValues(R, frame, a, b));
    case 'NotIn':
      return negated(R, a, b, inValues(R, frame, a, b));
    default:
      return boolean(R.d, orderValues(R, frame, op, a, b));
  }
}

const negated = (R: Reader, _a: Value, _b: Value, c: Cond): Value => boolean(R.d, R.d.not(c));

function inValues(R: Reader, frame: Frame, a: Value, b: Value): Cond {
  const saved = frame.live;
  let gone: Cond = NO;
  let c: Cond = NO;
  for (const y of b)
    for (const x of a) {
      const g = R.d.and(x.g, y.g);
      const live = R.d.and(saved, g);
      if (live === NO) continue;
      frame.live = live;
      c = R.d.or(c, R.d.and(g, contains(R, frame, x.v, y.v)));
      if (frame.live !== live) gone = R.d.or(gone, R.d.and(live, R.d.not(frame.live)));
    }
  frame.live = gone === NO ? saved : R.d.and(saved, R.d.not(gone));
  return c;
}

/** Classes of `isinstance(x, T)`: a class, a tuple of them, or a union written with `|`. */
export function instanceOf(R: Reader, frame: Frame, v: Atom, of: Atom): Cond {
  if (of.k === 'tuple')
    return of.items.reduce<Cond>(
      (c, i) =>
        R.d.or(
          c,
          i.reduce<Cond>((e, a) => R.d.or(e, R.d.and(a.g, instanceOf(R, frame, v, a.v))), NO),
        ),
      NO,
    );
  if (of.k === 'none') return v.k === 'none' ? YES : NO;
  if (of.k === 'instance' && of.attrs.has('__origin__')) {
    const origin = of.attrs.get('__origin__')![0]!.v;
    const isUnion = origin.k === 'outside' && origin.name === 'typing.Union';
    return instanceOf(R, frame, v, isUnion ? of.attrs.get('__args__')![0]!.v : origin);
  }
  if (of.k === 'opaque') return opaqueCond(R, frame, `is a ${typeName(v)} of ${of.why}`, undefined, of);
  const cls = classOf(R, v);
  if (of.k !== 'class') {
    // a type outside the tree: our own concrete things are none of its instances, unless they derive from it
    if (v.k === 'instance' && of.k === 'outside' && v.cls.mro.some((c) => c.foreign.includes(of.name))) return YES;
    if (v.k === 'instance' && v.isA && of.k === 'outside') return v.isA(of);
    const kind = v.k === 'outside' && v.constant && of.k === 'outside' ? R.world.classOfConstant?.(v.name) : undefined;
    if (kind !== undefined) return of.k === 'outside' && kind === of.name ? YES : NO;
    if (v.k === 'outside' || v.k === 'opaque')
      return opaqueCond(R, frame, `is it a ${of.k === 'outside' ? of.name : of.k}`, undefined, v);
    return NO;
  }
  if (v.k === 'opaque' && !v.sized) return opaqueCond(R, frame, v.why, v.place, v);
  // a constant whose class is another package's is none of Python's own classes, and none of the tree's
  if (v.k === 'outside' && v.constant && R.world.classOfConstant?.(v.name) !== undefined && !isProtocol(of))
    return of.name === 'object' ? YES : NO;
  if (!cls) return v.k === 'outside' ? opaqueCond(R, frame, `is ${v.name} a ${of.name}`, undefined, v) : NO;
  if (cls.mro.includes(of) || of.name === 'object') return YES;
  if (v.k === 'instance' && v.isA) return v.isA(of);
  if (PROTOCOLS[of.name]?.includes(cls.name)) return YES;
  return isProtocol(of) ? fits(R, frame, v, of) : NO;
}

const PROTOCOLS: Readonly<Record<string, readonly string[]>> = {
  Mapping: ['dict', 'defaultdict', 'OrderedDict'],
  MutableMapping: ['dict', 'defaultdict', 'OrderedDict'],
  Sequence: ['list', 'tuple', 'str'],
  Iterable: ['list', 'tuple', 'str', 'dict', 'set', 'frozenset'],
  Collection: ['list', 'tuple', 'str', 'dict', 'set', 'frozenset'],
  Set: ['set', 'frozenset'],
  Callable: ['function'],
  Number: ['int', 'float', 'bool'],
};

/** `type(v)` for things whose class is known. */
export function classOf(R: Reader, v: Atom): ClassAtom | undefined {
  if (v.k === 'instance') return v.cls;
  if (v.k === 'tuple' && v.cls) return v.cls;
  if (v.k === 'class') return v.meta ?? (R.builtin('type')?.[0]?.v as ClassAtom);
  if (v.k === 'opaque' && v.sized) return R.builtin('dict')?.[0]?.v as ClassAtom | undefined;
  if (v.k === 'outside' || v.k === 'opaque') return undefined;
  return R.builtin(typeName(v))?.[0]?.v as ClassAtom | undefined;
}
