import { Worker } from 'node:worker_threads';
import { type ErrorParts, WhichattnError } from '../rules/index.ts';

/** What a thread is given. */
export interface Task<T> {
  readonly task: T;
}

/** What a thread says while it works, and at its end. */
export type Note<R> =
  | { readonly plan: readonly Part[] }
  | { readonly begins: string }
  | { readonly result: R }
  | { readonly refused: object };

/** A part of the work, and how much of the time it takes, compared with the others. */
export interface Part {
  readonly name: string;
  readonly share: number;
}

/** How much stack a thread gets: reading goes as deep as the source does. */
const STACK_MB = 256;
/** How much room for what is made last: of that most is soon forgotten, and is best looked through seldom. */
const YOUNG_MB = 192;
/** What a thread is given that reads a tree. */
export const READING = { stackSizeMb: STACK_MB, maxYoungGenerationSizeMb: YOUNG_MB } as const;
/** What takes no longer is waited for without a word. */
export const SILENT_MS = 2000;

/**
 * Runs a module of this folder in a thread and gives its result. Where that takes more than two seconds, it shows on
 * stderr which part is at work and about how long it will take. Stopped by `stop`, the thread ends with it.
 */
export async function inThread<R>(module: string, task: unknown, stop: AbortSignal): Promise<R> {
  const worker = new Worker(new URL(`./${module}.js`, import.meta.url), {
    workerData: { task } satisfies Task<unknown>,
    resourceLimits: READING,
  });
  const meter = createMeter(process.stderr);
  const end = (): void => void worker.terminate();
  stop.addEventListener('abort', end);
  try {
    return await new Promise<R>((resolve, reject) => {
      worker.on('message', (note: Note<R>) => {
        if ('plan' in note) meter.plan(note.plan);
        else if ('begins' in note) meter.begin(note.begins);
        else if ('result' in note) resolve(note.result);
        else reject(new WhichattnError(note.refused as ErrorParts));
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        reject(new Error('the thread ended without an answer'));
      });
    });
  } finally {
    meter.end();
    stop.removeEventListener('abort', end);
    await worker.terminate();
  }
}

interface Meter {
  /** The parts there are; the first of them is done. */
  plan(parts: readonly Part[]): void;
  begin(part: string): void;
  end(): void;
}

/** Shows how far it is: one line that changes on a terminal, one line a part elsewhere, nothing where it is quick. */
export function createMeter(out: NodeJS.WriteStream, now: () => number = Date.now): Meter {
  let parts: readonly Part[] = [];
  const start = now();
  let at = -1;
  let began = start;
  let shown = false;
  const show = (): void => {
    const part = parts[at];
    if (part === undefined || now() - start < SILENT_MS) return;
    const left = timeLeft(parts, at, now() - start, now() - began);
    const line = `[${at + 1}/${parts.length}] ${part.name}${left === undefined ? '' : `, about ${left} s left`}`;
    if (out.isTTY) out.write(`\r\u001B[2K${line}`);
    else out.write(`${line}\n`);
    shown = true;
  };
  const timer = out.isTTY ? setInterval(show, 500) : setTimeout(show, SILENT_MS);
  timer.unref();
  return {
    plan(made) {
      parts = made;
    },
    begin(name) {
      at = parts.findIndex((part) => part.name === name);
      began = now();
      show();
    },
    end() {
      clearInterval(timer);
      if (shown && out.isTTY) out.write('\r\u001B[2K');
    },
  };
}

/** Seconds left by what the parts before took; a part that takes longer than its share is nearly done. */
export function timeLeft(parts: readonly Part[], at: number, elapsed: number, here: number): number | undefined {
  const sum = (some: readonly Part[]): number => some.reduce((total, { share }) => total + share, 0);
  const before = sum(parts.slice(0, at));
  const pace = before > 0 ? (elapsed - here) / before : 1000;
  const left = Math.max(pace * (parts[at]?.share ?? 0) - here, 500) + pace * sum(parts.slice(at + 1));
  return Number.isFinite(left) ? Math.max(1, Math.round(left / 1000)) : undefined;
}
