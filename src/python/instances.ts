/** What calling a class makes. */
import { type Reader, type Frame, raiseBuiltin, care, note, placeOf, under } from './reader.ts';
import { type ClassAtom, type InstanceAtom, type Args, type Value, NONE_VALUE, one, tuple } from './values.ts';
import { findInClass, newInstance, namedFields, ownClassAttr } from './objects.ts';
import { bindTo } from './binding.ts';
import { enumByValue } from './enumvalues.ts';
import type { Node } from './syntax.ts';
import { misfit } from './misfit.ts';

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

/** Fills new objects. Mirrors `type.__call__`: what `__new__` gave that is not of the class stays as it is. */
function initialise(R: Reader, frame: Frame, made: Value, cls: ClassAtom, args: Args): void {
  for (const { g, v } of made) {
    if (v.k !== 'instance' || !v.cls.mro.includes(cls)) continue;
    under(R, frame, g, () => {
      initialiseOne(R, frame, v, args);
    });
  }
}

function initialiseOne(R: Reader, frame: Frame, made: InstanceAtom, args: Args): void {
  const { cls } = made;
  const init = findInClass(R, cls, '__init__');
  if (init && init.value.some((a) => a.v.k === 'func' || (a.v.k === 'native' && a.v.method))) {
    R.call(frame, bindTo(R, frame, init.value, made, cls), args);
    return;
  }
  if (cls.mro.some((c) => c.dataclass)) R.initDataclass(frame, made, cls, args);
  else if (cls.mro.some((c) => c.foreign.length > 0))
    note(R, 'assumed', `constructor of ${cls.name} is outside the tree`, placeOf(frame));
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
