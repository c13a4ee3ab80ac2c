/** `with` statements: what is entered, what runs inside, and what is left however the inside ends. */
import { NO } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { bindParameters } from './calls.ts';
import { assignTarget } from './assigning.ts';
import { evaluate } from './expressions.ts';
import { findInClass } from './objects.ts';
import { absorb, newFrame, note, placeOf, raise, truth, under } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import type { Node } from './syntax.ts';
import { guarded, leaving } from './tries.ts';
import { fresh, NONE_VALUE, one } from './values.ts';
import type { Atom, InstanceAtom, Value } from './values.ts';

/** Runs `inside` within the managers of a `with` statement, the first of them outermost. */
export function withStatement(R: Reader, frame: Frame, s: Node): void {
  const items = s.items as Node[];
  const enter = (at: number): void => {
    const item = items[at];
    if (item === undefined) R.run(frame, s.body as Node[]);
    else
      for (const { g, v } of evaluate(R, frame, item.context_expr as Node))
        under(R, frame, g, () => within(R, frame, v, item.optional_vars as Node | undefined, () => enter(at + 1)));
  };
  enter(0);
}

function within(R: Reader, frame: Frame, manager: Atom, target: Node | undefined, inside: () => void): void {
  const assign = (value: Value): void => {
    if (target) assignTarget(R, frame, target, value);
  };
  if (manager.k !== 'instance') {
    if (manager.k !== 'outside' && manager.k !== 'opaque' && manager.k !== 'none')
      note(R, 'assumed', 'what a context manager does on leaving', placeOf(frame));
    assign(one(manager));
    return inside();
  }
  const suppressed = manager.attrs.get('__suppresses__')?.[0]?.v;
  if (suppressed?.k === 'tuple') {
    const named = suppressed.items.map((c) => c[0]!.v);
    assign(NONE_VALUE);
    guarded(R, frame, [(cls) => named.some((c) => c.k === 'class' && cls.mro.includes(c))], inside);
    return undefined;
  }
  if (manager.generator)
    return runManager(R, frame, manager.generator, (value) => {
      assign(value);
      inside();
    });
  return withMethods(R, frame, manager, assign, inside);
}

/**
 * Runs a generator as a context manager: `inside` runs where it yields, with what it yields, under the conditions of both;
 * what stands after the `yield` runs once the inside has ended, as a `finally` around it does however it ends.
 */
function runManager(
  R: Reader,
  frame: Frame,
  { fn, args }: NonNullable<InstanceAtom['generator']>,
  inside: (value: Value) => void,
): void {
  const base = frame.live;
  const since = fresh();
  const vars = bindParameters(R, frame, fn, args);
  if (!vars) return;
  const inner: Frame = {
    ...newFrame({ vars, outer: fn.scope, module: fn.module }, fn, frame, base),
    since,
    pure: false,
  };
  let ended: Cond = NO;
  inner.onYield = (value) => {
    // what happened in the generator so far comes before what happens inside
    absorb(R, frame, inner.trace.splice(0), base);
    const begun = R.d.and(frame.live, inner.live);
    const rest = R.d.and(frame.live, R.d.not(inner.live));
    frame.live = begun;
    R.frame = frame;
    inside(value);
    R.frame = inner;
    inner.live = R.d.and(inner.live, R.d.not(R.d.and(begun, R.d.not(frame.live))));
    ended = R.d.or(ended, frame.live);
    frame.live = R.d.or(rest, frame.live);
  };
  const saved = R.frame;
  R.frame = inner;
  R.depth++;
  try {
    R.run(inner, fn.node.body as Node[]);
  } finally {
    R.depth--;
    R.frame = saved;
  }
  absorb(R, frame, inner.trace, base);
  frame.live = R.d.and(ended, frame.live);
}

/** A manager with methods of its own: `__exit__` runs however the inside ends, and may take what was raised. */
function withMethods(
  R: Reader,
  frame: Frame,
  manager: InstanceAtom,
  assign: (value: Value) => void,
  inside: () => void,
): void {
  const enter = R.attrOf(frame, manager, '__enter__');
  assign(enter ? R.call(frame, enter, { pos: [], kw: new Map() }) : one(manager));
  const exit = R.attrOf(frame, manager, '__exit__');
  if (!exit || !isOwn(R, manager)) {
    note(R, 'assumed', 'what a context manager does on leaving', placeOf(frame));
    return inside();
  }
  const leave = (kind: Value, value: Value): Value =>
    R.call(frame, exit, { pos: [kind, value, NONE_VALUE], kw: new Map() });
  if (!maySuppress(R, manager)) {
    leaving(R, frame, inside, () => void leave(NONE_VALUE, NONE_VALUE));
    return undefined;
  }
  guarded(R, frame, [() => true], inside, {
    orelse: () => void leave(NONE_VALUE, NONE_VALUE),
    handle: (_i, raised, places) => {
      for (const [n, { g, v }] of raised.entries())
        under(R, frame, g, () => {
          const cls = v.k === 'instance' ? one(v.cls) : NONE_VALUE;
          const taken = truth(R, frame, leave(cls, one(v)));
          if (v.k === 'instance') raise(R, frame, R.d.and(frame.live, R.d.not(taken)), v, places[n], true);
          frame.live = R.d.and(frame.live, taken);
        });
    },
  });
  return undefined;
}

const exitOf = (R: Reader, manager: InstanceAtom): Atom | undefined =>
  findInClass(R, manager.cls, '__exit__')?.value[0]?.v;

/** Is its `__exit__` a function of the tree? */
const isOwn = (R: Reader, manager: InstanceAtom): boolean => exitOf(R, manager)?.k === 'func';

/** May its `__exit__` give anything true? Where it returns nothing, it takes no exception. */
function maySuppress(R: Reader, manager: InstanceAtom): boolean {
  const fn = exitOf(R, manager);
  const returns = (n: unknown): boolean => {
    if (Array.isArray(n)) return n.some((x) => returns(x));
    if (typeof n !== 'object' || n === null) return false;
    const node = n as Node;
    if (['FunctionDef', 'AsyncFunctionDef', 'Lambda', 'ClassDef'].includes(node.nodeType)) return false;
    if (node.nodeType === 'Return') {
      const value = node.value as Node | null | undefined;
      return value !== null && value !== undefined && !(value.nodeType === 'Constant' && !value.value);
    }
    return Object.values(node).some((x) => returns(x));
  };
  return fn?.k === 'func' && returns(fn.node.body);
}
