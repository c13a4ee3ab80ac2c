/* oxlint-disable max-lines -- one part of the language, in one place */
/**
 * Objects of dataclasses: how their fields are filled, and how pydantic validates them. What a field's validators and
 * the object's own `__post_init__` raise as ValueError or AssertionError becomes one ValidationError, as pydantic does it.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { dictGet } from './lookups.ts';
import { otherKeys } from './entries.ts';
import type { OtherKeys } from './entries.ts';
import { LINES, linesOf } from './flaws.ts';
import type { Flaw } from './flaws.ts';
import { bindTo } from './binding.ts';
import { dataFields } from './classes.ts';
import { findInClass, newInstance } from './objects.ts';
import { aside, care, cut, exception, flatten, note, placeOf, raise, raiseBuiltin, under } from './reader.ts';
import type { Event, Frame, Reader } from './reader.ts';
import { lit, partsOf, textParts, textValue } from './strings.ts';
import type { Node } from './syntax.ts';
import { constraintsOf, defaultOf, typeOfField } from './types.ts';
import { suited } from './validate.ts';
import { choose, list, native, NONE_VALUE, one, restrict, str } from './values.ts';
import type { Args, Atom, ClassAtom, InstanceAtom, Part, Value } from './values.ts';

const NO_ARGS: Args = { pos: [], kw: new Map() };

/** One line of a ValidationError, there under a condition: where (`field` and below), then what. */
export type Complaint = Flaw;

/** Fills a dataclass object: arguments, then defaults, then `__post_init__`; pydantic's validate what was given. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function initDataclass(R: Reader, frame: Frame, self: InstanceAtom, cls: ClassAtom, args: Args): void {
  const fields = dataFields(R, cls);
  const pydantic = isPydantic(cls);
  const given = new Map<string, Value>();
  let at = 0;
  for (const f of fields) {
    const positional = at < args.pos.length && !isKwOnly(f.value);
    if (positional) given.set(f.name, args.pos[at++]!);
    else if (args.kw.has(f.name)) given.set(f.name, args.kw.get(f.name)!);
  }
  const complaints: Complaint[] = [];
  const names = new Set(fields.map((f) => f.name));
  const post: Value[] = [];
  const checked = (f: (typeof fields)[number], value: Value): Value => {
    const made = validateField(R, frame, cls, f.name, value, args.json !== undefined);
    const here = frame.live;
    // each complaint is one thing from here on: together they would grow beyond measure
    complaints.push(
      ...made.complaints.map((c) => ({ g: oneThing(R, frame, R.d.and(here, c.g), cls), parts: c.parts })),
    );
    return made.value;
  };
  const extra: Complaint[] = [];
  for (const f of fields) {
    // a field that the constructor does not take is set later
    if (!isTaken(f.value)) {
      const own = defaultOf(R, frame, f);
      if (own) self.attrs.set(f.name, own);
      names.delete(f.name);
      const there = args.rest ? R.d.not(dictGet(R, frame, args.rest, one(str(f.name))).missing) : NO;
      if (there !== NO) extra.push({ g: there, parts: [lit(`${f.name}\n  Unexpected keyword argument`)] });
      continue;
    }
    let value = given.get(f.name);
    const uncertain: { found: Value; missing: Cond } =
      !value && args.rest ? dictGet(R, frame, args.rest, one(str(f.name))) : { found: [], missing: YES };
    if (!value && uncertain.missing !== NO) value = defaultOf(R, frame, f);
    else if (value && pydantic) value = checked(f, value);
    if (uncertain.missing !== YES) {
      const found = pydantic
        ? (under(R, frame, R.d.not(uncertain.missing), () => checked(f, uncertain.found)) ?? [])
        : uncertain.found;
      if (!value && uncertain.missing !== NO)
        complaints.push({ g: uncertain.missing, parts: [lit(`${f.name}\n  Field required`)] });
      value = choose(R.d, uncertain.missing, value ?? [], found);
    }
    if (!value) complain(R, frame, pydantic, complaints, cls, f.name, false);
    else if (isInitVar(f.node)) post.push(value);
    else self.attrs.set(f.name, value);
  }
  for (const name of args.kw.keys()) if (!names.has(name)) complain(R, frame, pydantic, complaints, cls, name, true);
  // of the JSON of a flag the command line has said it already
  const other =
    args.rest && args.json !== 'flag'
      ? otherKeys(
          R,
          args.rest,
          fields.map((f) => f.name),
        )
      : undefined;
  if (pydantic) complaints.push(...extra);
  if (pydantic && other) complaints.push({ g: other.some, parts: [unexpectedKeys(other)] });
  else if (other) unexpected(R, frame, other.some, `${cls.name}.__init__()`);
  raiseValidation(R, frame, cls, complaints);
  finishDataclass(R, frame, self, cls, post);
}

/** Does pydantic make the objects of a class? The nearest class that is a dataclass tells. */
const isPydantic = (cls: ClassAtom): boolean => cls.mro.find((c) => c.dataclass)?.dataclass?.pydantic === true;

