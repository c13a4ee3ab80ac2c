/** What is changed in a configuration object of the question while it is read. */
import { UNBOUND } from '../python/index.ts';
import type { InstanceAtom, Reader, Value } from '../python/index.ts';
import { NO } from '../rules/index.ts';
import type { Cond, Term } from '../rules/index.ts';
import { configTerm as valueTerm } from './configterms.ts';

/** What was changed in a configuration object since it was made. */
export function changes(R: Reader, of: InstanceAtom, path: string): [string, Term][] {
  const out: [string, Term][] = [];
  for (const [name, value] of of.attrs) {
    const before = of.lazy?.(name);
    if (name === 'model_type' || name === 'is_heterogeneous' || !before) continue;
    const term = valueTerm(R, value);
    if (JSON.stringify(term) !== JSON.stringify(valueTerm(R, before))) out.push([`${path}.${name}`, term]);
    out.push(...changedKeys(R, value, `${path}.${name}`));
  }
  return out;
}

/** The keys that were changed in a dictionary of the question, whichever of the dictionaries it is by now. */
function changedKeys(R: Reader, value: Value, path: string): [string, Term][] {
  const dicts = value.flatMap(({ g, v }) => (v.k === 'dict' && v.lazy ? [{ g, v, lazy: v.lazy }] : []));
  const changed = dicts.flatMap(({ v }) => (v.version > 0 ? v.entries : []));
  // of what is no dictionary there is no key
  const none = { g: R.d.not(dicts.reduce<Cond>((c, { g }) => R.d.or(c, g), NO)), v: UNBOUND };
  const keys = new Set(changed.flatMap(({ key }) => (key.k === 'str' ? [key.s] : [])));
  return [...keys].flatMap((key): [string, Term][] => {
    const before = dicts.flatMap(({ g, lazy }) => under(R, g, lazy.at(key) ?? []));
    const now = dicts.flatMap(({ g, v, lazy }) => {
      const own = v.entries.filter((e) => e.key.k === 'str' && e.key.s === key);
      const first = lazy.at(key) ?? [];
      if (own.length === 0) return under(R, g, first);
      const held = own.reduce<Cond>((c, e) => R.d.or(c, e.g), NO);
      const absent = first.filter((a) => a.v.k === 'unbound');
      return [...own.flatMap((e) => under(R, R.d.and(g, e.g), e.v)), ...under(R, R.d.and(g, R.d.not(held)), absent)];
    });
    const term = valueTerm(R, [...now, none]);
    return JSON.stringify(term) === JSON.stringify(valueTerm(R, [...before, none])) ? [] : [[`${path}.${key}`, term]];
  });
}

/** A value where a condition holds. */
const under = (R: Reader, g: Cond, value: Value): Value => value.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
