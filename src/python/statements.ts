/* oxlint-disable max-lines -- one part of the language, in one place */
/** Statements of Python's grammar, run where the frame stands. */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { iterate, partedByLight, uncertainItems } from './iterate.ts';
import { gatherers } from './gather.ts';
import { settableIn } from './settable.ts';
import { eachOf } from './loops.ts';
import { absoluteName, importCheck, importedName } from './modules.ts';
import { bind, moduleValue } from './names.ts';
import { boundNames } from './boundnames.ts';
import { assignTarget, setItem } from './assigning.ts';
import { binary } from './operators.ts';
import { evaluate, makeFunction } from './expressions.ts';
import {
  care,
  cut,
  cutValue,
  exception,
  flatten,
  gap,
  goingOn,
  note,
  opaqueCond,
  placeOf,
  raise,
  raiseBuiltin,
  relaxed,
  titleOf,
  truth,
  under,
  willCatch,
  writing,
} from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { instanceOf } from './compare.ts';
import { defineClass } from './classes.ts';
import { deleteAttr } from './settingattributes.ts';
import { withStatement } from './managers.ts';
import { tryStatement } from './tries.ts';
import type { Node } from './syntax.ts';
import { numbersOf } from './numberlists.ts';
import { mayChange } from './sized.ts';
import { list, NONE_VALUE, one, opaque } from './values.ts';
import type { ClassAtom, Item, SeriesAtom, Value } from './values.ts';

/** Runs statements in order until nothing of the frame's condition is left. */
export function run(R: Reader, frame: Frame, body: readonly Node[]): void {
  for (const s of body) {
    if (frame.live === NO) return;
    if (care(R, frame) === NO) {
      frame.live = NO;
      return;
    }
    if (++R.steps > 40_000_000) throw new RangeError('the source needs more steps than any known release does');
    frame.line = s.lineno ?? frame.line;
    frame.block = body;
    const rule = STATEMENTS[s.nodeType];
    if (rule) rule(R, frame, s);
    else note(R, 'opaque', `statement ${s.nodeType}`, placeOf(frame));
  }
}

type Rule = (R: Reader, frame: Frame, s: Node) => void;

const nothing: Rule = () => undefined;

