/* oxlint-disable max-lines -- one question, in one place */
/**
 * Questions in bulk: one JSON object a question, in the form in which vLLM's own selection code is asked for its recorded
 * answers, and the answer in the same form.
 */
import { MISSING, UNKNOWN, textOf } from '../rules/index.ts';
import type { Fact, Facts, Machine, Resolved, RuleSet, Term } from '../rules/index.ts';
import { happened } from './events.ts';
import type { Happening, Raised } from './events.ts';

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
  /** The connector that is meant when only that there is one is said. */
  readonly connector: string;
  /** The names of backends whose FlashAttention version is asked for, as a regular expression. */
  readonly flashAttention: string;
}

/** What of a rule set is needed for every question. */
interface Known {
  /** Fields of the attention configuration with a plain default. */
  readonly defaults: readonly (readonly [string, Fact])[];
  /** The kinds of layer that can have a backend of their own. */
  readonly kinds: readonly string[];
  readonly labels: ReadonlyMap<string, readonly unknown[]>;
  /** By the path of its class: what a backend says of itself. */
  readonly ofClass: ReadonlyMap<unknown, Readonly<Record<string, Term>>>;
}

const knowing = new WeakMap<RuleSet, Known>();

function knownOf(rules: RuleSet): Known {
  let known = knowing.get(rules);
  if (!known) knowing.set(rules, (known = readKnown(rules)));
  return known;
}

function readKnown({ terms, variables }: RuleSet): Known {
  const defaults: [string, Fact][] = [];
  const ofClass = new Map<unknown, Readonly<Record<string, Term>>>();
  for (const [name, term] of Object.entries(terms)) {
    const field = /^default\.(attention_config\.\w+)$/.exec(name)?.[1];
    if (field && (term === null || typeof term !== 'object')) defaults.push([field, term]);
    if (name.startsWith('backend.') && term !== null && typeof term === 'object' && 'record' in term) {
      if (!ofClass.has(term.record.class)) ofClass.set(term.record.class, term.record);
    }
  }
  const labels = new Map<string, readonly unknown[]>();
  for (const v of variables) if ('choice' in v && !labels.has(v.choice)) labels.set(v.choice, v.of);
  const kinds = [...labels.keys()].flatMap(
    (name) => /^attention_config\.backend_per_kind\.(\w+)\?$/.exec(name)?.[1] ?? [],
  );
  return { defaults, kinds, labels, ofClass };
}

type Json = Resolved;

const flag = (v: unknown): boolean => Boolean(v);

/** Turns a question into facts by the names of the rules. */
export function factsOf(q: BulkQuestion, stock: Stock, rules: RuleSet): Facts {
  const facts = new Map<string, Fact>();
  const installed = stock.facts(q.install === undefined ? stock.holds : { ...stock.holds, ...q.install });
  device(facts, q);
  call(facts, q, rules);
  config(facts, q, rules, stock.conventions);
  const env = q.env ?? {};
  return {
    get(name) {
      const own = facts.get(name);
      if (own !== undefined) return own;
      if (name.startsWith('env.')) return env[name.slice(4)] ?? MISSING;
      if (name.startsWith('hf_text_config.')) return MISSING;
      return installed.get(name);
    },
  };
}

function device(facts: Map<string, Fact>, q: BulkQuestion): void {
  const capability = q.device?.capability ?? [9, 0];
  facts.set('device.major', capability[0] ?? 9);
  facts.set('device.minor', capability[1] ?? 0);
  facts.set('device.gfx', q.device?.gcn_arch ?? '');
  if (q.device?.name) facts.set('device.name', q.device.name);
  facts.set('device.count', 1);
}

/** The labels that a choice of this rule set has. */
const labels = (rules: RuleSet, input: string): readonly unknown[] | undefined => knownOf(rules).labels.get(input);