/** What comes once the fields of a dataclass object are there: its `__post_init__`, and of pydantic's the model validators. */
export function finishDataclass(
  R: Reader,
  frame: Frame,
  self: InstanceAtom,
  cls: ClassAtom,
  post: readonly Value[] = [],
): void {
  const own = findInClass(R, cls, '__post_init__');
  const call = (): void => {
    if (own) R.call(frame, bindTo(R, frame, own.value, self, cls), { pos: [...post], kw: new Map() });
  };
  asPostInit(R, frame, cls, () => {
    call();
    if (isPydantic(cls)) modelValidators(R, frame, self, cls);
  });
}

/** The lines of arguments that are no fields. */
const unexpectedKeys = ({ all, key, keep }: OtherKeys): Part => ({
  p: 'each',
  at: all.at,
  n: all.n,
  of: [{ g: keep, parts: [...(textParts(key) ?? []), lit('\n  Unexpected keyword argument')] }],
});

/** A condition as a variable of its own. */
function oneThing(R: Reader, frame: Frame, c: Cond, cls: ClassAtom): Cond {
  return c <= YES || R.d.weight(c, 2) < 2 ? c : R.book.define([c, R.d.not(c)], placeOf(frame), cls.qualname)[0]!;
}

/** A field that is missing, or an argument that is no field. */
function complain(
  R: Reader,
  frame: Frame,
  pydantic: boolean,
  to: Complaint[],
  cls: ClassAtom,
  name: string,
  extra: boolean,
): void {
  if (pydantic)
    to.push({ g: YES, parts: [lit(`${name}\n  ${extra ? 'Unexpected keyword argument' : 'Field required'}`)] });
  else
    raiseBuiltin(
      R,
      frame,
      care(R, frame),
      'TypeError',
      extra
        ? `${cls.name}.__init__() got an unexpected keyword argument '${name}'`
        : `${cls.name}.__init__() missing required argument: '${name}'`,
    );
}

const builtin = (R: Reader, name: string): ClassAtom => R.builtin(name)![0]!.v as ClassAtom;

/** Raises what Python raises of a keyword argument that is none of a function's, whichever it is. */
export function unexpected(R: Reader, frame: Frame, g: Cond, callee: string): void {
  const when = R.d.and(care(R, frame), g);
  if (when === NO) return;
  const says = [
    { p: 'lit', s: `${callee} got an unexpected keyword argument '` },
    { p: 'expr', e: { op: 'unread', args: [] } },
    { p: 'lit', s: "'" },
  ] as const;
  raise(R, frame, when, exception(builtin(R, 'TypeError'), [textValue(R, says)]));
}

/** Does pydantic turn an exception of this class into a line of a ValidationError? */
const isComplaint = (R: Reader, cls: ClassAtom): boolean =>
  cls.mro.includes(builtin(R, 'ValueError')) || cls.mro.includes(builtin(R, 'AssertionError'));

