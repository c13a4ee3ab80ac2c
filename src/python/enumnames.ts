/** The members of enumerations by their names. */
import { type ClassAtom, type Value, type Alternative, str, one, union } from './values.ts';
import { type Reader, type Frame, truth, exception, under, raise, care } from './reader.ts';
import { YES, NO } from '../rules/index.ts';
import { compareOp } from './compare.ts';

/** The names of an enumeration's members, in order; one member may have several. */
export const namesOfEnum = (cls: ClassAtom): string[] =>
  [...cls.attrs].flatMap(([name, value]) => (cls.enumMembers?.some((m) => m === value[0]?.v) ? [name] : []));

export function enumByName(R: Reader, frame: Frame, cls: ClassAtom, key: Value): Value {
  const out: Alternative[] = [];
  const names = namesOfEnum(cls);
  for (const { g, v } of key) {
    let rest = g;
    for (const n of names) {
      const same =
        v === str(n) ? YES : v.k === 'text' ? truth(R, frame, compareOp(R, frame, 'Eq', one(v), one(str(n)))) : NO;
      const here = R.d.and(rest, same);
      if (here === NO) continue;
      out.push({ g: here, v: cls.attrs.get(n)![0]!.v });
      rest = R.d.and(rest, R.d.not(same));
    }
    if (v.k === 'opaque') out.push({ g: rest, v });
    else if (R.d.and(rest, frame.live) !== NO) {
      const missing = exception(R.builtin('KeyError')![0]!.v as ClassAtom, [one(v)]);
      under(R, frame, rest, () => raise(R, frame, care(R, frame), missing));
    }
  }
  return union(R.d, out);
}
