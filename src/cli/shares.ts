/** How the threads that read the classes of a release share them: who has taken which, and what was read of each. */
import type { MessagePort } from 'node:worker_threads';
import type { LayersRead, OtherReaders } from '../release/index.ts';

/** No release has so many classes. */
const MOST_CLASSES = 1 << 14;

/** Who has taken which class: a number for each, 0 where nobody has. */
export type Taken = SharedArrayBuffer;

/** A table in which nobody has taken a class. */
export const nothingTaken = (): Taken => new SharedArrayBuffer(4 * MOST_CLASSES);

/** Takes a class, unless some thread has it already. */
export function takeOf(taken: Taken): OtherReaders['take'] {
  const cells = new Int32Array(taken);
  return (at) => Atomics.compareExchange(cells, at, 0, 1) === 0;
}

/** What one thread tells another of a class. */
interface Told {
  readonly at: number;
  readonly read: LayersRead;
}

/** Tells through a port what was read of a class. */
export const tellThrough =
  (port: MessagePort) =>
  (at: number, read: LayersRead): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
    port.postMessage({ at, read } satisfies Told);
  };

/** The threads at the other ends of the ports; `close` when nothing more is asked of them. */
export function othersBehind(taken: Taken, ports: readonly MessagePort[]): OtherReaders & { close(): void } {
  const told = new Map<number, LayersRead>();
  const waiting = new Map<number, (read: LayersRead) => void>();
  for (const port of ports)
    port.on('message', ({ at, read }: Told) => {
      told.set(at, read);
      waiting.get(at)?.(read);
    });
  return {
    take: takeOf(taken),
    read: (at) =>
      new Promise((resolve) => {
        const known = told.get(at);
        if (known) resolve(known);
        else waiting.set(at, resolve);
      }),
    close() {
      for (const port of ports) port.close();
    },
  };
}
