/**
 * The model configuration of a model that drafts, as a stage: the same steps as for the model that is served, taken with another
 * config.json and with the arguments with which a release makes it. Its facts are `draft.*`.
 */
import { MISSING, namesOf, OBJECT as OBJECT_MARK, UNKNOWN } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { Machine, Resolved, Term } from '../rules/index.ts';
import type { ConfigObject } from './configobject.ts';
import type { ReadArguments } from './flags.ts';
import { followStages } from './follow.ts';
import { createKnown } from './known.ts';
import { mayDiffer } from './modelstages.ts';
import type { Known, Layer, Source } from './known.ts';
import { givenFact, isUnset } from './question.ts';
import type { GivenFact, GivenModel, Question } from './question.ts';
import { derived, SILENT } from './stage.ts';
import type { Stage, Told } from './stage.ts';

const PREFIX = 'draft.';
const ARGS = `${PREFIX}args.`;
const LATE = `${PREFIX}late.`;
/** Whether something is raised while it is made. */
const REFUSED = `${PREFIX}refused`;
/** The same where it is looked up again. */
const LATE_REFUSED = `${LATE}refused`;
/** What of it a rule may ask. */
const PARTS = /^(?:hf|hf_text_config|model_arch_config|model_config|model_info)\./;
/** The arguments that say that something drafts. */
const DRAFTS = ['speculative_config', 'spec_method', 'spec_model', 'spec_tokens'].map((name) => `args.${name}`);
/** The length that a model has of its own. */
const LENGTH = 'model_arch_config.derived_max_model_len_and_key';

/** What of a release is needed. */
export interface DraftParts {
  /** The rules of the configuration; the machine is asked in the middle of what another one works out. */
  machine(): Machine;
  /** Reads the words after `vllm serve`. */
  read(argv: readonly string[]): ReadArguments;
  /** The stages up to the model configuration, with a change of the object in its place; undefined where that is not read. */
  stages(question: Question, change: string): readonly Stage[] | undefined;
  /** What follows of the object alone: what the registry says, and the shape. */
  readonly again: readonly Stage[];
  /** The object that the class makes of a config.json. */
  objectOf(model: GivenModel, known: Known): ConfigObject | undefined;
  /** Files that are not there. */
  readonly absent: Readonly<Record<string, null | false>>;
}

/** Does something draft, as far as the line says? */
const isAsked = (known: Known): boolean =>
  DRAFTS.some((name) => !isUnset(known.get(name)) && known.get(name) !== MISSING);

/** Prepares the stage; what is not asked for is not worked out. */
export function draftStage(parts: DraftParts, question: Question): Stage {
  return {
    name: 'draft',
    about: question,
    inputs: DRAFTS,
    run(known) {
      if (!isAsked(known)) return SILENT;
      let made: Told['fact'] | undefined;
      return {
        ...SILENT,
        fact: (name) => (name.startsWith(PREFIX) ? (made ??= draftFacts(parts, question, known))(name) : undefined),
      };
    },
  };
}

/** A term of the configuration's rules for these facts; UNKNOWN where there is none. */
function resolveAt(machine: Machine, known: Known, term: Term | undefined): Resolved {
  if (term === undefined) return UNKNOWN;
  machine.load(known);
  return machine.resolve(term);
}

const unknown = (where: string): GivenFact => ({ from: 'unknown', where });

function draftFacts(parts: DraftParts, question: Question, known: Known): Told['fact'] {
  const machine = parts.machine();
  const { terms } = machine.rules;
  const given = new Map<string, Resolved>();
  for (const name of namesOf(terms).filter((one) => one.startsWith(ARGS)))
    given.set(name.slice(ARGS.length), resolveAt(machine, known, terms[name]));
  const sub = configured(parts, question, known, given);
  if (typeof sub === 'string')
    return (name) => (terms[name] === undefined || !name.startsWith(ARGS) ? unknown(sub) : undefined);
  const { facts, model, refused } = sub;
  const own: Source = {
    fact(name) {
      if (name === REFUSED) return refused ? unknown('what is raised of the model that drafts') : plain(false);
      const key = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
      return PARTS.test(key) ? (fieldOf(facts, key) ?? unknown('not said of the model that drafts')) : undefined;
    },
    because: () => [],
  };
  // what is changed in it rests on what it was
  const early = createKnown([own, { fact: (name) => known.given(name), because: () => [] }]);
  let late: ReturnType<typeof changedFacts> | undefined;
  return (name) => {
    if (!name.startsWith(LATE)) return own.fact(name);
    const key = name.slice(LATE.length);
    const { known: now, refused: again } = (late ??= changedFacts(parts, machine, early, facts, model));
    if (name === LATE_REFUSED) return again ? unknown('what is raised of an object that was exchanged') : plain(false);
    return PARTS.test(key) ? (now.given(key) ?? unknown('not said of the model that drafts')) : undefined;
  };
}

/** A fact of the second model: a field that is as it is given is what the argument of its name is. */
const fieldOf = (facts: Layer, key: string): GivenFact | undefined =>
  facts.given(key) ?? (key.startsWith(FIELDS) ? facts.given(`args.${key.slice(FIELDS.length)}`) : undefined);
const FIELDS = 'model_config.';

const plain = (value: NonNullable<GivenFact['value']>): GivenFact => ({ value, from: 'derived' });

/** A model that drafts, as it is configured first. */
interface Configured {
  readonly facts: Layer;
  readonly model: GivenModel;
  /** Whether something may be raised meanwhile. */
  readonly refused: boolean;
}

