/**
 * What a release makes of a model's configuration object, as two stages: the shape of the model, by the kind of its model
 * type, and the model configuration. What they change in the configuration object is a fact for whatever comes after.
 */
import { createMachine, MISSING, namesOf, textOf, unpackRules } from '../rules/index.ts';
import type { Fact, Facts, Machine, RuleSet, Term } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { GivenFact } from './question.ts';
import { factValue } from './question.ts';
import type { ModelRules } from './release.ts';
import { createRuleStage, derived } from './stage.ts';
import type { Known } from './known.ts';
import type { Stage, Told } from './stage.ts';

/** The configuration objects that a stage may change. */
const OBJECTS = /^(hf|hf_text_config)\./;

/**
 * What the model configuration says when it is asked anew for a configuration object: undefined for what it does not work out
 * then. `isKept` says of what may have been asked before and kept.
 */
export type Anew = (
  known: Facts,
) => (name: string) => { readonly given: GivenFact; readonly isKept: boolean } | undefined;

/** The stages of a model's configuration, and what it says anew. */
export interface ModelStages {
  readonly shape: Stage;
  readonly config: Stage;
  readonly anew: Anew;
}

/** Prepares the stages: the shape, then the configuration. The model's type is the fact `hf.model_type`. */
export function createModelStages({ kinds, shape, asked, config }: ModelRules): ModelStages {
  const made = new Map<number, Stage>();
  const ofKind = (kind: number): Stage => {
    let stage = made.get(kind);
    if (!stage) made.set(kind, (stage = shapeStage(createMachine(unpackRules(shape, `${kind}.`)))));
    return stage;
  };
  const shapes: Stage = {
    name: 'shape',
    inputs: asked ?? createMachine(unpackRules(shape)).inputs,
    run(known) {
      const type = known.get('hf.model_type');
      if (typeof type !== 'string') return unreadShape('The type of the model is unknown.');
      return ofKind(Object.hasOwn(kinds, type) ? kinds[type]! : 0).run(known);
    },
  };
  const model = createMachine(unpackRules(config));
  const stage = changing(createRuleStage({ name: 'model', machine: model, events: () => ['events'] }), model.rules);
  return { shape: shapes, config: stage, anew: anewOf(model) };
}

/** What the rules say is worked out each time that it is asked for, and what is kept once it was. */
function anewOf(model: Machine): Anew {
  const { terms } = model.rules;
  const listed = (term: Term | undefined): ReadonlySet<string> => {
    const list = term === undefined ? [] : model.resolve(term);
    return new Set(Array.isArray(list) ? list.map((one) => `model_config.${textOf(one)}`) : []);
  };
  const [asked, kept] = [listed(terms['anew']), listed(terms['kept'])];
  return (known) => (name) => {
    const term = asked.has(name) || kept.has(name) ? terms[name] : undefined;
    if (term === undefined) return undefined;
    model.load(known);
    return { given: derived(model.resolve(term)), isKept: kept.has(name) };
  };
}

/** The shape of one kind of models. */
function shapeStage(machine: Machine): Stage {
  const { unread } = machine.rules.terms;
  if (typeof unread === 'string') return { name: 'shape', inputs: [], run: () => unreadShape(unread) };
  const gives = (term: string): string => (OBJECTS.test(term) ? term : `model_arch_config.${term}`);
  return changing(createRuleStage({ name: 'shape', machine, gives }), machine.rules);
}

const unreadShape = (why: string): Told => ({
  fact: (name) => (name.startsWith('model_arch_config.') ? { from: 'unknown', where: why } : undefined),
  error: undefined,
  open: [],
  logs: [],
  notes: [why],
  because: () => [],
});

/** A stage that says of a dictionary in which it changes keys what the dictionary holds then. */
const changing = (stage: Stage, { terms }: RuleSet): Stage => ({
  ...stage,
  run(known) {
    const told = stage.run(known);
    const odd = mayDiffer(known);
    if (odd !== undefined) return unknownOf(stage, told, known, odd);
    const wholes = new Map<string, GivenFact>();
    for (const term of namesOf(terms)) {
      const at = term.lastIndexOf('.');
      const whole = term.slice(0, at);
      if (!OBJECTS.test(term) || !OBJECTS.test(whole)) continue;
      wholes.set(whole, withKey(wholes.get(whole) ?? known.given(whole), term.slice(at + 1), told.fact(term)));
    }
    return wholes.size === 0 ? told : { ...told, fact: (name) => told.fact(name) ?? wholes.get(name) };
  },
});

/** The facts that say of a model's configuration objects whether their layers differ. */
const DIFFER = ['hf.is_heterogeneous', 'hf_text_config.is_heterogeneous'] as const;

/** The fact that says that layers of a model differ, or does not say that they are alike; undefined where they are, as the rules take it. */
export const mayDiffer = (known: Pick<Known, 'get'>): string | undefined =>
  DIFFER.find((name) => {
    const differs = known.get(name);
    return differs !== false && differs !== MISSING;
  });

/** What a stage says of a model of which it is not known that its layers are alike: nothing. */
function unknownOf(stage: Stage, told: Told, known: Known, fact: string): Told {
  const needs = [fact];
  const { where = 'whether its layers are alike is unknown' } = known.given(fact) ?? {};
  const error = told.error ? [{ ...told.error, needs }] : [];
  return {
    ...told,
    fact: (name) => told.fact(name) && { from: 'unknown', where },
    error: undefined,
    open: [...told.open, ...error],
    logs: [],
    notes: known.get(fact) === true ? [`The ${stage.name} of a model whose layers differ is not read.`] : [],
    because: () => needs,
  };
}

/** A dictionary with another value under a key; unknown where the value is. */
function withKey(whole: GivenFact | undefined, key: string, given: GivenFact | undefined): GivenFact {
  const value = factValue(given);
  const held = factValue(whole);
  if (value === undefined || held === undefined) return { from: 'unknown' };
  // what is no dictionary was not changed
  if (held === MISSING || held === null || typeof held !== 'object' || Array.isArray(held)) return whole!;
  const { [key]: _old, ...rest } = held as Readonly<Record<string, Fact>>;
  const made = value === MISSING ? rest : { ...held, [key]: value };
  return { value: made as Json, from: 'derived' };
}
