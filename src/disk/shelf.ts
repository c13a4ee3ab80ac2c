/**
 * The large files of our data as they come with the package: files that say much the same, those of the releases that differ in
 * their last number, lie in one box together, which is compressed as one. In a working copy the files lie in their folders.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** The folders of the data whose files lie in boxes. */
export const SHELVED = ['releases', 'plugins', 'transformers'] as const;

/** Where each file lies, by its path below the data. */
type Index = Readonly<Record<string, readonly [box: string, from: number, to: number]>>;

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
      const [box, from, to] = place;
      if (last?.box !== box) last = { box, bytes: brotliDecompressSync(readFileSync(path.join(boxes, box))) };
      return last.bytes.subarray(from, to);
    },
  };
}

const readIndex = (file: string): Index => JSON.parse(readFileSync(file, 'utf8')) as Index;

/** The package's own data: in a package that was installed its large files lie in boxes beside the code. */
export const DATA = fileURLToPath(new URL('../../data', import.meta.url));
const BOXES = fileURLToPath(new URL('../../dist/shelf', import.meta.url));
export const OWN_SHELF = openShelf(DATA, BOXES);

/** Puts files, by their paths below the data, into boxes: what stands in the folder of the boxes, by name. */
export function boxesOf(files: ReadonlyMap<string, Buffer>, quality = 10): ReadonlyMap<string, Buffer> {
  const contents = new Map<string, Buffer[]>();
  const sizes = new Map<string, number>();
  const index: Record<string, Index[string]> = {};
  for (const [name, bytes] of files) {
    const box = boxOf(name);
    const from = sizes.get(box) ?? 0;
    index[name] = [box, from, from + bytes.length];
    sizes.set(box, from + bytes.length);
    contents.set(box, [...(contents.get(box) ?? []), bytes]);
  }
  const boxes = [...contents].map(([box, parts]) => [box, compressed(Buffer.concat(parts), quality)] as const);
  return new Map([...boxes, [INDEX, Buffer.from(`${JSON.stringify(index)}\n`)]]);
}

/** The box of a file: one for all whose names differ in the last number of a release alone. */
const boxOf = (name: string): string =>
  `${name
    .replace(/\/(\d+\.\d+)\.\d+(?=(?:\.models)?\.json$)/, '/$1')
    .replace(/\.json$/, '')
    .replaceAll(/[^\w.+-]/g, '-')}.br`;

/** Compressed so that what stands anywhere before is found again. */
const compressed = (bytes: Buffer, quality: number): Buffer =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
