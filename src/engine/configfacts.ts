/** What a model's configuration object says, by the names of the rules. */
import { characterAt, MISSING, UNKNOWN } from '../rules/index.ts';
import type { Fact } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { isObject, objectBehind } from './configobject.ts';
import type { Attribute, ConfigObject } from './configobject.ts';
import { PER_LAYER } from './perlayer.ts';
import type { GivenFact } from './question.ts';

/**
 * The facts among `names` that start with `prefix`, taken from a configuration object. A refused object and an attribute
 * that could not be worked out leave their facts unknown, and say why.
 */
export function configFacts(
  object: ConfigObject,
  prefix: string,
  names: readonly string[],
  where: string,
): Record<string, GivenFact> {
  const mine = names.filter((name) => name.startsWith(prefix));
  return Object.fromEntries(mine.map((name) => [name, given(attributeAt(object, name.slice(prefix.length)), where)]));
}

/**
 * What stands at a path of a configuration object: an attribute, a key inside it (or an attribute of a part) after each
 * further point, at the end `#` for how many items a list or an object holds and `?` for whether it holds any, `%` for the
 * list of its entries; `__class__` is the name of its class, `is.package/name` whether it is of that class.
 */
export function attributeAt(object: ConfigObject, at: string): Attribute {
  const [name = '', ...path] = at.split('.');
  if (name === '__class__') return { value: object.class, from: 'rule' };
  if (name === 'is') {
    const value = object.isA(path.join('.'));
    const why = [`whether ${object.class} derives from ${path[0]} is not told`];
    return value === undefined ? { value, from: 'unknown', why } : { value, from: 'class' };
  }
  // no rules of a model were read with objects for its layers
  if (name === PER_LAYER) return { value: undefined, from: 'unknown', why: [`${name} holds an object for each layer`] };
  const attribute = object.attribute(name);
  let { value } = attribute;
  for (const [i, key] of path.entries()) {
    if (value === undefined || value === MISSING) return { ...attribute, value };
    const part = objectBehind(value);
    if (part) return attributeAt(part, path.slice(i).join('.'));
    if (isObject(value)) return { value: undefined, from: 'unknown', why: [`what ${name} makes was not worked out`] };
    const held = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, Fact>>) : undefined;
    if (typeof value === 'string' && characterAt(value, key) !== undefined) value = characterAt(value, key);
    else if (key === '?') value = held && Object.keys(held).length > 0;
    else if (held === undefined) return { value: undefined, from: 'unknown', why: [`${key} of what is no object`] };
    else if (key === '#') value = Object.keys(held).length;
    else if (key === '%') value = Object.entries(held);
    else value = Object.hasOwn(held, key) ? held[key] : MISSING;
  }
  // a place inside that could not be worked out
  if ((value as unknown) === UNKNOWN) return { value: undefined, from: 'unknown', why: [`${at} was not worked out`] };
  return { ...attribute, value };
}

const FROM = {
  config: 'config',
  default: 'default',
  class: 'default',
  rule: 'derived',
  absent: 'config',
  unknown: 'unknown',
} as const;

function given({ value, from, why }: Attribute, where: string): GivenFact {
  if (value === undefined) return { from: 'unknown', where: why?.join('; ') ?? where };
  if (value === MISSING) return { missing: true, from: FROM[from], where };
  return { value: value as Json, from: FROM[from], where };
}
