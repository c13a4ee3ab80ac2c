/* oxlint-disable max-lines -- one command, in one place */
/** From a person's words to a question: the command line, the model, the GPU, the release, what is installed. */
import { findGpu, gpuFacts, type GpuRow, installFacts, installOf, meets, nearest } from '../catalog/index.ts';
import {
  type JsonObject,
  listTransformers,
  type ModelConfig,
  readGpus,
  readJson,
  readModelConfig,
  readPackages,
  readRelease,
  readTransformersFile,
} from '../disk/index.ts';
import {
  configFacts,
  configObject,
  type ConfigObject,
  type ConfigurationReader,
  createArgumentReader,
  createConfigurationReader,
  type DecisionError,
  type GivenFact,
  oneLayerFacts,
  type Question,
  readCommand,
  type ReadArguments,
  type Refusal,
  type ReleaseData,
  type RestFact,
  type ServeCommand,
  type Variant,
  workOut,
  type WorkedOut,
} from '../engine/index.ts';
import { createMachine, type Machine, unpackRules, WhichattnError } from '../rules/index.ts';
import { releaseOf, stockFor } from './ask.ts';
import type { Asked } from './command.ts';

export interface AskedQuestion {
  readonly question: Question;
  readonly machine: Machine;
  readonly config: ModelConfig | undefined;
  /** vLLM refuses before it selects anything. */
  readonly error?: DecisionError | undefined;
}

type Given = Record<string, GivenFact>;

/** Makes a question of a command's arguments. Throws a WhichattnError for what cannot be one. */
// oxlint-disable-next-line max-lines-per-function -- one part after the other
export async function askedQuestion(asked: Asked): Promise<AskedQuestion> {
  const saved = asked.flag('question');
  if (saved !== undefined) return savedQuestion(saved, await readJson(saved));
  const release = releaseOf(asked);
  const { env, argv } = serveCommand(asked);
  const gpu = gpuOf(asked);
  const layer = asked.all('layer');
  const platform = gpu?.row.vendor === 'amd' ? 'rocm' : 'cuda';
  const machine = machineOf(release, platform);
  if (layer.length > 0) {
    if (argv.length === 0) return layerQuestion(asked, { release, platform, machine, gpu, env });
    throw new WhichattnError({
      code: 'bad-flag',
      what: '--layer asks about one layer, not about a server',
      why: `It got flags of vLLM too: ${argv.join(' ')}.`,
      todo: 'Ask for a backend with --layer requested=NAME, or leave --layer out.',
    });
  }
  const args = argumentsOf(release, argv, env);
  const model = asked.flag('model') ?? args.model;
  const config = model === undefined ? undefined : await readModelConfig(model, revisionOf(args));
  const installs = installsOf(asked, release, platform, machine);
  const object = config && configObjectOf(release, platform, config);
  const rest: RestFact[] = [...args.rest, { prefix: 'env.', missing: true, from: 'default', where: 'not set' }];
  const said: Given = {
    ...installs.facts,
    ...(gpu === undefined ? {} : gpuFacts(gpu.row, gpu.count, `--gpu ${gpu.typed}`)),
    ...args.facts,
    ...environment(env),
  };
  const rules = configurationOf(release, platform);
  const made: WorkedOut =
    rules === undefined
      ? { facts: {}, notes: ['What the configuration makes of the line has not been learned: it is unknown.'] }
      : workOut({ line: args, facts: said, rest, object: object?.object }, rules);
  if (made.refusal !== undefined) throw turnedAway(release, made.refusal);
  const facts: Given = {
    ...said,
    ...(object === undefined ? {} : factsOfObject(object, machine)),
    ...only(made.facts, machine.inputs),
    ...setFacts(asked),
  };
  const notes = [
    ...args.notes,
    ...(object?.notes ?? []),
    ...made.notes,
    ...(gpu === undefined ? ['No GPU is named: what it decides is unknown (--gpu).'] : []),
  ];
  const question: Question = { release: release.release, platform, facts, rest, variants: installs.variants, notes };
  return { question, machine, config, error: made.error };
}

/** The facts that the rules ask for. */
const only = (facts: WorkedOut['facts'], inputs: readonly string[]): Given =>
  Object.fromEntries(inputs.flatMap((name) => (Object.hasOwn(facts, name) ? [[name, facts[name]!]] : [])));

