/* oxlint-disable max-lines -- a reader for every fact, in one place */
/**
 * What a question of the bulk format says, by the names of the rules. Each fact is read from the question when a rule asks
 * for it: of many questions few facts are looked at.
 */
import { jsonFacts } from './configobject.ts';
import { MISSING, textOf } from '../rules/index.ts';
import type { Fact, Facts, RuleSet } from '../rules/index.ts';

/** A question of the bulk format. Everything but `call` may be left out. */
export interface BulkQuestion {
  readonly id?: string;
  readonly platform?: string;
  readonly kind?: string;
  readonly device?: { readonly capability?: readonly number[]; readonly gcn_arch?: string; readonly name?: string };
  readonly env?: Readonly<Record<string, string>>;
  readonly install?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly call?: Readonly<Record<string, unknown>>;
  readonly requested?: string | null;
}

/** What is installed, by the keys of the bulk format. */
export type Install = Readonly<Record<string, unknown>>;

/** What is installed unless a question says otherwise, and what follows from it. */
export interface Stock {
  readonly holds: Install;
  /** The facts of the rules that an install stands for; what it does not name stays unknown. */
  facts(install: Install): Facts;
  readonly conventions: Conventions;
}

/** What a question of the bulk format leaves unsaid. */
export interface Conventions {
  /** The text config of a model, what one with MLA has besides, and one that is sparse. */
  readonly hf: Readonly<Record<string, unknown>>;
  readonly mla: Readonly<Record<string, unknown>>;
  readonly sparse: Readonly<Record<string, unknown>>;
  /** The compute capability of a device of the usual platform; unknown where this is not said either. */
  readonly capability?: readonly number[];
  /** The connector that is meant when only that there is one is said. */
  readonly connector: string;
  /** Whether a module that failed to import was tried before. */
  readonly loaded: boolean;
  /** The names of backends whose FlashAttention version is asked for, as a regular expression. */
  readonly flashAttention: string;
}

/** How one fact is read from a question. */
export type FactReader = (q: BulkQuestion) => Fact | undefined;

type Fields = Readonly<Record<string, unknown>>;
const NO_FIELDS: Fields = {};
const callOf = (q: BulkQuestion): Fields => q.call ?? NO_FIELDS;
const configOf = (q: BulkQuestion): Fields => q.config ?? NO_FIELDS;

/** A field of the configuration; none of these are null, for null means not given. */
const given = (q: BulkQuestion, name: string): unknown => configOf(q)[name] ?? undefined;
const number = (q: BulkQuestion, name: string, unsaid: number): number =>
  (given(q, name) as number | undefined) || unsaid;
const isMla = (q: BulkQuestion): boolean => Boolean(callOf(q).use_mla);
const heads = (q: BulkQuestion): number =>
  number(q, 'num_attention_heads', (callOf(q).num_heads as number | undefined) ?? 32);

const DTYPES: Readonly<Record<string, string>> = {
  fp16: 'float16',
  bf16: 'bfloat16',
  fp32: 'float32',
  half: 'float16',
  float: 'float32',
  double: 'float64',
};

function dtype(q: BulkQuestion): string {
  const name = textOf(callOf(q).dtype ?? 'bfloat16');
  return DTYPES[name] ?? name;
}

const headSize = (q: BulkQuestion): number => Number(callOf(q).head_size ?? 128);
const kvHeads = (q: BulkQuestion): number =>
  (given(q, 'num_kv_heads') as number | undefined) || (isMla(q) ? 1 : Math.max(1, Math.min(8, heads(q))));

/** The platform that a question is about which names none. */
const isUsual = ({ platform = 'cuda' }: BulkQuestion): boolean => platform === 'cuda';

/** The capability that is taken for a question that names none; undefined where it names one, or none is taken. */
export const takenCapability = (q: BulkQuestion, { conventions }: Stock): readonly number[] | undefined =>
  isUsual(q) && !q.device?.capability ? conventions.capability : undefined;

const capabilityPart =
  (at: 0 | 1, stock: Stock): FactReader =>
  (q) =>
    (q.device?.capability ?? takenCapability(q, stock))?.[at];

