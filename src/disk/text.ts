import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { WhichattnError } from '../rules/index.ts';

/** The most that is read of anything: far beyond any config, far below what would exhaust a laptop. */
export const LIMIT = 64 * 1024 * 1024;

export type Kind = 'file' | 'directory' | 'absent';

/** What stands at a path. A pipe or a device is read like a file. */
export async function kindOf(path: string): Promise<Kind> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file';
  } catch (error) {
    if (isMissing(error)) return 'absent';
    throw unreadable(path, error);
  }
}

/** A file's text, refused when it is too large to be what it should be. */
export async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > LIMIT) throw tooLarge(path);
    // A pipe or a device says nothing of its size, so it is counted while it is read.
    return size > 0 ? await readFile(path, 'utf8') : await readStream(createReadStream(path), path);
  } catch (error) {
    throw error instanceof WhichattnError ? error : unreadable(path, error);
  }
}

/** The text of a file that may not be there. */
export async function readTextIfAny(path: string): Promise<string | undefined> {
  return (await kindOf(path)) === 'file' ? readText(path) : undefined;
}

/** All of a stream, up to the limit. */
export async function readStream(stream: AsyncIterable<Uint8Array | string>, where: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.byteLength;
    if (size > LIMIT) throw tooLarge(where);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function tooLarge(where: string): WhichattnError {
  return new WhichattnError({
    code: 'too-large',
    what: `It is larger than ${LIMIT / 1024 / 1024} MB`,
    why: 'A config is a few kilobytes, so this is something else.',
    where,
  });
}

/** The error for what the system would not let us read. */
export function unreadable(
  where: string,
  cause: unknown,
  told: { readonly code?: string; readonly what?: string; readonly todo?: string } = {},
): WhichattnError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WhichattnError({ code: 'unreadable', what: 'It cannot be read', ...told, why, where, cause });
}
