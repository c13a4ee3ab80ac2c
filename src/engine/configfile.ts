/**
 * Flags that a line takes from a file, put into the line as words in the place of `--config FILE`: which words a key and its
 * value become, and where these stand, is learned with a release.
 */
import { WhichattnError } from '../rules/index.ts';
import { repr } from './argparse.ts';
import type { ConfigFileRules, Refusal } from './flags.ts';
import { pythonText, withModelFirst } from './rewrite.ts';

/** A value of such a file as Python reads it; a number by the text that Python prints of it. */
export type FileValue =
  | null
  | boolean
  | string
  | { readonly number: string }
  | readonly FileValue[]
  | ReadonlyMap<string, FileValue>;

/** A line whose flags of a file stand in it, or why it is turned away. */
export type Expanded = { readonly argv: readonly string[] } | { readonly refusal: Refusal };

/** The flag that names the file, where it is a word of its own. */
const FLAG = '--config';

/** How the line was started, as far as it matters here. */
export interface Start {
  /** The server's module was run, without a subcommand. */
  readonly direct: boolean;
  /** The options of the release: where there is no subcommand its parser knows them while it reads a file. */
  readonly options: readonly string[];
}

/** Which file a line names, or why it is turned away; undefined: none. */
export function namedFile(
  rules: ConfigFileRules,
  argv: readonly string[],
): { readonly file: string } | { readonly refusal: Refusal } | undefined {
  const at = argv.indexOf(FLAG);
  if (at < 0) return undefined;
  const file = argv[at + 1];
  if (argv.includes(FLAG, at + 1)) return { refusal: fault(rules, 'twice', FLAG) };
  if (file === undefined) return { refusal: fault(rules, 'unnamed', FLAG) };
  const extension = file.slice(file.lastIndexOf('.') + 1);
  return rules.extensions.includes(extension) ? { file } : { refusal: fault(rules, 'extension', file, extension) };
}

/** The line with the flags of the file that it names. */
export function expandFile(
  rules: ConfigFileRules,
  argv: readonly string[],
  file: ReadonlyMap<string, FileValue>,
  { direct, options }: Start,
): Expanded {
  const moved = withModelFirst(argv);
  if ('code' in moved) return { refusal: moved };
  const at = moved.indexOf(FLAG);
  const [first] = moved;
  const named = first !== undefined && at > 0 && !first.startsWith('-');
  const known = new Set(direct ? options : []);
  const own = [...file].map(([key, value]) => ({ key, words: wordsOf(rules, key, value, known) }));
  const held = own.some(({ words }) => words[0] === `--${MODEL}`);
  if (!named && !held && !direct) return { refusal: fault(rules, 'model', FLAG) };
  const stands: Readonly<Record<string, readonly string[]>> = {
    '{model}': named ? [first] : [],
    // a model that the line names counts more than that of the file
    '{file}': own.flatMap(({ words }) => (named && words[0] === `--${MODEL}` ? [] : words)),
    '{before}': moved.slice(named ? 1 : 0, at),
    '{after}': moved.slice(at + 2),
  };
  const form = learned(rules.lines[named ? 'model' : 'file'], 'where its flags stand in the line');
  return { argv: form.flatMap((part) => stands[part] ?? []) };
}

const MODEL = 'model';

/** The words that a key and its value become. */
function wordsOf(
  { words }: ConfigFileRules,
  key: string,
  value: FileValue,
  options: ReadonlySet<string>,
): readonly string[] {
  const kind = kindOf(value, options.has(`--no-${key}`));
  return learned(words[kind], `what becomes of ${JSON.stringify(key)}`).flatMap((part) => {
    if (part === '{items}') return (value as readonly FileValue[]).map(printed);
    return part.replace(/\{(\w+)\}/, (_, of: string) =>
      of === 'key' ? key : of === 'json' ? json(value) : printed(value),
    );
  });
}

/** What was learned, or the error that it was not. */
function learned<T>(of: T | undefined, what: string): T {
  if (of !== undefined) return of;
  throw unreadFile(`How the release reads the file has been read in part only: ${what} is unknown.`);
}

/** The error for a file of flags of which it is not known what the release makes of it. */
export const unreadFile = (why: string): WhichattnError =>
  new WhichattnError({
    code: 'config-file',
    what: 'The line takes flags from a file',
    why,
    todo: 'Write its flags on the line.',
  });

function kindOf(value: FileValue, negated: boolean): string {
  if (value === null) return 'none';
  if (value === true) return 'true';
  if (value === false) return negated ? 'known' : 'false';
  if (typeof value === 'string') return 'text';
  if (value instanceof Map) return 'dict';
  if (Array.isArray(value)) return value.length > 0 ? 'list' : 'empty';
  return 'number';
}

const isMap = (value: FileValue): value is ReadonlyMap<string, FileValue> => value instanceof Map;
const isList = (value: FileValue): value is readonly FileValue[] => Array.isArray(value);

/** A value as Python's `str` prints it. */
const printed = (value: FileValue): string => (typeof value === 'string' ? value : inside(value));

/** A value as it is printed in another one. */
function inside(value: FileValue): string {
  if (isList(value)) return `[${value.map(inside).join(', ')}]`;
  if (isMap(value)) return `{${[...value].map(([key, item]) => `${repr(key)}: ${inside(item)}`).join(', ')}}`;
  return typeof value === 'object' && value !== null ? value.number : repr(value);
}

/** A value as JSON. What is no number of JSON is written as Python writes it. */
function json(value: FileValue): string {
  if (isList(value)) return `[${value.map(json).join(', ')}]`;
  if (isMap(value)) return `{${[...value].map(([key, item]) => `${pythonText(key)}: ${json(item)}`).join(', ')}}`;
  if (typeof value === 'string') return pythonText(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return { inf: 'Infinity', '-inf': '-Infinity', nan: 'NaN' }[value.number] ?? value.number;
}

/** The refusal of a line for its file. */
const fault = ({ errors }: ConfigFileRules, of: string, typed: string, extension = ''): Refusal => ({
  code: 'bad-command-line',
  text: (errors[of]?.text ?? '').replace('{extension}', extension),
  typed,
  among: [],
});
