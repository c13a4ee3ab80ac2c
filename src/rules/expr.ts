/**
 * Expressions over named inputs whose values are not finite: whole numbers, floats and texts. They are plain data; an
 * atom compares two of them and is a variable of the decision diagrams.
 */
import { ExprError, NUMERIC, OF_ONE } from './arithmetic.ts';

export type Scalar = number | string | boolean | null;

export type Expr =
  | { readonly op: 'const'; readonly value: number | string }
  /** The number or text that the question gives under this name. */
  | { readonly op: 'input'; readonly name: string }
  /** A Python operation by its name: add, sub, mul, floordiv, truediv, mod, pow, neg, abs, min, max, int, float, len, lower, upper, strip, slice, version … */
  | { readonly op: string; readonly args: readonly Expr[] };

/** A comparison of two expressions: lt, le, eq, in (text in text), startswith, endswith, isint, isfloat … */
export interface Test {
  readonly op: string;
  readonly args: readonly Expr[];
}

/** The result of an expression: a value, or undefined when an input is unknown, or an error of the operation. */
export type Result = number | string | undefined;

/** Compares release numbers as Python's `packaging.version` does for final, post, dev and pre-releases. */
export function compareVersions(a: string, b: string): number {
  const ka = versionKey(a);
  const kb = versionKey(b);
  for (let i = 0; i < Math.max(ka.length, kb.length); i++) {
    const d = (ka[i] ?? 0) - (kb[i] ?? 0);
    if (d !== 0) return d;
  }
  return 0;
}

/** How many versions are kept as they sort: few are met, again and again. */
const KEPT = 1 << 10;
const keys = new Map<string, readonly number[]>();

function versionKey(text: string): readonly number[] {
  const known = keys.get(text);
  if (known) return known;
  const made = sortingKey(text);
  if (keys.size < KEPT) keys.set(text, made);
  return made;
}

function sortingKey(text: string): number[] {
  const m =
    /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:[-_.]?(?:post|rev|r)[-_.]?(\d*)|-(\d+))?(?:[-_.]?dev[-_.]?(\d*))?(?:\+.*)?$/i.exec(
      text.trim(),
    );
  if (!m) throw new ExprError(`not a version: ${text}`);
  const release = m[2]!.split('.').map(Number);
  while (release.length < 6) release.push(0);
  const pre = m[3] ? ({ a: 1, alpha: 1, b: 2, beta: 2 }[m[3].toLowerCase()] ?? 3) : undefined;
  const post = m[5] ?? m[6];
  const isDev = /dev/i.test(text);
  // dev of the release itself sorts before its pre-releases
  const preRank = pre !== undefined ? pre : isDev && post === undefined ? 0 : 4;
  return [
    Number(m[1] ?? 0),
    ...release,
    preRank,
    Number(m[4] || 0),
    post === undefined ? 0 : 1 + Number(post || 0),
    isDev ? 0 : 1,
    Number(m[7] || 0),
  ];
}

/** Applies one operation to known values. Throws ExprError where Python would raise. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function apply(op: string, args: readonly (number | string)[]): number | string {
  const a = args[0];
  const b = args[1];
  const numeric = NUMERIC[op];
  if (numeric && typeof a === 'number' && typeof b === 'number') return numeric(a, b);
  const ofOne = OF_ONE[op];
  if (ofOne) return ofOne(a as number);
  switch (op) {
    case 'add':
      return String(a) + String(b);
    case 'int': {
      if (typeof a === 'number') return Math.trunc(a);
      const t = String(a).trim().replaceAll('_', '');
      if (!/^[+-]?\d+$/.test(t)) throw new ExprError(`invalid literal for int() with base 10: '${a}'`);
      return Number(t);
    }
    // the number of a text that `iswhole` takes
    case 'whole':
      return Number(String(a).trim().replaceAll('_', ''));
    case 'float': {
      const made = typeof a === 'number' ? a : floatOf(String(a));
      if (made === undefined) throw new ExprError(`could not convert string to float: '${a}'`);
      return made;
    }
    case 'bitlength':
      return a === 0 ? 0 : BigInt(Math.abs(a as number)).toString(2).length;
    case 'len':
      return [...String(a)].length;
    case 'lower':
      return String(a).toLowerCase();
    case 'upper':
      return String(a).toUpperCase();
    case 'strip':
      return String(a).trim();
    case 'item': {
      const found = String(a)
        .split(String(b))
        .at(args[2] as number);
      if (found === undefined) throw new ExprError('list index out of range');
      return found;
    }
    case 'count':
      return String(a).split(String(b)).length - 1;
    // the characters from the second argument on, up to the third
    case 'slice':
      return [...String(a)].slice(b as number, args[2] as number | undefined).join('');
    case 'dirname': {
      const s = String(a);
      return s.includes('/') ? s.slice(0, s.lastIndexOf('/')) || '/' : '';
    }
    case 'replace':
      return String(a).replaceAll(String(b), String(args[2]));
    case 'group': {
      const found = new RegExp(String(b), String(args[2])).exec(String(a))?.[args[3] as number];
      if (found === undefined) throw new ExprError('no such group');
      return found;
    }
    case 'version':
    case 'str':
      return String(a);
    case 'repr':
      return quoted(String(a));
    default:
      throw new ExprError(`no such operation: ${op}`);
  }
}

/** The text, where its digits are those of ASCII; Python takes those of any script, which are not worked out. */
function withPlainDigits(text: string): string {
  if (/(?![0-9])\p{Nd}/u.test(text)) throw new ExprError('digits of another script');
  return text;
}

