import type { ModelClassData } from '../engine/index.ts';
import { mergeRules, namesOf, packRules, type PackedRuleSet, unpackRules, WhichattnError } from '../rules/index.ts';
import { laidOutText, readLaidOut } from './laidout.ts';
import { OWN_SHELF } from './shelf.ts';
import { unreadable } from './text.ts';

/*
 * The model classes of a release, in a file beside its own: a row for each class, and the rules of all their layers as one
 * rule set, since most of what they say is the same. A question needs one class.
 */

const SHAPE = 2;

/** What the file says of itself. */
export interface ModelClassesHead {
  readonly schemaVersion: number;
  readonly release: string;
  readonly source: { readonly file: string; readonly sha256: string };
}

/** A class as it is written: of its rules, what stands before the names of their terms. */
type Row = Omit<ModelClassData, 'layers' | 'processing'> & { readonly layers?: string; readonly processing?: string };

interface ModelClassesData extends ModelClassesHead {
  /** By architecture, the class that the registry has for it. */
  readonly architectures: Readonly<Record<string, string>>;
  readonly classes: Readonly<Record<string, Row>>;
  readonly layers: PackedRuleSet;
}

/** The file of the model classes, by that of the release. */
export const modelClassesFile = (release: string): string => release.replace(/(?:\.json)?$/, '.models.json');

/** The text of such a file: the same for the same release. */
export function modelClassesText(
  { release, source }: Omit<ModelClassesHead, 'schemaVersion'>,
  classes: readonly ModelClassData[],
): string {
  const rows = classes.map(({ layers, processing, ...row }): readonly [string, Row] => [
    row.class,
    {
      ...row,
      ...(layers ? { layers: `${row.class}/` } : {}),
      ...(processing ? { processing: `${row.class}#/` } : {}),
    },
  ]);
  const sets = classes.flatMap(({ class: name, layers, processing }) => [
    ...(layers ? [[`${name}/`, layers] as const] : []),
    ...(processing ? [[`${name}#/`, processing] as const] : []),
  ]);
  const data: ModelClassesData = {
    schemaVersion: SHAPE,
    release,
    source,
    architectures: Object.fromEntries(rows.flatMap(([name, row]) => row.architectures.map((one) => [one, name]))),
    classes: Object.fromEntries(rows),
    layers: packRules(
      mergeRules(sets),
      sets.map(([prefix]) => prefix),
    ),
  };
  return laidOutText(data, ['classes']);
}

/** Have the model classes of a release been learned? */
export const hasModelClasses = (file: string): boolean => OWN_SHELF.isThere(file);

/** A file is read once. */
const known = new Map<string, ModelClassesData>();

/** The class that a release's registry has for an architecture; undefined where it has none. Throws when there is no such file. */
export function readModelClass(file: string, architecture: string): ModelClassData | undefined {
  const { architectures, classes, layers } = readOnce(file);
  if (!Object.hasOwn(architectures, architecture)) return undefined;
  const { layers: prefix, processing, ...row } = classes[architectures[architecture]!]!;
  return {
    ...row,
    ...(prefix === undefined ? {} : { layers: unpackRules(layers, prefix) }),
    ...(processing === undefined ? {} : { processing: unpackRules(layers, processing) }),
  };
}

/** The first architecture for which a file has a class, by `module:class`; undefined where it has none. */
export const architectureOf = (file: string, cls: string): string | undefined => {
  const { architectures } = readOnce(file);
  return namesOf(architectures).find((name) => architectures[name] === cls);
};

/** The architectures that a file has classes for, in its order. */
export const listArchitectures = (file: string): readonly string[] => namesOf(readOnce(file).architectures);

function readOnce(file: string): ModelClassesData {
  const data = known.get(file) ?? readData(file);
  known.set(file, data);
  return data;
}

function readData(file: string): ModelClassesData {
  let data: Partial<ModelClassesData>;
  try {
    data = readLaidOut(file, (cause) => damaged(file, cause));
  } catch (cause) {
    throw damaged(file, cause);
  }
  if (data.schemaVersion === SHAPE) return data as ModelClassesData;
  throw new WhichattnError({
    code: 'bad-release',
    what: `It is no file of model classes of shape ${SHAPE}`,
    where: file,
    todo: 'Learn the release again: `whichattn learn PATH`.',
  });
}

const damaged = (file: string, cause: unknown): WhichattnError =>
  unreadable(file, cause, {
    code: 'bad-release',
    what: "The file of a release's model classes cannot be read",
    todo: 'Learn the release again: `whichattn learn PATH`.',
  });
