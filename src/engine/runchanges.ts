/** Single changes of a question with which a server would have come to what ran: each found by deciding again. */
import type { Fact, ValueSet } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { decide } from './decide.ts';
import { decisionOn, groupQuestion, withFacts } from './decideserver.ts';
import type { Change } from './decision.ts';
import { createProber, type Prober } from './explain.ts';
import { answering, argvOf, asking, flagsOf, wordsFor } from './flagchanges.ts';
import { factsIn, givenFact } from './question.ts';
import type { GivenFact, Question } from './question.ts';
import { answerServer } from './server.ts';
import type { ServerAnswer, ServerGroup, ServerRules } from './server.ts';
import type { Group, ServerDecision } from './serverdecision.ts';

/** What ran, and how it is told whether a decision comes to it. */
export interface Ran {
  /** The backends. */
  readonly backends: ReadonlySet<string>;
  /** What the start came to otherwise than it is decided, by the names of the facts. */
  readonly facts: Readonly<Record<string, Json>>;
  readonly flashAttention: number | null;
  /** How the backends came about, where the log says one thing of all: what was asked for by name is explained by nothing else. */
  readonly how: 'auto' | 'forced' | null;
  /** Undefined where that rests on something unknown. */
  readonly fits: (decision: ServerDecision) => boolean | undefined;
}

/** A single change with which what ran would be chosen. */
export type RunChange =
  /** Words that ask for a backend by its name, others that the line would have to have more, and those that it would have to lack. */
  | { readonly kind: 'asked' | 'added' | 'left out'; readonly words: string }
  | { readonly kind: 'fact'; readonly change: Change };

/** So many lines are tried with further words. */
const TRIES = 48;
/** So many flags of a line are left out. */
const FLAGS = 48;

/** What a layer asks with begins so. */
const OF_LAYER = 'call.';
/** What a start comes to once its layers are there begins so. */
const FINAL = 'final.';
/** The field that a line sets where a start ends with it in another one. */
const SET_BY: Readonly<Record<string, string>> = {
  'final.block_size': 'cache_config.block_size',
  'final.cudagraph_mode': 'compilation_config.cudagraph_mode',
};
const CAPABILITY = 'device.capability';

/** Where a change is looked for. */
interface Looking {
  readonly rules: ServerRules;
  readonly question: Question;
  readonly answer: ServerAnswer;
  readonly decision: ServerDecision;
  readonly ran: Ran;
}

/**
 * Single changes of a question with which a decision of it `fits` what ran: words of the line that are left out or added, and facts
 * that are given or that layers ask with. Each was tried by answering the changed question, all of what the decision shows.
 */
export function changesToRan(
  rules: ServerRules,
  question: Question,
  decision: ServerDecision,
  ran: Ran,
): readonly RunChange[] {
  const looking = { rules, question, answer: answerServer(rules, question), decision, ran };
  const asked = askedFor(looking);
  if (asked.length > 0 && ran.how === 'forced') return asked;
  return [...asked, ...lineChanges(looking), ...factChanges(looking)];
}

/** Whether a changed question comes to what ran. */
function fits({ rules, ran }: Looking, question: Question, answer: ServerAnswer | undefined): boolean | undefined {
  if (answer === undefined || answer.outcome === 'refused') return false;
  return ran.fits(decisionOn(rules, question, answer, { without: ['changes', 'variants', 'forcing'] }));
}

/** Whether a line comes to what ran. */
function lineRight(looking: Looking): (line: readonly string[]) => boolean {
  const answered = answering(looking.rules, looking.question, looking.answer);
  return (line) => fits(looking, looking.question, answered(line)) === true;
}

/** The words that ask for what ran by its name, unless it is known to have been chosen. */
function askedFor(looking: Looking): RunChange[] {
  const { rules, question, answer, ran } = looking;
  const [group] = answer.groups;
  const [only, ...others] = ran.backends;
  if (!group || only === undefined || others.length > 0 || ran.how === 'auto') return [];
  const isRight = lineRight(looking);
  const words = wordsFor(rules.table, answer.known, group, asking(only)).find((one) =>
    isRight([...argvOf(question), ...one]),
  );
  return words ? [{ kind: 'asked', words: words.join(' ') }] : [];
}

/** Flags that are left out, and other words. */
function lineChanges(looking: Looking): RunChange[] {
  const { rules, question, answer } = looking;
  const argv = argvOf(question);
  const isRight = lineRight(looking);
  const without = flagsOf(argv)
    .slice(0, FLAGS)
    .map(({ from, to }) => ({ flag: argv[from]!, words: argv.slice(from, to).join(' '), from, to }))
    .filter(({ from, to }) => isRight([...argv.slice(0, from), ...argv.slice(to)]));
  let left = TRIES;
  // a flag of which it is known that it has to go is given no other value
  const added = changesFor(looking).flatMap(
    ({ group, change }) =>
      wordsFor(rules.table, answer.known, group, change)
        .find((words) => !without.some(({ flag }) => flag === words[0]) && left-- > 0 && isRight([...argv, ...words]))
        ?.join(' ') ?? [],
  );
  return [
    ...[...new Set(added)].map((words) => ({ kind: 'added', words }) as const),
    ...without.map(({ words }) => ({ kind: 'left out', words }) as const),
  ];
}

