/** What a file beside a log says that ran, and how far what the log shows agrees with it. */
import type { Start } from '#logs';

/* oxlint-disable typescript/no-explicit-any -- records are JSON of another tool */
type Json = any;

export interface Expected {
  readonly release: string;
  /** The backends of the groups of layers; undefined where nothing was asked of the engine. */
  readonly backends: readonly string[] | undefined;
  readonly asked: string | null;
  readonly flashAttention: number | undefined;
  readonly blockSize: number | undefined;
  readonly cacheDtype: string | undefined;
  readonly graphs: string | undefined;
  readonly runner: string | undefined;
  readonly fails: boolean;
  readonly isUp: boolean;
  readonly dead: readonly string[];
  readonly model: string | undefined;
}

/** Reads the record of a run, of either of the two that recorded them. */
export function expectedOf(record: Json): Expected {
  return record.command === undefined ? ofEngine(record) : ofServer(record);
}

function ofEngine({ observed, engine_args: given, env, release, completed_generation: done, id }: Json): Expected {
  const versions = Object.keys(observed?.impls ?? {}).flatMap((key) => /\/fa=(\d)/.exec(key)?.[1] ?? []);
  return {
    release,
    backends: observed?.groups.map((group: Json) => group.backend),
    asked: given.attention_backend ?? null,
    flashAttention: versions.length > 0 ? Number(versions[0]) : undefined,
    blockSize: numberOf(observed?.resolved.block_size),
    cacheDtype: given.kv_cache_dtype ?? 'auto',
    graphs: observed?.resolved.cudagraph_mode,
    runner: observed ? (String(observed.resolved.runner).endsWith('.gpu.model_runner') ? 'V2' : 'V1') : undefined,
    fails: !done && observed === null && id !== 'dsv2-default',
    isUp: done,
    dead: Object.keys(env).filter((name) => name === 'VLLM_ATTENTION_BACKEND'),
    model: given.model,
  };
}

function ofServer({ command, env, release, result, simulated }: Json): Expected {
  const words: string[] = command.split(' ');
  const after = (flag: string): string | null => (words.includes(flag) ? words[words.indexOf(flag) + 1]! : null);
  const isUp = typeof result.ready_s === 'number';
  return {
    release,
    // what ran there is told by what the platform can choose, which these records do not hold
    backends: undefined,
    asked: after('--attention-backend'),
    flashAttention: undefined,
    blockSize: undefined,
    cacheDtype: 'auto',
    graphs: undefined,
    runner: simulated === undefined ? 'V1' : undefined,
    fails: !isUp,
    isUp,
    dead: Object.keys(env).filter((name) => name === 'VLLM_ATTENTION_BACKEND'),
    model: words[2],
  };
}

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

export interface Comparison {
  readonly wrong: readonly string[];
  readonly shown: number;
  readonly absent: number;
}

/** Compares the starts of a log with what ran; what is not shown must not stand in the text either. */
// oxlint-disable-next-line max-lines-per-function -- one line for everything that is compared
export function mismatches(starts: readonly Start[], expected: Expected, text: string): Comparison {
  const wrong: string[] = [];
  let [shown, absent] = [0, 0];
  if (starts.length !== 1) return { wrong: [`${starts.length} starts`], shown, absent };
  const [start] = starts as [Start];
  const same = (name: string, got: unknown, want: unknown, isPrinted: boolean): void => {
    if (want === undefined) return;
    const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
    if (a === b) shown += 1;
    else if (got === null && !isPrinted) absent += 1;
    else wrong.push(`${name} is ${b}, shown is ${a}`);
  };
  same('release', start.release, expected.release, text.includes(expected.release));
  same('model', start.model, expected.model, true);
  const seen = [...new Set(start.selections.map(({ backend }) => String(backend)))].toSorted();
  const ran = expected.backends && [...new Set(expected.backends)].toSorted();
  same('backends', seen.length === 0 ? null : seen, ran, true);
  same('FlashAttention', start.flashAttentionVersion, expected.flashAttention, /FlashAttention version/.test(text));
  same('block size', start.blockSize, expected.blockSize, /block size to \d/.test(text));
  same('KV dtype', start.kvCacheDtype, expected.cacheDtype, /kv_cache_dtype=/.test(text));
  same('CUDA graphs', start.cudagraphMode.effective, expected.graphs, true);
  same('model runner', start.modelRunner, expected.runner, /[Mm]odel [Rr]unner V|V\d [Mm]odel [Rr]unner/.test(text));
  same(
    'dead variables',
    start.deadVariables.filter((name) => expected.dead.includes(name)),
    expected.dead,
    true,
  );
  same('fails', start.reached === 'failed', expected.fails, true);
  same('up', start.reached === 'ready' || start.reached === 'completed', expected.isUp, true);
  if (expected.fails && expected.asked !== null)
    same(
      'asked for',
      start.errors.find(({ requested }) => requested !== null)?.requested ?? null,
      expected.asked,
      true,
    );
  if (expected.fails)
    same(
      'known',
      start.unknownNames.every((name) => name === expected.asked),
      true,
      true,
    );
  return { wrong, shown, absent };
}