/** A question about one layer: what the selection is called with, and nothing of a model or a server. */
// oxlint-disable-next-line max-lines-per-function -- one part after the other
function layerQuestion(
  asked: Asked,
  {
    release,
    platform,
    machine,
    gpu,
    env,
  }: {
    readonly release: ReleaseData;
    readonly platform: string;
    readonly machine: Machine;
    readonly gpu: AskedGpu | undefined;
    readonly env: Readonly<Record<string, string>>;
  },
): AskedQuestion {
  const call: Record<string, unknown> = {};
  const config: Record<string, unknown> = {};
  let requested: string | undefined;
  for (const text of asked.all('layer')) {
    const [name, value] = pair('--layer', text);
    if (name === 'requested') requested = value;
    else if (name.startsWith('config.')) config[name.slice('config.'.length)] = jsonOr(value);
    else {
      checkInput(machine, name);
      call[name] = jsonOr(value);
    }
  }
  const stock = stockFor(readPackages(), asked, release, platform);
  const ofLayer = oneLayerFacts(
    machine,
    { platform, env, call, config, ...(requested === undefined ? {} : { requested }) },
    stock,
  );
  const known = Object.entries(ofLayer).filter(([name]) => !/^(?:device|env|install)\./.test(name));
  const installs = installsOf(asked, release, platform, machine);
  const facts: Given = {
    ...Object.fromEntries(known),
    ...installs.facts,
    ...(gpu === undefined ? {} : gpuFacts(gpu.row, gpu.count ?? 1, `--gpu ${gpu.typed}`)),
    ...environment(env),
    ...setFacts(asked),
  };
  const rest: RestFact[] = [{ prefix: 'env.', missing: true, from: 'default', where: 'not set' }];
  const notes = [
    'One layer was asked about. What is not said of the server is taken as the recorded questions in test/oracle take it.',
    ...(gpu === undefined ? ['No GPU is named: what it decides is unknown (--gpu).'] : []),
  ];
  return {
    question: { release: release.release, platform, facts, rest, variants: installs.variants, notes },
    machine,
    config: undefined,
  };
}

/** Throws when the selection is not called with an argument of that name. */
function checkInput(machine: Machine, name: string): void {
  const names = machine.inputs.flatMap((input) => (input.startsWith('call.') ? [input.slice('call.'.length)] : []));
  if (names.includes(name)) return;
  throw new WhichattnError({
    code: 'bad-flag',
    what: `The selection takes no ${JSON.stringify(name)}`,
    suggestions: nearest(name, names),
    todo: `It takes ${names.toSorted().join(', ')}.`,
  });
}

/** A question that was kept, alone or inside the answer to it. Throws when it is none. */
function savedQuestion(file: string, kept: JsonObject): AskedQuestion {
  const question = (kept['question'] ?? kept) as Partial<Question>;
  const { release, platform, facts } = question;
  if (typeof release !== 'string' || typeof platform !== 'string' || typeof facts !== 'object') {
    throw new WhichattnError({
      code: 'bad-question',
      what: 'It is no question',
      why: 'A question has a release, a platform and facts, as `whichattn why --json` writes them.',
      where: file,
    });
  }
  return { question: question as Question, machine: machineOf(readRelease(release), platform), config: undefined };
}

/** The command line: one that starts a server, or flags alone. */
function serveCommand(asked: Asked): ServeCommand {
  const own = Object.fromEntries(asked.all('env').map((text) => pair('--env', text)));
  const [first = '', ...others] = asked.rest;
  const model = asked.flag('model');
  const withOwn = ({ env, argv }: ServeCommand): ServeCommand => ({ env: { ...env, ...own }, argv });
  if (/\s/.test(first.trim())) {
    const { env, argv } = readCommand(first);
    return withOwn({ env, argv: [...argv, ...others] });
  }
  if (first === 'vllm' && others[0] === 'serve') return withOwn({ env: {}, argv: others.slice(1) });
  return withOwn({ env: {}, argv: model === undefined ? asked.rest : [model, ...asked.rest] });
}

function pair(flag: string, text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new WhichattnError({
    code: 'bad-flag',
    what: `${flag} takes NAME=VALUE`,
    why: `It got ${JSON.stringify(text)}.`,
  });
}

const environment = (env: Readonly<Record<string, string>>): Given =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [`env.${name}`, { value, from: 'env', where: name }]));

/** Facts that were given by their own names; a value is JSON, or else a text. */
const setFacts = (asked: Asked): Given =>
  Object.fromEntries(
    asked.all('set').map((text) => {
      const [name, value] = pair('--set', text);
      return [name, { value: jsonOr(value), from: 'flag', where: '--set' }];
    }),
  );

function jsonOr(text: string): NonNullable<GivenFact['value']> | null {
  try {
    return JSON.parse(text) as NonNullable<GivenFact['value']> | null;
  } catch {
    return text;
  }
}

interface ReadObject {
  readonly object: ConfigObject | undefined;
  readonly where: string;
  readonly notes: readonly string[];
}

