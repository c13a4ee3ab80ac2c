/** Whether a value is a question of the bulk format: the kind of every field that a question may have. */
import type { BulkQuestion } from './asked.ts';

/** What stands in place of a wrong value, and how a right one is told. */
interface Kind {
  readonly is: string;
  readonly holds: (value: unknown) => boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object';

const TEXT: Kind = { is: 'a text', holds: isText };
const FLAG: Kind = { is: 'true or false', holds: (value) => typeof value === 'boolean' };
const WHOLE: Kind = { is: 'a whole number, 0 or more', holds: isWhole };
const COUNT: Kind = { is: 'a whole number, 1 or more', holds: (value) => isWhole(value) && value !== 0 };
const NUMBER: Kind = { is: 'a number', holds: (value) => typeof value === 'number' && Number.isFinite(value) };
const OBJECT: Kind = { is: 'an object', holds: isObject };
const SCALAR: Kind = { is: 'a text, a number, true or false', holds: isScalar };
const OF_TEXTS: Kind = {
  is: 'an object whose values are texts',
  holds: (value) => isObject(value) && Object.values(value).every(isText),
};
const OF_SCALARS: Kind = {
  is: 'an object of texts, numbers, true, false and lists of these',
  holds: (value) =>
    isObject(value) &&
    Object.values(value).every((one) => isScalar(one) || (Array.isArray(one) && one.every(isScalar))),
};
const NAMED: Kind = { is: 'a name, true or false', holds: (value) => isText(value) || typeof value === 'boolean' };
const CAPABILITY: Kind = {
  is: 'two whole numbers, as in [9, 0]',
  holds: (value) => Array.isArray(value) && value.length === 2 && value.every(isWhole),
};

/** The dtypes that a layer may compute in, with the short names of the bulk format. */
export const FLOATING = /^(?:b?float16|float32|float64|fp16|bf16|fp32|half|float|double)$/;
const DTYPE: Kind = {
  is: 'a dtype of floating point, as float16',
  holds: (value) => typeof value === 'string' && FLOATING.test(value),
};

/** A value of these may be null, which says as much as leaving it out. */
const FIELDS: Readonly<Record<'device' | 'call' | 'config', Readonly<Record<string, Kind>>>> = {
  device: { capability: CAPABILITY, gcn_arch: TEXT, name: TEXT },
  call: {
    head_size: COUNT,
    num_heads: COUNT,
    dtype: DTYPE,
    kv_cache_dtype: TEXT,
    attn_type: TEXT,
    use_mla: FLAG,
    has_sink: FLAG,
    use_sparse: FLAG,
    use_mm_prefix: FLAG,
    use_per_head_quant_scales: FLAG,
    has_sliding_window: FLAG,
  },
  config: {
    adaptive_verification: FLAG,
    attn_logit_softcapping: NUMBER,
    backend_per_kind: OF_TEXTS,
    block_size: COUNT,
    cache_dtype: TEXT,
    dcp: COUNT,
    disable_flashinfer_prefill: FLAG,
    disable_flashinfer_q_quantization: FLAG,
    // what is none of its values gets the release's own refusal
    flash_attn_version: SCALAR,
    head_size: COUNT,
    hf_config_class: TEXT,
    hf_text_config: OF_SCALARS,
    index_topk: WHOLE,
    is_diffusion: FLAG,
    is_encoder_decoder: FLAG,
    is_hybrid: FLAG,
    is_mm_prefix_lm: FLAG,
    kv_cache_layout: TEXT,
    kv_connector: NAMED,
    kv_connector_extra_config: OBJECT,
    kv_lora_rank: WHOLE,
    max_model_len: COUNT,
    model_attn_type: TEXT,
    model_type: TEXT,
    num_attention_heads: COUNT,
    num_kv_heads: COUNT,
    num_spec: WHOLE,
    pcp: COUNT,
    qk_nope_head_dim: WHOLE,
    qk_rope_head_dim: WHOLE,
    rswa_window: WHOLE,
    spec_method: TEXT,
    tp: COUNT,
    use_cudnn_prefill: FLAG,
    use_non_causal: FLAG,
    use_prefill_decode_attention: FLAG,
    use_trtllm_attention: FLAG,
    user_specified_block_size: FLAG,
    v_head_dim: WHOLE,
  },
};

/** The fields beside those, none of which is null. */
const WHOLE_QUESTION: Readonly<Record<string, Kind>> = {
  id: TEXT,
  platform: TEXT,
  kind: { is: '"attn" or "vit"', holds: (value) => value === 'attn' || value === 'vit' },
  device: OBJECT,
  env: OF_TEXTS,
  install: OBJECT,
  config: OBJECT,
  call: OBJECT,
  requested: { is: 'a text or null', holds: (value) => value === null || isText(value) },
};

const PARTS = Object.entries(FIELDS) as [keyof typeof FIELDS, (typeof FIELDS)['call']][];

/** What is wrong with a question's shape, in words; undefined where nothing is. What `install` holds is not looked at. */
export function wrongShape(value: unknown): string | undefined {
  if (!isObject(value)) return 'A question is an object';
  const own = firstWrong(value, WHOLE_QUESTION);
  if (own !== undefined) return `"${own[0]}" is ${own[1].is}`;
  for (const [part, kinds] of PARTS) {
    const given = value[part];
    const wrong = given === undefined ? undefined : firstWrong(given as Fields, kinds, null);
    if (wrong !== undefined) return `"${part}.${wrong[0]}" is ${wrong[1].is}`;
  }
  return undefined;
}

/** The first field of the wrong kind; `absent` stands for one that is not given. */
function firstWrong(fields: Fields, kinds: Readonly<Record<string, Kind>>, absent?: null): [string, Kind] | undefined {
  for (const name in fields) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    const value = fields[name];
    if (kind !== undefined && value !== absent && value !== undefined && !kind.holds(value)) return [name, kind];
  }
  return undefined;
}

/**
 * What is wrong with a question's words for these rules, in words; undefined where nothing is. `types` are the types of
 * attention that the release has, where they are members of a class.
 */
export function wrongWords({ call }: BulkQuestion, types: readonly unknown[] | undefined): string | undefined {
  const type = call?.['attn_type'];
  if (types === undefined || typeof type !== 'string') return undefined;
  if (types.includes(type) || types.includes(type.toUpperCase())) return undefined;
  const names = types.flatMap((one) => (typeof one === 'string' ? one.toLowerCase() : []));
  return `"call.attn_type" is one of ${names.join(', ')}`;
}

/** What a question says that is not of the bulk format: `call.<name>`, and names beside the format's own. */
export function outsideFormat(q: BulkQuestion): string[] {
  const out = Object.keys(q).filter((name) => !Object.hasOwn(WHOLE_QUESTION, name));
  for (const [part, kinds] of PARTS)
    for (const name in q[part]) if (!Object.hasOwn(kinds, name)) out.push(`${part}.${name}`);
  return out;
}
