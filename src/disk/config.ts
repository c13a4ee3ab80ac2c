import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { findModel, nearest } from '../catalog/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { floatsOfModel, listModels, readModel } from './data.ts';
import { QUANT, rivalAmong, textsBeside } from './besides.ts';
import { type Environment, hubCache, isRepoId, snapshot } from './hub.ts';
import { type Hub, hubOf, openHub } from './hubfiles.ts';
import { type JsonObject, keysOfFloats, parseJsonObject } from './json.ts';
import { kindOf, readStream, readText, readTextIfAny } from './text.ts';

/** A model's config.json, what lies beside it, and where it was found. */
export interface ModelConfig {
  readonly config: JsonObject;
  /** The keys whose whole numbers are written as floats. */
  readonly floats?: readonly string[];
  /** The hf_quant_config.json beside it. */
  readonly quant?: JsonObject;
  readonly from: 'file' | 'stdin' | 'cache' | 'catalogue' | 'hub';
  /** The file, or the public copy that the catalogue has it from. */
  readonly where: string;
  /** The id that the catalogue knows the model by, when it comes from there. */
  readonly id?: string;
  /** The other small files of JSON beside a config.json, by name. Undefined: nobody looked. */
  readonly beside?: Readonly<Record<string, JsonObject>>;
  /** Files beside it for which a server may pass over the config.json. */
  readonly rival?: string;
  /** What the catalogue's copy leaves out of the published file. */
  readonly leftOut?: readonly string[];
}

/** What is asked of the machine; a test gives its own. */
export interface Machine {
  readonly env: Environment;
  readonly home: string;
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };
}

export interface ConfigOptions {
  /** A branch, a tag or a commit of the hub. The catalogue and a path know only one. */
  readonly revision?: string | undefined;
  /** Variables of the line that names the model, which hold for it before those of the machine. */
  readonly env?: Environment;
  /** Told the hub's address before it is asked; what it gives is called once there is an answer. */
  readonly onHub?: (endpoint: string) => () => void;
  readonly machine?: Machine;
}

/** This process: what is left out of it is not read. */
const thisMachine = (): Machine => ({ env: process.env, home: homedir(), stdin: process.stdin });

/** A JSON object from a file, or from standard input where `-` stands for it. */
export async function readJson(file: string, machine: Machine = thisMachine()): Promise<JsonObject> {
  const todo = 'Give a file that holds one object of JSON, or - for standard input.';
  if (file === '-') return fromStdin(machine, 'What is asked', todo);
  const kind = await kindOf(file);
  if (kind === 'file') return parseJsonObject(await readText(file), file, todo);
  if (kind === 'absent') throw await noSuchFile(file, todo);
  throw new WhichattnError({ code: 'no-such-file', what: 'It is a directory', where: file, todo });
}

/** The text of a file that a line names. */
export async function readNamedText(file: string): Promise<string> {
  const kind = await kindOf(file);
  if (kind === 'file') return readText(file);
  if (kind === 'absent') throw await noSuchFile(file, 'Give the path of a file that is there.');
  throw new WhichattnError({ code: 'no-such-file', what: 'It is a directory', where: file });
}

/**
 * A model's config by what stands for it: `-` for standard input, a file, a directory that holds config.json, a model
 * that the Hugging Face cache of this machine holds, a model of our catalogue, or one of the hub; the first that there is.
 */
export async function readModelConfig(name: string, options: ConfigOptions = {}): Promise<ModelConfig> {
  const machine = options.machine ?? thisMachine();
  if (name === '-') {
    const text = await stdinText(machine, 'The config');
    return { ...withFloats(text, parseJsonObject(text, STDIN)), from: 'stdin', where: STDIN };
  }
  const kind = await kindOf(name);
  if (kind === 'file') return fromFile(name, 'file');
  if (kind === 'directory') return fromDirectory(name);
  if (looksLikePath(name)) throw await noSuchFile(name);
  const { revision = 'main' } = options;
  const here = (await fromCache(name, revision, machine)) ?? (revision === 'main' ? fromCatalogue(name) : undefined);
  return here ?? (await fromHub(name, revision, { ...options, machine }));
}

const STDIN = 'standard input';

/** A config, and which of its keys hold floats that are whole. */
function withFloats(text: string, config: JsonObject): Pick<ModelConfig, 'config' | 'floats'> {
  const floats = keysOfFloats(text);
  return { config, ...(floats.length > 0 ? { floats } : {}) };
}

/** An object from standard input; `what` it is, for the error where nothing is piped in. */
async function fromStdin(machine: Machine, what: string, todo?: string): Promise<JsonObject> {
  return parseJsonObject(await stdinText(machine, what), STDIN, todo);
}

async function stdinText({ stdin }: Machine, what: string): Promise<string> {
  const where = STDIN;
  if (stdin.isTTY === true) {
    throw new WhichattnError({
      code: 'no-input',
      what: 'Nothing is piped in',
      why: `${what} should come from standard input, and that is the terminal.`,
      where,
      todo: 'Pipe it in, or give the path of a file.',
    });
  }
  return readStream(stdin, where);
}

async function fromFile(file: string, from: 'file' | 'cache'): Promise<ModelConfig> {
  const text = await readText(file);
  const config = withFloats(text, parseJsonObject(text, file));
  if (path.basename(file) !== 'config.json') return { ...config, from, where: file };
  const folder = path.dirname(file);
  const names = await readdir(folder).catch((): string[] => []);
  const whole = (name: string): string => path.join(folder, name);
  const { [QUANT]: quant, ...beside } = await textsBeside(names, (name) => readTextIfAny(whole(name)), whole);
  const rival = rivalAmong(names);
  // of the cache it is not known what was not downloaded
  const looked = from === 'file' ? { beside } : {};
  return { ...config, ...(quant === undefined ? {} : { quant }), ...rival, ...looked, from, where: file };
}