/** The facts whose names stand in every release. */
const READERS: Readonly<Record<string, FactReader>> = {
  'device.gfx': (q) => q.device?.gcn_arch ?? (isUsual(q) ? '' : undefined),
  'device.name': (q) => q.device?.name || undefined,
  'device.count': () => 1,
  'call.head_size': headSize,
  'call.num_heads': (q) => (callOf(q).num_heads as number | undefined) ?? null,
  'call.dtype': dtype,
  'call.kv_cache_dtype': (q) => (callOf(q).kv_cache_dtype === null ? null : textOf(callOf(q).kv_cache_dtype ?? 'auto')),
  'layer.alibi': () => false,
  'layer.softcap': () => false,
  // it is asked of a backend alone
  'built.layers.#': () => 0,
  // the vision encoder's own arguments
  'vit.head_size': headSize,
  'vit.dtype': dtype,
  'vit.backend': (q) => q.requested ?? null,
  // the layers take the configuration's
  'call.block_size': () => MISSING,
  'cache_config.user_specified_block_size': (q) =>
    Boolean(given(q, 'user_specified_block_size') ?? given(q, 'block_size') !== undefined),
  'cache_config.cache_dtype': (q) => textOf(given(q, 'cache_dtype') ?? callOf(q).kv_cache_dtype ?? 'auto'),
  'cache_config.kv_cache_layout': (q) => (given(q, 'kv_cache_layout') as Fact | undefined) ?? null,
  'parallel_config.decode_context_parallel_size': (q) => number(q, 'dcp', 1),
  'parallel_config.prefill_context_parallel_size': (q) => number(q, 'pcp', 1),
  'parallel_config.tensor_parallel_size': (q) => number(q, 'tp', 1),
  diffusion_config: () => null,
  kv_transfer_config: (q) => (given(q, 'kv_connector') ? {} : null),
  'kv_transfer_config.kv_role': (q) => (given(q, 'kv_connector') ? 'kv_both' : null),
  // a connector of vLLM's own, by its name
  'kv_transfer_config.kv_connector_module_path': () => null,
  speculative_config: (q) =>
    configOf(q).adaptive_verification !== undefined || configOf(q).spec_method !== undefined ? {} : null,
  'speculative_config.enable_adaptive_verification': (q) => Boolean(given(q, 'adaptive_verification')),
  'speculative_config.method': (q) => (given(q, 'spec_method') as string | undefined) ?? 'mtp',
  'speculative_config.parallel_drafting': () => false,
  'speculative_config.num_speculative_tokens': (q) => (given(q, 'num_spec') as number | undefined) ?? 3,
  'model_config.get_head_size': (q) => number(q, 'head_size', (callOf(q).head_size as number | undefined) ?? 128),
  'model_config.get_num_attention_heads': heads,
  'model_config.get_num_kv_heads': kvHeads,
  'model_config.get_total_num_kv_heads': kvHeads,
  'model_config.is_mm_prefix_lm': (q) => Boolean(given(q, 'is_mm_prefix_lm') ?? callOf(q).use_mm_prefix),
  'model_config.rswa_window': (q) => (given(q, 'rswa_window') as number | undefined) ?? null,
  'model_config.is_diffusion': (q) => Boolean(given(q, 'is_diffusion')),
  'model_config.is_hybrid': (q) => Boolean(given(q, 'is_hybrid')),
  'model_config.attn_type': (q) => (given(q, 'model_attn_type') as string | undefined) ?? 'decoder',
  'model_config.use_mla': isMla,
  'model_config.dtype': dtype,
  'model_config.max_model_len': (q) => (given(q, 'max_model_len') as number | undefined) ?? 8192,
  'model_config.is_encoder_decoder': (q) => Boolean(given(q, 'is_encoder_decoder')),
  // nothing is said to the platform beside vLLM's own options, and the model is not quantized
  'additional_config.?': () => false,
  'model_config.quantization': () => null,
  quant_config: () => null,
  'attention_config.backend': () => null,
  'attention_config.backend_per_kind.?': (q) => Object.keys(perKind(q)).length > 0,
};

