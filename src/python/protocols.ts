/** Protocols that can be checked at run time: classes that things fit by what they have. */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import type { Frame, Reader } from './reader.ts';
import type { Node } from './syntax.ts';
import { NONE_VALUE, one, str } from './values.ts';
import type { Atom, ClassAtom, Value } from './values.ts';

/** Is a class of the tree a protocol, which things fit by what they have? */
export const isProtocol = (c: ClassAtom): boolean =>
  c.bases.some((b) => b.name === 'Protocol' && b.modname === 'typing');

/** Does a thing have all that a protocol names? Mirrors `isinstance` with a protocol that can be checked. */
export function fits(R: Reader, frame: Frame, v: Atom, of: ClassAtom): Cond {
  let c: Cond = YES;
  for (const p of of.mro.filter(isProtocol))
    for (const s of p.scope?.body ?? []) {
      const target = s.nodeType === 'AnnAssign' ? (s.target as Node) : undefined;
      const method = s.nodeType === 'FunctionDef' || s.nodeType === 'AsyncFunctionDef';
      const names = method
        ? [s.name as string]
        : target
          ? [target.id as string]
          : s.nodeType === 'Assign'
            ? (s.targets as Node[]).map((t) => t.id as string)
            : [];
      for (const name of names.filter((n) => !NO_PART.test(n))) c = R.d.and(c, has(R, frame, v, name, method));
    }
  return c;
}

/** Names in a protocol's body that are no part of what it asks for. */
const NO_PART =
  /^(_abc_.*|__abstractmethods__|__annotations__|__dict__|__doc__|__init__|__module__|__new__|__slots__|__subclasshook__|__weakref__|__class_getitem__|__match_args__|_is_protocol|_is_runtime_protocol|__protocol_attrs__|__parameters__|__orig_bases__)$/;

function has(R: Reader, frame: Frame, v: Atom, name: string, method: boolean): Cond {
  const call = (fn: string, args: readonly Value[]): Value =>
    R.call(frame, R.builtin(fn)!, { pos: args, kw: new Map() });
  const there = call('hasattr', [one(v), one(str(name))]).find((a) => a.v.k === 'bool' && a.v.b)?.g ?? NO;
  if (!method || there === NO) return there;
  const none = call('getattr', [one(v), one(str(name)), NONE_VALUE]).find((a) => a.v.k === 'none')?.g ?? NO;
  return R.d.and(there, R.d.not(none));
}
