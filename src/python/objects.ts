/* oxlint-disable max-lines -- one part of the language, in one place */
/** Attributes, classes and instances: what `x.name` means, how a class statement makes a class, how calling it makes an object. */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import {
  care,
  cutValue,
  joined,
  newFrame,
  note,
  placeOf,
  raiseBuiltin,
  reading,
  truth,
  under,
  writing,
} from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { wrote } from './copies.ts';
import { bindAttribute, indexBody, moduleAttr, moduleScope, settle } from './modules.ts';
import { declaredAttr } from './declared.ts';
import { dictGet } from './lookups.ts';
import { methodOf } from './methods.ts';
import { namesOfEnum } from './enumnames.ts';
import { lit, partsOf, printed, textValue } from './strings.ts';
import type { Node } from './syntax.ts';
import {
  choose,
  fresh,
  int,
  native,
  NONE_VALUE,
  one,
  opaque,
  outside,
  restrict,
  str,
  tuple,
  UNBOUND as UNBOUND_ATOM,
  union,
  typeName,
  dict,
} from './values.ts';
import type {
  Alternative,
  Args,
  Atom,
  ClassAtom,
  ClassScope,
  DictAtom,
  InstanceAtom,
  ModuleAtom,
  Scope,
  Value,
  WrapAtom,
  Entry,
} from './values.ts';
import { misfit } from './misfit.ts';
import { settleKey } from './entries.ts';

/** Filled by the room's index so that this file need not import the one that imports it. */
export const ATTRIBUTES: { of: (R: Reader, v: InstanceAtom | ModuleAtom) => Value } = { of: () => [] };

/** `value.name`, raising AttributeError where an alternative has no such attribute. */
export function getAttr(R: Reader, frame: Frame, value: Value, name: string): Value {
  const out: Alternative[] = [];
  const saved = frame.live;
  let gone: Cond = NO;
  for (const { g, v } of value) {
    const live = value.length === 1 ? saved : R.d.and(saved, g);
    if (live === NO) continue;
    frame.live = live;
    const got = attrOf(R, frame, v, name);
    if (got) for (const a of got) out.push({ g: R.d.and(g, a.g), v: a.v });
    else if (v.k === 'unbound') continue;
    else {
      raiseBuiltin(R, frame, care(R, frame), 'AttributeError', missingOf(R, frame, v, name));
    }
    if (frame.live !== live) gone = R.d.or(gone, R.d.and(live, R.d.not(frame.live)));
  }
  frame.live = gone === NO ? saved : R.d.and(saved, R.d.not(gone));
  return joined(R, frame, out, name);
}

function missingOf(R: Reader, frame: Frame, v: Atom, name: string): string | Value {
  if (v.k !== 'instance' || !v.typeText) return missingText(v, name);
  return textValue(R, [lit("'"), ...partsOf(R, frame, v.typeText, false), lit(`' object has no attribute '${name}'`)]);
}

function missingText(v: Atom, name: string): string {
  if (v.k === 'class') return `type object '${v.name}' has no attribute '${name}'`;
  if (v.k === 'module') return `module '${v.scope.name}' has no attribute '${name}'`;
  return `'${typeName(v)}' object has no attribute '${name}'`;
}

