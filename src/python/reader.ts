/* oxlint-disable max-lines -- one part of the language, in one place */
/**
 * The state of one reading: frames, what was raised and logged in which order, remembered results, and everything that
 * could not be read. The other files of this room are functions over it.
 */
import { exprInputs, exprKey, NO, YES } from '../rules/index.ts';
import type { Book, Cond, Diagrams, Expr, Place } from '../rules/index.ts';
import type { JoinedLists } from './numberlists.ts';
import type { Settable } from './settable.ts';
import type { Node } from './syntax.ts';
import {
  boolean,
  fresh,
  isBeyond,
  NONE,
  num,
  one,
  opaque,
  PAIRS,
  restrict,
  str as strAtom,
  text,
  tuple,
  union,
  valueKey,
} from './values.ts';
import type {
  Alternative,
  Args,
  Atom,
  ClassAtom,
  DictAtom,
  Entry,
  FuncAtom,
  InstanceAtom,
  LazyDict,
  ListAtom,
  ModuleAtom,
  ModuleScope,
  Part,
  Scope,
  TupleAtom,
  SetAtom,
  Value,
} from './values.ts';

/** What surrounds the tree: its files, the packages outside it, and the few objects that stand for hardware. */
export interface World {
  /** The text of a module of the tree, or undefined when the tree has none of that name. */
  readonly module: (
    name: string,
  ) => { readonly text: string; readonly path: string; readonly isPackage: boolean } | undefined;
  /** What is known of `package.attribute` outside the tree; undefined makes it a name nobody knows more about. */
  outside(name: string, R: Reader): Value | undefined;
  /** Whether a class outside the tree is known to have an attribute. */
  outsideHas?(name: string, attribute: string): boolean;
  /** The class of a constant of a package outside the tree, where that is known. */
  classOfConstant?(name: string): string | undefined;
  /** The condition under which a module outside the tree (or a compiled one inside) can be imported. */
  importable(name: string, R: Reader): Cond;
  /** Whether a module outside the tree has a name, `module.name`, where that is a fact; undefined: it has. */
  hasName?(name: string, R: Reader): Cond | undefined;
  /** A stand-in for a name of the tree (`package.module.name`), or for a whole module (`package.module`). */
  replaced(name: string, R: Reader): Value | undefined;
  /** Of such a name: which other reading says what it gives, or that the question does. */
  elsewhere?(name: string): string | undefined;
  /** What a call of a function of the tree gives that is not to be read; undefined when it is. */
  /** Is a function one that is not entered and whose calls do not matter? */
  leavesOut?(fn: FuncAtom): boolean;
  notEntered?(fn: FuncAtom, R: Reader, call: { readonly frame: Frame; readonly args: Args }): Value | undefined;
  /** What calling a class makes, where that is another's to say. */
  construct?(R: Reader, cls: ClassAtom, args: Args): Value | undefined;
  /** What an attribute of a class outside the tree gives that is declared to be a subclass of `of`; its facts begin with `path`. */
  member?(R: Reader, of: ClassAtom, name: string, path: string): Value | undefined;
  /** True when importing this module of the tree may fail on the path that is read. */
  mayFail(module: string): boolean;
  /** True for a module of the tree whose import changes what is not its own, as by registering something. */
  reachesOut?(module: string): boolean;
}

/**
 * Something that happens while a function runs: it raises, it logs, or a call happens with events of its own, whose
 * conditions are relative to the call; or a loop happens, whose events speak of the number `at` and happen for each
 * number below `n` in turn. Only what comes before the first raise counts.
 */
export type Event =
  | PlainEvent
  | { readonly kind: 'call'; readonly g: Cond; readonly trace: readonly Event[]; readonly once: boolean }
  | {
      readonly kind: 'loop';
      readonly g: Cond;
      readonly trace: readonly Event[];
      readonly at: string;
      readonly n: Expr;
      readonly states: readonly LoopState[];
    };

export type PlainEvent =
  /** `explicit`: a statement says so; else the interpreter raises it. */
  | {
      readonly kind: 'raise';
      readonly g: Cond;
      readonly exc: InstanceAtom;
      readonly place: Place;
      readonly explicit?: boolean;
    }
  | {
      readonly kind: 'log';
      readonly g: Cond;
      readonly level: string;
      readonly parts: readonly Part[];
      readonly once: boolean;
      readonly place: Place;
    }
  /** Something that the reading's user watches for; `gap`: a place where a part of the source was not read. */
  | {
      readonly kind: 'seen';
      readonly g: Cond;
      readonly what: string;
      readonly values: ReadonlyMap<string, Value>;
      readonly place: Place;
    };

