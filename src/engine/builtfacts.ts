/**
 * What follows for the configuration once a model is built: `final.block_size` by the backends of the layers that attend, whether or
 * not others keep a state, or as it is where all do, and `final.cudagraph_mode`. Where what they have is not known, nothing is said.
 */
import { MISSING, textOf, UNKNOWN } from '../rules/index.ts';
import type { Fact, Facts, Machine, Resolved, Term } from '../rules/index.ts';
import type { DecisionError, LogLine } from './decision.ts';
import { isDrafted } from './drafter.ts';
import type { BuiltLayers, OwnBackend, WrappedBackend } from './layers.ts';
import { fieldsOf } from './outcome.ts';
import type { GivenFact } from './question.ts';
import { derived, playOpen } from './stage.ts';
import type { Known, Source } from './known.ts';
import type { OpenError } from './stage.ts';

/** A layer's backend: by its name in the rules, with the facts with which it was asked for, or what it says of itself. */
export type Chosen = Asked | { readonly own: OwnBackend };

/** One that was asked for, and what a layer of a class makes of it. */
export interface Asked {
  readonly backend: string;
  readonly facts: Facts;
  /** Of a layer that asks nobody, as `OwnBackend` has it. */
  readonly aligned?: Resolved;
  readonly graphs?: Resolved;
  readonly wrapped?: { readonly by: string } & WrappedBackend;
}

export interface Built extends Source {
  readonly error: DecisionError | undefined;
  readonly open: readonly OpenError[];
  readonly logs: readonly LogLine[];
}

/** A built model: the backends of all layers, whether a part of it is compiled, and how many bytes a state of it takes. */
export interface BuiltModel extends Pick<BuiltLayers, 'compiled' | 'stateBytes'> {
  readonly chosen: readonly Chosen[];
  /** Those of the layers of a model that drafts. */
  readonly drafting?: readonly Chosen[];
}

/** Works it out, as far as it is known of the backends of all layers. */
export function builtFacts(
  rules: Machine,
  selection: Machine,
  known: Known,
  { chosen: own, drafting = [], compiled, stateBytes }: BuiltModel,
): Built | undefined {
  const { terms } = rules.rules;
  const facts = new Map<string, GivenFact>();
  const chosen = [...own, ...drafting];
  const attending = chosen.filter((one) => keepsState(rules, one) !== true);
  if (chosen.length === 0) return undefined;
  const asked = withFacts(known, {
    ...agreed(graphFacts(rules, selection, own), graphFacts(rules, selection, chosen)),
    'built.compiled': typeof compiled === 'boolean' ? compiled : undefined,
    'built.checkpoint_alignment': alignmentOf(chosen),
    'built.state_bytes': typeof stateBytes === 'number' ? stateBytes : undefined,
    // as many tokens as a drafter proposes are decoded with the one that is there without it
    'built.decode_query_len': isDrafted(known) ? undefined : 1,
  });
  const size = sizeOf(rules, asked, attending);
  const names = [...(size ? [size.events] : []), 'built.cudagraph.events'];
  const played = names.map((name) => playOpen(rules, asked, terms[name]));
  rules.load(asked);
  if (size) facts.set('final.block_size', derived(rules.resolve(terms[size.term]!)));
  const mode = terms['built.cudagraph_mode'];
  if (mode !== undefined) facts.set('final.cudagraph_mode', derived(rules.resolve(mode)));
  return {
    fact: (name) => facts.get(name),
    because: () => [],
    error: played.find(({ error }) => error !== undefined)?.error,
    open: played.flatMap(({ open }) => open),
    logs: played.flatMap(({ logs }) => logs),
  };
}

/** The least common multiple of what all layers that keep a state align their checkpoints to; null where one makes none. */
function alignmentOf(chosen: readonly Chosen[]): Fact | undefined {
  const said = chosen
    .map((one) => ('own' in one ? one.own.aligned : one.aligned === undefined ? MISSING : one.aligned))
    .filter((size) => size !== MISSING);
  if (said.includes(null)) return null;
  const sizes = said.map((size) => (typeof size === 'number' ? size : Number.NaN));
  const whole = sizes.reduce((all, size) => (all / divisor(all, size)) * size, 1);
  return Number.isNaN(whole) ? undefined : whole;
}

const divisor = (a: number, b: number): number => (b > 0 ? divisor(b, a % b) : a);

/** Do layers of a backend keep a state, instead of keys and values? Undefined where it is not known. */
function keepsState({ rules }: Machine, one: Chosen): boolean | undefined {
  const said = 'own' in one ? one.own.state : rules.terms[`built.${one.backend}.is_ssm`];
  return typeof said === 'boolean' ? said : undefined;
}

/** The terms that say the block size where these backends attend, and what is raised; undefined where none do. */
function sizeOf(
  rules: Machine,
  known: Facts,
  attending: readonly Chosen[],
): { readonly term: string; readonly events: string } | undefined {
  const { terms } = rules.rules;
  if (attending.length === 0)
    return terms[STATES] === undefined ? undefined : { term: STATES, events: 'built.states.events' };
  const backends = [...new Map(attending.map((one) => [idOf(one), one])).values()];
  const [only] = backends;
  if (backends.length === 1 && 'backend' in only! && (only.wrapped?.sizes ?? true) === true) {
    const [term, events] = [`built.${only.backend}.block_size`, `built.${only.backend}.events`];
    return terms[term] === undefined ? undefined : { term, events };
  }
  const kinds = backends.map((one) => kindOf(rules, known, one));
  const pairs = pairsOf(kinds, backends.length);
  if (!isPlain(known) || pairs === undefined) return undefined;
  rules.load(known);
  const [first, ...others] = pairs.map((pair) => ({ term: `blocks.${pair}`, events: `blocks.${pair}.events` }));
  const sizes = [first!, ...others].map(({ term }) =>
    terms[term] === undefined ? UNKNOWN : rules.resolve(terms[term]),
  );
  // which of them comes first is not known here
  return sizes.every((size) => size === sizes[0] && size !== UNKNOWN) ? first : undefined;
}

