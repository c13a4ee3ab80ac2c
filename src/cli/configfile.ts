/** A file of flags, as `--config` names it: YAML, its plain values taken as PyYAML takes them. */
import { parseAllDocuments, type ScalarTag } from 'yaml';
import { readNamedText } from '../disk/index.ts';
import {
  expandFile,
  type FileValue,
  namedFile,
  type ReleaseData,
  type ServeCommand,
  type ServerRules,
  unreadFile,
} from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { turnedAway } from './line.ts';

/** The words of a line, with the flags of the file that it names in the place of its name. */
export async function withConfigFile(
  rules: ServerRules,
  release: ReleaseData,
  command: ServeCommand,
  read: (file: string) => Promise<string> = readNamedText,
): Promise<readonly string[]> {
  const file = configFile(rules, release, command);
  return file === undefined ? command.argv : withFlagsOf(file, await read(file), rules, release, command);
}

/** The file of flags that a line names. Throws where it cannot name one. */
export function configFile(
  { table }: ServerRules,
  release: ReleaseData,
  { argv }: Pick<ServeCommand, 'argv'>,
): string | undefined {
  if (!argv.includes('--config')) return undefined;
  if (table.file === undefined) throw unreadFile(`How vLLM ${release.release} reads it has not been learned.`);
  const named = namedFile(table.file, argv)!;
  if ('refusal' in named) throw turnedAway(release, named.refusal, []);
  return named.file;
}

/** The words of a line that names a file of flags, with what stands in the file in the place of its name. */
export function withFlagsOf(
  file: string,
  text: string,
  { table }: ServerRules,
  release: ReleaseData,
  { argv, direct }: Pick<ServeCommand, 'argv' | 'direct'>,
): readonly string[] {
  const options = table.flags.flatMap((flag) => flag.options);
  const made = expandFile(table.file!, argv, flagsIn(text, file), { direct: direct === true, options });
  if ('refusal' in made) throw turnedAway(release, made.refusal, []);
  return made.argv;
}

/** A value that is no text in YAML 1.1, by how it is written. */
const scalar = (tag: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag => ({
  tag: `tag:yaml.org,2002:${tag}`,
  default: true,
  test,
  resolve,
});

const SCALARS: ScalarTag[] = [
  scalar('null', /^(?:~|null|Null|NULL|)$/, () => null),
  scalar('bool', /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/, (text) =>
    /^(?:yes|true|on)$/i.test(text),
  ),
  scalar(
    'int',
    /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
    (text) => ({ number: wholeNumber(text.replaceAll('_', '')) }),
  ),
  scalar(
    'float',
    /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
    (text) => ({ number: floatNumber(text.replaceAll('_', '').toLowerCase()) }),
  ),
  scalar('timestamp', /^\d{4}-\d\d?-\d\d?(?:$|[Tt \t])/, (text) => {
    throw new Error(`${text} is a date there: put quotes around it.`);
  }),
];

/** A whole number as Python prints it: in base 2, 8, 10, 16 or 60. */
function wholeNumber(text: string): string {
  const digits = text.replace(/^[-+]/, '');
  const size = digits.includes(':')
    ? digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n)
    : BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return String(text.startsWith('-') ? -size : size);
}

/** A float as Python prints it. */
function floatNumber(text: string): string {
  if (/inf|nan/.test(text)) return text.replace(/[.+]/g, '');
  const value = Number(text);
  const exponent = Number(value.toExponential().split('e')[1]);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) return value.toExponential().replace(/e([-+])(\d)$/, 'e$10$2');
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** How many values a file holds at most, each as often as something refers to it, and how deep they lie. */
const VALUES = 100_000;
const DEPTH = 100;

/** The flags and their values that a text of YAML gives. Throws where it gives none. */
export function flagsIn(text: string, where: string): ReadonlyMap<string, FileValue> {
  const whole = parsed(text, where);
  if (!(whole instanceof Map)) throw badFile('It gives flags by their names, and this is no list of names.', where);
  let left = VALUES;
  const check = (value: unknown, depth: number): void => {
    left -= 1;
    if (left < 0 || depth > DEPTH) throw badFile('What it stands for is far too large for flags.', where);
    if (Array.isArray(value)) value.forEach((item) => check(item, depth + 1));
    if (!(value instanceof Map)) return;
    for (const [key, item] of value) {
      if (typeof key !== 'string') throw badFile('A name in it is no text: put quotes around it.', where);
      check(item, depth + 1);
    }
  };
  check(whole, 0);
  return whole as ReadonlyMap<string, FileValue>;
}

/** What a text of YAML stands for. */
function parsed(text: string, where: string): unknown {
  const options = { version: '1.1', schema: 'failsafe', customTags: SCALARS, merge: true, uniqueKeys: false } as const;
  try {
    const documents = [...parseAllDocuments(text, { ...options, logLevel: 'silent' })];
    const [wrong] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
    if (wrong) throw wrong;
    if (documents.length > 1) throw new Error('It holds more than one document.');
    return documents[0]?.toJS({ mapAsMap: true, maxAliasCount: 1000 });
  } catch (error) {
    // what follows the first line shows the place once more
    throw badFile((error instanceof Error ? error.message : String(error)).split(':\n')[0]!.trim(), where);
  }
}

const badFile = (why: string, where: string): WhichattnError =>
  new WhichattnError({ code: 'bad-config-file', what: 'It is no file of flags', why, where });
