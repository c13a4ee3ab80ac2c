import { gpuFacts, nearest } from '../catalog/index.ts';
import { readPackages } from '../disk/index.ts';
import { oneLayerFacts, requestRefused, type ReleaseData } from '../engine/index.ts';
import { type Machine, WhichattnError } from '../rules/index.ts';
import { stockFor } from './ask.ts';
import type { AskedQuestion } from './asking.ts';
import type { Asked } from './command.ts';
import { type AskedGpu, environment, type Given, installsOf, jsonOr, pair, setFacts, UNSAID } from './surroundings.ts';

/** A question about one layer: what the selection is called with, and nothing of a model or a server. */
// oxlint-disable-next-line max-lines-per-function -- one part after the other
export function layerQuestion(
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
    if (name === 'requested') requested = checkRequested(machine, value);
    else if (name.startsWith('config.')) config[name.slice('config.'.length)] = jsonOr(value);
    else {
      checkInput(machine, name);
      call[name] = jsonOr(value);
    }
  }
  const stock = stockFor(readPackages(), asked, release, platform);
  checkKinds(call, oneLayerFacts(machine, { platform, env, call: {}, config: {} }, stock));
  const ofLayer = oneLayerFacts(
    machine,
    { platform, env, call, config, ...(requested === undefined ? {} : { requested }) },
    stock,
  );
  const known = Object.entries(ofLayer).filter(([name]) => !/^(?:device|env|install|loaded)\./.test(name));
  const installs = installsOf(asked, release, platform, machine.inputs);
  const facts: Given = {
    ...Object.fromEntries(known),
    ...installs.facts,
    ...(gpu === undefined ? {} : gpuFacts(gpu.row, gpu.count ?? 1, `--gpu ${gpu.typed}`)),
    ...environment(env),
    ...setFacts(asked),
  };
  const notes = [
    'One layer was asked about. What is not said of the server is taken as the recorded questions in test/oracle take it.',
    ...(gpu === undefined ? ['No GPU is named: what it decides is unknown (--gpu).'] : []),
  ];
  return {
    question: { release: release.release, platform, facts, rest: UNSAID, variants: installs.variants, notes },
    machine,
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

/** The dtypes that a layer may compute in, with the short names of the bulk format. */
const DTYPE = /^(?:b?float16|float32|float64|fp16|bf16|fp32|half|float|double)$/;

/** Throws for a value of another kind than the one that stands where nothing is said. */
function checkKinds(call: Readonly<Record<string, unknown>>, usual: Given): void {
  for (const [name, value] of Object.entries(call)) {
    const kind = typeof usual[`call.${name}`]?.value;
    const wanted =
      kind === 'boolean' && typeof value !== 'boolean'
        ? 'true or false'
        : kind === 'number' && !(Number.isSafeInteger(value) && Number(value) > 0)
          ? 'a number, 1 or more'
          : kind === 'string' && typeof value !== 'string' && value !== null
            ? 'a name'
            : undefined;
    if (wanted === undefined && (name !== 'dtype' || typeof value !== 'string' || DTYPE.test(value))) continue;
    throw new WhichattnError({
      code: 'bad-value',
      what: `--layer ${name} takes ${wanted ?? 'a dtype of floating point, as float16'}`,
      why: `It got ${JSON.stringify(value)}.`,
    });
  }
}

/** The name of a backend that is asked for. Throws with the release's own words when there is none of that name. */
function checkRequested(machine: Machine, name: string): string {
  const refused = requestRefused(machine, name);
  if (refused === undefined) return name;
  throw new WhichattnError({ code: 'bad-value', what: `There is no backend ${JSON.stringify(name)}`, why: refused });
}
