/** Configuration objects that differ from layer to layer. Mirrors transformers' `HeterogeneousConfigMixin`. */
import { exactJson, isWholeFloat, MISSING, plainNumber } from '../rules/index.ts';
import type { Fact } from '../rules/index.ts';
import type { Attribute, JsonObject } from './configobject.ts';

/** The attribute that says what differs, and gives an object for each layer. */
export const PER_LAYER = 'per_layer_config';
/** There where layers differ. */
export const DIFFERING = '_heterogeneity_spec';

/** What each layer has of its own: the attributes that differ, and by layer what they are there. */
export interface Differing {
  readonly names: ReadonlySet<string>;
  readonly layers: readonly JsonObject[];
}

/** What the package asks of the whole object once it is known what differs: there it raises. */
const ASKED_OF_WHOLE: ReadonlySet<string> = new Set([
  'layer_types',
  'mlp_layer_types',
  'mtp_layer_types',
  'num_hidden_layers',
  'output_attentions',
  'tie_word_embeddings',
  'vocab_size',
]);

/** Attributes of which no layer may have both. */
const EXCLUSIVE = ['sliding_window', 'attention_chunk_size'] as const;

/**
 * What differs, of what a class makes of it; undefined where nothing does. What the package refuses, and what was not read, is
 * `unread`. `attribute` says what the whole object has, whatever its layers have.
 */
export function differing(
  given: unknown,
  attribute: (name: string) => Attribute,
): Differing | { readonly unread: string } | undefined {
  if (given === null || given === MISSING) return undefined;
  const unread = (what: string): { readonly unread: string } => ({
    unread: `what differs from layer to layer was not read: ${what}`,
  });
  const many = attribute('num_hidden_layers').value;
  const byLayer = entriesOf(given, many);
  if (byLayer === undefined) return unread('what each layer has');
  const count = many as number;
  const all = [...byLayer.values()];
  const named = new Set(all.flatMap((own) => Object.keys(own)));
  const whole = new Map([...named, ...EXCLUSIVE].map((name) => [name, attribute(name).value] as const));
  for (const name of named) {
    const value = whole.get(name);
    if (ASKED_OF_WHOLE.has(name) || value === undefined) return unread(name);
    if (value === MISSING && !(all.length === count && all.every((own) => Object.hasOwn(own, name))))
      return unread(name);
  }
  const here = (own: JsonObject, name: string): unknown => (Object.hasOwn(own, name) ? own[name] : whole.get(name));
  const layers = Array.from({ length: count }, (_, i) => byLayer.get(i) ?? {});
  const isSet = (value: unknown): boolean => value !== null && value !== MISSING;
  if (layers.some((own) => EXCLUSIVE.every((name) => isSet(here(own, name))))) return unread(EXCLUSIVE.join(' and '));
  const apart = layers.map((own) =>
    Object.fromEntries(Object.entries(own).filter(([name, value]) => !isEqual(value, whole.get(name)))),
  );
  return { names: new Set(apart.flatMap((own) => Object.keys(own))), layers: apart };
}

/** By the number of the layer, what it has of its own; undefined where that is not known to be as it has to be. */
function entriesOf(given: unknown, many: Fact | undefined): ReadonlyMap<number, JsonObject> | undefined {
  if (typeof many !== 'number' || !Number.isSafeInteger(many) || typeof given !== 'object') return undefined;
  const pairs: readonly unknown[] = Array.isArray(given) ? given : Object.entries(given as JsonObject);
  const out = new Map<number, JsonObject>();
  for (const pair of pairs) {
    const [key, own] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    const number = typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : key;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0 || number >= many) return undefined;
    if (!isPlain(own)) return undefined;
    out.set(number, own);
  }
  return out;
}

/** Are these attributes of a layer, all of them plain values that are known? */
const isPlain = (own: unknown): own is JsonObject =>
  typeof own === 'object' &&
  own !== null &&
  !Array.isArray(own) &&
  Object.entries(own).every(([name, value]) => name !== SKIPPED && !name.startsWith('@') && isScalar(value));

/** What names modules that a layer does without. */
const SKIPPED = 'skip';

const isScalar = (value: unknown): boolean =>
  value === null || isWholeFloat(value) || ['boolean', 'number', 'string'].includes(typeof value);

/** Are two values equal, as Python compares them? */
function isEqual(a: unknown, b: unknown): boolean {
  const [x, y] = [a, b].map((value) => (typeof value === 'boolean' ? Number(value) : plainNumber(value)));
  return typeof x === 'number' && typeof y === 'number' ? x === y : b !== MISSING && exactJson(a) === exactJson(b);
}
