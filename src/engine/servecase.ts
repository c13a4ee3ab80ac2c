/* oxlint-disable max-lines -- the form of a case and of its answer, in one place */
/** Whole command lines in bulk: cases in the form in which vLLM's own are recorded, and answers in that of the recorded ones. */
import { type Kind, KINDS, firstWrong, isObject } from './shape.ts';
import type { Json } from './bulk.ts';
import type { GivenFact } from './question.ts';
import {
  AFTER_BUILDING,
  ASKED,
  askedOf,
  DEFAULT,
  OF_DRAFTER,
  plainArgs,
  SELECTOR,
  type ServerAnswer,
  type ServerGroup,
  type ServerRules,
  validBackends,
} from './server.ts';
import { VISION_SELECTOR } from './outcome.ts';
import { UNKNOWN } from '../rules/index.ts';
import type { Term } from '../rules/index.ts';

/** A command line with all that a start of it would find. Fields beside these are not looked at. */
export interface ServeCase {
  readonly id: string;
  /** The release that is asked about; the asker may say another. */
  readonly release?: string;
  /** Its name as NVML reports it, compute capability, memory in GiB. */
  readonly gpu: { readonly name: string; readonly capability: readonly [number, number]; readonly memory_gib: number };
  /** How many of them the machine has. */
  readonly gpu_count: number;
  /** The words after `vllm`: `serve`, the model, flags. */
  readonly args: readonly string[];
  /** The variables that are set for it. */
  readonly env?: Readonly<Record<string, string>>;
  /** The config.json of the model, and the hf_quant_config.json beside it where there is one. */
  readonly hf_config: { readonly [key: string]: Json };
  readonly hf_quant_config?: { readonly [key: string]: Json } | null;
  /** The config.json of each further model that the line may name. */
  readonly extra_models?: Readonly<Record<string, { readonly [key: string]: Json }>>;
  /** The keys of the config.json whose whole numbers are written as floats: see `GivenModel`. */
  readonly floats?: readonly string[];
  /** The same of each further model, by its name. */
  readonly floats_of?: Readonly<Record<string, readonly string[]>>;
  /** Files that the line names, by their names. */
  readonly files?: Readonly<Record<string, string>>;
}

const GPU: Readonly<Record<string, Kind>> = {
  name: KINDS.text,
  capability: KINDS.capability,
  memory_gib: KINDS.number,
};
const CASE: Readonly<Record<string, Kind>> = {
  id: KINDS.text,
  release: KINDS.text,
  gpu: KINDS.object,
  gpu_count: KINDS.count,
  args: KINDS.texts,
  env: KINDS.ofTexts,
  hf_config: KINDS.object,
  extra_models: KINDS.object,
  files: KINDS.ofTexts,
};
const NEEDED = ['id', 'gpu', 'gpu_count', 'args', 'hf_config'] as const;

/** What is wrong with a case's shape, in words; undefined where it is one. */
export function wrongCase(value: unknown): string | undefined {
  if (!isObject(value)) return 'A case is an object';
  const absent = NEEDED.find((name) => value[name] === undefined);
  if (absent !== undefined) return `It has no "${absent}"`;
  const own = firstWrong(value, CASE);
  if (own !== undefined) return `"${own[0]}" is ${own[1].is}`;
  const gpu = value['gpu'] as Readonly<Record<string, unknown>>;
  const without = Object.keys(GPU).find((name) => gpu[name] === undefined);
  if (without !== undefined) return `"gpu" has no "${without}"`;
  const device = firstWrong(gpu, GPU);
  if (device !== undefined) return `"gpu.${device[0]}" is ${device[1].is}`;
  const quant = value['hf_quant_config'] ?? {};
  if (!isObject(quant)) return `"hf_quant_config" is ${KINDS.object.is}`;
  const other = Object.entries(value['extra_models'] ?? {}).find(([, config]) => !isObject(config));
  if (other !== undefined) return `"extra_models.${other[0]}" is ${KINDS.object.is}`;
  return (value['args'] as readonly string[])[0] === 'serve' ? undefined : '"args" begin with "serve"';
}

/** The machine of a case: its GPUs, and that there are no weights beside the config.json. Memory is in bytes. */
export function factsOfCase({ gpu, gpu_count: count }: ServeCase): Record<string, GivenFact> {
  const [major, minor] = gpu.capability;
  const values = {
    'device.name': gpu.name,
    'device.memory': gpu.memory_gib * 2 ** 30,
    'device.count': count,
    'device.major': major,
    'device.minor': minor,
    'weights.dtype': null,
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, GivenFact] => [name, { value, from: 'flag' }]),
  );
}

