/** What lines give for drafting, made at random: methods with a model of their own and without, and what else goes with them. */

type Pick = <T>(from: readonly T[]) => T;

/** A model by its name, its config.json as it is written. */
export type NamedModel = readonly [name: string, config: string];

/** What a line gives, and the further model that it names. */
export interface MadeDraft {
  readonly words: readonly string[];
  readonly model: NamedModel | undefined;
}

const METHODS: readonly (string | undefined)[] = [
  'mtp',
  'mtp',
  'eagle',
  'eagle3',
  'eagle3',
  'draft_model',
  undefined,
  undefined,
  'dflash',
  'dspark',
  'medusa',
  'suffix',
  'extract_hidden_states',
];
const NUMBERS = [1, 2, 3, 5, undefined];
/** What may stand beside the method, and how often. */
const KEYS: readonly (readonly [key: string, often: number, values: readonly unknown[]])[] = [
  ['attention_backend', 0.2, ['FLASHINFER', 'FLASH_ATTN', 'TRITON_ATTN', 'flash_attn', 'auto', 'x']],
  ['kv_cache_dtype', 0.1, ['auto', 'fp8', 'bfloat16', 'x']],
  ['draft_tensor_parallel_size', 0.15, [1, 2, 4, 0]],
  ['max_model_len', 0.15, [512, 4096, 10_000_000]],
  ['quantization', 0.08, ['fp8', 'awq', 'x']],
  ['parallel_drafting', 0.05, [true]],
  ['use_heterogeneous_vocab', 0.05, [true]],
  ['draft_sample_method', 0.08, ['greedy', 'probabilistic']],
  ['disable_padded_drafter_batch', 0.06, [true]],
  ['enforce_eager', 0.06, [true, false]],
  ['rejection_sample_method', 0.05, ['standard', 'synthetic', 'block']],
  ['num_speculative_tokens_per_batch_size', 0.03, [[[1, 4, 2]]]],
];
/** Methods that take a model. */
const WITHOUT = new Set<string | undefined>(['mtp', 'suffix', 'extract_hidden_states']);

/** Makes one, for the model that is served or another one of these. */
export function makeDraft(pick: Pick, next: () => number, own: NamedModel, models: readonly NamedModel[]): MadeDraft {
  const method = pick(METHODS);
  const model = WITHOUT.has(method) && next() < 0.85 ? undefined : drafting(pick, next() < 0.5 ? own : pick(models));
  const tokens = pick(NUMBERS);
  const given = {
    ...(method === undefined ? {} : { method }),
    ...(model === undefined ? {} : { model: model[0] }),
    ...(tokens === undefined ? {} : { num_speculative_tokens: tokens }),
    ...Object.fromEntries(KEYS.flatMap(([key, often, values]) => (next() < often ? [[key, pick(values)]] : []))),
  };
  return { words: ['--speculative-config', JSON.stringify(given)], model };
}

/** A model that drafts, made of another one: fewer layers, another name of its class. */
function drafting(pick: Pick, [name, config]: NamedModel): NamedModel {
  const suffix = pick(['', '', 'Eagle3']);
  const named = config.replace(/("architectures":\s*\[\s*"\w+)"/, `$1${suffix}"`);
  const layers = pick([undefined, 1, 2]);
  const made =
    layers === undefined ? named : named.replace(/"num_hidden_layers":\s*\d+/, `"num_hidden_layers": ${layers}`);
  return [`drafting/${pick(['eagle-', 'eagle3-', 'small-'])}${name.replace('/', '-')}`, made];
}
