/** Inputs that are worked out of others: by which term, and which part of that. */
import type { Fact } from './facts.ts';
import type { Layout } from './layout.ts';
import { COMPUTED, computedName } from './terms.ts';

/** What is worked out of others that an input is, or is a part of. */
export const computedBase = (layout: Layout, name: string): string | undefined => {
  const base = name.startsWith(COMPUTED) ? computedName(name) : '';
  return base !== '' && layout.isComputed(base) ? base : undefined;
};

/** A part of a list by its name: the length, or an item; undefined where there is none. */
export function partOfList(list: Fact | undefined, part: string): Fact | undefined {
  if (!Array.isArray(list)) return undefined;
  if (part === '#') return list.length;
  return list.at(Number(part)) as Fact | undefined;
}
