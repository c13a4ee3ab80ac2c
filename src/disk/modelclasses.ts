import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { ModelClassData } from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';

/*
 * The model classes of a release, in a file beside its own: a line that says what it is, then a line for each class. There
 * are more than a hundred and a question needs one, so a line is read when an architecture of its class is asked for.
 */

const SHAPE = 1;

/** What the first line says. */
export interface ModelClassesHead {
  readonly schemaVersion: number;
  readonly release: string;
  readonly source: { readonly file: string; readonly sha256: string };
}

/** The file of the model classes, by that of the release. */
export const modelClassesFile = (release: string): string => release.replace(/(?:\.json)?$/, '.models.jsonl');

/** The text of such a file: the same for the same release. */
export function modelClassesText(
  head: Omit<ModelClassesHead, 'schemaVersion'>,
  classes: readonly ModelClassData[],
): string {
  const first = { schemaVersion: SHAPE, release: head.release, source: head.source };
  return `${[first, ...classes].map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** Where each class's line stands in a file, by architecture; a file is looked through once. */
const known = new Map<string, ReadonlyMap<string, readonly [from: number, to: number]>>();

/** The class that a release's registry has for an architecture; undefined where it has none. Throws when there is no such file. */
export function readModelClass(file: string, architecture: string): ModelClassData | undefined {
  let places = known.get(file);
  if (!places) known.set(file, (places = placesIn(file)));
  const at = places.get(architecture);
  if (!at) return undefined;
  const bytes = Buffer.allocUnsafe(at[1] - at[0]);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, bytes, 0, bytes.length, at[0]);
  } finally {
    closeSync(handle);
  }
  return JSON.parse(bytes.toString()) as ModelClassData;
}

/** The architectures that a file has classes for, in its order. */
export function listArchitectures(file: string): readonly string[] {
  let places = known.get(file);
  if (!places) known.set(file, (places = placesIn(file)));
  return [...places.keys()];
}

function placesIn(file: string): ReadonlyMap<string, readonly [number, number]> {
  const bytes = readBytes(file);
  const places = new Map<string, readonly [number, number]>();
  const end = bytes.indexOf(10);
  checkHead(file, bytes.subarray(0, Math.max(end, 0)).toString());
  for (let from = end + 1; from < bytes.length;) {
    const to = bytes.indexOf(10, from);
    // a line begins with the class and its architectures
    const head = `${bytes.subarray(from, bytes.indexOf(']', from)).toString()}]}`;
    for (const name of (JSON.parse(head) as ModelClassData).architectures) places.set(name, [from, to]);
    from = to + 1;
  }
  return places;
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new WhichattnError({
      code: 'bad-release',
      what: "The file of a release's model classes cannot be read",
      why: cause instanceof Error ? cause.message : String(cause),
      where: file,
      todo: 'Learn the release again: `whichattn learn PATH`.',
      cause,
    });
  }
}

function checkHead(file: string, line: string): void {
  let head: Partial<ModelClassesHead> = {};
  try {
    head = JSON.parse(line) as ModelClassesHead;
  } catch {
    // told below
  }
  if (head.schemaVersion === SHAPE) return;
  throw new WhichattnError({
    code: 'bad-release',
    what: `It is no file of model classes of shape ${SHAPE}`,
    where: file,
    todo: 'Learn the release again: `whichattn learn PATH`.',
  });
}
