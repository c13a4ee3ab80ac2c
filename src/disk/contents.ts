/**
 * What stands where in the large files of our data: kept beside the code when it is built, so that of a file no more is read than
 * what is asked for. Where a file is another one since, or lies in a box, it is read whole.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of an object, by where it begins in its file: the name of each member, and from where to where that stands. */
export type Places = Readonly<Record<string, readonly (readonly [name: string, from: number, to: number])[]>>;

interface Contents {
  readonly shape: number;
  readonly size: number;
  readonly changed: number;
  readonly places: Places;
}

/** What is kept in another way is not looked at. */
const SHAPE = 1;

/** Where the contents of the files of a folder of data are kept. */
export interface Kept {
  /** What is kept of a file, if it is the same since. */
  of(file: string): Places | undefined;
  /** Keeps what `find` says of each file in some folders, where it is not kept yet; undefined: nothing is to be kept of it. */
  keep(folders: readonly string[], find: (file: string) => Places | undefined): void;
}

export function keptContents(data: string, folder: string): Kept {
  const placeOf = (file: string): string =>
    path.join(folder, path.relative(data, file).replaceAll(path.sep, '-').replaceAll('..', '-'));
  const of = (file: string): Places | undefined => {
    const is = statSync(file, { throwIfNoEntry: false });
    const kept = is && readKept(placeOf(file));
    if (kept?.shape !== SHAPE) return undefined;
    return kept.size === is?.size && kept.changed === is.mtimeMs ? kept.places : undefined;
  };
  return {
    of,
    keep(folders, find) {
      mkdirSync(folder, { recursive: true });
      for (const file of folders.flatMap((name) => filesOf(path.join(data, name)))) {
        if (of(file) !== undefined) continue;
        const { size, mtimeMs: changed } = statSync(file);
        const places = find(file);
        if (places === undefined) continue;
        writeFileSync(
          `${placeOf(file)}.new`,
          JSON.stringify({ shape: SHAPE, size, changed, places } satisfies Contents),
        );
        renameSync(`${placeOf(file)}.new`, placeOf(file));
      }
    },
  };
}

const filesOf = (folder: string): string[] => readdirSync(folder).map((name) => path.join(folder, name));

function readKept(file: string): Contents | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Contents;
  } catch {
    // there is none, or it is no such thing: the file itself says all
    return undefined;
  }
}

const DATA = fileURLToPath(new URL('../../data', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../dist/contents', import.meta.url));
export const OWN_CONTENTS = keptContents(DATA, FOLDER);
