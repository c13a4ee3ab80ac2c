/*
 * Compares what rules make of a model's configuration object with what vLLM itself made of it for recorded `vllm serve`
 * commands: `node dist/scripts/check-serve-model.js RECORDS.jsonl.gz [--vllm VERSION] [--show N] [--case ID]`. What the
 * registry says of the model's class is taken from the record; everything else from the command and the config.json.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { listTransformers, readPackages, readRelease, readTransformersFile } from '#disk';
import {
  attributeAt,
  configObject,
  type ConfigObject,
  createArgumentReader,
  createKnown,
  createModelStages,
  factValue,
  type GivenFact,
  type Source,
  type Told,
} from '#engine';
import { installOf, meets, stockOf } from '#catalog';

/* oxlint-disable typescript/no-explicit-any, typescript/no-unsafe-argument -- records are JSON of another tool */
type Json = any;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { vllm: { type: 'string' }, show: { type: 'string' }, case: { type: 'string' } },
});
const [records] = positionals;
if (records === undefined) throw new Error('which records?');
const version = flags.vllm ?? path.basename(records).replace(/\.jsonl\.gz$/, '');
const show = Number(flags.show ?? 10);

const release = readRelease(version);
const stages = createModelStages(release.model!['cuda']!);
const reader = createArgumentReader(release.arguments);
const allowed = release.requirements['cuda']?.['transformers'] ?? '';
const table = readTransformersFile(listTransformers().find((t) => meets(t.version, allowed))!.file);

const packages = readPackages();
const held = installOf(packages, 'cuda', 'image', {
  release: version,
  requirements: release.requirements['cuda'] ?? {},
});
const stock = stockOf(packages, held);
const installed = stock.facts(stock.holds);

const lines: Json[] = gunzipSync(readFileSync(records))
  .toString()
  .split('\n')
  .filter(Boolean)
  .map((l) => JSON.parse(l.replaceAll(/(?<=[[:,] ?)(-?Infinity|NaN)(?=[,\]}])/g, 'null')))
  // files of flags are not read
  .filter((l) => !l.case.args.includes('--config'))
  .filter((l) => flags.case === undefined || String(l.case.id) === flags.case);

const value = (v: Json): GivenFact => ({ value: v, from: 'config' });
const source = (fact: (name: string) => GivenFact | undefined): Source => ({ fact, because: () => [] });

/** The configuration objects. */
function objectSource(config: Json): Source {
  const object = configObject(table, String(config.model_type), config);
  const text = object?.text();
  const at = (of: ConfigObject | undefined, name: string): GivenFact => {
    const found = of && attributeAt(of, name).value;
    if (found === undefined) return { from: 'unknown' };
    return typeof found === 'symbol' ? { missing: true, from: 'config' } : value(found);
  };
  return source((name) => {
    if (name === 'hf.text_is_whole') return text ? value(text === object) : { from: 'unknown' };
    if (name.startsWith('hf.')) return at(object, name.slice(3));
    return name.startsWith('hf_text_config.') ? at(text, name.slice(15)) : undefined;
  });
}

/** What the machine, the environment and the files are, and what the registry says. */
function surroundings({ case: c, answer: { resolved: r } }: Json): Source {
  const known: Record<string, Json> = {
    'device.major': c.gpu.capability[0],
    'device.minor': c.gpu.capability[1],
    'device.name': c.gpu.name,
    'device.count': c.gpu_count,
    'device.memory': Math.round(c.gpu.memory_gib * 2 ** 30),
    'import.vllm.cumem_allocator': true,
    'model_config.architecture': r?.architecture ?? c.hf_config.architectures?.[0],
    'model_info.is_hybrid': r?.is_hybrid,
    'model_info.is_attention_free': r?.is_attention_free,
    'model_info.has_inner_state': r?.has_inner_state,
    'model_info.supports_multimodal': r?.is_multimodal_model,
    'model_info.is_text_generation_model': r ? r.runner_type === 'generate' || undefined : undefined,
    'model_info.is_pooling_model': r?.runner_type === 'generate' ? false : undefined,
    'model_info.attn_type': 'decoder',
    'model_info.supported_video_pruning_methods.#': 0,
    'weights.dtype': null,
    'file.sentence_config': null,
    'file.modules.json': null,
    'file.hf_quant_config.json': c.hf_quant_config ?? null,
  };
  return source((name) => {
    if (Object.hasOwn(known, name)) return known[name] === undefined ? undefined : value(known[name]);
    if (name.startsWith('env.')) {
      const set = c.env[name.slice(4)];
      return set === undefined ? { missing: true, from: 'default' } : value(String(set));
    }
    const fact = installed.get(name);
    if (fact !== undefined) return typeof fact === 'symbol' ? { missing: true, from: 'stock' } : value(fact);
    if (name.startsWith('file.{')) return value(false);
    return name.startsWith('file.') ? { missing: true, from: 'default' } : undefined;
  });
}

