/**
 * Compares the configuration that rules say a command line comes to with what vLLM itself came to for recorded `vllm serve`
 * commands: `node dist/scripts/check-serve-config.js RECORDS.jsonl.gz TREE [--show N]`. What the model's part of the rules
 * would say is taken from the record where the record has it, else from the rules.
 */
import { installFacts, installOf } from '#catalog';
import { listTransformers, readPackages, readTransformersFile } from '#disk';
import {
  attributeAt,
  configObject,
  createArgumentReader,
  createKnown,
  createModelStages,
  createRuleStage,
  type GivenFact,
  jsonFacts,
  type Source,
} from '#engine';
import { packModel, readArguments, readEngineArguments, readModelFacts, readRequirements } from '#release';
import { createMachine, MISSING, textOf } from '#rules';
import { folderTree } from './folder.ts';
import { readServeRecords } from './serve.ts';
import { numberOf, scriptWords } from './words.ts';

/* oxlint-disable typescript/no-explicit-any -- records are JSON of another tool */
type Json = any;

const PLATFORM = 'cuda';
const QUANTIZATION = 'hf.quantization_config';
const { values, positionals } = scriptWords('RECORDS.jsonl.gz TREE [--show N]', { show: { type: 'string' } }, [2, 2]);
const [records = '', root = ''] = positionals;
const show = numberOf(values.show, 20);

const tree = folderTree(root);

const { table } = readArguments(tree, PLATFORM);
const line = createArgumentReader(table);
const { shape, config: configured } = createModelStages(packModel(readModelFacts(tree, PLATFORM)));
const models = [shape, configured];
const configuration = createMachine(readEngineArguments(tree, PLATFORM).rules);
const classes = readTransformersFile(listTransformers()[0]!.file);
const release = /(\d+\.\d+\.\d+)\/?$/.exec(root)?.[1] ?? '0.0.0';
const packages = readPackages();
const installed = installFacts(
  packages.keys,
  installOf(packages, PLATFORM, 'image', { release, requirements: readRequirements(tree, PLATFORM) }),
  configuration.inputs,
  'image',
);

/** The facts of the record that the model's part of the rules says in the product. */
function modelFacts(r: Json): Record<string, Json> {
  const facts: Record<string, Json> = {};
  const put = (name: string, value: Json): void => void (value === undefined || (facts[name] = value));
  for (const name of ['architecture', 'convert_type', 'enforce_eager', 'runner_type', 'max_model_len', 'quantization'])
    put(`model_config.${name}`, r[name]);
  put('model_config.dtype', r.model_dtype);
  for (const name of ['is_hybrid', 'is_attention_free', 'has_inner_state']) put(`model_info.${name}`, r[name]);
  if (r.runner_type === 'generate') put('model_config.pooler_config', null);
  put('model_info.supports_multimodal', r.is_multimodal_model);
  if (r.is_multimodal_model === false) put('model_config.multimodal_config', null);
  return facts;
}

const given = (value: Json): GivenFact => ({ value, from: 'config' });

const lines: Json[] = readServeRecords(records);

/** Keys of the record and the facts that they are compared with. */
const COMPARED: Readonly<Record<string, string>> = {
  block_size: 'cache_config.block_size',
  user_specified_block_size: 'cache_config.user_specified_block_size',
  cache_dtype: 'cache_config.cache_dtype',
  cache_sliding_window: 'cache_config.sliding_window',
  enable_prefix_caching: 'cache_config.enable_prefix_caching',
  kv_cache_dtype_skip_layers: 'cache_config.kv_cache_dtype_skip_layers',
  mamba_block_size: 'cache_config.mamba_block_size',
  mamba_cache_dtype: 'cache_config.mamba_cache_dtype',
  mamba_cache_mode: 'cache_config.mamba_cache_mode',
  mamba_ssm_cache_dtype: 'cache_config.mamba_ssm_cache_dtype',
  mamba_page_size_padded: 'cache_config.mamba_page_size_padded',
  cudagraph_mode: 'compilation_config.cudagraph_mode',
  max_cudagraph_capture_size: 'compilation_config.max_cudagraph_capture_size',
  compilation_backend: 'compilation_config.backend',
  compilation_mode: 'compilation_config.mode',
  use_inductor_graph_partition: 'compilation_config.use_inductor_graph_partition',
  tensor_parallel_size: 'parallel_config.tensor_parallel_size',
  decode_context_parallel_size: 'parallel_config.decode_context_parallel_size',
  cp_kv_cache_interleave_size: 'parallel_config.cp_kv_cache_interleave_size',
  kv_connector: 'kv_transfer_config.kv_connector',
  async_scheduling: 'scheduler_config.async_scheduling',
  disable_hybrid_kv_cache_manager: 'scheduler_config.disable_hybrid_kv_cache_manager',
  enable_chunked_prefill: 'scheduler_config.enable_chunked_prefill',
};

