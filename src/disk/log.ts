import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { WhichattnError } from '../rules/index.ts';
import { followed } from './follow.ts';
import { gunzipped } from './gzip.ts';
import { STDIN } from './logfiles.ts';

/** What a log is handed to. */
export interface LogSink {
  readonly write: (piece: string) => void;
  /** Passes over what it need not be handed, of bytes of UTF-8 from one of them on: gives the first that it is to be. */
  readonly pass: (bytes: Uint8Array, from: number) => number;
}

/** How much is read at once, in bytes: what a core keeps near, so that it is looked at where it was read to. */
const PIECE = 1 << 17;

/**
 * Hands on the text of a log piece by piece: compressed or not, in whatever encoding its first bytes tell. Gives why it breaks off
 * where what was compressed is damaged, or not whole: what comes before is handed on.
 */
export async function readLog(name: string, sink: LogSink): Promise<string | undefined> {
  let broken: string | undefined;
  const broke = (why: string): void => {
    broken = why;
  };
  await handOnAll(unpacked(name === STDIN ? process.stdin : bytesOf(name), broke), name, sink);
  return broken;
}

/**
 * Hands on the text of a log that grows, until `stop`, and of standard input until its end; `atRest` is called whenever all there is
 * was handed on, and `anew` before it is read from its beginning again, as another file or since it was cut. What is compressed does
 * not grow.
 */
export async function followLog(
  name: string,
  sink: LogSink,
  stop: AbortSignal,
  { atRest, anew }: { readonly atRest: () => void; readonly anew: () => void },
): Promise<void> {
  const source = name === STDIN ? withRests(process.stdin, stop) : followed(name, stop, anew);
  await handOnAll(source, name, sink, atRest);
}

/** How long standard input is waited for before what came is all there is for now, in milliseconds. */
const REST = 250;

/** A stream until its end or `stop`, with an empty piece where nothing comes for a while. */
async function* withRests(stream: Readable, stop: AbortSignal): AsyncGenerator<Buffer> {
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  const end = (): void => void stream.destroy();
  stop.addEventListener('abort', end);
  try {
    for (;;) {
      const next = pieces.next();
      const first = await Promise.race([next, wait(REST, undefined, { ref: false })]);
      if (first === undefined) yield Buffer.alloc(0);
      const met = await next;
      if (met.done === true) return;
      yield met.value;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    stop.removeEventListener('abort', end);
  }
}

async function handOnAll(
  pieces: AsyncIterable<Buffer>,
  name: string,
  sink: LogSink,
  atRest?: () => void,
): Promise<void> {
  let decoder: TextDecoder | undefined;
  try {
    for await (const piece of pieces) {
      if (piece.length === 0) {
        atRest?.();
        continue;
      }
      decoder ??= decoderFor(piece);
      if (atRest !== undefined && [GZIP, ZSTD].some((one) => piece.subarray(0, one.length).equals(one)))
        throw new Error(GROWN);
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

const GROWN = 'It is compressed: such a file is not followed.';

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

/**
 * The bytes of a file, piece by piece, whole lines where these are much shorter than a piece; a piece is gone once the next is asked for.
 * Those of a file on a disk are read by the thread that looks at them: what another one fetches is far from it, and looking takes
 * three times as long.
 */
async function* bytesOf(name: string): AsyncGenerator<Buffer> {
  const file = await open(name);
  try {
    const isHere = (await file.stat()).isFile();
    const buffer = Buffer.allocUnsafe(PIECE);
    // what was read of a line before the rest of it
    let begun = 0;
    for (;;) {
      const room = buffer.length - begun;
      const read = isHere
        ? readSync(file.fd, buffer, begun, room, null)
        : (await file.read(buffer, begun, room, null)).bytesRead;
      const end = begun + read;
      const line = buffer.lastIndexOf(NEWLINE, end - 1) + 1;
      // only of a full piece of lines is it known that more comes
      const whole = end === buffer.length && line > end / 2 ? line : end;
      if (whole > 0) yield buffer.subarray(0, whole);
      if (read === 0) return;
      buffer.copyWithin(0, whole, end);
      begun = end - whole;
    }
  } finally {
    await file.close();
  }
}

/** The bytes as they were before they were compressed, up to where that `broke`. */
async function* unpacked(raw: AsyncIterable<Buffer>, broke: (why: string) => void): AsyncGenerator<Buffer> {
  const pieces = raw[Symbol.asyncIterator]();
  const first = await pieces.next();
  const whole = rejoined(first, pieces);
  const begins = (magic: Buffer): boolean => first.done !== true && first.value.subarray(0, magic.length).equals(magic);
  if (!begins(ZSTD) && !begins(GZIP)) return yield* whole;
  // Node 20 cannot unpack zstd, and few logs are compressed so
  const plain = begins(GZIP) ? gunzipped(whole) : (await import('./zstd.ts')).unzstd(whole);
  let any = false;
  try {
    for await (const piece of plain) {
      any ||= piece.length > 0;
      yield piece;
    }
  } catch (error) {
    if (!any) throw error;
    broke(error instanceof Error ? error.message : String(error));
  }
}

async function* rejoined(first: IteratorResult<Buffer>, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value;
  } finally {
    await rest.return?.();
  }
}

/** So many bytes tell the encoding. */
const TOLD = 1024;

/**
 * The encoding that the first bytes tell, by a mark or by their zeros: a log begins with letters that have one each in UTF-16. UTF-8
 * where they tell none, damaged letters replaced.
 */
function decoderFor(first: Buffer): TextDecoder {
  const [a, b] = first;
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le');
  if (a === 0xfe && b === 0xff) return new TextDecoder('utf-16be');
  const told = first.subarray(0, TOLD);
  const zeros = [0, 0];
  for (const [i, byte] of told.entries()) if (byte === 0) zeros[i % 2]! += 1;
  const most = told.length * 0.4;
  if (zeros[1]! > most && zeros[0] === 0) return new TextDecoder('utf-16le');
  if (zeros[0]! > most && zeros[1] === 0) return new TextDecoder('utf-16be');
  return new TextDecoder('utf-8');
}
