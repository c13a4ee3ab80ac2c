/** Objects of configuration classes inside a configuration as terms of the rules, field by field. */
import { choose, one, UNBOUND } from '../python/index.ts';
import type { Atom, Reader, Value } from '../python/index.ts';
import type { Shipper, Term } from '../rules/index.ts';
import { plainTerm, termOf } from './terms.ts';

/** So deep are objects of configuration classes inside one another looked at. */
const DEEPEST = 3;

/**
 * A part of the configuration: what it is, and of an object every field under its own name; of what is, or may be, one of
 * `told`, which stand elsewhere in the configuration, no field.
 */
export function shipPart(
  R: Reader,
  ship: Shipper,
  path: string,
  value: Value,
  told: ReadonlySet<Atom> = new Set(),
): void {
  const own = plainTerm();
  // a torch dtype is told by its short name, as everywhere
  const plain = (v: Atom): Term => (v.k === 'outside' && v.constant ? v.name.replace(/^torch\./, '') : own(v));
  ship.add(
    path,
    termOf(value, (v) => (isObject(v) ? { record: {} } : plain(v))),
  );
  if (path.split('.').length >= DEEPEST || value.some(({ v }) => told.has(v))) return;
  for (const [name, field] of fieldsOf(R, value))
    if (!name.startsWith('__')) shipPart(R, ship, `${path}.${name}`, field, told);
  // what stands in a dictionary that is a part itself is asked for like a field
  if (!path.includes('.')) for (const [key, held] of keysOf(R, value)) ship.add(`${path}.${key}`, termOf(held, plain));
}

/** Whether it is an object of a class of the tree: of any other nobody knows what it is. */
const isObject = (v: Atom): boolean => v.k === 'instance' && v.member === undefined && v.cls.scope !== undefined;

/** The keys that were asked for, or put into, where a part of the configuration is a dictionary. */
function keysOf(R: Reader, part: Value): ReadonlyMap<string, Value> {
  const out = new Map<string, Value>();
  for (const { g, v } of part)
    for (const e of v.k === 'dict' ? v.entries : [])
      if (e.key.k === 'str') out.set(e.key.s, choose(R.d, R.d.and(g, e.g), e.v, out.get(e.key.s) ?? one(UNBOUND)));
  return out;
}

/** The fields of a part of the configuration, each missing where the part is not there. */
export function fieldsOf(R: Reader, part: Value): ReadonlyMap<string, Value> {
  const out = new Map<string, Value>();
  for (const { g, v } of part)
    if (v.k === 'instance' && v.member === undefined)
      for (const [name, field] of v.attrs) out.set(name, choose(R.d, g, field, out.get(name) ?? one(UNBOUND)));
  return out;
}
