/**
 * Words of a command line shared out among the flags of a table, as Python's argparse does it: exact names, `=`, unique
 * beginnings, the number of values each flag takes, and the messages it prints. Mirrors `ArgumentParser._parse_known_args`.
 */
import { textOf } from '../rules/index.ts';
import type { Flag, Refusal } from './flags.ts';

/** A flag with the words it was given. */
export interface Taken {
  readonly flag: Flag;
  /** The option as the parser knows it; empty for the positional argument. */
  readonly option: string;
  readonly values: readonly string[];
  /** Which word it was. */
  readonly at: number;
}

/** Hears of a flag with its words. */
export type Take = (taken: Taken) => void;

/** Thrown where argparse ends the program with a message. */
export class ArgumentError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.text);
    this.refusal = refusal;
  }
}

/** How argparse names an argument in a message. */
export const shownName = (flag: Flag): string =>
  flag.options.length ? (flag.shown ?? flag.options).join('/') : flag.dest;

/** Ends with a message about an argument. */
export function fail(
  flag: Flag,
  code: Refusal['code'],
  message: string,
  typed: string,
  among: readonly string[] = [],
): never {
  throw new ArgumentError({
    code,
    text: `vllm serve: error: argument ${shownName(flag)}: ${message}`,
    typed,
    among,
    place: flag.place,
  });
}

/** A text as Python's `repr` writes it. */
export function repr(value: unknown): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value !== 'string') return textOf(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  return (
    quote +
    value
      .replaceAll('\\', '\\\\')
      .replaceAll('\n', '\\n')
      .replaceAll('\t', '\\t')
      .replaceAll('\r', '\\r')
      .replaceAll(quote, `\\${quote}`) +
    quote
  );
}

interface Option {
  /** Undefined: a flag that the table does not have. */
  readonly flag: Flag | undefined;
  readonly option: string;
  readonly explicit: string | undefined;
}

const NEGATIVE = /^-\d+$|^-\d*\.\d+$/;

/** What a word is: an option, or undefined for a value. Throws for a beginning of several options. */
function optionOf(options: ReadonlyMap<string, Flag>, abbreviations: boolean, word: string): Option | undefined {
  if (!word.startsWith('-')) return undefined;
  const exact = options.get(word);
  if (exact) return { flag: exact, option: word, explicit: undefined };
  if (word.length === 1) return undefined;
  const cut = word.indexOf('=');
  const name = cut < 0 ? word : word.slice(0, cut);
  const explicit = cut < 0 ? undefined : word.slice(cut + 1);
  const withValue = explicit === undefined ? undefined : options.get(name);
  if (withValue) return { flag: withValue, option: name, explicit };
  const found = beginnings(options, abbreviations, word, name, explicit);
  if (found.length > 1) {
    const names = found.map((f) => f.option);
    throw new ArgumentError({
      code: 'ambiguous-flag',
      text: `vllm serve: error: ambiguous option: ${word} could match ${names.join(', ')}`,
      typed: word,
      among: names,
    });
  }
  if (found[0]) return found[0];
  if (NEGATIVE.test(word) || word.includes(' ')) return undefined;
  return { flag: undefined, option: word, explicit: undefined };
}

/** The options that a word may be the beginning of. */
function beginnings(
  options: ReadonlyMap<string, Flag>,
  abbreviations: boolean,
  word: string,
  name: string,
  explicit: string | undefined,
): Option[] {
  const out: Option[] = [];
  if (word.startsWith('--')) {
    if (abbreviations)
      for (const [option, flag] of options) if (option.startsWith(name)) out.push({ flag, option, explicit });
    return out;
  }
  for (const [option, flag] of options) {
    if (option === word.slice(0, 2)) out.push({ flag, option, explicit: word.slice(2) });
    else if (option.startsWith(word)) out.push({ flag, option, explicit: undefined });
  }
  return out;
}

/** How many of the words that follow a flag takes; undefined where they do not suit it. `A` is a value, `O` an option. */
function count(flag: Flag, pattern: string): number | undefined {
  const { nargs } = flag;
  const of =
    nargs === undefined
      ? 'A'
      : nargs === '?'
        ? 'A?'
        : nargs === '*'
          ? 'A*'
          : nargs === '+'
            ? 'A+'
            : nargs === '...'
              ? '[AO]*'
              : 'A'.repeat(Number(nargs));
  return new RegExp(`^${of}`).exec(pattern)?.[0].length;
}

