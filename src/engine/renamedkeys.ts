/** Dictionaries of the question with other keys: `renamed(from:to)` in a fact's name stands for the one before it. */

/** How a part of a name begins that stands for such a dictionary. */
export const WITH_OTHER_KEYS = '.renamed(';

const RENAMED = /^renamed\((.*):(.*)\)$/;

/**
 * What stands in a value under such a part of a name: the same dictionary with one text in its keys replaced by another, the
 * later of two equal keys over the earlier. Undefined where it is another part of a name, or the value no dictionary.
 */
export function withOtherKeys(value: object, part: string): Readonly<Record<string, unknown>> | undefined {
  const [, from, to] = RENAMED.exec(part) ?? [];
  if (from === undefined || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key.replaceAll(from, to!), of as unknown]));
}
