/** What comes out for the facts a machine has loaded: the chosen backend, the error, or neither for certain. */
import { namesOf, UNKNOWN } from '../rules/index.ts';
import type { Machine, Resolved, RuleSet, Term, Trail } from '../rules/index.ts';
import { firstRaise, happensIn, possibleRaises } from './events.ts';
import type { Happens, Raise } from './events.ts';

/** The names of the terms that a selection's rule set holds. */
export const TERMS = {
  start: 'start.events',
  events: 'selection.events',
  cls: 'selection.class',
  name: 'selection.name',
  valid: 'candidates.valid',
  refused: 'candidates.refused',
  priorities: 'candidates.priorities',
  listing: 'candidates.events',
  /** The function that gives the backend, where it is not the selection. */
  by: 'selection.by',
} as const;

const REGISTERED = 'registered.';
const registered = new WeakMap<RuleSet, readonly (readonly [name: string, term: Term])[]>();

/** The backends that were put in the place of others at run time: by name, what the rules say of it. */
export function registeredIn(rules: RuleSet): readonly (readonly [name: string, term: Term])[] {
  let known = registered.get(rules);
  if (!known) {
    const named = Object.entries(rules.terms).filter(([name]) => name.startsWith(REGISTERED));
    registered.set(rules, (known = named.map(([name, term]) => [name.slice(REGISTERED.length), term] as const)));
  }
  return known;
}

/** The input by which a backend is forced, unless the rules say another. */
export const FORCED = 'attention_config.backend';

/** The input by which these rules let a backend be forced. */
export function forcedBy({ terms }: RuleSet): string {
  const said = terms['request.fact'];
  return typeof said === 'string' ? said : FORCED;
}

/** What comes out, in short. */
export type Outcome =
  | { readonly is: 'starts'; readonly cls: string }
  | { readonly is: 'refused'; readonly raise: Raise }
  /** With the class that is chosen for certain, where only making its implementation may fail. */
  | { readonly is: 'unknown'; readonly cls?: string };

/** What is raised for certain before a layer asks, where the rules tell of a start. What may be raised there is not told. */
export function startRefused(machine: Machine): Raise | undefined {
  for (const e of happensIn(machine.rules.terms[TERMS.start]))
    if (e.kind === 'raise' && machine.is(e.guard) === 1) return e;
  return undefined;
}

/** What comes out for the facts at hand. */
export function outcomeOf(machine: Machine): Outcome {
  const { terms } = machine.rules;
  const raise = startRefused(machine) ?? firstRaise(machine, happensIn(terms[TERMS.events]));
  if (raise === 'open') return { is: 'unknown' };
  if (raise) return { is: 'refused', raise };
  const cls = resolved(machine, TERMS.cls);
  if (typeof cls !== 'string') return { is: 'unknown' };
  const inMaking = raisedInMaking(machine, backendOf(machine.rules, cls));
  const made = certainOf(inMaking);
  if (made) return { is: 'refused', raise: made };
  return { is: inMaking.length > 0 ? 'unknown' : 'starts', cls };
}

const trails = new WeakMap<Machine, Trail<Outcome>>();

/** The same, kept for the questions that differ in nothing on which it rests: for trying many changes of one question. */
export function keptOutcomeOf(machine: Machine): Outcome {
  let trail = trails.get(machine);
  if (!trail) trails.set(machine, (trail = machine.trail(() => outcomeOf(machine))));
  return trail();
}

/**
 * What may be raised where a layer makes the implementation of its backend, once that is chosen, up to what is raised for
 * certain. Mirrors the constructor of `get_impl_cls()`.
 */
export const raisedInMaking = (machine: Machine, backend: string): ReturnType<typeof possibleRaises> =>
  possibleRaises(machine, happensIn(machine.rules.terms[`impl.${backend}`]));

/** What may be raised where a worker makes the metadata builder of a backend, up to what is raised for certain. */
export const raisedInBuilder = (machine: Machine, backend: string): ReturnType<typeof possibleRaises> =>
  possibleRaises(machine, happensIn(fieldsOf(machine.rules.terms[`builder.${backend}`]).events));

/** What is raised there for certain. */
export const raisedByImplementation = (machine: Machine, backend: string): Raise | undefined =>
  certainOf(raisedInMaking(machine, backend));

