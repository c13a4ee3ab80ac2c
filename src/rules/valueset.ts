/** Sets of values in few words: `64, 128 or 256`, `at most 256 and a multiple of 8`, `anything but fp8`. */
import { MISSING } from './facts.ts';
import type { Fact } from './facts.ts';

/** A set of values an input can have, in words and as data. Absent parts do not limit it. */
export interface ValueSet {
  readonly text: string;
  /** The values, where they can be listed. */
  readonly values?: readonly unknown[];
  /** All values but these. */
  readonly except?: readonly unknown[];
  /** Numbers: the least, the greatest, what divides them. */
  readonly min?: number;
  readonly max?: number;
  readonly multipleOf?: number;
  /** All values but those of this set. */
  readonly not?: ValueSet;
  /** Whether the set is exactly this one; else it holds these values and may hold more. */
  readonly exact: boolean;
}

/** So many values are listed rather than described. */
const LISTED = 8;
/** So many numbers may fall out of a pattern and be named one by one. */
const ODD = 4;

/** A value as it is shown; what is known not to be there is `missing`. */
export function shown(value: Fact): string {
  if (value === MISSING) return 'missing';
  if (value === null) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The value as JSON has it; MISSING has no JSON and becomes its name in braces. */
export const plainValue = (value: Fact): unknown => (value === MISSING ? '{missing}' : value);

const or = (parts: readonly string[]): string =>
  parts.length < 2 ? (parts[0] ?? 'nothing') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)!}`;

/** Describes the values of a finite domain that are in the set. */
export function describeValues(all: readonly Fact[], has: (value: Fact) => boolean): ValueSet {
  const inside = all.filter(has);
  const outside = all.filter((value) => !has(value));
  const rising = all.every((value, i) => typeof value === 'number' && (i === 0 || value > (all[i - 1] as number)));
  if (rising && inside.length > 1 && outside.length > 0) {
    const [first, last] = [all.indexOf(inside[0]!), all.indexOf(inside.at(-1)!)];
    if (last - first + 1 === inside.length && (first === 0 || last === all.length - 1)) {
      const [min, max] = [inside[0] as number, inside.at(-1) as number];
      return first === 0 ? { text: `≤ ${max}`, max, exact: true } : { text: `≥ ${min}`, min, exact: true };
    }
  }
  if (outside.length === 0) return { text: 'anything', except: [], exact: true };
  if (inside.length > LISTED && outside.length <= ODD) {
    return { text: `anything but ${or(outside.map(shown))}`, except: outside.map(plainValue), exact: true };
  }
  return { text: or(inside.map(shown)), values: inside.map(plainValue), exact: true };
}

/** Describes a set of versions that alternate: one below all named ones, then each named one and one after it. */
export function describeVersions(all: readonly string[], has: (i: number) => boolean): ValueSet {
  const inside = [...all.keys()].filter(has);
  const [first, last] = [inside[0]!, inside.at(-1)!];
  const named = (i: number): boolean => i % 2 === 1;
  if (inside.length === all.length) return { text: 'any version', except: [], exact: true };
  if (last - first + 1 === inside.length) {
    const from = first === 0 ? '' : named(first) ? `≥ ${all[first]!}` : `> ${all[first - 1]!}`;
    const to = last === all.length - 1 ? '' : named(last) ? `≤ ${all[last]!}` : `< ${all[last + 1]!}`;
    const text = first === last && named(first) ? all[first]! : [from, to].filter(Boolean).join(', ');
    return { text, exact: true, ...(first === last && named(first) ? { values: [all[first]!] } : {}) };
  }
  return { text: inside.map((i) => all[i]!).join(', '), values: inside.map((i) => all[i]!), exact: false };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Whole numbers that were tried, ascending, and what is true of those beyond the last one. */
export interface Numbers {
  readonly tried: readonly number[];
  /** Above this number nothing new begins: what holds there repeats. */
  readonly settled: number;
}

/** A pattern of numbers. */
interface Pattern {
  readonly min: number;
  readonly max: number;
  readonly multipleOf: number;
}

const fits = ({ min, max, multipleOf }: Pattern, n: number): boolean => n >= min && n <= max && n % multipleOf === 0;

/** Describes a set of whole numbers by those of `tried` that are in it. */
export function describeNumbers({ tried, settled }: Numbers, has: (n: number) => boolean): ValueSet {
  const inside = tried.filter(has);
  const outside = tried.filter((n) => !has(n));
  if (outside.length === 0) return { text: 'anything', except: [], exact: true };
  const repeats = (n: number): boolean => n > settled;
  const endless = inside.some(repeats);
  if (!endless && inside.length <= LISTED) return { text: or(inside.map(String)), values: inside, exact: true };
  if (endless && outside.length <= LISTED && !outside.some(repeats))
    return { text: `anything but ${or(outside.map(String))}`, except: outside, exact: true };
  const found = pattern(tried, inside, endless, repeats);
  if (found) return found;
  const not = pattern(tried, outside, outside.some(repeats), repeats);
  if (not) return { text: `not ${not.text}`, not, exact: true };
  const some = inside.slice(0, LISTED);
  return { text: `${some.join(', ')}, …`, values: some, exact: false };
}

/** A range, a multiple or both, with a few exceptions; undefined where that does not say it. */
function pattern(
  tried: readonly number[],
  inside: readonly number[],
  endless: boolean,
  repeats: (n: number) => boolean,
): ValueSet | undefined {
  const all = new Set(inside);
  // a few small values may stand beside the pattern, and few values may be missing from it
  for (let odd = 0; odd <= ODD && odd < inside.length; odd++) {
    const rest = inside.slice(odd);
    const like: Pattern = {
      min: rest[0]!,
      max: endless ? Number.POSITIVE_INFINITY : rest.at(-1)!,
      multipleOf: rest.reduce((a, b) => gcd(a, b), 0),
    };
    const holes = tried.filter((n) => fits(like, n) && !all.has(n));
    if (holes.length <= ODD && !holes.some(repeats)) return worded(like, inside.slice(0, odd), holes);
  }
  return undefined;
}

function worded({ min, max, multipleOf }: Pattern, also: readonly number[], holes: readonly number[]): ValueSet {
  const parts: string[] = [];
  const first = multipleOf > 1 ? multipleOf : 1;
  if (multipleOf > 1) parts.push(`a multiple of ${multipleOf}`);
  if (min > first) parts.push(`≥ ${min}`);
  if (max < Number.POSITIVE_INFINITY) parts.push(`≤ ${max}`);
  let text = parts.join(', ') || 'anything';
  if (holes.length > 0) text += ` but ${or(holes.map(String))}`;
  if (also.length > 0) text = `${also.join(', ')} or ${text}`;
  return {
    text,
    ...(also.length > 0 ? { values: also } : {}),
    ...(holes.length > 0 ? { except: holes } : {}),
    ...(min > first ? { min } : {}),
    ...(max < Number.POSITIVE_INFINITY ? { max } : {}),
    ...(multipleOf > 1 ? { multipleOf } : {}),
    exact: true,
  };
}
