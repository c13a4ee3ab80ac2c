/** Whole command lines made at random, and what a release's own code made of them up to its configuration against what we make. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { caseOf, createCaseAnswerer } from '#cli';
import { parseJson } from '#disk';
import type { ArgumentTable, Flag, ServeCase } from '#engine';
import { recordedLines } from './oracle.ts';
import { makeDraft } from './startdrafts.ts';
import { createFractions } from './random.ts';

/** A case with what the release's own code made of it: `scripts/record-starts.py` writes such. */
export interface RecordedStart {
  readonly case: ServeCase;
  readonly answer: {
    readonly resolved?: Readonly<Record<string, unknown>>;
    readonly error: { readonly stage: string; readonly type: string; readonly text: string } | null;
  };
}

export interface ComparedStarts {
  right: number;
  unknown: number;
  readonly wrong: string[];
}

export const readRecordedStarts = (file: string): RecordedStart[] =>
  recordedLines(file).map((line) => ({ ...(parseJson(line, file) as RecordedStart), case: caseOf(line) }));

/** Compares what a release made of lines with what we make. What comes after the configuration is not looked at. */
export function compareStarts(version: string, records: readonly RecordedStart[]): ComparedStarts {
  const answerer = createCaseAnswerer({ vllm: version, platform: 'cuda', install: 'image', started: false });
  const compared: ComparedStarts = { right: 0, unknown: 0, wrong: [] };
  for (const { case: one, answer } of records) {
    const { error, resolved, unknown } = answerer.answer(one);
    const tell = (what: string): void =>
      void compared.wrong.push(`${one.id} ${one.gpu.name} ${one.args.slice(1).join(' ')}: ${what}`);
    if (unknown.includes('error')) compared.unknown += 1;
    else if (answer.error) {
      if (isSame(answer.error, error)) compared.right += 1;
      else tell(`${error === null ? 'starts' : `${error.type} ${error.text}`}, and there: ${answer.error.text}`);
    } else {
      const asked = Object.entries(answer.resolved ?? {});
      const told = asked.filter(([key]) => (resolved[key] ?? null) !== null);
      const other = told.find(([key, value]) => resolved[key] !== value);
      if (other === undefined && told.length < asked.length) compared.unknown += 1;
      else if (other === undefined) compared.right += 1;
      else tell(`${other[0]} ${JSON.stringify(resolved[other[0]])}, and there: ${JSON.stringify(other[1])}`);
    }
  }
  return compared;
}

/** Whether it is the same error; of what the parser prints the last line is told and not recorded. */
function isSame(
  { stage, type, text }: RecordedStart['answer']['error'] & {},
  own: { readonly type: string; readonly text: string | null } | null,
): boolean {
  if (own?.type === type && own.text === text) return true;
  if (stage === 'parse') return own?.text?.startsWith('argument parser') === true;
  return own?.type === type && own.text === text;
}

/** Machines that lines are put on. */
const GPUS: readonly ServeCase['gpu'][] = [
  { name: 'Tesla V100-SXM2-32GB', capability: [7, 0], memory_gib: 32 },
  { name: 'Tesla T4', capability: [7, 5], memory_gib: 15 },
  { name: 'NVIDIA A100-SXM4-80GB', capability: [8, 0], memory_gib: 80 },
  { name: 'NVIDIA GeForce RTX 3090', capability: [8, 6], memory_gib: 24 },
  { name: 'NVIDIA L4', capability: [8, 9], memory_gib: 22 },
  { name: 'NVIDIA H100 80GB HBM3', capability: [9, 0], memory_gib: 79.6 },
  { name: 'NVIDIA B200', capability: [10, 0], memory_gib: 178 },
];

