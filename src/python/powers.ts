/** `a ** b` of numbers, where it is not plain multiplication. */
import { type Expr, NO, YES } from '../rules/index.ts';
import { care, type Frame, raiseBuiltin, type Reader } from './reader.ts';

/** What CPython says of nothing that is raised to a negative power. */
export const ZERO_TO_NEGATIVE = '0.0 cannot be raised to a negative power';

const ZERO: Expr = { op: 'const', value: 0 };

/** Raises where nothing is raised to a negative power, as `float_pow` of CPython does, for whole numbers too. */
export function refuseZeroToNegative(R: Reader, frame: Frame, base: Expr, exponent: Expr): void {
  if (isNeverZero(base)) return;
  const zero = R.book.test({ op: 'eq', args: [base, ZERO] });
  const negative =
    'value' in exponent ? (Number(exponent.value) < 0 ? YES : NO) : R.book.test({ op: 'lt', args: [exponent, ZERO] });
  const both = R.d.and(care(R, frame), R.d.and(zero, negative));
  if (both !== NO) raiseBuiltin(R, frame, both, 'ZeroDivisionError', ZERO_TO_NEGATIVE);
}

/** Whether it is a number that is not zero, or a power of one. */
function isNeverZero(e: Expr): boolean {
  if ('value' in e) return e.value !== 0;
  return e.op === 'pow' && isNeverZero(e.args[0]!);
}

/** Whether two numbers give a complex one, which is read as nothing. */
export const isComplexPower = (base: number | undefined, exponent: number | undefined): boolean =>
  base !== undefined && exponent !== undefined && base < 0 && !Number.isInteger(exponent);
