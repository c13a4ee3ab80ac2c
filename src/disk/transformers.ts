import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareVersions } from '../catalog/index.ts';
import type { ClassRules, ClassTable } from '../engine/index.ts';
import { type RuleSet, WhichattnError } from '../rules/index.ts';

/*
 * What the configuration classes of a release of transformers make of a config.json, one file a release: a line that
 * says what it is, then a line for each class. There are hundreds and a question needs one or two, so a line is read
 * when its class is asked for.
 */

const OWN = fileURLToPath(new URL('../../data/transformers', import.meta.url));
const SHAPE = 1;

interface Head {
  /** Variables that the rules of several classes name by their number here. */
  readonly shared?: RuleSet['variables'];
  /** Where the rules of each class stand: from which byte after this line on, and how many bytes. */
  readonly lines?: Readonly<Record<string, readonly [number, number]>>;
  readonly schemaVersion: number;
  readonly transformers: string;
  readonly source: { readonly file: string; readonly sha256: string };
  readonly base: ClassRules;
  readonly types: Readonly<Record<string, string>>;
  /** Lists of texts that others ask for, by their full names. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  /** Model types whose class could not be read, and why. */
  readonly unread: Readonly<Record<string, string>>;
}

/** A table with what it was learned from. */
export interface TransformersData extends Omit<Head, 'schemaVersion' | 'shared' | 'lines'>, ClassTable {
  readonly classes: Readonly<Record<string, ClassRules>>;
}

/** The releases of transformers whose classes have been learned, newest first. */
export function listTransformers(
  working: string = process.cwd(),
): { readonly version: string; readonly file: string }[] {
  const found = new Map<string, string>();
  for (const folder of [path.join(working, 'data/transformers'), OWN])
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const version = /^(\d.*)\.jsonl$/.exec(name)?.[1];
      if (version !== undefined && !found.has(version)) found.set(version, path.join(folder, name));
    }
  return [...found]
    .map(([version, file]) => ({ version, file }))
    .toSorted((a, b) => compareVersions(b.version, a.version));
}

/** The classes in a file; each is read when it is asked for. */
export function readTransformersFile(file: string): TransformersData {
  const bytes = readFileSync(file);
  const end = bytes.indexOf(10);
  const { schemaVersion, shared = [], lines, ...head } = JSON.parse(bytes.toString('utf8', 0, end)) as Head;
  if (schemaVersion !== SHAPE) {
    throw new WhichattnError({
      code: 'bad-classes',
      what: `It is no table of classes of shape ${SHAPE}`,
      where: file,
      todo: 'Learn that release of transformers again: `whichattn learn PATH`.',
    });
  }
  const classes: Record<string, ClassRules> = {};
  for (const [name, [start, length]] of Object.entries(lines ?? linesOf(bytes, end + 1))) {
    let read: ClassRules | undefined;
    const get = (): ClassRules => {
      const from = end + 1 + start;
      read ??= withShared(
        JSON.parse(bytes.toString('utf8', from, from + length)) as Packed,
        shared,
        (at) => classes[at]!,
      );
      return read;
    };
    Object.defineProperty(classes, name, { enumerable: true, get });
  }
  return { ...head, classes };
}

/** Where the rules of each class stand, for a file that does not say so itself. */
function linesOf(bytes: Buffer, begin: number): Readonly<Record<string, readonly [number, number]>> {
  const lines: Record<string, readonly [number, number]> = {};
  for (let from = begin; from < bytes.length;) {
    const to = bytes.indexOf(10, from);
    const colon = bytes.indexOf(':', from);
    lines[JSON.parse(bytes.toString('utf8', from, colon)) as string] = [colon + 1 - begin, to - colon - 1];
    from = to + 1;
  }
  return lines;
}

/** The text of such a file: the same for the same release. */
export function transformersText(data: TransformersData): string {
  const { classes, ...head } = data;
  const sorted = Object.entries(classes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const shared = sharedOf(sorted.map(([, rules]) => rules));
  const first = new Map<string, string>();
  let at = 0;
  const lines: Record<string, readonly [number, number]> = {};
  const written = sorted.map(([name, rules]) => {
    const before = `${JSON.stringify(name)}:`;
    const text = JSON.stringify(pack(name, rules, shared, first));
    const [start, length] = [Buffer.byteLength(before), Buffer.byteLength(text)];
    lines[name] = [at + start, length];
    at += start + length + 1;
    return before + text;
  });
  const texts = [...shared.keys()].map((text) => JSON.parse(text) as unknown);
  return `${[JSON.stringify({ schemaVersion: SHAPE, ...head, shared: texts, lines }), ...written].join('\n')}\n`;
}

/** Rules as they are written: a number for a variable that many classes have, a class for what is said of it already. */
type PackedRules = Omit<RuleSet, 'variables'> & {
  readonly variables: readonly (number | RuleSet['variables'][number])[];
};
type Packed = Omit<ClassRules, 'made' | 'calls'> & {
  readonly made?: PackedRules;
  readonly calls?: Readonly<Record<string, PackedRules | string>>;
};

/** The variables that stand at several places, numbered. */
function sharedOf(all: readonly ClassRules[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { made, calls } of all)
    for (const rules of [...(made ? [made] : []), ...Object.values(calls ?? {})])
      for (const variable of rules.variables) {
        // what names a condition of its own rules is nobody else's
        if ('cases' in variable || 'exists' in variable) continue;
        const text = JSON.stringify(variable);
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
  const often = [...counts].filter(([, n]) => n > 2).map(([text]) => text);
  return new Map(often.map((text, i) => [text, i]));
}

function pack(
  name: string,
  rules: ClassRules,
  shared: ReadonlyMap<string, number>,
  first: Map<string, string>,
): Packed {
  const short = (set: RuleSet): PackedRules => ({
    ...set,
    variables: set.variables.map((variable) => shared.get(JSON.stringify(variable)) ?? variable),
  });
  const call = (method: string, set: RuleSet): PackedRules | string => {
    const key = `${method} ${JSON.stringify(set)}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, name);
    return known ?? short(set);
  };
  const { made, calls, ...rest } = rules;
  return {
    ...rest,
    ...(made ? { made: short(made) } : {}),
    ...(calls
      ? { calls: Object.fromEntries(Object.entries(calls).map(([method, set]) => [method, call(method, set)])) }
      : {}),
  };
}

function withShared(packed: Packed, shared: Head['shared'] & object, other: (name: string) => ClassRules): ClassRules {
  const whole = (set: PackedRules): RuleSet => ({
    ...set,
    variables: set.variables.map((variable) => (typeof variable === 'number' ? shared[variable]! : variable)),
  });
  const { made, calls, ...rest } = packed;
  const call = (method: string, set: PackedRules | string): RuleSet =>
    typeof set === 'string' ? other(set).calls![method]! : whole(set);
  return {
    ...rest,
    ...(made ? { made: whole(made) } : {}),
    ...(calls
      ? { calls: Object.fromEntries(Object.entries(calls).map(([method, set]) => [method, call(method, set)])) }
      : {}),
  };
}