const FLOAT =
  /^\s*(?:([+-]?)(?:inf(?:inity)?|(nan))|([+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?))\s*$/i;

/** What Python's `float` makes of a text: nan as NaN, undefined where it refuses the text. */
export function floatOf(text: string): number | undefined {
  const found = FLOAT.exec(text);
  if (!found) return undefined;
  const [, sign, nan, digits] = found;
  if (digits === undefined) return nan ? Number.NaN : sign === '-' ? -Infinity : Infinity;
  // an underscore stands between two digits
  return /(?<!\d)_|_(?!\d)/.test(digits) ? undefined : Number(digits.replaceAll('_', ''));
}

/** A text as Python writes it in quotes. */
export function quoted(s: string): string {
  const q = s.includes("'") && !s.includes('"') ? '"' : "'";
  return q + s.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll(q, `\\${q}`) + q;
}

/** Throws where one of them is nan: whatever it is compared with, nothing is true of it, and of what is not true nothing follows. */
function ordered(a: unknown, b: unknown): void {
  if (Number.isNaN(a) || Number.isNaN(b)) throw new ExprError('nan, which no comparison is true of');
}

/** Decides one comparison of known values. Throws ExprError where Python would raise. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function decide(op: string, args: readonly (number | string)[]): boolean {
  const [a, b] = args as [number, number];
  switch (op) {
    case 'eq':
      return (a as unknown) === b;
    case 'lt':
      ordered(a, b);
      return a < b;
    case 'le':
      ordered(a, b);
      return a <= b;
    case 'vlt':
      return compareVersions(String(a), String(b)) < 0;
    case 'vle':
      return compareVersions(String(a), String(b)) <= 0;
    case 'veq':
      return compareVersions(String(a), String(b)) === 0;
    case 'in':
      return String(b).includes(String(a));
    case 'startswith':
      return String(a).startsWith(String(b));
    case 'endswith':
      return String(a).endsWith(String(b));
    case 'isint':
      return /^\s*[+-]?\d+(_\d+)*\s*$/.test(withPlainDigits(String(a)));
    // a text that is taken for a whole number where a fraction of zeros may stand
    case 'iswhole':
      return /^\s*[+-]?(?:0[0_]*(?=\d))?\d+(?:_\d+)*(?:\.0+)?\s*$/.test(withPlainDigits(String(a)));
    case 'isfloat':
      return floatOf(withPlainDigits(String(a))) !== undefined;
    case 'matches':
      return new RegExp(String(b), String(args[2])).test(String(a));
    case 'isjson':
      try {
        JSON.parse(String(a));
        return true;
      } catch {
        return false;
      }
    case 'isinf':
      return !Number.isFinite(a);
    case 'isnan':
      return Number.isNaN(a);
    case 'isdigit':
      return /^\d+$/.test(String(a));
    case 'items':
      // the number of parts when the text is split at a separator is at least args[2]
      return String(a).split(String(b)).length > (args[2] as unknown as number);
    default:
      throw new ExprError(`no such comparison: ${op}`);
  }
}

/** Evaluates an expression. Undefined when an input is unknown. Throws ExprError where Python would raise. */
export function compute(e: Expr, input: (name: string) => Result): Result {
  if ('value' in e) return e.value;
  if ('name' in e) return input(e.name);
  const args: (number | string)[] = [];
  for (const arg of e.args) {
    const value = compute(arg, input);
    if (value === undefined) return undefined;
    args.push(value);
  }
  return apply(e.op, args);
}

/** A canonical text of an expression or test: equal texts mean equal expressions. */
export function exprKey(e: Expr | Test): string {
  if ('value' in e) return JSON.stringify(e.value);
  if ('name' in e) return `$${e.name}`;
  return `${e.op}(${e.args.map(exprKey).join(',')})`;
}

/** Does the name of an input hold the index `at` (`@` and a number) as one of its parts? */
export const speaksOf = (name: string, at: string): boolean => name.includes('@') && name.split('.').includes(at);

/** The names of the inputs an expression reads. */
export function exprInputs(e: Expr | Test, into = new Set<string>()): Set<string> {
  if ('name' in e) into.add(e.name);
  else if ('args' in e) for (const arg of e.args) exprInputs(arg, into);
  return into;
}
