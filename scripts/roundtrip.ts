/**
 * Reads back what releases print: for recorded questions, the lines that the rules say are printed (and the error that was
 * recorded) are written down as a log, and what is read of that is compared with what vLLM's own code answered.
 */
import { bulkAnswer, happensIn, type LineTable, play, type ReleaseData } from '#engine';
import { createObserver, type Patterns, type Start } from '#logs';
import { fieldAt, fieldPaths, withField } from './fields.ts';
import { openRelease, type Recorded, withBuild } from './oracle.ts';
import { createRandom } from './random.ts';

export interface RoundTrip {
  readonly asked: number;
  /** Selections and errors that were read back, and selections that the release does not print. */
  readonly read: number;
  readonly silent: number;
  /** Lines that name a choice in words, of which the name is not known. */
  readonly lost: number;
  readonly wrong: readonly string[];
}

/** What is read back of one platform of a release. */
export interface RoundTripOf {
  readonly data: ReleaseData;
  readonly platform: string;
  readonly patterns: Patterns;
  /** What the release prints, as `log` knows it. */
  readonly table: LineTable;
}

/**
 * Plays so many questions of one platform: recorded ones, and where these are fewer, others that are crossed of them, whose
 * answers are those of the rules (`seeds`, where none is recorded of the platform itself). Lines that depend on something unknown are not printed here.
 */
export function roundTrip(
  { data, platform, patterns, table }: RoundTripOf,
  recorded: readonly Recorded[],
  many: number,
  seeds: readonly Recorded[] = recorded,
): RoundTrip {
  const { machine, stock } = openRelease(data, platform);
  const placeOf = createPlaces(table, platform);
  const wrong: string[] = [];
  let [asked, read, silent, lost] = [0, 0, 0, 0];
  // a start that ends before it selects prints no choice
  const own = recorded.filter(({ q, a }) => q.kind !== 'vit' && a['start'] === undefined).slice(0, many);
  const asking = seeds.filter(({ q }) => q.kind !== 'vit');
  const crossed = own.length < many ? crossings(asking, many - own.length) : [];
  for (const { q, a: known } of [...own, ...crossed]) {
    const answer = bulkAnswer(machine, q, withBuild(stock, q), data.release);
    const a = known ?? answer;
    if (known === undefined && answer.unknown.length > 0) continue;
    asked += 1;
    const { lines, whole } = play(machine, happensIn(machine.rules.terms['selection.events']));
    if (!whole) continue;
    const error = a['error'] as { readonly type: string; readonly text: string } | null;
    const start = readBack(
      [...lines.map(lineOf(machine.rules.places, placeOf)), ...errorLines(error)],
      data.release,
      patterns,
    );
    const said = error ? errorSaid(start, error.text) : selectionSaid(start, a);
    if (said === 'silent' && lines.some(({ text }) => PRINTED.test(text))) lost += 1;
    else if (said === 'silent') silent += 1;
    else if (said === 'read') read += 1;
    else wrong.push(`${q.id}: ${said}`);
  }
  return { asked, read, silent, lost, wrong };
}

/** How every release that prints a choice begins that line. */
const PRINTED = /^Using .*backend/;
const HEAD = 'INFO 01-02 03:04:05';

/** What prints a line once says where it was called. */
const ONCE = /^vllm\/logger\.py:/;

/** Where a line is printed of which the rules say only that a logger prints it once: where its words stand. */
function createPlaces({ lines }: LineTable, platform: string): (text: string) => string {
  // another platform may say it in the same words
  const isOthers = ({ at }: { readonly at: string }): boolean =>
    at.includes('platforms/') && !at.includes(`platforms/${platform}.py`);
  const known = lines
    .filter((line) => !isOthers(line))
    .map(({ at, text }) => {
      const words = text.map((part) =>
        typeof part === 'string' ? part.replaceAll(/[^\w\s]/g, String.raw`\$&`) : '.*',
      );
      return [at, new RegExp(`^${words.join('')}$`)] as const;
    });
  return (text) => known.find(([, words]) => words.test(text))?.[0] ?? `vllm/platforms/${platform}.py:1`;
}

/** A line as a release prints it, by the place that prints it. */
const lineOf =
  (places: readonly string[], placeOf: (text: string) => string) =>
  ({
    level,
    text,
    places: at,
  }: {
    readonly level: string;
    readonly text: string;
    readonly places: readonly number[];
  }): string => {
    const own = places[at[0] ?? -1] ?? 'vllm/logger.py:1';
    const place = ONCE.test(own) ? placeOf(text) : own;
    const [file = 'x.py', line = '1'] = place.slice(place.lastIndexOf('/') + 1).split(':');
    return `(EngineCore pid=7) ${HEAD.replace('INFO', level)} [${file}:${line}] ${text}`;
  };

/** Questions that take every field from one or the other of two recorded ones: the same for the same recording. */
function crossings(
  recorded: readonly Recorded[],
  many: number,
): { readonly q: Recorded['q']; readonly a?: undefined }[] {
  const below = createRandom(1);
  return Array.from({ length: many }, (_, i) => {
    const [one, other] = [recorded[below(recorded.length)]!.q, recorded[below(recorded.length)]!.q];
    const taken = fieldPaths(other).filter((path) => path[0] !== 'id' && below(2) === 0);
    const q = taken.reduce((made, path) => withField(made, path, fieldAt(other, path)), one);
    return { q: { ...q, id: `crossed ${i}` } };
  });
}

const errorLines = (error: { readonly type: string; readonly text: string } | null): string[] =>
  error
    ? [
        '(EngineCore pid=7) Traceback (most recent call last):',
        '(EngineCore pid=7)   File "x.py", line 1, in x',
        `(EngineCore pid=7) ${error.type}: ${error.text.replaceAll('\n', '\n  ')}`,
      ]
    : [];

function readBack(lines: readonly string[], release: string, patterns: Patterns): Start | undefined {
  const observer = createObserver(patterns);
  observer.write(
    `(EngineCore pid=7) ${HEAD} [core.py:1] Initializing a V1 LLM engine (v${release}) with config: model='m', x=1\n`,
  );
  observer.write(`${lines.join('\n')}\n`);
  observer.end();
  return observer.seen().starts[0];
}

/** What a start says of the backend that was recorded: `read`, `silent`, or what is wrong. */
function selectionSaid(start: Start | undefined, a: Recorded['a']): string {
  const [one, ...others] = start?.selections ?? [];
  if (!one) return 'silent';
  const names = [a['winner'], a['winner_enum']];
  if (others.length > 0) return `${others.length + 1} selections are read`;
  if (!names.includes(one.backend)) return `${String(names[0])} ran, ${String(one.backend)} is read`;
  const ranked = new Set((a['candidates'] ?? []) as readonly string[]);
  const isSame =
    one.candidates === null ||
    (one.candidates.length === ranked.size && one.candidates.every((name) => ranked.has(name)));
  return isSame ? 'read' : `candidates are ${[...ranked].join(' ')}, read is ${one.candidates.join(' ')}`;
}

/** What a start says of the error that was recorded: what is read of its words has to stand in them. */
function errorSaid(start: Start | undefined, text: string): string {
  const [error] = start?.errors ?? [];
  if (!error) return 'no error is read';
  const read = [error.requested ?? '', ...(Array.isArray(error.reasons) ? error.reasons.map(String) : [])];
  const other = read.find((words) => !text.includes(words));
  return other === undefined ? 'read' : `${other} is read, and does not stand in ${text}`;
}