/** What is raised for certain once a backend is chosen: by its implementation, else by its metadata builder. */
export const raisedOnceChosen = (machine: Machine, backend: string): Raise | undefined =>
  raisedByImplementation(machine, backend) ?? certainOf(raisedInBuilder(machine, backend));

/** The one that is raised for certain; its words are not known where something else may be raised before. */
export function certainOf(all: ReturnType<typeof possibleRaises>): Raise | undefined {
  const raised = all.find(({ certain }) => certain)?.raise;
  return raised && (all.length > 1 ? { ...raised, text: WORDS } : raised);
}

const WORDS: Term = { unread: 'which of its errors an implementation raises first' };

/** What comes out where a layer asks another function than the selection, by its name; `cls` is the backend's own name. */
export function outcomeBeside(machine: Machine, asks: string): Outcome {
  const raise = firstRaise(machine, eventsBeside(machine, asks));
  if (raise === 'open') return { is: 'unknown' };
  if (raise) return { is: 'refused', raise };
  const name = resolved(machine, besideOf(asks).name);
  return typeof name === 'string' ? { is: 'starts', cls: name } : { is: 'unknown' };
}

/** What the layers of a vision tower ask. */
export const VISION_SELECTOR = 'get_vit_attn_backend';

/** The terms that say what a function gives that is asked in the place of the selection. */
const besideOf = (asks: string): { readonly events: string; readonly name: string } =>
  asks === VISION_SELECTOR
    ? { events: 'vit.events', name: 'vit.backend' }
    : { events: `ask.${asks}.events`, name: `ask.${asks}.name` };

/** What happens while a layer asks that function, in order. */
export const eventsBeside = (machine: Machine, asks: string): readonly Happens[] =>
  happensIn(machine.rules.terms[besideOf(asks).events]);

/** The value of a term of that name; null where the rules have none, UNKNOWN where it depends on an unknown fact. */
export function resolved(machine: Machine, name: string): Resolved {
  const term = machine.rules.terms[name];
  return term === undefined ? null : machine.resolve(term);
}

/** The fields of a record term. */
export function fieldsOf(term: Term | undefined): Readonly<Record<string, Term>> {
  return term !== undefined && term !== null && typeof term === 'object' && 'record' in term ? term.record : {};
}

/** The backends that the rules name, with the class of each, and the other way round. */
interface Backends {
  readonly classOf: ReadonlyMap<string, string | undefined>;
  readonly ofClass: ReadonlyMap<string, string>;
}

const backends = new WeakMap<RuleSet, Backends>();

function readBackends(rules: RuleSet): Backends {
  const classOf = new Map<string, string | undefined>();
  const ofClass = new Map<string, string>();
  for (const name of namesOf(rules.terms)) {
    const backend = /^(?:requested|backend)\.(.+)$/.exec(name)?.[1];
    if (backend === undefined || classOf.has(backend)) continue;
    const cls = fieldsOf(rules.terms[`backend.${backend}`]).class;
    // a class that no backend of the registry stands for has its own path for a name
    if (cls === backend) continue;
    classOf.set(backend, typeof cls === 'string' ? cls : undefined);
    if (typeof cls === 'string' && !ofClass.has(cls)) ofClass.set(cls, backend);
  }
  return { classOf, ofClass };
}

function known(rules: RuleSet): Backends {
  let own = backends.get(rules);
  if (!own) backends.set(rules, (own = readBackends(rules)));
  return own;
}

/** The backends that the rules name, with the class of each. */
export const backendsOf = (rules: RuleSet): ReadonlyMap<string, string | undefined> => known(rules).classOf;

/** The paths of the classes that can be chosen, whatever is asked. */
export function possibleClasses({ terms }: RuleSet): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (term: Term | undefined): void => {
    if (typeof term === 'string') found.add(term);
    else if (term !== undefined && term !== null && typeof term === 'object' && 'pick' in term)
      for (const [, one] of term.pick) look(one);
  };
  look(terms[TERMS.cls]);
  return found;
}

/** The backend that a class belongs to; the class itself where the rules name none. */
export const backendOf = (rules: RuleSet, cls: string): string => known(rules).ofClass.get(cls) ?? cls;

/** Whether a resolved value is, or holds, something unknown. */
export function isOpen(value: Resolved): boolean {
  if (value === UNKNOWN) return true;
  if (value === null || typeof value !== 'object') return false;
  return Object.values(value).some(isOpen);
}