/** What a turn of a loop finds under the name of an input: at first, and after a turn. */
export interface LoopState {
  readonly name: string;
  readonly first: Value;
  readonly next: Value;
}

/** A loop of symbolic length under way: its body is read for any one number. */
export interface SymbolicLoop {
  /** The function whose loop it is. */
  readonly fn: FuncAtom | undefined;
  /** When it began, on the clock of atom ids. */
  readonly since: number;
  /** Older things that its body changed, as they were before. */
  written: Map<Heap, Snapshot>;
  /** Older things that its body read. */
  readonly reads: Set<Heap>;
  /** Where items of older lists of uncertain length may be set by its turns, and those that were. */
  readonly settable?: Settable & { readonly frame: Frame; readonly sets: ItemSet[] };
}

/** An item of a list of uncertain length that a turn of a loop sets. */
export interface ItemSet {
  /** The place that holds the list, as the source names it. */
  readonly key: string;
  readonly target: Node;
  readonly index: Expr;
  readonly value: Value;
  /** The condition under which a turn sets it. */
  readonly g: Cond;
  /** Gives the place another value. */
  readonly assign: (value: Value) => void;
}
/** What a thing held. */
export type Snapshot =
  | ReadonlyMap<string, Value>
  | readonly { readonly g: Cond; readonly v: Value; readonly key?: Atom }[];

export interface Loop {
  broken: Cond;
  continued: Cond;
}

export interface Frame {
  readonly scope: Scope;
  readonly module: ModuleScope;
  readonly fn: FuncAtom | undefined;
  readonly caller: Frame | undefined;
  /** Where the caller stood when it called; everything in the frame is relative to that. */
  readonly base: Cond;
  /** The time of the call, on the clock of atom ids. */
  readonly since: number;
  /** Things older than the call that it read, with their versions then: while these stay, its result may be reused. */
  readonly reads: Map<Heap, number>;
  /** False once the call changed something older than itself. */
  pure: boolean;
  live: Cond;
  /** Where an exception left this frame: what follows does not matter there. */
  raised: Cond;
  /** What `raise` statements of the branch at hand took out of `live` though nobody catches it: it may count as running on. */
  lost: Cond;
  /** The conditions of the exceptions that left this frame, each as it was raised. */
  raisedAt: Set<Cond>;
  returns: Alternative[];
  trace: Event[];
  /** The statements among which the one that runs stands. */
  block?: readonly Node[];
  loops: Loop[];
  /** What each enclosing `try` of this frame catches. */
  tries: ((cls: ClassAtom) => boolean)[];
  /** The exceptions being handled, for a bare `raise`. */
  handling: Value[];
  yields: ListAtom | undefined;
  /** What runs where a context manager written as a generator yields. */
  onYield?: (value: Value) => void;
  /** Lists of uncertain length all of whose items are yielded. */
  yieldsAll: Alternative[];
  line: number;
  /** Set inside functions whose logs happen once. */
  once: boolean;
}

/** A number that is one of several under conditions, or the items of a list that is one of several, put together to a text. */
export interface Named {
  readonly name: string;
  readonly value: Value;
  /** What stands between the items of the list; of a number nothing. */
  readonly between?: string;
}

/** What could not be read, or was read with an assumption; every one is counted. */
export interface Note {
  /**
   * `modelled`: a name of which the reader was told what the real thing answers; `elsewhere`: a name of the tree that
   * another reading, or the question, says.
   */
  readonly kind: 'opaque' | 'outside' | 'assumed' | 'skipped' | 'modelled' | 'elsewhere';
  readonly what: string;
  readonly place: Place;
  count: number;
}

interface Remembered {
  readonly value: Value;
  readonly trace: readonly Event[];
  readonly reads: ReadonlyMap<Heap, number>;
  readonly since: number;
  readonly evidence: readonly Place[];
}
export type Heap = ModuleAtom | ListAtom | DictAtom | SetAtom | InstanceAtom | ClassAtom;