function call(facts: Map<string, Fact>, q: BulkQuestion, rules: RuleSet): void {
  const given = q.call ?? {};
  const c = (name: string): unknown => given[name];
  for (const name of [
    'use_mla',
    'has_sink',
    'use_sparse',
    'use_mm_prefix',
    'use_per_head_quant_scales',
    'has_sliding_window',
  ])
    facts.set(`call.${name}`, flag(c(name)));
  for (const [key, value] of Object.entries(given))
    if (typeof value === 'boolean' || typeof value === 'number') facts.set(`call.${key}`, value);
  facts.set('call.head_size', Number(c('head_size') ?? 128));
  facts.set('call.num_heads', (c('num_heads') as number | undefined) ?? null);
  facts.set('call.dtype', dtypeName(c('dtype')));
  facts.set('call.kv_cache_dtype', c('kv_cache_dtype') === null ? null : textOf(c('kv_cache_dtype') ?? 'auto'));
  const type = c('attn_type') as string | undefined;
  const options = labels(rules, 'call.attn_type');
  facts.set('call.attn_type', type === undefined ? null : options?.includes(type) ? type : type.toUpperCase());
  // the vision encoder's own arguments
  facts.set('vit.head_size', Number(c('head_size') ?? 128));
  facts.set('vit.dtype', dtypeName(c('dtype')));
  facts.set('vit.backend', q.requested ?? null);
}

const dtypeName = (v: unknown): string =>
  ({ fp16: 'float16', bf16: 'bfloat16', fp32: 'float32', half: 'float16', float: 'float32', double: 'float64' })[
    String(v)
  ] ?? textOf(v ?? 'bfloat16');

function config(facts: Map<string, Fact>, q: BulkQuestion, rules: RuleSet, by: Conventions): void {
  const c = q.config ?? {};
  const given = q.call ?? {};
  const number = (name: string, fallback: number): number => (c[name] as number | undefined) || fallback;
  const heads = number('num_attention_heads', (given.num_heads as number | undefined) ?? 32);
  const mla = flag(given.use_mla);
  const blockSize = (c.block_size as number | undefined) ?? null;
  const set = (name: string, value: Fact): void => void facts.set(name, value);
  set('cache_config.block_size', blockSize ?? 16);
  set('cache_config.user_specified_block_size', flag(c.user_specified_block_size ?? blockSize !== null));
  set('cache_config.cache_dtype', textOf(c.cache_dtype ?? given.kv_cache_dtype ?? 'auto'));
  set('cache_config.kv_cache_layout', (c.kv_cache_layout as Fact | undefined) ?? null);
  set('parallel_config.decode_context_parallel_size', number('dcp', 1));
  set('parallel_config.prefill_context_parallel_size', number('pcp', 1));
  set('parallel_config.tensor_parallel_size', number('tp', 1));
  connector(set, c, by);
  speculation(set, c);
  model(set, c, {
    heads,
    mla,
    head: number('head_size', (given.head_size as number | undefined) ?? 128),
    mm: flag(given.use_mm_prefix),
  });
  hfConfig(set, c, { ...by.hf, ...(mla ? by.mla : {}), ...(given.use_sparse ? by.sparse : {}) });
  attention(set, c, rules);
}

type Set = (name: string, value: Fact) => void;

function connector(set: Set, c: Readonly<Record<string, unknown>>, by: Conventions): void {
  set('kv_transfer_config', c.kv_connector ? {} : null);
  set(
    'kv_transfer_config.kv_connector',
    c.kv_connector ? (typeof c.kv_connector === 'string' ? c.kv_connector : by.connector) : null,
  );
  set('kv_transfer_config.kv_role', c.kv_connector ? 'kv_both' : null);
}

function speculation(set: Set, c: Readonly<Record<string, unknown>>): void {
  const has = c.adaptive_verification !== undefined || c.spec_method !== undefined;
  set('speculative_config', has ? {} : null);
  set('speculative_config.enable_adaptive_verification', flag(c.adaptive_verification));
  set('speculative_config.num_speculative_tokens', (c.num_spec as number | undefined) ?? 3);
}

function model(
  set: Set,
  c: Readonly<Record<string, unknown>>,
  m: { heads: number; mla: boolean; head: number; mm: boolean },
): void {
  const kv = (c.num_kv_heads as number | undefined) || (m.mla ? 1 : Math.max(1, Math.min(8, m.heads)));
  set('model_config.get_head_size', m.head);
  set('model_config.get_num_attention_heads', m.heads);
  set('model_config.get_num_kv_heads', kv);
  set('model_config.get_total_num_kv_heads', kv);
  set('model_config.is_mm_prefix_lm', flag(c.is_mm_prefix_lm ?? m.mm));
  set('model_config.rswa_window', (c.rswa_window as number | undefined) ?? null);
  set('model_config.is_diffusion', flag(c.is_diffusion));
  set('model_config.is_hybrid', flag(c.is_hybrid));
  set('model_config.use_mla', m.mla);
  set('model_config.max_model_len', (c.max_model_len as number | undefined) ?? 8192);
  set('model_config.is_encoder_decoder', flag(c.is_encoder_decoder));
}

