/*
 * Makes up questions around the boundaries of a release's own rules: each turns a few tests of the rules the other way, so
 * that a branch which hardly any question meets is met as often as any other.
 */
import { readGpus, readPackages } from '#disk';
import { type BulkQuestion, changed, factsOf, type ReleaseData } from '#engine';
import {
  createDomains,
  exprInputs,
  type Fact,
  MISSING,
  type RuleSet,
  type ShippedMeaning,
  textOf,
  valueOf,
} from '#rules';
import { fieldAt, type FieldPath, withField } from './fields.ts';
import { openRelease } from './oracle.ts';
import type { Asking } from './vllm.ts';

export interface Boundary {
  next(): Asking;
  /** How many tests of the rules were turned, of those that read what a question says. */
  turned(): readonly [number, number];
}

/** Gives numbers from 0 to 1, the same ones for the same seed. */
export type Chance = () => number;

/** Questions of one platform; the same seed gives the same ones. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function createBoundary(release: ReleaseData, platform: string, seed: string): Boundary {
  const { machine, stock } = openRelease(release, platform);
  const { rules } = machine;
  const chance = createChance(`${release.release} ${platform} ${seed}`);
  const domains = createDomains(rules);
  const tests = rules.variables.flatMap((test) => {
    const inputs = inputsOf(test);
    return inputs.some((input) => fieldsFor(input, platform).length > 0) ? [{ test, inputs, tries: 0, turned: 0 }] : [];
  });
  // the tests by the field that turns them: some fields have many, some one
  const byField = new Map<string, typeof tests>();
  for (const one of tests)
    for (const field of new Set(
      one.inputs.flatMap((input) => fieldsFor(input, platform).map((path) => path.join('.'))),
    ))
      byField.set(field, [...(byField.get(field) ?? []), one]);
  const fields = [...byField.values()];
  // with a text that is no number vLLM cannot even be imported
  const numbers = new Set(
    rules.variables.flatMap((m) => ('test' in m && ['isint', 'isfloat'].includes(m.test) ? inputsOf(m) : [])),
  );
  const isSaid = (input: string, fact: Fact): boolean =>
    typeof fact === 'number' ? fact >= 1 : !numbers.has(input) || fact === MISSING || /^-?\d+$/.test(textOf(fact));
  const worlds = new Set<string>();
  const bases = basesOf(rules, platform);
  let made = 0;

  /** The question with this test turned the other way; undefined where no field does that. */
  function turn(q: BulkQuestion, test: ShippedMeaning, inputs: readonly string[]): BulkQuestion | undefined {
    const facts = factsOf(q, stock, rules);
    const before = valueOf(test, facts);
    for (const input of shuffled(inputs, chance)) {
      const values = domains.of(input, facts).regions.map((region) => region[input]!);
      const near = values.flatMap((value) => (typeof value === 'number' ? [value - 1, value + 1] : []));
      const any = near.length > 0 ? [Math.ceil(chance() * 600), 8 * Math.ceil(chance() * 80)] : [];
      const turns = (now: number): boolean => now !== before && now !== UNSAID;
      const turning = [...values, ...near, ...any].filter(
        (fact) => isSaid(input, fact) && turns(valueOf(test, changed(facts, { [input]: fact }))),
      );
      for (const fact of shuffled(turning, chance).slice(0, 4))
        for (const path of fieldsFor(input, platform)) {
          const next = withField(q, path, fieldValue(q, path, input, fact));
          if (turns(valueOf(test, factsOf(next, stock, rules))) && isOpenWorld(next)) return next;
        }
    }
    return undefined;
  }

  /** Whether a question's install is among the few that are asked about: each takes vLLM's own code seconds to start. */
  function isOpenWorld({ install = {} }: BulkQuestion): boolean {
    if (Object.keys(install).length < 2) return true;
    const world = JSON.stringify(install);
    if (worlds.size < WORLDS) worlds.add(world);
    return worlds.has(world);
  }

  function next(): Asking {
    let q = pick(bases, chance)(chance);
    for (let left = 1 + Math.floor(-3 * Math.log(1 - chance())); left > 0; left--) {
      // each field as often as another; of two of its tests the one that was tried less
      const its = pick(fields, chance);
      const few = [pick(its, chance), pick(its, chance)];
      const one = few.toSorted((a, b) => a.tries - b.tries)[0]!;
      one.tries += 1;
      const turned = turn(q, one.test, one.inputs);
      if (turned === undefined) continue;
      one.turned += 1;
      q = turned;
    }
    return {
      ...withCapability(q),
      platform,
      id: `${release.release}/b/${platform}/${seed}/${String(made++).padStart(5, '0')}`,
    };
  }

  return { next, turned: () => [tests.filter(({ turned }) => turned > 0).length, tests.length] };
}