/** The attribute of one thing, or undefined when it surely has none. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function attrOf(R: Reader, frame: Frame, v: Atom, name: string): Value | undefined {
  switch (v.k) {
    case 'module': {
      if (name === '__dict__') return ATTRIBUTES.of(R, v);
      const own = moduleAttr(R, v.scope, name);
      return own && restrict(R.d, own, care(R, frame));
    }
    case 'outside': {
      const known = v.known?.get(name);
      if (known) return known;
      if (name === '__module__') return one(str(v.name.slice(0, Math.max(0, v.name.lastIndexOf('.')))));
      const declared = declaredAttr(R, v, name);
      if (declared) return declared;
      const full = `${v.name}.${name}`;
      const scope = moduleScope(R, full);
      if (scope) return one(scope.atom);
      return R.world.replaced(full, R) ?? R.world.outside(full, R) ?? one(outside(full));
    }
    case 'opaque':
      return v.known?.get(name) ?? one(v.known ? opaque(`${name} of ${v.why}`, v.place, v) : v);
    case 'instance':
      return instanceAttr(R, frame, v, name);
    case 'class':
      return classAttr(R, frame, v, name);
    case 'super':
      return superAttr(R, frame, v.after, v.self, name);
    case 'func': {
      const own = v.attrs?.get(name);
      if (own) return own;
      if (name === '__name__') return one(str(v.name));
      if (name === '__qualname__') return one(str(v.qualname));
      if (name === '__module__') return one(str(v.module.name));
      if (name === '__doc__') return docOf(v.node.body as readonly Node[]);
      if (name === 'cache_clear') return one(native('cache_clear', () => NONE_VALUE));
      if (name === '__wrapped__') return one(v);
      return undefined;
    }
    case 'bound':
      if (name === '__self__') return one(v.self);
      if (name === '__func__') return one(v.fn);
      return attrOf(R, frame, v.fn, name);
    case 'native':
      if (name === '__name__') return one(str(v.name));
      return undefined;
    case 'tuple':
      if (v.cls) {
        const names = namedFields(v.cls);
        const i = names.indexOf(name);
        if (i >= 0) return restrict(R.d, v.items[i]!, care(R, frame));
        if (name === '_fields') return one(tuple(names.map((n) => one(str(n)))));
        if (name === '_asdict' || name === '_replace') return methodOf(R, frame, v, name);
        const found = findInClass(R, v.cls, name);
        if (found) return bindTo(R, frame, found.value, v, v.cls);
      }
      return methodOf(R, frame, v, name);
    case 'property':
      if (name === 'setter') return one(native(name, (args) => one({ ...v, id: fresh(), set: args.pos[0]! })));
      if (name === 'getter' || name === 'deleter') return one(native(name, () => one(v)));
      return undefined;
    default: {
      if (name === '__class__') {
        const cls = R.builtin(typeName(v));
        if (cls) return cls;
      }
      return methodOf(R, frame, v, name);
    }
  }
}

export const namedFields = (cls: ClassAtom): string[] => {
  for (const c of cls.mro) {
    const fields = c.attrs.get('_fields')?.[0]?.v;
    if (fields?.k === 'tuple') return fields.items.map((i) => (i[0]!.v as { s: string }).s);
  }
  return [];
};

/** Where in the resolution order a class attribute stands, and its raw value. */
export function findInClass(R: Reader, cls: ClassAtom, name: string): { value: Value; owner: ClassAtom } | undefined {
  for (const c of cls.mro) {
    const value = ownClassAttr(R, c, name);
    if (value) return { value, owner: c };
  }
  return undefined;
}

/** An attribute that the class body itself (not a base) defines; of a dataclass field, its default. */
export function ownClassAttr(R: Reader, c: ClassAtom, name: string): Value | undefined {
  const value = rawClassAttr(R, c, name);
  const v = c.dataclass && value?.length === 1 ? value[0]!.v : undefined;
  if (v?.k !== 'instance' || !isField(v.cls)) return value;
  const given = v.attrs.get('default');
  const none = given?.[0]?.v;
  return none?.k === 'outside' && /^(dataclasses\.MISSING|PydanticUndefined)$/.test(none.name) ? undefined : given;
}

/** What `field()` and pydantic's `Field()` make. */
export const isField = (cls: ClassAtom): boolean =>
  (cls.name === 'Field' && cls.modname === 'dataclasses') ||
  (cls.name === 'FieldInfo' && cls.modname === 'pydantic.fields');

/** The same, with the objects that describe fields as they are. */
export function rawClassAttr(R: Reader, c: ClassAtom, name: string): Value | undefined {
  const set = c.attrs.get(name);
  if (set) {
    reading(R, c);
    return set;
  }
  if (!c.scope) return undefined;
  settle(R, c.scope, name);
  return c.scope.vars.get(name);
}

/** What a class holds itself: each value is looked at when it is asked for. */
function ownNames(R: Reader, c: ClassAtom): Entry[] {
  const body = c.scope?.body ?? [];
  const bound = [...(c.scope?.binders ?? [])].filter(([name, at]) => {
    // what only some paths through the body bind may not be there
    if (at.some((i) => !['If', 'Try', 'For', 'While', 'With', 'Delete', 'Expr'].includes(body[i]!.nodeType)))
      return true;
    return ownClassAttr(R, c, name)?.every((a) => a.v.k !== 'unbound');
  });
  const names = new Set([...bound.map(([name]) => name), ...c.attrs.keys()]);
  return [...names].map((name) => {
    let value: Value | undefined;
    return {
      key: str(name),
      g: YES,
      get v() {
        return (value ??= ownClassAttr(R, c, name) ?? []);
      },
      set v(to) {
        value = to;
      },
    };
  });
}

