import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { serverQuestion, serverRulesOf } from '#cli';
import { readRelease } from '#disk';
import {
  answerServer,
  askedOf,
  BUILDER,
  type GivenFact,
  plainArgs,
  type Question,
  type ServerAnswer,
  type ServerGroup,
  type ServerRules,
  validBackends,
} from '#engine';
import { type Term, WhichattnError } from '#rules';

/*
 * Whole command lines that vLLM itself answered, and ours in the same form.
 */

/* oxlint-disable typescript/no-explicit-any -- records are JSON of another tool */
type Json = any;

export interface ServeRecord {
  readonly case: Json;
  readonly answer: Json;
}

/** The records of a file, one a line, plain or zipped. */
export function readServeRecords(file: string): ServeRecord[] {
  const bytes = readFileSync(file);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8');
  // Python writes numbers that JSON does not have
  const plain = text.replaceAll(/(?<=[[:,] ?)(-?Infinity|NaN)(?=[,\]}])/g, 'null');
  return plain
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ServeRecord);
}

const ROLES = new Set(['lm', 'mamba', 'mla_prefill']);

/** Whether a record is of a decoder alone, without a drafter. */
export const isDecoderOnly = ({ case: c, answer: a }: ServeRecord): boolean =>
  !c.extra_models &&
  !c.args.some((arg: string) => arg.includes('spec')) &&
  (a.groups ?? []).every((group: Json) => ROLES.has(group.role));

/** An answer in the form that the recorded ones are scored in. */
export interface ServeAnswer {
  readonly id: string;
  readonly error: { readonly type: string; readonly text: string | null } | null;
  readonly groups: readonly Json[];
  readonly resolved: Readonly<Record<string, Json>>;
  readonly unknown: readonly string[];
  /** Why something is unknown. */
  readonly why: readonly string[];
}

export interface ServeAnswers {
  readonly rules: ServerRules;
  question(record: ServeRecord): Question;
  answer(record: ServeRecord): ServeAnswer;
}

/** What is known of records. */
interface Recorded {
  /** Facts of the recorded machine that the install does not have. */
  readonly set?: Readonly<Record<string, GivenFact>>;
  /** Whether servers were started for them: else no metadata builder was made, and no record tells what one raises. */
  readonly started?: boolean;
}

/** Answers records with a release. */
export function createServeAnswers(
  version: string,
  install: string,
  { set = {}, started = false }: Recorded = {},
): ServeAnswers {
  const release = readRelease(version);
  const rules = serverRulesOf(version, release, 'cuda');
  const line = ({ case: c }: ServeRecord) => rules.read(c.args.slice(1), c.env);
  const question = (record: ServeRecord): Question =>
    serverQuestion(rules, { release, line: line(record), install, set, ...recorded(record) });
  return {
    rules,
    question,
    answer(record) {
      const { id } = record.case;
      try {
        const { refusal } = line(record);
        if (refusal) return { id, error: ofParser(refusal.text), groups: [], resolved: {}, unknown: [], why: [] };
        const answer = answerServer(rules, question(record));
        return told(id, rules, answer, started);
      } catch (error) {
        if (!(error instanceof WhichattnError)) throw error;
        return { id, error: null, groups: [], resolved: {}, unknown: ['error', 'groups'], why: [error.message] };
      }
    },
  };
}

/** What a record says of its question. */
const recorded = ({ case: c }: ServeRecord) => ({
  platform: 'cuda',
  argv: c.args.slice(1) as string[],
  env: c.env as Record<string, string>,
  model: {
    config: c.hf_config,
    ...(c.hf_quant_config ? { quant: c.hf_quant_config } : {}),
    from: 'config' as const,
    where: 'config.json',
  },
  gpu: gpuFacts(c),
});

/** What the parser prints, as the recorder has it: the last line, and a type of its own. pydantic ends with an address. */
function ofParser(text: string | null): ServeAnswer['error'] {
  const last = (text ?? '').split('\n').at(-1)!;
  const shown =
    text?.includes('validation error') === true ? 'For further information visit errors.pydantic.dev' : last;
  return { type: 'ValueError', text: `argument parser: ${shown}` };
}

/** The recorded machine: its GPUs, and what lay on its disk. */
function gpuFacts({ gpu, gpu_count: count }: Json): Record<string, GivenFact> {
  const [major, minor] = gpu.capability;
  const values = {
    'device.name': gpu.name,
    'device.memory': gpu.memory_gib * 2 ** 30,
    'device.count': count,
    'device.major': major,
    'device.minor': minor,
    // no weights lay beside the recorded config.json
    'weights.dtype': null,
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, GivenFact] => [name, { value, from: 'flag' }]),
  );
}