const STATEMENTS: Readonly<Record<string, Rule>> = {
  Pass: nothing,
  Global: (_R, frame, s) => {
    frame.scope.globals ??= new Set();
    for (const n of s.names as string[]) frame.scope.globals.add(n);
  },
  Nonlocal: (_R, frame, s) => {
    frame.scope.nonlocals ??= new Set();
    for (const n of s.names as string[]) frame.scope.nonlocals.add(n);
  },
  Expr: (R, frame, s) => {
    const value = s.value as Node;
    if (value.nodeType !== 'Constant' && !changedList(R, frame, value)) evaluate(R, frame, value);
  },
  Assign: (R, frame, s) => {
    const value = cutValue(R, evaluate(R, frame, s.value as Node), placeOf(frame), titleOf(frame));
    if (frame.live === NO) return;
    for (const target of s.targets as Node[]) assignTarget(R, frame, target, value);
  },
  AnnAssign: (R, frame, s) => {
    if (s.value) assignTarget(R, frame, s.target as Node, evaluate(R, frame, s.value as Node));
  },
  AugAssign: (R, frame, s) => {
    const target = s.target as Node;
    const old = evaluate(R, frame, { ...target, ctx: { nodeType: 'Load' } });
    const right = evaluate(R, frame, s.value as Node);
    const op = (s.op as Node).nodeType;
    const lists =
      op === 'Add' && [...old, ...right].some((a) => a.v.k === 'series')
        ? numbersOf(R, frame, [old, right])
        : undefined;
    if (lists) {
      rename(R, frame, target, old, lists);
      return;
    }
    // a list changes in place
    if (op === 'Add' && old.length === 1 && old[0]!.v.k === 'list') {
      R.call(frame, R.getAttr(frame, old, 'extend'), { pos: [right], kw: new Map() });
      return;
    }
    for (const { v } of old) mayChange(R, frame, v);
    assignTarget(R, frame, target, binary(R, frame, op, old, right));
  },
  Return: (R, frame, s) => {
    const value = s.value ? evaluate(R, frame, s.value as Node) : NONE_VALUE;
    const live = frame.live;
    for (const a of value) frame.returns.push({ g: R.d.and(live, a.g), v: a.v });
    frame.live = NO;
  },
  Raise: raiseStatement,
  Assert: (R, frame, s) => {
    const c = truth(R, frame, evaluate(R, frame, s.test as Node));
    under(R, frame, R.d.not(c), () => {
      const text = s.msg ? [evaluate(R, frame, s.msg as Node)] : [];
      const cls = R.builtin('AssertionError')![0]!.v as ClassAtom;
      raise(R, frame, cut(R, care(R, frame), placeOf(frame), 'assert'), exception(cls, text), placeOf(frame), true);
    });
  },
  If: ifStatement,
  For: forStatement,
  AsyncFor: forStatement,
  While: whileStatement,
  Break: (R, frame) => {
    const loop = frame.loops.at(-1)!;
    loop.broken = R.d.or(loop.broken, frame.live);
    frame.live = NO;
  },
  Continue: (R, frame) => {
    const loop = frame.loops.at(-1)!;
    loop.continued = R.d.or(loop.continued, frame.live);
    frame.live = NO;
  },
  FunctionDef: functionStatement,
  AsyncFunctionDef: functionStatement,
  ClassDef: (R, frame, s) => bind(R, frame, frame.scope, s.name as string, defineClass(R, frame, s, frame.scope)),
  Import: (R, frame, s) => {
    importCheck(R, frame, s);
    if (frame.live === NO) return;
    for (const a of s.names as Node[]) {
      const name = a.name as string;
      const value = moduleValue(R, a.asname ? name : name.split('.')[0]!);
      bind(R, frame, frame.scope, (a.asname as string) || name.split('.')[0]!, value);
    }
  },
  ImportFrom: (R, frame, s) => {
    importCheck(R, frame, s);
    if (care(R, frame) === NO) return;
    const from = absoluteName(frame.module, s);
    for (const a of s.names as Node[]) {
      if (a.name === '*') continue;
      const value = importedName(R, from, a.name as string);
      if (value) bind(R, frame, frame.scope, (a.asname as string) || (a.name as string), value);
      else
        raiseBuiltin(
          R,
          frame,
          care(R, frame),
          'ImportError',
          `cannot import name '${a.name as string}' from '${from}'`,
        );
    }
  },
  Try: tryStatement,
  TryStar: tryStatement,
  With: withStatement,
  AsyncWith: withStatement,
  Delete: (R, frame, s) => {
    for (const t of s.targets as Node[]) {
      if (t.nodeType === 'Subscript')
        deleteItem(R, frame, evaluate(R, frame, t.value as Node), evaluate(R, frame, t.slice as Node));
      else if (t.nodeType === 'Attribute') deleteAttr(R, frame, evaluate(R, frame, t.value as Node), t.attr as string);
      else if (t.nodeType !== 'Name') note(R, 'skipped', 'something is deleted', placeOf(frame));
    }
  },
  TypeAlias: nothing,
  Match: matchStatement,
};

/** `del target[index]`: of a dictionary, as `pop` takes it out. */
function deleteItem(R: Reader, frame: Frame, target: Value, index: Value): void {
  for (const { g, v } of target)
    under(R, frame, g, () => {
      if (v.k === 'list' && index.some((i) => i.v.k === 'slice')) setItem(R, frame, one(v), index, one(list([])));
      else if (v.k === 'dict' || v.k === 'list')
        R.call(frame, R.getAttr(frame, one(v), 'pop'), { pos: [index], kw: new Map() });
      else {
        mayChange(R, frame, v);
        note(R, 'skipped', `an item of a ${v.k} is deleted`, placeOf(frame));
      }
    });
}

function functionStatement(R: Reader, frame: Frame, s: Node): void {
  let value: Value = one(makeFunction(R, frame, s, s.name as string));
  for (const dec of [...(s.decorator_list as Node[])].reverse())
    value = R.call(frame, evaluate(R, frame, dec), { pos: [value], kw: new Map() });
  bind(R, frame, frame.scope, s.name as string, value);
}

