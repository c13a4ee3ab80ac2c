/** Class statements: bases, the order of resolution, enumerations, fields. */
import { type Reader, type Frame, note, placeOf, newFrame } from './reader.ts';
import {
  type ClassAtom,
  type Value,
  tuple,
  opaque,
  one,
  type Scope,
  type ClassScope,
  fresh,
  str,
  type InstanceAtom,
  int,
  type Atom,
} from './values.ts';
import { type Cond, YES } from '../rules/index.ts';
import type { Node } from './syntax.ts';
import { indexBody } from './boundnames.ts';
import { settle } from './modules.ts';
import { ownClassAttr } from './objects.ts';

/** `cls.__bases__ = …`, where it is certain what they are. */
export function setBases(R: Reader, frame: Frame, cls: ClassAtom, value: Value, when: Cond): void {
  const [only] = value;
  const items = value.length === 1 && only!.v.k === 'tuple' ? only!.v.items : [];
  const bases = items.flatMap((i) => (i.length === 1 && i[0]!.v.k === 'class' ? [i[0]!.v] : []));
  if (when !== YES || bases.length === 0 || bases.length !== items.length) {
    note(R, 'opaque', `the bases of ${cls.name} are set`, placeOf(frame));
    return;
  }
  (cls as { bases: readonly ClassAtom[] }).bases = bases;
  (cls as { listed?: ClassAtom['listed'] }).listed = bases;
  cls.mro = linearize(cls, bases);
  orders.delete(cls);
}

/** C3 linearisation. */
export const linearize = (cls: ClassAtom, bases: readonly ClassAtom[]): ClassAtom[] => merged(cls, bases, (b) => b.mro);

const orders = new WeakMap<ClassAtom, readonly (ClassAtom | string)[]>();

/** The same with the classes that are not ours, by their names. */
function orderOf(cls: ClassAtom): readonly (ClassAtom | string)[] {
  const known = orders.get(cls);
  if (known) return known;
  const ofBase = (b: ClassAtom | string): readonly (ClassAtom | string)[] => (typeof b === 'string' ? [b] : orderOf(b));
  const made = cls.mro.some((c) => c.listed)
    ? merged<ClassAtom | string>(cls, cls.listed ?? cls.bases, ofBase)
    : cls.mro;
  orders.set(cls, made);
  return made;
}

/** Does a class from outside that has such an attribute stand between two classes? */
export function isBehind(R: Reader, cls: ClassAtom, after: ClassAtom, c: ClassAtom, name: string): boolean {
  const order = orderOf(cls);
  const between = order.slice(order.indexOf(after) + 1, order.indexOf(c));
  return between.some((one) => typeof one === 'string' && R.world.outsideHas?.(one, name) === true);
}

function merged<T>(cls: T, bases: readonly T[], orderOfBase: (base: T) => readonly T[]): T[] {
  const seqs = [...bases.map((b) => [...orderOfBase(b)]), [...bases]];
  const out: T[] = [cls];
  for (;;) {
    const open = seqs.filter((s) => s.length > 0);
    if (open.length === 0) return out;
    const head = open.map((s) => s[0]!).find((h) => !open.some((s) => s.indexOf(h) > 0)) ?? open[0]![0]!;
    out.push(head);
    for (const s of seqs) if (s[0] === head) s.shift();
  }
}

