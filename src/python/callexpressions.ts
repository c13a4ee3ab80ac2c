/** Calls as they are written: what is called, and with which arguments. */
import { type Reader, type Frame, under, gap, unread, care, note, placeOf, raiseBuiltin } from './reader.ts';
import type { Node } from './syntax.ts';
import {
  type Value,
  union,
  one,
  type Atom,
  type Scope,
  fresh,
  type Args,
  type DictAtom,
  dict,
  str,
  restrict,
  type LazyDict,
  choose,
  UNBOUND,
  typeName,
} from './values.ts';
import { NO_MAPPING } from './dictexpressions.ts';
import { findInClass } from './objects.ts';
import { iterate } from './iterate.ts';
import { YES, NO, type Cond } from '../rules/index.ts';
import { copyDict, putEntry } from './entries.ts';
import { dictGet } from './lookups.ts';

export function callExpression(R: Reader, frame: Frame, n: Node): Value {
  const func = n.func as Node;
  if (func.nodeType === 'Name' && func.id === 'super' && (n.args as Node[]).length === 0) return superCall(R, frame);
  const callee = R.evaluate(frame, func);
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
  const value = R.evaluate(frame, of.value as Node);
  return { of, value };
}

function called(R: Reader, frame: Frame, n: Node, callee: Value, given: ReadonlyMap<Node, Value>): Value {
  const { args, unpacked } = argumentsOf(R, frame, n, callee, given);
  frame.line = n.lineno ?? frame.line;
  if (!args) {
    if (callee.some((a) => mayMatter(R, a.v))) gap(R, frame, 'a call with arguments that could not be unpacked');
    return unread(R, frame, 'a call with arguments that could not be unpacked');
  }
  if (unpacked === YES) return R.call(frame, callee, args);
  const made = under(R, frame, unpacked, () => R.call(frame, callee, args)) ?? [];
  return made.map((a) => ({ g: R.d.and(a.g, unpacked), v: a.v }));
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

/**
 * The arguments of a call node, with `*` and `**` unpacked, undefined where they are not known; `unpacked` is the condition that what `**`
 * unpacks can be unpacked. `given` says what is unpacked where that is known already.
 */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function argumentsOf(
  R: Reader,
  frame: Frame,
  n: Node,
  callee: Value,
  given: ReadonlyMap<Node, Value>,
): { readonly args: Args | undefined; readonly unpacked: Cond } {
  const pos: Value[] = [];
  const kw = new Map<string, Value>();
  let unreadable = false;
  let rest: DictAtom | undefined;
  let unpacked: Cond = YES;
  for (const a of n.args as Node[]) {
    if (a.nodeType !== 'Starred') {
      pos.push(R.evaluate(frame, a));
      continue;
    }
    const items = iterate(R, frame, given.get(a) ?? R.evaluate(frame, a.value as Node));
    if (items.some((i) => i.g !== YES)) unreadable = true;
    pos.push(...items.map((i) => i.v));
  }
  for (const k of n.keywords as Node[]) {
    const given = R.evaluate(frame, k.value as Node);
    if (k.arg) {
      kw.set(k.arg as string, given);
      continue;
    }
    const value = mappings(R, frame, given, callee);
    if (value.length < given.length)
      unpacked = R.d.and(
        unpacked,
        value.reduce<Cond>((c, a) => R.d.or(c, a.g), NO),
      );
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
  return { args: unreadable ? undefined : rest ? { pos, kw, rest } : { pos, kw }, unpacked };
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
