/** Objects of packages outside the tree, as far as selection code looks at them. */
import { builtinClass, newInstance, one } from '../python/index.ts';
import type { ClassAtom, Reader, Value } from '../python/index.ts';

const classes = new WeakMap<Reader, Map<string, ClassAtom>>();

/** One class a reading for a class of a package outside the tree. */
export function classOnce(R: Reader, name: string, make: () => ClassAtom): ClassAtom {
  let table = classes.get(R);
  if (!table) classes.set(R, (table = new Map()));
  let cls = table.get(name);
  if (!cls) table.set(name, (cls = make()));
  return cls;
}

export const object = (R: Reader): ClassAtom => R.builtin('object')![0]!.v as ClassAtom;

/** A plain object with the given attributes. */
export function record(R: Reader, name: string, attrs: Readonly<Record<string, Value>>): Value {
  const made = newInstance(classOnce(R, `record ${name}`, () => builtinClass(name, object(R), 'outside')));
  for (const [k, v] of Object.entries(attrs)) made.attrs.set(k, v);
  return one(made);
}
