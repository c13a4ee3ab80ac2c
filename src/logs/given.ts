/** What a start says that it was given, and configured as. */
import type { Json } from '../engine/index.ts';
import { type Kept, note } from './kept.ts';
import { readLiteral } from './literals.ts';
import type { Patterns } from './patterns.ts';
import type { Printed } from './printed.ts';

/** A value in what an engine says that it was configured as, without its quotes; undefined where it is not there, or not known to be whole. */
export const configField = (config: string, name: string): string | undefined =>
  new RegExp(String.raw`(?:^|, )${name}=('[^']*'|"[^"]*"|[^,'"]*),`)
    .exec(config)?.[1]
    ?.replaceAll(/^['"]|['"]$/g, '')
    .replace(/^torch\./, '');

/** What the engine says that it was configured as. */
export function takeConfig(kept: Kept, printed: Printed, config: string, number: number): void {
  // with an engine a start goes on, whatever was raised before
  if (kept.reached === 'failed' && kept.configs.size === 0) kept.reached = 'boot';
  kept.configs.add(`${printed.process} ${printed.pid}`);
  const field = (name: string): string | undefined => configField(config, name);
  const model = field('model');
  if (model !== undefined) kept.model = model;
  const cache = field('kv_cache_dtype');
  if (cache !== undefined && /^\w+$/.test(cache)) note(kept, 'kvCacheDtype', cache, number);
  const device = field('device_config');
  if (device !== undefined && /^\w+$/.test(device)) note(kept, 'device', device, number);
  const dtype = field('dtype');
  if (dtype !== undefined && /^[\w.]+$/.test(dtype)) note(kept, 'dtype', dtype, number);
  const mode = /'cudagraph_mode': <\w+\.([A-Z_]+): /.exec(config)?.[1];
  if (mode !== undefined) {
    note(kept, 'configured', mode, number);
    note(kept, 'cudagraphMode', mode, number);
  }
  const speculative = /speculative_config=SpeculativeConfig\(method=(?:'(\w+)'|(\w+)[,)])/.exec(config);
  if (speculative) note(kept, 'speculative', speculative[1] ?? speculative[2]!, number);
}

/** What was given: to the command line, or to the constructor. */
export function takeArguments(kept: Kept, text: string, number: number): void {
  kept.argued = true;
  note(kept, 'arguments', 1, number);
  const given = readLiteral(text);
  if (given === undefined || given === null || typeof given !== 'object' || Array.isArray(given)) return;
  const {
    model,
    model_tag: tag,
    compilation_config: compilation,
    block_size: block,
  } = given as Readonly<Record<string, Json>>;
  const named = [tag, model].find((one) => typeof one === 'string');
  if (typeof named === 'string') kept.model ??= named;
  // what was not given stands among these, too
  if (text.startsWith('Namespace(')) return;
  kept.given = given as Readonly<Record<string, Json>>;
  const mode = Object(compilation)['cudagraph_mode'] as Json | undefined;
  if (typeof mode === 'string') kept.asked = mode.replace(/^\w+\./, '');
  if (typeof block === 'number') note(kept, 'blockSize', block, number);
}

/** Of a line that was cut, what stands at its beginning can be taken. */
export function takeCut(kept: Kept, printed: Printed, number: number, patterns: Patterns): void {
  const met = patterns.line(printed.file, printed.message, kept.release);
  if (met?.holes['release'] !== undefined) {
    kept.release ??= met.holes['release'];
    note(kept, 'release', met.holes['release'], number);
    kept.configs.add(`${printed.process} ${printed.pid}`);
  }
}