export interface Reader {
  readonly d: Diagrams;
  readonly book: Book;
  readonly world: World;
  readonly modules: Map<string, ModuleScope | undefined>;
  readonly notes: Map<string, Note>;
  readonly memo: Map<string, Remembered>;
  /** Called with the arguments of every call of the function of this qualified name; what it returns stands for the call. */
  readonly observers: Map<string, (args: ReadonlyMap<string, Value>, frame: Frame) => Value | void>;
  /** The loops of symbolic length under way, outermost first. */
  symbolicLoops: readonly SymbolicLoop[];
  /** Numbers that are worked out from others, by their names. */
  readonly computed: Map<string, Expr>;
  /** What got a name, `#` and a number: an input of the rules from there on. */
  readonly named: Map<string, Named>;
  /** Lists with names of their own. */
  readonly lists: Map<string, JoinedLists>;
  readonly importFailures: Map<string, readonly Event[]>;
  /** What each module raises by itself when it is imported. */
  readonly importRaises: Map<string, readonly PlainEvent[]>;
  /** Modules that reach out, with the condition under which they have been imported. */
  readonly imported: Map<string, Cond>;
  /** Names of modules that were assigned anew from outside, by `module.name`, with what they were. */
  readonly assigned: Map<string, Value>;
  /** Where a statement at the top of a module that reaches out raises, and so its import. */
  failed: Cond;
  /** Classes outside the tree by their dotted names, with the class of the tree that an annotation says they derive from. */
  readonly declared: Map<string, ClassAtom>;
  /** Conditions heavier than this get a name. */
  readonly cutAbove: number;
  /** The numbers of the lists of uncertain length that are being gone through. */
  readonly going: Set<string>;
  /** How many such numbers were made. */
  numbers: number;
  /** What is raised and not caught is not taken out of the conditions of what comes after it: the order of events says so. */
  lenient: boolean;
  /** A loop that goes on for as long as something unknown says is left after a few turns, as a lenient reading does. */
  hasty: boolean;
  /** What is raised is an event and nothing more: whoever reads looks at no case in which something was raised. */
  finished: boolean;
  /** Things of the question that could not be gone through, for whoever wants to read on without them. */
  stuck?: Set<Atom>;
  /** For whoever wants to read on without what leads there: by note, where something could not be read exactly. */
  notedAt?: Map<string, Cond>;
  /** So many turns of its own loops over open lists, each inside another: what holds others like it is read so far down. */
  mostInside: number;
  depth: number;
  steps: number;
  frame: Frame | undefined;
  /** Places of class facts and returns seen while a condition was evaluated. */
  evidence: Place[] | undefined;
  // the other files of the room, by what they do
  evaluate(frame: Frame, node: Node): Value;
  call(frame: Frame, callee: Value, args: Args): Value;
  callAtom(frame: Frame, callee: Atom, args: Args): Value;
  getAttr(frame: Frame, value: Value, name: string): Value;
  /** The attribute of one thing, or undefined when it has none (nothing is raised). */
  attrOf(frame: Frame, atom: Atom, name: string): Value | undefined;
  run(frame: Frame, body: readonly Node[]): void;
  /** Fills a new object of a dataclass. */
  initDataclass(frame: Frame, self: InstanceAtom, cls: ClassAtom, args: Args): void;
  builtin(name: string): Value | undefined;
}

export const placeOf = (frame: Frame): Place => `${frame.module.path}:${frame.line}`;

/** Above this weight, what raised is no longer taken out of conditions: the order of events says the same. */
const LIGHT = 60;

/** Where execution can be and still matters. */
export const care = (R: Reader, frame: Frame): Cond =>
  R.lenient || frame.raised === NO || R.d.weight(frame.raised, LIGHT) >= LIGHT
    ? frame.live
    : R.d.and(frame.live, R.d.not(frame.raised));

/** The same condition as `live` wherever nothing was raised, in the smaller of its two forms. */
export function relaxed(R: Reader, frame: Frame, live: Cond): Cond {
  if (frame.raised === NO || live <= YES) return live;
  const other = R.d.simplify(live, R.d.not(frame.raised));
  return other <= YES || R.d.weight(other, 1000) <= R.d.weight(live, 1000) ? other : live;
}

/** What goes on after two branches: where one of them raised counts as going on, if that is simpler to say. */
export function goingOn(R: Reader, live: Cond, lost: Cond): Cond {
  if (live === NO || lost === NO) return live;
  const all = R.d.or(live, lost);
  return all <= YES || R.d.weight(all, 1000) <= R.d.weight(live, 1000) ? all : live;
}

