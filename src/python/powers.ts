/** `a ** b` of numbers, where it is not plain multiplication. */
import { type Cond, type Expr, NO, YES } from '../rules/index.ts';
import { care, type Frame, raiseBuiltin, type Reader } from './reader.ts';

/** A number: its value where that is known, and what it is worked out from. */
export interface Power {
  readonly n: number | undefined;
  readonly e: Expr;
}

/** What CPython says of nothing that is raised to a negative power. */
export const ZERO_TO_NEGATIVE = '0.0 cannot be raised to a negative power';

const ZERO: Expr = { op: 'const', value: 0 };

/** Raises where nothing is raised to a negative power, as `float_pow` of CPython does, for whole numbers too. */
export function refuseZeroToNegative(R: Reader, frame: Frame, base: Power, exponent: Power): void {
  const known = (holds: boolean): Cond => (holds ? YES : NO);
  const zero = base.n === undefined ? R.book.test({ op: 'eq', args: [base.e, ZERO] }) : known(base.n === 0);
  const negative =
    exponent.n === undefined ? R.book.test({ op: 'lt', args: [exponent.e, ZERO] }) : known(exponent.n < 0);
  const both = R.d.and(care(R, frame), R.d.and(zero, negative));
  if (both !== NO) raiseBuiltin(R, frame, both, 'ZeroDivisionError', ZERO_TO_NEGATIVE);
}

/** Whether two numbers give a complex one, which is read as nothing. */
export const isComplexPower = (base: number | undefined, exponent: number | undefined): boolean =>
  base !== undefined && exponent !== undefined && base < 0 && !Number.isInteger(exponent);
