/** Paths of files: what is asked of one is a fact of the machine, by the name that the path is made of. */
import type { Expr } from '../rules/index.ts';
import { kindInput } from './inputs.ts';
import { placeOf, unread } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { textParts } from './strings.ts';
import { native, one, opaque, union } from './values.ts';
import type { Args, Atom, Value } from './values.ts';

/** Whether there is a file of that name: a fact of the machine. */
export function fileThere(R: Reader, frame: Frame, args: Args, fact: string): Value {
  return union(
    R.d,
    args.pos[0]!.flatMap(({ g, v }) => {
      const name = pathName(v);
      const found =
        name === undefined
          ? unread(R, frame, 'existence of a file of uncertain name')
          : kindInput(R, `${fact}.${name}`, ['false', 'true']);
      return found.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
    }),
  );
}

/** A path as part of an input's name; what depends on inputs is written in braces. */
export function pathName(v: Atom): string | undefined {
  const named = (e: Expr): string | undefined =>
    'name' in e
      ? e.name
      : 'args' in e && e.op === 'dirname'
        ? named(e.args[0]!) === undefined
          ? undefined
          : `${named(e.args[0]!)!}/..`
        : undefined;
  const parts = textParts(v)?.map((p) =>
    p.p === 'lit' ? p.s : p.p === 'expr' ? (named(p.e) === undefined ? undefined : `{${named(p.e)!}}`) : undefined,
  );
  return parts && !parts.includes(undefined) ? parts.join('') : undefined;
}

/** The class of paths. */
export const PATH = 'pathlib.Path';

/** What `Path(text)` makes: of it is known whether it is a file, and nothing else. */
export function pathAt(R: Reader, frame: Frame, path: Atom, { pos }: Args): Value {
  const nobodyKnows = one(opaque(`call of ${PATH}`, placeOf(frame), path));
  if (pos.length !== 1) return nobodyKnows;
  return union(
    R.d,
    pos[0]!.flatMap(({ g, v }) => {
      const name = pathName(v);
      if (name === undefined) return nobodyKnows.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
      const isFile = native('is_file', () => fileThere(R, R.frame!, { pos: [one(v)], kw: new Map() }, 'isfile'));
      const made = opaque(`the path ${name}`, placeOf(frame), path);
      return [{ g, v: { ...made, known: new Map([['is_file', one(isFile)]]) } }];
    }),
  );
}