/** What it is where every layer keeps a state. */
const STATES = 'built.states.block_size';

/** Which backends are one: those of a name, or of a class. One whose class is not known is none of the others. */
function idOf(one: Chosen): unknown {
  if ('backend' in one) return [one.backend, one.wrapped?.by ?? ''].join(' ');
  return typeof one.own.class === 'string' ? `class ${one.own.class}` : one;
}

/** Two kinds, in either order; one with itself where several backends are of it. Undefined where one is unknown, or there are more. */
function pairsOf(kinds: readonly number[], backends: number): readonly string[] | undefined {
  const [first, second, ...others] = new Set(kinds);
  if (first === undefined || kinds.includes(-1) || others.length > 0) return undefined;
  if (backends === 1) return [`${first}`];
  return second === undefined ? [`${first}+${first}`] : [`${first}+${second}`, `${second}+${first}`];
}

/** The number of what a backend declares among the kinds of the rules; -1 where it is none of them, or not known. */
function kindOf(rules: Machine, known: Facts, one: Chosen): number {
  const { terms } = rules.rules;
  if ('backend' in one && one.wrapped && one.wrapped.sizes !== true) return -1;
  const said = 'own' in one ? one.own.sizes : termIn(rules, one.facts, terms[`built.${one.backend}.sizes`]);
  const kinds = termIn(rules, known, terms['blocks.kinds']);
  const key = JSON.stringify(said);
  return Array.isArray(kinds) && Array.isArray(said) ? kinds.findIndex((kind) => JSON.stringify(kind) === key) : -1;
}

function termIn(rules: Machine, facts: Facts, term: Term | undefined): Resolved {
  if (term === undefined) return UNKNOWN;
  rules.load(facts);
  return rules.resolve(term);
}

/** What the rules of several backends take for granted: no layer keeps a state, and none is told to have a cache of another dtype. */
function isPlain(known: Facts): boolean {
  const skipped = known.get('cache_config.kv_cache_dtype_skip_layers');
  return known.get('model_config.is_hybrid') === false && Array.isArray(skipped) && skipped.length === 0;
}

const withFacts = (known: Known, own: Readonly<Record<string, Fact | undefined>>): Facts => ({
  get: (name) => (Object.hasOwn(own, name) ? own[name] : known.get(name)),
});

/** What is said of the layers of the model that is served, where those of one that drafts change nothing of it. */
const agreed = (own: Record<string, Fact | undefined>, all: Record<string, Fact | undefined>): typeof own =>
  own[WEAKEST] === all[WEAKEST] ? all : {};

const WEAKEST = 'built.cudagraph_support';

/** The weakest that the backends' builders say of CUDA graphs, and the class of the only backend that says so. */
function graphFacts(rules: Machine, selection: Machine, chosen: readonly Chosen[]): Record<string, Fact | undefined> {
  const said = chosen.map((one) => graphsOf(selection, one));
  const order = levels(rules);
  const known = said.flatMap((one) => (one ? [one] : []));
  const isKnown = known.length === said.length;
  const same = known.every(({ value }) => value === known[0]!.value);
  const [weakest] = known.map(({ value }) => value).toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  if (!isKnown || !(same || known.every(({ value }) => order.includes(value)))) return {};
  const [cls, ...others] = new Set(known.flatMap((one) => (one.value === weakest ? [one.cls] : [])));
  return {
    [WEAKEST]: weakest,
    'built.cudagraph_backend':
      cls === undefined || cls === '' || others.length > 0 ? undefined : cls.slice(cls.lastIndexOf('.') + 1),
  };
}

/** What the builder of one backend says of them, and the class of that backend; undefined where it is not known. */
function graphsOf(selection: Machine, one: Chosen): { readonly value: string; readonly cls: string } | undefined {
  const own = 'wrapped' in one ? one.wrapped.graphs : undefined;
  if (own !== undefined && own !== MISSING) return typeof own === 'string' ? { value: own, cls: '' } : undefined;
  const { cudagraph_support: term, class: named } =
    'own' in one
      ? { cudagraph_support: undefined, class: one.own.class }
      : fieldsOf(selection.rules.terms[`backend.${one.backend}`]);
  const value =
    'own' in one ? one.own.graphs : typeof one.graphs === 'string' ? one.graphs : termIn(selection, one.facts, term);
  return typeof value === 'string' ? { value, cls: typeof named === 'string' ? named : '' } : undefined;
}

/** What may be said of CUDA graphs, the weakest first; nothing where a release has no rules of it. */
function levels(rules: Machine): readonly string[] {
  const term = rules.rules.terms['built.cudagraph_levels'];
  const list = term === undefined ? [] : rules.resolve(term);
  return Array.isArray(list) ? list.map((one) => textOf(one)) : [];
}
