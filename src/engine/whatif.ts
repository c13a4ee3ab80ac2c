/** What a change would come to: every fact tried by itself, then the flags two by two. */
import type { Domain, Fact, Machine } from '../rules/index.ts';
import type { Change, WhatIf, Winner } from './decision.ts';
import { happensIn, isMarked, LIST, play } from './events.ts';
import { createProber, enough } from './explain.ts';
import type { Prober } from './explain.ts';
import { backendOf, backendsOf, forcedBy, keptOutcomeOf, outcomeOf, TERMS } from './outcome.ts';
import type { Json } from './bulk.ts';
import { changed } from './question.ts';

/** Something that can be changed: a fact, together with those that move with it. */
export interface Lever {
  /** The fact whose values are tried. */
  readonly fact: string;
  /** Under which name it is shown, where that is not the fact's: a flag. */
  readonly name?: string;
  /** Whether it is set when vLLM is started: only such are tried two by two. */
  readonly flag: boolean;
  /** The facts that may move with it; left out: any. */
  readonly with?: readonly string[];
  /** Every fact of the rules that changes when it has this value. */
  sets(value: Readonly<Record<string, Fact>>): Readonly<Record<string, Fact>>;
}

/** So many pairs of values are tried. */
const PAIRS = 4000;
/** So many ways are said for one backend. */
const WAYS = 6;

/** Facts that are set by flags or by the environment. */
const FLAGS = /^(?:attention_config|cache_config|parallel_config|kv_transfer_config|speculative_config|env)\b/;

/** Facts that one flag sets together: when the first has the value, so has the second, or the value that stands there. */
const TOGETHER: readonly { readonly fact: string; readonly with: string; readonly value?: Fact }[] = [
  { fact: 'cache_config.cache_dtype', with: 'call.kv_cache_dtype' },
  { fact: 'call.kv_cache_dtype', with: 'cache_config.cache_dtype' },
  { fact: 'cache_config.block_size', with: 'cache_config.user_specified_block_size', value: true },
];

/** One lever for every fact that was read and is known, but for those that name a backend. */
export function leversFor(prober: Prober, used: readonly string[]): Lever[] {
  const names = [
    ...new Set(used.filter((name) => prober.facts.get(name) !== undefined).map((name) => prober.shownAs(name))),
  ];
  const forcing = new Set(forcingInputs(prober.machine));
  return names
    .filter((name) => !forcing.has(name))
    .map((fact) => ({
      fact,
      flag: FLAGS.test(fact) || TOGETHER.some((t) => t.fact === fact),
      with: TOGETHER.flatMap((t) => (t.fact === fact ? [t.with] : [])),
      sets: (value) => ({ ...value, ...moved(prober, fact, value) }),
    }));
}

function moved(prober: Prober, fact: string, value: Readonly<Record<string, Fact>>): Record<string, Fact> {
  const out: Record<string, Fact> = {};
  for (const t of TOGETHER) {
    if (t.fact !== fact || !prober.machine.inputs.includes(t.with)) continue;
    // a value that the model gave to one of them stays
    if (t.value === undefined && prober.facts.get(t.with) !== prober.facts.get(fact)) continue;
    out[t.with] = t.value ?? value[fact]!;
  }
  return out;
}

/** The inputs whose values are backends. */
export function forcingInputs(machine: Machine): string[] {
  const backends = [...backendsOf(machine.rules).keys()];
  const forced = forcedBy(machine.rules);
  const choices = machine.rules.variables.flatMap((m) => {
    if (!('choice' in m) || backends.length === 0) return [];
    const of = new Set<unknown>(m.of);
    return backends.every((backend) => of.has(backend)) ? [m.choice] : [];
  });
  return choices.includes(forced) || !machine.inputs.includes(forced) ? choices : [...choices, forced];
}

/** In short: the backend that would run, or the type of the error. */
function comesTo(machine: Machine, outcome = outcomeOf(machine)): string {
  if (outcome.is === 'starts') return backendOf(machine.rules, outcome.cls);
  return outcome.is === 'refused' ? `error ${outcome.raise.type}` : '';
}

export interface Changes {
  readonly whatif: readonly WhatIf[];
  /** The facts that change the outcome by themselves. */
  readonly decisive: ReadonlySet<string>;
  /** Whether all pairs of flags were tried. */
  readonly complete: boolean;
}

/** A lever with its values, and what each comes to. */
interface Tried {
  readonly lever: Lever;
  readonly domain: Domain;
  readonly sets: readonly Readonly<Record<string, Fact>>[];
  readonly results: readonly string[];
}

/**
 * Tries changes of a question whose outcome is certain. Only facts on which the outcome rests are tried: facts that
 * suffice for it, and for a second change those that were read for what the first one came to. Two changes are tried for
 * the backends of `inPairs` that one does not reach.
 */