function instanceAttr(R: Reader, frame: Frame, v: InstanceAtom, name0: string): Value | undefined {
  const name = v.rename?.(name0) ?? name0;
  const fact = v.lazyFirst && !v.attrs.has(name) ? v.lazy?.(name) : undefined;
  if (fact) v.attrs.set(name, fact);
  const found = v.lazyFirst && v.attrs.has(name) ? undefined : findInClass(R, v.cls, name);
  const isData = found?.value.some((a) => a.v.k === 'property');
  if (!isData) {
    reading(R, v);
    const own = v.attrs.get(name) ?? v.lazy?.(name) ?? wildAttr(R, frame, v, name);
    if (own) {
      if (!v.attrs.has(name)) v.attrs.set(name, own);
      const seen = restrict(R.d, own, care(R, frame));
      const free = seen.filter((a) => a.v.k === 'unbound');
      if (free.length === 0) return seen;
      // never set on some path: there the class decides
      const rest = found ? bindTo(R, frame, found.value, v, v.cls) : undefined;
      const missing = free.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
      const bound = seen.filter((a) => a.v.k !== 'unbound');
      if (rest) return union(R.d, [...bound, ...rest.map((a) => ({ g: R.d.and(a.g, missing), v: a.v }))]);
      if (bound.length === 0) return dynamicAttr(R, frame, v, name);
      const made = under(R, frame, missing, () => madeOnDemand(R, frame, v, name));
      if (made) return union(R.d, [...bound, ...made.map((a) => ({ g: R.d.and(a.g, missing), v: a.v }))]);
      raiseBuiltin(R, frame, R.d.and(care(R, frame), missing), 'AttributeError', missingOf(R, frame, v, name));
      return bound;
    }
  }
  if (name === '__class__') return one(v.cls);
  // list[int] and the like answer as the type they stand for
  if (name === '__module__' && v.attrs.has('__origin__')) return getAttr(R, frame, v.attrs.get('__origin__')!, name);
  if (name === '__dict__') return ATTRIBUTES.of(R, v);
  if (v.member !== undefined && (name === 'name' || name === 'value') && !found)
    return v.attrs.get(name === 'name' ? '_name_' : '_value_');
  if (found) {
    record(R, found.owner, name);
    return bindTo(R, frame, found.value, v, v.cls);
  }
  return dynamicAttr(R, frame, v, name);
}

/** An attribute that was set with all others of a dictionary: `unbound` where the dictionary has no such key. */
export function wildAttr(R: Reader, frame: Frame, v: InstanceAtom, name: string): Value | undefined {
  if (!v.wild || name.startsWith('__')) return undefined;
  let value: Value = one(UNBOUND_ATOM);
  for (const { g, from } of v.wild) {
    const { found, missing } = dictGet(R, frame, from, one(str(name)));
    value = choose(R.d, R.d.and(g, R.d.not(missing)), found, value);
  }
  return value;
}

/** What the class's own `__getattr__` gives for a name; undefined where it has none. */
function madeOnDemand(R: Reader, frame: Frame, v: InstanceAtom, name: string): Value | undefined {
  const dynamic = name.startsWith('__') ? undefined : findInClass(R, v.cls, '__getattr__');
  return dynamic?.value.some((a) => a.v.k === 'func')
    ? R.call(frame, bindTo(R, frame, dynamic.value, v, v.cls), { pos: [one(str(name))], kw: new Map() })
    : undefined;
}

function dynamicAttr(R: Reader, frame: Frame, v: InstanceAtom, name: string): Value | undefined {
  const made = madeOnDemand(R, frame, v, name);
  if (made) return made;
  const base = methodOf(R, frame, v, name);
  if (base) return base;
  if (v.attrs.has('__json__') && !name.startsWith('__')) {
    // what a text says as JSON may be of a type that has no such attribute
    const why = `${name} of what a text says as JSON`;
    const none = R.d.and(care(R, frame), R.book.opaque(why, placeOf(frame)));
    raiseBuiltin(R, frame, none, 'AttributeError', missingText(v, name));
    return one(opaque(why, placeOf(frame)));
  }
  const foreign = v.cls.mro.find((c) => c.foreign.length > 0);
  if (foreign && !name.startsWith('__'))
    return one(opaque(`${foreign.foreign[0]}.${name}`, placeOf(frame), outside(foreign.foreign[0]!)));
  return undefined;
}

