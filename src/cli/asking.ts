/** From a person's words to a question: the command line, the model, the GPU, the release, what is installed. */
import { gpuFacts } from '../catalog/index.ts';
import {
  HUB_SECONDS,
  type JsonObject,
  type ModelConfig,
  readJson,
  readModelConfig,
  readRelease,
} from '../disk/index.ts';
import type { GivenFact, Question, ReadArguments, ReleaseData, ServeCommand, ServerRules } from '../engine/index.ts';
import { wordsOfKeywords } from '../engine/index.ts';
import { type Machine, WhichattnError } from '../rules/index.ts';
import { releaseOf } from './ask.ts';
import { TRANSFORMERS_FLAG, VLLM_FLAG } from './questionflags.ts';
import type { Asked } from './command.ts';
import { draftingModels } from './drafting.ts';
import { givenModel } from './givenmodel.ts';
import { layerQuestion } from './layer.ts';
import { argumentsOf, revisionOf, serveCommand, turnedAway } from './line.ts';
import { SILENT_MS } from './progress.ts';
import { CLASSES_FACT, serverQuestion, serverRulesOf } from './server.ts';
import { unknownArchitectures } from './architectures.ts';
import { unaskedVariables } from './variables.ts';
import {
  type AskedGpu,
  type Given,
  gpuOf,
  installName,
  machineOf,
  platformFor,
  setFacts,
  unreadSettings,
} from './surroundings.ts';

/** A question, and what answers it: about one layer, or about a server. */
export type AskedQuestion =
  | { readonly question: Question; readonly machine: Machine }
  | { readonly question: Question; readonly server: ServerRules };

/** Makes a question of a command's arguments. Throws a WhichattnError for what cannot be one. */
export async function askedQuestion(given: Asked): Promise<AskedQuestion> {
  const saved = given.flag('question');
  if (saved !== undefined) return savedQuestion(saved, await readJson(saved));
  const command = serveCommand(given);
  const asked = withRelease(given, command.release);
  const release = releaseOf(asked);
  const gpu = gpuOf(asked);
  const platform = platformFor(asked, release, gpu);
  if (asked.all('layer').length === 0) return askedServer(asked, command, { release, platform, gpu });
  if (command.argv.length === 0) {
    const machine = machineOf(release, platform);
    return layerQuestion(asked, { release, platform, machine, gpu, env: command.env });
  }
  throw new WhichattnError({
    code: 'bad-flag',
    what: '--layer asks about one layer, not about a server',
    why: `It got flags of vLLM too: ${command.argv.join(' ')}.`,
    todo: 'Ask for a backend with --layer requested=NAME, or leave --layer out.',
  });
}

/** The same arguments, with the release that the line itself says where they name none. */
const withRelease = (asked: Asked, release: string | undefined): Asked => ({
  ...asked,
  flag: (name) => asked.flag(name) ?? (name === VLLM_FLAG.name ? release : undefined),
});

interface About {
  readonly release: ReleaseData;
  readonly platform: string;
  readonly gpu: AskedGpu | undefined;
}

/** A question about a server: its line, its model, its machine. */
async function askedServer(
  asked: Asked,
  command: ServeCommand,
  { release, platform, gpu }: About,
): Promise<AskedQuestion> {
  const transformers = asked.flag(TRANSFORMERS_FLAG.name);
  const server = serverRulesOf(asked.flag(VLLM_FLAG.name)!, release, platform, transformers);
  const { env } = command;
  const argv = await expanded(server, release, command);
  const line = argumentsOf(server, release, argv, env, asked.known);
  // without one vLLM serves the model that its arguments begin with
  const byDefault = line.facts['args.model']?.value;
  const name = asked.flag('model') ?? line.model ?? (typeof byDefault === 'string' ? byDefault : undefined);
  const found =
    name === undefined ? undefined : await readModelConfig(name, { ...revisionOf(line), env, onHub: sayHub });
  const passedOver = found?.rival !== undefined && line.facts['args.config_format']?.value !== 'hf';
  const config = passedOver ? undefined : found;
  const drafting = await draftingModels(line, env, sayHub);
  const question = serverQuestion(server, {
    release,
    platform,
    argv,
    line,
    env,
    model: config && givenModel(config),
    beside: config?.beside,
    others: drafting.others,
    gpu: gpu === undefined ? {} : machineFacts(gpu, line),
    install: installName(asked),
    transformers,
    set: setFacts(asked, server.inputs, server.selection),
    notes: [
      ...leftOutBy({ gpu, found, command, passedOver }),
      ...(config === undefined ? [] : unknownArchitectures(release, asked.flag(VLLM_FLAG.name)!, config.config)),
      ...unaskedVariables(server, release, env),
      ...unreadSettings(asked, server.inputs),
      ...drafting.notes,
    ],
  });
  return { question, server };
}

interface Said {
  readonly gpu: AskedGpu | undefined;
  readonly found: ModelConfig | undefined;
  readonly command: ServeCommand;
  readonly passedOver: boolean;
}

