/*
 * Compares what rules make of a model's configuration object with what vLLM itself made of it for recorded `vllm serve`
 * commands: `node dist/scripts/check-serve-model.js RECORDS.jsonl.gz [--vllm VERSION] [--show N] [--case ID]`. Every stage
 * up to the model configuration is asked, as for any other question.
 */
import path from 'node:path';
import { createCaseAnswerer } from '#cli';
import { createKnown, factValue, givenFact, type Source, type Told } from '#engine';
import { readServeRecords } from './serve.ts';
import { scriptWords } from './words.ts';

/* oxlint-disable typescript/no-explicit-any, typescript/no-unsafe-argument -- records are JSON of another tool */
type Json = any;

const { values: flags, positionals } = scriptWords(
  'RECORDS.jsonl.gz [--vllm VERSION] [--show N] [--case ID]',
  { vllm: { type: 'string' }, show: { type: 'string' }, case: { type: 'string' } },
  [1, 1],
);
const [records = ''] = positionals;
const version = flags.vllm ?? path.basename(records).replace(/\.jsonl\.gz$/, '');
const show = Number(flags.show ?? 10);

const answers = createCaseAnswerer({ vllm: version, platform: 'cuda', install: 'image', started: false });
const lines = readServeRecords(records).filter((one) => flags.case === undefined || one.case.id === flags.case);

/** The stages until the model configuration. */
function follow(one: Json): { readonly told: readonly Told[]; readonly sources: readonly Source[] } | undefined {
  const question = answers.question(one.case);
  if ('error' in question) return undefined;
  const sources: Source[] = [
    { fact: (name) => givenFact(question, name), because: () => [] },
    // what a rank has is made of it later
    {
      fact: (name) =>
        name === 'parallel_config.tensor_parallel_size' ? givenFact(question, 'args.tensor_parallel_size') : undefined,
      because: () => [],
    },
  ];
  const told: Told[] = [];
  for (const stage of answers.rules(one.case).stages(question)) {
    const made = stage.run(createKnown(sources));
    told.unshift(made);
    sources.unshift(made);
    if (stage.name === 'model' || made.error) break;
  }
  return { told, sources };
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
  const id = `${c.id} ${JSON.stringify(c.hf_config['model_type'])}`;
  const followed = follow(one);
  if (!followed) continue;
  const { told, sources } = followed;
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
    for (const o of open) need(`error ${o.places.join()} ← ${o.needs.join(', ')}`, c.id);
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
        c.id,
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
