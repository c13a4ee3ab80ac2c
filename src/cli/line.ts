/** A command line as a release reads it: its flags, the model's configuration object, what it comes to. */
import { meets, nearest } from '../catalog/index.ts';
import { listTransformers, type ModelConfig, readTransformersFile } from '../disk/index.ts';
import {
  configFacts,
  configObject,
  type ConfigObject,
  type ConfigurationReader,
  createArgumentReader,
  createConfigurationReader,
  readCommand,
  type ReadArguments,
  type Refusal,
  type ReleaseData,
  type ServeCommand,
} from '../engine/index.ts';
import { type Machine, unpackRules, WhichattnError } from '../rules/index.ts';
import type { Asked } from './command.ts';
import { type Given, pair } from './surroundings.ts';

/** The command line: one that starts a server, or flags alone. */
export function serveCommand(asked: Asked): ServeCommand {
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

/** Reads the flags with the release's own parser. Throws when it would turn the line away. */
export function argumentsOf(
  release: ReleaseData,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): ReadArguments {
  const read = createArgumentReader(release.arguments).read(argv, env);
  if (read.refusal === undefined) return read;
  throw turnedAway(release, read.refusal);
}

/** The error for a line that vLLM's own parser turns away. */
export function turnedAway(release: ReleaseData, { code, typed, text, among, place }: Refusal): WhichattnError {
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

export const revisionOf = ({ facts }: ReadArguments): { readonly revision?: string } => {
  const value = facts['args.revision']?.value;
  return typeof value === 'string' ? { revision: value } : {};
};

export interface ReadObject {
  readonly object: ConfigObject | undefined;
  readonly where: string;
  readonly notes: readonly string[];
}

/** What the class of the model's type makes of its config.json, with the newest transformers that the release allows. */
export function configObjectOf(release: ReleaseData, platform: string, { config, where, id }: ModelConfig): ReadObject {
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

export const factsOfObject = ({ object, where }: ReadObject, { inputs }: Machine): Given =>
  object === undefined
    ? {}
    : {
        ...configFacts(object, 'hf.', inputs, where),
        ...configFacts(object.text()!, 'hf_text_config.', inputs, where),
      };

/** What a command line of a release comes to, by its rules. */
export function configurationOf(release: ReleaseData, platform: string): ConfigurationReader {
  return createConfigurationReader(release.arguments, unpackRules(release.config[platform]!));
}
