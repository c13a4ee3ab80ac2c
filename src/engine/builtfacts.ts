/**
 * What follows for the configuration once a model is built whose layers that attend all have one backend: `final.block_size`
 * and `final.cudagraph_mode`. Where layers have several, or what they have is not known, nothing is said.
 */
import type { Fact, Facts, Machine, Resolved } from '../rules/index.ts';
import type { DecisionError, LogLine } from './decision.ts';
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

/** A built model: the backends of all layers that attend, and whether a part of it is compiled. */
export interface BuiltModel {
  readonly chosen: readonly Chosen[];
  readonly compiled: Resolved;
}

/** Works it out. */
export function builtFacts(
  rules: Machine,
  selection: Machine,
  known: Known,
  { chosen, compiled }: BuiltModel,
): Built | undefined {
  const [first] = chosen;
  if (first === undefined || chosen.some(({ backend }) => backend !== first.backend)) return undefined;
  const { terms } = rules.rules;
  const facts = new Map<string, GivenFact>();
  const size = terms[`built.${first.backend}.block_size`];
  if (size === undefined) return undefined;
  const part = typeof compiled === 'boolean' ? compiled : undefined;
  const asked = withFacts(known, { ...graphFacts(selection, chosen), 'built.compiled': part });
  const played = [`built.${first.backend}.events`, 'built.cudagraph.events'].map((name) =>
    playOpen(rules, asked, terms[name]),
  );
  rules.load(asked);
  facts.set('final.block_size', derived(rules.resolve(size)));
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

const withFacts = (known: Known, own: Readonly<Record<string, Fact | undefined>>): Facts => ({
  get: (name) => (Object.hasOwn(own, name) ? own[name] : known.get(name)),
});

/** What the backend's builder says of CUDA graphs: for every layer the same, else unknown. */
function graphFacts(selection: Machine, chosen: readonly Chosen[]): Record<string, Fact | undefined> {
  const said = chosen.map(({ backend, facts }) => {
    const { cudagraph_support: term } = fieldsOf(selection.rules.terms[`backend.${backend}`]);
    if (term === undefined) return undefined;
    selection.load(facts);
    const value = selection.resolve(term);
    return typeof value === 'string' ? value : undefined;
  });
  const same = said.every((one) => one === said[0]) ? said[0] : undefined;
  const { class: cls } = fieldsOf(selection.rules.terms[`backend.${chosen[0]!.backend}`]);
  return {
    'built.cudagraph_support': same,
    'built.cudagraph_backend': typeof cls === 'string' ? cls.slice(cls.lastIndexOf('.') + 1) : undefined,
  };
}
