/** Which values a field of a configuration class takes, as huggingface_hub's `type_validator` judges them. */
import { isWholeFloat, plainNumber, printed, quoted } from '../rules/index.ts';
import type { Resolved } from '../rules/index.ts';

/**
 * One alternative of a field's type: the letter of a plain kind, `['l', items]` or `['q', items]` for a list or a sequence of
 * such items, `['d', keys, values]` for a dictionary, `['=', value, …]` for one of these values.
 */
export type TypeAlternative =
  | string
  | readonly ['l' | 'q', FieldType]
  | readonly ['d', FieldType, FieldType]
  | readonly ['=', ...(string | number | boolean | null)[]];

/** What a field takes: whatever one of the alternatives does. */
export type FieldType = readonly TypeAlternative[];

const isDict = (v: unknown): v is Readonly<Record<string, unknown>> =>
  typeof v === 'object' && v !== null && !Array.isArray(v) && !isWholeFloat(v);

const isFloat = (v: unknown): boolean => isWholeFloat(v) || (typeof v === 'number' && !Number.isInteger(v));

/** By the letter of a kind, whether a value of JSON is of it: an int is no float, `true` no int. */
const KINDS: Readonly<Record<string, (v: unknown) => boolean>> = {
  n: (v) => v === null,
  b: (v) => typeof v === 'boolean',
  i: (v) => typeof v === 'number' && Number.isInteger(v),
  f: isFloat,
  s: (v) => typeof v === 'string',
  t: (v) => typeof v === 'string',
  l: Array.isArray,
  q: (v) => Array.isArray(v) || typeof v === 'string',
  d: isDict,
  '*': () => true,
};

/** Does a field of such a type take a value of JSON? Its whole floats are told apart from ints. */
export function isTaken(type: FieldType, value: unknown): boolean {
  return type.some((one) => {
    if (typeof one === 'string') return KINDS[one]?.(value) ?? true;
    if (one[0] === '=') return one.slice(1).some((of) => isSame(of, value));
    if (one[0] === 'd') {
      const [, keys, values] = one;
      return isDict(value) && Object.entries(value).every(([key, of]) => isTaken(keys, key) && isTaken(values, of));
    }
    const items = Array.isArray(value) ? value : one[0] === 'q' && typeof value === 'string' ? [...value] : undefined;
    return items?.every((item) => isTaken(one[1], item)) ?? false;
  });
}

/** Are they equal for Python, `true` and `1` told apart? */
const isSame = (of: unknown, value: unknown): boolean => of === (isWholeFloat(value) ? plainNumber(value) : value);

/** The letters of a field's kinds as its type. */
export const typeOfKinds = (kinds: string): FieldType => [...kinds];

/** A type that takes a number of either kind where it takes one. */
export const withNumbersAlike = (type: FieldType): FieldType =>
  type.flatMap((one): FieldType => {
    if (one === 'i' || one === 'f') return ['i', 'f'];
    if (typeof one === 'string' || one[0] === '=') return [one];
    return one[0] === 'd'
      ? [['d', withNumbersAlike(one[1]), withNumbersAlike(one[2])]]
      : [[one[0], withNumbersAlike(one[1])]];
  });

/** How Python names the kinds of which a field may be alone. */
const NAMES: Readonly<Record<string, string>> = { b: 'bool', i: 'int', f: 'float', s: 'str' };

const pythonType = (value: unknown): string =>
  value === null
    ? 'NoneType'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'string'
        ? 'str'
        : Array.isArray(value)
          ? 'list'
          : isDict(value)
            ? 'dict'
            : isFloat(value)
              ? 'float'
              : 'int';

/** What `StrictDataclassFieldValidationError` says of a field that does not take a value; null where its words are not told. */
export function untakenText(name: string, type: FieldType, value: unknown): string | null {
  const [only] = type;
  const expected = type.length === 1 && typeof only === 'string' ? NAMES[only] : undefined;
  if (expected === undefined || (typeof value === 'object' && !isWholeFloat(value) && value !== null)) return null;
  const shown = typeof value === 'string' ? quoted(value) : printed(value as Resolved);
  return `Validation error for field '${name}':\n    TypeError: Field '${name}' expected ${expected}, got ${pythonType(value)} (value: ${shown})`;
}
