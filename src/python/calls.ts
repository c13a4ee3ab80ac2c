/** Calls: functions of the tree are run once for equal arguments; everything else is asked of who knows it. */
import { NO, YES } from '../rules/index.ts';
import {
  absorb,
  care,
  cut,
  cutValue,
  gap,
  joined,
  newFrame,
  note,
  placeOf,
  raiseBuiltin,
  reading,
  resultOf,
  unread,
  under,
} from './reader.ts';
import type { Event, Frame, Reader } from './reader.ts';
import { declare } from './declared.ts';
import { instantiate } from './instances.ts';
import { newInstance } from './objects.ts';
import { dictGet } from './lookups.ts';
import type { Node } from './syntax.ts';
import { choose, dict, fresh, list, one, opaque, restrict, str, tuple, union, valueKey, typeName } from './values.ts';
import type { Cond } from '../rules/index.ts';
import type { Alternative, Args, Atom, ClassAtom, FuncAtom, ListAtom, Scope, Value } from './values.ts';
import { copied } from './copies.ts';
import { copyDict, otherKeys, settleKey } from './entries.ts';
import { unexpected } from './dataclass.ts';
import { answerOutside } from './foreign.ts';
import { misfit } from './misfit.ts';
import { PATH, pathAt } from './paths.ts';
import { unsized } from './sized.ts';

