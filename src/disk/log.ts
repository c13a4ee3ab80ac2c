import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
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

/** What a log is handed to. */
export interface LogSink {
  readonly write: (piece: string) => void;
  /** Passes over what it need not be handed, of bytes of UTF-8 from one of them on: gives the first that it is to be. */
  readonly pass: (bytes: Uint8Array, from: number) => number;
}

/** How much is read at once. */
const PIECE = 1 << 20;

/** Hands on the text of a log piece by piece: compressed or not, in whatever encoding its first bytes tell. */
export async function readLog(name: string, sink: LogSink): Promise<void> {
  let decoder: TextDecoder | undefined;
  try {
    for await (const piece of unpacked(name === STDIN ? process.stdin : bytesOf(name))) {
      decoder ??= decoderFor(piece);
      if (decoder.encoding === 'utf-8') handOn(piece, decoder, sink);
      else sink.write(decoder.decode(piece, { stream: true }));
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
  if (rest) sink.write(rest);
}

/** Hands on what is not passed over: few lines at first, more where none of them is. */
function handOn(bytes: Buffer, decoder: TextDecoder, sink: LogSink): void {
  let at = 0;
  let block = BLOCK;
  while (at < bytes.length) {
    const next = sink.pass(bytes, at);
    if (next > at) block = BLOCK;
    if (next === bytes.length) return;
    const end = bytes.indexOf(NEWLINE, Math.min(next + block, bytes.length - 1));
    at = end === -1 ? bytes.length : end + 1;
    block *= 2;
    sink.write(decoder.decode(bytes.subarray(next, at), { stream: true }));
  }
}

const NEWLINE = 10;
/** The least that is handed on at once, in bytes. */
const BLOCK = 128;

const GZIP = Buffer.from([0x1f, 0x8b]);
/** The first bytes of what zstd compressed. */
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** The bytes of a file, piece by piece; a piece is gone once the next is asked for. */
async function* bytesOf(name: string): AsyncGenerator<Buffer> {
  const file = await open(name);
  try {
    const buffer = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The bytes as they were before they were compressed. */
async function* unpacked(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces = raw[Symbol.asyncIterator]();
  const first = await pieces.next();
  const whole = rejoined(first, pieces);
  if (first.done !== true && first.value.subarray(0, ZSTD.length).equals(ZSTD)) {
    // Node 20 cannot, and few logs are compressed so
    const { unzstd } = await import('./zstd.ts');
    return yield* unzstd(whole);
  }
  if (first.done === true || !first.value.subarray(0, GZIP.length).equals(GZIP)) return yield* whole;
  // what is compressed is kept until it is unpacked
  const gunzip = createGunzip();
  pipeline(Readable.from(copied(whole)), gunzip, () => undefined);
  yield* gunzip as AsyncIterable<Buffer>;
}

async function* rejoined(first: IteratorResult<Buffer>, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value;
  } finally {
    await rest.return?.();
  }
}

async function* copied(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

/** The encoding that the first bytes tell; UTF-8 where they tell none, damaged letters replaced. */
function decoderFor(first: Buffer): TextDecoder {
  if (first[0] === 0xff && first[1] === 0xfe) return new TextDecoder('utf-16le');
  if (first[0] === 0xfe && first[1] === 0xff) return new TextDecoder('utf-16be');
  return new TextDecoder('utf-8');
}
