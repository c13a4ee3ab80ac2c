/**
 * What vLLM makes of the words after `vllm serve` before argparse sees them: `--model` moves to the front, underscores in
 * flags become dashes, `-O3` is spelled out, and dotted flags are gathered into JSON. Mirrors
 * `FlexibleArgumentParser.parse_args`; recorded lines of each release say whether it is still so.
 */
import { isWholeFloat, printed } from '../rules/index.ts';
import type { Json as PlainJson } from './bulk.ts';
import type { Refusal } from './flags.ts';
import { jsonOf } from './jsontext.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The words as they go to argparse. */
export interface Rewritten {
  readonly words: readonly string[];
  /** For each word, the words of the line it stands for, as typed. */
  readonly typed: readonly (readonly string[])[];
  /** The line is turned away before it is parsed. */
  readonly refusal?: Refusal;
  readonly warnings: readonly string[];
}

interface Word {
  readonly text: string;
  readonly typed: readonly string[];
}

/** Reads a number such as `80g`; undefined when the text is none. */
export type ReadNumber = (text: string) => number | undefined;

/** Rewrites the words after `vllm serve`. */
export function rewrite(argv: readonly string[], readNumber: ReadNumber): Rewritten {
  const warnings: string[] = [];
  if (endsWithModel(argv)) return { words: [], typed: [], warnings, refusal: NO_MODEL };
  const moved = modelFirst(argv.map((text) => ({ text, typed: [text] })));
  const refusal = modelMissing(moved);
  const spelled = moved.flatMap((word, i) => spell(word, moved[i + 1]));
  const gathered = gather(spelled, readNumber, warnings);
  const out = { words: gathered.words.map((w) => w.text), typed: gathered.words.map((w) => w.typed), warnings };
  const turnedAway = refusal ?? gathered.refusal;
  return turnedAway ? { ...out, refusal: turnedAway } : out;
}

const NO_MODEL: Refusal = { code: 'missing-value', text: 'list index out of range', typed: '--model', among: [] };

/** Whether the first `--model` is the last word, so that there is no model after it. */
function endsWithModel(argv: readonly string[]): boolean {
  const bare = argv.findIndex((w) => MODEL.test(w));
  return bare >= 0 && argv[bare] === '--model' && bare === argv.length - 1;
}

/** The words with the model before the flags. */
export const withModelFirst = (argv: readonly string[]): readonly string[] | Refusal =>
  endsWithModel(argv) ? NO_MODEL : modelFirst(argv.map((text) => ({ text, typed: [text] }))).map(({ text }) => text);

const MODEL = /^--model(=.+|$)/;

/** `--model X` becomes the positional argument. */
function modelFirst(words: readonly Word[]): readonly Word[] {
  const at = words.findIndex((w) => MODEL.test(w.text));
  if (at < 0) return words;
  const { text } = words[at]!;
  const model: Word =
    text === '--model'
      ? { text: words[at + 1]!.text, typed: [text, words[at + 1]!.text] }
      : { text: text.slice(8), typed: [text] };
  return [model, ...words.slice(0, at), ...words.slice(at + (text === '--model' ? 2 : 1))];
}

function modelMissing(words: readonly Word[]): Refusal | undefined {
  const has = (pattern: RegExp): boolean => words.some((w) => pattern.test(w.text));
  if (!words[0]?.text.startsWith('-') || has(/^--config(=.+|$)/) || !has(/^--served[-_]model[-_]name(=.+|$)/))
    return undefined;
  return {
    code: 'bad-command-line',
    text: '`model` should be provided as the first positional argument when using `vllm serve`. i.e. `vllm serve <model> --<arg> <value>`.',
    typed: words.find((w) => /^--served[-_]model[-_]name/.test(w.text))!.text,
    among: [],
  };
}

/** Underscores between the dashes and the first dot are dashes; `-O` is a long flag. */
function spell(word: Word, next: Word | undefined): Word[] {
  const { text, typed } = word;
  if (text.startsWith('--help=')) return [{ text: '--help', typed }];
  if (text.startsWith('--')) {
    const cut = text.indexOf('=');
    const key = cut < 0 ? text : text.slice(0, cut);
    const spelled = key.replace(/(?<=--)[^.]*/, (m) => m.replaceAll('_', '-'));
    return [{ text: cut < 0 ? spelled : spelled + text.slice(cut), typed }];
  }
  if (text.startsWith('-O') && text !== '-O') {
    const level = text[2] === '=' ? text.slice(3) : text.slice(2);
    return [
      { text: '--optimization-level', typed },
      { text: level, typed: [] },
    ];
  }
  if (text === '-O' && next && ['0', '1', '2', '3'].includes(next.text))
    return [{ text: '--optimization-level', typed }];
  return [word];
}

