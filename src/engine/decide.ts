/** The decision: a question and a release's rules in, the whole answer out. */
import { textOf, UNKNOWN } from '../rules/index.ts';
import type { Fact, Machine, Resolved } from '../rules/index.ts';
import { errorOf, rank } from './candidates.ts';
import type { Chosen } from './candidates.ts';
import type { Candidate, Decision, DecisionError, LogLine, Note, UsedFact, VariantAnswer, Winner } from './decision.ts';
import { happensIn, play } from './events.ts';
import { batchInvariance } from './batchinvariance.ts';
import { machineFor } from './beside.ts';
import { atImport } from './atimport.ts';
import { askedBlockSize, STEPS } from './blocksize.ts';
import { BLOCK_SIZE, builderOf } from './builderfacts.ts';
import { createProber, enough } from './explain.ts';
import type { Prober } from './explain.ts';
import { backendOf, backendsOf, fieldsOf, isOpen, outcomeOf, registeredIn, resolved, TERMS } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { leftOpen, NOT_READ } from './possible.ts';
import type { Left } from './possible.ts';
import { factsIn, factValue, givenFact } from './question.ts';
import type { Json } from './bulk.ts';
import type { Question } from './question.ts';
import { howChosen, leversFor, tryChanges } from './whatif.ts';
import type { Changes, Lever } from './whatif.ts';

export interface Deciding {
  /**
   * What can be changed. Left out: every fact of the rules that was read, those of flags as flags. A caller that works
   * the facts out of a command line gives its own flags here, each with all facts that follow from a value of it.
   */
  readonly levers?: (prober: Prober, used: readonly string[]) => readonly Lever[];
  /** Leaves out what a short answer does not need: all changes, those of two flags, what forcing would come to. */
  readonly without?: readonly ('whatif' | 'pairs' | 'forcing')[];
}

/**
 * Decides a question with the rules of its release and platform, as `get_attn_backend` and the platform's
 * `get_attn_backend_cls` would. The same question gives the same decision. It throws nothing of its own: what the facts
 * do not settle is unknown and named. The machine is left loaded with something else.
 */
// oxlint-disable-next-line max-lines-per-function -- one line for each part of the answer
export function decide(rules: Machine, question: Question, options: Deciding = {}): Decision {
  const machine = machineFor(rules, question);
  const prober = createProber(machine, factsIn(question));
  const seen = look(prober, question);
  const how = howChosen(prober);
  const { outcome, backend } = seen;
  const chosen: Chosen = { outcome, backend, automatic: how === 'automatic' };
  const without = new Set(options.without);
  const ranking = rank(prober, chosen, !without.has('forcing'));
  const forcing = without.has('forcing') ? [] : ranking.forcing;
  const levers = (options.levers ?? leversFor)(prober, seen.used);
  const listed = ranking.candidates.filter((c) => c.priority !== null).map((c) => c.backend);
  const changes =
    seen.left || without.has('whatif') ? undefined : tryChanges(prober, levers, without.has('pairs') ? [] : listed);
  const variants = (question.variants ?? []).map((variant) => variantOf(prober, question, variant.name, seen));
  const winner: Winner | null = backend === null ? null : { backend, class: seen.cls!, name: seen.name, how };
  return {
    schemaVersion: 1,
    question,
    release: question.release,
    platform: question.platform,
    headline: {
      outcome,
      backend,
      how: winner && how,
      flashAttention: seen.flash?.used === true ? seen.flash.version : null,
      device: deviceOf(question),
      release: question.release,
      possible: (seen.left?.possible ?? []).map((p) => p.backend ?? p.error!.type),
    },
    facts: usedFacts(question, prober, seen.used, changes?.decisive),
    atImport: atImport(machine),
    outcome,
    error: seen.error,
    winner,
    possible: outcome === 'unknown' ? (seen.left?.possible ?? []) : [],
    needs: outcome === 'unknown' ? (seen.left?.needs ?? []) : [],
    candidates: ranking.candidates,
    funnel: funnelOf(machine, ranking.candidates),
    flashAttention: seen.flash,
    follows: seen.follows,
    logs: seen.logs,
    forcing,
    whatif: changes?.whatif ?? [],
    batchInvariance: without.has('whatif') ? null : batchInvariance(prober),
    variants,
    notes: notesOf(prober, question, seen, changes, variants),
  };
}

/** What is seen of the question before anything of it is changed. */
interface Seen {
  readonly outcome: 'starts' | 'refused' | 'unknown';
  readonly backend: string | null;
  readonly cls: string | null;
  readonly name: string | null;
  readonly error: DecisionError | null;
  readonly logs: readonly LogLine[];
  readonly follows: Decision['follows'];
  readonly flash: Decision['flashAttention'];
  readonly used: readonly string[];
  readonly opaque: readonly string[];
  /** What is open, where three-valued evaluation did not settle it. */
  readonly left: Left | undefined;
}