/** Takes the steps; or says why that is not known. */
function configured(
  parts: DraftParts,
  question: Question,
  known: Known,
  given: ReadonlyMap<string, Resolved>,
): Configured | string {
  const name = given.get('model');
  const change = given.get('hf_overrides');
  if (typeof name !== 'string') return 'which model drafts is unknown';
  const isTarget = name === known.get('model_config.model') || name === known.get('args.model');
  const model = isTarget ? question.model : question.others?.[name];
  if (model === undefined) return `the config.json of ${name}, which drafts, is not at hand`;
  if (typeof change !== 'string') return 'how the configuration of the model that drafts is changed is unknown';
  const line = parts.read([name]);
  const asked = subQuestion(question, { model, line, isTarget, absent: parts.absent });
  const stages = parts.stages(asked, change);
  if (stages === undefined) return `${change} is not read`;
  const args = new Map<string, GivenFact>();
  for (const [arg, value] of given) if (arg !== 'hf_overrides') args.set(`args.${arg}`, derived(value));
  const followed = followStages({ stages: () => stages }, asked, (fact) => args.get(fact) ?? givenFact(asked, fact));
  const refused = followed.error !== undefined || followed.open.length > 0;
  return { facts: withLength(followed.known), model, refused: refused || mayDiffer(followed.known) !== undefined };
}

/** A model without a length of its own takes that of the one that it drafts for: what it comes to is not told. */
function withLength(known: Layer): Layer {
  const length = known.get(`${LENGTH}.0`);
  if (typeof length === 'number' && Number.isFinite(length)) return known;
  const fact = (name: string): GivenFact | undefined =>
    name === 'model_config.max_model_len' ? unknown('it has no length of its own') : undefined;
  return createKnown([{ fact, because: () => [] }], known);
}

interface Sub {
  readonly model: GivenModel;
  readonly line: ReadArguments;
  readonly isTarget: boolean;
  readonly absent: DraftParts['absent'];
}

/** The question about the model that drafts: of a line that names it alone, on the same machine. */
function subQuestion(question: Question, { model, line, isTarget, absent }: Sub): Question {
  const isOwn = (name: string): boolean =>
    name.startsWith('args.') || (!isTarget && (name.startsWith('file.') || name.startsWith('weights.')));
  const facts = Object.fromEntries(Object.entries(question.facts).filter(([name]) => !isOwn(name)));
  const files = Object.entries(absent).map(([name, value]): [string, GivenFact] => [
    name,
    { value, from: 'default', where: 'a config.json alone is known' },
  ]);
  return {
    ...question,
    facts: { ...facts, ...(isTarget ? {} : Object.fromEntries(files)), ...line.facts },
    rest: [...line.rest, ...(question.rest ?? []).filter(({ prefix }) => !prefix.startsWith('args.'))],
    model,
    line: { argv: [], given: line.given },
  };
}

/** What is worked out again. */
const AGAIN = /^(?:model_arch_config|model_info)\.|^model_config\.architecture$/;
const OBJECT = 'hf.';
const TEXT = 'hf_text_config.';
const IS_WHOLE = 'hf.text_is_whole';

/** What follows of the object as it is then: its attributes, what the registry says of it, its shape. */
function changedFacts(
  parts: DraftParts,
  machine: Machine,
  early: Layer,
  first: Layer,
  model: GivenModel,
): { readonly known: Layer; readonly refused: boolean } {
  const changed: Source = { fact: objectNow(parts, machine, early, first, model), because: () => [] };
  // what was said of the object as it was says nothing of it now
  const before: Source = {
    fact: (name) => (AGAIN.test(name) ? unknown('not said of an object that was exchanged') : undefined),
    because: () => [],
  };
  let known = createKnown([changed, before], first);
  let refused = false;
  for (const stage of parts.again) {
    const told = stage.run(known);
    refused ||= told.error !== undefined || told.open.length > 0;
    known = createKnown([told], known);
  }
  // a class that the registry does not have is refused
  return { known, refused: refused || typeof known.get('model_config.architecture') !== 'string' };
}

/** The attributes of the object as it is then. */
export function objectNow(
  parts: Pick<DraftParts, 'objectOf'>,
  machine: Machine,
  early: Layer,
  first: Layer,
  model: GivenModel,
): Told['fact'] {
  const { terms } = machine.rules;
  const isWrapped = resolveAt(machine, early, terms[`${PREFIX}wrapped`]);
  const names = new Set(parts.objectOf(model, first)?.names() ?? []);
  const isWhole = first.get(IS_WHOLE) === true;
  const inner = terms[`${PREFIX}inner`];
  const now = (key: string): GivenFact | undefined => {
    if (isWrapped === true && key === inner)
      return { value: { [OBJECT_MARK]: true } as unknown as Json, from: 'derived' };
    if (isWrapped === true && typeof inner === 'string' && key.startsWith(`${inner}.`))
      return first.given(`${OBJECT}${key.slice(inner.length + 1)}`);
    const term = terms[`${PREFIX}${OBJECT}${key}`];
    if (term !== undefined) return derived(resolveAt(machine, early, term));
    const before = first.given(`${OBJECT}${key}`);
    if (isWrapped === false || before?.missing === true) return before;
    // what a class says of an object beside what stands in it is not copied
    return isWrapped === true && names.has(key.split('.', 1)[0]!)
      ? before
      : unknown('an object that is made of another');
  };
  return (name) => {
    if (name === IS_WHOLE) return first.given(name);
    if (name.startsWith(OBJECT)) return now(name.slice(OBJECT.length));
    if (!name.startsWith(TEXT)) return undefined;
    return isWhole
      ? now(name.slice(TEXT.length))
      : isWrapped === false
        ? undefined
        : unknown('the text config of an object that is made of another');
  };
}
