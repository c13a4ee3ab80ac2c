/** Which layout the KV cache gets once all layers have their backends: `final.kv_cache_layout`. */
import { UNKNOWN } from '../rules/index.ts';
import type { Facts, Machine, Resolved } from '../rules/index.ts';
import type { LayerCall } from './layers.ts';
import { fieldsOf, isOpen } from './outcome.ts';
import { derived, playOpen } from './stage.ts';
import type { Source } from './known.ts';
import type { PlayedOpen } from './stage.ts';
import type { GivenFact } from './question.ts';

/** Layers that attend or keep a state: the backend that they were given, and the facts with which they asked. */
export interface Cached {
  readonly backend: string | null;
  readonly call: LayerCall;
  readonly facts: Facts;
}

/** The layout, and what is raised and printed on the way. */
export interface SettledLayout extends PlayedOpen, Source {}

/** The stage in which an engine settles on it. */
export const LAYOUT = 'layout';
const FACT = 'final.kv_cache_layout';

const SHARDS = 'parallel_config.decode_context_parallel_size';

/**
 * What the engine settles on; undefined where that is not told of these backends, as where two declare different layouts.
 * Mirrors `resolve_kv_cache_layout`.
 */
export function settledLayout(
  rules: Machine,
  selection: Machine,
  known: Facts,
  layers: readonly Cached[],
): SettledLayout | undefined {
  const { terms } = rules.rules;
  const uniform = isUniform(layers);
  // a cache that is sharded, and one of another size that is not beside it, are told apart
  if (known.get(SHARDS) !== 1 && !uniform) return undefined;
  const kinds = terms['layout.kinds'] === undefined ? UNKNOWN : rules.resolve(terms['layout.kinds']);
  if (!Array.isArray(kinds)) return undefined;
  const keys = kinds.map((kind) => JSON.stringify(kind));
  const said = (numbers: readonly number[]): GivenFact | undefined =>
    common(rules, known, `layout.${numbers.join('+')}`, uniform);
  const numbers = layers.map((layer) => {
    const declared = declaredBy(selection, layer);
    return isOpen(declared) ? -1 : keys.indexOf(JSON.stringify(declared));
  });
  const [first, second = first, ...others] = [...new Set(numbers)].toSorted((a, b) => a - b);
  if (first === undefined || first < 0 || others.length > 0) return undefined;
  const [fact, alone] = [said([first, second!]), said([second!, second!])];
  if (fact === undefined || alone?.value !== fact.value) return undefined;
  return {
    ...playOpen(rules, known, terms[`layout.${first}+${second!}.events`]),
    fact: (name) => (name === FACT ? fact : undefined),
    because: () => [],
  };
}

/** What two declarations come to: for caches of one shape, or for any. */
function common(rules: Machine, known: Facts, pair: string, uniform: boolean): GivenFact | undefined {
  const { terms } = rules.rules;
  const [one, mixed] = [terms[`${pair}.one`], terms[`${pair}.mixed`]];
  if (one === undefined || mixed === undefined) return undefined;
  rules.load(known);
  const [fact, other] = [derived(rules.resolve(one)), derived(rules.resolve(mixed))];
  return typeof fact.value === 'string' && (uniform || fact.value === other.value) ? fact : undefined;
}

/** What the backend of a layer declares: names of layouts, or null. */
function declaredBy(selection: Machine, { backend, call, facts }: Cached): Resolved {
  if (call.layouts !== undefined) return call.layouts;
  const term = fieldsOf(selection.rules.terms[`backend.${backend ?? ''}`])['kv_layout.supported'];
  if (term === undefined) return UNKNOWN;
  selection.load(facts);
  return selection.resolve(term);
}

/** Do all caches have one shape, and is it known that they do? */
function isUniform(layers: readonly Cached[]): boolean {
  const shapes = layers.map(({ call: { args, beside } }) => [
    args['head_size'],
    args['dtype'],
    args['kv_cache_dtype'],
    beside['num_kv_heads'],
  ]);
  if (shapes.some((shape) => shape.some((size) => size === UNKNOWN))) return false;
  const texts = layers.map(({ backend }, at) => JSON.stringify([backend, shapes[at]]));
  return new Set(texts).size === 1 && layers.every(({ call }) => call.backend === undefined);
}
