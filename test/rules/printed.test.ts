import { describe, expect, it } from 'vitest';
import { exactJson, floatFact, kindOf, printed, textOf } from '#rules';

/** Floats with what Python's `repr` prints of them. */
const PRINTED: readonly (readonly [number, string])[] = [
  [2, '2.0'],
  [0, '0.0'],
  [-0, '-0.0'],
  [10_000, '10000.0'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1.5e300, '1.5e+300'],
  [0.5, '0.5'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.25e-7, '1.25e-07'],
  [5e-324, '5e-324'],
  [Infinity, 'inf'],
];

describe('a float', () => {
  it.each(PRINTED)('%d is printed as Python does it', (n, text) => {
    expect(printed(floatFact(n))).toBe(text);
  });

  it('that is whole is no int, and one number in JSON', () => {
    const kinds = ['int', 'float', 'dict', 'object'] as const;
    expect(kindOf(floatFact(2), kinds)).toBe('float');
    expect(kindOf(2, kinds)).toBe('int');
    expect(textOf({ a: [floatFact(2)] })).toBe('{"a":[2]}');
    expect(exactJson({ a: 2 })).not.toBe(exactJson({ a: floatFact(2) }));
    expect(exactJson({ a: floatFact(2) })).toBe(exactJson({ a: floatFact(2) }));
  });
});
