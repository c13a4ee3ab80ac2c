import { gpuFacts, nearest } from '../catalog/index.ts';
import { readPackages } from '../disk/index.ts';
import {
  askedWith,
  FLOATING,
  oneLayerFacts,
  oneLayerTakes,
  requestRefused,
  type ReleaseData,
  releaseName,
  type Takes,
} from '../engine/index.ts';
import { type Kind, type Machine, textOf, WhichattnError } from '../rules/index.ts';
import { stockFor } from './ask.ts';
import type { AskedQuestion } from './asking.ts';
import type { Asked } from './command.ts';
import { TRANSFORMERS_FLAG } from './questionflags.ts';
import {
  type AskedGpu,
  environment,
  type Given,
  installsOf,
  jsonOr,
  pair,
  setFacts,
  UNSAID,
  unreadSettings,
} from './surroundings.ts';

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
  if (asked.flag(TRANSFORMERS_FLAG.name) !== undefined)
    throw new WhichattnError({ code: 'bad-flag', what: '--transformers goes with a line: a layer has no config.json' });
  const call: Record<string, unknown> = {};
  const config: Record<string, unknown> = {};
  let requested: string | undefined;
  const stock = stockFor(readPackages(), asked, release, platform);
  const takes = oneLayerTakes(machine, stock);
  const usual = oneLayerFacts(machine, { platform, env, call: {}, config: {} }, stock);
  for (const text of asked.all('layer')) {
    const [said, typed] = pair('--layer', text);
    // the layers take the block size from the configuration, and so does who asks for one
    const name = said === 'block_size' && takes.has(`config.${said}`) ? `config.${said}` : said;
    if (name === 'requested') {
      requested = checkRequested(machine, typed);
      continue;
    }
    checkName(name, takes);
    const value = jsonOr(typed);
    checkValue(name, value, takes.get(name)!, usual);
    if (name.startsWith('config.')) config[name.slice('config.'.length)] = value;
    else call[name] = value;
  }
  const ofLayer = oneLayerFacts(
    machine,
    { platform, env, call, config, ...(requested === undefined ? {} : { requested }) },
    stock,
  );
  const isOther = [...askedWith(machine).keys()].some((by) => ofLayer[by]?.value !== undefined);
  const known = Object.entries(ofLayer).filter(
    ([name, { from }]) =>
      // a backend that is asked for is a variable in releases that know no other way
      (!/^(?:device|env|install|loaded)\./.test(name) || from === 'flag') &&
      // what a question about attention leaves unsaid of the model is said for models that attend alone
      !(isOther && from === 'default' && name.startsWith('hf_text_config.')),
  );
  const installs = installsOf(asked, release, platform, machine.inputs);
  const facts: Given = {
    ...Object.fromEntries(known),
    ...installs.facts,
    ...(gpu === undefined ? {} : gpuFacts(gpu.row, gpu.count ?? 1, `--gpu ${gpu.typed}`)),
    ...environment(env),
    ...setFacts(asked, machine.inputs, machine),
  };
  const notes = [
    'One layer was asked about. What is not said of the server is taken as the recorded questions in test/oracle take it.',
    ...(gpu === undefined && machine.inputs.some((name) => name.startsWith('device.'))
      ? ['No GPU is named: what it decides is unknown (--gpu).']
      : []),
    ...unreadSettings(asked, machine.inputs),
    ...pluginNotes(release, platform),
  ];
  return {
    question: { release: releaseName(release), platform, facts, rest: UNSAID, variants: installs.variants, notes },
    machine,
  };
}

/** Who brings the platform, where that is not the release. */
function pluginNotes({ plugin }: ReleaseData, platform: string): string[] {
  const brought = plugin?.platforms[platform];
  if (plugin === undefined || brought === undefined) return [];
  const { file, sha256 } = plugin.source;
  return [
    `The platform ${platform} is of the plug-in ${plugin.name} ${plugin.version} (${file}, sha256 ${sha256.slice(0, 12)}…): ${brought.class}, by ${brought.by}.`,
  ];
}

/** Throws when the selection is not called with an argument of that name, or reads no such field of the configuration. */
function checkName(name: string, takes: ReadonlyMap<string, Takes>): void {
  if (takes.has(name)) return;
  const kind = name.startsWith('config.') ? 'config.' : '';
  const names = [...takes.keys()].filter((known) => known.startsWith('config.') === (kind !== ''));
  const meant = nearest(
    name.slice(kind.length),
    names.map((known) => known.slice(kind.length)),
  );
  throw new WhichattnError({
    code: 'bad-flag',
    what: `The selection takes no ${JSON.stringify(name)}`,
    suggestions: meant.map((known) => kind + known),
    todo: `It takes ${names.toSorted().join(', ')}.`,
  });
}

/** Throws for a value of another kind than the rules take, or for none of those they know; null says nothing. */
function checkValue(name: string, value: unknown, takes: Takes, usual: Given): void {
  if (value === null) return;
  const { wanted, names = [] } = name === 'dtype' ? dtypeWanted(value) : otherWanted(value, takes, usual);
  if (wanted === undefined) return;
  throw new WhichattnError({
    code: 'bad-value',
    what: `--layer ${name} takes ${wanted}`,
    why: `It got ${JSON.stringify(value)}.`,
    suggestions: typeof value === 'string' ? nearest(value, names) : [],
  });
}

/** What should stand in place of a value, in words; nothing where the value is well. */
interface Wanted {
  readonly wanted?: string | undefined;
  readonly names?: readonly string[];
}

function dtypeWanted(value: unknown): Wanted {
  if (typeof value !== 'string') return { wanted: 'a name' };
  return FLOATING.test(value) ? {} : { wanted: 'a dtype of floating point, as float16' };
}

function otherWanted(value: unknown, { input, values, kinds = [] }: Takes, usual: Given): Wanted {
  if (values !== undefined && typeof value !== 'object') {
    const said = typeof value === 'string' ? value.toLowerCase() : value;
    const known = values
      .filter((one) => one !== null)
      .map((one) => (typeof one === 'string' ? one.toLowerCase() : one));
    const names = known.map(textOf);
    return known.some((one) => one === said) ? {} : { wanted: oneOf(names), names };
  }
  const kind = typeof usual[input]?.value;
  const only = (...all: readonly Kind[]): boolean => kinds.length > 0 && kinds.every((one) => all.includes(one));
  if (kind === 'boolean' || only('none', 'false', 'true'))
    return typeof value === 'boolean' ? {} : { wanted: 'true or false' };
  if (kind === 'number' || only('none', 'int'))
    return Number.isSafeInteger(value) && Number(value) > 0 ? {} : { wanted: 'a number, 1 or more' };
  return kind === 'string' && typeof value !== 'string' ? { wanted: 'a name' } : {};
}

const oneOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`;

/** The name of a backend that is asked for. Throws with the release's own words when there is none of that name. */
function checkRequested(machine: Machine, name: string): string {
  const refused = requestRefused(machine, name);
  if (refused === undefined) return name;
  throw new WhichattnError({ code: 'bad-value', what: `There is no backend ${JSON.stringify(name)}`, why: refused });
}