/** A class statement. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function defineClass(R: Reader, frame: Frame, s: Node, outer: Scope): Value {
  const bases: ClassAtom[] = [];
  const foreign: string[] = [];
  const listed: (ClassAtom | string)[] = [];
  const takeIn = (base: ClassAtom): void => void (bases.push(base), listed.push(base));
  for (const b of s.bases as Node[]) {
    const value = R.evaluate(frame, b);
    const certain = value.length === 1 ? value[0]!.v : undefined;
    if (!certain) note(R, 'opaque', `class ${s.name as string}: a base depends on inputs`, placeOf(frame));
    for (const { v } of certain ? value : value.slice(0, 1)) {
      if (v.k === 'class') takeIn(v);
      else if (v.k === 'outside') {
        foreign.push(v.name);
        listed.push(v.name);
      } else if (v.k === 'instance' && v.attrs.has('__origin__')) {
        const o = v.attrs.get('__origin__')![0]!.v;
        if (o.k === 'class') takeIn(o);
      } else {
        foreign.push(v.k);
        if (v.k === 'opaque')
          note(R, 'assumed', `class ${s.name as string} has a base that was not read`, placeOf(frame));
      }
    }
  }
  let meta: ClassAtom | undefined;
  for (const kw of s.keywords as Node[])
    if (kw.arg === 'metaclass') {
      const m = R.evaluate(frame, kw.value as Node)[0]?.v;
      if (m?.k === 'class') meta = m;
    }
  meta ??= bases.find((b) => b.meta)?.meta;
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const inside = frame.fn ? `${frame.fn.qualname}.<locals>.` : frame.scope.isClass ? `${className(frame.scope)}.` : '';
  const body = s.body as Node[];
  const scope: ClassScope = {
    vars: new Map(),
    outer,
    module: frame.module,
    isClass: true,
    body,
    binders: indexBody(body),
    done: new Set(),
  };
  const cls: ClassAtom = {
    id: fresh(),
    k: 'class',
    name: s.name as string,
    qualname: inside + (s.name as string),
    modname: frame.module.name,
    bases: bases.length ? bases : [object],
    mro: [],
    foreign,
    ...(foreign.length > 0 ? { listed } : {}),
    scope,
    attrs: new Map(),
    meta,
    node: s,
    module: frame.module,
    version: 0,
  };
  scope.vars.set('__class_atom__', one(cls));
  scope.vars.set('__qualname__', one(str(cls.qualname)));
  scope.vars.set('__module__', one(str(cls.modname)));
  cls.mro = linearize(cls, cls.bases);
  if (cls.mro.some((c) => c.name === 'Enum' && c.modname === 'enum')) makeEnum(R, cls, body);
  else if (cls.bases.some((b) => b.name === 'NamedTuple' && b.modname === 'typing')) {
    const fields = body.filter((n) => n.nodeType === 'AnnAssign').map((n) => (n.target as Node).id as string);
    cls.attrs.set('_fields', one(tuple(fields.map((f) => one(str(f))))));
  }
  // a class made inside a function may read the function's names later than they change: fix what it binds now
  if (frame.fn) for (const name of scope.binders.keys()) settle(R, scope, name);
  let value: Value = one(cls);
  for (const dec of [...(s.decorator_list as Node[])].reverse()) {
    const d = R.evaluate(frame, dec);
    const made = R.call(frame, d, { pos: [value], kw: new Map() });
    if (made.length === 1 && (made[0]!.v.k === 'opaque' || made[0]!.v.k === 'outside'))
      note(R, 'assumed', `class decorator leaves ${cls.name} as it is`, placeOf(frame));
    else if (made.length) value = made;
  }
  return value;
}

const className = (scope: Scope): string =>
  (scope.vars.get('__class_atom__')?.[0]?.v as ClassAtom | undefined)?.qualname ?? '';

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function makeEnum(R: Reader, cls: ClassAtom, body: readonly Node[]): void {
  const frame = newFrame(cls.scope!, undefined, undefined, YES);
  const members: InstanceAtom[] = [];
  let auto = 0;
  for (const s of body) {
    if (s.nodeType !== 'Assign' || (s.targets as Node[]).length !== 1) continue;
    const target = (s.targets as Node[])[0]!;
    const name = target.id as string | undefined;
    if (!name || name.startsWith('__') || (name.startsWith('_') && name.endsWith('_'))) continue;
    frame.line = s.lineno ?? 0;
    let value = R.evaluate(frame, s.value as Node);
    if (value[0]?.v.k === 'outside' && value[0].v.name === 'enum.auto()') {
      auto++;
      const isStr = cls.mro.some((c) => c.name === 'StrEnum' || c.name === 'str');
      const flag = cls.mro.some((c) => c.name === 'Flag');
      value = isStr ? one(str(name.toLowerCase())) : one(int(flag ? 2 ** (auto - 1) : auto));
    } else if (value[0]?.v.k === 'int') auto = value[0].v.n;
    if (value.length === 1 && (value[0]!.v.k === 'func' || value[0]!.v.k === 'property')) continue;
    const same = members.find((m) => m.attrs.get('_value_')![0]!.v === value[0]?.v);
    // an enum with __init__ or __new__ unpacks tuples; equal values are aliases of the first member
    const member: InstanceAtom = same ?? {
      id: fresh(),
      k: 'instance',
      cls,
      member: name,
      version: 0,
      attrs: new Map([
        ['_value_', value],
        ['_name_', one(str(name))],
      ]),
    };
    if (!same) members.push(member);
    cls.attrs.set(name, one(member));
    // inside the body a name is what it was assigned; the members are made when the body is done
    cls.scope!.vars.set(name, value);
    cls.scope!.done.add(String(body.indexOf(s)));
  }
  for (const name of cls.attrs.keys()) if (cls.scope!.vars.has(name)) cls.scope!.vars.set(name, cls.attrs.get(name)!);
  cls.enumMembers = members;
  // `_value_` may be set by the members' own constructor
  const init = ownClassAttr(R, cls, '__init__');
  if (init)
    for (const m of members) {
      const value = m.attrs.get('_value_')!;
      const items = value[0]?.v.k === 'tuple' ? value[0].v.items : [value];
      R.call(frame, init, { pos: [one(m), ...items], kw: new Map() });
    }
}

/** Annotated fields of a dataclass in definition order, own and inherited: name, annotation, default. */
export function dataFields(
  R: Reader,
  cls: ClassAtom,
): { name: string; node: Node; owner: ClassAtom; value: Node | undefined }[] {
  const out = new Map<string, { name: string; node: Node; owner: ClassAtom; value: Node | undefined }>();
  for (const c of [...cls.mro].reverse()) {
    if (!c.dataclass || !c.scope) continue;
    for (const s of c.scope.body) {
      if (s.nodeType !== 'AnnAssign' || (s.target as Node).nodeType !== 'Name') continue;
      const ann = s.annotation as Node;
      const head =
        ann.nodeType === 'Subscript' ? ((ann.value as Node).id ?? (ann.value as Node).attr) : (ann.id ?? ann.attr);
      if (head === 'ClassVar') continue;
      const name = (s.target as Node).id as string;
      out.set(name, { name, node: s, owner: c, value: (s.value as Node | null) ?? undefined });
    }
  }
  void R;
  return [...out.values()];
}

export function fieldsDict(R: Reader, frame: Frame, cls: ClassAtom): Atom {
  void frame;
  return {
    id: fresh(),
    k: 'dict',
    version: 0,
    entries: dataFields(R, cls).map((f) => ({ key: str(f.name), g: YES, v: one(opaque(`field ${f.name}`, '')) })),
  };
}
