/**
 * What stands in a dictionary under a key that is a fact itself: `path.<.name of the key's fact.>`, and parts of it. Asked for under
 * the key that the fact says.
 */
import type { Fact } from '../rules/index.ts';

const FROM = '<';
const TO = '>';
const NAMED = `.${FROM}.`;
/** What a key may be so that what stands under it has a name of its own. */
const KEY = /^[\w-]+$/;

/** Does a name hold the name of a key? */
export const hasNamedKey = (name: string): boolean => name.includes(NAMED);

/** The name with every key in place of its fact's name; undefined where one is not known, or is none that a name can hold. */
export function withKeys(name: string, get: (name: string) => Fact | undefined): string | undefined {
  const open: string[][] = [[]];
  for (const part of name.split('.')) {
    if (part === FROM) open.push([]);
    else if (part === TO && open.length > 1) {
      const key = get(open.pop()!.join('.'));
      if (typeof key !== 'string' || !KEY.test(key)) return undefined;
      open.at(-1)!.push(key);
    } else open.at(-1)!.push(part);
  }
  return open.length === 1 ? open[0]!.join('.') : undefined;
}

/** What `get` says under a name that holds the name of a key. */
export function underKeys(name: string, get: (name: string) => Fact | undefined): Fact | undefined {
  const plain = withKeys(name, get);
  return plain === undefined ? undefined : get(plain);
}
