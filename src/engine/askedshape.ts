/** Whether a value is a question of the bulk format: the kind of every field that a question may have. */
import type { BulkQuestion } from './asked.ts';
import { type Fields, firstWrong, isObject, type Kind, KINDS } from './shape.ts';

/** The dtypes that a layer may compute in, with the short names of the bulk format. */
export const FLOATING = /^(?:b?float16|float32|float64|fp16|bf16|fp32|half|float|double)$/;
const DTYPE: Kind = {
  is: 'a dtype of floating point, as float16',
  holds: (value) => typeof value === 'string' && FLOATING.test(value),
};

/** A value of these may be null, which says as much as leaving it out. */
const FIELDS: Readonly<Record<'device' | 'call' | 'config', Readonly<Record<string, Kind>>>> = {
  device: { capability: KINDS.capability, gcn_arch: KINDS.text, name: KINDS.text },
  call: {
    head_size: KINDS.count,
    num_heads: KINDS.count,
    dtype: DTYPE,
    kv_cache_dtype: KINDS.text,
    attn_type: KINDS.text,
    use_mla: KINDS.flag,
    has_sink: KINDS.flag,
    use_sparse: KINDS.flag,
    use_mm_prefix: KINDS.flag,
    use_per_head_quant_scales: KINDS.flag,
    has_sliding_window: KINDS.flag,
  },
  config: {
    adaptive_verification: KINDS.flag,
    attn_logit_softcapping: KINDS.number,
    backend_per_kind: KINDS.ofTexts,
    block_size: KINDS.count,
    cache_dtype: KINDS.text,
    dcp: KINDS.count,
    disable_flashinfer_prefill: KINDS.flag,
    disable_flashinfer_q_quantization: KINDS.flag,
    // what is none of its values gets the release's own refusal
    flash_attn_version: KINDS.scalar,
    head_size: KINDS.count,
    hf_config_class: KINDS.text,
    hf_text_config: KINDS.ofScalars,
    index_topk: KINDS.whole,
    is_diffusion: KINDS.flag,
    is_encoder_decoder: KINDS.flag,
    is_hybrid: KINDS.flag,
    is_mm_prefix_lm: KINDS.flag,
    kv_cache_layout: KINDS.text,
    kv_connector: KINDS.named,
    kv_connector_extra_config: KINDS.object,
    kv_lora_rank: KINDS.whole,
    max_model_len: KINDS.count,
    model_attn_type: KINDS.text,
    model_type: KINDS.text,
    num_attention_heads: KINDS.count,
    num_kv_heads: KINDS.count,
    num_spec: KINDS.whole,
    pcp: KINDS.count,
    qk_nope_head_dim: KINDS.whole,
    qk_rope_head_dim: KINDS.whole,
    rswa_window: KINDS.whole,
    spec_method: KINDS.text,
    tp: KINDS.count,
    use_cudnn_prefill: KINDS.flag,
    use_non_causal: KINDS.flag,
    use_prefill_decode_attention: KINDS.flag,
    use_trtllm_attention: KINDS.flag,
    user_specified_block_size: KINDS.flag,
    v_head_dim: KINDS.whole,
  },
};

/** The fields beside those, none of which is null. */
const WHOLE_QUESTION: Readonly<Record<string, Kind>> = {
  id: KINDS.text,
  platform: KINDS.text,
  kind: { is: '"attn" or "vit"', holds: (value) => value === 'attn' || value === 'vit' },
  device: KINDS.object,
  env: KINDS.ofTexts,
  install: KINDS.object,
  config: KINDS.object,
  call: KINDS.object,
  requested: { is: 'a text or null', holds: (value) => value === null || typeof value === 'string' },
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
