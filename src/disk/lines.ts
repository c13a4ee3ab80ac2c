import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareVersions } from '../catalog/index.ts';
import type { LineTable } from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { learnedFile } from './releases.ts';
import { unreadable } from './text.ts';

/*
 * What releases print of their choices: a file each, data/lines/VERSION.json, one line of a release a row. It is learned from
 * the same bytes as the release's own file; `older.json` is authored, for releases that cannot be learned.
 */

const SHAPE = 1;
const OWN = fileURLToPath(new URL('../../data/lines', import.meta.url));

/** The file of a release. */
export const linesFile = (release: string): string => learnedFile(`lines/${release}.json`);

/** The file that belongs to that of a release: in the folder of lines beside the folder of releases or plug-ins, else beside the file itself. */
export const linesBeside = (release: string): string =>
  ['releases', 'plugins'].includes(path.basename(path.dirname(release)))
    ? path.join(path.dirname(release), '../lines', path.basename(release))
    : release.replace(/(?:\.json)?$/, '.lines.json');

/** The text of such a file: the same for the same release. */
export function linesText({ release, backends, names, lines }: LineTable): string {
  const head = { schemaVersion: SHAPE, release };
  const rows = lines.map((line) => `  ${JSON.stringify(line)}`).join(',\n');
  return `${JSON.stringify(head).slice(0, -1)},\n"backends": ${JSON.stringify(backends)},\n"names": ${JSON.stringify(names ?? [])},\n"lines": [\n${rows}\n]}\n`;
}

/** The tables of all releases that are known, newest first; those that were learned in a folder come before our own. */
export function readLines(working: string = process.cwd()): LineTable[] {
  const found = new Map<string, string>();
  for (const folder of [OWN, path.join(working, 'data/lines')])
    if (existsSync(folder))
      for (const file of readdirSync(folder))
        if (file.endsWith('.json')) found.set(file.slice(0, -'.json'.length), path.join(folder, file));
  return [...found].toSorted(([a], [b]) => compareVersions(b, a)).map(([, file]) => parsed(file));
}

function parsed(file: string): LineTable {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw unreadable(file, cause, { code: 'bad-lines', what: 'The lines of a release cannot be read' });
  }
  const { schemaVersion, lines } = Object(data) as { schemaVersion?: unknown; lines?: unknown };
  if (schemaVersion === SHAPE && Array.isArray(lines)) return data as LineTable;
  throw new WhichattnError({
    code: 'bad-lines',
    what: `These are no lines of shape ${SHAPE}`,
    where: file,
    todo: 'Learn the release again: `whichattn learn PATH`.',
  });
}