/** A group of layers as it is recorded; without `call` or `candidates` these are not told. */
export interface CaseGroup {
  readonly role: string;
  readonly layers: number;
  readonly backend: string | null;
  readonly passed: Readonly<Record<string, Json>>;
  readonly call?: Readonly<Record<string, Json>>;
  readonly candidates?: readonly string[] | null;
}

/** What is said of a case, in the form of the recorded answers. */
export interface CaseAnswer {
  readonly id: string;
  readonly error: { readonly type: string; readonly text: string | null } | null;
  readonly groups: readonly CaseGroup[];
  readonly resolved: Readonly<Record<string, Json>>;
  /** `error`, `groups`, `groups.<role>`, `resolved.<key>`: what is left open. */
  readonly unknown: readonly string[];
  /** Why something is. */
  readonly why: readonly string[];
}

/** The answer to a case that the parser turns away, by what it prints. */
export const turnedAwayCase = (id: string, text: string | null): CaseAnswer => ({
  ...openCase(id, ''),
  error: ofParser(text),
  unknown: [],
  why: [],
});

/** The answer to a case of which nothing can be said. */
export const openCase = (id: string, why: string): CaseAnswer => ({
  id,
  error: null,
  groups: [],
  resolved: {},
  unknown: ['error', 'groups'],
  why: [why],
});

/**
 * What the parser prints, as it is recorded: the last line, and a type of its own. What pydantic says of several fields ends with
 * the address of its pages.
 */
function ofParser(text: string | null): CaseAnswer['error'] & {} {
  const last = (text ?? '').split('\n').at(-1)!;
  const shown =
    text?.includes('validation error') === true ? 'For further information visit errors.pydantic.dev' : last;
  return { type: 'ValueError', text: `argument parser: ${shown}` };
}

/** What is recorded as resolved, and by which fact we say it. */
const RESOLVED: Readonly<Record<string, string>> = {
  dtype: 'model_config.dtype',
  cache_dtype: 'cache_config.cache_dtype',
  block_size: 'final.block_size',
  cudagraph_mode: 'final.cudagraph_mode',
  kv_cache_layout: 'final.kv_cache_layout',
  use_mla: 'model_config.use_mla',
};

/**
 * What a server comes to, as it is recorded. Unless `started`, the records are of a model that was built and no more: an error of
 * what a worker does next is then left open.
 */
export function caseAnswer(id: string, rules: ServerRules, answer: ServerAnswer, started: boolean): CaseAnswer {
  const { outcome, groups, complete, gaps, known, notes } = answer;
  const isTold = ({ stage }: { readonly stage: string }): boolean => started || !AFTER_BUILDING.has(stage);
  const open = answer.open.filter(isTold);
  const error = answer.error && isTold(answer.error) ? answer.error : undefined;
  const unknown: string[] = [];
  if (error !== answer.error) unknown.push('error');
  if (outcome === 'unknown' && !error && (open.length > 0 || answer.open.length === 0)) unknown.push('error');
  if (error && (open.length > 0 || error.text === null)) unknown.push('error');
  if (!complete) unknown.push(...missing(answer));
  // one that raises when it is asked tells of no backend
  const asked = [...(answer.error ? [answer.error] : []), ...answer.open].some(({ stage }) => stage === ASKED);
  for (const group of groups)
    // of one whose name is not known it is not known whether it is recorded again
    if (group.backend === null || (asked && group.asks === DEFAULT) || group.call.wrapped?.name === UNKNOWN)
      unknown.push(...rolesOf(rules, group).map((role) => `groups.${role}`));
  const resolved: Record<string, Json> = {};
  for (const [key, fact] of Object.entries(RESOLVED)) {
    const value = known.get(fact);
    if (value === undefined || typeof value === 'symbol') unknown.push(`resolved.${key}`);
    else resolved[key] = value as Json;
  }
  // a layer may change it while it is built: what then stands in the configuration is not told
  const passed = groups.map(({ call }) => call.args['kv_cache_dtype'] ?? resolved['cache_dtype']);
  const unread = !complete && groups.length === 0;
  const isPlain = resolved['cache_dtype'] === 'auto' && known.get('model_config.quantization') === null;
  const left = complete ? known.get('final.cache_dtype') : undefined;
  if (left !== undefined && typeof left !== 'symbol') resolved['cache_dtype'] = left as Json;
  else if (passed.some((own) => own !== resolved['cache_dtype']) || (unread && !isPlain))
    unknown.push('resolved.cache_dtype');
  return {
    id,
    error: error ? (error.type === 'SystemExit' ? ofParser(error.text) : { type: error.type, text: error.text }) : null,
    groups: error ? [] : toldGroups(rules, groups, complete),
    resolved,
    unknown: [...new Set(unknown)],
    why: [
      ...notes,
      ...gaps,
      ...open.map((one) => `${one.type} ${one.text ?? ''} ${one.places[0] ?? ''}: ${one.needs.join(', ')}`),
    ],
  };
}