/**
 * A question that names a device by its architecture, with the capability that the driver tells of it: the recorder knows
 * that of a few architectures, and takes any other for one of these.
 */
function withCapability(q: BulkQuestion): BulkQuestion {
  const [, major, minor] = /^gfx(\d+)(\d)[\da-f]$/.exec(q.device?.gcn_arch ?? '') ?? [];
  return major === undefined ? q : { ...q, device: { ...q.device, capability: [Number(major), Number(minor)] } };
}

/** So many installs are asked about that differ from the usual one in more than one thing. */
const WORLDS = 8;
/** What the value of a test is where the question leaves it open. */
const UNSAID = -1;

function inputsOf(m: ShippedMeaning): readonly string[] {
  if ('choice' in m) return [m.choice];
  if ('kinds' in m) return [m.kinds];
  return 'test' in m ? [...new Set(m.args.flatMap((arg) => [...exprInputs(arg)]))] : [];
}

/** The plain questions that others are made of: one for each kind of layer, on any GPU, with any backend or none asked for. */
function basesOf(rules: RuleSet, platform: string): readonly ((chance: Chance) => BulkQuestion)[] {
  const devices = readGpus().flatMap((row): NonNullable<BulkQuestion['device']>[] => {
    if (row.vendor === 'nvidia') return platform === 'cuda' ? [{ capability: row.capability }] : [];
    return platform === 'rocm' && row.vendor === 'amd' ? [{ gcn_arch: row.gfx }] : [];
  });
  const kinds = new Map(devices.map((device) => [JSON.stringify(device), device]));
  const backends = rules.variables.flatMap((m) => ('choice' in m && m.choice === BACKEND ? m.of : []));
  const named = backends.filter((backend) => typeof backend === 'string');
  // vLLM takes other spellings too, but the recorder then looks for a backend of that very spelling and notes no reasons
  const spelt = [...named, ...named, 'auto', 'no-such', ''];
  const usual = { dtype: 'bfloat16', kv_cache_dtype: 'auto', num_heads: 32 };
  const attention = (call: object) => (chance: Chance) => ({
    platform,
    device: kinds.size === 0 ? {} : pick([...kinds.values()], chance),
    call: { ...usual, ...call },
    ...(chance() < 0.4 ? { requested: pick(spelt, chance) } : {}),
  });
  const dense = attention({ head_size: 128 });
  const vision = (chance: Chance): BulkQuestion => {
    const { requested, ...rest } = dense(chance);
    // its backend is handed over as a member of the registry, whose text was read before
    const named = requested !== undefined && backends.includes(requested) ? { requested } : {};
    return { ...rest, ...named, kind: 'vit', call: { head_size: 80, dtype: 'bfloat16' } };
  };
  const latent = attention({ head_size: 576, use_mla: true });
  const sparse = attention({ head_size: 576, use_mla: true, use_sparse: true });
  return [dense, dense, dense, dense, dense, latent, latent, latent, sparse, sparse, vision];
}

const BACKEND = 'attention_config.backend';