/** How often a flag is given, and what it is given where that is no choice of the parser. */
const FLAGS: readonly (readonly [dest: string, share: number, values?: readonly unknown[]])[] = [
  ['dtype', 0.35],
  ['kv_cache_dtype', 0.3],
  ['tensor_parallel_size', 0.5, [2, 3, 4, 8, 16]],
  ['pipeline_parallel_size', 0.1, [2, 3]],
  ['data_parallel_size', 0.07, [2]],
  ['decode_context_parallel_size', 0.06, [2, 3]],
  ['max_model_len', 0.2, [512, '16k', 1_000_000, -1, 'auto', 0]],
  ['block_size', 0.2, [8, 16, 32, 64, 128, 7, 0]],
  ['attention_backend', 0.25, ['FLASH_ATTN', 'FLASHINFER', 'TRITON_ATTN', 'FLASHMLA', 'TRITON_MLA', 'XFORMERS', 'x']],
  ['quantization', 0.15, ['fp8', 'awq', 'gptq', 'compressed-tensors']],
  ['runner', 0.1],
  ['convert', 0.07],
  ['enforce_eager', 0.15],
  ['enable_prefix_caching', 0.1],
  ['enable_chunked_prefill', 0.1],
  ['enable_expert_parallel', 0.07],
  ['disable_sliding_window', 0.08],
  ['async_scheduling', 0.06],
  ['enable_lora', 0.06],
  ['max_num_batched_tokens', 0.1, [256, 8192, 1]],
  ['max_num_seqs', 0.1, [1, 256, 4096, 0]],
  ['optimization_level', 0.08, [0, 1, 2, 3]],
  ['mamba_cache_dtype', 0.05],
  ['compilation_config', 0.12, [{ cudagraph_mode: 'FULL' }, { cudagraph_mode: 'NONE' }, { mode: 0 }]],
  ['attention_config', 0.05, [{ backend: 'FLASHINFER' }, { flash_attn_version: 2 }, { flash_attn_version: 5 }]],
  ['hf_overrides', 0.06, [{ max_position_embeddings: 2048 }, { num_hidden_layers: 4 }]],
  ['kv_transfer_config', 0.05, [{ kv_connector: 'NixlConnector', kv_role: 'kv_both' }, { kv_connector: 'x' }]],
  [
    'speculative_config',
    0.08,
    [
      { method: 'ngram', num_speculative_tokens: 3, prompt_lookup_max: 4 },
      { method: 'ngram' },
      { num_speculative_tokens: 2 },
    ],
  ],
];
const VARIABLES: readonly (readonly [name: string, share: number])[] = [
  ['VLLM_BATCH_INVARIANT', 0.06],
  ['VLLM_MLA_DISABLE', 0.06],
  ['VLLM_ALLOW_LONG_MAX_MODEL_LEN', 0.06],
];

export interface HowMade {
  readonly often?: number;
  readonly drafts?: boolean;
  readonly each?: boolean;
  readonly gpu?: string;
}

/**
 * Makes cases of the config.json files in a folder and of a release's flags, a line each: the same for the same seed. Of `often` 1
 * there are so many flags that most lines are refused; of 0 there are none. With `drafts` something drafts on every line. With `each`
 * every model has a line, whatever `many` says; all are put on the machine whose name `gpu` is a part of.
 */
export function makeStarts(
  table: ArgumentTable,
  folder: string,
  many: number,
  seed: number,
  { often = 1, drafts = false, each = false, gpu = '' }: HowMade = {},
): string[] {
  const models = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .flatMap((file) => {
      const config = readConfig(path.join(folder, file));
      return config !== undefined ? [[file.slice(0, -'.json'.length).replace('--', '/'), config] as const] : [];
    });
  const flags = new Map(table.flags.map((flag) => [flag.dest, flag]));
  const next = createFractions(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
  const machines = GPUS.filter(({ name }) => name.includes(gpu));
  return Array.from({ length: each ? models.length : many }, (_, i) => {
    const [name, config] = each ? models[i]! : pick(models);
    const words = FLAGS.flatMap(([dest, share, values]) => {
      const flag = flags.get(dest);
      const isOther = drafts && dest === 'speculative_config';
      return flag !== undefined && !isOther && next() < share * often ? wordsOf(flag, values, pick) : [];
    });
    const draft = drafts ? makeDraft(pick, next, [name, config], models) : undefined;
    const env = Object.fromEntries(VARIABLES.filter(([, share]) => next() < share * often).map(([key]) => [key, '1']));
    const one = {
      id: `${seed}-${i}`,
      gpu: pick(machines),
      gpu_count: 8,
      args: ['serve', name, ...words, ...(draft?.words ?? [])],
      env,
    };
    // as it is written: a number is whole or a float
    const others = draft?.model ? `,"extra_models":{${JSON.stringify(draft.model[0])}:${draft.model[1]}}` : '';
    return `${JSON.stringify(one).slice(0, -1)},"hf_config":${config}${others}}`;
  });
}

type Pick = <T>(from: readonly T[]) => T;

function wordsOf(flag: Flag, values: readonly unknown[] | undefined, pick: Pick): string[] {
  const option = pick(flag.options.filter((one) => one.length > 2));
  const from = values ?? flag.choices;
  if (from === undefined) return [option];
  const value = pick(from);
  return [option, typeof value === 'string' ? value : JSON.stringify(value)];
}

/** The text of a config.json in one line; undefined where it holds what JSON does not have, as infinity, or is of no model. */
function readConfig(file: string): string | undefined {
  const text = readFileSync(file, 'utf8');
  try {
    const config = JSON.parse(text) as { readonly model_type?: unknown };
    return typeof config.model_type === 'string' ? text.replaceAll(/\s*\n\s*/g, ' ').trim() : undefined;
  } catch {
    return undefined;
  }
}
