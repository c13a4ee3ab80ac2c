import { describe, expect, it } from 'vitest';
import { apply, decide, ExprError } from '#rules';

/** Texts with what Python's `float` makes of them; undefined where it raises. */
const MADE: readonly (readonly [text: string, made: number | undefined])[] = [
  ['', undefined],
  [' ', undefined],
  ['-', undefined],
  ['.', undefined],
  ['e5', undefined],
  ['1e', undefined],
  ['0x10', undefined],
  ['0b1', undefined],
  ['1_', undefined],
  ['_1', undefined],
  ['1__0', undefined],
  ['1_.5', undefined],
  ['1._5', undefined],
  ['1 2', undefined],
  ['infinit', undefined],
  [' 5\n', 5],
  ['+5.', 5],
  ['-.5', -0.5],
  ['1_000.2_5', 1000.25],
  ['1e-1_0', 1e-10],
  ['00.5E+2', 50],
  ['inf', Infinity],
  ['-Infinity', -Infinity],
];

/** What is made of a text; undefined where it is refused. */
function made(text: string): unknown {
  try {
    return apply('float', [text]);
  } catch (error) {
    if (error instanceof ExprError) return undefined;
    throw error;
  }
}

describe('float of a text', () => {
  it.each(MADE)('takes %j as Python does', (text, want) => {
    expect(decide('isfloat', [text])).toBe(want !== undefined);
    expect(made(text)).toBe(want);
  });

  it('takes nan for a float, and compares it with nothing', () => {
    expect(decide('isfloat', ['-NaN'])).toBe(true);
    expect(made('nan')).toBeNaN();
    expect(() => decide('le', [Number.NaN, 1])).toThrow('nan');
  });
});
