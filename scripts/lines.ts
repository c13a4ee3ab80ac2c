/** Command lines made at random of a release's own flags, and what its own parser made of them against what we make. */
import { flagsIn, serverQuestion, serverRulesOf } from '#cli';
import { readRelease } from '#disk';
import {
  type ArgumentTable,
  createKnown,
  expandFile,
  type Expanded,
  type Flag,
  givenFact,
  namedFile,
  type ReadArguments,
  type ReleaseData,
  type ServerRules,
} from '#engine';
import { recordedLines } from './oracle.ts';
import { createRandom } from './random.ts';

/** A line to be parsed. */
export interface Line {
  /** The words after `vllm serve`. */
  readonly argv: readonly string[];
  /** The text of `config.yaml` beside it. */
  readonly file?: string;
}

/** A line with what the release's own parser made of it: `scripts/record-lines.py` writes such. */
export interface RecordedLine extends Line {
  readonly release: string;
  /** What the arguments hold that differ from those of a line without words. */
  readonly held?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly type: string; readonly text: string };
}

export interface ComparedLines {
  right: number;
  /** Refused there and here, with several reasons for it, and another one is told first. */
  otherReason: number;
  unknown: number;
  readonly wrong: string[];
}

export const readRecordedLines = (file: string): RecordedLine[] =>
  recordedLines(file).map((line) => JSON.parse(line) as RecordedLine);

/** A release as lines are compared with it. */
export interface LineRules {
  readonly rules: ServerRules;
  readonly release: ReleaseData;
}

/** The rules of a release, with other flags where some are given. */
export function readLineRules(version: string, flags?: ArgumentTable): LineRules {
  const learned = readRelease(version);
  const release = flags === undefined ? learned : { ...learned, arguments: flags };
  return { release, rules: serverRulesOf(version, release, 'cuda') };
}

/** Compares one line. A line with a file is left out where a release's reading of files was not learned. */
export function compareLine({ rules, release }: LineRules, record: RecordedLine, into: ComparedLines): void {
  if (record.file !== undefined && rules.table.file === undefined) return;
  const tell = (what: string): void => void into.wrong.push(`${JSON.stringify(record.argv)} ${what}`);
  const { refusal, held, open } = readLine(rules, release, record);
  if (refusal !== undefined) {
    if (!record.error) tell(`refused: ${refusal}`);
    else if (sameText(refusal, record.error.text)) into.right += 1;
    else if (/error: argument|unrecognized/.test(refusal) && record.error.text.includes('error: argument'))
      into.otherReason += 1;
    else tell(`refused: ${refusal}, and there: ${record.error.text}`);
    return;
  }
  const isOpen = open || [...held.values()].includes(UNREAD);
  const there = withOneModel(record.held ?? {});
  const names = record.error ? [] : [...new Set([...held.keys(), ...Object.keys(there)])];
  const wrong = names
    .map((name) => [name, held.get(name), there[name]] as const)
    .filter(([, own, other]) => own !== UNREAD && JSON.stringify(sorted(own)) !== JSON.stringify(sorted(other)))
    .map(([name, own, other]) => `${name} ${JSON.stringify(own)}, and there: ${JSON.stringify(other)}`);
  if (record.error && !isOpen) tell(`taken, and there: ${record.error.text}`);
  else if (wrong.length > 0) tell(wrong.join('; '));
  else if (isOpen) into.unknown += 1;
  else into.right += 1;
}

/** What we make of a line. */
interface OwnLine {
  readonly refusal?: string | undefined;
  readonly held: ReadonlyMap<string, unknown>;
  /** Something may still refuse it. */
  readonly open: boolean;
}

/** A value that is not read. */
const UNREAD = Symbol('not read');