const HF_FIELDS = [
  'attn_logit_softcapping',
  'qk_nope_head_dim',
  'kv_lora_rank',
  'qk_rope_head_dim',
  'v_head_dim',
  'model_type',
  'index_topk',
];

function hfConfig(set: Set, c: Readonly<Record<string, unknown>>, unsaid: Readonly<Record<string, unknown>>): void {
  const hf: Record<string, unknown> = { ...unsaid, ...(c.hf_text_config as object | undefined) };
  for (const name of HF_FIELDS) if (c[name] !== undefined && c[name] !== null) hf[name] = c[name];
  set('hf_text_config.__class__', textOf(c.hf_config_class ?? 'types.SimpleNamespace'));
  for (const [name, value] of Object.entries(hf)) set(`hf_text_config.${name}`, value as Fact);
}

function attention(set: Set, c: Readonly<Record<string, unknown>>, rules: RuleSet): void {
  const { defaults, kinds } = knownOf(rules);
  for (const [field, value] of defaults) set(field, value);
  for (const name of [
    'flash_attn_version',
    'use_non_causal',
    'use_trtllm_attention',
    'use_prefill_decode_attention',
    'disable_flashinfer_prefill',
    'use_cudnn_prefill',
    'disable_flashinfer_q_quantization',
  ])
    if (c[name] !== undefined && c[name] !== null) set(`attention_config.${name}`, c[name] as Fact);
  const perKind = (c.backend_per_kind as Readonly<Record<string, string>> | undefined) ?? {};
  set('attention_config.backend_per_kind.?', Object.keys(perKind).length > 0);
  for (const kind of kinds) {
    set(`attention_config.backend_per_kind.${kind}?`, kind in perKind);
    if (perKind[kind]) set(`attention_config.backend_per_kind.${kind}`, perKind[kind].toUpperCase());
  }
  set('attention_config.backend', null);
}

/** What the configuration makes of the text of a requested backend: a member, null, or an error. */
export interface Request {
  readonly backend: Resolved;
  readonly error: Happening['error'];
}

const NOTHING: Request = { backend: null, error: undefined };
const requests = new WeakMap<Machine, Map<string, Request>>();

/** Reads the text with the release's own rule, once a text. Throws what `Machine.load` throws. */
export function requestOf(machine: Machine, text: unknown): Request {
  if (typeof text !== 'string') return NOTHING;
  let known = requests.get(machine);
  if (!known) requests.set(machine, (known = new Map()));
  let made = known.get(text);
  if (made) return made;
  machine.load(new Map<string, Fact>([['text.attention_config.backend', text]]));
  const { error } = happened(machine, 'parse.attention_config.backend.events');
  made = { error, backend: error === undefined ? term(machine, 'parse.attention_config.backend.value') : null };
  known.set(text, made);
  return made;
}

/** What pydantic says of a configuration value that is none of its field's literal values; undefined when all are. */
function literalError(rules: RuleSet, c: Readonly<Record<string, unknown>>): Raised | undefined {
  for (const [name, value] of Object.entries(c)) {
    const of = labels(rules, `attention_config.${name}`);
    if (!of || value === null || value === undefined || typeof value === 'object' || of.includes(value)) continue;
    const shown = of.filter((l) => l !== null).map((l) => (typeof l === 'string' ? `'${l}'` : textOf(l)));
    const cls = textOf(rules.terms['class.attention_config'] ?? '');
    const list = shown.length > 1 ? `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)!}` : shown.join('');
    return { type: 'ValidationError', text: `1 validation error for ${cls}\n${name}\n  Input should be ${list}` };
  }
  return undefined;
}

/** Answers a question with the rules of one platform. */
export function answerBulk(
  machine: Machine,
  q: BulkQuestion,
  stock: Stock,
): Record<string, Json | readonly (readonly string[])[]> {
  const { rules } = machine;
  if (q.kind === 'vit') {
    machine.load(factsOf(q, stock, rules));
    return answerVit(machine, q);
  }
  const wrong = literalError(rules, q.config ?? {});
  const request: Request = wrong ? { backend: null, error: wrong } : requestOf(machine, q.requested);
  const facts = factsOf(q, stock, rules);
  const { backend } = request;
  machine.load({
    get: (name) =>
      name === 'attention_config.backend' ? (backend === UNKNOWN ? undefined : backend) : facts.get(name),
  });
  return answerAttention(machine, q, request, stock);
}

