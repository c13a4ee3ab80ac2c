/** What an attribute of a thing is, and what is raised where there is none. */
import { type Reader, type Frame, raiseBuiltin, care, joined, reading, under, placeOf } from './reader.ts';
import {
  type InstanceAtom,
  type ModuleAtom,
  type Value,
  type WrapAtom,
  type Alternative,
  one,
  type Atom,
  restrict,
  outside,
  str,
  opaque,
  native,
  NONE_VALUE,
  tuple,
  fresh,
  typeName,
  type ClassAtom,
  type Entry,
  union,
  dict,
} from './values.ts';
import { type Cond, NO, YES } from '../rules/index.ts';
import { missingOf, docOf, missingText, saidClass } from './missingattributes.ts';
import { moduleAttr, moduleScope } from './modules.ts';
import { declaredAttr } from './declared.ts';
import type { Node } from './syntax.ts';
import { bindTo } from './binding.ts';
import { namedFields, findInClass, ownClassAttr, newInstance } from './objects.ts';
import { methodOf } from './methods.ts';
import { wildAttr, madeOnDemand, record, setOwnAttr } from './ownattributes.ts';
import { namesOfEnum } from './enumnames.ts';
import { fieldsDict, isBehind } from './classes.ts';
import { mayChange, unsized } from './sized.ts';

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
      mayChange(R, frame, v, name);
      if (v.sized) return one(unsized(v));
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
      return propertyAttr(R, frame, v, name);
    default: {
      if (name === '__class__') {
        const cls = R.builtin(typeName(v));
        if (cls) return cls;
      }
      return methodOf(R, frame, v, name);
    }
  }
}

/** What a property that is looked at itself has: its functions, and how they are called. */
function propertyAttr(R: Reader, frame: Frame, v: WrapAtom, name: string): Value | undefined {
  const { fn, set } = v;
  if (name === 'fget') return fn;
  if (name === 'fset') return set ?? NONE_VALUE;
  if (name === '__set__' && set) return one(native(name, ({ pos }) => R.call(frame, set, { pos, kw: new Map() })));
  // it has more than is told here
  return name.startsWith('__') ? one(opaque(`${name} of a property`, placeOf(frame))) : undefined;
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
  const fact = v.lazyFirst && !v.attrs.has(name) ? v.lazy?.(name, v) : undefined;
  if (fact) v.attrs.set(name, fact);
  const found = v.lazyFirst && v.attrs.has(name) ? undefined : findInClass(R, v.cls, name);
  const isData = found?.value.some((a) => a.v.k === 'property');
  if (!isData) {
    reading(R, v);
    const own = v.attrs.get(name) ?? v.lazy?.(name, v) ?? wildAttr(R, frame, v, name);
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
  if (name === '__class__') return one(saidClass(v));
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

function superAttr(R: Reader, frame: Frame, after: ClassAtom, self: Atom, name: string): Value | undefined {
  const cls = self.k === 'class' ? self : self.k === 'instance' ? self.cls : self.k === 'tuple' ? self.cls : undefined;
  if (!cls) return undefined;
  // a metaclass method: super() of the class's own type
  const mro = cls.mro.includes(after) ? cls.mro : ((self.k === 'class' ? self.meta?.mro : undefined) ?? cls.mro);
  const rest = mro.slice(mro.indexOf(after) + 1);
  for (const c of rest) {
    const value = ownClassAttr(R, c, name);
    // what a class from outside has comes before what stands behind it
    if (value && name === '__init__' && mro === cls.mro && isBehind(R, cls, after, c, name)) break;
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
