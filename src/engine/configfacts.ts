/** What a model's configuration object says, by the names of the rules. */
import { MISSING } from '../rules/index.ts';
import type { Fact } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { Attribute, ConfigObject } from './configobject.ts';
import type { GivenFact } from './question.ts';

/**
 * The facts among `names` that start with `prefix`, taken from a configuration object: `prefix` and an attribute, a key
 * inside it after a further point, and at the end `?` for whether a list or an object holds anything. A refused object
 * and an attribute that could not be worked out leave their facts unknown, and say why.
 */
export function configFacts(
  object: ConfigObject,
  prefix: string,
  names: readonly string[],
  where: string,
): Record<string, GivenFact> {
  const facts: Record<string, GivenFact> = {};
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const [attribute = '', ...path] = name.slice(prefix.length).split('.');
    facts[name] =
      attribute === '__class__'
        ? { value: object.class, from: 'derived', where }
        : given(inside(object.attribute(attribute), path), where);
  }
  return facts;
}

/** A value inside an attribute's. */
function inside(attribute: Attribute, path: readonly string[]): Attribute {
  let { value } = attribute;
  for (const key of path) {
    if (value === undefined || value === MISSING) return attribute;
    const held = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, Fact>>) : undefined;
    if (key === '?') value = held && Object.keys(held).length > 0;
    else if (held && !Array.isArray(held)) value = Object.hasOwn(held, key) ? held[key] : MISSING;
    else return { value: undefined, from: 'unknown', why: [`${key} of what is no object`] };
  }
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