/** Gathers `--a.b v` into `--a {"b": v}`, one object for each spelling of the flag, behind everything else. */
// oxlint-disable-next-line max-lines-per-function -- steps of one answer that share their facts
function gather(
  words: readonly Word[],
  readNumber: ReadNumber,
  warnings: string[],
): { words: readonly Word[]; refusal?: Refusal } {
  const objects = new Map<string, { value: { [key: string]: Json }; typed: string[] }>();
  const gone = new Set<number>();
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    if (gone.has(i)) continue;
    const { text, typed } = words[i]!;
    if (text.startsWith('--') && !text.includes('.')) {
      const name = text.split('=', 1)[0]!;
      if (seen.has(name)) twice.add(name);
      seen.add(name);
      continue;
    }
    if (!text.startsWith('-') || !text.includes('.')) continue;
    const cut = text.indexOf('=');
    let key = cut < 0 ? text : text.slice(0, cut);
    if (cut >= 0 && !key.includes('.')) continue;
    const next = words[i + 1];
    if (cut < 0 && !next)
      return { words, refusal: { code: 'missing-value', text: 'list index out of range', typed: text, among: [] } };
    let value = cut < 0 ? next!.text : text.slice(cut + 1);
    if (cut < 0) gone.add(i + 1);
    if (key.endsWith('+')) {
      key = key.slice(0, -1);
      value = JSON.stringify(value.split(','));
    }
    const [flag, ...path] = key.split('.');
    const object = objects.get(flag!) ?? { value: {}, typed: [] };
    objects.set(flag!, object);
    object.typed.push(...typed, ...(cut < 0 ? next!.typed : []));
    for (const name of merge(object.value, path, parsed(value, readNumber))) twice.add(`${flag!}.${name}`);
    gone.add(i);
  }
  if (twice.size) warnings.push(`Found duplicate keys ${[...twice].join(', ')}`);
  const left = words.filter((_, i) => !gone.has(i));
  const added = [...objects].flatMap(([flag, { value, typed }]): Word[] => [
    { text: flag, typed },
    { text: pythonJson(value), typed: [] },
  ]);
  return { words: [...left, ...added] };
}

const isArray = (value: PlainJson): value is readonly PlainJson[] => Array.isArray(value);

/** JSON as Python writes it. */
export function pythonJson(value: PlainJson): string {
  if (isWholeFloat(value)) return printed(value);
  if (isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? pythonText(value) : JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${pythonText(key)}: ${pythonJson(item)}`)
    .join(', ')}}`;
}

/** A text of JSON as Python writes it: in ASCII. */
export const pythonText = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function parsed(text: string, readNumber: ReadNumber): Json {
  const value = jsonOf(text) as Json | undefined;
  return value === undefined ? (readNumber(text) ?? text) : value;
}

const isObject = (v: Json | undefined): v is { [key: string]: Json } =>
  typeof v === 'object' && v !== null && !Array.isArray(v) && !isWholeFloat(v);

/** Puts a value at a path; gives the paths of what was there before and is no more. */
function merge(into: { [key: string]: Json }, path: readonly string[], value: Json): string[] {
  const [key, ...rest] = path;
  const old = Object.hasOwn(into, key!) ? into[key!] : undefined;
  if (rest.length) {
    if (isObject(old)) return merge(old, rest, value).map((p) => `${key!}.${p}`);
    const made: { [key: string]: Json } = {};
    merge(made, rest, value);
    into[key!] = made;
    return old === undefined ? [] : [key!];
  }
  if (isObject(old) && isObject(value))
    return Object.entries(value).flatMap(([k, v]) => merge(old, [k], v).map((p) => `${key!}.${p}`));
  if (Array.isArray(old) && Array.isArray(value)) {
    old.push(...value);
    return [];
  }
  into[key!] = value;
  return old === undefined ? [] : [key!];
}
