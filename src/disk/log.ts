import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import * as zlib from 'node:zlib';
import { WhichattnError } from '../rules/index.ts';

/** Standard input, as a file is named. */
export const STDIN = '-';

/** The files that are meant: of a folder those directly in it, in order. */
export async function logFiles(names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    if (name !== STDIN && (await stat(name).catch(absent(name))).isDirectory()) {
      const entries = await readdir(name, { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && /\.log\b|\.txt$|\.out$|\.gz$|\.zst$/.test(entry.name));
      if (files.length === 0)
        throw new WhichattnError({ code: 'no-file', what: 'The folder holds no log', where: name });
      found.push(...files.map((entry) => path.join(name, entry.name)).toSorted());
    } else found.push(name);
  }
  return found;
}

const absent =
  (name: string) =>
  (cause: unknown): never => {
    throw new WhichattnError({ code: 'no-file', what: 'There is no such file', where: name, cause });
  };

/** Hands on the text of a log piece by piece: compressed or not, in whatever encoding its first bytes tell. */
export async function readLog(name: string, take: (piece: string) => void): Promise<void> {
  const raw: Readable = name === STDIN ? process.stdin : createReadStream(name, { highWaterMark: 1 << 18 });
  let decoder: TextDecoder | undefined;
  try {
    for await (const piece of await unpacked(raw, name)) {
      decoder ??= decoderFor(piece as Buffer);
      take(decoder.decode(piece as Buffer, { stream: true }));
    }
  } catch (cause) {
    if (cause instanceof WhichattnError) throw cause;
    throw new WhichattnError({
      code: 'bad-log',
      what: 'The log cannot be read to its end',
      why: cause instanceof Error ? cause.message : String(cause),
      where: name,
      cause,
    });
  }
  const rest = decoder?.decode();
  if (rest) take(rest);
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** The bytes as they were before they were compressed. */
async function unpacked(raw: Readable, name: string): Promise<AsyncIterable<unknown>> {
  const pieces = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await pieces.next();
  const whole = Readable.from(rejoined(first, pieces));
  if (first.done === true) return whole;
  if (first.value.subarray(0, 2).equals(GZIP)) return piped(whole, zlib.createGunzip());
  if (!first.value.subarray(0, 4).equals(ZSTD)) return whole;
  const { createZstdDecompress: zstd } = zlib as { createZstdDecompress?: () => NodeJS.ReadWriteStream };
  if (zstd) return piped(whole, zstd());
  throw new WhichattnError({
    code: 'bad-log',
    what: 'This Node cannot read what zstd compressed',
    why: `It is Node ${process.version}; those from 22.15 on can.`,
    where: name,
    todo: 'zstd -dc FILE | whichattn log -',
  });
}

async function* rejoined(first: IteratorResult<Buffer>, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value;
}

/** What comes out of a stream; what fails on the way in fails there. */
function piped(from: Readable, through: NodeJS.ReadWriteStream): AsyncIterable<unknown> {
  pipeline(from, through, () => undefined);
  return through;
}

/** The encoding that the first bytes tell; UTF-8 where they tell none, damaged letters replaced. */
function decoderFor(first: Buffer): TextDecoder {
  if (first[0] === 0xff && first[1] === 0xfe) return new TextDecoder('utf-16le');
  if (first[0] === 0xfe && first[1] === 0xff) return new TextDecoder('utf-16be');
  return new TextDecoder('utf-8');
}
