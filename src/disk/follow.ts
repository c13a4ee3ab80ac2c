/** The bytes of a file that others write, as they come. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** How often a file is looked at, in milliseconds. */
const EVERY = 250;
/** How much is read at once. */
const PIECE = 1 << 18;

/**
 * What stands in a file and what is added to it, until `stop`; an empty piece whenever there is no more for now. A file that is
 * made anew under the same name, or cut, is read from its beginning once the one before was read to its end; one that is gone is
 * waited for. `anew` is called where it is read from its beginning again.
 */
export async function* followed(name: string, stop: AbortSignal, anew: () => void): AsyncGenerator<Buffer> {
  let file: FileHandle | undefined = await open(name);
  const buffer = Buffer.allocUnsafe(PIECE);
  let at = 0;
  try {
    while (!stop.aborted) {
      const { bytesRead } = file ? await file.read(buffer, 0, buffer.length, at) : { bytesRead: 0 };
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
      if (bytesRead > 0) continue;
      const change = await changeOf(name, file, at);
      if (change !== 'none') {
        if (at > 0) anew();
        at = 0;
      }
      if (change === 'another') {
        await file?.close();
        file = await open(name).catch(() => undefined);
      } else await wait(EVERY, undefined, { signal: stop }).catch(() => undefined);
    }
  } finally {
    await file?.close();
  }
}

/** Whether another file stands under the name, or the same has become shorter. */
async function changeOf(name: string, file: FileHandle | undefined, read: number): Promise<'none' | 'another' | 'cut'> {
  const now = await stat(name).catch(() => undefined);
  if (now === undefined) return 'none';
  const before = await file?.stat();
  if (before === undefined || now.ino !== before.ino || now.dev !== before.dev) return 'another';
  return now.size < read ? 'cut' : 'none';
}
