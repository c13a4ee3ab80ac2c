/**
 * The large files of our data as they come with the package: files that say much the same, those of neighbouring releases, lie in
 * one box together, which is compressed as one. In a working copy the files lie in their folders.
 */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, constants, createBrotliCompress } from 'node:zlib';
import { compareVersions } from '../catalog/index.ts';

/** The folders of the data whose files lie in boxes. */
export const SHELVED = ['releases', 'plugins', 'transformers'] as const;

/** Where each file lies, by its path below the data: of a box that is taken apart up to its byte `end`, the bytes from one to another. */
type Index = Readonly<Record<string, readonly [box: string, end: number, from: number, to: number]>>;

const INDEX = 'index.json';

/** The files below a folder of data, wherever they lie. */
export interface Shelf {
  /** The names of the files in a folder; none where there is no such folder. */
  namesIn(folder: string): readonly string[];
  isThere(file: string): boolean;
  /** Throws what reading a file throws. */
  bytesOf(file: string): Buffer;
}

/** The files of a folder of data; those that lie in no folder of their own are looked for in the boxes of another one. */
export function openShelf(data: string, boxes: string): Shelf {
  let known: Index | undefined;
  // two releases that are compared lie in one box often
  let last: { readonly box: string; readonly bytes: Buffer } | undefined;
  const index = (): Index => (known ??= existsSync(path.join(boxes, INDEX)) ? readIndex(path.join(boxes, INDEX)) : {});
  const keyOf = (file: string): string => path.relative(data, file).replaceAll(path.sep, '/');
  const placeOf = (file: string): Index[string] | undefined => {
    const key = keyOf(file);
    // where its folder is there, that is all there is of it
    const isBoxed = SHELVED.some((name) => key.startsWith(`${name}/`)) && !existsSync(path.dirname(file));
    return isBoxed && Object.hasOwn(index(), key) ? index()[key] : undefined;
  };
  return {
    namesIn(folder) {
      if (existsSync(folder)) return readdirSync(folder);
      const key = `${keyOf(folder)}/`;
      return Object.keys(index()).flatMap((name) => (name.startsWith(key) ? [name.slice(key.length)] : []));
    },
    isThere: (file) => existsSync(file) || placeOf(file) !== undefined,
    bytesOf(file) {
      const place = placeOf(file);
      if (!place) return readFileSync(file);
      const [box, end, from, to] = place;
      if (last?.box !== box || last.bytes.length < to)
        last = { box, bytes: opened(readFileSync(path.join(boxes, box)).subarray(0, end)) };
      return last.bytes.subarray(from, to);
    },
  };
}

const readIndex = (file: string): Index => JSON.parse(readFileSync(file, 'utf8')) as Index;

/** The package's own data: in a package that was installed its large files lie in boxes beside the code. */
export const DATA = fileURLToPath(new URL('../../data', import.meta.url));
const BOXES = fileURLToPath(new URL('../../dist/shelf', import.meta.url));
export const OWN_SHELF = openShelf(DATA, BOXES);

/** Of the files of a box so many bytes at most lie before one: they are taken apart with it. */
const DEEPEST = 24 << 20;

/**
 * Puts files, by their paths below the data, into boxes: what stands in the folder of the boxes, by name. The newest release stands
 * first in a box, and what stands behind it is not taken apart when it is read. `deepest` bounds the bytes before a file.
 */
export async function boxesOf(
  files: ReadonlyMap<string, Buffer>,
  { quality = constants.BROTLI_MAX_QUALITY, deepest = DEEPEST } = {},
): Promise<ReadonlyMap<string, Buffer>> {
  const names = [...files.keys()].toSorted((a, b) => compareVersions(versionIn(b), versionIn(a)) || (a < b ? -1 : 1));
  const contents = new Map<string, string[]>();
  const open = new Map<string, { readonly box: string; size: number }>();
  for (const name of names) {
    const kind = kindOf(name);
    let one = open.get(kind);
    if (!one || one.size > deepest) open.set(kind, (one = { box: `${kind}-${versionIn(name)}.br`, size: 0 }));
    one.size += files.get(name)!.length;
    contents.set(one.box, [...(contents.get(one.box) ?? []), name]);
  }
  const index: Record<string, Index[string]> = {};
  const boxes = new Map<string, Buffer>();
  for (const [box, inside] of contents) {
    const parts = await compressed(
      inside.map((name) => files.get(name)!),
      quality,
    );
    let [end, from] = [0, 0];
    for (const [i, name] of inside.entries()) {
      const to = from + files.get(name)!.length;
      index[name] = [box, (end += parts[i]!.length), from, to];
      from = to;
    }
    boxes.set(box, Buffer.concat(parts));
  }
  return new Map([...boxes, [INDEX, Buffer.from(`${JSON.stringify(index)}\n`)]]);
}

const NAME = /^(?<folder>\w+)\/(?<version>\d.*?)(?<part>\.models)?\.json$/;

/** The release of which a file is. */
const versionIn = (name: string): string => NAME.exec(name)?.groups?.['version'] ?? '0';

/** What files have in common that lie in one box. */
const kindOf = (name: string): string => {
  const { folder, part = '' } = NAME.exec(name)?.groups ?? {};
  return `${folder}${part}`;
};

const WINDOW = 25;

/** Files compressed as one, so that what stands anywhere before is found again; of each its own bytes of that. */
async function compressed(files: readonly Buffer[], quality: number): Promise<Buffer[]> {
  const stream = createBrotliCompress({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: WINDOW,
      [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
    },
  });
  const parts: Buffer[][] = [[]];
  stream.on('data', (bytes: Buffer) => void parts.at(-1)!.push(bytes));
  const ended = once(stream, 'end');
  for (const [i, bytes] of files.entries()) {
    if (i > 0) parts.push([]);
    stream.write(bytes);
    await new Promise<void>((resolve) => {
      stream.flush(resolve);
    });
  }
  stream.end();
  await ended;
  return parts.map((part) => Buffer.concat(part));
}

/** What stands in a box up to where a file ends. */
const opened = (bytes: Buffer): Buffer =>
  brotliDecompressSync(bytes, {
    finishFlush: constants.BROTLI_OPERATION_FLUSH,
    params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 },
  });
