/** What lies beside a config.json, wherever that is. */
import { WhichattnError } from '../rules/index.ts';
import { type JsonObject, parseJson, parseJsonObject } from './json.ts';

/** A model published in a second format too, with weights and a description of their own. */
export function rivalAmong(names: readonly string[]): { readonly rival?: string } {
  const weights = names.some((name) => /^consolidated.*\.safetensors$/.test(name));
  return weights && names.includes('params.json') ? { rival: 'params.json' } : {};
}

/** The file that says how the weights are quantized. */
export const QUANT = 'hf_quant_config.json';
/** Files that say nothing of how a server starts, and can be large. */
const OTHERS = /^(config|tokenizer|vocab|added_tokens|special_tokens_map|.*\.index)\.json$/;

/** The files of JSON objects among names. Throws for the quantization's file when it is none. */
export async function textsBeside(
  names: readonly string[],
  read: (name: string) => Promise<string | undefined>,
  at: (name: string) => string,
): Promise<Record<string, JsonObject>> {
  const out: Record<string, JsonObject> = {};
  for (const name of names.toSorted()) {
    if (!name.endsWith('.json') || OTHERS.test(name)) continue;
    const text = await orNothing(read(name), name === QUANT);
    if (text === undefined) continue;
    if (name === QUANT) out[name] = parseJsonObject(text, at(name));
    else {
      const value = parsed(text);
      if (value !== undefined) out[name] = value;
    }
  }
  return out;
}

/** The errors of a hub that lists a file and does not give it: that it is not there must not be said then. */
const NOT_GIVEN: ReadonlySet<string> = new Set(['hub-refuses', 'no-network']);

/** A file beside a config; undefined where it is none, or is too large or not open to us and can be done without. */
async function orNothing(text: Promise<string | undefined>, needed: boolean): Promise<string | undefined> {
  try {
    return await text;
  } catch (error) {
    if (needed || !(error instanceof WhichattnError) || NOT_GIVEN.has(error.code)) throw error;
    return undefined;
  }
}

/** An object, or a list, which is known by what it holds; undefined for what is no JSON. */
function parsed(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text, '');
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch (error) {
    if (!(error instanceof WhichattnError)) throw error;
    return undefined;
  }
}