/** What is not known because of what was said, and what was not. */
function leftOutBy({ gpu, found, command, passedOver }: Said): string[] {
  return [
    ...(gpu === undefined ? ['No GPU is named: what it decides is unknown (--gpu).'] : []),
    ...(found === undefined ? ['No model is named: what it decides is unknown.'] : []),
    ...(command.python === undefined && command.keywords === undefined ? [] : [OFFLINE]),
    ...(passedOver
      ? [
          `${found?.rival} and the weights that go with it lie beside the config.json: vLLM may read it in its place, and we do not (--config-format hf).`,
        ]
      : []),
  ];
}

/** Says on stderr which hub is asked, where its answer is waited for. */
function sayHub(endpoint: string): () => void {
  const left = HUB_SECONDS - SILENT_MS / 1000;
  const text = `Asking ${endpoint} for the model's files, for ${left} s more at most …\n`;
  const timer = setTimeout(() => process.stderr.write(text), SILENT_MS);
  return () => clearTimeout(timer);
}

/** The words of a line, those of a file that it names as well, or of Python: what reads one is loaded where there is one. */
async function expanded(server: ServerRules, release: ReleaseData, command: ServeCommand): Promise<readonly string[]> {
  if (command.keywords !== undefined || command.python !== undefined) {
    const made = wordsOfKeywords(server.table, command.keywords ?? (await keywordsOf(command.python!)));
    if ('refusal' in made) throw turnedAway(release, made.refusal, []);
    return made.argv;
  }
  if (!command.argv.includes('--config')) return command.argv;
  const { withConfigFile } = await import('./configfile.ts');
  return withConfigFile(server, release, command);
}

/** The keyword arguments of `LLM(…)` in a piece of Python. */
async function keywordsOf(code: string): Promise<NonNullable<ServeCommand['keywords']>> {
  const { keywordsIn } = await import('./pythonline.ts');
  const read = keywordsIn(code);
  if ('keywords' in read) return read.keywords;
  throw new WhichattnError({
    code: 'python-line',
    what: 'none' in read ? 'The Python of the line makes no LLM(…)' : 'The Python of the line cannot be read',
    ...('unread' in read ? { why: read.unread } : {}),
    todo: "Write the values out: python -c \"from vllm import LLM; LLM(model='NAME', dtype='half')\".",
  });
}

/** What is not so where Python makes the engine. */
const OFFLINE =
  'LLM(…) is read as the line of vllm serve with the same arguments: where none is given, it may take other sizes of batches.';

/** The GPUs of the machine: as many as the line asks for, where nothing else is said. */
function machineFacts(gpu: AskedGpu, { facts }: ReadArguments): Given {
  const where = `--gpu ${gpu.typed}`;
  const own = gpuFacts(gpu.row, gpu.count, where);
  if (gpu.count !== undefined) return own;
  const sizes = SIZES.map((name) => facts[`args.${name}`]?.value);
  const value = sizes.reduce<number>((n, size) => (typeof size === 'number' && size > 0 ? n * size : n), 1);
  const count: GivenFact = { value, from: 'default', where: `as many as the line asks for; --gpu 8x… says how many` };
  return { ...own, 'device.count': count };
}

/** The arguments that say over how many GPUs a server is spread. */
const SIZES = ['tensor_parallel_size', 'pipeline_parallel_size', 'data_parallel_size', 'prefill_context_parallel_size'];

/** A question that was kept, alone or inside the answer to it. Throws when it is none. */
function savedQuestion(file: string, kept: JsonObject): AskedQuestion {
  const question = kept['question'] ?? kept;
  if (!isQuestion(question)) {
    throw new WhichattnError({
      code: 'bad-question',
      what: 'It is no question',
      why: 'A question has a release, a platform and facts, as `whichattn why --json` writes them.',
      where: file,
    });
  }
  const { release, platform } = question;
  const data = readRelease(release);
  if (question.line !== undefined) {
    const classes = question.facts[CLASSES_FACT]?.value;
    const named = typeof classes === 'string' ? classes : undefined;
    return { question, server: serverRulesOf(release, data, platform, named) };
  }
  return { question, machine: machineOf(data, platform) };
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isFacts = (value: unknown): boolean => isObject(value) && Object.values(value).every(isObject);
const isText = (value: unknown): boolean => typeof value === 'string';
const listOf =
  (isItem: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(isItem);

/** What each part of a question has to be, those first that may not be left out. */
const NEEDED: Readonly<Record<string, (value: unknown) => boolean>> = {
  release: isText,
  platform: isText,
  facts: isFacts,
};
const PARTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  rest: listOf((one) => isObject(one) && isText(one['prefix'])),
  fixed: isFacts,
  model: (value) =>
    isObject(value) && isObject(value['config']) && (value['quant'] === undefined || isObject(value['quant'])),
  line: (value) => isObject(value) && listOf(isText)(value['argv']) && listOf(isObject)(value['given']),
  variants: listOf((one) => isObject(one) && isText(one['name']) && isFacts(one['facts'])),
  notes: listOf(isText),
};

function isQuestion(value: unknown): value is Question {
  if (!isObject(value)) return false;
  const own = Object.entries(NEEDED).every(([name, holds]) => holds(value[name]));
  return own && Object.entries(PARTS).every(([name, holds]) => value[name] === undefined || holds(value[name]));
}