async function fromDirectory(directory: string): Promise<ModelConfig> {
  const file = path.join(directory, 'config.json');
  if ((await kindOf(file)) === 'file') return fromFile(file, 'file');
  const hub = (await kindOf(path.join(directory, 'snapshots'))) === 'directory';
  throw new WhichattnError({
    code: 'no-config',
    what: 'The directory holds no config.json',
    where: directory,
    todo: hub
      ? 'It is a repository of the Hugging Face cache: give the name of the model, or one of the folders under snapshots.'
      : 'Give the directory of a model in Hugging Face format, or the path of its config.json.',
  });
}

async function fromCache(name: string, revision: string, machine: Machine): Promise<ModelConfig | undefined> {
  const folder = await snapshot(hubCache(machine.env, machine.home), name, revision);
  if (folder === undefined) return undefined;
  const file = path.join(folder, 'config.json');
  return (await kindOf(file)) === 'file' ? fromFile(file, 'cache') : undefined;
}

/** A model of our list, by any of its names; undefined where there is none. */
function fromCatalogue(name: string): ModelConfig | undefined {
  const found = inCatalogue(name);
  if (found instanceof WhichattnError) return undefined;
  const { config, quant, source, left_out: leftOut } = readModel(found.id);
  const floats = floatsOfModel(found.id);
  return {
    config,
    ...(floats.length > 0 ? { floats } : {}),
    ...(quant === undefined ? {} : { quant }),
    from: 'catalogue',
    where: source.where,
    id: found.id,
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}

/** The catalogue's id, or its error. */
function inCatalogue(name: string): { readonly id: string } | WhichattnError {
  try {
    return findModel(
      listModels().map((id) => ({ id })),
      name,
    );
  } catch (error) {
    if (error instanceof WhichattnError && error.code === 'unknown-model') return error;
    throw error;
  }
}

/** A model of the hub, with the small files that lie beside its config. Throws where there is none. */
async function fromHub(
  name: string,
  revision: string,
  { machine, env, onHub }: ConfigOptions & { readonly machine: Machine },
): Promise<ModelConfig> {
  const hub = await hubOf(machine.env, machine.home, env);
  if ('off' in hub) throw notFound(name, revision, machine, `the hub is not asked: ${hub.off}`);
  const answered = onHub?.(hub.endpoint);
  try {
    return await modelAt(hub, name, revision, machine);
  } finally {
    answered?.();
  }
}

/** A model of a hub that is reached. Throws where there is none. */
async function modelAt(hub: Hub, name: string, revision: string, machine: Machine): Promise<ModelConfig> {
  const files = await openHub(hub, name, revision).catch((error: unknown) => {
    if (!(error instanceof WhichattnError) || error.code !== 'no-network') throw error;
    throw notFound(
      name,
      revision,
      machine,
      `the hub ${hub.endpoint} is not reached: ${(error.why ?? '').replace(/\.$/, '')}`,
    );
  });
  const text = await files?.text('config.json');
  if (files === undefined) throw notFound(name, revision, machine, `${hub.endpoint} shows no such model`);
  const where = files.at('config.json');
  if (text === undefined) {
    throw new WhichattnError({
      code: 'no-config',
      what: `The model ${name} has no config.json`,
      where,
      todo: 'Give the path of a config.json.',
    });
  }
  const config = withFloats(text, parseJsonObject(text, where));
  const beside =
    files.names &&
    (await textsBeside(
      files.names,
      (file) => files.text(file),
      (file) => files.at(file),
    ));
  const { [QUANT]: quant, ...others } = beside ?? {};
  const rival = files.names === undefined ? {} : rivalAmong(files.names);
  const looked = files.names === undefined ? {} : { beside: others };
  return { ...config, ...(quant === undefined ? {} : { quant }), ...rival, ...looked, from: 'hub', where };
}

/** The error for a model that is nowhere, with every place that was looked at. */
function notFound(name: string, revision: string, machine: Machine, hub: string): WhichattnError {
  const cache = hubCache(machine.env, machine.home);
  if (revision !== 'main') {
    return new WhichattnError({
      code: 'unknown-revision',
      what: `Revision ${JSON.stringify(revision)} of ${JSON.stringify(name)} is not on this machine`,
      why: `It is not in the Hugging Face cache (${cache}), our list holds main revisions only, and ${hub}.`,
      todo: 'Download it, or give the path of its config.json.',
    });
  }
  const listed = inCatalogue(name);
  const { what, suggestions, todo } =
    listed instanceof WhichattnError
      ? listed
      : { what: `There is no model ${JSON.stringify(name)}`, suggestions: [], todo: undefined };
  const why = `It is no file or directory here either, not in the Hugging Face cache (${cache}), and ${hub}.`;
  return new WhichattnError({ code: 'unknown-model', what, why, suggestions, todo });
}

/** What nobody would type for a model of the hub. */
function looksLikePath(name: string): boolean {
  return /^[./~]|\\|\.json$/.test(name) || !isRepoId(name);
}

async function noSuchFile(
  name: string,
  todo = 'Give a config.json, a directory that holds one, or the name of a model.',
): Promise<WhichattnError> {
  const folder = path.dirname(name);
  const there = await readdir(folder).catch((): string[] => []);
  return new WhichattnError({
    code: 'no-such-file',
    what: `There is no file or directory ${JSON.stringify(name)}`,
    suggestions: nearest(path.basename(name), there).map((file) => path.join(folder, file)),
    todo,
  });
}
