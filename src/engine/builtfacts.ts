/**
 * What follows for the configuration once a model is built: `final.block_size` where all layers that attend have one backend,
 * whether or not others keep a state, and `final.cudagraph_mode`. Where what they have is not known, nothing is said.
 */
import { textOf } from '../rules/index.ts';
import type { Fact, Facts, Machine } from '../rules/index.ts';
import type { DecisionError, LogLine } from './decision.ts';
import { isDrafted } from './drafter.ts';
import type { BuiltLayers } from './layers.ts';
import { fieldsOf } from './outcome.ts';
import type { GivenFact } from './question.ts';
import { derived, playOpen } from './stage.ts';
import type { Known, Source } from './known.ts';
import type { OpenError } from './stage.ts';

/** A layer's backend, and the facts with which it was asked for. */
export interface Chosen {
  readonly backend: string;
  readonly facts: Facts;
}

export interface Built extends Source {
  readonly error: DecisionError | undefined;
  readonly open: readonly OpenError[];
  readonly logs: readonly LogLine[];
}

/** A built model: the backends of all layers, whether a part of it is compiled, and how many bytes a state of it takes. */
export interface BuiltModel extends Pick<BuiltLayers, 'compiled' | 'stateBytes'> {
  readonly chosen: readonly Chosen[];
}

/** Works it out: the block size where all layers have one backend, the mode of CUDA graphs where it is known of each. */
export function builtFacts(
  rules: Machine,
  selection: Machine,
  known: Known,
  { chosen, compiled, stateBytes }: BuiltModel,
): Built | undefined {
  const { terms } = rules.rules;
  const attending = chosen.filter(({ backend }) => !keepsState(rules, backend));
  const [first] = attending;
  if (first === undefined) return undefined;
  const facts = new Map<string, GivenFact>();
  const isOne = attending.every(({ backend }) => backend === first.backend);
  const size = isOne ? terms[`built.${first.backend}.block_size`] : undefined;
  if (isOne && size === undefined) return undefined;
  const asked = withFacts(known, {
    ...graphFacts(rules, selection, chosen),
    'built.compiled': typeof compiled === 'boolean' ? compiled : undefined,
    'built.state_bytes': typeof stateBytes === 'number' ? stateBytes : undefined,
    // as many tokens as a drafter proposes are decoded with the one that is there without it
    'built.decode_query_len': isDrafted(known) ? undefined : 1,
  });
  const events = [...(isOne ? [`built.${first.backend}.events`] : []), 'built.cudagraph.events'];
  const played = events.map((name) => playOpen(rules, asked, terms[name]));
  rules.load(asked);
  if (size !== undefined) facts.set('final.block_size', derived(rules.resolve(size)));
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

/** Do layers of a backend keep a state, instead of keys and values? */
const keepsState = (rules: Machine, backend: string): boolean => rules.rules.terms[`built.${backend}.is_ssm`] === true;

const withFacts = (known: Known, own: Readonly<Record<string, Fact | undefined>>): Facts => ({
  get: (name) => (Object.hasOwn(own, name) ? own[name] : known.get(name)),
});

/** The weakest that the backends' builders say of CUDA graphs, and the class of the only backend that says so. */
function graphFacts(rules: Machine, selection: Machine, chosen: readonly Chosen[]): Record<string, Fact | undefined> {
  const said = chosen.map(({ backend, facts }) => {
    const record = fieldsOf(selection.rules.terms[`backend.${backend}`]);
    const { cudagraph_support: term, class: cls } = record;
    if (term === undefined) return undefined;
    selection.load(facts);
    const value = selection.resolve(term);
    return typeof value === 'string' ? { value, cls: typeof cls === 'string' ? cls : '' } : undefined;
  });
  const order = levels(rules);
  const known = said.flatMap((one) => (one ? [one] : []));
  const isKnown = known.length === said.length;
  const same = known.every(({ value }) => value === known[0]!.value);
  const [weakest] = known.map(({ value }) => value).toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  if (!isKnown || !(same || known.every(({ value }) => order.includes(value)))) return {};
  const [cls, ...others] = new Set(known.flatMap((one) => (one.value === weakest ? [one.cls] : [])));
  return {
    'built.cudagraph_support': weakest,
    'built.cudagraph_backend':
      cls === undefined || cls === '' || others.length > 0 ? undefined : cls.slice(cls.lastIndexOf('.') + 1),
  };
}

/** What may be said of CUDA graphs, the weakest first; nothing where a release has no rules of it. */
function levels(rules: Machine): readonly string[] {
  const term = rules.rules.terms['built.cudagraph_levels'];
  const list = term === undefined ? [] : rules.resolve(term);
  return Array.isArray(list) ? list.map((one) => textOf(one)) : [];
}
