/** What things say of themselves: the class that they are of, what is raised where an attribute is not there, and what stands for it. */
import type { Reader, Frame } from './reader.ts';
import {
  type Atom,
  type ClassAtom,
  type InstanceAtom,
  type Value,
  fresh,
  typeName,
  one,
  str,
  NONE_VALUE,
} from './values.ts';
import { textValue, lit, partsOf } from './strings.ts';
import type { Node } from './syntax.ts';

const saidClasses = new WeakMap<InstanceAtom, ClassAtom>();

/** The class of an object as it says it itself: where the question says which it is, by that name. */
export function saidClass(v: InstanceAtom): ClassAtom {
  if (!v.typeText) return v.cls;
  const known = saidClasses.get(v);
  if (known) return known;
  const made: ClassAtom = { ...v.cls, id: fresh(), attrs: new Map([...v.cls.attrs, ['__name__', v.typeText]]) };
  saidClasses.set(v, made);
  return made;
}

export function missingOf(R: Reader, frame: Frame, v: Atom, name: string): string | Value {
  if (v.k !== 'instance' || !v.typeText) return missingText(v, name);
  return textValue(R, [lit("'"), ...partsOf(R, frame, v.typeText, false), lit(`' object has no attribute '${name}'`)]);
}

export function missingText(v: Atom, name: string): string {
  if (v.k === 'class') return `type object '${v.name}' has no attribute '${name}'`;
  if (v.k === 'module') return `module '${v.scope.name}' has no attribute '${name}'`;
  return `'${typeName(v)}' object has no attribute '${name}'`;
}

/** The text that a function's or class's body begins with, without the margin it has in the source. */
export function docOf(body: readonly Node[] | undefined): Value {
  const first = Array.isArray(body) ? (body[0] as Node | undefined) : undefined;
  const said: unknown =
    first?.nodeType === 'Expr' && (first.value as Node).nodeType === 'Constant'
      ? (first.value as Node).value
      : undefined;
  return typeof said === 'string' ? one(str(said)) : NONE_VALUE;
}
