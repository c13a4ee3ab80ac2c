/** The ranked list: what became of every backend on it and why, and what forcing each backend would come to. */
import { printed, UNKNOWN } from '../rules/index.ts';
import type { Cond, Machine, Term } from '../rules/index.ts';
import type { Candidate, DecisionError, Forcing, Limit, Reason, Status } from './decision.ts';
import { enough, lifts } from './explain.ts';
import type { Prober } from './explain.ts';
import { firstRaise, happensIn } from './events.ts';
import type { Raise } from './events.ts';
import { NOT_READ } from './possible.ts';
import {
  backendOf,
  backendsOf,
  fieldsOf,
  forcedBy,
  keptOutcomeOf,
  outcomeOf,
  raisedOnceChosen,
  TERMS,
} from './outcome.ts';
import type { Json } from './bulk.ts';

/** What Python raises where a module cannot be imported. */
const IMPORT_ERRORS = ['ImportError', 'ModuleNotFoundError'];

type Guarded = readonly (readonly [Cond, Term, (readonly number[])?])[];

const listOf = (term: Term | undefined): Guarded =>
  term !== undefined && term !== null && typeof term === 'object' && 'list' in term ? term.list : [];

/** A reason as the rules hold it, that holds or may hold. */
interface Held {
  readonly guard: Cond;
  readonly term: Term;
  readonly text: string | null;
  readonly certain: boolean;
  readonly places: readonly number[];
}

/** A backend on the list: whether it is valid there, refused there (0 no, 1 yes, 2 unknown), and the reasons. */
interface Row {
  readonly backend: string;
  valid: number;
  refused: number;
  priority: number | null;
  reasons: readonly Held[];
}

/** Reads the list for the facts at hand, in the order of priority. */
export function readList(machine: Machine): Row[] {
  const { terms } = machine.rules;
  const rows = new Map<string, Row>();
  const row = (backend: string): Row => {
    let own = rows.get(backend);
    if (!own) rows.set(backend, (own = { backend, valid: 0, refused: 0, priority: null, reasons: [] }));
    return own;
  };
  const priorities = listOf(terms[TERMS.priorities]);
  for (const [i, [guard, term]] of listOf(terms[TERMS.valid]).entries()) {
    const holds = machine.is(guard);
    if (holds === 0) continue;
    const own = row(nameOf(machine, term));
    own.valid = holds;
    const priority = machine.resolve(priorities[i]?.[1] ?? null);
    own.priority = typeof priority === 'number' ? priority : null;
  }
  for (const [guard, term] of listOf(terms[TERMS.refused])) {
    const holds = machine.is(guard);
    if (holds === 0) continue;
    const fields = fieldsOf(term);
    const own = row(nameOf(machine, fields.backend ?? null));
    const priority = machine.resolve(fields.priority ?? null);
    own.priority = own.refused === 0 && typeof priority === 'number' ? priority : null;
    own.refused = own.refused === 1 ? 1 : holds;
    own.reasons = [...own.reasons, ...reasonsHeld(machine, fields.reasons, holds === 1)];
  }
  return ranked([...rows.values()]);
}

/** The name of a backend on the list. */
function nameOf(machine: Machine, term: Term): string {
  const name = machine.resolve(term);
  return name === UNKNOWN ? NOT_READ : printed(name);
}

function reasonsHeld(machine: Machine, list: Term | undefined, listed: boolean): Held[] {
  return listOf(list).flatMap(([guard, term, places = []]) => {
    const holds = machine.is(guard);
    if (holds === 0) return [];
    const text = machine.resolve(term);
    return [{ guard, term, text: text === UNKNOWN ? null : printed(text), certain: listed && holds === 1, places }];
  });
}

/** Refused backends or valid ones have their priority; the others, in their order, fill the gaps between them. */
function ranked(rows: readonly Row[]): Row[] {
  const certain = rows.every((r) => r.valid + r.refused === 1);
  const lacks = (of: 'valid' | 'refused'): boolean => rows.some((r) => r[of] === 1 && r.priority === null);
  if (!certain || (lacks('valid') && lacks('refused'))) {
    for (const r of rows) r.priority = null;
    return [...rows];
  }
  const taken = new Set(rows.map((r) => r.priority));
  let next = 0;
  for (const r of rows) {
    if (r.priority !== null) continue;
    while (taken.has(next)) next++;
    r.priority = next++;
  }
  return rows.toSorted((a, b) => a.priority! - b.priority!);
}

