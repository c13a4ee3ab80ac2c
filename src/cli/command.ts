import { parseArgs } from 'node:util';
import { nearest } from '../catalog/index.ts';
import { WhichattnError } from '../rules/index.ts';

/** What a command gives back: 0 answered · 1 answered, and it found something · 2 asked wrongly · 3 we failed. */
export type ExitCode = 0 | 1 | 2 | 3 | typeof INTERRUPTED;

/** As a shell says it of what Ctrl-C ended. */
export const INTERRUPTED = 130;

export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for its value in the help; a flag without one takes none. */
  readonly value?: string;
  readonly says: string;
  /** It may be given again, and every time counts. */
  readonly again?: true;
  /** Offered by the shell's completion: words, or the name of a list that the package holds. */
  readonly offers?: readonly string[] | 'gpus' | 'releases' | 'plugins' | 'transformers' | 'files';
}

export interface Command {
  /** What stands after the name in the help. */
  readonly usage: string;
  readonly flags: readonly Flag[];
  /** What else its help says. */
  readonly more?: string;
  /** How many words it takes beside its flags: at least, at most. */
  readonly words: readonly [number, number];
  /** What its words are, for the shell's completion. */
  readonly offers?: Flag['offers'];
  /** Flags that it does not know are kept for it to read: they are those of another program. */
  readonly passesOn?: true;
  /** Answers on stdout, talks on stderr. A WhichattnError that it throws is a question asked wrongly. */
  readonly run: (asked: Asked) => Promise<ExitCode>;
}

/** A command's arguments, read. */
export interface Asked {
  readonly words: readonly string[];
  /** The value of a flag. */
  readonly flag: (name: string) => string | undefined;
  /** All values of a flag, in order. */
  readonly all: (name: string) => readonly string[];
  readonly has: (name: string) => boolean;
  readonly json: boolean;
  /** The command's own flags, as they are typed. */
  readonly known: readonly string[];
  /** What a command that passes on has not read itself, in order. */
  readonly rest: readonly string[];
}

export const HELP: Flag = { name: 'help', says: 'Show this help.' };
export const JSON_FLAG: Flag = { name: 'json', says: 'Answer in JSON.' };

/** Every flag of a command, with those that all have. */
export const flagsOf = (command: Command): readonly Flag[] => [...command.flags, JSON_FLAG, HELP];

/** Reads a command's arguments. Throws for a flag it does not have, a value that is missing, a word too many. */
export function readArguments(name: string, command: Command, args: readonly string[]): Asked {
  const flags = new Map(flagsOf(command).map((flag) => [flag.name, flag]));
  const { mine, rest } = command.passesOn ? split(flags, args) : { mine: args, rest: [] };
  const options = Object.fromEntries(
    [...flags.values()].map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' } as const]),
  );
  const { tokens } = parseArgs({ args: [...mine], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const value = checked(name, flags, token);
    const [before] = given.get(token.name) ?? [];
    if (before !== undefined && before !== value && flags.get(token.name)!.again === undefined)
      throw twice(token.name, before, value);
    put(given, token.name, value);
  }
  if (!given.has('help')) checkWords(name, command, words);
  return {
    words,
    flag: (name) => given.get(name)?.at(-1),
    all: (name) => given.get(name) ?? [],
    has: (name) => given.has(name),
    json: given.has('json'),
    known: [...flags.keys()].map((flag) => `--${flag}`),
    rest,
  };
}

const twice = (name: string, before: string, value: string): WhichattnError =>
  new WhichattnError({
    code: 'bad-flag',
    what: `--${name} is given twice, with two values`,
    why: `They are ${before} and ${value}; one question has one.`,
  });

function put(given: Map<string, string[]>, name: string, value: string): void {
  const before = given.get(name);
  if (before === undefined) given.set(name, [value]);
  else before.push(value);
}

/** The value of a flag as it was given, '' for one that takes none. */
function checked(
  name: string,
  flags: ReadonlyMap<string, Flag>,
  token: { readonly name: string; readonly rawName: string; readonly value: string | undefined },
): string {
  const flag = flags.get(token.name);
  if (flag === undefined) {
    throw new WhichattnError({
      code: 'unknown-flag',
      what: `whichattn ${name} has no flag ${token.rawName}`,
      suggestions: nearest(token.name, flags.keys()).map((near) => `--${near}`),
      todo: `whichattn ${name} --help lists them.`,
    });
  }
  if (flag.value === undefined && token.value !== undefined) {
    throw new WhichattnError({
      code: 'bad-flag',
      what: `--${flag.name} takes no value`,
      why: `It got ${token.value}.`,
    });
  }
  if (flag.value !== undefined && token.value === undefined) {
    throw new WhichattnError({ code: 'bad-flag', what: `--${flag.name} needs a value: ${flag.value}` });
  }
  return token.value ?? '';
}

function checkWords(name: string, { usage, words: [least, most] }: Command, words: readonly string[]): void {
  if (words.length >= least && words.length <= most) return;
  throw new WhichattnError({
    code: 'bad-arguments',
    what:
      words.length < least
        ? `whichattn ${name} needs more`
        : `whichattn ${name} does not know what to do with ${words[most]!}`,
    todo: `Usage: whichattn ${name} ${usage}`.trim(),
  });
}

/** Tells a command's own flags from those that it passes on, where the words of a flag go with it. */
function split(
  flags: ReadonlyMap<string, Flag>,
  args: readonly string[],
): { readonly mine: string[]; readonly rest: string[] } {
  const mine: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const own = arg.startsWith('--') ? flags.get(arg.slice(2).split('=', 1)[0]!) : undefined;
    if (own === undefined) rest.push(arg);
    else {
      mine.push(arg);
      if (own.value !== undefined && !arg.includes('=') && i + 1 < args.length) mine.push(args[++i]!);
    }
  }
  return { mine, rest };
}