function ifStatement(R: Reader, frame: Frame, s: Node): void {
  const outer = R.evidence;
  R.evidence = [];
  const line = frame.line;
  const found = truth(R, frame, evaluate(R, frame, s.test as Node));
  const seen = R.evidence;
  R.evidence = outer;
  frame.line = line;
  const c = cut(R, R.d.simplify(found, care(R, frame)), placeOf(frame), frame.fn?.qualname ?? frame.module.name);
  branch(R, frame, c, s.body as Node[], s.orelse as Node[], seen);
  outer?.push(...seen);
}

/** Runs `yes` under `c` and `no` elsewhere; what raised counts as still running, since nothing after it matters. */
function branch(
  R: Reader,
  frame: Frame,
  c: Cond,
  yes: readonly Node[],
  no: readonly Node[],
  seen: readonly string[],
): void {
  const before = frame.live;
  const { lost } = frame;
  frame.lost = NO;
  const outer = R.evidence;
  R.evidence = [...seen];
  frame.live = R.d.and(before, c);
  if (frame.live !== NO) run(R, frame, yes);
  const afterYes = frame.live;
  R.evidence = [...seen];
  frame.live = R.d.and(before, R.d.not(c));
  if (frame.live !== NO && no.length) run(R, frame, no);
  R.evidence = outer;
  const after = R.d.or(afterYes, frame.live);
  const going = goingOn(R, after, frame.lost);
  // what does not count as going on here may do so further out
  frame.lost = going === after ? R.d.or(lost, frame.lost) : lost;
  frame.live = relaxed(R, frame, going);
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function forStatement(R: Reader, frame: Frame, s: Node): void {
  const block = frame.block ?? [];
  const { known: value, dark } = partedByLight(R, frame, evaluate(R, frame, s.iter as Node));
  for (const { g } of dark)
    under(R, frame, g, () => {
      passOver(R, frame, s);
    });
  const uncertain = value.map((a) => ({ g: a.g, v: uncertainItems(R, frame, a.v) }));
  const items = iterate(
    R,
    frame,
    value.filter((_, i) => !uncertain[i]!.v),
  );
  const before = frame.live;
  const loop = { broken: NO, continued: NO };
  frame.loops.push(loop);
  const turn = (item: Item): void => {
    const start = frame.live;
    frame.live = R.d.and(start, item.g);
    if (frame.live === NO) {
      frame.live = start;
      return;
    }
    assignTarget(R, frame, s.target as Node, item.v);
    run(R, frame, s.body as Node[]);
    // those for whom the item is not there go on unchanged
    frame.live = R.d.or(R.d.or(frame.live, loop.continued), R.d.and(start, R.d.not(item.g)));
    frame.live = relaxed(R, frame, frame.live);
    loop.continued = NO;
  };
  for (const item of items) {
    turn(item);
    if (frame.live === NO) break;
  }
  for (const { g, v } of uncertain)
    if (v && R.d.and(frame.live, g) !== NO) {
      const done = under(R, frame, g, () =>
        eachOf(
          R,
          frame,
          v,
          [...boundNames(s)],
          () => {
            loop.broken = NO;
            turn({ g: v.keep, v: v.item });
            return true;
          },
          () => loop.broken,
          () => gatherers(block, s),
          settableIn(s),
        ),
      );
      loop.broken = NO;
      if (!done) gap(R, frame, 'a list of uncertain length inside itself');
    }
  frame.loops.pop();
  if ((s.orelse as Node[] | undefined)?.length) run(R, frame, s.orelse as Node[]);
  frame.live = R.d.or(frame.live, R.d.and(loop.broken, before));
}

/** Passes over a loop whose items nobody knows: what it assigns is unknown, and so is whether it returns. */
function passOver(R: Reader, frame: Frame, s: Node): void {
  const why = 'a loop over what nobody knows the items of';
  note(R, 'opaque', why, placeOf(frame));
  for (const name of boundNames(s)) bind(R, frame, frame.scope, name, one(opaque(why, placeOf(frame))));
  if (!returnsIn(s.body as Node[])) return;
  const c = R.book.opaque(why, placeOf(frame));
  frame.returns.push({ g: R.d.and(care(R, frame), c), v: opaque(why, placeOf(frame)) });
  frame.live = R.d.and(frame.live, R.d.not(c));
}

const INSIDE = ['body', 'orelse', 'finalbody', 'handlers', 'cases'] as const;

/** Does one of the statements return, or something inside it that is no function of its own? */
const returnsIn = (body: readonly Node[]): boolean =>
  body.some(
    (n) =>
      n.nodeType === 'Return' ||
      (!['FunctionDef', 'AsyncFunctionDef', 'ClassDef'].includes(n.nodeType) &&
        INSIDE.some((block) => returnsIn((n[block] as Node[] | undefined) ?? []))),
  );

/** So often a lenient reading goes through a loop whose end depends on inputs. */
const MOST_TURNS = 1;

/** Leaves a `while` whose end nobody knows: what it assigns is unknown, and so is how often something in it happened. */
function giveUp(R: Reader, frame: Frame, s: Node, from: number): void {
  const why = 'a while loop that does not end by itself';
  note(R, 'opaque', why, placeOf(frame));
  if (flatten(R, frame.trace.slice(from)).some((e) => e.kind === 'seen')) gap(R, frame, why);
  for (const name of boundNames(s))
    if (frame.scope.vars.has(name)) frame.scope.vars.set(name, one(opaque(why, placeOf(frame))));
}

function whileStatement(R: Reader, frame: Frame, s: Node): void {
  const loop = { broken: NO, continued: NO };
  frame.loops.push(loop);
  const start = frame.live;
  const before = frame.trace.length;
  let done: Cond = NO;
  for (let n = 0; frame.live !== NO; n++) {
    if (n >= 256) {
      note(R, 'opaque', 'a while loop that does not end by itself', placeOf(frame));
      break;
    }
    const c = truth(R, frame, evaluate(R, frame, s.test as Node));
    if ((R.lenient || R.hasty) && n >= MOST_TURNS && c !== YES && c !== NO) {
      giveUp(R, frame, s, before);
      done = R.d.and(start, R.d.not(loop.broken));
      break;
    }
    done = R.d.or(done, R.d.and(frame.live, R.d.not(c)));
    frame.live = R.d.and(frame.live, c);
    if (frame.live === NO) break;
    run(R, frame, s.body as Node[]);
    frame.live = R.d.or(frame.live, loop.continued);
    loop.continued = NO;
  }
  frame.loops.pop();
  frame.live = R.d.or(frame.live, done);
  if ((s.orelse as Node[] | undefined)?.length) run(R, frame, s.orelse as Node[]);
  frame.live = R.d.or(frame.live, loop.broken);
}

function raiseStatement(R: Reader, frame: Frame, s: Node): void {
  const value = s.exc ? evaluate(R, frame, s.exc as Node) : (frame.handling.at(-1) ?? []);
  frame.line = s.lineno ?? frame.line;
  const live = care(R, frame);
  for (const { g, v } of value) {
    const made = v.k === 'class' ? R.call(frame, one(v), { pos: [], kw: new Map() }) : one(v);
    for (const m of made) {
      const when = R.d.and(live, R.d.and(g, m.g));
      if (when === NO) continue;
      if (m.v.k === 'instance') raise(R, frame, cut(R, when, placeOf(frame), 'raise'), m.v, placeOf(frame), true);
      else {
        note(R, 'opaque', 'something is raised that was not read', placeOf(frame));
        raiseBuiltin(R, frame, when, 'Exception', 'unread');
      }
    }
  }
  const free = value.every((a) => {
    const cls = a.v.k === 'instance' ? a.v.cls : a.v.k === 'class' ? a.v : undefined;
    return cls && !willCatch(frame, cls);
  });
  if (free) frame.lost = R.d.or(frame.lost, frame.live);
  frame.live = NO;
}

function matchStatement(R: Reader, frame: Frame, s: Node): void {
  const subject = evaluate(R, frame, s.subject as Node);
  let open: Cond = YES;
  let after: Cond = NO;
  const before = frame.live;
  for (const c of s.cases as Node[]) {
    frame.live = R.d.and(before, open);
    if (frame.live === NO) break;
    let fits = patternTest(R, frame, c.pattern as Node, subject);
    if (c.guard)
      fits = R.d.and(fits, under(R, frame, fits, () => truth(R, frame, evaluate(R, frame, c.guard as Node))) ?? NO);
    frame.live = R.d.and(frame.live, fits);
    if (frame.live !== NO) run(R, frame, c.body as Node[]);
    after = R.d.or(after, frame.live);
    open = R.d.and(open, R.d.not(fits));
  }
  frame.live = relaxed(R, frame, R.d.or(after, R.d.and(before, open)));
}

function patternTest(R: Reader, frame: Frame, p: Node, subject: Value): Cond {
  switch (p.nodeType) {
    case 'MatchValue':
    case 'MatchSingleton': {
      const value =
        p.nodeType === 'MatchValue'
          ? evaluate(R, frame, p.value as Node)
          : evaluate(R, frame, { nodeType: 'Constant', value: p.value });
      const eq = R.builtin('__eq__test')![0]!.v;
      return truth(R, frame, R.callAtom(frame, eq, { pos: [subject, value], kw: new Map() }));
    }
    case 'MatchOr':
      return (p.patterns as Node[]).reduce<Cond>((c, q) => R.d.or(c, patternTest(R, frame, q, subject)), NO);
    case 'MatchAs': {
      const inner = p.pattern ? patternTest(R, frame, p.pattern as Node, subject) : YES;
      if (p.name) bind(R, frame, frame.scope, p.name as string, subject);
      return inner;
    }
    case 'MatchClass': {
      if ((p.patterns as Node[]).length + (p.kwd_patterns as Node[]).length === 0) {
        const cls = evaluate(R, frame, p.cls as Node)[0]?.v;
        if (cls) return subject.reduce<Cond>((c, a) => R.d.or(c, R.d.and(a.g, instanceOf(R, frame, a.v, cls))), NO);
      }
      break;
    }
    default:
  }
  note(R, 'opaque', `pattern ${p.nodeType}`, placeOf(frame));
  return R.book.opaque(`pattern ${p.nodeType}`, placeOf(frame));
}

/** Gives a variable the list that its list has become; who has that list under another name has one of which less is known. */
function rename(R: Reader, frame: Frame, target: Node, old: Value, made: Value): void {
  for (const { g, v } of old)
    if (v.k === 'list')
      under(R, frame, g, () => {
        const why = 'a list that was changed under another name';
        const when = writing(R, frame, v);
        v.items.push({ g: R.d.and(when, opaqueCond(R, frame, why)), v: one(opaque(why, placeOf(frame))) });
      });
  assignTarget(R, frame, target, made);
}

/** `x.append(n)`, `x.extend(more)`, `x.sort()` of a list of numbers of uncertain length: says whether it was one. */
function changedList(R: Reader, frame: Frame, call: Node): boolean {
  const method = call.nodeType === 'Call' ? (call.func as Node) : undefined;
  if (method?.nodeType !== 'Attribute' || !CHANGES.has(method.attr as string)) return false;
  const target = method.value as Node;
  const [more, ...others] = call.args as readonly Node[];
  if (others.length > 0 || (call.keywords as readonly Node[]).length > 0) return false;
  if (target.nodeType !== 'Name' && target.nodeType !== 'Attribute') return false;
  const old = evaluate(R, frame, target);
  if (!old.some((a) => a.v.k === 'series')) return false;
  if (method.attr === 'sort') {
    if (more) return false;
    const others = old.filter((a) => a.v.k !== 'series');
    if (others.length > 0) R.call(frame, R.getAttr(frame, others, 'sort'), { pos: [], kw: new Map() });
    assignTarget(
      R,
      frame,
      target,
      old.flatMap(({ g, v }) =>
        v.k === 'series' ? inOrder(R, frame, v).map((a) => ({ g: R.d.and(g, a.g), v: a.v })) : [{ g, v }],
      ),
    );
    return true;
  }
  const added = more && evaluate(R, frame, more);
  const lists =
    added && numbersOf(R, frame, [old, method.attr === 'append' ? one(list([{ g: YES, v: added }])) : added]);
  if (lists) rename(R, frame, target, old, lists);
  return lists !== undefined;
}

const CHANGES = new Set(['append', 'extend', 'sort']);

/** A list in order; of what was a set nothing stands in it twice. */
const inOrder = (R: Reader, frame: Frame, v: SeriesAtom): Value =>
  numbersOf(R, frame, [one(v)], { sorted: true, once: v.set !== undefined }) ??
  one(opaque('a list of uncertain length is sorted', placeOf(frame)));