/**
 * The value of one field as pydantic validates it: through the `field_validator`s of the class, later ones outside
 * earlier ones. What they raise as ValueError or AssertionError comes back as complaints; other exceptions are raised.
 */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function validateField(
  R: Reader,
  frame: Frame,
  cls: ClassAtom,
  name: string,
  value: Value,
  json = false,
): { value: Value; complaints: readonly Complaint[] } {
  const validators = validatorsOf(R, cls, 'field_validator').filter((v) => v.names.has(name) || v.names.has('*'));
  const field = dataFields(R, cls).find((f) => f.name === name);
  const start = (at: Frame, x: Value): Value =>
    field ? suited(R, at, name, typeOfField(R, at, field), constraintsOf(R, field), x, json) : x;
  const chain = validators.reduce((inner, v) => {
    const call = (at: Frame, ...pos: Value[]): Value => {
      const raw = findInClass(R, cls, v.name)!.value;
      const wanted = (raw[0]!.v.k === 'func' ? (raw[0]!.v.node.args as Node) : undefined) ?? parameters(raw[0]!.v);
      const info = wanted && (wanted.args as Node[]).length > pos.length + 1 ? [validationInfo(R, name)] : [];
      return R.call(at, bindTo(R, at, raw, cls, cls), { pos: [...pos, ...info], kw: new Map() });
    };
    switch (v.mode) {
      case 'before':
        return (at: Frame, x: Value) => inner(at, call(at, x));
      case 'wrap':
        // the handler runs where the validator calls it
        return (at: Frame, x: Value) => call(at, x, one(native('handler', (args) => inner(R.frame!, args.pos[0]!))));
      case 'plain':
        return (at: Frame, x: Value) => call(at, x);
      default:
        return (at: Frame, x: Value) => call(at, inner(at, x));
    }
  }, start);
  const made = aside(frame, () => chain(frame, value));
  const complaints: Complaint[] = [];
  let gone: Cond = NO;
  for (const e of flatten(R, made.events)) {
    const g = R.d.and(e.g, R.d.not(gone));
    if (g === NO) continue;
    if (e.kind !== 'raise') frame.trace.push({ ...e, g });
    else if (!isComplaint(R, e.exc.cls)) raise(R, frame, g, e.exc, e.place);
    else {
      complaints.push(
        ...linesSaid(R, frame, e.exc, `${name}\n`).map((line) => ({ g: R.d.and(g, line.g), parts: line.parts })),
      );
      gone = R.d.or(gone, g);
    }
  }
  return { value: gone === NO ? made.value : restrict(R.d, made.value, R.d.not(gone)), complaints };
}

/** What a validator is told of the field. */
function validationInfo(R: Reader, name: string): Value {
  const made = newInstance(builtin(R, 'object'));
  made.attrs.set('field_name', one(str(name)));
  made.attrs.set('context', NONE_VALUE);
  return one(made);
}

const parameters = (v: Atom): Node | undefined => {
  const fn = v.k === 'classmethod' || v.k === 'staticmethod' ? v.fn[0]!.v : v;
  return fn.k === 'func' ? (fn.node.args as Node) : undefined;
};

/** What pydantic writes of an exception: a ValidationError from further in keeps its own lines. */
function linesSaid(R: Reader, frame: Frame, exc: InstanceAtom, where: string): readonly Complaint[] {
  const own = linesOf(R, frame, exc);
  if (own) return own;
  const says = exc.cls.mro.includes(builtin(R, 'AssertionError')) ? 'Assertion failed' : 'Value error';
  return [{ g: YES, parts: [lit(`${where}  ${says}, `), ...partsOf(R, frame, one(exc), false)] }];
}

/** Raises the ValidationError of a class where there is something to complain of. */
export function raiseValidation(R: Reader, frame: Frame, cls: ClassAtom, complaints: readonly Complaint[]): void {
  const when = R.d.and(
    care(R, frame),
    complaints.reduce<Cond>((c, x) => R.d.or(c, x.g), NO),
  );
  if (when !== NO)
    raise(R, frame, cut(R, when, placeOf(frame), cls.qualname), validationError(R, cls, complaints, when));
}

