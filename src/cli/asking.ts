/** From a person's words to a question: the command line, the model, the GPU, the release, what is installed. */
import { gpuFacts } from '../catalog/index.ts';
import { type JsonObject, type ModelConfig, readJson, readModelConfig, readRelease } from '../disk/index.ts';
import {
  type DecisionError,
  type Question,
  type ReleaseData,
  type RestFact,
  type ServeCommand,
  workOut,
  type WorkedOut,
} from '../engine/index.ts';
import { type Machine, WhichattnError } from '../rules/index.ts';
import { releaseOf } from './ask.ts';
import type { Asked } from './command.ts';
import { layerQuestion } from './layer.ts';
import {
  argumentsOf,
  configObjectOf,
  configurationOf,
  factsOfObject,
  revisionOf,
  serveCommand,
  turnedAway,
} from './line.ts';
import { type AskedGpu, environment, type Given, gpuOf, installsOf, machineOf, setFacts } from './surroundings.ts';

export interface AskedQuestion {
  readonly question: Question;
  readonly machine: Machine;
  readonly config: ModelConfig | undefined;
  /** vLLM refuses before it selects anything. */
  readonly error?: DecisionError | undefined;
}

/** Makes a question of a command's arguments. Throws a WhichattnError for what cannot be one. */
export async function askedQuestion(asked: Asked): Promise<AskedQuestion> {
  const saved = asked.flag('question');
  if (saved !== undefined) return savedQuestion(saved, await readJson(saved));
  const release = releaseOf(asked);
  const command = serveCommand(asked);
  const gpu = gpuOf(asked);
  const platform = gpu?.row.vendor === 'amd' ? 'rocm' : 'cuda';
  const about = { release, platform, machine: machineOf(release, platform), gpu };
  if (asked.all('layer').length === 0) return serverQuestion(asked, command, about);
  if (command.argv.length === 0) return layerQuestion(asked, { ...about, env: command.env });
  throw new WhichattnError({
    code: 'bad-flag',
    what: '--layer asks about one layer, not about a server',
    why: `It got flags of vLLM too: ${command.argv.join(' ')}.`,
    todo: 'Ask for a backend with --layer requested=NAME, or leave --layer out.',
  });
}

interface About {
  readonly release: ReleaseData;
  readonly platform: string;
  readonly machine: Machine;
  readonly gpu: AskedGpu | undefined;
}

/** A question about a server: its line, its model, its machine. */
async function serverQuestion(asked: Asked, { env, argv }: ServeCommand, about: About): Promise<AskedQuestion> {
  const { release, platform, machine, gpu } = about;
  const line = argumentsOf(release, argv, env);
  const model = asked.flag('model') ?? line.model;
  const config = model === undefined ? undefined : await readModelConfig(model, revisionOf(line));
  const object = config && configObjectOf(release, platform, config);
  const configuration = configurationOf(release, platform);
  const installs = installsOf(asked, release, platform, [...machine.inputs, ...configuration.inputs]);
  const said: Given = {
    ...installs.facts,
    ...(gpu === undefined ? {} : gpuFacts(gpu.row, gpu.count, `--gpu ${gpu.typed}`)),
    ...line.facts,
    ...environment(env),
  };
  const rest: RestFact[] = [...line.rest, { prefix: 'env.', missing: true, from: 'default', where: 'not set' }];
  const made = workOut({ line, facts: said, rest, object: object?.object }, configuration);
  if (made.refusal !== undefined) throw turnedAway(release, made.refusal);
  const worked = only(made.facts, machine.inputs);
  const facts = { ...said, ...(object && factsOfObject(object, machine)), ...worked, ...setFacts(asked) };
  const unsaid = gpu === undefined ? ['No GPU is named: what it decides is unknown (--gpu).'] : [];
  const notes = [...line.notes, ...(object?.notes ?? []), ...made.notes, ...unsaid];
  const question: Question = { release: release.release, platform, facts, rest, variants: installs.variants, notes };
  return { question, machine, config, error: made.error };
}

/** The facts that the rules ask for. */
const only = (facts: WorkedOut['facts'], inputs: readonly string[]): Given =>
  Object.fromEntries(inputs.flatMap((name) => (Object.hasOwn(facts, name) ? [[name, facts[name]!]] : [])));

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