/** What a backend says of the question by itself, whether or not it is on the list. */
export interface Own {
  readonly raise: Raise | 'open' | undefined;
  readonly reasons: readonly Held[];
}

/** Reads what a backend says by itself; undefined where the rules do not hold it. */
export function readOwn(machine: Machine, backend: string): Own | undefined {
  const fields = fieldsOf(machine.rules.terms[`requested.${backend}`]);
  if (fields.reasons === undefined) return undefined;
  return { raise: firstRaise(machine, happensIn(fields.events)), reasons: reasonsHeld(machine, fields.reasons, true) };
}

export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly forcing: readonly Forcing[];
}

/** What is known of the outcome before the list is explained. */
export interface Chosen {
  readonly outcome: 'starts' | 'refused' | 'unknown';
  readonly backend: string | null;
  /** Whether the list was looked at to choose it. */
  readonly automatic: boolean;
}

/**
 * Ranks and explains; whether it is told how forcing a backend fails is up to the caller. Mirrors what the platform's `get_valid_backends` gives, and for backends that are not on its list
 * what their `validate_configuration` gives.
 */
export function rank(prober: Prober, chosen: Chosen, tellsErrors: boolean): Ranking {
  const machine = prober.with({});
  const rows = readList(machine);
  const owns = new Map(rows.map(({ backend }) => [backend, readOwn(machine, backend)]));
  const goesOn = startsElsewhere(machine, chosen);
  const backends = [...backendsOf(machine.rules).keys()];
  const forcing = backends.map((backend) => force(prober, backend, tellsErrors));
  prober.with({});
  const broken = brokenOf(machine, rows, chosen);
  // where the list gave one that then cannot be made, another one may be asked for
  const isOpen = !chosen.automatic || (chosen.outcome === 'refused' && broken.size > 0);
  const candidates = rows.map((row): Candidate => {
    const { backend, priority } = row;
    const own = owns.get(backend);
    const reasons = row.reasons.map((held) => explained(prober, backend, held, own, goesOn));
    if (broken.has(backend))
      return { backend, status: 'refused', priority, reasons: [...reasons, inMaking(prober, backend, goesOn)] };
    const status = statusOf(row, own, { ...chosen, automatic: !isOpen }, forcing);
    return { backend, status, priority, reasons };
  });
  const listed = new Set(rows.map((row) => row.backend));
  for (const backend of backends) {
    if (listed.has(backend)) continue;
    const works = forcing.find((f) => f.backend === backend)!;
    const runs = works.outcome === 'starts' && works.runs === undefined;
    if (runs)
      candidates.push({
        backend,
        status: backend === chosen.backend ? 'chosen' : 'would-work',
        priority: null,
        reasons: [],
      });
  }
  // a class that no backend stands for is no one else's candidate
  const { backend } = chosen;
  if (backend !== null && !listed.has(backend) && !backends.includes(backend))
    candidates.unshift({ backend, status: 'chosen', priority: null, reasons: [] });
  return { candidates, forcing };
}

/** Valid backends that cannot be made once chosen; the chosen one tells of itself. */
const brokenOf = (machine: Machine, rows: readonly Row[], { backend: runs }: Chosen): ReadonlySet<string> =>
  new Set(
    rows.flatMap(({ backend, valid }) =>
      valid === 1 && backend !== runs && raisedOnceChosen(machine, backend) ? [backend] : [],
    ),
  );

function statusOf(row: Row, own: Own | undefined, chosen: Chosen, forcing: readonly Forcing[]): Status {
  if (row.backend === chosen.backend) return 'chosen';
  if (row.refused !== 0 && row.valid === 0) return own && notImported(own) ? 'not-installed' : 'refused';
  if (row.valid !== 1) return 'unknown';
  if (!chosen.automatic) {
    const { outcome } = forcing.find((f) => f.backend === row.backend) ?? { outcome: 'starts' };
    return outcome === 'starts' ? 'would-work' : outcome;
  }
  // with nothing against it, the question itself is refused, or a backend before it may be chosen
  return ({ starts: 'out-ranked', refused: 'refused', unknown: 'unknown' } as const)[chosen.outcome];
}