/** What a record resolves, and by which fact we say it. */
const RESOLVED = {
  dtype: 'model_config.dtype',
  cache_dtype: 'cache_config.cache_dtype',
  block_size: 'final.block_size',
  cudagraph_mode: 'final.cudagraph_mode',
  kv_cache_layout: 'final.kv_cache_layout',
  use_mla: 'model_config.use_mla',
};

function told(id: string, rules: ServerRules, answer: ServerAnswer, started: boolean): ServeAnswer {
  const { outcome, groups, complete, gaps, known, notes } = answer;
  const isTold = ({ stage }: { readonly stage: string }): boolean => started || stage !== BUILDER;
  const open = answer.open.filter(isTold);
  const error = answer.error && isTold(answer.error) ? answer.error : undefined;
  const unknown: string[] = [];
  if (error !== answer.error) unknown.push('error');
  if (outcome === 'unknown' && !error && (open.length > 0 || answer.open.length === 0)) unknown.push('error');
  if (error && (open.length > 0 || error.text === null)) unknown.push('error');
  if (!complete) unknown.push('groups');
  for (const group of groups) if (group.backend === null) unknown.push(`groups.${roleOf(rules, group)}`);
  const resolved: Record<string, Json> = {};
  for (const [key, fact] of Object.entries(RESOLVED)) {
    const value = known.get(fact);
    if (value === undefined || typeof value === 'symbol') unknown.push(`resolved.${key}`);
    else resolved[key] = value;
  }
  // a layer may change it while it is built: what then stands in the configuration is not told
  const passed = groups.map(({ call }) => call.args['kv_cache_dtype'] ?? resolved['cache_dtype']);
  if (passed.some((own) => own !== resolved['cache_dtype'])) unknown.push('resolved.cache_dtype');
  return {
    id,
    error: error ? (error.type === 'SystemExit' ? ofParser(error.text) : { type: error.type, text: error.text }) : null,
    groups: error ? [] : groups.map((group) => groupOf(rules, group)),
    resolved,
    unknown: [...new Set(unknown)],
    why: [
      ...notes,
      ...gaps,
      ...open.map((one) => `${one.type} ${one.text ?? ''} ${one.places[0] ?? ''}: ${one.needs.join(', ')}`),
    ],
  };
}

/** Layers that ask nobody are recorded as layers of the language model, those that keep a state by themselves. */
function roleOf({ selection }: ServerRules, { role, backend }: ServerGroup): string {
  if (role !== 'own') return RECORDED[role] ?? role;
  return backend !== null && namesIn(selection.rules.terms[STATEFUL]).includes(backend) ? 'mamba' : 'lm';
}

/** Roles that are recorded by another name. */
const RECORDED: Readonly<Record<string, string>> = { vision: 'vit', get_mla_prefill_backend: 'mla_prefill' };

/** What the function gives that layers with a state ask for their backend. */
const STATEFUL = 'ask.get_mamba_attn_backend.name';

/** The texts that a term can be. */
const namesIn = (term: Term | undefined): readonly string[] =>
  typeof term === 'string'
    ? [term]
    : term !== null && typeof term === 'object' && 'pick' in term
      ? term.pick.flatMap(([, one]) => namesIn(one))
      : [];

function groupOf(rules: ServerRules, group: ServerGroup): Json {
  const { selection } = rules;
  const candidates =
    group.role === 'vision'
      ? null
      : group.role === 'lm' && group.outcome.is === 'starts'
        ? validBackends(selection, group.facts)
        : undefined;
  const asked = group.role === 'lm' ? askedOf(selection, group.facts) : visionCall(group);
  const name = nameOf(selection, group);
  return {
    role: roleOf(rules, group),
    layers: group.layers,
    backend: name,
    passed: plainArgs(group.call),
    ...(asked === undefined ? {} : { call: asked }),
    ...(candidates === undefined ? {} : { candidates }),
  };
}

/** What a vision tower asks the platform, as it is recorded. */
const visionCall = ({ role, call }: ServerGroup): Json => (role === 'vision' ? plainArgs(call) : undefined);

/** The name that the class gives itself. */
function nameOf({ rules }: ServerRules['selection'], { backend, asks }: ServerGroup): string | null {
  if (backend === null || asks !== 'get_attn_backend') return backend;
  const term = rules.terms[`backend.${backend}`] as { readonly record?: { readonly name?: unknown } } | undefined;
  return typeof term?.record?.name === 'string' ? term.record.name : null;
}
