/** Attributes that are set and deleted. */
import {
  one,
  type Value,
  type WrapAtom,
  UNBOUND as UNBOUND_ATOM,
  choose,
  str,
  type ClassAtom,
  type InstanceAtom,
  type DictAtom,
} from './values.ts';
import { type Reader, type Frame, raiseBuiltin, care, writing, cutValue, placeOf, note, under } from './reader.ts';
import { NO } from '../rules/index.ts';
import { findInClass, ownClassAttr } from './objects.ts';
import { wildAttr, setOwnAttr } from './ownattributes.ts';
import { wrote } from './copies.ts';
import { setBases } from './classes.ts';
import { bindAttribute } from './names.ts';
import { missingText } from './missingattributes.ts';
import { getAttr } from './attributes.ts';
import type { Node } from './syntax.ts';
import { settleKey } from './entries.ts';
import { dictGet } from './lookups.ts';

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
      const old = v.attrs.get(own) ?? v.lazy?.(own, v) ?? wildAttr(R, frame, v, own) ?? one(UNBOUND_ATOM);
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