/** Calls a value: every alternative under its own condition. */
export function call(R: Reader, frame: Frame, callee: Value, args: Args): Value {
  if (callee.length === 1) return callAtom(R, frame, callee[0]!.v, args);
  const out: Alternative[] = [];
  for (const { g, v } of callee) {
    const got = under(R, frame, g, () => callAtom(R, frame, v, args)) ?? [];
    for (const a of got) out.push({ g: R.d.and(g, a.g), v: a.v });
  }
  return joined(R, frame, out, frame.fn?.qualname ?? frame.module.name);
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function callAtom(R: Reader, frame: Frame, v: Atom, args: Args): Value {
  switch (v.k) {
    case 'func':
      return callFunction(R, frame, v, args);
    case 'bound':
      return callAtom(
        R,
        frame,
        v.fn,
        v.fn.k === 'native' && !v.fn.method ? args : { ...args, pos: [one(v.self), ...args.pos] },
      );
    case 'native': {
      if (args.rest && !v.takesRest) {
        note(R, 'opaque', `${v.name} is called with arguments that could not be unpacked`, placeOf(frame));
        return unread(R, frame, `a call of ${v.name} with arguments that could not be unpacked`);
      }
      const saved = R.frame;
      R.frame = frame;
      try {
        return v.call(args, { live: frame.live, place: placeOf(frame) });
      } finally {
        R.frame = saved;
      }
    }
    case 'class':
      return instantiate(R, frame, v, args);
    case 'staticmethod':
      return call(R, frame, v.fn, args);
    case 'partial':
      return call(R, frame, v.fn, {
        ...args,
        pos: [...v.args!.pos, ...args.pos],
        kw: new Map([...v.args!.kw, ...args.kw]),
      });
    case 'instance': {
      const method = R.attrOf(frame, v, '__call__');
      if (method) return call(R, frame, method, args);
      if (v.attrs.has('__origin__')) return call(R, frame, v.attrs.get('__origin__')!, args);
      if (v.generator) return unread(R, frame, 'a context manager as a decorator');
      break;
    }
    case 'outside':
      // a question to a package, answered yes or no: a fact of that package
      if (/(^|[._])(is|has|can|supports)_[^.]*$/.test(v.name)) return answerOutside(R, v.name, args);
      if (v.name === PATH) return pathAt(R, frame, v, args);
      return one(opaque(`call of ${v.name}`, placeOf(frame), v));
    case 'opaque':
      return one(unsized(v));
    case 'unbound':
      return [];
    default:
  }
  raiseBuiltin(R, frame, care(R, frame), 'TypeError', `'${typeName(v)}' object is not callable`);
  return [];
}

/** Puts arguments to parameters as Python does. Undefined when they do not fit (TypeError was raised). */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function bindParameters(R: Reader, frame: Frame, fn: FuncAtom, args: Args): Map<string, Value> | undefined {
  const a = fn.node.args as Node;
  const names = [...((a.posonlyargs as Node[] | undefined) ?? []), ...(a.args as Node[])].map((p) => p.arg as string);
  const only = (a.kwonlyargs as Node[]).map((p) => p.arg as string);
  const vars = new Map<string, Value>();
  const here = care(R, frame);
  const take = (v: Value): Value => cutValue(R, restrict(R.d, v, here), placeOf(frame), fn.qualname);
  const rest = args.rest && copyDict(args.rest);
  const perhaps = (name: string, fallback: Value | undefined): Value | undefined => {
    if (!rest) return fallback;
    const { found, missing } = dictGet(R, frame, rest, one(str(name)));
    rest.entries = rest.entries.filter((e) => e.key !== str(name));
    rest.version++;
    return missing === YES ? fallback : choose(R.d, missing, fallback ?? [], found);
  };
  names.forEach((name, i) => {
    const given = args.pos[i] ?? args.kw.get(name) ?? perhaps(name, fn.defaults[i]);
    if (given) vars.set(name, take(given));
  });
  only.forEach((name, i) => {
    const given = args.kw.get(name) ?? perhaps(name, fn.kwDefaults[i]);
    if (given) vars.set(name, take(given));
  });
  const extraKw = [...args.kw.keys()].filter((k) => !names.includes(k) && !only.includes(k));
  const problem = misfit(
    {
      names,
      byPlaceAlone: (a.posonlyargs as Node[] | undefined)?.length ?? 0,
      defaults: names.filter((_, i) => fn.defaults[i]).length,
      byKeyword: only,
      vararg: !!a.vararg,
      kwarg: !!a.kwarg,
    },
    { positional: args.pos.length, keywords: [...args.kw.keys()], has: (name) => vars.has(name) },
  );
  if (problem) {
    raiseBuiltin(R, frame, here, 'TypeError', `${fn.qualname}() ${problem}`);
    return undefined;
  }
  if (a.vararg) vars.set((a.vararg as Node).arg as string, one(tuple(args.pos.slice(names.length).map(take))));
  if (a.kwarg) {
    const more = rest ?? dict([]);
    for (const k of extraKw) {
      settleKey(R, more, str(k));
      more.entries = [
        ...more.entries.filter((e) => e.key !== str(k)),
        { key: str(k), g: YES, v: take(args.kw.get(k)!) },
      ];
    }
    vars.set((a.kwarg as Node).arg as string, one(more));
  } else if (rest) {
    const unknown = otherKeys(R, rest, [...names, ...only])?.some;
    if (unknown === undefined)
      note(R, 'assumed', `${fn.qualname} is called with no arguments that it does not know`, placeOf(frame));
    else unexpected(R, frame, unknown, `${fn.qualname}()`);
  }
  return vars;
}

/** Why what a function calls of itself is not read. */
export const TOO_DEEP = 'calls nested too deep at';
/** So many calls are read inside one another. */
const DEEPEST = 160;

const fullNames = new WeakMap<FuncAtom, string>();

/** The module of a function and its own name. */
function fullNameOf(fn: FuncAtom): string {
  let name = fullNames.get(fn);
  if (name === undefined) fullNames.set(fn, (name = `${fn.module.name}.${fn.qualname}`));
  return name;
}

function callFunction(R: Reader, frame: Frame, fn: FuncAtom, args: Args): Value {
  const live = care(R, frame);
  if (live === NO) return [];
  const full = fullNameOf(fn);
  const stand = R.world.replaced(full, R);
  if (stand && stand[0]?.v !== fn) return call(R, frame, stand, args);
  const left = R.world.notEntered?.(fn, R, { frame, args });
  if (left) return left;
  if (fn.manager) return one({ ...newInstance(R.builtin('object')![0]!.v as ClassAtom), generator: { fn, args } });
  // what `*` and `**` collect belongs to the call already
  const since = fresh();
  const vars = bindParameters(R, frame, fn, args);
  if (!vars) return [];
  const observer = R.observers.get(full);
  const watched = observer?.(vars, frame);
  if (watched) return watched;
  if (R.depth > DEEPEST || R.symbolicLoops.filter((loop) => loop.fn === fn).length > R.mostInside) {
    note(R, 'opaque', `calls nested too deep at ${full}`, placeOf(frame));
    gap(R, frame, `${TOO_DEEP} ${full}`);
    return unread(R, frame, 'calls nested too deep');
  }
  const closure = fn.scope.isClass || fn.scope === fn.module;
  // whoever watches it sees each of its calls
  const key =
    closure && !observer ? `${fn.id}(${[...vars].map(([n, v]) => `${n}=${valueKey(v)}`).join(';')})` : undefined;
  const known = key === undefined ? undefined : R.memo.get(key);
  if (known && [...known.reads].every(([thing, version]) => thing.version === version)) {
    for (const thing of known.reads.keys()) reading(R, thing);
    R.evidence?.push(...known.evidence);
    absorb(R, frame, known.trace, live);
    return fn.cached ? known.value : copied(known.value, known.since);
  }
  return enter(R, frame, fn, vars, key, live, since);
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function enter(
  R: Reader,
  frame: Frame,
  fn: FuncAtom,
  vars: Map<string, Value>,
  key: string | undefined,
  live: number,
  since: number,
): Value {
  const scope: Scope = { vars, outer: fn.scope, module: fn.module };
  const inner: Frame = { ...newFrame(scope, fn, frame, live), since };
  if (fn.cached) inner.once = true;
  if (fn.isGenerator) inner.yields = list([]);
  const savedFrame = R.frame;
  const evidence = R.evidence;
  R.evidence = [];
  R.frame = inner;
  R.depth++;
  const place = `${fn.module.path}:${fn.node.lineno ?? 0}`;
  let seen: readonly string[] = [];
  try {
    if (fn.node.nodeType === 'Lambda') {
      const value = R.evaluate(inner, fn.node.body as Node);
      for (const a of value) inner.returns.push({ g: R.d.and(care(R, inner), a.g), v: a.v });
      inner.live = NO;
    } else R.run(inner, fn.node.body as Node[]);
  } finally {
    R.depth--;
    R.frame = savedFrame;
    seen = [...new Set([...R.evidence, place])].slice(-6);
    R.evidence = evidence;
    evidence?.push(...seen);
  }
  const value = inner.yields ? yielded(R, inner, inner.yields) : cutValue(R, resultOf(R, inner), place, fn.qualname);
  declare(R, fn, value);
  const trace: Event[] = inner.trace.map((e) =>
    e.kind === 'raise' ? { ...e, g: cut(R, e.g, e.place, fn.qualname) } : e,
  );
  if (key !== undefined && inner.pure)
    R.memo.set(key, {
      value: fn.cached ? value : copied(value, inner.since),
      trace,
      reads: inner.reads,
      since: inner.since,
      evidence: seen,
    });
  absorb(R, frame, trace, live);
  return value;
}

/** What a generator yields: a list, or one of uncertain length where it yields that alone. */
function yielded(R: Reader, inner: Frame, items: ListAtom): Value {
  const all = inner.yieldsAll;
  if (all.length === 0) return one(items);
  const gone = all.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
  const mixed =
    items.items.some((i) => !R.d.disjoint(i.g, gone)) ||
    all.some((a, i) => all.slice(0, i).some((b) => !R.d.disjoint(a.g, b.g)));
  if (mixed) {
    note(R, 'opaque', 'a list of uncertain length is yielded beside other items', placeOf(inner));
    return one(opaque('a list of uncertain length is yielded beside other items', placeOf(inner)));
  }
  return union(R.d, [...all, { g: R.d.not(gone), v: items }]);
}