/** What is raised where a layer makes the implementation of a backend, as a reason against it. */
function inMaking(prober: Prober, backend: string, goesOn: (machine: Machine) => boolean): Reason {
  const machine = prober.with({});
  const { type, text, places } = errorOf(machine, raisedOnceChosen(machine, backend)!);
  const because = enough(prober, (m) => raisedOnceChosen(m, backend) !== undefined);
  const limits = lifts(prober, (m) => raisedOnceChosen(m, backend) === undefined && goesOn(m), because);
  return {
    text: text === null ? null : `${type}: ${text}`,
    certain: true,
    because,
    limits: limits.map(limitOf),
    places,
  };
}

/** What would lift a reason, as it is told. */
const limitOf = ({ fact, asked, allowed }: ReturnType<typeof lifts>[number]): Limit => ({
  fact,
  asked: asked as Json,
  allowed,
});

const notImported = (own: Own): boolean =>
  own.raise !== undefined && own.raise !== 'open' && IMPORT_ERRORS.includes(own.raise.type);

/** A reason with the facts that make it hold and the values that would lift it. */
function explained(
  prober: Prober,
  backend: string,
  held: Held,
  own: Own | undefined,
  goesOn: (machine: Machine) => boolean,
): Reason {
  const { places } = prober.machine.rules;
  const reason = { text: held.text, certain: held.certain, places: held.places.map((p) => places[p]!) };
  if (!held.certain) return { ...reason, because: [], limits: [] };
  // as the backend itself has it where it can be told; on the list a reason also falls where its backend leaves the list
  const alike = own?.reasons.filter((r) => r.text !== null && r.text === held.text) ?? [];
  const same = alike.find((r) => r.places.join() === held.places.join()) ?? alike[0];
  const { guard, term } = same ?? held;
  const says = (m: Machine): boolean => held.text === null || m.resolve(term) === held.text;
  const because = enough(prober, (m) => m.is(guard) === 1 && says(m));
  const events = happensIn(fieldsOf(prober.machine.rules.terms[`requested.${backend}`]).events);
  // in other words it is still there
  const lifted = (m: Machine): boolean =>
    m.is(guard) === 0 && (same === undefined ? isListed(m, backend) : firstRaise(m, events) === undefined) && goesOn(m);
  const limits = lifts(prober, lifted, because).map(limitOf);
  return { ...reason, because, limits };
}

/**
 * Whether other facts are taken at all: values that are refused before the list is looked at are no allowed ones. Where a
 * backend is asked for by name, or nothing is known of the outcome, all are taken for that.
 */
function startsElsewhere(machine: Machine, { automatic, outcome }: Chosen): (machine: Machine) => boolean {
  if (!automatic || outcome === 'unknown') return () => true;
  const now = outcomeOf(machine);
  const refusedNow = now.is === 'refused' ? now.raise.places.join() : undefined;
  return (m) => {
    const then = keptOutcomeOf(m);
    return then.is !== 'refused' || then.raise.places.join() === refusedNow;
  };
}

/** Whether a backend is on the list for the facts at hand. */
function isListed(machine: Machine, backend: string): boolean {
  const { terms } = machine.rules;
  return (
    listOf(terms[TERMS.valid]).some(([g, t]) => machine.is(g) === 1 && machine.resolve(t) === backend) ||
    listOf(terms[TERMS.refused]).some(
      ([g, t]) => machine.is(g) === 1 && machine.resolve(fieldsOf(t).backend ?? null) === backend,
    )
  );
}

/** What forcing a backend would come to, all other facts being as they are. */
function force(prober: Prober, backend: string, tellsErrors: boolean): Forcing {
  const machine = prober.trying({ [forcedBy(prober.machine.rules)]: backend });
  const outcome = keptOutcomeOf(machine);
  if (outcome.is === 'unknown') return { backend, outcome: 'unknown', error: null };
  if (outcome.is === 'refused')
    return { backend, outcome: 'refused', error: tellsErrors ? errorOf(machine, outcome.raise) : null };
  const runs = backendOf(machine.rules, outcome.cls);
  return { backend, outcome: 'starts', ...(runs === backend ? {} : { runs }), error: null };
}

/** An error that is raised for the facts at hand. */
export function errorOf(machine: Machine, raise: Raise): DecisionError {
  const text = machine.resolve(raise.text);
  return {
    type: raise.type,
    text: text === UNKNOWN ? null : printed(text),
    places: raise.places.map((p) => machine.rules.places[p]!),
  };
}
