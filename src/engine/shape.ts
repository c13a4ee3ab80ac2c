/** Which kinds of values a format has, and what is wrong with one. */

/** What stands in place of a wrong value, and how a right one is told. */
export interface Kind {
  readonly is: string;
  readonly holds: (value: unknown) => boolean;
}

export type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown): boolean => typeof value === 'string';
export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object';

/** Kinds that formats share. */
export const KINDS = {
  text: { is: 'a text', holds: isText },
  texts: { is: 'a list of texts', holds: (value) => Array.isArray(value) && value.every(isText) },
  flag: { is: 'true or false', holds: (value) => typeof value === 'boolean' },
  whole: { is: 'a whole number, 0 or more', holds: isWhole },
  count: { is: 'a whole number, 1 or more', holds: (value) => isWhole(value) && value !== 0 },
  number: { is: 'a number', holds: (value) => typeof value === 'number' && Number.isFinite(value) },
  object: { is: 'an object', holds: isObject },
  scalar: { is: 'a text, a number, true or false', holds: isScalar },
  ofTexts: {
    is: 'an object whose values are texts',
    holds: (value) => isObject(value) && Object.values(value).every(isText),
  },
  ofScalars: {
    is: 'an object of texts, numbers, true, false and lists of these',
    holds: (value) =>
      isObject(value) &&
      Object.values(value).every((one) => isScalar(one) || (Array.isArray(one) && one.every(isScalar))),
  },
  named: { is: 'a name, true or false', holds: (value) => isText(value) || typeof value === 'boolean' },
  capability: {
    is: 'two whole numbers, as in [9, 0]',
    holds: (value) => Array.isArray(value) && value.length === 2 && value.every(isWhole),
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** The first field of the wrong kind; `absent` stands for one that is not given. */
export function firstWrong(
  fields: Fields,
  kinds: Readonly<Record<string, Kind>>,
  absent?: null,
): [string, Kind] | undefined {
  for (const name in fields) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    const value = fields[name];
    if (kind !== undefined && value !== absent && value !== undefined && !kind.holds(value)) return [name, kind];
  }
  return undefined;
}