/** Changes that words may bring about: of what a group asks with, and of what the start came to. */
function changesFor({ answer, decision, ran }: Looking): { readonly group: ServerGroup; readonly change: Change }[] {
  const [first] = answer.groups;
  if (!first) return [];
  const whatif = singleChanges(decision, ran).map(({ at, change }) => ({ group: answer.groups[at]!, change }));
  const to = (value: Json): ValueSet => ({ text: JSON.stringify(value), values: [value], exact: true });
  const facts = Object.entries(ran.facts).map(([fact, value]) => ({
    group: first,
    change: { fact: SET_BY[fact] ?? fact, from: null, to: to(value) },
  }));
  const versions =
    ran.flashAttention === null
      ? []
      : restsOfVersion(decision).map((fact) => ({
          group: first,
          change: { fact, from: null, to: to(ran.flashAttention) },
        }));
  return [...facts, ...versions, ...whatif];
}

/** Single changes with which a group, by its number, would get a backend that ran. */
const singleChanges = ({ groups }: ServerDecision, ran: Ran): { readonly at: number; readonly change: Change }[] =>
  groups.flatMap(({ decision }, at) =>
    (decision?.whatif ?? []).flatMap(({ backend, changes: [change, ...more] }) =>
      change && more.length === 0 && ran.backends.has(backend) ? [{ at, change }] : [],
    ),
  );

/** The facts on which the version of FlashAttention rests. */
const restsOfVersion = ({ groups }: ServerDecision): string[] => [
  ...new Set(groups.flatMap(({ decision }) => decision?.flashAttention?.because ?? [])),
];

/** The facts of which other values come to what ran: those that the question gives, and those with which the layers ask. */
function factChanges(looking: Looking): RunChange[] {
  const { rules, question, answer, decision, ran } = looking;
  const at = decision.groups.findIndex((one) => one.decision !== null);
  if (at === -1) return [];
  const group = answer.groups[at]!;
  const prober = createProber(
    rules.selection,
    factsIn(groupQuestion(rules, question, group.within ?? answer.known, group)),
  );
  const versions = ran.flashAttention === null ? [] : restsOfVersion(decision);
  const whatif = singleChanges(decision, ran).map(({ change }) => change.fact);
  const names = [...new Set([...versions, ...whatif].map((name) => prober.shownAs(name)))];
  // what the GPU is, first of all
  const isGiven = (fact: string): boolean =>
    prober.inputs(fact).every((input) => {
      const given = givenFact(question, input);
      return given !== undefined && given.from !== 'derived';
    });
  return names
    .toSorted((a, b) => Number(b === CAPABILITY) - Number(a === CAPABILITY))
    .flatMap((fact) => {
      const tried = isGiven(fact)
        ? givenRight(looking)
        : fact.startsWith(OF_LAYER)
          ? (region: Region): boolean => isAskedRight(looking, prober, fact, region)
          : undefined;
      return tried ? factChange(prober, fact, tried) : [];
    });
}

type Region = Readonly<Record<string, Fact>>;

/** The values of a fact that are right, where some are. */
function factChange(prober: Prober, fact: string, isRight: (region: Region) => boolean): RunChange[] {
  const domain = prober.domain(fact);
  const right = domain.regions.map(isRight);
  if (!right.includes(true)) return [];
  const from = (prober.asked(domain) ?? null) as Json;
  return [{ kind: 'fact', change: { fact, from, to: domain.describe((region) => right[region]!) } }];
}

const givenFacts = (region: Region): Record<string, GivenFact> =>
  Object.fromEntries(
    Object.entries(region).map(([name, value]) => [
      name,
      (typeof value === 'symbol' ? { missing: true, from: 'unknown' } : { value, from: 'unknown' }) as GivenFact,
    ]),
  );

/**
 * Tells whether the server comes to what ran where facts that are given have these values. Where the first of them settles it, the others
 * are not looked at.
 */
function givenRight(looking: Looking): (region: Region) => boolean {
  const { rules, question, answer } = looking;
  const tried = (facts: Readonly<Record<string, GivenFact>>): boolean | undefined => {
    const own = withFacts(question, facts);
    return fits(looking, own, answering(rules, own, answer, Object.keys(facts))(argvOf(question)));
  };
  const byFirst = new Map<unknown, boolean | undefined>();
  return (region) => {
    const facts = givenFacts(region);
    const [[first, value] = ['', undefined], ...others] = Object.entries(region);
    if (others.length === 0) return tried(facts) === true;
    const open = Object.fromEntries(others.map(([name]) => [name, { from: 'unknown' } as const]));
    if (!byFirst.has(value)) byFirst.set(value, tried({ [first]: facts[first]!, ...open }));
    return byFirst.get(value) ?? tried(facts) === true;
  };
}

/**
 * Whether it comes to what ran where its layers ask with these values: all of them that ask with the same now. What follows once the
 * layers are there is not known then.
 */
function isAskedRight(looking: Looking, prober: Prober, fact: string, region: Region): boolean {
  const { rules, question, answer, decision, ran } = looking;
  const facts = givenFacts(region);
  const key = fact.slice(OF_LAYER.length);
  const now = JSON.stringify(prober.facts.get(fact) ?? null);
  const groups = decision.groups.map((one, i): Group => {
    if (one.decision === null || JSON.stringify(one.call[key] ?? null) !== now) return one;
    const group = answer.groups[i]!;
    const call = groupQuestion(rules, question, group.within ?? answer.known, group);
    const made = decide(rules.selection, withFacts(call, facts), { without: ['whatif', 'pairs', 'forcing'] });
    return { ...one, backend: made.winner?.backend ?? null, decision: made };
  });
  const asked = {
    ...decision,
    groups,
    headline: {
      ...decision.headline,
      backends: groups.map(({ role, backend, layers, decision: made }) => ({
        role,
        backend,
        layers,
        flashAttention: made?.flashAttention?.used === true ? made.flashAttention.version : null,
      })),
    },
    resolved: decision.resolved.filter(({ name }) => !name.startsWith(FINAL)),
  };
  return ran.fits(asked) === true;
}