/** What the class of the model's type makes of its config.json, with the newest transformers that the release allows. */
function configObjectOf(release: ReleaseData, platform: string, { config, where, id }: ModelConfig): ReadObject {
  const allowed = release.requirements[platform]?.['transformers'] ?? '';
  const learned = listTransformers().find(({ version }) => meets(version, allowed));
  if (learned === undefined) {
    const note = 'No release of transformers that it allows has been learned: the config is not read.';
    return { object: undefined, where, notes: [note] };
  }
  const type = String(config['model_type']);
  const object = configObject(readTransformersFile(learned.file), type, config);
  const from = `${id === undefined ? where : `the list of models: ${id}`}, transformers ${learned.version}`;
  if (object?.text() !== undefined) return { object, where: from, notes: [] };
  const none = `transformers ${learned.version} has no class for model type ${type}`;
  const why = object === undefined ? none : (object.refused ?? 'its text config is unknown');
  return { object: undefined, where: from, notes: [`The model's config is not read: ${why}.`] };
}

const factsOfObject = ({ object, where }: ReadObject, { inputs }: Machine): Given =>
  object === undefined
    ? {}
    : {
        ...configFacts(object, 'hf.', inputs, where),
        ...configFacts(object.text()!, 'hf_text_config.', inputs, where),
      };

/** What a command line of a release comes to, by its rules. */
function configurationOf(release: ReleaseData, platform: string): ConfigurationReader | undefined {
  const rules = release.config?.[platform];
  return rules && createConfigurationReader(release.arguments, unpackRules(rules));
}

interface AskedGpu {
  readonly row: GpuRow;
  readonly count: number | undefined;
  readonly typed: string;
}

/** The GPU, with how many there are where that is said: `L4`, `8x H200`. */
function gpuOf(asked: Asked): AskedGpu | undefined {
  const typed = asked.flag('gpu');
  if (typed === undefined) return undefined;
  const [, times, name = typed] = /^(\d+)\s*[x×*]\s*(.+)$/i.exec(typed) ?? [];
  return { row: findGpu(readGpus(), name), count: times === undefined ? undefined : Number(times), typed };
}

function machineOf(release: ReleaseData, platform: string): Machine {
  const packed = release.selection[platform];
  if (packed !== undefined) return createMachine(unpackRules(packed));
  throw new WhichattnError({
    code: 'unknown-platform',
    what: `How ${release.release} selects a backend on ${platform} has not been learned`,
    why: `Learned: ${Object.keys(release.selection).join(', ')}.`,
  });
}

/** Reads the flags with the release's own parser. Throws when it would turn the line away. */
function argumentsOf(
  release: ReleaseData,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): ReadArguments {
  const read = createArgumentReader(release.arguments).read(argv, env);
  if (read.refusal === undefined) return read;
  throw turnedAway(release, read.refusal);
}

/** The error for a line that vLLM's own parser turns away. */
function turnedAway(release: ReleaseData, { code, typed, text, among, place }: Refusal): WhichattnError {
  return new WhichattnError({
    code,
    what:
      code === 'unknown-flag'
        ? `vLLM ${release.release} has no flag ${typed}`
        : `vLLM ${release.release} turns the line away`,
    why: text,
    where: place,
    suggestions: nearest(typed, among),
  });
}

const revisionOf = ({ facts }: ReadArguments): { readonly revision?: string } => {
  const value = facts['args.revision']?.value;
  return typeof value === 'string' ? { revision: value } : {};
};

/** What is installed, and the other install to compare with. */
function installsOf(
  asked: Asked,
  release: ReleaseData,
  platform: string,
  machine: Machine,
): { readonly facts: Given; readonly variants: readonly Variant[] } {
  const how = asked.flag('facts') ?? 'stock';
  if (how !== 'none' && how !== 'stock') {
    throw new WhichattnError({
      code: 'bad-flag',
      what: `--facts is stock or none, not ${JSON.stringify(how)}`,
      suggestions: nearest(how, ['stock', 'none']),
    });
  }
  if (how === 'none') return { facts: {}, variants: [] };
  const packages = readPackages();
  const needs = { release: release.release, requirements: release.requirements[platform] ?? {} };
  const of = (name: string): Given =>
    installFacts(packages.keys, installOf(packages, platform, name, needs), machine.inputs, name);
  const chosen = asked.flag('install') ?? 'image';
  const facts = of(chosen);
  const others = Object.keys(packages.installs[platform] ?? {}).filter((name) => name !== chosen);
  return { facts, variants: others.map((name) => ({ name, facts: replacing(facts, of(name)) })) };
}

/** One install in place of another: what the other one says and this one does not is unknown. */
const replacing = (before: Given, after: Given): Given => ({
  ...Object.fromEntries(Object.keys(before).map((name) => [name, { from: 'unknown' as const }])),
  ...after,
});