const perKind = (q: BulkQuestion): Readonly<Record<string, string>> =>
  (given(q, 'backend_per_kind') as Readonly<Record<string, string>> | undefined) ?? {};

const CALL_FLAGS = [
  'use_mla',
  'has_sink',
  'use_sparse',
  'use_mm_prefix',
  'use_per_head_quant_scales',
  'has_sliding_window',
];

const HF_FIELDS = [
  'attn_logit_softcapping',
  'qk_nope_head_dim',
  'kv_lora_rank',
  'qk_rope_head_dim',
  'v_head_dim',
  'model_type',
  'index_topk',
];

const ATTENTION_FIELDS = [
  'flash_attn_version',
  'use_non_causal',
  'use_trtllm_attention',
  'use_prefill_decode_attention',
  'disable_flashinfer_prefill',
  'use_cudnn_prefill',
  'disable_flashinfer_q_quantization',
];

/** Facts that rest on what is taken where a question says nothing. */
const CONVENTIONAL: Readonly<Record<string, (stock: Stock) => FactReader>> = {
  'device.major': (stock) => capabilityPart(0, stock),
  'device.minor': (stock) => capabilityPart(1, stock),
  'kv_transfer_config.kv_connector': connector,
};

/** Facts with a name of their own in each release, by how their names begin. */
const KINDS: Readonly<Record<string, (field: string, stock: Stock, rules: RuleSet) => FactReader | undefined>> = {
  call: callReader,
  attention_config: attentionReader,
  cache_config: cacheReader,
  kv_transfer_config: transferReader,
  hf_text_config: hfReader,
};

/** How the fact of a name is read from the questions of a rule set. */
function readerOf(name: string, stock: Stock, rules: RuleSet): FactReader {
  const own = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  const [kind, field = ''] = cutAt(name, '.');
  const base: FactReader | undefined =
    own ??
    (Object.hasOwn(CONVENTIONAL, name) ? CONVENTIONAL[name]?.(stock) : undefined) ??
    KINDS[kind]?.(field, stock, rules);
  if (name.startsWith('env.')) return (q) => q.env?.[field] ?? MISSING;
  if (name.startsWith('loaded.')) return () => stock.conventions.loaded;
  const installed = installReader(name, stock);
  if (!base) return installed;
  return (q) => {
    const fact = base(q);
    return fact === undefined ? installed(q) : fact;
  };
}

const cutAt = (text: string, at: string): [string, string?] => {
  const i = text.indexOf(at);
  return i < 0 ? [text] : [text.slice(0, i), text.slice(i + 1)];
};

function connector({ conventions }: Stock): FactReader {
  return (q) => {
    const said = given(q, 'kv_connector');
    return said ? (typeof said === 'string' ? said : conventions.connector) : null;
  };
}

function callReader(field: string, _stock: Stock, rules: RuleSet): FactReader {
  if (field === 'attn_type') {
    const options = labelsOf(rules, 'call.attn_type');
    return (q) => {
      const type = callOf(q).attn_type as string | undefined;
      if (type === undefined) return null;
      // a member by its name; where the type has no members, a text as it is
      return options === undefined || options.includes(type) ? type : type.toUpperCase();
    };
  }
  const isFlag = CALL_FLAGS.includes(field);
  const options = labelsOf(rules, `call.${field}`) ?? [];
  return (q) => {
    const value = callOf(q)[field];
    if (typeof value === 'boolean' || typeof value === 'number') return value;
    if (typeof value === 'string' && !isFlag)
      return options.find((one) => typeof one === 'string' && one.toLowerCase() === value.toLowerCase()) as Fact;
    return isFlag ? Boolean(value) : undefined;
  };
}

function attentionReader(field: string, _stock: Stock, rules: RuleSet): FactReader | undefined {
  const kind = /^backend_per_kind\.(\w+?)(\?)?$/.exec(field);
  if (kind) {
    const [, name = '', asks] = kind;
    return asks ? (q) => name in perKind(q) : (q) => perKind(q)[name]?.toUpperCase() || undefined;
  }
  const plain = rules.terms[`default.attention_config.${field}`];
  const unsaid = plain === null || typeof plain !== 'object' ? plain : undefined;
  const isAsked = ATTENTION_FIELDS.includes(field);
  return (q) => (isAsked ? ((given(q, field) as Fact | undefined) ?? unsaid) : unsaid);
}