function look(prober: Prober, question: Question): Seen {
  const machine = prober.with({});
  const first = outcomeOf(machine);
  const { places } = machine.rules;
  const { lines } = play(machine, happensIn(machine.rules.terms[TERMS.events]));
  const logs = lines.map((l) => ({ level: l.level, text: l.text, places: l.places.map((p) => places[p]!) }));
  const unknownOf = (input: string): string | undefined => givenFact(question, input)?.where;
  const left = first.is === 'unknown' ? leftOpen(prober, unknownOf) : undefined;
  const settled = settledBy(machine, first, left);
  const backend = settled.cls === null ? null : backendOf(machine.rules, settled.cls);
  const name = resolved(machine, TERMS.name);
  const follows = backend === null ? null : followsFrom(machine, backend);
  const used = machine.used();
  const opaque = machine.unknowns().filter((what) => what.startsWith('opaque: '));
  const flash = flashOf(prober, backend);
  const builder =
    backend === null ? null : builderOf(prober, backend, blockSizeIn(prober, question, follows?.blockSize));
  return {
    ...settled,
    backend,
    name: backend !== null && typeof name === 'string' ? name : null,
    logs,
    follows: follows && { ...withAsked(follows, prober), askedBlockSize: askedBlockSize(prober, question), builder },
    flash,
    used,
    opaque,
    left,
  };
}

/**
 * The block size that a layer's cache has: what the question says of it, the one that the user asks for, or what follows from
 * the backend; unknown where nothing follows.
 */
function blockSizeIn({ facts }: Prober, question: Question, follows: Json | undefined): Fact | undefined {
  if (typeof follows !== 'number' || givenFact(question, BLOCK_SIZE) !== undefined) return facts.get(BLOCK_SIZE);
  const asked = facts.get('cache_config.user_specified_block_size') === true;
  return asked ? facts.get('cache_config.block_size') : follows;
}

/** An answer that is the only one left is certain, whatever the unknown facts are. */
function settledBy(machine: Machine, first: Outcome, left: Left | undefined): Pick<Seen, 'outcome' | 'cls' | 'error'> {
  if (first.is === 'starts') return { outcome: 'starts', cls: first.cls, error: null };
  if (first.is === 'refused') return { outcome: 'refused', cls: null, error: errorOf(machine, first.raise) };
  const [only, ...others] = left?.possible ?? [];
  if (!only || others.length > 0 || only.backend === NOT_READ) return { outcome: 'unknown', cls: null, error: null };
  if (only.backend === null) return { outcome: 'refused', cls: null, error: only.error };
  const cls = backendsOf(machine.rules).get(only.backend) ?? only.backend;
  return { outcome: 'starts', cls, error: null };
}

const json = (value: Resolved): Json => (isOpen(value) ? null : (value as Json));

/**
 * What the chosen backend says of block sizes, KV layout and CUDA graphs. Where it has no say in the block size, that is what
 * the platform was asked with.
 */
function followsFrom(
  machine: Machine,
  backend: string,
): Omit<NonNullable<Decision['follows']>, 'askedBlockSize' | 'builder'> {
  const fields = fieldsOf(machine.rules.terms[`backend.${backend}`]);
  const unknown: string[] = [];
  const get = (part: string, name: string): Json => {
    const value = fields[name] === undefined ? resolved(machine, `asked.${name}`) : machine.resolve(fields[name]);
    if (isOpen(value)) unknown.push(part);
    return json(value);
  };
  const kvLayout: Record<string, Json> = {};
  for (const name of Object.keys(fields).filter((n) => n.startsWith('kv_layout.')))
    kvLayout[name.slice('kv_layout.'.length)] = get('kvLayout', name);
  return {
    blockSize: get('blockSize', 'block_size'),
    supportedBlockSizes: get('supportedBlockSizes', 'supported_block_sizes'),
    kvLayout,
    cudagraphSupport: get('cudagraphSupport', 'cudagraph_support'),
    unknown,
  };
}

/** A backend says which size it prefers: where the user asks for one, it is the one that the worker ends with, or unknown. */
function withAsked<T extends Pick<NonNullable<Decision['follows']>, 'blockSize' | 'unknown'>>(
  follows: T,
  { facts, machine }: Prober,
): T {
  const isAsked = facts.get('cache_config.user_specified_block_size') === true;
  if (!isAsked || STEPS in machine.rules.terms || follows.blockSize === null) return follows;
  const size = facts.get(BLOCK_SIZE);
  if (typeof size === 'number') return { ...follows, blockSize: size };
  return { ...follows, blockSize: null, unknown: [...follows.unknown, 'blockSize'] };
}

