/** Attributes as a thing itself holds them. */
import { type Reader, type Frame, note, placeOf, writing } from './reader.ts';
import { type InstanceAtom, type Value, one, UNBOUND as UNBOUND_ATOM, str, choose, type ClassAtom } from './values.ts';
import { dictGet } from './lookups.ts';
import { findInClass } from './objects.ts';
import { bindTo } from './binding.ts';

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
export function madeOnDemand(R: Reader, frame: Frame, v: InstanceAtom, name: string): Value | undefined {
  const dynamic = name.startsWith('__') ? undefined : findInClass(R, v.cls, '__getattr__');
  return dynamic?.value.some((a) => a.v.k === 'func')
    ? R.call(frame, bindTo(R, frame, dynamic.value, v, v.cls), { pos: [one(str(name))], kw: new Map() })
    : undefined;
}

/** Notes where a class fact stands, for the reasons that rest on it. */
export function record(R: Reader, owner: ClassAtom, name: string): void {
  if (!R.evidence || !owner.scope) return;
  for (const i of owner.scope.binders.get(name) ?? []) {
    const s = owner.scope.body[i]!;
    if (s.nodeType !== 'FunctionDef') R.evidence.push(`${owner.scope.module.path}:${s.lineno ?? 0}`);
  }
}

/** `target.__dict__[name] = value`: no property and no other name comes between. */
export function setOwnAttr(R: Reader, frame: Frame, target: Value, name: string, value: Value): void {
  for (const { g, v } of target) {
    if (v.k !== 'instance') {
      note(R, 'opaque', `item of the __dict__ of a ${v.k} is set`, placeOf(frame));
      continue;
    }
    const when = R.d.and(writing(R, frame, v), g);
    const old = v.attrs.get(name) ?? v.lazy?.(name, v) ?? wildAttr(R, frame, v, name) ?? one(UNBOUND_ATOM);
    v.attrs.set(name, choose(R.d, when, value, old));
  }
}