function classAttr(R: Reader, frame: Frame, v: ClassAtom, name: string): Value | undefined {
  if (name === '__name__') return v.attrs.get('__name__') ?? one(str(v.name));
  if (name === '__qualname__') return v.attrs.get('__qualname__') ?? one(str(v.qualname));
  if (name === '__module__') return v.attrs.get('__module__') ?? one(str(v.modname));
  if (name === '__mro__') return one(tuple(v.mro.map(one)));
  if (name === '__doc__') return docOf(v.node?.body as readonly Node[] | undefined);
  if (name === '__bases__') return one(tuple(v.bases.map(one)));
  if (name === '__dict__') return one(dict(ownNames(R, v)));
  const meta = v.meta && findInClass(R, v.meta, name);
  if (meta?.value.some((a) => a.v.k === 'property')) return bindTo(R, frame, meta.value, v, v.meta!);
  const found = findInClass(R, v, name);
  if (found) {
    record(R, found.owner, name);
    const seen = restrict(R.d, found.value, care(R, frame));
    return union(
      R.d,
      seen.flatMap((a) => {
        if (a.v.k === 'classmethod' || a.v.k === 'staticmethod') return bindTo(R, frame, [a], v, v);
        return [a];
      }),
    );
  }
  if (meta) return bindTo(R, frame, meta.value, v, v.meta);
  if (name === '__members__' && v.enumMembers)
    return one({
      id: fresh(),
      k: 'dict',
      version: 0,
      entries: namesOfEnum(v).map((n) => ({ key: str(n), g: YES, v: v.attrs.get(n)! })),
    });
  if (name === '__dataclass_fields__' && v.mro.some((c) => c.dataclass)) return one(fieldsDict(R, frame, v));
  const own = methodOf(R, frame, v, name);
  if (own) return own;
  // every class has one
  if (name === '__init__') return one({ ...opaque(`${v.qualname}.__init__`, placeOf(frame)), makes: v });
  const foreign = v.mro.find((c) => c.foreign.length > 0);
  if (foreign && !name.startsWith('__'))
    return one(opaque(`${foreign.foreign[0]}.${name}`, placeOf(frame), outside(foreign.foreign[0]!)));
  return undefined;
}

/** The text that a function's or class's body begins with, without the margin it has in the source. */
function docOf(body: readonly Node[] | undefined): Value {
  const first = Array.isArray(body) ? (body[0] as Node | undefined) : undefined;
  const said: unknown =
    first?.nodeType === 'Expr' && (first.value as Node).nodeType === 'Constant'
      ? (first.value as Node).value
      : undefined;
  return typeof said === 'string' ? one(str(said)) : NONE_VALUE;
}

function superAttr(R: Reader, frame: Frame, after: ClassAtom, self: Atom, name: string): Value | undefined {
  const cls = self.k === 'class' ? self : self.k === 'instance' ? self.cls : self.k === 'tuple' ? self.cls : undefined;
  if (!cls) return undefined;
  // a metaclass method: super() of the class's own type
  const mro = cls.mro.includes(after) ? cls.mro : ((self.k === 'class' ? self.meta?.mro : undefined) ?? cls.mro);
  const rest = mro.slice(mro.indexOf(after) + 1);
  for (const c of rest) {
    const value = ownClassAttr(R, c, name);
    if (value) return bindTo(R, frame, value, self, self.k === 'class' ? self : cls);
  }
  if (name === '__getitem__' && self.k === 'class' && self.enumMembers) return methodOf(R, frame, self, '__getitem__');
  if (name === '__init__' && self.k === 'instance' && self.cls.mro.some((c) => c.name === 'BaseException'))
    return one(
      native(name, ({ pos }) => {
        setOwnAttr(R, frame, one(self), 'args', one(tuple(pos)));
        return NONE_VALUE;
      }),
    );
  if (name === '__init__' || name === '__init_subclass__' || name === '__post_init__' || name === '__setattr__')
    return one(native(name, () => NONE_VALUE));
  if (name === '__new__') return one(native('__new__', (args) => one(newInstance(args.pos[0]![0]!.v as ClassAtom))));
  const own = methodOf(R, frame, self, name);
  if (own) return own;
  if (rest.some((c) => c.foreign.length > 0)) return one(opaque(`super().${name}`, placeOf(frame)));
  return undefined;
}

