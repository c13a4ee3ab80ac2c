/**
 * Types as values: what `typing` says of them, and the fields of dataclasses with their types and defaults. Mirrors
 * typing.get_args and get_origin, dataclasses.field, fields and MISSING, pydantic.Field.
 */
import { YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { builtinClass } from './builtins.ts';
import { dataFields } from './classes.ts';
import { newInstance, rawClassAttr } from './objects.ts';
import { newFrame, note, placeOf, unread } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import type { Node } from './syntax.ts';
import { boolean, fresh, list, NONE, NONE_VALUE, one, outside, str, TRUE, tuple } from './values.ts';
import type { Args, Atom, ClassAtom, InstanceAtom, Value } from './values.ts';

type Model = (R: Reader, frame: Frame, args: Args) => Value;

/** Forms of `typing` that are things of their own. */
const FORMS = new Set(
  'Literal Union Optional Annotated ClassVar Final Type Never NoReturn Self TypeAlias Concatenate Unpack'.split(' '),
);

/** "Not given" of dataclasses and of pydantic. */
export const MISSING_FIELD: Atom = outside('dataclasses.MISSING', true);
const UNDEFINED: Atom = outside('PydanticUndefined', true);

const tables = new WeakMap<Reader, Map<string, ClassAtom>>();

function classOnce(R: Reader, name: string, modname: string): ClassAtom {
  let table = tables.get(R);
  if (!table) tables.set(R, (table = new Map()));
  const key = `${modname}.${name}`;
  let cls = table.get(key);
  if (!cls) table.set(key, (cls = builtinClass(name, R.builtin('object')![0]!.v as ClassAtom, modname)));
  return cls;
}

const fieldClass = (R: Reader): ClassAtom => classOnce(R, 'Field', 'dataclasses');
const infoClass = (R: Reader): ClassAtom => classOnce(R, 'FieldInfo', 'pydantic.fields');

const originOf = (v: Atom | undefined): Atom | undefined =>
  v?.k === 'instance' ? v.attrs.get('__origin__')?.[0]?.v : undefined;

const getArgs: Model = (_R, _f, args) => one(tuple(argsOf(args.pos[0]![0]?.v)));

/** The arguments of a type; Literals inside a Literal are flat. */
function argsOf(v: Atom | undefined): readonly Value[] {
  const own = v?.k === 'instance' ? v.attrs.get('__args__')?.[0]?.v : undefined;
  if (own?.k !== 'tuple') return [];
  const origin = originOf(v);
  if (origin?.k !== 'outside' || origin.name !== 'typing.Literal') return own.items;
  // each option once
  const all = own.items.flatMap((i) => (originOf(i[0]?.v) === origin ? argsOf(i[0]!.v) : [i]));
  return all.filter((i, n) => all.findIndex((j) => j[0]?.v === i[0]?.v) === n);
}

const TYPING: Readonly<Record<string, Model>> = {
  'typing.get_args': getArgs,
  'typing.get_origin': (_R, _f, args) => {
    const origin = originOf(args.pos[0]![0]?.v);
    return origin ? one(origin) : NONE_VALUE;
  },
  'typing.is_typeddict': (R, _f, args) =>
    boolean(
      R.d,
      args.pos[0]!.reduce<Cond>(
        (c, a) => (a.v.k === 'class' && a.v.mro.some((m) => m.name === 'TypedDict') ? R.d.or(c, a.g) : c),
        0,
      ),
    ),
  'dataclasses.field': (R, _f, args) => {
    const made = newInstance(fieldClass(R));
    for (const name of ['default', 'default_factory']) made.attrs.set(name, args.kw.get(name) ?? one(MISSING_FIELD));
    made.attrs.set('init', args.kw.get('init') ?? one(TRUE));
    return one(made);
  },
  'dataclasses.fields': (R, frame, args) => {
    const v = args.pos[0]![0]?.v;
    const cls = v?.k === 'class' ? v : v?.k === 'instance' ? v.cls : undefined;
    if (!cls) return unread(R, frame, 'dataclasses.fields of something that was not read');
    return one(
      list(
        dataFields(R, cls)
          .filter((f) => headOf(f.node.annotation as Node) !== 'InitVar')
          .map((f) => ({ g: YES, v: one(fieldObject(R, frame, f)) })),
      ),
    );
  },
  'pydantic.Field': (R, _f, args) => {
    const made = newInstance(infoClass(R));
    for (const [name, value] of args.kw) made.attrs.set(name, value);
    const given = args.pos[0] ?? args.kw.get('default') ?? one(UNDEFINED);
    made.attrs.set('default', given[0]?.v.k === 'outside' && given[0].v.name === 'constant' ? one(UNDEFINED) : given);
    if (!args.kw.has('default_factory')) made.attrs.set('default_factory', NONE_VALUE);
    if (!args.kw.has('init')) made.attrs.set('init', NONE_VALUE);
    return one(made);
  },
};

const headOf = (ann: Node): string | undefined =>
  (ann.nodeType === 'Subscript' ? ((ann.value as Node).id ?? (ann.value as Node).attr) : undefined) as
    | string
    | undefined;

/** One of a class's `dataclasses.fields`; its type and default are evaluated when asked for. */
function fieldObject(R: Reader, frame: Frame, f: ReturnType<typeof dataFields>[number]): InstanceAtom {
  const made: InstanceAtom = {
    id: fresh(),
    k: 'instance',
    cls: fieldClass(R),
    attrs: new Map([['name', one(str(f.name))]]),
    version: 0,
    lazy: (name) => {
      if (name === 'type') return typeOfField(R, frame, f);
      if (name !== 'default' && name !== 'default_factory' && name !== 'init') return undefined;
      const raw = rawDefault(R, f);
      const v = raw?.[0]?.v;
      if (v?.k === 'instance' && v.cls === fieldClass(R)) return v.attrs.get(name);
      return name === 'init' ? one(TRUE) : name === 'default' && raw ? raw : one(MISSING_FIELD);
    },
  };
  return made;
}

const typesOf = new WeakMap<Reader, Map<Node, Value>>();

/** The type of a field. */
export function typeOfField(R: Reader, frame: Frame, f: ReturnType<typeof dataFields>[number]): Value {
  let table = typesOf.get(R);
  if (!table) typesOf.set(R, (table = new Map()));
  const ann = f.node.annotation as Node;
  let made = table.get(ann);
  if (!made) table.set(ann, (made = annotationValue(R, frame, ann, f.owner)));
  return made;
}

/** What a field's `Field(gt=…, le=…)` asks of its value. */
export function constraintsOf(R: Reader, f: ReturnType<typeof dataFields>[number]): ReadonlyMap<string, Value> {
  const v = rawDefault(R, f)?.[0]?.v;
  return v?.k === 'instance' && v.cls === infoClass(R) ? v.attrs : new Map();
}

/** What stands behind the `=` of a field, evaluated in the class body. */
export function rawDefault(R: Reader, f: ReturnType<typeof dataFields>[number]): Value | undefined {
  if (!f.value) return undefined;
  return rawClassAttr(R, f.owner, f.name) ?? R.evaluate(newFrame(f.owner.scope!, undefined, undefined, YES), f.value);
}

/** What a field holds when nothing is given: its default, else what its factory makes, else undefined. */
export function defaultOf(R: Reader, frame: Frame, f: ReturnType<typeof dataFields>[number]): Value | undefined {
  const raw = rawDefault(R, f);
  const v = raw?.[0]?.v;
  if (v?.k !== 'instance' || (v.cls !== fieldClass(R) && v.cls !== infoClass(R))) return raw;
  const given = v.attrs.get('default');
  const d = given?.[0]?.v;
  // a field() may hold a Field() as its default
  if (d?.k === 'instance' && d.cls === infoClass(R)) return settled(R, frame, d);
  if (d && d !== MISSING_FIELD && d !== UNDEFINED) return given;
  return settled(R, frame, v);
}

function settled(R: Reader, frame: Frame, v: InstanceAtom): Value | undefined {
  const given = v.attrs.get('default');
  const d = given?.[0]?.v;
  if (d && d !== MISSING_FIELD && d !== UNDEFINED) return given;
  const factory = v.attrs.get('default_factory');
  const make = factory?.[0]?.v;
  return make && make !== MISSING_FIELD && make !== NONE
    ? R.call(frame, factory, { pos: [], kw: new Map() })
    : undefined;
}

/**
 * The type that an annotation names. A name outside the tree is a class there: an annotation names nothing else, and
 * none of Python's own types is its base as far as is known.
 */
function annotationValue(R: Reader, frame: Frame, ann: Node, owner: ClassAtom): Value {
  const top = newFrame(owner.scope!, undefined, undefined, YES);
  top.line = ann.lineno ?? 0;
  const seen = (v: Atom): Atom => {
    if (v.k === 'outside' && !v.constant) {
      note(R, 'assumed', `${v.name} is a class derived from nothing of Python's`, placeOf(frame));
      const cut = v.name.lastIndexOf('.');
      return classOnce(R, v.name.slice(cut + 1), v.name.slice(0, Math.max(0, cut)));
    }
    const args = v.k === 'instance' ? v.attrs.get('__args__')?.[0]?.v : undefined;
    if (v.k !== 'instance' || args?.k !== 'tuple') return v;
    const made: InstanceAtom = { ...v, id: fresh(), attrs: new Map(v.attrs), version: 0 };
    made.attrs.set('__args__', one(tuple(args.items.map((i) => i.map((a) => ({ g: a.g, v: seen(a.v) }))))));
    return made;
  };
  return R.evaluate(top, ann).map((a) => ({ g: a.g, v: seen(a.v) }));
}

/** What a name of typing, dataclasses or pydantic's fields stands for; undefined when it is none of these. */
export function typesModel(
  R: Reader,
  name: string,
  nativeOf: (R: Reader, name: string, fn: Model) => Atom,
): Value | undefined {
  const model = TYPING[name];
  if (model) return one(nativeOf(R, name, model));
  const form = /^typing\.(\w+)$/.exec(name)?.[1];
  if (form && FORMS.has(form)) return one(outside(name, true));
  switch (name) {
    case 'typing.Any':
      return one(classOnce(R, 'Any', 'typing'));
    case 'types.UnionType':
      return one(outside('typing.Union', true));
    case 'types.NoneType':
      return R.builtin('NoneType');
    case 'dataclasses.MISSING':
      return one(MISSING_FIELD);
    case 'dataclasses.Field':
      return one(fieldClass(R));
    case 'pydantic.fields.Field':
      return one(nativeOf(R, 'pydantic.Field', TYPING['pydantic.Field']!));
    case 'pydantic.fields.FieldInfo':
      return one(infoClass(R));
    case 'pydantic.SkipValidation':
      return one(outside(name, true));
    default:
      return undefined;
  }
}
