/** How deep values may stand inside each other. */
import { WhichattnError } from './error.ts';

/** So many at most: Python's own reader of JSON gives up not far beyond. */
export const DEEPEST = 500;

/** Does a value of JSON hold more than that inside each other? */
export const isTooDeep = (value: unknown, left = DEEPEST): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (left < 0 || Object.values(value).some((one) => isTooDeep(one, left - 1)));

/** A value of JSON that a flag is given. Throws where too much stands inside each other. */
export function notTooDeep<T>(value: T): T {
  if (!isTooDeep(value)) return value;
  throw new WhichattnError({
    code: 'too-deep',
    what: `A flag is given JSON with more than ${DEEPEST} values inside each other`,
  });
}
