/** What the variables of a rule set mean, as rows of plain JSON that are shorter than the meanings themselves. */
import type { Kind } from './book.ts';
import type { Cond } from './diagram.ts';
import { damagedRules } from './error.ts';
import type { WhichattnError } from './error.ts';
import type { Expr } from './expr.ts';
import type { ShippedMeaning } from './terms.ts';

/** An expression: the number of an input, `[number]`, `[text]`, or an operation before its arguments. */
type PackedExpr = number | readonly [string | number] | readonly [string, PackedExpr, ...PackedExpr[]];

/** How conditions and inputs are numbered. */
export interface Numbers {
  readonly condition: (c: Cond) => number;
  readonly input: (name: string) => number;
}

/**
 * A row: `=` choice by input, labels, whether there is more · `:` kinds of an input, a letter each · `#` definition: title,
 * place, whether it has a value beside its cases, the cases · `@` exists: index, count, condition · `?` opaque, place, and `!` where that rests
 * on a thing outside · else
 * a test.
 */
export type VariableRow = readonly unknown[];

const LETTERS: Readonly<Record<Kind, string>> = {
  missing: 'm',
  none: 'n',
  false: 'f',
  true: 't',
  int: 'i',
  float: 'r',
  str: 's',
  list: 'l',
  dict: 'd',
  object: 'o',
};
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as Kind]));

function packedExpr(e: Expr, numbers: Numbers): PackedExpr {
  if ('name' in e) return numbers.input(e.name);
  // JSON has no number for what is infinite
  if ('value' in e)
    return typeof e.value === 'string' || Number.isFinite(e.value) ? [e.value] : ['float', [String(e.value)]];
  const [first, ...more] = e.args.map((arg) => packedExpr(arg, numbers));
  return [e.op, first!, ...more];
}

/** Writes what a variable means. `isWhole`: its cases cover everything. */
export function meaningRow(m: ShippedMeaning, isWhole: boolean, numbers: Numbers): VariableRow {
  if ('choice' in m) return ['=', numbers.input(m.choice), m.of, ...(m.other ? [1] : [])];
  if ('kinds' in m) return [':', numbers.input(m.kinds), m.of.map((kind) => LETTERS[kind]).join('')];
  if ('test' in m) return [m.test, ...m.args.map((arg) => packedExpr(arg, numbers))];
  if ('cases' in m) return ['#', m.title, m.at, isWhole ? 0 : 1, ...m.cases.map(numbers.condition)];
  if ('exists' in m) return ['@', m.index, packedExpr(m.count, numbers), numbers.condition(m.exists)];
  return [m.outside ? '!' : '?', m.opaque, m.at];
}

/** Reads what a variable means. Throws where the row is none. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every kind of row
export function readMeaning(row: VariableRow, inputs: readonly string[]): ShippedMeaning {
  const damaged = (): WhichattnError => damagedRules('a variable', `It is ${JSON.stringify(row).slice(0, 80)}.`);
  const input = (n: unknown): string => {
    const name = typeof n === 'number' ? inputs[n] : undefined;
    if (name === undefined) throw damaged();
    return name;
  };
  const expr = (e: unknown): Expr => {
    if (typeof e === 'number') return { op: 'input', name: input(e) };
    const [op, ...args]: readonly unknown[] = Array.isArray(e) ? e : [];
    if ((typeof op === 'string' || typeof op === 'number') && args.length === 0) return { op: 'const', value: op };
    if (typeof op !== 'string') throw damaged();
    return { op, args: args.map(expr) };
  };
  const kind = (letter: string): Kind => {
    const found = KINDS.get(letter);
    if (found === undefined) throw damaged();
    return found;
  };
  const [tag, first, second, third, ...rest] = row;
  if (tag === '=' && Array.isArray(second))
    return { choice: input(first), of: second, ...(third === 1 ? { other: true as const } : {}) };
  if (tag === ':' && typeof second === 'string') return { kinds: input(first), of: [...second].map(kind) };
  if (
    tag === '#' &&
    typeof first === 'string' &&
    typeof second === 'number' &&
    rest.every((c) => typeof c === 'number')
  )
    return { cases: rest, at: second, title: first };
  if (tag === '@' && typeof first === 'string' && typeof third === 'number')
    return { exists: third, index: first, count: expr(second) };
  if ((tag === '?' || tag === '!') && typeof first === 'string' && typeof second === 'number')
    return { opaque: first, at: second, ...(tag === '!' ? { outside: true as const } : {}) };
  if (typeof tag !== 'string' || !/^\w/.test(tag)) throw damaged();
  return { test: tag, args: row.slice(1).map(expr) };
}

/** How many values the variable of a row has. */
export function sizeOfRow(row: VariableRow): number {
  const [tag, , second, third] = row;
  if (tag === '=') return (second as readonly unknown[]).length + (third === 1 ? 1 : 0);
  if (tag === ':') return (second as string).length;
  return tag === '#' ? row.length - 4 + (third as number) : 2;
}