/** Counts something that could not be read exactly. */
export function note(R: Reader, kind: Note['kind'], what: string, place: Place): void {
  const key = `${kind} ${place} ${what}`;
  const old = R.notes.get(key);
  if (old) old.count++;
  else R.notes.set(key, { kind, what, place, count: 1 });
  if (R.notedAt) R.notedAt.set(key, R.d.or(R.notedAt.get(key) ?? NO, whole(R)));
}

/** Where execution is, from where it all began. */
function whole(R: Reader): Cond {
  let g: Cond = R.frame?.live ?? YES;
  for (let f = R.frame; f; f = f.caller) g = R.d.and(g, f.base);
  return g;
}

/** A value nobody could read. It is counted, and a decision that depends on it is unknown. */
export function unread(_R: Reader, frame: Frame, why: string): Value {
  const place = placeOf(frame);
  return one(opaque(why, place));
}

/** Is `cls` one of `of`, or derived from one? */
export const isSubclass = (cls: ClassAtom, of: ClassAtom): boolean => cls.mro.includes(of);

/** Will some `try` around the current call catch this class? */
export function willCatch(frame: Frame | undefined, cls: ClassAtom): boolean {
  for (let f = frame; f; f = f.caller) if (f.tries.some((catches) => catches(cls))) return true;
  return false;
}

/** Records that `exc` is raised under `g` (relative to the frame). What follows does not matter there. */
export function raise(
  R: Reader,
  frame: Frame,
  g: Cond,
  exc: InstanceAtom,
  place = placeOf(frame),
  explicit = false,
): void {
  // what an earlier exception prevents needs no mention: the first one counts
  if (g === NO || frame.raisedAt.has(g) || R.d.implies(g, frame.raised) || R.d.disjoint(g, frame.live)) return;
  frame.trace.push({ kind: 'raise', g, exc, place, ...(explicit ? { explicit } : {}) });
  if (willCatch(frame, exc.cls)) {
    frame.live = R.d.and(frame.live, R.d.not(g));
    return;
  }
  // what the interpreter raises by itself is an event and nothing more
  if (R.finished || (!explicit && R.lenient)) return;
  frame.raisedAt.add(g);
  // knowing less of what raised is safe: it only serves to leave out what does not matter
  if (R.d.weight(frame.raised, 4 * LIGHT) < 4 * LIGHT) frame.raised = R.d.or(frame.raised, g);
}

/** Raises an exception of a built-in class with a text. */
export function raiseBuiltin(R: Reader, frame: Frame, g: Cond, cls: string, message: string | Value): void {
  if (g === NO) return;
  const type = R.builtin(cls)![0]!.v as ClassAtom;
  raise(R, frame, g, exception(type, [typeof message === 'string' ? one(strAtom(message)) : message]));
}

/** An exception object. */
export function exception(cls: ClassAtom, args: readonly Value[]): InstanceAtom {
  return { id: fresh(), k: 'instance', cls, attrs: new Map([['args', one(tuple(args))]]), version: 0 };
}

export function log(R: Reader, frame: Frame, level: string, parts: readonly Part[]): void {
  const g = care(R, frame);
  if (g !== NO) frame.trace.push({ kind: 'log', g, level, parts, once: frame.once, place: placeOf(frame) });
}

/** Records that something was met, for the reading's user. */
export function seen(
  R: Reader,
  frame: Frame,
  what: string,
  values: ReadonlyMap<string, Value>,
  place = placeOf(frame),
): void {
  const g = care(R, frame);
  if (g !== NO) frame.trace.push({ kind: 'seen', g, what, values, place });
}

/** Records, for the reading's user, a place where a part of the source was not read. */
export const gap = (R: Reader, frame: Frame, why: string): void =>
  seen(R, frame, 'gap', new Map([['why', one(strAtom(why))]]));

/** Tells the calls under way that a thing older than they are was read. */
export function reading(R: Reader, thing: Heap): void {
  for (const loop of R.symbolicLoops) if (thing.id < loop.since) loop.reads.add(thing);
  for (let f = R.frame; f && thing.id < f.since; f = f.caller) f.reads.set(thing, thing.version);
}