export function tryChanges(prober: Prober, levers: readonly Lever[], inPairs: readonly string[]): Changes {
  const now = comesTo(prober.with({}));
  const backends = new Set(backendsOf(prober.machine.rules).keys());
  const wanted = (result: string): boolean => result !== now && backends.has(result);
  const rests = new Set(enough(prober, (m) => comesTo(m, keptOutcomeOf(m)) === now));
  const tried = levers.filter((lever) => moves(prober, lever, rests)).map((lever) => tryLever(prober, lever));
  const decisive = new Set(tried.filter((t) => t.results.some((r) => r !== now && r !== '')).map((t) => t.lever.fact));
  const found = new Map<string, WhatIf[]>();
  const flagsFirst = tried.toSorted((a, b) => Number(b.lever.flag) - Number(a.lever.flag));
  for (const t of flagsFirst)
    for (const backend of new Set(t.results.filter(wanted)))
      add(found, backend, () => [change(prober, t, (i) => t.results[i] === backend)]);
  const left = new Set(inPairs.filter((backend) => wanted(backend) && !found.has(backend)));
  const complete = left.size === 0 || pairs(prober, flagsFirst, levers, left, found);
  return { whatif: [...found.values()].flat(), decisive, complete };
}

/** Whether a lever changes one of these facts. */
function moves(prober: Prober, lever: Lever, facts: ReadonlySet<string>): boolean {
  if (facts.has(lever.fact)) return true;
  // what its values are need not be known where none of the facts is one that it can change
  if (lever.with && ![...prober.inputs(lever.fact), ...lever.with].some((fact) => facts.has(fact))) return false;
  const [region] = prober.domain(lever.fact).regions;
  return region !== undefined && Object.keys(lever.sets(region)).some((fact) => facts.has(fact));
}

function tryLever(prober: Prober, lever: Lever): Tried {
  const domain = prober.domain(lever.fact);
  const sets = domain.regions.map((region) => lever.sets(region));
  const results = sets.map((facts) => {
    const machine = prober.trying(facts);
    return comesTo(machine, keptOutcomeOf(machine));
  });
  return { lever, domain, sets, results };
}

/** Adds a way to reach a backend, unless enough are known. */
function add(byBackend: Map<string, WhatIf[]>, backend: string, changes: () => readonly Change[]): void {
  const known = byBackend.get(backend) ?? [];
  if (known.length < WAYS) known.push({ backend, changes: changes() });
  byBackend.set(backend, known);
}

function change(prober: Prober, { domain, lever }: Tried, has: (region: number) => boolean): Change {
  return { fact: lever.name ?? lever.fact, from: (prober.asked(domain) ?? null) as Json, to: domain.describe(has) };
}

/** Tries flags two by two, for these backends. Returns whether all were tried. */
function pairs(
  prober: Prober,
  firsts: readonly Tried[],
  levers: readonly Lever[],
  wanted: ReadonlySet<string>,
  found: Map<string, WhatIf[]>,
): boolean {
  let left = PAIRS;
  const done = new Set<string>();
  for (const a of firsts.filter((t) => t.lever.flag))
    for (const [x, first] of a.sets.entries()) {
      const result = a.results[x]!;
      if (wanted.has(result) || result === '') continue;
      // what it came to rests on what was read for it
      const changedBy = createProber(prober.machine, changed(prober.facts, first), prober, Object.keys(first));
      comesTo(changedBy.with({}));
      const rests = new Set(prober.machine.used());
      for (const lever of levers) {
        if (!lever.flag || Object.hasOwn(first, lever.fact) || !moves(prober, lever, rests)) continue;
        const b = tryLever(changedBy, lever);
        left -= b.sets.length;
        if (left < 0) return false;
        for (const backend of new Set(b.results.filter((r) => wanted.has(r)))) {
          const way = [backend, ...[a.lever.fact, lever.fact].sort()].join(' ');
          if (done.has(way)) continue;
          done.add(way);
          add(found, backend, () => [
            change(prober, a, (region) => region === x),
            change(prober, b, (region) => b.results[region] === backend),
          ]);
        }
      }
    }
  return true;
}

/** How the backend of a question is chosen: which of the inputs that name backends decides, if one does. */
export function howChosen(prober: Prober): Winner['how'] {
  if (TERMS.by in prober.machine.rules.terms) return 'layer';
  const now = comesTo(prober.with({}));
  const backends = [...backendsOf(prober.machine.rules).keys()];
  const forced = forcedBy(prober.machine.rules);
  for (const input of forcingInputs(prober.machine).toSorted((a, b) => Number(a === forced) - Number(b === forced))) {
    const asked = prober.facts.get(input);
    if (typeof asked !== 'string') continue;
    const others = backends.filter((backend) => backend !== asked);
    if (others.some((backend) => comesTo(prober.trying({ [input]: backend })) !== now))
      return input === forced ? 'forced' : 'per kind';
  }
  return passesList(prober) ? 'automatic' : 'platform';
}

/** Whether the list is looked at, in releases that mark it, where nothing is raised before. */
function passesList(prober: Prober): boolean {
  const events = happensIn(prober.machine.rules.terms[TERMS.events]);
  if (!isMarked(events, LIST)) return true;
  const { raise, reached } = play(prober.with({}), events);
  return raise !== undefined || reached.has(LIST);
}
