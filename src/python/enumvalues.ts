/** The members of enumerations by their values. */
import { type Reader, type Frame, placeOf, under, raiseBuiltin, care, truth } from './reader.ts';
import { type ClassAtom, type Value, type Alternative, opaque, union, type Atom, one, NONE_VALUE } from './values.ts';
import { NO, type Cond, YES } from '../rules/index.ts';
import { findInClass } from './objects.ts';
import { bindTo } from './binding.ts';
import { textValue, printed, lit } from './strings.ts';

export function enumByValue(R: Reader, frame: Frame, cls: ClassAtom, value: Value): Value {
  const out: Alternative[] = [];
  for (const { g, v } of value) {
    let rest = g;
    for (const m of cls.enumMembers!) {
      if (v === m) {
        out.push({ g: rest, v: m });
        rest = NO;
        break;
      }
      const mv = m.attrs.get('_value_')![0]!.v;
      const same = sameValue(R, frame, v, mv);
      const here = R.d.and(rest, same);
      if (here === NO) continue;
      out.push({ g: here, v: m });
      rest = R.d.and(rest, R.d.not(same));
      if (rest === NO) break;
    }
    if (rest !== NO && (v.k === 'opaque' || v.k === 'outside')) {
      out.push({ g: rest, v: opaque(`a ${cls.name} by a value that was not read`, placeOf(frame)) });
    } else if (rest !== NO) {
      under(R, frame, rest, () => {
        const made = missingMember(R, frame, cls, v);
        for (const a of made) out.push({ g: R.d.and(rest, a.g), v: a.v });
      });
    }
  }
  return union(R.d, out);
}

/** What the class's own `_missing_` makes of a value that no member has; else the error that Python raises. */
function missingMember(R: Reader, frame: Frame, cls: ClassAtom, v: Atom): Value {
  const own = findInClass(R, cls, '_missing_');
  const made = own
    ? R.call(frame, bindTo(R, frame, own.value, cls, cls), { pos: [one(v)], kw: new Map() })
    : NONE_VALUE;
  const none = made.reduce<Cond>((c, a) => (a.v.k === 'none' ? R.d.or(c, a.g) : c), NO);
  const text = textValue(R, [...printed(R, frame, v, true), lit(` is not a valid ${cls.name}`)]);
  raiseBuiltin(R, frame, R.d.and(care(R, frame), none), 'ValueError', text);
  return made.filter((a) => a.v.k !== 'none');
}

/** When a value is that of an enumeration's member. */
function sameValue(R: Reader, frame: Frame, v: Atom, of: Atom): Cond {
  if (v === of) return YES;
  if (v.k === 'text') return of.k === 'str' ? textEquals(R, v, of.s) : NO;
  const isNumber = (a: Atom): boolean => a.k === 'int' || a.k === 'float' || a.k === 'bool' || a.k === 'num';
  if (!isNumber(v) || !isNumber(of)) return NO;
  return truth(R, frame, R.callAtom(frame, R.builtin('__eq__test')![0]!.v, { pos: [one(v), one(of)], kw: new Map() }));
}

function textEquals(R: Reader, v: Extract<Atom, { k: 'text' }>, s: string): Cond {
  const [only] = v.parts;
  if (v.parts.length !== 1 || only!.p !== 'expr') return NO;
  return R.book.test({
    op: 'eq',
    args: [only!.int ? { op: 'str', args: [only!.e] } : only!.e, { op: 'const', value: s }],
  });
}
