/** Types with arguments, and unions of types. */
import type { Reader } from './reader.ts';
import { type Atom, type Value, fresh, type ClassAtom, one, tuple, outside } from './values.ts';

export const typeOf = (R: Reader, origin: Atom, args: readonly Value[]): Atom => ({
  id: fresh(),
  k: 'instance',
  cls: R.builtin('object')![0]!.v as ClassAtom,
  attrs: new Map([
    ['__origin__', one(origin)],
    ['__args__', one(tuple(args))],
  ]),
  version: 0,
});

/** `A | B` of types: one union of all its members, each once. */
export function typeUnion(R: Reader, parts: readonly Value[]): Value {
  const members: Atom[] = [];
  const none = R.builtin('NoneType')![0]!.v;
  for (const part of parts)
    for (const { v } of part) {
      const origin = v.k === 'instance' ? v.attrs.get('__origin__')?.[0]?.v : undefined;
      const inner =
        v.k === 'instance' && origin?.k === 'outside' && origin.name === 'typing.Union'
          ? v.attrs.get('__args__')![0]!.v
          : undefined;
      const own = inner?.k === 'tuple' ? inner.items.map((i) => i[0]!.v) : [v.k === 'none' ? none : v];
      for (const m of own) if (!members.includes(m)) members.push(m);
    }
  return members.length === 1 ? one(members[0]!) : one(typeOf(R, outside('typing.Union', true), members.map(one)));
}