/** Notes where a class fact stands, for the reasons that rest on it. */
function record(R: Reader, owner: ClassAtom, name: string): void {
  if (!R.evidence || !owner.scope) return;
  for (const i of owner.scope.binders.get(name) ?? []) {
    const s = owner.scope.body[i]!;
    if (s.nodeType !== 'FunctionDef') R.evidence.push(`${owner.scope.module.path}:${s.lineno ?? 0}`);
  }
}

/** Turns a raw class attribute into what access through `self` gives: methods are bound, properties evaluated. */
export function bindTo(R: Reader, frame: Frame, raw: Value, self: Atom, cls: ClassAtom): Value {
  const out: Alternative[] = [];
  for (const { g, v } of restrict(R.d, raw, care(R, frame))) {
    switch (v.k) {
      case 'func':
        out.push({ g, v: bound(v, self) });
        break;
      case 'native':
        out.push({ g, v: v.method ? bound(v, self) : v });
        break;
      case 'classmethod':
        for (const f of v.fn) out.push({ g: R.d.and(g, f.g), v: bound(f.v, self.k === 'class' ? self : cls) });
        break;
      case 'staticmethod':
        for (const f of v.fn) out.push({ g: R.d.and(g, f.g), v: f.v });
        break;
      case 'property':
      case 'cachedproperty': {
        const saved = frame.live;
        frame.live = R.d.and(saved, g);
        const made = R.call(frame, v.fn, { pos: [one(self)], kw: new Map() });
        const lost = R.d.and(R.d.and(saved, g), R.d.not(frame.live));
        frame.live = lost === NO ? saved : R.d.and(saved, R.d.not(lost));
        for (const a of made) out.push({ g: R.d.and(g, a.g), v: a.v });
        break;
      }
      default:
        out.push({ g, v });
    }
  }
  return union(R.d, out);
}

const bounds = new WeakMap<Atom, WeakMap<Atom, Atom>>();

function bound(fn: Atom, self: Atom): Atom {
  let own = bounds.get(self);
  if (!own) bounds.set(self, (own = new WeakMap()));
  let atom = own.get(fn);
  if (!atom) own.set(fn, (atom = { id: fresh(), k: 'bound', fn, self }));
  return atom;
}

/** Under which name the builtins keep `dataclasses.FrozenInstanceError`. */
export const FROZEN = 'dataclasses.FrozenInstanceError';

/** `target.name = value` where the frame stands. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function setAttr(R: Reader, frame: Frame, target: Value, name: string, value: Value): void {
  const saved = frame.live;
  for (const { g, v } of target) {
    frame.live = R.d.and(saved, g);
    if (frame.live === NO) continue;
    if (v.k === 'instance') {
      const own = v.rename?.(name) ?? name;
      const prop = findInClass(R, v.cls, own)?.value.find((a) => a.v.k === 'property')?.v as WrapAtom | undefined;
      if (prop?.set) {
        R.call(frame, prop.set, { pos: [one(v), value], kw: new Map() });
        continue;
      }
      if (prop?.k === 'property') {
        raiseBuiltin(
          R,
          frame,
          care(R, frame),
          'AttributeError',
          `property '${own}' of '${v.cls.name}' object has no setter`,
        );
        continue;
      }
      if (v.cls.dataclass?.frozen && !v.cls.dataclass.pydantic) {
        raiseBuiltin(R, frame, care(R, frame), FROZEN, `cannot assign to field '${own}'`);
        continue;
      }
      const when = writing(R, frame, v);
      const old = v.attrs.get(own) ?? v.lazy?.(own) ?? wildAttr(R, frame, v, own) ?? one(UNBOUND_ATOM);
      const now = choose(R.d, when, value, old);
      // what is set again and again would grow with every time
      const held = R.lenient ? cutValue(R, now, placeOf(frame), `${v.cls.name}.${own}`) : now;
      v.attrs.set(own, held);
      wrote(v, own);
      v.onSet?.(own, held, placeOf(frame));
    } else if (v.k === 'class') {
      const when = writing(R, frame, v);
      const old = ownClassAttr(R, v, name) ?? one(UNBOUND_ATOM);
      if (name === '__bases__') {
        setBases(R, frame, v, value, when);
        continue;
      }
      v.attrs.set(name, choose(R.d, when, value, old));
      if (value.length === 1 && value[0]!.v.k === 'str') {
        if (name === '__qualname__') v.qualname = value[0]!.v.s;
        if (name === '__module__') v.modname = value[0]!.v.s;
        if (name === '__name__') (v as { name: string }).name = value[0]!.v.s;
      }
    } else if (v.k === 'func')
      (v.attrs ??= new Map()).set(name, choose(R.d, frame.live, value, v.attrs.get(name) ?? one(UNBOUND_ATOM)));
    else if (v.k === 'module') bindAttribute(R, frame, v.scope, name, value);
    else if (v.k !== 'opaque' && v.k !== 'outside')
      raiseBuiltin(R, frame, frame.live, 'AttributeError', missingText(v, name));
    else note(R, 'skipped', `an attribute of something outside the tree is set: ${name}`, placeOf(frame));
  }
  frame.live = saved;
}

/** `target.__dict__[name] = value`: no property and no other name comes between. */
export function setOwnAttr(R: Reader, frame: Frame, target: Value, name: string, value: Value): void {
  for (const { g, v } of target) {
    if (v.k !== 'instance') {
      note(R, 'opaque', `item of the __dict__ of a ${v.k} is set`, placeOf(frame));
      continue;
    }
    const when = R.d.and(writing(R, frame, v), g);
    const old = v.attrs.get(name) ?? v.lazy?.(name) ?? wildAttr(R, frame, v, name) ?? one(UNBOUND_ATOM);
    v.attrs.set(name, choose(R.d, when, value, old));
  }
}