/** Does `work` in such a way that no loop under way counts it as a look at a thing. */
export function unseen<T>(R: Reader, thing: Heap, work: () => T): T {
  const loops = R.symbolicLoops.filter((l) => !l.reads.has(thing));
  const done = work();
  for (const loop of loops) loop.reads.delete(thing);
  return done;
}

/** Keys of a dictionary of the question that were asked for and are not there. */
function goneFrom({ lazy, entries }: DictAtom): Entry[] {
  const keys = [...(lazy?.asked ?? [])].map((key) => strAtom(key));
  return keys.filter((key) => !entries.some((e) => e.key === key)).map((key) => ({ key, g: NO, v: [] }));
}

/** What a thing holds now. */
export function snapshot(thing: Heap): Snapshot {
  switch (thing.k) {
    case 'list':
    case 'set':
      return [...thing.items];
    case 'dict':
      return [...thing.entries.map((e) => ({ ...e })), ...goneFrom(thing)];
    case 'module':
      return new Map(thing.scope.vars);
    default:
      return new Map(thing.attrs);
  }
}

/** Tells the calls under way that a thing is changed, and gives the condition of the change relative to its making. */
export function writing(R: Reader, frame: Frame, thing: Heap): Cond {
  for (const loop of R.symbolicLoops)
    if (thing.id < loop.since && !loop.written.has(thing)) loop.written.set(thing, snapshot(thing));
  thing.version++;
  // where something was raised that nobody catches, what is changed after it does not matter
  let g = frame.live;
  for (let f: Frame | undefined = frame; f && thing.id < f.since; f = f.caller) {
    f.pure = false;
    g = R.d.and(g, f.base);
  }
  return g;
}

/** A condition of a frame as it is said where a thing was made. */
export function sinceMade(R: Reader, frame: Frame, thing: Heap, live: Cond): Cond {
  let g = live;
  for (let f: Frame | undefined = frame; f && thing.id < f.since; f = f.caller) g = R.d.and(g, f.base);
  return g;
}

/** What a definition made here is called: the function it stands in. */
export const titleOf = (frame: Frame): string => frame.fn?.qualname ?? frame.module.name;

