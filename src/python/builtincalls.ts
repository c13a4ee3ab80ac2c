/** How built-in functions take what they are called with. */
import { under } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { union } from './values.ts';
import type { Alternative, Args, Atom, Value } from './values.ts';

/** A built-in function, or what a built-in class does when it is called. */
export type Builtin = (R: Reader, frame: Frame, args: Args) => Value;

/** An argument by its place, else by its name. */
export const arg = (args: Args, i: number, name?: string): Value | undefined =>
  args.pos[i] ?? (name ? args.kw.get(name) : undefined);

/** The text that a value is for certain. */
export const nameOf = (v: Value): string | undefined => (v.length === 1 && v[0]!.v.k === 'str' ? v[0]!.v.s : undefined);

/** What comes of every alternative of a value, each under its own condition. */
export function each(R: Reader, frame: Frame, value: Value, work: (v: Atom) => Value): Value {
  const out: Alternative[] = [];
  for (const { g, v } of value) {
    const made = under(R, frame, g, () => work(v)) ?? [];
    for (const a of made) out.push({ g: R.d.and(g, a.g), v: a.v });
  }
  return union(R.d, out);
}
