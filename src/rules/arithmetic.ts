/** What Python makes of known numbers. */

/** Thrown by `compute` for what Python would refuse (a division by zero, int of a word). */
export class ExprError extends Error {}

const floorMod = (a: number, b: number) => ((a % b) + b) % b;

/** Operations of two numbers, by name. Each throws ExprError where Python would raise. */
export const NUMERIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  mod: (a, b) => {
    if (b === 0) throw new ExprError('modulo by zero');
    return floorMod(a, b);
  },
  floordiv: (a, b) => {
    if (b === 0) throw new ExprError('division by zero');
    return Math.floor(a / b);
  },
  truediv: (a, b) => {
    if (b === 0) throw new ExprError('division by zero');
    return a / b;
  },
  pow: (a, b) => a ** b,
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (b > a ? b : a),
  bitand: (a, b) => bits(a, b, (x, y) => x & y),
  bitor: (a, b) => bits(a, b, (x, y) => x | y),
  bitxor: (a, b) => bits(a, b, (x, y) => x ^ y),
  lshift: (a, b) => shifted(a * 2 ** b, b),
  rshift: (a, b) => shifted(Math.floor(a / 2 ** b), b),
  gcd,
  lcm: (a, b) => (a === 0 || b === 0 ? 0 : Math.abs(a * b) / gcd(a, b)),
};

/** Operations of one number, by name. */
export const OF_ONE: Readonly<Record<string, (a: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  sqrt: (a) => inside(Math.sqrt(a)),
  log: (a) => inside(Math.log(a)),
  log2: (a) => inside(Math.log2(a)),
};

function inside(n: number): number {
  if (!Number.isFinite(n)) throw new ExprError('math domain error');
  return n;
}

function gcd(a: number, b: number): number {
  while (b) [a, b] = [b, floorMod(a, b)];
  return Math.abs(a);
}

/** An operation on the bits of whole numbers, as many as they have. */
function bits(a: number, b: number, work: (x: bigint, y: bigint) => bigint): number {
  if (![a, b].every((n) => Number.isSafeInteger(n))) throw new ExprError('a number of more than 53 bits');
  return Number(work(BigInt(a), BigInt(b)));
}

/** A number whose bits were shifted by so many places. */
function shifted(n: number, by: number): number {
  if (by < 0) throw new ExprError('negative shift count');
  if (!Number.isSafeInteger(n)) throw new ExprError('a number of more than 53 bits');
  return n;
}