/** `del target.name`: Raises AttributeError where it is not there. */
export function deleteAttr(R: Reader, frame: Frame, target: Value, name: string): void {
  for (const { g, v } of target)
    under(R, frame, g, () => {
      if (v.k !== 'instance') {
        note(R, 'opaque', `an attribute of a ${v.k} is deleted`, placeOf(frame));
        return;
      }
      getAttr(R, frame, one(v), name);
      setOwnAttr(R, frame, one(v), name, one(UNBOUND_ATOM));
    });
}

/** The names that a class body binds to properties. */
const propertiesOf = (c: ClassAtom): string[] =>
  (c.scope?.body ?? [])
    .filter(
      (s) =>
        s.nodeType === 'FunctionDef' &&
        (s.decorator_list as Node[]).some((d) => d.id === 'property' || d.id === 'cached_property'),
    )
    .map((s) => s.name as string);

/** `for key in dict: setattr(self, key, …)`: every key of the dictionary becomes an attribute. */
export function setAllAttrs(R: Reader, frame: Frame, target: InstanceAtom, from: DictAtom): void {
  const when = writing(R, frame, target);
  if (when === NO) return;
  // a name that is there already, or that a property or another name stands for, is set by itself
  const own = new Set([...target.attrs.keys(), ...target.cls.mro.flatMap(propertiesOf)]);
  const renamed = findInClass(R, target.cls, 'attribute_map')?.value[0]?.v;
  if (renamed?.k === 'dict') for (const e of renamed.entries) if (e.key.k === 'str') own.add(e.key.s);
  for (const name of own) {
    if (name.startsWith('__')) continue;
    settleKey(R, from, str(name));
    const { found, missing } = dictGet(R, frame, from, one(str(name)));
    const there = R.d.not(missing);
    const saved = frame.live;
    frame.live = R.d.and(saved, there);
    if (frame.live !== NO) setAttr(R, frame, one(target), name, found);
    frame.live = saved;
  }
  (target.wild ??= []).push({ g: when, from });
}

export const newInstance = (cls: ClassAtom): InstanceAtom => ({
  id: fresh(),
  k: 'instance',
  cls,
  attrs: new Map(),
  version: 0,
});

/** `cls.__bases__ = …`, where it is certain what they are. */
function setBases(R: Reader, frame: Frame, cls: ClassAtom, value: Value, when: Cond): void {
  const [only] = value;
  const items = value.length === 1 && only!.v.k === 'tuple' ? only!.v.items : [];
  const bases = items.flatMap((i) => (i.length === 1 && i[0]!.v.k === 'class' ? [i[0]!.v] : []));
  if (when !== YES || bases.length === 0 || bases.length !== items.length) {
    note(R, 'opaque', `the bases of ${cls.name} are set`, placeOf(frame));
    return;
  }
  (cls as { bases: readonly ClassAtom[] }).bases = bases;
  cls.mro = linearize(cls, bases);
}

