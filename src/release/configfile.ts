/**
 * Reads how a release takes flags from a file (`--config FILE`): its own functions run on a file of every kind, and on
 * lines with and without a model. What comes out is kept with names in the place of what was put in.
 */
import {
  bool,
  dict,
  entryFrame,
  flatten,
  int,
  list as listAtom,
  nameIn,
  native,
  NONE,
  one,
  partsOf,
  str,
} from '../python/index.ts';
import type { Args, Atom, Frame, Reader, Value, World } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Scalar } from '../rules/index.ts';

/** An error that ends the reading of a file. */
export interface FileError {
  readonly type: string;
  /** `{extension}` stands for what the file's name ends with. */
  readonly text: string;
}

/** What a release makes of a file of flags. */
export interface ConfigFile {
  /**
   * By the kind of a value the words of `key: value`. `{key}` stands for the key, `{text}` for the value as Python prints
   * it, `{json}` for its JSON, `{items}` for the items, a word each. `known` is false where the parser knows `--no-{key}`.
   */
  readonly words: Readonly<Partial<Record<ValueKind, readonly string[]>>>;
  /** By the form of the line, its words: `{model}`, `{file}`, what stands `{before}` and `{after}` the file's name. */
  readonly lines: Readonly<Partial<Record<LineForm, readonly string[]>>>;
  readonly errors: Readonly<Partial<Record<FileFault, FileError>>>;
  /** What a file's name may end with, of the usual endings. */
  readonly extensions: readonly string[];
}

export type ValueKind = 'true' | 'false' | 'known' | 'text' | 'number' | 'none' | 'list' | 'empty' | 'dict';
/** With a model; without one, where the file has it; without the subcommand. */
export type LineForm = 'model' | 'file' | 'direct';
/** The file is named twice, it is not named, it ends otherwise; the model is nowhere. */
export type FileFault = 'twice' | 'unnamed' | 'extension' | 'model';

const SERVE = 'vllm.entrypoints.cli.serve';
const KEY = 'key';

/** What a file of each kind holds under its only key, and what its parts are called. */
const VALUES: Readonly<Record<ValueKind, readonly [Atom, Readonly<Record<string, string>>]>> = {
  true: [bool(true), {}],
  false: [bool(false), {}],
  known: [bool(false), {}],
  text: [str('value'), { value: '{text}' }],
  number: [int(7), { '7': '{text}' }],
  none: [NONE, { None: '{text}' }],
  list: [
    listAtom(['first', 'second'].map((s) => ({ g: YES, v: one(str(s)) }))),
    { first: '{items}', second: '{second}' },
  ],
  empty: [listAtom([]), {}],
  dict: [
    dict([{ key: str('inner'), g: YES, v: one(str('v')) }]),
    { '{"inner": "v"}': '{json}', "{'inner': 'v'}": '{text}' },
  ],
};

/** The name of a file in a probe, in the place of one that ends as the release wants it. */
const FILE = 'f';

/** Endings that files of flags have. */
const ENDINGS = ['yaml', 'yml', 'json', 'toml', 'ini', 'cfg', 'conf', 'txt'];

interface LineProbe {
  readonly args: readonly string[];
  /** The words of the file. */
  readonly held: readonly string[];
}

const LINES: Readonly<Record<LineForm, LineProbe>> = {
  model: { args: ['serve', 'M', '--b', '--config', FILE, '--a'], held: ['--f'] },
  file: { args: ['serve', '--b', '--config', FILE, '--a'], held: ['--model', '--f'] },
  direct: { args: ['--b', '--config', FILE, '--a'], held: ['--f'] },
};
/** What the words of those lines are called; the subcommand is none of the words after it. */
const CALLED: Readonly<Record<string, string>> = {
  serve: '',
  M: '{model}',
  '--b': '{before}',
  '--a': '{after}',
  '--f': '{file}',
  '--model': '',
};

const FAULTS: Readonly<Record<FileFault, LineProbe>> = {
  twice: { args: ['serve', 'M', '--config', FILE, '--config', FILE], held: [] },
  unnamed: { args: ['serve', 'M', '--config'], held: [] },
  extension: { args: ['serve', 'M', '--config', 'f.other'], held: [] },
  model: { args: ['serve', '--b', '--config', FILE], held: [] },
};

/** The file that the next call opens. */
const opened = new WeakMap<Reader, Value>();

/** The world with a file of flags in it. */
export const withConfigFile = (world: World): World => ({
  ...world,
  outside: (name, R) =>
    name === 'yaml.safe_load' ? one(native(name, () => opened.get(R) ?? one(NONE))) : world.outside(name, R),
});

/** What reads, the class of the parser, and the name of a file that it takes. */
interface Reading {
  readonly R: Reader;
  readonly cls: Value;
  readonly file: string;
}

/** Reads it. `R` reads in a world `withConfigFile`. Undefined where the parser takes no file. */
export function readConfigFile(R: Reader): ConfigFile | undefined {
  const cls = nameIn(R, SERVE, 'FlexibleArgumentParser');
  if (!cls) return undefined;
  const extensions = ENDINGS.filter((ending) => isTakenFrom(R, cls, `${FILE}.${ending}`));
  if (extensions.length === 0) return undefined;
  const reading: Reading = { R, cls, file: `${FILE}.${extensions[0]!}` };
  const words = mapped(VALUES, (value, kind) => wordsOf(reading, kind, value));
  const lines = mapped(LINES, (probe) => lineOf(reading, probe));
  const errors = mapped(FAULTS, (probe, fault) => errorOf(reading, fault, probe));
  return { words, lines, errors, extensions };
}

