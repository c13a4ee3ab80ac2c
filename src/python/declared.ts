/** Classes outside the tree of which an annotation of the tree says from which class they derive. */
import { kindInput } from './inputs.ts';
import { moduleAttr } from './modules.ts';
import type { Reader } from './reader.ts';
import type { Node } from './syntax.ts';
import type { Atom, FuncAtom, OutsideAtom, Value } from './values.ts';

/** Keeps what a function's annotation says of a class outside the tree that it returns: `-> type[Base]`. */
export function declare(R: Reader, fn: FuncAtom, value: Value): void {
  if (!value.some(({ v }) => isUndeclared(R, v))) return;
  const returns = fn.node.returns as Node | null | undefined;
  if (returns?.nodeType !== 'Subscript' || (returns.value as Node).id !== 'type') return;
  const name = (returns.slice as Node).id as string | undefined;
  const base = name === undefined ? undefined : moduleAttr(R, fn.module, name)?.[0]?.v;
  if (base?.k !== 'class') return;
  for (const { v } of value) if (isUndeclared(R, v)) R.declared.set(v.name, base);
}

const isUndeclared = (R: Reader, v: Atom): v is OutsideAtom =>
  v.k === 'outside' && !v.constant && !R.declared.has(v.name);

/** The attribute of a class outside the tree whose base is known; undefined where the base does not say it. */
export function declaredAttr(R: Reader, v: OutsideAtom, name: string): Value | undefined {
  const base = R.declared.get(v.name);
  if (base === undefined) return undefined;
  if (name === '__name__' || name === '__qualname__') return kindInput(R, `says.${v.name}.${name}`, ['str']);
  return R.world.member?.(R, base, name, `says.${v.name}.${name}`);
}
