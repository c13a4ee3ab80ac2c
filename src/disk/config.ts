import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { findModel, nearest } from '../catalog/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { listModels, readModel } from './data.ts';
import { type Environment, hubCache, isRepoId, snapshot } from './hub.ts';
import { type JsonObject, keysOfFloats, parseJsonObject } from './json.ts';
import { kindOf, readStream, readText, readTextIfAny } from './text.ts';

/** A model's config.json, what lies beside it, and where it was found. */
export interface ModelConfig {
  readonly config: JsonObject;
  /** The keys whose whole numbers are written as floats. */
  readonly floats?: readonly string[];
  /** The hf_quant_config.json beside it. */
  readonly quant?: JsonObject;
  readonly from: 'file' | 'stdin' | 'cache' | 'catalogue';
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
 * that the Hugging Face cache of this machine holds, or a model of our catalogue; the first that there is.
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
  return (await fromCache(name, options.revision ?? 'main', machine)) ?? fromCatalogue(name, options.revision, machine);
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
  const { [QUANT]: quant, ...beside } = await filesBeside(path.dirname(file));
  const rival = await rivalBeside(path.dirname(file));
  // of the cache it is not known what was not downloaded
  const looked = from === 'file' ? { beside } : {};
  return { ...config, ...(quant === undefined ? {} : { quant }), ...rival, ...looked, from, where: file };
}

/** A model published in a second format too, with weights and a description of their own. */
async function rivalBeside(folder: string): Promise<{ readonly rival?: string }> {
  const names = await readdir(folder).catch((): string[] => []);
  const weights = names.some((name) => /^consolidated.*\.safetensors$/.test(name));
  return weights && names.includes('params.json') ? { rival: 'params.json' } : {};
}

const QUANT = 'hf_quant_config.json';
/** Files that say nothing of how a server starts, and can be large. */
const OTHERS = /^(config|tokenizer|vocab|added_tokens|special_tokens_map|.*\.index)\.json$/;

/** The files of JSON objects in a folder. Throws for the quantization's file when it is none. */
async function filesBeside(folder: string): Promise<Record<string, JsonObject>> {
  const out: Record<string, JsonObject> = {};
  for (const name of (await readdir(folder).catch((): string[] => [])).toSorted()) {
    if (!name.endsWith('.json') || OTHERS.test(name)) continue;
    const file = path.join(folder, name);
    const text = await textBeside(file, name === QUANT);
    if (text === undefined) continue;
    if (name === QUANT) out[name] = parseJsonObject(text, file);
    else {
      const value = parsed(text);
      if (value !== undefined) out[name] = value;
    }
  }
  return out;
}

/** A file beside a config; undefined where it is none, or is too large or not open to us and can be done without. */
async function textBeside(file: string, needed: boolean): Promise<string | undefined> {
  try {
    return await readTextIfAny(file);
  } catch (error) {
    if (needed || !(error instanceof WhichattnError)) throw error;
    return undefined;
  }
}

/** An object, or a list, which is known by what it holds; undefined for what is no JSON. */
function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
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

function fromCatalogue(name: string, revision: string | undefined, machine: Machine): ModelConfig {
  const cache = hubCache(machine.env, machine.home);
  if (revision !== undefined && revision !== 'main') {
    throw new WhichattnError({
      code: 'unknown-revision',
      what: `Revision ${JSON.stringify(revision)} of ${JSON.stringify(name)} is not on this machine`,
      why: `It is not in the Hugging Face cache (${cache}), and our list holds main revisions only.`,
      todo: 'Download it, or give the path of its config.json.',
    });
  }
  const { id } = inCatalogue(name, cache);
  const { config, quant, source, left_out: leftOut } = readModel(id);
  return {
    config,
    ...(quant === undefined ? {} : { quant }),
    from: 'catalogue',
    where: source.where,
    id,
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}

/** The catalogue's id, or its error with every place that was looked at. */
function inCatalogue(name: string, cache: string): { readonly id: string } {
  try {
    return findModel(
      listModels().map((id) => ({ id })),
      name,
    );
  } catch (error) {
    if (!(error instanceof WhichattnError) || error.code !== 'unknown-model') throw error;
    const { code, what, suggestions, todo } = error;
    const why = `It is no file or directory here either, and not in the Hugging Face cache (${cache}).`;
    throw new WhichattnError({ code, what, why, suggestions, todo });
  }
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