/** Truth of a value as `if` sees it. */
export function truth(R: Reader, frame: Frame, value: Value): Cond {
  let c: Cond = NO;
  for (const { g, v } of value) {
    // each thing's own truth gets its name, so that it is the same condition wherever else it is asked
    const t = cut(R, truthOf(R, frame, v), placeOf(frame), titleOf(frame));
    if (t !== NO) c = R.d.or(c, t === YES ? g : R.d.and(g, t));
  }
  return c;
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function truthOf(R: Reader, frame: Frame, v: Atom): Cond {
  const { d, book } = R;
  switch (v.k) {
    case 'none':
    case 'unbound':
      return NO;
    case 'bool':
      return v.b ? YES : NO;
    case 'int':
    case 'float':
      return v.n !== 0 ? YES : NO;
    case 'str':
      return v.s !== '' ? YES : NO;
    case 'num':
      return d.not(book.test({ op: 'eq', args: [v.e, { op: 'const', value: 0 }] }));
    case 'text': {
      if (v.parts.some((p) => p.p === 'lit' && p.s !== '')) return YES;
      const [only] = v.parts;
      if (v.parts.length === 1 && only!.p === 'expr')
        return d.not(book.test({ op: 'eq', args: [only!.e, { op: 'const', value: '' }] }));
      return opaqueCond(R, frame, 'truth of a composed text');
    }
    case 'tuple':
      return v.items.length > 0 ? YES : NO;
    case 'list':
    case 'set':
      reading(R, v);
      return v.items.reduce<Cond>((c, item) => d.or(c, item.g), NO);
    case 'dict':
      reading(R, v);
      if (!v.lazy) return v.entries.reduce<Cond>((c, e) => d.or(c, e.g), NO);
      if (isTakenFrom(R, v, v.lazy))
        return v.entries.reduce<Cond>((c, e) => d.or(c, e.g), othersLeft(R, frame, v.lazy));
      // what the question gave counts as a whole; what was put in beside it counts by itself
      return v.entries.reduce<Cond>((c, e) => (isGiven(R, v.lazy!, e) ? c : d.or(c, e.g)), v.lazy.some());
    case 'series':
      return book.exists(v.at, v.n, v.keep);
    case 'opaque':
      if (v.sized) {
        reading(R, v.sized.kept);
        return truth(R, frame, v.sized.kept.attrs.get(PAIRS) ?? one(v.sized.plain));
      }
      return opaqueCond(R, frame, v.why, v.place, v);
    case 'instance': {
      for (const name of ['__bool__', '__len__']) {
        const method = R.attrOf(frame, v, name);
        if (method) return truth(R, frame, R.call(frame, method, { pos: [], kw: new Map() }));
      }
      return YES;
    }
    default:
      return YES;
  }
}

/** Is an entry there exactly where the question gives it? */
const isGiven = (R: Reader, lazy: LazyDict, e: Entry): boolean =>
  e.key.k === 'str' && givenAt(R, lazy, e.key.s) === e.g;

/** Where the question gives a key. */
const givenAt = (R: Reader, lazy: LazyDict, name: string): Cond =>
  (lazy.at(name) ?? []).reduce<Cond>((c, a) => (a.v.k === 'unbound' ? c : R.d.or(c, a.g)), NO);

/** Was something taken out of a dictionary that the question gave in it? */
function isTakenFrom(R: Reader, v: DictAtom, lazy: LazyDict): boolean {
  if (v.version === 0) return false;
  return [...lazy.asked].some((name) => {
    const there = v.entries.reduce<Cond>((c, { key, g }) => (key.k === 'str' && key.s === name ? R.d.or(c, g) : c), NO);
    return !R.d.implies(givenAt(R, lazy, name), there);
  });
}

/** Does the question give a dictionary a key beside those that were asked for? */
function othersLeft(R: Reader, frame: Frame, lazy: LazyDict): Cond {
  const all = lazy.names ? undefined : lazy.all?.();
  const key = all && (all.item[0]!.v as TupleAtom).items[0];
  if (!all || !key) return opaqueCond(R, frame, `what is left of ${lazy.path}`);
  const equal = R.builtin('__eq__test')![0]!.v;
  const isOf = (name: string): Cond =>
    truth(R, frame, R.callAtom(frame, equal, { pos: [key, one(strAtom(name))], kw: new Map() }));
  const asked = [...lazy.asked].reduce<Cond>((c, name) => R.d.or(c, isOf(name)), NO);
  return R.d.and(lazy.some(), R.book.exists(all.at, all.n, R.d.and(all.keep, R.d.not(asked))));
}

/** A condition nobody could read; `of` is what it would be read from. */
export function opaqueCond(R: Reader, frame: Frame, why: string, place = placeOf(frame), of?: Atom): Cond {
  const outside = of !== undefined && isBeyond(of);
  note(R, outside ? 'outside' : 'opaque', why, place);
  return R.book.opaque(why, place, outside);
}

/** A truth value of a comparison that could not be read. */
export const opaqueBool = (R: Reader, frame: Frame, why: string): Value => boolean(R.d, opaqueCond(R, frame, why));

/** Gives a heavy condition a name, so that what is built on it stays small and can be read. */
export function cut(R: Reader, c: Cond, place: Place, title: string): Cond {
  if (c <= YES || R.d.weight(c, R.cutAbove) < R.cutAbove) return c;
  return R.book.define([c, R.d.not(c)], place, title)[0]!;
}

/** One text for the items of a list, one of several under conditions, with `between` between them. */
export function namedText(R: Reader, between: string, lists: Value): Value {
  const key = `${JSON.stringify(between)} ${valueKey(lists)}`;
  let known = R.named.get(key);
  if (!known) R.named.set(key, (known = { name: `#${R.named.size}`, value: lists, between }));
  const g = lists.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
  return [{ g, v: text([{ p: 'expr', e: { op: 'input', name: known.name } }]) }];
}

/**
 * One number for a number that is one of several under conditions, so that what is counted with it stays one thing: one for
 * the whole numbers and one for the others, since Python tells them apart.
 */
export function namedNumber(R: Reader, value: Value): Value {
  const isFloat = (v: Atom): boolean => v.k === 'float' || (v.k === 'num' && v.float);
  const finite = value.filter(
    (a) => a.v.k === 'num' || ((a.v.k === 'int' || a.v.k === 'float') && Number.isFinite(a.v.n)),
  );
  const groups = [false, true].map((float) => finite.filter(({ v }) => isFloat(v) === float));
  if (groups.every((group) => group.length < 2)) return value;
  const named = groups.flatMap((group, i): Value => {
    if (group.length < 2) return group;
    const key = valueKey(group);
    let known = R.named.get(key);
    if (!known) R.named.set(key, (known = { name: `#${R.named.size}`, value: group }));
    const g = group.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
    return [{ g, v: num({ op: 'input', name: known.name }, i === 1) }];
  });
  return union(R.d, [...value.filter((a) => !finite.includes(a)), ...named]);
}

/** More numbers than this one may be are one named number where others are counted with it. */
const MOST_NUMBERS = 8;

/** A number with which another is counted: one of many under its name, so that the two do not multiply what they may be. */
export const lightNumber = (R: Reader, value: Value): Value =>
  value.length > MOST_NUMBERS ? namedNumber(R, value) : value;

/** Is it one of several numbers, and more than one of them is worked out of inputs? */
const isOneOfNumbers = (value: Value): boolean =>
  value.length > 3 && new Set(value.flatMap((a) => (a.v.k === 'num' ? [exprKey(a.v.e)] : []))).size > 1;

/** Facts of the machine that nothing else is tied to: what rests on these alone is one fact for the rest of the rules. */
export const ofTheWorld = (R: Reader, c: Cond): boolean =>
  R.d.support(c).every((v) => {
    const m = R.book.meanings[v]!;
    const names =
      m.kind === 'choice' || m.kind === 'kinds' ? [m.input] : m.kind === 'test' ? [...exprInputs(m.test)] : [];
    return names.length > 0 && names.every((n) => /^(env|import|which|file|version|parameter|reachable)\./.test(n));
  });

/** A condition that rests on facts of the machine alone, as one named fact. */
export const nameFact = (R: Reader, c: Cond, place: Place): Cond =>
  c > YES && R.d.weight(c, 3) >= 2 && ofTheWorld(R, c) ? R.book.define([c, R.d.not(c)], place, 'import')[0]! : c;

/** More nodes than this has no condition that is still being put together. */
const HEAVIEST = 2048;

/** Is a condition so heavy that what is still added to it may double it every time? */
export const isHeavy = (R: Reader, c: Cond): boolean => R.d.weight(c, HEAVIEST) >= HEAVIEST;

/** Joins alternatives as `union` does; where a condition becomes heavy on the way, which of them it is so far is one named choice. */
export const joined = (R: Reader, frame: Frame, alternatives: Iterable<Alternative>, title: string): Value =>
  union(R.d, alternatives, (out, at) => {
    if (!isHeavy(R, out[at]!.g)) return;
    const named = R.book.define(
      out.map(({ g }) => g),
      placeOf(frame),
      title,
    );
    for (const [i, one] of out.entries()) one.g = named[i]!;
  });

/** The same for a whole value: alternatives with heavy conditions become one named choice. */
export function cutValue(R: Reader, given: Value, place: Place, title: string): Value {
  const value = R.lenient && isOneOfNumbers(given) ? namedNumber(R, given) : given;
  // several things that depend on several inputs are one choice, even when each condition is light
  const choice =
    value.length > 2 && value.length <= 16 && value.reduce((n, a) => n + R.d.weight(a.g, R.cutAbove), 0) > R.cutAbove;
  const world =
    value.length > 1 && value.some((a) => R.d.weight(a.g, 3) >= 2) && value.every((a) => ofTheWorld(R, a.g));
  // one of many things of a kind is one choice as soon as it rests on more than one input
  const member =
    value.length > 16 &&
    value.every((a) => a.v.k === 'instance' || a.v.k === 'class' || a.v.k === 'none') &&
    value.some((a) => R.d.weight(a.g, 2) >= 2);
  if (
    value.length < 2 ||
    (!choice && !world && !member && value.every((a) => R.d.weight(a.g, R.cutAbove) < R.cutAbove))
  )
    return value;
  const named = R.book.define(
    value.map((a) => a.g),
    place,
    title,
  );
  return value.map((a, i) => ({ g: named[i]!, v: a.v }));
}

/** Makes a frame for a call made where `caller` stands under `base`. */
export function newFrame(scope: Scope, fn: FuncAtom | undefined, caller: Frame | undefined, base: Cond): Frame {
  return {
    scope,
    module: scope.module,
    fn,
    caller,
    base,
    since: fresh(),
    reads: new Map(),
    pure: true,
    live: YES,
    raised: NO,
    lost: NO,
    raisedAt: new Set(),
    returns: [],
    trace: [],
    loops: [],
    tries: [],
    handling: [],
    yields: undefined,
    yieldsAll: [],
    line: fn?.node.lineno ?? 1,
    once: caller?.once ?? false,
  };
}

/** Runs `work` by itself: what happened in it comes back instead of going on in the frame. */
export function aside<T>(frame: Frame, work: () => T): { value: T; events: readonly Event[] } {
  const { trace, raised, raisedAt, live } = frame;
  frame.trace = [];
  frame.raisedAt = new Set();
  const value = work();
  const events = frame.trace;
  Object.assign(frame, { trace, raised, raisedAt, live });
  return { value, events };
}

const raisedBy = new WeakMap<readonly Event[], ReadonlySet<ClassAtom>>();

/** The classes of the exceptions that a trace can raise. */
export function classesRaised(trace: readonly Event[]): ReadonlySet<ClassAtom> {
  const known = raisedBy.get(trace);
  if (known) return known;
  const found = new Set<ClassAtom>();
  for (const e of trace) {
    if (e.kind === 'raise') found.add(e.exc.cls);
    else if (e.kind === 'call' || e.kind === 'loop') for (const c of classesRaised(e.trace)) found.add(c);
  }
  raisedBy.set(trace, found);
  return found;
}

/** The events of a trace with those of its calls in their places, each under its whole condition. */
export function flatten(R: Reader, trace: readonly Event[], g: Cond = YES, once = false): PlainEvent[] {
  const out: PlainEvent[] = [];
  flattenInto(R, trace, g, once, out);
  return out;
}

function flattenInto(R: Reader, trace: readonly Event[], g: Cond, once: boolean, out: PlainEvent[]): void {
  for (const e of trace) {
    const when = R.d.and(g, e.g);
    if (when === NO) continue;
    if (e.kind === 'call') flattenInto(R, e.trace, when, once || e.once, out);
    // what happens for some number happens: which one does not matter to what follows
    else if (e.kind === 'loop')
      for (const x of flatten(R, e.trace, YES, once))
        out.push({ ...x, g: R.d.and(when, R.book.exists(e.at, e.n, x.g)) });
    else out.push(e.kind === 'log' ? { ...e, g: when, once: once || e.once } : { ...e, g: when });
  }
}

/** Takes over what happened in a call, under the condition of the call. */
export function absorb(R: Reader, frame: Frame, trace: readonly Event[], live: Cond): void {
  if (trace.length === 0 || live === NO) return;
  const classes = [...classesRaised(trace)];
  if (
    (trace.length > 1 || trace[0]!.kind === 'loop' || trace[0]!.kind === 'call') &&
    !classes.some((cls) => willCatch(frame, cls))
  ) {
    frame.trace.push({ kind: 'call', g: live, trace, once: frame.once });
    return;
  }
  let g = live;
  for (const event of flatten(R, trace)) {
    const when = R.d.and(g, event.g);
    if (when === NO) continue;
    if (event.kind === 'log') {
      frame.trace.push({ ...event, g: when, once: event.once || frame.once });
      continue;
    }
    if (event.kind === 'seen') {
      frame.trace.push({ ...event, g: when });
      continue;
    }
    const before = frame.live;
    raise(R, frame, when, event.exc, event.place, event.explicit);
    // a caught exception ends what the call did after it
    if (frame.live !== before) g = R.d.and(g, R.d.not(when));
  }
}

/** The result of a function frame: what it returned, and None where it ran to its end. */
export function resultOf(R: Reader, frame: Frame): Value {
  const end = frame.live;
  const all = end === NO ? frame.returns : [...frame.returns, { g: end, v: NONE as Atom }];
  const merged = union(R.d, all);
  return care(R, { ...frame, live: YES }) === YES ? merged : restrict(R.d, merged, R.d.not(frame.raised));
}

/** Runs `work` under an additional condition, keeping what it took away from the live condition. */
export function under<T>(R: Reader, frame: Frame, c: Cond, work: () => T): T | undefined {
  const saved = frame.live;
  const live = R.d.and(saved, c);
  if (live === NO) return undefined;
  frame.live = live;
  const result = work();
  frame.live = frame.live === live ? saved : R.d.and(saved, R.d.not(R.d.and(live, R.d.not(frame.live))));
  return result;
}
