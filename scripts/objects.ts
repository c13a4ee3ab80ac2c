/** Configuration objects that transformers itself made, recorded, beside those that its learned classes make. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { keysOfFloats, parseJson } from '#disk';
import { configObject, configOf, isObject, objectBehind } from '#engine';
import type { ClassTable, ConfigObject, GivenModel, JsonObject } from '#engine';
import { MISSING, UNKNOWN } from '#rules';

/** What a class made: attributes by name; another object stands under `@object`, what JSON has no word for under `@odd`. */
export interface RecordedObject {
  readonly '@class': string;
  readonly attributes: JsonObject;
}

/** A config.json, and the object or the error that its class made of it. */
export interface RecordedConfig {
  readonly file: string;
  readonly type: string;
  readonly config: JsonObject;
  readonly object?: RecordedObject;
  readonly text?: 'self' | RecordedObject;
  readonly error?: readonly [type: string, text: string];
}

/** Reads records, one a line, packed or not. */
export function readRecordedConfigs(file: string): RecordedConfig[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => withFloats(line));
}

/** A record whose config.json tells whole floats from ints. */
function withFloats(line: string): RecordedConfig {
  const record = parseJson(line, 'a record') as RecordedConfig;
  const floats = keysOfFloats(line).flatMap((key) => (key.startsWith(OF_CONFIG) ? key.slice(OF_CONFIG.length) : []));
  return {
    ...record,
    config: configOf({ config: record.config as GivenModel['config'], floats, from: 'config', where: '' }),
  };
}

/** Before the keys of a record's config.json. */
const OF_CONFIG = 'config.';

/** How often an attribute is right, wrong, unknown; of each wrong one a line. */
export interface Compared {
  right: number;
  unknown: number;
  readonly wrong: string[];
}

/** What is not asked for: how a model is spread over devices, labels, what a class keeps for itself. */
const SKIPPED =
  /^(base_model_|keys_to_ignore|attribute_map|sub_configs|id2label|label2id|name_or_path|use_return_dict|output_attentions|allow_global_per_layer|per_layer_attributes|serialize_explicit|ignore_keys_at_rope|_)/;

/** Compares one record with what the classes of a table make of its config.json. */
export function compareConfig(table: ClassTable, record: RecordedConfig, into: Compared): void {
  const made = configObject(table, record.type, record.config);
  const { object, text, error } = record;
  if (made === undefined || made.refused !== undefined) {
    if (made?.mistaken === true && !error) into.wrong.push(`${record.file}: ${made.refused} and it does not`);
    else if (made?.mistaken === true && !isSaid(made, error!))
      into.wrong.push(`${record.file}: ${made.refusal?.text}, not ${error!.join(' ')}`);
    else if (made?.mistaken === true) into.right++;
    else into.unknown++;
    return;
  }
  if (error) {
    // a class whose constructor was not read says nothing
    if (made.attribute('model_type').value === undefined) into.unknown++;
    else into.wrong.push(`${record.file}: taken, and it raises ${error.join(' ')}`);
    return;
  }
  if (object) compareObject(made, object, record.file, into);
  const part = made.text();
  if (part === undefined) into.unknown++;
  else if ((part === made) !== (text === 'self')) into.wrong.push(`${record.file}: another text config`);
  else if (text !== undefined && text !== 'self') compareObject(part, text, record.file, into);
}

/** Whether an error is what was recorded, of whose text the beginning was kept; a text that is not told is no other. */
const isSaid = ({ refusal }: ConfigObject, [type, text]: readonly [string, string]): boolean =>
  refusal === undefined || (refusal.type === type && (refusal.text === null || refusal.text.startsWith(text)));

function compareObject(made: ConfigObject, recorded: RecordedObject, file: string, into: Compared): void {
  for (const [name, theirs] of Object.entries(recorded.attributes)) {
    if (SKIPPED.test(name) || isOdd(theirs)) continue;
    const label = `${file}: ${recorded['@class']}.${name}`;
    const { value } = made.attribute(name);
    const inner = partIn(theirs);
    const part = objectBehind(value);
    if (value === undefined || hasUnknown(value) || (part === undefined && isObject(value))) into.unknown++;
    else if (inner !== undefined && part !== undefined) compareObject(part, inner, file, into);
    else if (inner === undefined && canonical(value) === canonical(theirs)) into.right++;
    else into.wrong.push(`${label} is ${canonical(value)}, not ${canonical(theirs)}`);
  }
  for (const name of made.names()) {
    if (SKIPPED.test(name) || Object.hasOwn(recorded.attributes, name)) continue;
    const { value } = made.attribute(name);
    if (value !== undefined && value !== MISSING) into.wrong.push(`${file}: ${recorded['@class']} has no ${name}`);
  }
}

const partIn = (value: unknown): RecordedObject | undefined =>
  typeof value === 'object' && value !== null && '@object' in value ? (value['@object'] as RecordedObject) : undefined;

const isOdd = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ('@odd' in value || '@raises' in value || (!('@object' in value) && Object.values(value).some(isOdd)));

const hasUnknown = (value: unknown): boolean =>
  value === UNKNOWN ||
  (typeof value === 'object' &&
    value !== null &&
    objectBehind(value) === undefined &&
    Object.values(value).some(hasUnknown));

/** JSON with its keys in order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, held: unknown) =>
    typeof held === 'symbol'
      ? held.toString()
      : typeof held === 'object' && held !== null && !Array.isArray(held)
        ? Object.fromEntries(Object.entries(held).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : held,
  );