/** The FlashAttention version for the layer, as the release's own function gives it, and the facts that suffice for it. */
function flashOf(prober: Prober, backend: string | null): Decision['flashAttention'] {
  const name = `flash_attn_version.${prober.facts.get('call.use_mla') === true ? 'mla' : 'attention'}`;
  const { terms } = prober.machine.rules;
  if (terms[name] === undefined) return null;
  const version = resolved(prober.with({}), name);
  const used = backend === null ? null : usesFlash(prober.machine, backend);
  if (version === UNKNOWN) return { version: null, known: false, used, because: [] };
  return {
    version: version as number | null,
    known: true,
    used,
    because: enough(prober, (m) => resolved(m, name) === version),
  };
}

/** Whether a backend takes in FlashAttention; null where the rules say it of none. */
function usesFlash({ rules }: Machine, backend: string): boolean | null {
  const says = (name: string): boolean => fieldsOf(rules.terms[`backend.${name}`]).flash_attention === true;
  return says(backend) || ([...backendsOf(rules).keys()].some(says) ? false : null);
}

function deviceOf(question: Question): string | null {
  const name = factValue(givenFact(question, 'device.name'));
  return typeof name === 'string' ? name : null;
}

function usedFacts(
  question: Question,
  prober: Prober,
  used: readonly string[],
  decisive: ReadonlySet<string> | undefined,
): UsedFact[] {
  return used.map((name) => {
    const given = givenFact(question, name);
    const base = {
      name,
      from: given?.from ?? 'unknown',
      ...(given?.where === undefined ? {} : { where: given.where }),
    } as const;
    const value =
      given?.missing === true ? { missing: true as const } : given?.value === undefined ? {} : { value: given.value };
    return { ...base, ...value, decisive: decisive?.has(prober.shownAs(name)) ?? false };
  });
}

function funnelOf(machine: Machine, candidates: readonly Candidate[]): Decision['funnel'] {
  if (!(TERMS.valid in machine.rules.terms)) return null;
  const listed = candidates.filter((c) => c.priority !== null || c.reasons.length > 0 || c.status === 'unknown');
  const installed = listed.filter((c) => c.status !== 'not-installed');
  const valid = installed.filter((c) => c.status !== 'refused');
  return {
    known: backendsOf(machine.rules).size,
    listed: listed.length,
    installed: installed.length,
    valid: valid.length,
    chosen: candidates.filter((c) => c.status === 'chosen').length,
  };
}

/** Decides a variant of the question in short. */
function variantOf(prober: Prober, question: Question, name: string, seen: Seen): VariantAnswer {
  const given = question.variants!.find((v) => v.name === name)!.facts;
  const facts: Record<string, Fact | undefined> = Object.fromEntries(
    Object.entries(given).map(([fact, g]) => [fact, factValue(g)]),
  );
  const outcome = outcomeOf(prober.with(facts));
  const backend = outcome.is === 'starts' ? backendOf(prober.machine.rules, outcome.cls) : null;
  const same = outcome.is === seen.outcome && backend === seen.backend && outcome.is !== 'unknown';
  return { name, outcome: outcome.is, backend, same };
}

/** The backends that were put in the place of others at run time, each in a sentence. */
const registrations = (machine: Machine): string[] =>
  registeredIn(machine.rules).flatMap(([name, term]) => {
    const { when, class: path, replaces } = machine.resolve(term) as Readonly<Record<string, Resolved>>;
    if (when === false) return [];
    const instead = typeof replaces === 'string' ? `in the place of ${replaces}` : 'in a place that is kept for such';
    return [`${name} ${when === true ? 'is' : 'may be'} ${textOf(path!)}: registered at run time, ${instead}.`];
  });

function notesOf(
  prober: Prober,
  question: Question,
  seen: Seen,
  changes: Changes | undefined,
  variants: readonly VariantAnswer[],
): Note[] {
  const notes: Note[] = (question.notes ?? []).map((text) => ({ code: 'not-modelled', text }));
  for (const text of registrations(prober.with({}))) notes.push({ code: 'registered', text });
  for (const text of seen.opaque) notes.push({ code: 'not-read', text: text.slice('opaque: '.length) });
  for (const text of seen.left?.notes ?? []) notes.push({ code: 'inexact', text });
  if (changes?.complete === false) notes.push({ code: 'bounded', text: 'not every pair of flags was tried' });
  for (const v of variants)
    notes.push({ code: 'variant', text: v.same ? `${v.name}: the same` : `${v.name}: ${v.backend ?? v.outcome}` });
  return notes;
}
