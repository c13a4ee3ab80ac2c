/** What stands around a server, by a command's flags: the GPU, the environment, what is installed. */
import {
  findGpu,
  type GpuRow,
  type Held,
  installFacts,
  installOf,
  nearest,
  platformOf,
  wrongInstall,
} from '../catalog/index.ts';
import { readGpus, readPackages } from '../disk/index.ts';
import { type GivenFact, type ReleaseData, releaseName, type RestFact, type Variant } from '../engine/index.ts';
import {
  createMachine,
  type Fact,
  type Machine,
  notTooDeep,
  plainValue,
  unpackRules,
  WhichattnError,
} from '../rules/index.ts';
import { PLATFORMS } from './questionflags.ts';
import type { Asked } from './command.ts';

export type Given = Record<string, GivenFact>;

export function pair(flag: string, text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new WhichattnError({
    code: 'bad-flag',
    what: `${flag} takes NAME=VALUE`,
    why: `It got ${JSON.stringify(text)}.`,
  });
}

export const environment = (env: Readonly<Record<string, string>>): Given =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [`env.${name}`, { value, from: 'env', where: name }]));

/** What is so where nothing is said: no variable is set, and the first layer asks. */
export const UNSAID: readonly RestFact[] = [
  { prefix: 'env.', missing: true, from: 'default', where: 'not set' },
  { prefix: 'loaded.', value: false, from: 'default', where: 'when the first layer asks' },
];

/**
 * The facts that a `--set` stands for: the one of that name, or those among `inputs` that follow from what is installed under
 * that name. A value is JSON, or else a text.
 */
function settingFacts(text: string, inputs: readonly string[]): Given {
  const [name, typed] = pair('--set', text);
  const value = jsonOr(typed);
  const { keys } = readPackages();
  if (!Object.hasOwn(keys, name)) return { [name]: { value, from: 'flag', where: '--set' } };
  const wrong = wrongInstall(keys, { [name]: value });
  if (wrong !== undefined)
    throw new WhichattnError({ code: 'bad-flag', what: `--set ${wrong}`, why: `It got ${JSON.stringify(value)}.` });
  const held: Held = { [name]: { value: value as Held[string]['value'], source: '' } };
  const followed = Object.entries(installFacts(keys, held, inputs, ''));
  return Object.fromEntries(followed.map(([fact, own]) => [fact, { ...own, from: 'flag', where: `--set ${name}` }]));
}

/** The facts that were set. Throws for a value that these rules of a selection know a fact never to have. */
export function setFacts(asked: Asked, inputs: readonly string[], { rules }: Machine): Given {
  const facts = Object.assign({}, ...asked.all('set').map((text) => settingFacts(text, inputs))) as Given;
  for (const [name, { value }] of Object.entries(facts)) checkSet(name, value, rules);
  return facts;
}

function checkSet(name: string, value: GivenFact['value'], { variables }: Machine['rules']): void {
  const choice = variables.find((v) => 'choice' in v && v.choice === name);
  if (choice === undefined || !('choice' in choice) || choice.other === true || value === undefined) return;
  if (choice.of.includes(value as never)) return;
  const labels = choice.of.map((label) => String(plainValue(label as Fact)));
  throw new WhichattnError({
    code: 'bad-flag',
    what: `--set ${name} is one of ${labels.join(', ')}`,
    why: `It got ${JSON.stringify(value)}.`,
    suggestions: typeof value === 'string' ? nearest(value, labels) : [],
  });
}

/** What was set and no rule reads. Facts of a model's config are read by their own names, whichever they are. */
export const unreadSettings = (asked: Asked, inputs: readonly string[]): string[] =>
  asked
    .all('set')
    .filter((text) =>
      Object.keys(settingFacts(text, inputs)).every(
        (name) => !/^(?:hf|hf_text_config|args|file)\./.test(name) && !inputs.includes(name),
      ),
    )
    .map((text) => {
      const [name] = pair('--set', text);
      const packaged = `import.${name}`;
      const meant = inputs.includes(packaged)
        ? [packaged]
        : nearest(name, [...inputs, ...Object.keys(readPackages().keys)], 1);
      return `No rule of this release reads ${name} (--set).${meant.map((one) => ` Did you mean ${one}?`).join('')}`;
    });

export function jsonOr(text: string): NonNullable<GivenFact['value']> | null {
  let value: NonNullable<GivenFact['value']> | null;
  try {
    value = JSON.parse(text) as NonNullable<GivenFact['value']> | null;
  } catch {
    return text;
  }
  return notTooDeep(value);
}

