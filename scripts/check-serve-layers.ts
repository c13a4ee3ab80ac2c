/**
 * Compares the layers that rules say a model builds with what vLLM itself built for recorded `vllm serve` commands:
 * `node dist/scripts/check-serve-layers.js RECORDS.jsonl.gz TREE [TRANSFORMERS]`. Facts that other parts of the product
 * work out (the resolved configuration) are taken from the record; those of the model from its config.json.
 */
import { buildLayers } from '#engine';
import { readArchitectures, readLayers, readTransformers } from '#release';
import { createMachine, MISSING, OBJECT, UNKNOWN, textOf } from '#rules';
import { folderTree } from './folder.ts';
import { readServeRecords } from './serve.ts';
import { scriptWords } from './words.ts';

/* oxlint-disable typescript/no-explicit-any -- records are JSON of another tool */
type Json = any;

const { positionals } = scriptWords('RECORDS.jsonl.gz TREE [TRANSFORMERS]', {}, [2, 3]);
const [records = '', root = '', transformers] = positionals;

const lines: Json[] = readServeRecords(records);
const cases = lines.filter(({ case: c, answer: a }) => {
  const roles = new Set((a.groups ?? []).map((g: Json) => g.role));
  return (
    !c.extra_models &&
    !c.args.some((x: string) => x.includes('spec')) &&
    roles.size > 0 &&
    [...roles].every((r) => r === 'lm' || r === 'mla_prefill')
  );
});

const tree = folderTree(root);
const architectures = new Map(readArchitectures(tree, 'cuda').flatMap((a) => (a.text ? [[a.name, a]] : [])));
const machines = new Map<string, ReturnType<typeof createMachine> | undefined>();
const machineOf = (name: string) => {
  if (!machines.has(name)) {
    const a = architectures.get(name);
    machines.set(name, a && createMachine(readLayers(tree, 'cuda', a).rules));
  }
  return machines.get(name);
};

/** The configuration object's attributes, as the configuration class makes them of a config.json. */
const types = new Set<string>(cases.map((x) => x.case.hf_config.model_type));
const classes = transformers ? readTransformers(folderTree(transformers), types) : undefined;
function textConfig(config: Json): Map<string, Json> {
  const out = new Map<string, Json>();
  const name = classes?.types[config.model_type];
  const cls: Json = name === undefined ? undefined : classes!.classes[name];
  if (!cls) {
    // a class that was not read: what the file says is taken as it stands, the rest is unknown
    for (const [k, v] of Object.entries(config)) out.set(k, v);
    return out;
  }
  for (const [k, [, fallback]] of Object.entries(cls.fields) as [string, [string, Json?]][])
    if (fallback !== undefined) out.set(k, fallback);
  for (const [k, v] of Object.entries(cls.constants ?? {})) out.set(k, v);
  for (const [k, v] of Object.entries(config)) out.set(cls.map?.[k] ?? k, v);
  for (const k of cls.dropped ?? []) out.delete(k);
  if (cls.made) {
    const m = createMachine(cls.made);
    m.load({ get: (n) => (n.startsWith('cfg.') ? part(new Map(Object.entries(config)), n.slice(4)) : undefined) });
    for (const [k, t] of Object.entries(cls.made.terms)) {
      if (k === 'events') continue;
      const v = m.resolve(t as Json);
      if (v === MISSING) out.delete(k);
      else out.set(k, v === UNKNOWN ? undefined : v);
    }
  }
  for (const [alias, to] of Object.entries(cls.map ?? {}) as [string, string][])
    if (out.has(to)) out.set(alias, out.get(to));
  // how old rope settings become new ones is worked out by vLLM
  if ((out.get('rope_parameters') ?? null) === null) out.set('rope_parameters', undefined);
  out.set('@known', true);
  return out;
}

