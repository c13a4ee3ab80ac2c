/** Attributes that are not there: what is raised, and what stands for them. */
import type { Reader, Frame } from './reader.ts';
import { type Atom, type Value, typeName, one, str, NONE_VALUE } from './values.ts';
import { textValue, lit, partsOf } from './strings.ts';
import type { Node } from './syntax.ts';

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
