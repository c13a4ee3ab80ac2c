/** What zstd compressed, piece by piece, in bounded memory. */
import { Decompress } from 'fzstd';

/** So much is unpacked at once: a byte can stand for tens of kilobytes. */
const STEP = 512;
/** Of what lies before a place so much is kept at most, as zstd's own command does unless it is told otherwise. */
const WINDOW = 2 ** 23;

/** Unpacks; throws an Error where it is damaged, ends early or needs more memory than a log does. */
export async function* unzstd(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let made: Uint8Array[] = [];
  let begun = false;
  const decompress = new Decompress((data) => {
    made.push(data.slice());
  });
  for await (const piece of pieces) {
    if (!begun) checkWindow(piece);
    begun = true;
    for (let at = 0; at < piece.length; at += STEP) {
      decompress.push(piece.subarray(at, at + STEP));
      for (const part of made) yield Buffer.from(part.buffer, part.byteOffset, part.length);
      made = [];
    }
  }
  decompress.push(new Uint8Array(0), true);
  for (const part of made) yield Buffer.from(part.buffer, part.byteOffset, part.length);
}

/** Throws where a frame says that more has to be kept than a log needs: see RFC 8878, 3.1.1.1. */
function checkWindow(frame: Buffer): void {
  const descriptor = frame[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  if (isSingle) return;
  const byte = frame[5] ?? 0;
  const base = 2 ** (10 + (byte >> 3));
  const size = base + (base / 8) * (byte & 7);
  if (size > WINDOW)
    throw new Error(`it was compressed with a window of ${Math.ceil(size / 2 ** 20)} MB, and 8 are taken`);
}