function part(of: Map<string, Json>, path: string): Json {
  const [head, ...rest] = path.split('.');
  let at: Json = of.has(head!) ? of.get(head!) : MISSING;
  for (const key of rest) {
    if (at === MISSING || at === undefined || at === null || typeof at !== 'object') return undefined;
    at =
      key === '#'
        ? Array.isArray(at)
          ? at.length
          : Object.keys(at).length
        : (at[key] ?? (key in at ? null : MISSING));
  }
  return at;
}

function factsOf({ case: c, answer: a }: Json): { get(name: string): Json } {
  const r = a.resolved ?? {};
  const text = textConfig(c.hf_config.text_config ?? c.hf_config);
  const known: Record<string, Json> = {
    'model_config.dtype': r.model_dtype,
    'model_config.is_mm_prefix_lm': r.is_mm_prefix_lm,
    'model_config.use_mla': r.use_mla,
    'model_config.is_deepseek_mla': r.is_deepseek_mla,
    'model_config.rswa_window': null,
    'cache_config.cache_dtype': r.cache_dtype,
    'cache_config.sliding_window': r.cache_sliding_window,
    'cache_config.kv_cache_dtype_skip_layers': r.kv_cache_dtype_skip_layers,
    'cache_config.enable_prefix_caching': r.enable_prefix_caching,
    'cache_config.block_size': r.block_size,
    ...(r.disable_sliding_window ? { 'hf_text_config.sliding_window': null } : {}),
    'parallel_config.tensor_parallel_size': r.tensor_parallel_size,
    'parallel_config.decode_context_parallel_size': r.decode_context_parallel_size,
    'parallel_config.prefill_context_parallel_size': 1,
    speculative_config: null,
    quant_config: r.quantization === null ? null : ({ [OBJECT]: true } as Json),
    'quant_config.online_quantization_config': null,
    'quant_config.kv_cache_scheme': c.hf_config.quantization_config?.kv_cache_scheme ?? null,
    'device.major': c.gpu.capability[0],
    'device.minor': c.gpu.capability[1],
  };
  return {
    get(name) {
      if (name in known) return known[name];
      if (name.startsWith('hf_text_config.')) {
        const found = part(text, name.slice('hf_text_config.'.length));
        return found === MISSING && !text.has('@known') ? undefined : found;
      }
      if (name.startsWith('env.')) return c.env[name.slice(4)] ?? MISSING;
      return undefined;
    },
  };
}

const ARGS = [
  'head_size',
  'dtype',
  'kv_cache_dtype',
  'use_mla',
  'has_sink',
  'use_sparse',
  'use_mm_prefix',
  'use_per_head_quant_scales',
  'attn_type',
  'has_sliding_window',
  'num_heads',
];
const tally: Record<string, [right: number, wrong: number, unknown: number]> = {};
const count = (key: string, i: 0 | 1 | 2): void => void ((tally[key] ??= [0, 0, 0])[i] += 1);
const wrongs: string[] = [];
const needs = new Map<string, number>();
const skipped = new Map<string, number>();
let whole = 0;

