/** Dictionaries as they are written, with what is unpacked into them. */
import { type Reader, type Frame, raiseBuiltin, care, note, placeOf } from './reader.ts';
import type { Node } from './syntax.ts';
import { type Value, type DictAtom, dict, type Atom, typeName, type Part } from './values.ts';
import { type Cond, YES, NO } from '../rules/index.ts';
import { settleKey, putEntry, copyDict } from './entries.ts';
import { lit, formatted, partsOf } from './strings.ts';

export function dictExpression(R: Reader, frame: Frame, n: Node): Value {
  let made: { readonly g: Cond; readonly v: DictAtom }[] = [{ g: YES, v: dict([]) }];
  const keys = n.keys as (Node | null)[];
  const values = n.values as Node[];
  keys.forEach((k, i) => {
    const value = R.evaluate(frame, values[i]!);
    if (k) {
      for (const key of R.evaluate(frame, k))
        for (const { v } of made) {
          settleKey(R, v, key.v);
          putEntry(R, v.entries, key.v, key.g, value);
          v.version++;
        }
    } else if (value.some((a) => a.v.k === 'dict' && a.v.lazy))
      made = made.flatMap((m) => unpacked(R, frame, m, value));
    else
      for (const { g, v } of value)
        if (v.k === 'dict')
          for (const e of v.entries) for (const m of made) putEntry(R, m.v.entries, e.key, R.d.and(g, e.g), e.v);
        else noDictionary(R, frame, g, v);
  });
  return made;
}

/** Something that is no dictionary is unpacked into one: a TypeError, where it is known to be none. */
function noDictionary(R: Reader, frame: Frame, g: Cond, v: Atom): void {
  if (NO_MAPPING.includes(v.k))
    raiseBuiltin(R, frame, R.d.and(care(R, frame), g), 'TypeError', `'${typeName(v)}' object is not a mapping`);
  else note(R, 'opaque', 'unpacking something that is no dictionary', placeOf(frame));
}

/** What a dictionary becomes where one of the question, whose keys are not all known, is unpacked into it. */
export function unpacked(
  R: Reader,
  frame: Frame,
  into: { readonly g: Cond; readonly v: DictAtom },
  value: Value,
): { readonly g: Cond; readonly v: DictAtom }[] {
  return value.flatMap(({ g, v }) => {
    const both = R.d.and(into.g, g);
    if (both === NO) return [];
    if (v.k !== 'dict') {
      noDictionary(R, frame, both, v);
      return [{ g: both, v: copyDict(into.v) }];
    }
    const [made, later] = v.lazy ? [copyDict(v), into.v] : [copyDict(into.v), v];
    if (v.lazy && into.v.lazy) note(R, 'opaque', `all of ${v.lazy.path} is asked for`, placeOf(frame));
    for (const e of later.entries) {
      settleKey(R, made, e.key);
      made.version++;
      // what the dictionary of the question has itself comes after what was there before it
      const there = v.lazy ? made.entries.reduce<Cond>((c, x) => (x.key === e.key ? R.d.or(c, x.g) : c), NO) : NO;
      putEntry(R, made.entries, e.key, R.d.and(e.g, R.d.not(there)), e.v);
    }
    return [{ g: both, v: made }];
  });
}

export function joined(R: Reader, frame: Frame, n: Node): readonly Part[] {
  const parts: Part[] = [];
  for (const v of n.values as Node[]) {
    if (v.nodeType === 'Constant') {
      parts.push(lit(String(v.value)));
      continue;
    }
    const value = R.evaluate(frame, v.value as Node);
    const spec = v.format_spec ? joined(R, frame, v.format_spec as Node) : undefined;
    if (spec?.length) parts.push(...formatted(R, frame, value, spec.map((p) => (p.p === 'lit' ? p.s : '?')).join('')));
    else parts.push(...partsOf(R, frame, value, v.conversion === 114));
  }
  return parts;
}

export const NO_MAPPING: readonly Atom['k'][] = [
  'none',
  'bool',
  'int',
  'float',
  'num',
  'str',
  'text',
  'list',
  'series',
  'tuple',
  'set',
];
