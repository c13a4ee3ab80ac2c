/** Which files hold the logs that are meant. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { WhichattnError } from '../rules/index.ts';

/** Standard input, as a file is named. */
export const STDIN = '-';

/** One log: its file, or those that it was written into one after the other, by the name of the last. */
export interface LogFile {
  readonly name: string;
  /** The files in the order in which they were written. */
  readonly parts: readonly string[];
  /** The folder that was named and in which it was found; undefined where a file of it was named. */
  readonly folder?: string | undefined;
}

/** The logs that are meant: of a folder those in it and in its own folders, in order. Files of a log that was rotated are one. */
export async function logFiles(names: readonly string[]): Promise<LogFile[]> {
  const found = new Map<string, string | undefined>();
  for (const name of names) {
    if (name !== STDIN && (await stat(name).catch(absent(name))).isDirectory()) {
      const files = await logsIn(name);
      if (files.length === 0)
        throw new WhichattnError({ code: 'no-file', what: 'The folder holds no log', where: name, why: ENDINGS });
      for (const file of files) if (!found.has(file)) found.set(file, name);
    } else found.set(name, undefined);
  }
  return rotated([...found.keys()]).map((log) => {
    const folders = log.parts.map((file) => found.get(file));
    return { ...log, folder: folders.includes(undefined) ? undefined : folders[0] };
  });
}

/** So deep the folders of a folder are looked into. */
const DEEPEST = 8;

/** The files of a folder that are named like logs, then those of its own folders, but for hidden ones and links to some. */
async function logsIn(folder: string, depth = 0): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    if (depth === 0) return absent(folder)(cause);
    return undefined;
  });
  // what cannot be looked into is told like a file that cannot be read
  if (entries === undefined) return [folder];
  const files: string[] = [];
  for (const entry of entries)
    if (IS_LOG.test(entry.name) && (await isFile(folder, entry))) files.push(path.join(folder, entry.name));
  const inner = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && depth < DEEPEST);
  const below: string[] = [];
  for (const { name } of inner.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    below.push(...(await logsIn(path.join(folder, name), depth + 1)));
  return [...files.toSorted(), ...below];
}

const ENDINGS = 'No file in it, nor in its own folders, ends like one: .log, .txt, .out, .gz, .zst.';

/** Whether it is a file, or a link to one: where a node keeps the logs of its containers there are links alone. */
const isFile = async (folder: string, entry: Dirent): Promise<boolean> =>
  entry.isFile() ||
  (entry.isSymbolicLink() && (await stat(path.join(folder, entry.name)).catch(() => undefined))?.isFile() === true);

const IS_LOG = /\.log\b|\.txt$|\.out$|\.gz$|\.zst$/;
/** What a rotation puts behind a name: a number that grows with age, or a day; then how it was compressed. */
const ROTATED = /(?:\.(\d{1,3})|[.-](\d{4}-?\d\d-?\d\d(?:[-_T]?\d+)?))(?:\.gz|\.zst)?$/;

/** Files in groups: those whose names differ in what a rotation puts behind them are one log, oldest first. */
function rotated(files: readonly string[]): LogFile[] {
  const groups = new Map<string, string[]>();
  for (const file of new Set(files)) {
    const before = file.replace(ROTATED, '');
    // a number behind another name may tell two servers apart
    const name = files.includes(before) || /\.(?:log|out|txt)$/.test(before) ? before : file;
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  return [...groups.values()].map((group) => {
    const parts = group.toSorted((a, b) => (ageOf(a) === ageOf(b) ? 0 : ageOf(a) < ageOf(b) ? -1 : 1));
    return { name: parts.at(-1)!, parts };
  });
}

/** A text that sorts before that of a younger file of the same log: days, then numbers downwards, then the file itself. */
function ageOf(file: string): string {
  const [, number, day] = ROTATED.exec(file) ?? [];
  if (day !== undefined) return `0 ${day.replaceAll(/\D/g, '').padEnd(24, '0')}`;
  return number === undefined ? '2' : `1 ${String(1000 - Number(number)).padStart(4, '0')}`;
}

const absent =
  (name: string) =>
  (cause: unknown): never => {
    const code: unknown = Object(cause).code;
    const what = code === 'ENOENT' || code === 'ENOTDIR' ? 'There is no such file' : 'The file cannot be looked at';
    throw new WhichattnError({
      code: 'no-file',
      what,
      where: name,
      cause,
      ...(what.startsWith('There') ? {} : { why: String(cause) }),
    });
  };