/** C3 linearisation. */
export function linearize(cls: ClassAtom, bases: readonly ClassAtom[]): ClassAtom[] {
  const seqs = [...bases.map((b) => [...b.mro]), [...bases]];
  const out: ClassAtom[] = [cls];
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
  for (const b of s.bases as Node[]) {
    const value = R.evaluate(frame, b);
    const certain = value.length === 1 ? value[0]!.v : undefined;
    if (!certain) note(R, 'opaque', `class ${s.name as string}: a base depends on inputs`, placeOf(frame));
    for (const { v } of certain ? value : value.slice(0, 1)) {
      if (v.k === 'class') bases.push(v);
      else if (v.k === 'outside') foreign.push(v.name);
      else if (v.k === 'instance' && v.attrs.has('__origin__')) {
        const o = v.attrs.get('__origin__')![0]!.v;
        if (o.k === 'class') bases.push(o);
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

function fieldsDict(R: Reader, frame: Frame, cls: ClassAtom): Atom {
  void frame;
  return {
    id: fresh(),
    k: 'dict',
    version: 0,
    entries: dataFields(R, cls).map((f) => ({ key: str(f.name), g: YES, v: one(opaque(`field ${f.name}`, '')) })),
  };
}

/** Calls a class: makes an object. */
export function instantiate(R: Reader, frame: Frame, cls: ClassAtom, args: Args): Value {
  if (cls.meta) {
    const call = findInClass(R, cls.meta, '__call__');
    if (call && call.value.some((a) => a.v.k === 'func'))
      return R.call(frame, bindTo(R, frame, call.value, cls, cls.meta), args);
  }
  const other = R.world.construct?.(R, cls, args);
  if (other) return other;
  if (cls.enumMembers) return enumByValue(R, frame, cls, args.pos[0] ?? NONE_VALUE);
  if (
    cls.attrs.has('_fields') ||
    cls.mro.some((c) => c.attrs.has('_fields') && c.bases.some((b) => b.name === 'NamedTuple'))
  )
    return namedTuple(R, frame, cls, args);
  const maker = findInClass(R, cls, '__new__');
  if (maker && maker.value.some((a) => a.v.k === 'func' || a.v.k === 'staticmethod')) {
    const fn = maker.value[0]!.v.k === 'staticmethod' ? maker.value[0]!.v.fn : maker.value;
    const made = R.call(frame, fn, { pos: [one(cls), ...args.pos], kw: args.kw });
    initialise(R, frame, made, cls, args);
    return made;
  }
  const native =
    cls.attrs.get('__call_native__')?.[0]?.v ??
    cls.mro.map((c) => c.attrs.get('__call_native__')?.[0]?.v).find(Boolean);
  if (native?.k === 'native') {
    const made = R.callAtom(frame, native, { pos: [one(cls), ...args.pos], kw: args.kw });
    initialise(R, frame, made, cls, args);
    return made;
  }
  const missing = abstractOf(R, cls);
  if (missing.length > 0) {
    const what = `abstract method${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`;
    raiseBuiltin(R, frame, care(R, frame), 'TypeError', `Can't instantiate abstract class ${cls.name} with ${what}`);
    return [];
  }
  const made = one(newInstance(cls));
  initialise(R, frame, made, cls, args);
  return made;
}

const abstracts = new WeakMap<ClassAtom, readonly string[]>();

/** The methods that a class leaves abstract, where Python looks: in classes that derive from `abc.ABC`. */
function abstractOf(R: Reader, cls: ClassAtom): readonly string[] {
  const known = abstracts.get(cls);
  if (known) return known;
  const looks = cls.mro.some((c) => (c.name === 'ABC' && c.modname === 'abc') || c.meta?.name === 'ABCMeta');
  const isAbstract = (s: Node): boolean =>
    s.nodeType === 'FunctionDef' && (s.decorator_list as Node[]).some((d) => (d.id ?? d.attr) === 'abstractmethod');
  const left = looks
    ? cls.mro.flatMap((c) =>
        (c.scope?.body ?? [])
          .filter((s) => isAbstract(s) && findInClass(R, cls, s.name as string)?.owner === c)
          .map((s) => s.name as string),
      )
    : [];
  const made = [...new Set(left)].sort();
  abstracts.set(cls, made);
  return made;
}

function initialise(R: Reader, frame: Frame, made: Value, cls: ClassAtom, args: Args): void {
  const init = findInClass(R, cls, '__init__');
  if (init && init.value.some((a) => a.v.k === 'func' || (a.v.k === 'native' && a.v.method))) {
    for (const { v } of made) if (v.k === 'instance') R.call(frame, bindTo(R, frame, init.value, v, cls), args);
    return;
  }
  if (cls.mro.some((c) => c.dataclass) && made[0]?.v.k === 'instance') R.initDataclass(frame, made[0].v, cls, args);
  else if (cls.mro.some((c) => c.foreign.length > 0))
    note(R, 'assumed', `constructor of ${cls.name} is outside the tree`, placeOf(frame));
}

function enumByValue(R: Reader, frame: Frame, cls: ClassAtom, value: Value): Value {
  const out: Alternative[] = [];
  for (const { g, v } of value) {
    let rest = g;
    for (const m of cls.enumMembers!) {
      if (v === m) {
        out.push({ g: rest, v: m });
        rest = NO;
        break;
      }
      const mv = m.attrs.get('_value_')![0]!.v;
      const same = sameValue(R, frame, v, mv);
      const here = R.d.and(rest, same);
      if (here === NO) continue;
      out.push({ g: here, v: m });
      rest = R.d.and(rest, R.d.not(same));
      if (rest === NO) break;
    }
    if (rest !== NO && (v.k === 'opaque' || v.k === 'outside')) {
      out.push({ g: rest, v: opaque(`a ${cls.name} by a value that was not read`, placeOf(frame)) });
    } else if (rest !== NO) {
      under(R, frame, rest, () => {
        const made = missingMember(R, frame, cls, v);
        for (const a of made) out.push({ g: R.d.and(rest, a.g), v: a.v });
      });
    }
  }
  return union(R.d, out);
}

/** What the class's own `_missing_` makes of a value that no member has; else the error that Python raises. */
function missingMember(R: Reader, frame: Frame, cls: ClassAtom, v: Atom): Value {
  const own = findInClass(R, cls, '_missing_');
  const made = own
    ? R.call(frame, bindTo(R, frame, own.value, cls, cls), { pos: [one(v)], kw: new Map() })
    : NONE_VALUE;
  const none = made.reduce<Cond>((c, a) => (a.v.k === 'none' ? R.d.or(c, a.g) : c), NO);
  const text = textValue(R, [...printed(R, frame, v, true), lit(` is not a valid ${cls.name}`)]);
  raiseBuiltin(R, frame, R.d.and(care(R, frame), none), 'ValueError', text);
  return made.filter((a) => a.v.k !== 'none');
}

/** When a value is that of an enumeration's member. */
function sameValue(R: Reader, frame: Frame, v: Atom, of: Atom): Cond {
  if (v === of) return YES;
  if (v.k === 'text') return of.k === 'str' ? textEquals(R, v, of.s) : NO;
  const isNumber = (a: Atom): boolean => a.k === 'int' || a.k === 'float' || a.k === 'bool' || a.k === 'num';
  if (!isNumber(v) || !isNumber(of)) return NO;
  return truth(R, frame, R.callAtom(frame, R.builtin('__eq__test')![0]!.v, { pos: [one(v), one(of)], kw: new Map() }));
}

function textEquals(R: Reader, v: Extract<Atom, { k: 'text' }>, s: string): Cond {
  const [only] = v.parts;
  if (v.parts.length !== 1 || only!.p !== 'expr') return NO;
  return R.book.test({
    op: 'eq',
    args: [only!.int ? { op: 'str', args: [only!.e] } : only!.e, { op: 'const', value: s }],
  });
}

function namedTuple(R: Reader, frame: Frame, cls: ClassAtom, args: Args): Value {
  const owner = cls.mro.find((c) => c.attrs.has('_fields'))!;
  const names = namedFields(cls);
  const values = names.map((name, i) => args.pos[i] ?? args.kw.get(name) ?? ownClassAttr(R, owner, name));
  const problem = misfit(
    {
      names: ['_cls', ...names],
      byPlaceAlone: 0,
      defaults: names.filter((name) => ownClassAttr(R, owner, name)).length,
      byKeyword: [],
      vararg: false,
      kwarg: false,
    },
    {
      positional: args.pos.length + 1,
      keywords: [...args.kw.keys()],
      has: (name) => name === '_cls' || values[names.indexOf(name)] !== undefined,
    },
  );
  if (problem) raiseBuiltin(R, frame, care(R, frame), 'TypeError', `${cls.name}.__new__() ${problem}`);
  return one(tuple(problem ? names.map(() => []) : values.map((v) => v ?? []), cls));
}