function cacheReader(field: string, _stock: Stock, rules: RuleSet): FactReader | undefined {
  if (field !== 'block_size') return undefined;
  const plain = rules.terms['default.cache_config.block_size'];
  const unsaid = typeof plain === 'number' || plain === null ? plain : 16;
  return (q) => (given(q, field) as number | undefined) ?? unsaid;
}

const EXTRA = 'kv_connector_extra_config';

/** What the connector of a question is told besides its name: any JSON, nothing where the question has none. */
function transferReader(field: string): FactReader | undefined {
  if (!field.startsWith(`${EXTRA}.`)) return undefined;
  const asksKey = /\.([^.]+)\?$/.exec(field)?.[1];
  return (q) => {
    const told = (given(q, EXTRA) as Fields | undefined) ?? {};
    return asksKey === undefined ? jsonFacts(EXTRA, told).get(field) : Object.hasOwn(told, asksKey);
  };
}

function hfReader(field: string, { conventions }: Stock): FactReader {
  const isField = HF_FIELDS.includes(field);
  return (q) => {
    const config = configOf(q);
    if (isField && config[field] !== undefined && config[field] !== null) return config[field] as Fact;
    const said = config.hf_text_config as Fields | undefined;
    if (said && Object.hasOwn(said, field))
      return (said[field] as Fact | undefined) ?? (said[field] === null ? null : MISSING);
    if (field === '__class__') return textOf(config.hf_config_class ?? 'types.SimpleNamespace');
    const { hf, mla, sparse } = conventions;
    for (const part of [callOf(q).use_sparse ? sparse : undefined, isMla(q) ? mla : undefined, hf])
      if (part && Object.hasOwn(part, field)) return part[field] as Fact;
    return MISSING;
  };
}

/** What is installed: worked out once for the usual install, and once for a question that says otherwise. */
function installReader(name: string, stock: Stock): FactReader {
  const usual = stock.facts(stock.holds).get(name);
  return (q) => (q.install === undefined ? usual : installed(stock, q).get(name));
}

const installs = new WeakMap<Stock, WeakMap<BulkQuestion, Facts>>();

function installed(stock: Stock, q: BulkQuestion): Facts {
  let known = installs.get(stock);
  if (!known) installs.set(stock, (known = new WeakMap()));
  let facts = known.get(q);
  if (!facts) known.set(q, (facts = stock.facts({ ...stock.holds, ...q.install })));
  return facts;
}

/** The labels that a choice of this rule set has. */
export function labelsOf(rules: RuleSet, input: string): readonly unknown[] | undefined {
  let known = labels.get(rules);
  if (!known) {
    known = new Map();
    for (const v of rules.variables) if ('choice' in v && !known.has(v.choice)) known.set(v.choice, v.of);
    labels.set(rules, known);
  }
  return known.get(input);
}

const labels = new WeakMap<RuleSet, Map<string, readonly unknown[]>>();

const readers = new WeakMap<Stock, WeakMap<RuleSet, Map<string, FactReader>>>();

/** The readers of a stock and a rule set, each made once. */
export function readersFor(stock: Stock, rules: RuleSet): (name: string) => FactReader {
  let ofStock = readers.get(stock);
  if (!ofStock) readers.set(stock, (ofStock = new WeakMap()));
  let known = ofStock.get(rules);
  if (!known) ofStock.set(rules, (known = new Map()));
  return (name) => {
    let reader = known.get(name);
    if (!reader) known.set(name, (reader = readerOf(name, stock, rules)));
    return reader;
  };
}

/** Turns a question into facts by the names of the rules. */
export function factsOf(q: BulkQuestion, stock: Stock, rules: RuleSet): Facts {
  const reader = readersFor(stock, rules);
  return { get: (name) => reader(name)(q) };
}
