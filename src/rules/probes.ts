/** Values worth trying for an input: enough that every region its tests can tell apart is met. */
import { MISSING, plainNumber } from './facts.ts';
import type { Fact, Facts } from './facts.ts';
import { ExprError } from './arithmetic.ts';
import { compareVersions } from './expr.ts';
import type { Expr } from './expr.ts';
import { readBy } from './flat.ts';
import type { ShippedMeaning } from './terms.ts';

/** A value that is tried, how it is shown, and whether it only stands for others like it. */
export interface Single {
  readonly fact: Fact;
  readonly shown?: string;
  readonly others?: true;
}

/** What is tried for one input. */
export interface Probes {
  /** Values that stand for themselves or, texts and containers, for all like them. */
  readonly single: readonly Single[];
  /** Whole numbers, ascending. */
  readonly numbers: readonly number[];
  /** Above this one the tests repeat themselves. */
  readonly settled: number;
  /** Versions in their order, alternating between one below, one named, one above. */
  readonly versions: readonly string[];
  /** Whether nothing the tests can tell apart was left out. */
  readonly exact: boolean;
}

const TEXT = new Set(['in', 'startswith', 'endswith', 'isint', 'iswhole', 'isfloat', 'isdigit', 'items']);
const VERSION = new Set(['vlt', 'vle', 'veq']);
/** Up to here every whole number is tried. */
const ALL = 4096;

/** Chooses values for an input that these variables read; `facts` gives the other inputs of their tests. */
export function probesFor(name: string, users: readonly ShippedMeaning[], facts: Facts): Probes {
  const single: Single[] = [];
  const tests = users.flatMap((m) => ('test' in m ? [m] : []));
  const constants = new Set<number | string>();
  for (const t of tests) for (const arg of t.args) collect(arg, constants);
  const kinds = users.flatMap((m) => ('kinds' in m ? m.of : []));
  for (const m of users)
    if ('choice' in m) {
      single.push(...m.of.map((fact) => ({ fact })));
      if (m.other === true) single.push({ fact: elseThan(m.of), shown: 'anything else', others: true });
    }
  const chosen = single.length > 0;
  for (const kind of kinds) if (kind in PLAIN) single.push({ fact: PLAIN[kind]! });
  const versioned = tests.some((t) => VERSION.has(t.test));
  const texts =
    kinds.includes('str') || (!chosen && kinds.length === 0 && tests.some((t) => isText(t.test, t.args, name)));
  if (texts && !versioned) single.push(...textProbes([...constants]));
  if (kinds.includes('list')) single.push({ fact: [], shown: 'a list', others: true });
  if (kinds.includes('dict')) single.push({ fact: {}, shown: 'a mapping', others: true });
  const numeric =
    kinds.includes('int') || kinds.includes('float') || (!chosen && kinds.length === 0 && !texts && !versioned);
  const found = numeric ? numberProbes(name, tests, constants, facts) : { numbers: [], settled: 0, exact: true };
  if (kinds.includes('float')) single.push({ fact: 0.5, shown: 'a fraction', others: true });
  const versions = versioned ? versionProbes([...constants]) : [];
  const plainTexts = !texts || tests.every((t) => t.test === 'eq' && t.args.every((a) => 'value' in a || 'name' in a));
  return { single, ...found, versions, exact: found.exact && plainTexts };
}

const PLAIN: Readonly<Record<string, Fact>> = { missing: MISSING, none: null, false: false, true: true };

function collect(e: Expr, into: Set<number | string>): void {
  if ('value' in e) into.add(e.value);
  else if ('args' in e) for (const arg of e.args) collect(arg, into);
}

/** Whether a comparison looks at this input as at a text. */
function isText(op: string, args: readonly Expr[], name: string): boolean {
  const asked = (e: Expr): boolean =>
    'args' in e
      ? ['lower', 'upper', 'strip', 'len', 'int', 'float', 'item', 'replace', 'slice', 'count', 'dirname'].includes(
          e.op,
        ) || e.args.some(asked)
      : false;
  const reads = (e: Expr): boolean => ('name' in e ? e.name === name : 'args' in e && e.args.some(reads));
  return (
    args.some(reads) &&
    (TEXT.has(op) || args.some(asked) || args.some((a) => 'value' in a && typeof a.value === 'string'))
  );
}