for (const one of cases) {
  const { case: c, answer: a } = one;
  const name: string = a.resolved?.architecture ?? c.hf_config.architectures[0];
  const machine = machineOf(name);
  if (!machine) {
    skipped.set(name, (skipped.get(name) ?? 0) + 1);
    continue;
  }
  // the backend that a layer got, as the record names it, in the order of the layers
  const expected = new Map<string, Json>();
  for (const g of a.groups)
    if (g.fn === 'get_attn_backend')
      for (const n of g.names ?? [])
        for (const i of indices(n.index)) expected.set(String(n.layers).replace('#', String(i)), g);
  const built = buildLayers(machine, factsOf(one), (call) => {
    const g = call.asks === 'get_attn_backend' ? expected.get(textOf(call.name)) : undefined;
    return g ? { get_name: g.backend } : undefined;
  });
  const asks = built.calls.filter((x) => x.asks === 'get_attn_backend' && x.certain);
  const unsure = built.gaps.length > 0 || built.calls.some((x) => x.asks === 'get_attn_backend' && !x.certain);
  const refused = a.error !== null && a.error !== undefined;
  let ok = !unsure;
  const wanted = a.groups
    .filter((g: Json) => g.fn === 'get_attn_backend')
    .reduce((n: number, g: Json) => n + g.layers, 0);
  if (unsure) count('layers', 2);
  else if (asks.length === wanted || (refused && asks.length >= wanted)) count('layers', 0);
  else {
    count('layers', 1);
    ok = false;
    wrongs.push(`${c.id} ${name}: ${asks.length} layers, ${wanted} recorded`);
  }
  for (const fn of ['get_mla_prefill_backend', 'layer_default']) {
    const own = built.calls.filter((x) => x.asks === fn);
    const groups = a.groups.filter((g: Json) => g.fn === fn);
    const n = groups.reduce((sum: number, g: Json) => sum + g.layers, 0);
    if (own.length === 0 && n === 0) continue;
    const sameBackends = own.every((x) => x.backend === undefined || groups.some((g: Json) => g.backend === x.backend));
    if (own.some((x) => !x.certain) || built.gaps.length > 0) count(fn, 2);
    else if ((own.length === n && sameBackends) || refused) count(fn, 0);
    else {
      count(fn, 1);
      ok = false;
      wrongs.push(`${c.id} ${name}: ${own.length} ${fn}, ${n} recorded`);
    }
  }
  if (built.error && !refused)
    wrongs.push(`${c.id} ${name}: error ${built.error.type} ${textOf(built.error.text)} ${built.error.place}`);
  for (const call of asks) {
    const g = expected.get(textOf(call.name));
    if (!g) {
      if (!refused) wrongs.push(`${c.id} ${name}: no layer ${textOf(call.name)} recorded`);
      continue;
    }
    for (const arg of ARGS) {
      const told = call.args[arg];
      const inCall = arg === 'num_heads' ? (g.passed.num_heads ?? null) : g.call[arg];
      const asText = (v: Json): Json => (arg === 'attn_type' && typeof v === 'string' ? v.toLowerCase() : v);
      if (told === UNKNOWN) {
        count(arg, 2);
        ok = false;
        for (const n of call.needs) needs.set(`${arg}: ${n}`, (needs.get(`${arg}: ${n}`) ?? 0) + 1);
      } else if (asText(told) === inCall || (told === null && !(arg in g.passed))) count(arg, 0);
      else {
        count(arg, 1);
        ok = false;
        wrongs.push(`${c.id} ${name} ${textOf(call.name)}: ${arg} ${textOf(told)}, recorded ${textOf(inCall)}`);
      }
    }
  }
  if (ok) whole++;
  for (const g of built.gaps) needs.set(`gap: ${name} ${g}`, (needs.get(`gap: ${name} ${g}`) ?? 0) + 1);
}

function indices(text: string | undefined): number[] {
  if (text === undefined || text === '') return [0];
  return text.split(',').flatMap((t) => {
    const [range, step] = t.trim().split(/[:/]/);
    const [from, to] = range!.split('-').map(Number);
    const out: number[] = [];
    for (let i = from!; i <= (to ?? from!); i += step ? Number(step) : 1) out.push(i);
    return out;
  });
}

process.stdout.write(`${cases.length} cases, ${whole} wholly right\n`);
for (const [key, [right, wrong, unknown]] of Object.entries(tally))
  process.stdout.write(`${key.padEnd(28)} ${right} right, ${wrong} wrong, ${unknown} unknown\n`);
for (const [name, n] of skipped) process.stdout.write(`not registered: ${name} ${n}\n`);
const seen = new Set<string>();
for (const w of wrongs) {
  const key = w.replace(/^\S+ /, '').replace(/\d+/g, '#');
  if (seen.has(key)) continue;
  seen.add(key);
  process.stdout.write(`WRONG ${w}\n`);
}
for (const [n, times] of [...needs].sort((x, y) => y[1] - x[1]).slice(0, 30))
  process.stdout.write(`needs ${times} ${n}\n`);
if (wrongs.length) process.exitCode = 1;