/** What `of` makes of each item, where it makes something. */
const mapped = <K extends string, A, B>(
  table: Readonly<Record<K, A>>,
  of: (item: A, key: K) => B | undefined,
): Partial<Record<K, B>> =>
  Object.fromEntries(
    (Object.entries(table) as [K, A][]).flatMap(([key, item]) => {
      const made = of(item, key);
      return made === undefined ? [] : [[key, made]];
    }),
  ) as Partial<Record<K, B>>;

/** A parser as the command's own is, which knows these options. */
function parserOf(R: Reader, frame: Frame, cls: Value, options: readonly string[]): Value {
  const parser = R.call(frame, cls, { pos: [], kw: new Map() });
  const known = dict(options.map((option) => ({ key: str(option), g: YES, v: one(NONE) })));
  for (const { v } of parser) if (v.k === 'instance') v.attrs.set('_option_string_actions', one(known));
  return parser;
}

function wordsOf(
  { R, cls, file }: Reading,
  kind: ValueKind,
  [value, parts]: readonly [Atom, Readonly<Record<string, string>>],
): readonly string[] | undefined {
  opened.set(R, one(dict([{ key: str(KEY), g: YES, v: one(value) }])));
  const frame = entryFrame(R, SERVE);
  const parser = parserOf(R, frame, cls, kind === 'known' ? [`--no-${KEY}`] : []);
  const made = textsIn(called(R, frame, parser, 'load_config_file', [str(file)]));
  if (raised(R, frame) !== undefined) return undefined;
  return itemsTogether(
    named(made, (word) => parts[word] ?? (/^--(?:no-)?key$/.test(word) ? word.replace(KEY, '{key}') : undefined)),
  );
}

/** The words with the items of a list as one; undefined where something stands between them. */
function itemsTogether(words: readonly string[] | undefined): readonly string[] | undefined {
  const second = words?.indexOf('{second}') ?? -1;
  if (second < 0) return words;
  return words![second - 1] === '{items}' ? words!.toSpliced(second, 1) : undefined;
}

/** Whether a file of this name is read. */
function isTakenFrom(R: Reader, cls: Value, file: string): boolean {
  opened.set(R, one(dict([])));
  const frame = entryFrame(R, SERVE);
  return textsIn(called(R, frame, parserOf(R, frame, cls, []), 'load_config_file', [str(file)])) !== undefined;
}

function lineOf(reading: Reading, probe: LineProbe): readonly string[] | undefined {
  const { made, error } = pulled(reading, probe);
  return error === undefined ? named(made, (word) => CALLED[word]) : undefined;
}

function errorOf(reading: Reading, fault: FileFault, probe: LineProbe): FileError | undefined {
  const { error } = pulled(reading, probe);
  return error && { ...error, text: fault === 'extension' ? error.text.replace('other', '{extension}') : error.text };
}

/** What is made of a line that names a file. */
function pulled(
  { R, cls, file }: Reading,
  { args, held }: LineProbe,
): { readonly made: readonly Scalar[] | undefined; readonly error: FileError | undefined } {
  opened.set(R, one(dict(held.map((word) => ({ key: str(word.slice(2)), g: YES, v: one(bool(true)) })))));
  const frame = entryFrame(R, SERVE);
  const parser = parserOf(R, frame, cls, []);
  const words = listAtom(args.map((word) => ({ g: YES, v: one(str(word === FILE ? file : word)) })));
  const made = textsIn(called(R, frame, parser, '_pull_args_from_config', [words]));
  return { made, error: raised(R, frame) };
}

function called(R: Reader, frame: Frame, parser: Value, method: string, args: readonly Atom[]): Value {
  const given: Args = { pos: args.map(one), kw: new Map() };
  return R.call(frame, R.getAttr(frame, parser, method), given);
}

/** What is raised for certain. */
function raised(R: Reader, frame: Frame): FileError | undefined {
  const found = flatten(R, frame.trace).find((event) => event.kind === 'raise');
  if (found?.kind !== 'raise') return undefined;
  const [text, ...more] = partsOf(R, frame, one(found.exc), false);
  return text?.p === 'lit' && more.length === 0 ? { type: found.exc.cls.name, text: text.s } : undefined;
}

/** Certain texts of a certain list. */
function textsIn(value: Value): readonly string[] | undefined {
  const v = value.length === 1 ? value[0]!.v : undefined;
  if (v?.k !== 'list') return undefined;
  const texts = v.items.map(({ g, v: item }) => (g === YES && item[0]?.v.k === 'str' ? item[0].v.s : undefined));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** Words by what they stand for; undefined where one stands for nothing that was put in. */
function named(
  words: readonly Scalar[] | undefined,
  of: (word: string) => string | undefined,
): readonly string[] | undefined {
  const out = words?.map((word) => of(String(word)));
  return out?.every((word) => word !== undefined) ? out.filter((word) => word !== '') : undefined;
}
