/**
 * What is wrong with a value that pydantic validates: line by line, each with the place in the value where something is
 * wrong, and there under a condition. A line of something inside a list stands for as many as there are such items.
 */
import { YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { partsOf, lit } from './strings.ts';
import type { Frame, Reader } from './reader.ts';
import type { Atom, InstanceAtom, Part } from './values.ts';

/** A line: where below what is judged, then what; of the thing itself it begins with two spaces. */
export interface Flaw {
  readonly g: Cond;
  readonly parts: readonly Part[];
}

/** A value that suits under `g`, or what is wrong with it. */
export type Verdict =
  | {
      readonly g: Cond;
      readonly v: Atom;
      /** It is what was given, though another thing. */
      readonly same?: true;
      readonly wrong?: undefined;
    }
  | { readonly g: Cond; readonly v?: undefined; readonly same?: undefined; readonly wrong: readonly Flaw[] };

/** What is said of the thing itself. */
export const flaw = (...says: readonly Part[]): Flaw => ({ g: YES, parts: [lit(OWN), ...says] });

const OWN = '  ';

/** Something is wrong, and what pydantic says of it is not known. */
export const UNSAID: readonly Flaw[] = [flaw({ p: 'expr', e: { op: 'unread', args: [] } })];

/** A line of something that stands at `place`. */
export function below(place: readonly Part[], parts: readonly Part[]): readonly Part[] {
  const [first, ...more] = parts;
  if (first?.p === 'each')
    return [{ ...first, of: first.of.map((one) => ({ g: one.g, parts: below(place, one.parts) })) }, ...more];
  return [...place, lit(first?.p === 'lit' && first.s.startsWith(OWN) ? '\n' : '.'), ...parts];
}

/** The attribute of an exception that holds its lines. */
export const LINES = '__lines__';

/** The lines of an exception of pydantic's; undefined of any other. */
export function linesOf(R: Reader, frame: Frame, exc: InstanceAtom): readonly Flaw[] | undefined {
  const own = exc.attrs.get(LINES)?.[0]?.v;
  if (own?.k !== 'list') return undefined;
  return own.items.map((line) => ({ g: line.g, parts: partsOf(R, frame, line.v, false) }));
}