function elseThan(labels: readonly unknown[]): string {
  let text = 'else';
  while (labels.includes(text)) text += '_';
  return text;
}

function textProbes(constants: readonly (number | string)[]): Single[] {
  const words = constants.flatMap((c) => (typeof c === 'string' ? [c] : [String(c - 1), String(c), String(c + 1)]));
  const known = [...new Set(['0', '1', ...words, ''])];
  return [
    ...known.map((fact) => ({ fact, shown: JSON.stringify(fact) })),
    { fact: elseThan(known), shown: 'another text', others: true },
  ];
}

/** One version of every stretch that these cut. */
function versionProbes(constants: readonly (number | string)[]): string[] {
  const sorted = constants.flatMap((c) => (typeof c === 'string' && isVersion(c) ? [c] : [])).sort(compareVersions);
  return ['0', ...sorted.flatMap((v) => [v, `${v}.post1`])];
}

function isVersion(text: string): boolean {
  try {
    compareVersions(text, '0');
    return true;
  } catch (error) {
    if (error instanceof ExprError) return false;
    throw error;
  }
}

interface NumberProbes {
  readonly numbers: readonly number[];
  readonly settled: number;
  readonly exact: boolean;
}

function numberProbes(
  name: string,
  tests: readonly Extract<ShippedMeaning, { test: string }>[],
  constants: ReadonlySet<number | string>,
  facts: Facts,
): NumberProbes {
  const limits = [...constants].flatMap((c) => (typeof c === 'number' ? [Math.abs(Math.trunc(c))] : []));
  const others = tests
    .flatMap((t) => [...readBy(t)])
    .filter((other) => other !== name)
    .map((other) => plainNumber(facts.get(other)));
  const known = others.flatMap((fact) => (typeof fact === 'number' ? [Math.abs(Math.trunc(fact))] : []));
  // a limit of a sum, a product or a quotient lies within twice the product of what stands in it
  const most = Math.max(1, ...limits) * (known.length > 0 ? 2 * Math.max(1, ...known) : 1);
  const period = periodOf(tests, facts);
  const last = most + 2 * period;
  const simple = tests.every((t) => t.args.every(isSimple));
  if (last <= ALL) return { numbers: Array.from({ length: last }, (_, i) => i + 1), settled: most, exact: simple };
  const windows = new Set<number>();
  for (const at of [
    1,
    ...limits,
    ...known,
    ...limits.flatMap((a) => known.flatMap((b) => [a * b, Math.ceil(a / Math.max(1, b))])),
    most,
  ])
    for (const n of [at - 1, at, at + 1, (Math.floor(at / period) + 1) * period]) if (n >= 1) windows.add(n);
  return { numbers: [...windows].sort((a, b) => a - b), settled: most, exact: simple && period === 1 };
}

/** The number after which divisibility repeats itself. */
function periodOf(tests: readonly { readonly args: readonly Expr[] }[], facts: Facts): number {
  const divisors = new Set<number>();
  const look = (e: Expr): void => {
    if (!('args' in e)) return;
    const by = e.args[1];
    if ((e.op === 'mod' || e.op === 'floordiv' || e.op === 'gcd') && by) {
      const value = 'value' in by ? by.value : 'name' in by ? plainNumber(facts.get(by.name)) : undefined;
      if (typeof value === 'number' && value >= 1) divisors.add(Math.trunc(value));
    }
    for (const arg of e.args) look(arg);
  };
  for (const t of tests) for (const arg of t.args) look(arg);
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let period = 1;
  for (const d of divisors) if (period < ALL) period = (period / gcd(period, d)) * d;
  return period;
}

/** Whether the regions of an expression are found by trying numbers: sums, products, quotients and remainders. */
function isSimple(e: Expr): boolean {
  if ('value' in e || 'name' in e) return true;
  return (
    'args' in e &&
    ['add', 'sub', 'mul', 'mod', 'floordiv', 'truediv', 'neg', 'min', 'max', 'abs'].includes(e.op) &&
    e.args.every(isSimple)
  );
}
