import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareVersions } from '../catalog/index.ts';
import type { ClassRules, ClassTable } from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';

/*
 * What the configuration classes of a release of transformers make of a config.json, one file a release: a line that
 * says what it is, then a line for each class. There are hundreds and a question needs one or two, so a line is read
 * when its class is asked for.
 */

const OWN = fileURLToPath(new URL('../../data/transformers', import.meta.url));
const SHAPE = 1;

interface Head {
  readonly schemaVersion: number;
  readonly transformers: string;
  readonly source: { readonly file: string; readonly sha256: string };
  readonly base: ClassRules;
  readonly types: Readonly<Record<string, string>>;
  /** Model types whose class could not be read, and why. */
  readonly unread: Readonly<Record<string, string>>;
}

/** A table with what it was learned from. */
export interface TransformersData extends Omit<Head, 'schemaVersion'>, ClassTable {
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
  const text = readFileSync(file, 'utf8');
  const end = text.indexOf('\n');
  const { schemaVersion, ...head } = JSON.parse(text.slice(0, end)) as Head;
  if (schemaVersion !== SHAPE) {
    throw new WhichattnError({
      code: 'bad-classes',
      what: `It is no table of classes of shape ${SHAPE}`,
      where: file,
      todo: 'Learn that release of transformers again: `whichattn learn PATH`.',
    });
  }
  const classes = {};
  for (let from = end + 1; from < text.length;) {
    const to = text.indexOf('\n', from);
    const start = from;
    const name = /"([^"]+)"/.exec(text.slice(from, from + 200))![1]!;
    let read: ClassRules | undefined;
    const get = (): ClassRules =>
      (read ??= (JSON.parse(`{${text.slice(start, to)}}`) as Record<string, ClassRules>)[name]!);
    Object.defineProperty(classes, name, { enumerable: true, get });
    from = to + 1;
  }
  return { ...head, classes };
}

/** The text of such a file: the same for the same release. */
export function transformersText(data: TransformersData): string {
  const { classes, ...head } = data;
  const lines = Object.entries(classes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, rules]) => `${JSON.stringify(name)}:${JSON.stringify(rules)}`);
  return `${[JSON.stringify({ schemaVersion: SHAPE, ...head }), ...lines].join('\n')}\n`;
}
