/** What is left out where a class is read again, since it could not be gone through. */
import type { Reader } from '../python/index.ts';
import type { Kind } from '../rules/index.ts';

const apart = new WeakMap<Reader, Apart>();

/** By their paths, places of the question's JSON with kinds of values that are left out there: of these nothing is read. */
export type Apart = ReadonlyMap<string, ReadonlySet<Kind>>;

/** Says what is left out from here on. */
export const leaveOut = (R: Reader, kinds: Apart): void => void apart.set(R, kinds);

/** Which kinds are left out at a path. */
export const leftOut = (R: Reader, path: string): ReadonlySet<Kind> => apart.get(R)?.get(path) ?? NO_KINDS;
const NO_KINDS: ReadonlySet<Kind> = new Set();
