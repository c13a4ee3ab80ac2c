import path from 'node:path';
import { compareVersions } from '../catalog/index.ts';
import type { ClassRules, ClassTable } from '../engine/index.ts';
import {
  lazyRecord,
  mergeRules,
  namesOf,
  packRules,
  type PackedRuleSet,
  type RuleSet,
  unpackRules,
  WhichattnError,
} from '../rules/index.ts';
import { laidOutText, readLaidOut } from './laidout.ts';
import { learnedFile } from './releases.ts';
import { DATA, OWN_SHELF } from './shelf.ts';

/*
 * What the configuration classes of a release of transformers make of a config.json, one file a release: a row for each
 * class, and the rules of all of them as one rule set, since most of what they say is the same. There are hundreds of
 * classes and a question needs one or two, so a row is read when its class is asked for.
 */

const OWN = path.join(DATA, 'transformers');
const SHAPE = 2;

/** A class as it is written: in place of rules, what stands before the names of their terms. */
type Row = Omit<ClassRules, 'made' | 'calls'> & {
  readonly made?: string;
  readonly calls?: Readonly<Record<string, string>>;
};

interface Head {
  readonly transformers: string;
  /** The release of vLLM whose own classes these are, where they are such; they derive from those of transformers. */
  readonly release?: string;
  /** What was read beside the source, the classes of transformers. */
  readonly beside?: { readonly file: string; readonly sha256: string };
  readonly source: { readonly file: string; readonly sha256: string };
  readonly types: Readonly<Record<string, string>>;
  /** Lists of texts that others ask for, by their full names. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  /** Model types whose class could not be read, and why. */
  readonly unread: Readonly<Record<string, string>>;
}

interface Written extends Head {
  readonly schemaVersion: number;
  readonly base: Row;
  readonly classes: Readonly<Record<string, Row>>;
  readonly rules: PackedRuleSet;
}

/** A table with what it was learned from. */
export interface TransformersData extends Head, ClassTable {
  readonly lists?: Readonly<Record<string, readonly string[]>>;
}

/** The releases of transformers whose classes have been learned, newest first. */
export function listTransformers(
  working: string = process.cwd(),
): { readonly version: string; readonly file: string }[] {
  const found = new Map<string, string>();
  for (const folder of [path.join(working, 'data/transformers'), OWN])
    for (const name of OWN_SHELF.namesIn(folder)) {
      const version = /^(\d[^+]*)\.json$/.exec(name)?.[1];
      if (version !== undefined && !found.has(version)) found.set(version, path.join(folder, name));
    }
  return [...found]
    .map(([version, file]) => ({ version, file }))
    .toSorted((a, b) => compareVersions(b.version, a.version));
}

/** The file of the classes that a release of vLLM has of its own, beside those of a release of transformers. */
export const ownClassesFile = (transformers: string, release: string): string =>
  learnedFile(`transformers/${transformers}+${release}.json`);

/** The same beside the file of that release: in the folder of classes beside the folder of releases, else next to it. */
export const ownClassesBeside = (release: string, transformers: string): string =>
  path.basename(path.dirname(release)) === 'releases'
    ? path.join(path.dirname(release), '../transformers', `${transformers}+${path.basename(release)}`)
    : release.replace(/(?:\.json)?$/, `.transformers-${transformers}.json`);

/** The classes of transformers together with those that a release of vLLM has of its own; undefined where these were not learned. */
export function withOwnClasses(table: TransformersData, release: string): TransformersData | undefined {
  const name = `${table.transformers}+${release}.json`;
  const file = [path.join(process.cwd(), 'data/transformers', name), path.join(OWN, name)].find((one) =>
    OWN_SHELF.isThere(one),
  );
  if (file === undefined) return undefined;
  const { classes } = readTransformersFile(file);
  const both = lazyRecord(
    () => [...namesOf(table.classes), ...namesOf(classes)],
    (key) => (Object.hasOwn(classes, key) ? classes[key] : table.classes[key]),
  );
  return { ...table, classes: both };
}

/** The classes in a file; each is read when it is asked for. */
export function readTransformersFile(file: string): TransformersData {
  const unreadable = (cause: unknown): WhichattnError => badClasses('The table of classes cannot be read', file, cause);
  const data = readWritten(file, unreadable);
  if (data.schemaVersion !== SHAPE) throw badClasses(`It is no table of classes of shape ${SHAPE}`, file);
  const written = data as Written;
  const { transformers, source, types, lists, unread, classes: rows, rules } = written;
  const classes = lazyRecord(
    () => namesOf(rows),
    (name) => (Object.hasOwn(rows, name) ? withRules(rows[name]!, rules) : undefined),
  );
  const base = withRules(written.base, rules);
  return { transformers, source, types, unread, ...(lists ? { lists } : {}), base, classes };
}

function readWritten(file: string, unreadable: (cause: unknown) => WhichattnError): Partial<Written> {
  try {
    return readLaidOut(file, unreadable);
  } catch (cause) {
    throw unreadable(cause);
  }
}

const badClasses = (what: string, where: string, cause?: unknown): WhichattnError =>
  new WhichattnError({
    code: 'bad-classes',
    what,
    ...(cause instanceof Error ? { why: cause.message } : {}),
    where,
    todo: 'Learn that release of transformers again: `whichattn learn PATH`.',
    cause,
  });

/** The text of such a file: the same for the same release. */
export function transformersText({ base, classes, ...head }: TransformersData): string {
  const sets: (readonly [string, RuleSet])[] = [];
  // by the text of rules, where they stand: many classes have the same
  const known = new Map<string, string>();
  const place = (prefix: string, rules: RuleSet): string => {
    const text = JSON.stringify(rules);
    const before = known.get(text);
    if (before !== undefined) return before;
    known.set(text, prefix);
    sets.push([prefix, rules]);
    return prefix;
  };
  const row = (name: string, { made, calls, ...rest }: ClassRules): Row => ({
    ...rest,
    ...(made ? { made: place(`${name}/`, made) } : {}),
    ...(calls ? { calls: mapped(calls, (rules, method) => place(`${name}:${method}/`, rules)) } : {}),
  });
  const own = row('', base);
  const sorted = Object.entries(classes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const rows = Object.fromEntries(sorted.map(([name, rules]) => [name, row(name, rules)]));
  const written: Written = {
    schemaVersion: SHAPE,
    ...head,
    base: own,
    classes: rows,
    rules: packRules(
      mergeRules(sets),
      sets.map(([prefix]) => prefix),
    ),
  };
  return laidOutText(written, ['classes']);
}

function withRules({ made, calls, ...row }: Row, rules: PackedRuleSet): ClassRules {
  const read = (prefix: string): RuleSet => unpackRules(rules, prefix);
  return {
    ...row,
    ...(made === undefined ? {} : { made: read(made) }),
    ...(calls ? { calls: mapped(calls, read) } : {}),
  };
}

const mapped = <A, B>(of: Readonly<Record<string, A>>, make: (value: A, key: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, make(value, key)]));
