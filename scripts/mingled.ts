/** Two servers that write into one stream, with nothing before their lines: what is read of each, against what is read of it alone. */
import type { Start } from '#logs';
import { createRandom } from './random.ts';

/** A log, by the name of its file. */
export interface Alone {
  readonly name: string;
  readonly lines: readonly string[];
  readonly starts: readonly Start[];
}

export interface Mingled {
  readonly pairs: number;
  /** Pairs of which everything was read as of each alone. */
  readonly whole: number;
  /** What was read and is said by neither. */
  readonly wrong: readonly string[];
}

/** Mingles the lines of `many` pairs of logs that share no number of a process, each in its own order, and reads them. */
export function mingle(logs: readonly Alone[], many: number, read: (text: string) => readonly Start[]): Mingled {
  const below = createRandom(1);
  const wrong: string[] = [];
  let [pairs, whole] = [0, 0];
  for (let turn = 0; turn < many; turn++) {
    const [one, other] = [logs[below(logs.length)]!, logs[below(logs.length)]!];
    if (one === other || [...pidsOf(one)].some((pid) => pidsOf(other).has(pid))) continue;
    pairs += 1;
    const starts = read(mingledText(one.lines, other.lines, below));
    const known = [...one.starts, ...other.starts];
    const odd = starts.filter((start) => !isOfNone(start, known) && !known.some((alone) => isPartOf(start, alone)));
    wrong.push(...odd.map((start) => `${one.name} and ${other.name}: ${JSON.stringify(choices(start))}`));
    if (known.every((alone) => starts.some((start) => same(choices(start), choices(alone))))) whole += 1;
  }
  return { pairs, whole, wrong };
}

const pidsOf = ({ lines }: Alone): Set<string> =>
  new Set(lines.flatMap((line) => [...line.matchAll(/^\([\w-]+ pid=(\d+)/g)].map(([, pid]) => pid!)));

function mingledText(one: readonly string[], other: readonly string[], below: (most: number) => number): string {
  const share = 1 + below(9);
  const out: string[] = [];
  let [a, b] = [0, 0];
  while (a < one.length || b < other.length)
    if (b >= other.length || (a < one.length && below(10) < share)) out.push(one[a++]!);
    else out.push(other[b++]!);
  return `${out.join('\n')}\n`;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const selectionsOf = ({ selections }: Start): string[] =>
  selections.map(({ backend, candidates, how, role }) => JSON.stringify([backend, candidates, how, role]));

const choices = (start: Start): unknown => [start.model, start.release, start.arguments, selectionsOf(start)];

const FACTS = [
  'release',
  'model',
  'flashAttentionVersion',
  'mlaPrefill',
  'vit',
  'kvCacheLayout',
  'kvCacheDtype',
  'dtype',
  'device',
  'blockSize',
  'modelRunner',
  'speculative',
] as const;

/** Whether all that is read is what one log alone says. */
const isPartOf = (start: Start, alone: Start): boolean =>
  (start.arguments === null || same(start.arguments, alone.arguments)) &&
  FACTS.every((fact) => start[fact] === null || start[fact] === alone[fact]) &&
  selectionsOf(start).every((one) => selectionsOf(alone).includes(one)) &&
  start.errors.every(({ text }) => alone.errors.some((error) => error.text === text));

/** Whether nothing is said but what ended a process of which it cannot be told whose it was: how the error begins. */
const isOfNone = (start: Start, known: readonly Start[]): boolean =>
  start.arguments === null &&
  start.selections.length === 0 &&
  FACTS.every((fact) => start[fact] === null) &&
  start.errors.every(({ type, text }) =>
    known.some(({ errors }) => errors.some((error) => error.type === type && text.startsWith(firstWords(error.text)))),
  );

const firstWords = (text: string): string => text.split('\n')[0]!;