const tally: Record<string, [right: number, wrong: number, unknown: number]> = {};
const count = (key: string, i: 0 | 1 | 2): void => void ((tally[key] ??= [0, 0, 0])[i] += 1);
const wrongs: string[] = [];
const opens = new Map<string, [number, string]>();
const needs = new Map<string, [number, string]>();
const tell = (to: Map<string, [number, string]>, key: string, id: string): void =>
  void to.set(key, [(to.get(key)?.[0] ?? 0) + 1, id]);

/** A message as vLLM wrote it, without what pydantic adds. */
const plain = (text: string): string =>
  text
    .replace(/^\d+ validation errors? for \w+\n/, '')
    .replaceAll(/ \[type=[\s\S]*?(?:\n|$)/g, '\n')
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l && !l.includes('errors.pydantic.dev'))
    .join('\n');

for (const { case: c, answer: a } of lines) {
  // what a file of flags and overrides of the config come to is worked out before
  if (c.args.includes('--config') || c.args.includes('--hf-overrides')) continue;
  const r = a.resolved ?? {};
  const read = line.read(c.args.slice(1), c.env);
  const stage: string | undefined = a.error?.stage;
  const about = `${c.id} ${c.gpu.name} ${c.args.join(' ')}`;
  const crashed = stage === 'parse' || stage === 'engine_args' || stage === 'engine_config';
  if (read.refusal) {
    count('parse', stage === 'parse' ? 0 : 1);
    if (stage !== 'parse') wrongs.push(`${about}: refused: ${read.refusal.text}`);
    continue;
  }
  const type = String(c.hf_config.model_type);
  const object = configObject(classes, type, c.hf_config);
  const text = object?.text();
  const file = jsonFacts('file.config', c.hf_config);
  const question: Record<string, GivenFact> = {
    ...Object.fromEntries(Object.entries(modelFacts(r)).map(([k, v]) => [k, given(v)])),
    'version.vllm': given(release),
    'device.major': given(c.gpu.capability[0]),
    'device.minor': given(c.gpu.capability[1]),
    'device.name': given(c.gpu.name),
    'device.count': given(c.gpu_count),
    'device.memory': given(c.gpu.memory_gib * 2 ** 30),
    ...Object.fromEntries(Object.entries(c.env as Record<string, string>).map(([k, v]) => [`env.${k}`, given(v)])),
    ...installed,
    ...read.facts,
    'args.model': given(c.model),
  };
  const base: Source = {
    fact(name) {
      if (Object.hasOwn(question, name)) return question[name];
      // how it is quantized is found out by other rules
      if (c.hf_quant_config && name.startsWith(QUANTIZATION)) return { from: 'unknown' };
      for (const [prefix, of] of [
        ['hf.', object],
        ['hf_text_config.', text],
      ] as const)
        if (of && name.startsWith(prefix)) {
          const { value } = attributeAt(of, name.slice(prefix.length));
          if (value === undefined) return { from: 'unknown' };
          return value === MISSING ? { missing: true, from: 'config' } : given(value);
        }
      if (name === 'hf.text_is_whole') return object && given(object === text);
      if (name.startsWith('env.')) return { missing: true, from: 'default' };
      if (name.startsWith('isfile.')) return given(false);
      const inFile = file.get(name);
      if (inFile !== undefined) return inFile === MISSING ? { missing: true, from: 'config' } : given(inFile);
      return read.rest.find(({ prefix }) => name.startsWith(prefix));
    },
    because: () => [],
  };
  let known = createKnown([base]);
  const told: Source[] = [base];
  const refused: Json[] = [];
  for (const s of models) {
    const t = s.run(known);
    if (t.error) refused.push(t.error);
    // what the config itself says comes first: what the model's rules change in it is checked elsewhere
    told.push(t);
    known = createKnown(told);
  }
  const events = [...read.given.map((g) => `parse.${g.dest}.events`), 'config.events'].filter(
    (e) => e in configuration.rules.terms,
  );
  const t = createRuleStage({ name: 'config', machine: configuration, events: () => events }).run(known);
  const fromModel = crashed && refused.length > 0;
  if (process.env['DEBUG'] === c.id) {
    for (const o of t.open) process.stderr.write(`OPEN ${JSON.stringify(o)}\n`);
    for (const l of t.logs) process.stderr.write(`LOG ${JSON.stringify(l)}\n`);
    for (const n of Object.keys(configuration.rules.terms))
      if (!n.endsWith('events')) process.stderr.write(`${n} = ${JSON.stringify(t.fact(n))}\n`);
  }
  // does it end here?
  if (crashed && !fromModel) {
    if (t.error === undefined) {
      const may = t.open.some((o) => o.text === null || plain(o.text) === plain(a.error.text));
      count('error', may || stage === 'parse' ? 2 : 1);
      if (!may) wrongs.push(`${about}: recorded ${a.error.type} ${plain(a.error.text).slice(0, 300)}`);
    } else {
      // of what its parser refuses only the last line was recorded
      const same = t.error.text === null ? undefined : stage === 'parse' || plain(t.error.text) === plain(a.error.text);
      count('error', same === undefined ? 2 : same ? 0 : 1);
      if (same === false)
        wrongs.push(`${about}: ${t.error.type} ${t.error.text}; recorded ${a.error.type} ${a.error.text}`);
    }
    continue;
  }
  if (fromModel) continue;
  if (t.error) {
    count('start', 1);
    wrongs.push(`${about}: ${t.error.type} ${t.error.text ?? '?'} (${t.error.places.join(' ')})`);
  } else count('start', t.open.length ? 2 : 0);
  for (const o of t.open)
    tell(opens, `${o.places.join(' ')} ${o.type} ${o.text ?? '?'} <- ${o.needs.join(', ')}`, about);
  for (const [key, name] of Object.entries(COMPARED)) {
    if (!(key in r)) continue;
    const fact = t.fact(name);
    const want: Json = r[key];
    if (fact === undefined || fact.from === 'unknown') {
      // an object that is not there has no fields
      if (fact === undefined && want === null) continue;
      count(key, 2);
      tell(
        needs,
        `${name} <- ${t
          .because(name)
          .filter((n) => known.get(n) === undefined)
          .join(', ')}`,
        about,
      );
      continue;
    }
    const got: Json = fact.missing ? null : fact.value;
    const alike = JSON.stringify(got) === JSON.stringify(want) || enumOf(got) === want;
    count(key, alike ? 0 : 1);
    if (!alike) wrongs.push(`${about}: ${name} ${textOf(JSON.stringify(got))}, recorded ${JSON.stringify(want)}`);
  }
}

/** Members of enumerations are recorded by their numbers. */
function enumOf(got: Json): Json {
  return { NONE: 0, STOCK_TORCH_COMPILE: 1, DYNAMO_TRACE_ONCE: 2, VLLM_COMPILE: 3 }[got as string];
}

for (const [key, [right, wrong, unknown]] of Object.entries(tally))
  process.stdout.write(`${key.padEnd(34)} ${right} right, ${wrong} wrong, ${unknown} unknown\n`);
const top = (of: Map<string, [number, string]>, head: string): void => {
  for (const [key, [n, id]] of [...of].sort((x, y) => y[1][0] - x[1][0]).slice(0, show))
    process.stdout.write(`${head} ${n} ${key.slice(0, 600)} | ${id}\n`);
};
for (const w of wrongs.slice(0, show)) process.stdout.write(`WRONG ${w}\n`);
top(opens, 'open');
top(needs, 'needs');
if (wrongs.length) process.exitCode = 1;