export interface AskedGpu {
  readonly row: GpuRow;
  readonly count: number | undefined;
  readonly typed: string;
}

/** The GPU, with how many there are where that is said: `L4`, `8x H200`. */
export function gpuOf(asked: Asked): AskedGpu | undefined {
  const typed = asked.flag('gpu');
  if (typed === undefined) return undefined;
  const [, times, name = typed] = /^(\d+)\s*[x×*]\s*(.+)$/i.exec(typed) ?? [];
  if (typed.trim() === '' || (times !== undefined && Number(times) === 0)) {
    throw new WhichattnError({
      code: 'bad-flag',
      what: typed.trim() === '' ? '--gpu names no GPU' : `--gpu ${typed} is no GPU at all`,
      todo: 'Give a GPU by name, or how many there are of it: 8xNAME. `whichattn gpus` lists them.',
    });
  }
  if (PLATFORMS.includes(name.toLowerCase())) {
    throw new WhichattnError({
      code: 'bad-flag',
      what: `${name} is a platform, no GPU`,
      todo: `Say --platform ${name.toLowerCase()}.`,
    });
  }
  return { row: findGpu(readGpus(), name), count: times === undefined ? undefined : Number(times), typed };
}

export function machineOf(release: ReleaseData, platform: string): Machine {
  checkPlatform(release, platform);
  return createMachine(unpackRules(release.selection[platform]!));
}

/** Where neither a platform nor a GPU is named. */
const USUAL = 'cuda';

/** The platform where none is named: of a plug-in its own. */
export const usualOf = ({ plugin, selection }: ReleaseData): string =>
  (plugin === undefined ? undefined : Object.keys(selection)[0]) ?? USUAL;

/** The platform that is asked about: the one that is named, that of the GPU, or the usual one. Throws where these differ. */
export function platformFor(asked: Asked, release: ReleaseData, gpu: AskedGpu | undefined): string {
  const own = gpu && platformOf(gpu.row);
  const named = asked.flag('platform') ?? own ?? usualOf(release);
  if (own === undefined || own === named) {
    checkPlatform(release, named);
    return named;
  }
  throw new WhichattnError({
    code: 'bad-flag',
    what: `${gpu!.row.name} is a GPU of platform ${own}, not of ${named}`,
    todo: 'Leave out --platform, or --gpu.',
  });
}

/** Throws where nothing was learned of how the release selects a backend on a platform. */
export function checkPlatform(release: ReleaseData, platform: string): void {
  if (release.selection[platform] !== undefined) return;
  throw new WhichattnError({
    code: 'unknown-platform',
    what: `How ${releaseName(release)} selects a backend on ${platform} has not been learned`,
    suggestions: nearest(platform, Object.keys(release.selection)),
    why: `Learned: ${Object.keys(release.selection).join(', ')}.`,
  });
}

/** Which install is asked about; undefined: nothing is said of packages. */
export function installName(asked: Asked): string | undefined {
  const how = asked.flag('facts') ?? 'stock';
  if (how !== 'none' && how !== 'stock') {
    throw new WhichattnError({
      code: 'bad-flag',
      what: `--facts is stock or none, not ${JSON.stringify(how)}`,
      suggestions: nearest(how, ['stock', 'none']),
    });
  }
  return how === 'none' ? undefined : (asked.flag('install') ?? 'image');
}

/** What is installed, and the other install to compare with. */
export function installsOf(
  asked: Asked,
  release: ReleaseData,
  platform: string,
  names: readonly string[],
): { readonly facts: Given; readonly variants: readonly Variant[] } {
  const chosen = installName(asked);
  // what is installed on a platform of a plug-in is not known
  if (chosen === undefined || release.plugin !== undefined) return { facts: {}, variants: [] };
  const packages = readPackages();
  const needs = { release: release.release, requirements: release.requirements[platform] };
  const of = (name: string): Given =>
    installFacts(packages.keys, installOf(packages, platform, name, needs), names, name);
  const facts = of(chosen);
  const others = Object.keys(packages.installs[platform] ?? {}).filter((name) => name !== chosen);
  return { facts, variants: others.map((name) => ({ name, facts: replacing(facts, of(name)) })) };
}

/** One install in place of another: what the other one says and this one does not is unknown. */
const replacing = (before: Given, after: Given): Given => ({
  ...Object.fromEntries(Object.keys(before).map((name) => [name, { from: 'unknown' as const }])),
  ...after,
});
