import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { type TarHeader, unpackTar } from 'modern-tar';
import yauzl from 'yauzl';
import { WhichattnError } from '../rules/index.ts';
import { type Bounds, checkEntryName, type Count, createCount, type Gathered } from './bounds.ts';

/*
 * Archives are read as streams and by their directory; nothing is unpacked to the disk. What is kept in memory is what
 * `wants` names, and never more than the bounds.
 */

export interface Archive extends Gathered {
  /** Of the archive as it lies there. */
  readonly sha256: string;
}

/** Reads an archive: a tar, plain or compressed with gzip, or a zip, told apart by their first bytes. */
export async function readArchive(file: string, wants: (name: string) => boolean, bounds: Bounds): Promise<Archive> {
  const kind = await kindOfArchive(file);
  const count = createCount(file, bounds);
  try {
    return kind === 'zip' ? await readZip(file, wants, count) : await readTar(file, kind === 'gzip', wants, count);
  } catch (error) {
    if (error instanceof WhichattnError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new WhichattnError({
      code: 'bad-archive',
      what: 'The archive is damaged or cut short',
      why,
      where: file,
      todo: 'Download it again.',
      cause: error,
    });
  }
}

async function kindOfArchive(file: string): Promise<'gzip' | 'tar' | 'zip'> {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(512);
    await handle.read(head, 0, head.length, 0);
    if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
    if (head.subarray(0, 2).toString('latin1') === 'PK') return 'zip';
    if (head.subarray(257, 262).toString('latin1') === 'ustar') return 'tar';
  } finally {
    await handle.close();
  }
  throw new WhichattnError({
    code: 'not-a-tree',
    what: 'It is no archive that can be read',
    why: 'Known are .tar, .tar.gz, .whl and .zip, told apart by their first bytes.',
    where: file,
    todo: 'Give the source release (.tar.gz), a wheel (.whl), or the folder that holds the package vllm.',
  });
}

async function readTar(
  file: string,
  zipped: boolean,
  wants: (name: string) => boolean,
  count: Count,
): Promise<Archive> {
  const hash = createHash('sha256');
  const filter = ({ name }: TarHeader): boolean => {
    count.entry();
    checkEntryName(file, name);
    return wants(name.replace(HERE, ''));
  };
  const bytes = ReadableStream.from(unzipped(file, zipped, hash, count));
  const files = new Map<string, Uint8Array>();
  const links = new Map<string, string>();
  for (const { header, data } of await unpackTar(bytes, { strict: true, filter })) {
    const name = header.name.replace(HERE, '');
    const { type, linkname } = header;
    if (type === 'file' && data !== undefined) files.set(name, data);
    // a hard link names its target from the archive's root, a symbolic one from where it stands
    if (type === 'link' && linkname !== undefined) links.set(name, path.posix.normalize(linkname));
    if (type === 'symlink' && linkname !== undefined)
      links.set(name, path.posix.join(path.posix.dirname(name), linkname));
  }
  return { files, ignored: follow(files, links), sha256: hash.digest('hex') };
}

const HERE = /^(?:\.\/)+/;

/** The bytes of a tar, while those of the file are hashed and those that come out of it are counted. */
async function* unzipped(file: string, zipped: boolean, hash: Hash, count: Count): AsyncGenerator<Uint8Array> {
  async function* hashed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  }
  const out = zipped ? createGunzip({ chunkSize: 1024 * 1024 }) : new PassThrough();
  const done = pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hashed, out);
  // what goes wrong on the way ends `out` with the same error
  done.catch(() => undefined);
  for await (const chunk of out as AsyncIterable<Uint8Array>) {
    count.bytes(chunk.byteLength);
    yield chunk;
  }
  await done;
}

/** Gives links the text of the file they lead to; returns those that lead to none of the archive. */
function follow(files: Map<string, Uint8Array>, links: ReadonlyMap<string, string>): string[] {
  const ignored: string[] = [];
  for (const [name, target] of links) {
    let at: string | undefined = target;
    for (let steps = 0; at !== undefined && !files.has(at) && steps < 8; steps++) at = links.get(at);
    const found = at === undefined ? undefined : files.get(at);
    if (found === undefined) ignored.push(name);
    else if (!files.has(name)) files.set(name, found);
  }
  return ignored;
}

const isLink = (entry: yauzl.Entry): boolean => entry.externalFileAttributes >>> 28 === 0xa;

/** A zip names its entries at its end, so that only what is wanted is inflated: of the rest the size does not matter. */
async function readZip(file: string, wants: (name: string) => boolean, count: Count): Promise<Archive> {
  const files = new Map<string, Uint8Array>();
  const ignored: string[] = [];
  const zip = await yauzl.openPromise(file, { decodeStrings: false });
  for await (const entry of zip.eachEntry()) {
    const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
    const name = yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
    count.entry();
    checkEntryName(file, name);
    if (!wants(name)) continue;
    if (isLink(entry)) {
      ignored.push(name);
      continue;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>) {
      count.bytes(chunk.byteLength);
      chunks.push(chunk);
    }
    files.set(name, Buffer.concat(chunks));
  }
  return { files, ignored, sha256: await hashOf(file) };
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
