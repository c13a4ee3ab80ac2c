/** What gzip compressed, piece by piece, in bounded memory. */
import { createGunzip } from 'node:zlib';

/** So much is unpacked at once: a byte can stand for a kilobyte. */
const STEP = 1 << 14;

/** Unpacks; all that could be unpacked comes before an error is thrown, where it is damaged or ends early. */
export async function* gunzipped(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const state: { made: Buffer[]; failure: Error | undefined; settle: () => void } = {
    made: [],
    failure: undefined,
    settle: () => undefined,
  };
  gunzip.on('data', (piece: Buffer) => state.made.push(piece));
  gunzip.on('error', (error) => {
    state.failure = error;
    state.settle();
  });
  gunzip.on('end', () => {
    state.settle();
  });
  /** What comes of a work, once it is done or fails. */
  const after = async (work: (done: () => void) => void): Promise<Buffer[]> => {
    await new Promise<void>((resolve) => {
      state.settle = resolve;
      work(resolve);
    });
    return state.made.splice(0);
  };
  try {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += STEP) {
        if (state.failure !== undefined) throw state.failure;
        // what is compressed is kept until it is unpacked
        const part = Buffer.from(piece.subarray(at, at + STEP));
        yield* await after((done) =>
          gunzip.write(part, () => {
            done();
          }),
        );
      }
    }
    if (state.failure === undefined) yield* await after(() => gunzip.end());
    if (state.failure !== undefined) throw state.failure;
  } finally {
    gunzip.destroy();
  }
}