/** The fields that may say an input, where they are not named like it. */
const FIELDS: Readonly<Record<string, readonly FieldPath[]>> = {
  'device.major': [['device', 'capability']],
  'device.minor': [['device', 'capability']],
  'device.gfx': [['device', 'gcn_arch']],
  'device.name': [['device', 'name']],
  // which backend is asked for is part of what a question is made of
  [BACKEND]: [],
  [`text.${BACKEND}`]: [],
  // the recorder hands over the block size that the configuration comes to
  'call.block_size': [['config', 'block_size']],
  'vit.backend': [['requested']],
  'vit.head_size': [['call', 'head_size']],
  'vit.dtype': [['call', 'dtype']],
  kv_transfer_config: [['config', 'kv_connector']],
  speculative_config: [['config', 'spec_method']],
  'speculative_config.enable_adaptive_verification': [['config', 'adaptive_verification']],
  'speculative_config.num_speculative_tokens': [['config', 'num_spec']],
  'parallel_config.decode_context_parallel_size': [['config', 'dcp']],
  'parallel_config.prefill_context_parallel_size': [['config', 'pcp']],
  'parallel_config.tensor_parallel_size': [['config', 'tp']],
};

/** The fields of a question that may say an input of the rules; whether one does is seen when it is tried. */
function fieldsFor(input: string, platform: string): readonly FieldPath[] {
  const own = FIELDS[input];
  if (own !== undefined) return own.filter(([, key]) => key !== (platform === 'rocm' ? 'capability' : 'gcn_arch'));
  // whether something is in a mapping, or how much: said by what is
  if (/[?#%]$/.test(input)) return [];
  const [kind = '', ...rest] = input.split('.');
  const name = rest.join('.');
  if (kind === 'env') return [['env', name]];
  if (kind === 'call') return [['call', name]];
  const kept = installKeys().filter(({ test }) => test.test(input));
  if (kept.length > 0)
    return kept.filter(({ key }) => platform === 'cuda' || !CUDA_ALONE.test(key)).map(({ key }) => ['install', key]);
  if (!/^(?:\w+_config)$/.test(kind) || rest.length === 0) return [];
  return [
    ['config', ...rest.map((part) => part.replace(/^get_/, ''))],
    ...(kind === 'hf_text_config' ? [['config', kind, ...rest]] : []),
  ];
}

/** What the recorder takes for missing on every platform but CUDA, whatever a question says. */
const CUDA_ALONE = /^(?:fa\d|flashinfer|flashmla|deep_gemm|tokenspeed_mla|b12x|hpc|fmha_sm100|nvidia_artifactory)/;

let keys: readonly { readonly key: string; readonly test: RegExp }[] | undefined;

/** Which key of an install says which facts. */
function installKeys(): readonly { readonly key: string; readonly test: RegExp }[] {
  keys ??= Object.entries(readPackages().keys).flatMap(([key, { facts }]) =>
    facts.map(({ fact }) => ({
      key,
      test: new RegExp(`^${fact.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')}$`),
    })),
  );
  return keys;
}

/** What the key of an install says where one of its facts is this one: whether it is there, or its version. */
function installValue(key: string, fact: Fact): unknown {
  for (const { yes = true, no = false } of readPackages().keys[key]?.facts ?? [])
    if (fact === yes || fact === no) return fact === yes;
  return typeof fact === 'string' && key.endsWith('_version') ? fact : undefined;
}

/** How a field says a fact. What is not there, and null, is left out. */
function fieldValue(q: BulkQuestion, path: FieldPath, input: string, fact: Fact): unknown {
  if (path[0] === 'install') return installValue(path[1]!, fact);
  if (fact === MISSING || fact === null) return undefined;
  if (input === 'call.attn_type') return textOf(fact).toLowerCase();
  if (path.at(-1) === 'capability') {
    const [major = 9, minor = 0] = (fieldAt(q, path) ?? []) as readonly number[];
    return input === 'device.major' ? [fact, minor] : [major, fact];
  }
  // an object that is there is said by what is in it
  if (input === 'kv_transfer_config') return true;
  if (input === 'speculative_config') return 'mtp';
  // no field holds a list or a mapping
  return typeof fact === 'object' ? undefined : fact;
}

/** A small generator of numbers (mulberry32), started from the letters of the seed. */
function createChance(seed: string): Chance {
  let state = 0;
  for (const letter of seed) state = (Math.imul(state, 31) + letter.codePointAt(0)!) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(from: readonly T[], chance: Chance): T => from[Math.floor(chance() * from.length)]!;

const shuffled = <T>(from: readonly T[], chance: Chance): T[] =>
  from
    .map((value) => ({ value, at: chance() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