function countError(flag: Flag): string {
  const { nargs } = flag;
  if (nargs === undefined) return 'expected one argument';
  if (nargs === '?') return 'expected at most one argument';
  if (nargs === '+') return 'expected at least one argument';
  return `expected ${nargs} argument${nargs === 1 ? '' : 's'}`;
}

/** By the flags of a table, which one an option is of. */
const optionsBy = new WeakMap<readonly Flag[], ReadonlyMap<string, Flag>>();

function optionsOf(flags: readonly Flag[]): ReadonlyMap<string, Flag> {
  const known = optionsBy.get(flags) ?? new Map(flags.flatMap((f) => f.options.map((o) => [o, f] as const)));
  optionsBy.set(flags, known);
  return known;
}

/**
 * Shares out the words: `take` hears of each flag in the order in which argparse does what it asks for. What no flag takes
 * comes back. Throws ArgumentError as argparse would end.
 */
// oxlint-disable-next-line max-lines-per-function -- steps of one answer that share their facts
export function shareOut(
  flags: readonly Flag[],
  abbreviations: boolean,
  words: readonly string[],
  take: Take,
): readonly string[] {
  const options = optionsOf(flags);
  const positionals = flags.filter((f) => f.options.length === 0);
  const dashes = words.indexOf('--');
  const read = words.map((w, i) => (dashes >= 0 && i >= dashes ? undefined : optionOf(options, abbreviations, w)));
  const pattern = words.map((_, i) => (i === dashes ? '-' : read[i] ? 'O' : 'A')).join('');
  const extras: string[] = [];
  const last = pattern.lastIndexOf('O');

  const positional = (start: number): number => {
    let at = start;
    while (positionals.length) {
      // the words up to the next option; `--` itself is no value
      const found = /^-*(A?)-*/.exec(pattern.slice(at))!;
      const flag = positionals.shift()!;
      const values = words.slice(at, at + found[0].length).filter((w) => w !== '--');
      if (values.length) take({ flag, option: '', values, at });
      at += found[0].length;
    }
    return at;
  };

  const option = (start: number): number => {
    const { flag, option: name, explicit } = read[start]!;
    if (!flag) {
      extras.push(words[start]!);
      return start + 1;
    }
    if (explicit !== undefined)
      return withExplicit(options, take, words, start, { flag, option: name, explicit }, pattern);
    const n = count(flag, pattern.slice(start + 1));
    if (n === undefined) fail(flag, 'missing-value', countError(flag), words[start]!);
    take({ flag, option: name, values: words.slice(start + 1, start + 1 + n), at: start });
    return start + 1 + n;
  };

  let at = 0;
  while (at <= last) {
    const next = pattern.indexOf('O', at);
    if (at !== next) {
      const end = positional(at);
      if (end > at) {
        at = end;
        continue;
      }
    }
    if (pattern[at] !== 'O') {
      extras.push(...words.slice(at, next));
      at = next;
    }
    at = option(at);
  }
  const end = positional(at);
  extras.push(...words.slice(end));
  return extras;
}

/** A flag that holds its value itself: `--x=v`, or a short one with what follows its letter. */
function withExplicit(
  options: ReadonlyMap<string, Flag>,
  take: Take,
  words: readonly string[],
  start: number,
  first: Option,
  pattern: string,
): number {
  let flag = first.flag!;
  let name = first.option;
  let explicit = first.explicit!;
  for (;;) {
    const n = count(flag, 'A');
    if (n === 0 && !name.startsWith('--') && explicit !== '') {
      take({ flag, option: name, values: [], at: start });
      const nextName = `-${explicit[0]!}`;
      const next = options.get(nextName);
      if (!next) fail(flag, 'bad-value', `ignored explicit argument ${repr(explicit)}`, words[start]!);
      flag = next;
      name = nextName;
      explicit = explicit.slice(1);
      if (explicit !== '') continue;
      const more = count(flag, pattern.slice(start + 1));
      if (more === undefined) fail(flag, 'missing-value', countError(flag), words[start]!);
      take({ flag, option: name, values: words.slice(start + 1, start + 1 + more), at: start });
      return start + 1 + more;
    }
    if (n !== 1) fail(flag, 'bad-value', `ignored explicit argument ${repr(explicit)}`, words[start]!);
    take({ flag, option: name, values: [explicit], at: start });
    return start + 1;
  }
}