function readLine(rules: ServerRules, release: ReleaseData, { argv: words, file }: Line): OwnLine {
  const none = { held: new Map<string, unknown>(), open: false };
  const expanded = file === undefined ? { argv: words } : withFile(rules.table, words, file);
  if ('refusal' in expanded) return { ...none, refusal: expanded.refusal.text };
  const { argv } = expanded;
  const line = rules.read(argv, {});
  if (line.refusal) return { ...none, refusal: line.refusal.text };
  const held = differing(line, rules.read([], {}));
  const question = serverQuestion(rules, {
    release,
    platform: 'cuda',
    argv,
    line,
    env: {},
    gpu: {},
    install: undefined,
  });
  // the checks of what was parsed are another step
  const parse = rules.stages(question).find(({ name }) => name === 'parse')!;
  const { error, open } = parse.run(createKnown([{ fact: (name) => givenFact(question, name), because: () => [] }]));
  if (error?.type === 'SystemExit') return { ...none, refusal: error.text ?? undefined };
  return { held: new Map(Object.entries(withOneModel(Object.fromEntries(held)))), open: open.length > 0 };
}

/** What arguments hold, with the model under one name: that before the flags counts more than that of a flag. */
function withOneModel({
  model,
  model_tag: tag,
  ...others
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const served = tag ?? model;
  return served === undefined ? others : { ...others, model: served };
}

function withFile(table: ArgumentTable, argv: readonly string[], file: string): Expanded {
  const named = namedFile(table.file!, argv);
  if (named === undefined) return { argv };
  if ('refusal' in named) return named;
  return expandFile(table.file!, argv, flagsIn(file, 'config.yaml'), { direct: false, options: [] });
}

/** What the arguments of a line hold that differ from those of another. */
function differing(line: ReadArguments, before: ReadArguments): Map<string, unknown> {
  const out = new Map<string, unknown>();
  for (const [name, fact] of Object.entries(line.facts)) {
    const dest = /^args\.(\w+)$/.exec(name)?.[1];
    if (dest === undefined || fact.from !== 'flag') {
      if (dest !== undefined && fact.from === 'unknown' && before.facts[name]?.from !== 'unknown')
        out.set(dest, UNREAD);
      continue;
    }
    const was = before.facts[name];
    if (was?.missing === true || JSON.stringify(was?.value) !== JSON.stringify(fact.value)) out.set(dest, fact.value);
  }
  return out;
}

/** A value with its keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Words of ours for a text that is not known. */
const UNTOLD = /(?:the value .* is refused|a value is not valid)$/s;

/**
 * Whether two errors say the same, as far as we tell the words: what a validator adds of its input and where it is explained
 * is left out.
 */
function sameText(own: string, there: string): boolean {
  if (UNTOLD.test(own)) return there.startsWith(own.replace(UNTOLD, ''));
  const plain = (text: string): string =>
    text
      .split('\n')
      .filter((line) => !line.includes('For further information'))
      .map((line) =>
        line
          .replace(/ \[type=.*$/, '')
          .replace(/: .* at line \d+ column \d+$/, '')
          .trim(),
      )
      .join('\n');
  return plain(own) === plain(there);
}

/** Lines of a release's flags in every form that the parser takes, some of them wrong. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form
export function makeLines(table: ArgumentTable, count: number, seed: number): Line[] {
  const random = createRandom(seed);
  const pick = <T>(of: readonly T[]): T => of[random(of.length)]!;
  const flags = table.flags.filter(({ options, action }) => options.length > 0 && /^(?:store|set)$/.test(action));
  const objects = flags.filter((flag) => keysOf(table, flag).length > 0);
  const valueOf = ({ choices, type, known }: Flag): string => {
    const texts = [...(choices ?? []), ...(known ?? [])].map(String);
    if (texts.length > 0 && random(8) > 0) return pick(texts);
    if (type === 'int' || type === 'float') return pick(['1', '2', '16', '0', '-1', 'many', '0.5']);
    return pick(['1', '4', '8k', '1K', '0.9', 'auto', 'none', 'a,b', 'x y', '{}', '{"a": 1}', '[1]', '-1', '']);
  };
  const spelled = (option: string): string => (random(4) === 0 ? option.replaceAll(/(?<=\w)-/g, '_') : option);
  const object = (): string[] => {
    const flag = pick(objects);
    const [option, key] = [pick(flag.options), pick(keysOf(table, flag))];
    const value = pick(['1', 'true', 'null', 'text', '4k', '[1,2]', '{"a": 1}', '0.5']);
    switch (random(5)) {
      case 0:
        return [`${option}.${key}`, value];
      case 1:
        return [`${option}.${key}=${value}`];
      case 2:
        return [`${option}.${key}+`, pick(['1,2', 'a', '1'])];
      case 3:
        return [option, pick([`{"${key}": ${value}}`, `{"${key}": "${value.replaceAll('"', '')}"}`, '{', '[]'])];
      default:
        return [`${option}.${key}.inner`, value];
    }
  };
  const words = (): string[] => {
    const flag = pick(flags);
    const option = pick(flag.options);
    if (flag.action === 'set') return [spelled(random(12) === 0 ? `${option}=1` : option)];
    switch (random(12)) {
      case 0:
      case 1:
      case 2:
        return [`${spelled(option)}=${valueOf(flag)}`];
      case 3:
        return option.length > 8 ? [option.slice(0, -1 - random(3)), valueOf(flag)] : [option, valueOf(flag)];
      case 4:
        return [option];
      case 5:
        return [`${option}x`, valueOf(flag)];
      case 6:
        return [pick(['-O1', '-O', '-O=2', '-O9']), ...(random(2) === 0 ? ['3'] : [])];
      case 7:
        return ['--served-model-name', 'a', ...(random(2) === 0 ? ['b'] : [])];
      default:
        return [spelled(option), valueOf(flag), ...(flag.nargs === '+' && random(2) === 0 ? [valueOf(flag)] : [])];
    }
  };
  const some = (): string[] =>
    Array.from({ length: 1 + random(3) }, () => (random(3) === 0 ? object() : words())).flat();
  const inFile = (): string => {
    const flag = pick(random(3) === 0 ? objects : flags);
    const [key] = keysOf(table, flag);
    const name = spelled(pick(flag.options)).replace(/^-+/, '');
    if (key !== undefined)
      return pick([`${name}:\n  ${key}: 1\n`, `${name}: {${key}: [a, 1]}\n`, `${name}.${key}: text\n`]);
    if (flag.action === 'set') return `${name}: ${pick(['true', 'false', 'yes', 'off', 'null', '1'])}\n`;
    return `${name}: ${pick([JSON.stringify(valueOf(flag)), '7', '0.5', '[a, b]', '[]', '~', '1e3', '0x10', '1_000', "'8k'"])}\n`;
  };
  const withFile = (): Line => {
    const model = random(4) > 0 ? ['m'] : [];
    const lines = Array.from({ length: 1 + random(3) }, inFile);
    if (random(3) === 0) lines.push('model: own\n');
    const end = random(12) === 0 ? ['--config', pick(['config.yaml', 'config.txt'])] : ['--config', 'config.yaml'];
    const argv = random(2) === 0 ? [...model, ...some(), ...end] : [...model, ...end, ...some()];
    return { argv: random(20) === 0 ? [...argv, '--config'] : argv, file: lines.join('') };
  };
  const plainLine = (): Line => {
    const model = [['m'], ['m'], ['m'], ['--model', 'm'], ['--model=m'], []][random(6)]!;
    return { argv: random(4) === 0 ? [...some(), ...model] : [...model, ...some()] };
  };
  return Array.from({ length: count }, () => (random(3) === 0 ? withFile() : plainLine()));
}

/** The keys of the object that a flag gives. */
function keysOf({ rules }: ArgumentTable, { type }: Flag): string[] {
  const text = JSON.stringify(rules.terms[`${type}.value`] ?? null);
  const keys = /"keys":\{"list":(\[.*?\]\])\}/.exec(text)?.[1];
  return keys === undefined ? [] : [...keys.matchAll(/"(\w+)"/g)].map((found) => found[1]!);
}