/** A ValidationError as pydantic prints it, without the tail that tells of the input and of the documentation. */
function validationError(R: Reader, cls: ClassAtom, complaints: readonly Complaint[], when: Cond): InstanceAtom {
  const there = complaints.filter((c) => !R.d.disjoint(c.g, when));
  const [only] = there;
  const head = [`1 validation error for ${cls.name}\n`, `# validation errors for ${cls.name}\n`] as const;
  const isAlone = there.length === 1 && only!.parts[0]?.p !== 'each';
  const whole: readonly Part[] = isAlone ? [lit(head[0]), ...only!.parts] : [{ p: 'join', sep: '\n', of: there, head }];
  const type = R.world.outside('pydantic.ValidationError', R)?.[0]?.v;
  const exc = exception(type?.k === 'class' ? type : builtin(R, 'ValueError'), [textValue(R, whole)]);
  exc.attrs.set(LINES, one(list(there.map((line) => ({ g: line.g, v: textValue(R, line.parts) })))));
  return exc;
}

/** Runs what the `__post_init__` of a class does: of a class of pydantic, what it raises is raised as a ValidationError. */
export function asPostInit(R: Reader, frame: Frame, cls: ClassAtom, work: () => void): void {
  if (isPydantic(cls)) asValidation(R, frame, cls, work);
  else work();
}

/** Runs what pydantic runs once the fields are there; what it raises as ValueError becomes a ValidationError of the class. */
function asValidation(R: Reader, frame: Frame, cls: ClassAtom, work: () => void): void {
  const { trace } = frame;
  frame.trace = [];
  work();
  const events = frame.trace;
  frame.trace = trace;
  const complained = (e: Event): Event => {
    if (e.kind === 'call' || e.kind === 'loop') return { ...e, trace: e.trace.map(complained) };
    if (e.kind !== 'raise' || !isComplaint(R, e.exc.cls)) return e;
    return { ...e, exc: validationError(R, cls, linesSaid(R, frame, e.exc, ''), YES) };
  };
  for (const e of events) frame.trace.push(complained(e));
}

/** `model_validator(mode="after")` methods, in the order of the classes. */
function modelValidators(R: Reader, frame: Frame, self: InstanceAtom, cls: ClassAtom): void {
  for (const v of validatorsOf(R, cls, 'model_validator')) {
    const found = findInClass(R, cls, v.name);
    if (v.mode !== 'after')
      note(R, 'skipped', `model validator ${cls.name}.${v.name} of mode ${v.mode}`, placeOf(frame));
    else if (found) R.call(frame, bindTo(R, frame, found.value, self, cls), NO_ARGS);
  }
}

interface Validator {
  readonly name: string;
  readonly mode: string;
  readonly names: ReadonlySet<unknown>;
}

/** The validators that a class and its bases declare with one of pydantic's decorators, bases first. */
function validatorsOf(R: Reader, cls: ClassAtom, decorator: string): readonly Validator[] {
  void R;
  const out = new Map<string, Validator>();
  for (const c of [...cls.mro].reverse())
    for (const s of c.scope?.body ?? []) {
      if (s.nodeType !== 'FunctionDef') continue;
      const dec = (s.decorator_list as Node[]).find((d) => callName(d) === decorator);
      if (!dec) continue;
      const mode = ((dec.keywords as Node[]).find((k) => k.arg === 'mode')?.value as Node | undefined)?.value as
        | string
        | undefined;
      out.set(s.name as string, {
        name: s.name as string,
        mode: mode ?? 'after',
        names: new Set((dec.args as Node[]).map((a) => a.value as unknown)),
      });
    }
  return [...out.values()];
}

const callName = (n: Node | undefined): string =>
  n?.nodeType === 'Call' ? (((n.func as Node).id ?? (n.func as Node).attr) as string) : '';

const isKwOnly = (n: Node | undefined): boolean =>
  callName(n) === 'field' &&
  (n!.keywords as Node[]).some((k) => k.arg === 'kw_only' || (k.arg === 'init' && (k.value as Node).value === false));

/** Is a field one of the constructor's arguments? */
export const isTaken = (n: Node | undefined): boolean =>
  !['field', 'Field'].includes(callName(n)) ||
  !(n!.keywords as Node[]).some((k) => k.arg === 'init' && (k.value as Node).value === false);

const isInitVar = (n: Node): boolean => {
  const ann = n.annotation as Node;
  return ann.nodeType === 'Subscript' && ((ann.value as Node).id ?? (ann.value as Node).attr) === 'InitVar';
};