/** The recorded figures, by the fact that says the same. */
const FIGURES: Readonly<Record<string, string>> = {
  model_dtype: 'model_config.dtype',
  max_model_len: 'model_config.max_model_len',
  use_mla: 'model_config.use_mla',
  is_deepseek_mla: 'model_config.is_deepseek_mla',
  head_size: 'model_config.get_head_size',
  attn_type: 'model_config.attn_type',
  runner_type: 'model_config.runner_type',
  convert_type: 'model_config.convert_type',
  quantization: 'model_config.quantization',
  enforce_eager: 'model_config.enforce_eager',
  is_hybrid: 'model_config.is_hybrid',
  is_attention_free: 'model_config.is_attention_free',
  is_encoder_decoder: 'model_config.is_encoder_decoder',
  is_mm_prefix_lm: 'model_config.is_mm_prefix_lm',
  sliding_window: 'model_config.get_sliding_window',
  disable_sliding_window: 'model_config.disable_sliding_window',
  architectures: 'model_arch_config.architectures',
  num_heads_per_rank: 'model_config.get_num_attention_heads',
  num_kv_heads_per_rank: 'model_config.get_num_kv_heads',
};

const tally: Record<string, [right: number, wrong: number, unknown: number]> = {};
const count = (key: string, i: 0 | 1 | 2): void => void ((tally[key] ??= [0, 0, 0])[i] += 1);
const wrongs: string[] = [];
const needs = new Map<string, string[]>();
const need = (what: string, id: string): void => void needs.set(what, [...(needs.get(what) ?? []), id]);
let whole = 0;

/** vLLM's own words in a ValidationError: what pydantic puts around them differs with its release. */
const own = (text: string): string =>
  text
    .replace(/ \[type=[^]*$/, '')
    .replace(/\n\s+For further information[^]*$/, '')
    .trim();

for (const one of lines) {
  const { case: c, answer: a } = one;
  const id = `${c.id} ${c.hf_config.model_type}`;
  const read = reader.read(c.args.slice(1), c.env);
  if (read.refusal) continue;
  const args = source((name) => read.facts[name] ?? read.rest.find((r) => name.startsWith(r.prefix)));
  const parallel = source((name) =>
    name === 'parallel_config.tensor_parallel_size' ? read.facts['args.tensor_parallel_size'] : undefined,
  );
  const sources: Source[] = [surroundings(one), args, parallel, objectSource(c.hf_config)];
  const told: Told[] = [];
  for (const stage of stages) {
    const made = stage.run(createKnown(sources));
    told.unshift(made);
    sources.unshift(made);
  }
  const known = createKnown(sources);
  const said = told.toReversed().find((t) => t.error)?.error;
  const open = told.flatMap((t) => t.open);
  const recorded = a.error?.stage === 'engine_config' && /create_model_config/.test(String(a.error.at));
  let ok = true;
  if (said && !a.error) {
    count('error', 1);
    wrongs.push(`${id}: error ${said.type} ${said.text} ${said.places.join(' ')}`);
    ok = false;
  } else if (recorded && said) {
    const same = own(said.text ?? '') === own(a.error.text) && said.type === a.error.type;
    count('error', same ? 0 : 1);
    if (!same) wrongs.push(`${id}: error\n   said ${said.type} ${said.text}\n   true ${a.error.type} ${a.error.text}`);
  } else if (recorded && open.length === 0) {
    count('error', 1);
    wrongs.push(`${id}: no error\n   true ${a.error.text}`);
  } else if (open.length > 0) {
    count('error', 2);
    ok = false;
    for (const o of open) need(`error ${o.places.join()} ← ${o.needs.join(', ')}`, String(c.id));
  } else if (said) count('error other', 0);
  else count('error', 0);
  if (!a.resolved) continue;
  for (const [name, fact] of Object.entries(FIGURES)) {
    if (!(name in a.resolved)) continue;
    const given = known.given(fact);
    const got = factValue(given);
    if (got === undefined) {
      count(name, 2);
      ok = false;
      need(
        `${name} ← ${told
          .flatMap((t) => t.because(fact))
          .filter((n) => known.get(n) === undefined)
          .join(', ')}`,
        String(c.id),
      );
    } else {
      const plain = typeof got === 'string' ? got.replace(/^torch\./, '') : typeof got === 'symbol' ? null : got;
      const same = JSON.stringify(plain) === JSON.stringify(a.resolved[name]);
      count(name, same ? 0 : 1);
      if (!same) {
        wrongs.push(`${id}: ${name} ${JSON.stringify(plain)}, recorded ${JSON.stringify(a.resolved[name])}`);
        ok = false;
      }
    }
  }
  if (ok) whole++;
}

process.stdout.write(`${lines.length} cases, ${whole} wholly right\n`);
for (const [key, [right, wrong, unknown]] of Object.entries(tally))
  process.stdout.write(`${key.padEnd(28)} ${right} right, ${wrong} wrong, ${unknown} unknown\n`);
for (const w of wrongs) process.stdout.write(`WRONG ${w}\n`);
for (const [n, ids] of [...needs].toSorted((x, y) => y[1].length - x[1].length).slice(0, show))
  process.stdout.write(`needs ${ids.length} ${n}  (${ids.slice(0, 3).join(' ')})\n`);
if (wrongs.length > 0) process.exitCode = 1;