/**
 * The roles of which groups may be missing. Where the layers of a drafter alone are not read, those of the target that ask the
 * selection are all there; what else a drafter asks is recorded with what its target asks.
 */
function missing({ groups, gaps }: ServerAnswer): readonly string[] {
  const isDrafter = gaps.length > 0 && gaps.every((gap) => gap.startsWith(OF_DRAFTER));
  return isDrafter && groups.every(({ certain }) => certain) ? OF_DRAFTERS : ['groups'];
}

const OF_DRAFTERS = ['draft', 'encoder', 'cross', 'mamba', 'mla_prefill', 'vit'].map((role) => `groups.${role}`);

/** What a layer attends to that is recorded under a role of its own, by how it is passed. */
const ATTENDS: Readonly<Record<string, string>> = {
  encoder: 'encoder',
  encoder_only: 'encoder',
  encoder_decoder: 'cross',
};

/**
 * All roles under which a group is recorded: layers that ask by themselves, or by another name than they then have, are recorded
 * again as they stand in the model.
 */
function rolesOf(rules: ServerRules, group: ServerGroup): readonly string[] {
  const role = roleOf(rules, group);
  const { name, wrapped } = group.call;
  const isOther = typeof name === 'string' && typeof wrapped?.name === 'string' && wrapped.name !== name;
  return isOther || Object.values(ATTENDS).includes(role) ? [role, MODEL] : [role];
}

const MODEL = 'lm';

/** Layers that ask nobody are recorded as layers of the language model, those that keep a state by themselves. */
function roleOf({ selection }: ServerRules, { role, backend, call }: ServerGroup): string {
  const attends = role === MODEL ? call.args['attn_type'] : undefined;
  if (typeof attends === 'string') return ATTENDS[attends.toLowerCase()] ?? role;
  if (role !== 'own') return RECORDED[role] ?? role;
  const isNamed = backend !== null && namesIn(selection.rules.terms[STATEFUL]).includes(backend);
  return isNamed || call.own?.state === true ? 'mamba' : 'lm';
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

/** The groups; what calls were asked with is told of all that ask or of none, since the calls of a case are compared as a whole. */
function toldGroups(rules: ServerRules, groups: readonly ServerGroup[], complete: boolean): CaseGroup[] {
  const own = groups.map((group) => groupOf(rules, group));
  const again = own.flatMap(({ layers, backend }, at) =>
    rolesOf(rules, groups[at]!)
      .slice(1)
      .map((role) => ({ role, layers, backend, passed: {} })),
  );
  const all = [...own, ...again];
  if (complete && groups.every((group, at) => !isAsking(group) || own[at]!.call !== undefined)) return all;
  return all.map(({ role, layers, backend, passed }) => ({ role, layers, backend, passed }));
}

/** The roles of layers whose calls are recorded. */
const isAsking = ({ asks }: ServerGroup): boolean => asks === SELECTOR || asks === VISION_SELECTOR;

function groupOf(rules: ServerRules, group: ServerGroup): CaseGroup {
  const { selection } = rules;
  const candidates =
    group.role === 'vision'
      ? null
      : group.asks === SELECTOR && group.outcome.is === 'starts'
        ? validBackends(selection, group.facts)
        : undefined;
  const passed = plainArgs(group.call) as CaseGroup['passed'];
  // a vision tower asks the platform with what it passes
  const asked =
    group.asks === SELECTOR ? askedOf(selection, group.facts) : group.role === 'vision' ? passed : undefined;
  return {
    role: roleOf(rules, group),
    layers: group.layers,
    backend: nameOf(selection, group),
    passed,
    ...(asked === undefined ? {} : { call: asked }),
    ...(candidates === undefined ? {} : { candidates }),
  };
}

/** The name that the class gives itself. */
function nameOf({ rules }: ServerRules['selection'], { backend, asks }: ServerGroup): string | null {
  if (backend === null || asks !== 'get_attn_backend') return backend;
  const term = rules.terms[`backend.${backend}`] as { readonly record?: { readonly name?: unknown } } | undefined;
  return typeof term?.record?.name === 'string' ? term.record.name : null;
}
