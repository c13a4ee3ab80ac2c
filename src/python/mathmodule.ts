/** Python's module `math`, as far as selection code uses it: functions of one number, and those of several. */
import { NO } from '../rules/index.ts';
import { exprOf } from './compare.ts';
import { binary } from './operators.ts';
import { iterate } from './iterate.ts';
import { care, lightNumber, placeOf, raiseBuiltin, under } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { choose, float, int, num, one, opaque, union } from './values.ts';
import type { Args, Atom, Value } from './values.ts';

type Model = (R: Reader, frame: Frame, args: Args) => Value;

const OF_ONE: Readonly<Record<string, (n: number) => number>> = {
  ceil: Math.ceil,
  floor: Math.floor,
  sqrt: Math.sqrt,
  log2: Math.log2,
  log: Math.log,
};

/** Functions that give a float, whole or not. */
const FLOATS: ReadonlySet<string> = new Set(['sqrt', 'log2', 'log']);

const OF_TWO: Readonly<Record<string, (a: number, b: number) => number>> = {
  gcd,
  lcm: (a, b) => (a === 0 || b === 0 ? 0 : Math.abs(a * b) / gcd(a, b)),
};

function gcd(a: number, b: number): number {
  while (b) [a, b] = [b, a % b];
  return Math.abs(a);
}

const numberIn = (v: Atom): number | undefined => (v.k === 'int' || v.k === 'float' ? v.n : undefined);

/** What a function makes of numbers: of known ones the number, else the operation of that name. */
function applied(frame: Frame, name: string, numbers: readonly Atom[], known: (n: readonly number[]) => number): Atom {
  const values = numbers.map(numberIn);
  const made = values.every((n) => n !== undefined) ? known(values) : undefined;
  if (made !== undefined && Number.isFinite(made)) return FLOATS.has(name) ? float(made) : int(made);
  const args = numbers.map((v) => exprOf(v));
  return made === undefined && args.every((e) => e !== undefined)
    ? num({ op: name, args }, FLOATS.has(name))
    : opaque(`math.${name}`, placeOf(frame));
}

/** Of which numbers a function gives nothing, and raises instead. */
const OUTSIDE: Readonly<Record<string, 'lt' | 'le'>> = { sqrt: 'lt', log: 'le', log2: 'le' };

function refuseOutside(R: Reader, frame: Frame, name: string, v: Atom): void {
  const [op, e] = [OUTSIDE[name], exprOf(v)];
  if (op === undefined || e === undefined || !['int', 'float', 'num'].includes(v.k)) return;
  const outside = R.book.test({ op, args: [e, { op: 'const', value: 0 }] });
  raiseBuiltin(R, frame, R.d.and(care(R, frame), outside), 'ValueError', 'math domain error');
}

const ofOne =
  (name: string): Model =>
  (R, frame, args) =>
    args.pos[0]!.map(({ g, v }) => {
      under(R, frame, g, () => refuseOutside(R, frame, name, v));
      return { g, v: applied(frame, name, [v], ([n]) => OF_ONE[name]!(n!)) };
    });

/** A function that is told of two numbers after the other: what it makes of the first two goes with the third. */
const ofSeveral =
  (name: string): Model =>
  (R, frame, args) => {
    let total = args.pos[0] ?? one(int(name === 'lcm' ? 1 : 0));
    for (const next of args.pos.slice(1))
      total = union(
        R.d,
        total.flatMap((a) =>
          next.flatMap((b) => {
            const g = R.d.and(a.g, b.g);
            if (g === NO) return [];
            return [{ g, v: applied(frame, name, [a.v, b.v], ([m, n]) => OF_TWO[name]!(m!, n!)) }];
          }),
        ),
      );
    return total;
  };

const product: Model = (R, frame, args) => {
  let total = args.kw.get('start') ?? one(int(1));
  for (const { g, v } of iterate(R, frame, args.pos[0]!))
    total = lightNumber(
      R,
      choose(R.d, g, under(R, frame, g, () => binary(R, frame, 'Mult', total, v)) ?? total, total),
    );
  return total;
};

/** The functions of the module by their full names. */
export const MATH: Readonly<Record<string, Model>> = {
  ...Object.fromEntries(Object.keys(OF_ONE).map((name) => [`math.${name}`, ofOne(name)])),
  ...Object.fromEntries(Object.keys(OF_TWO).map((name) => [`math.${name}`, ofSeveral(name)])),
  'math.prod': product,
};