const term = (machine: Machine, name: string): Resolved => {
  const t: Term | undefined = machine.rules.terms[name];
  return t === undefined ? null : machine.resolve(t);
};

function answerVit(machine: Machine, q: BulkQuestion): Record<string, Json | readonly (readonly string[])[]> {
  const { error, logs } = happened(machine, 'vit.events');
  return {
    id: q.id ?? null,
    vit: error ? null : term(machine, 'vit.backend'),
    error: error === null ? UNKNOWN : (error ?? null),
    logs,
    vit_supported: term(machine, 'vit.supported'),
  };
}

function answerAttention(
  machine: Machine,
  q: BulkQuestion,
  request: Request,
  stock: Stock,
): Record<string, Json | readonly (readonly string[])[]> {
  const { error, logs, reached } = request.error
    ? { error: request.error, logs: [], reached: new Set<string>() }
    : happened(machine, 'selection.events');
  const out: Record<string, Json | readonly (readonly string[])[]> = {
    id: q.id ?? null,
    winner: null,
    error: error === null ? UNKNOWN : (error ?? null),
    candidates: null,
    rejected: null,
    requested_reasons: null,
    logs,
    fa_version: null,
    kv_layout: null,
    block_size: null,
    supported_block_sizes: null,
    cudagraph_support: null,
  };
  const badConfig = error !== undefined && error !== null && error.type === 'ValidationError';
  if (badConfig) return out;
  // an error before the platform is asked leaves nothing to rank
  if (error && !reached.has('platform')) return out;
  Object.assign(out, ranked(machine));
  if (typeof request.backend === 'string') out.requested_reasons = reasonsOf(machine, `requested.${request.backend}`);
  if (error) return out;
  out.winner = term(machine, 'selection.name');
  const cls = term(machine, 'selection.class');
  const flash = new RegExp(stock.conventions.flashAttention).test(textOf(out.winner));
  Object.assign(out, followed(machine, cls, { mla: flag(q.call?.use_mla), flash }));
  return out;
}

/** The candidates in order of priority and every refusal with its reasons. */
function ranked(machine: Machine): { candidates: Resolved; rejected: Resolved } {
  const failed = happened(machine, 'candidates.events');
  if (failed.error || !('candidates.valid' in machine.rules.terms)) return { candidates: null, rejected: null };
  const candidates = term(machine, 'candidates.valid');
  const list = term(machine, 'candidates.refused');
  if (list === UNKNOWN) return { candidates, rejected: UNKNOWN };
  const rejected: Record<string, Resolved> = {};
  const rows = (list as readonly { backend: string; priority: number; reasons: Resolved }[]).toSorted(
    (a, b) => a.priority - b.priority,
  );
  for (const r of rows) rejected[r.backend] = r.reasons;
  return { candidates, rejected };
}

function reasonsOf(machine: Machine, name: string): Resolved {
  const t = machine.rules.terms[name];
  if (t === undefined || t === null || typeof t !== 'object' || !('record' in t)) return null;
  const failed = happened(machine, name, t.record.events);
  return failed.error ? null : machine.resolve(t.record.reasons!);
}

/** The facts that follow from the chosen class. */
function followed(
  machine: Machine,
  cls: Resolved,
  ask: { readonly mla: boolean; readonly flash: boolean },
): Record<string, Resolved> {
  const record = knownOf(machine.rules).ofClass.get(cls);
  if (!record) return {};
  const get = (name: string): Resolved => (name in record ? machine.resolve(record[name]!) : null);
  const layout: Record<string, Resolved> = {};
  if ('kv_layout.override_set' in machine.rules.terms) layout.override_set = term(machine, 'kv_layout.override_set');
  if ('kv_layout.required' in record) layout.required = get('kv_layout.required');
  if ('kv_layout.supported' in record) layout.supported = get('kv_layout.supported');
  if ('kv_layout.resolved' in machine.rules.terms && !happened(machine, 'kv_layout.events').error)
    layout.resolved = term(machine, 'kv_layout.resolved');
  return {
    supported_block_sizes: get('supported_block_sizes'),
    block_size: get('block_size'),
    kv_layout: Object.keys(layout).length ? layout : null,
    fa_version: ask.flash ? term(machine, ask.mla ? 'flash_attn_version.mla' : 'flash_attn_version.attention') : null,
    cudagraph_support: get('cudagraph_support'),
  };
}
