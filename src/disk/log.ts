import { readSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { WhichattnError } from '../rules/index.ts';
import { followed } from './follow.ts';

/** Standard input, as a file is named. */
export const STDIN = '-';

/** One log: its file, or those that it was written into one after the other, by the name of the last. */
export interface LogFile {
  readonly name: string;
  /** The files in the order in which they were written. */
  readonly parts: readonly string[];
}

/** The logs that are meant: of a folder those directly in it, in order. Files of a log that was rotated are one. */
export async function logFiles(names: readonly string[]): Promise<LogFile[]> {
  const found: string[] = [];
  for (const name of names) {
    if (name !== STDIN && (await stat(name).catch(absent(name))).isDirectory()) {
      const entries = await readdir(name, { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && IS_LOG.test(entry.name));
      if (files.length === 0)
        throw new WhichattnError({ code: 'no-file', what: 'The folder holds no log', where: name });
      found.push(...files.map((entry) => path.join(name, entry.name)).toSorted());
    } else found.push(name);
  }
  return rotated(found);
}

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
  await handOnAll(unpacked(name === STDIN ? process.stdin : bytesOf(name)), name, sink);
}

/**
 * Hands on the text of a log that grows, until `stop`, and of standard input until its end; `atRest` is called whenever all there is
 * was handed on. What is compressed does not grow.
 */
export async function followLog(name: string, sink: LogSink, stop: AbortSignal, atRest: () => void): Promise<void> {
  const source = name === STDIN ? withRests(process.stdin, stop) : followed(name, stop);
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
 * The bytes of a file, piece by piece; a piece is gone once the next is asked for. Those of a file on a disk are read by the thread
 * that looks at them: what another one fetches is far from it, and looking takes three times as long.
 */
async function* bytesOf(name: string): AsyncGenerator<Buffer> {
  const file = await open(name);
  try {
    const isHere = (await file.stat()).isFile();
    const buffer = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const read = isHere
        ? readSync(file.fd, buffer, 0, buffer.length, null)
        : (await file.read(buffer, 0, buffer.length, null)).bytesRead;
      if (read === 0) return;
      yield buffer.subarray(0, read);
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
