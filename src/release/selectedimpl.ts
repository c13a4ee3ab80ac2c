/**
 * The implementation of a backend that is not chosen yet: what it says of itself in flags that the common base of all
 * implementations declares.
 */
import {
  findInClass,
  getAttr,
  importedName,
  native,
  newInstance,
  one,
  opaque,
  opaqueCond,
  placeOf,
} from '../python/index.ts';
import type { Atom, ClassAtom, Frame, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import type { Term } from '../rules/index.ts';
import { typed } from './records.ts';
import { plainTerm, termOf } from './terms.ts';

/** The method of a backend's class that names the class of its implementation. */
export const IMPLEMENTATION = 'get_impl_cls';

interface Flag {
  readonly name: string;
  readonly annotation: Node;
}

/** The flags that the base declares which the method is said to give where a class of backends has it first. */
function flagsOf(
  R: Reader,
  backend: ClassAtom,
): { readonly base: ClassAtom; readonly flags: readonly Flag[] } | undefined {
  const first = backend.mro.findLast((c) => c.scope?.binders.has(IMPLEMENTATION));
  const method = first && findInClass(R, first, IMPLEMENTATION)?.value[0]?.v;
  const fn = method && 'fn' in method && Array.isArray(method.fn) ? (method.fn as Value)[0]?.v : method;
  const returns = fn?.k === 'func' ? (fn.node.returns as Node | undefined) : undefined;
  const named = returns?.nodeType === 'Subscript' ? (returns.slice as Node) : undefined;
  const name = (named?.value ?? named?.id) as unknown;
  const base = fn?.k === 'func' && typeof name === 'string' ? importedName(R, fn.module.name, name)?.[0]?.v : undefined;
  if (base?.k !== 'class') return undefined;
  const flags = (base.scope?.body ?? []).flatMap((s): Flag[] => {
    const annotation = s.nodeType === 'AnnAssign' && s.value ? (s.annotation as Node) : undefined;
    const inner = annotation?.nodeType === 'Subscript' ? (annotation.slice as Node) : annotation;
    return annotation && inner?.id === 'bool' ? [{ name: (s.target as Node).id as string, annotation }] : [];
  });
  return { base, flags };
}

/**
 * What stands for the class of the implementation of a chosen backend of which nothing is known but its base: an object of it has
 * the flags as facts `<path>.impl.<name>`. Undefined where the base is not told.
 */
export function implementationClass(R: Reader, backend: ClassAtom, path: string): Atom | undefined {
  const known = flagsOf(R, backend);
  if (!known) return undefined;
  const unread = (what: string): Value =>
    one(opaque(`${what} of the implementation of the selected backend`, R.frame ? placeOf(R.frame) : ''));
  const make = (): Value => {
    const made = newInstance(R.builtin('object')![0]!.v as ClassAtom);
    const lazy = (name: string): Value | undefined => {
      if (name.startsWith('__')) return undefined;
      const flag = known.flags.find((declared) => declared.name === name);
      return flag ? typed(R, flag.annotation, known.base, `${path}.impl.${name}`) : unread(name);
    };
    const isA = (of: { readonly name: string }) =>
      opaqueCond(R, R.frame!, `is the selected implementation a ${of.name}`);
    return one({ ...made, lazy, lazyFirst: true, isA });
  };
  const cls = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  const lazy = (name: string): Value | undefined => {
    if (name === '__call__') return one({ ...native('__call__', make), takesRest: true });
    return name.startsWith('__') ? undefined : unread(name);
  };
  return { ...cls, lazy, lazyFirst: true };
}

/** What an implementation says in the same flags once it is made. */
export function flagsTerm(R: Reader, frame: Frame, backend: ClassAtom, made: InstanceAtom): Term | undefined {
  const known = flagsOf(R, backend);
  if (!known || known.flags.length === 0) return undefined;
  const term = plainTerm();
  return {
    record: Object.fromEntries(
      known.flags.map(({ name }) => [name, termOf(getAttr(R, frame, one(made), name), term)] as const),
    ),
  };
}
