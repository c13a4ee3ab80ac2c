/** What would change the answer about a server, in words that stand on its line: each tried from the beginning. */
import type { ValueSet } from '../rules/index.ts';
import type { Change } from './decision.ts';
import type { ArgumentTable, Flag } from './flags.ts';
import { FORCED } from './outcome.ts';
import { factValue, givenFact, isSameFact } from './question.ts';
import type { GivenFact, Question } from './question.ts';
import { nearestFirst, rootsOf, sharedWords } from './roots.ts';
import { answerServer } from './server.ts';
import type { ServerAnswer, ServerGroup, ServerRules } from './server.ts';
import type { FlagChange, Group } from './serverdecision.ts';
import type { Known } from './known.ts';

/** So many lines are tried. */
const TRIES = 48;
/** So many values of one flag. */
const VALUES = 3;
/** So many flags for one fact. */
const FLAGS = 4;

/** Finds words with which a group gets another backend. Each is tried by answering the line with them. */
// oxlint-disable-next-line max-lines-per-function -- one count of tries for all of them
export function flagChanges(
  rules: ServerRules,
  question: Question,
  answer: ServerAnswer,
  groups: readonly Group[],
  most = Infinity,
): FlagChange[] {
  if (answer.outcome === 'refused' && answer.groups.length === 0) return [];
  const found = new Map<string, FlagChange>();
  let left = Math.min(TRIES, 3 * most);
  const answered = answering(rules, question, answer);
  const tried = new Map<string, readonly (string | null)[] | undefined>();
  const attempt = (words: readonly string[]): readonly (string | null)[] | undefined => {
    if (found.size >= most || found.has(words.join(' ')) || left-- <= 0) return undefined;
    const line = words.join(' ');
    if (!tried.has(line)) tried.set(line, comesTo(answered([...argvOf(question), ...words])));
    return tried.get(line);
  };
  /** Takes the first of these words with which the group gets the backend. */
  const take = (i: number, backend: string, ways: readonly (readonly string[])[]): boolean =>
    ways.some((words) => {
      const backends = attempt(words);
      if (backends?.[i] !== backend) return false;
      found.set(words.join(' '), { words: words.join(' '), backends });
      return true;
    });
  for (const [i, { decision }] of groups.entries()) {
    const group = answer.groups[i]!;
    const wanted = new Set<string>();
    for (const { backend, changes } of decision?.whatif ?? []) {
      const key = `${backend} ${changes[0]!.fact}`;
      if (changes.length > 1 || wanted.has(key)) continue;
      if (take(i, backend, wordsFor(rules.table, answer.known, group, changes[0]!))) wanted.add(key);
    }
    for (const { backend, status } of decision?.candidates ?? [])
      if (status === 'out-ranked' || status === 'would-work')
        take(i, backend, wordsFor(rules.table, answer.known, group, asking(backend)));
  }
  return [...found.values()];
}

/** The change with which a backend is asked for by name. */
export const asking = (backend: string): Change => ({
  fact: FORCED,
  from: null,
  to: { text: backend, values: [backend], exact: true },
});

/** The backend of each group; undefined where there is none, or nothing starts. */
const comesTo = (made: ServerAnswer | undefined): (string | null)[] | undefined =>
  made === undefined || made.outcome === 'refused' || made.groups.length === 0
    ? undefined
    : made.groups.map(({ backend }) => backend);

export const argvOf = ({ line }: Question): readonly string[] => line?.argv ?? [];

/** Where each flag of a line begins, and where what is said with it ends. */
export function flagsOf(argv: readonly string[]): { readonly from: number; readonly to: number }[] {
  const starts = argv.flatMap((word, i) => (/^-{1,2}[A-Za-z]/.test(word) ? [i] : []));
  return starts.map((from, i) => ({ from, to: starts[i + 1] ?? argv.length }));
}

/** Answers the lines that an answered question might have had, perhaps with some facts `replaced`; undefined where they are none. */
export function answering(
  rules: ServerRules,
  question: Question,
  answer: ServerAnswer,
  replaced: readonly string[] = [],
): (argv: readonly string[]) => ServerAnswer | undefined {
  const env = environmentOf(question);
  const rest = (question.rest ?? []).filter(({ prefix }) => !prefix.startsWith('args.'));
  const beside: Question = { ...question, rest };
  return (argv) => {
    const line = rules.read(argv, env);
    if (line.refusal !== undefined) return undefined;
    const own: Question = { ...question, facts: line.facts, rest: line.rest, line: { argv, given: line.given } };
    const given = (name: string): GivenFact | undefined => givenFact(name.startsWith('args.') ? own : beside, name);
    return answerServer(rules, own, {
      given,
      like: { answer, changed: new Set([...changedArguments(question, own), ...replaced]) },
      isBrief: true,
    });
  };
}

/** The arguments that one question gives another value than another one. */
function changedArguments(before: Question, now: Question): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [name, fact] of Object.entries(now.facts))
    if (!isSameFact(factValue(before.facts[name]), factValue(fact))) changed.add(name);
  for (const name of Object.keys(before.facts))
    if (name.startsWith('args.') && !Object.hasOwn(now.facts, name)) changed.add(name);
  const [was, is] = [before, now].map(
    ({ rest = [] }) => new Set(rest.flatMap(({ prefix }) => (prefix.startsWith('args.') ? [prefix.slice(0, -1)] : []))),
  );
  for (const name of [...was!, ...is!]) if (!was!.has(name) || !is!.has(name)) changed.add(name);
  return changed;
}

function environmentOf({ facts }: Question): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, { value }] of Object.entries(facts))
    if (name.startsWith('env.') && typeof value === 'string') out[name.slice('env.'.length)] = value;
  return out;
}

/** The flags behind a fact, each with values that may bring it to what is wanted. */
export function wordsFor(table: ArgumentTable, known: Known, group: ServerGroup, { fact, to }: Change): string[][] {
  const behind = fact.startsWith('call.') ? (group.because[fact.slice('call.'.length)] ?? []) : [fact];
  // a flag of its own before a key of an object
  const roots = rootsOf(known, behind)
    .filter((name) => name.startsWith('args.') && !COUNTED.test(name))
    .toSorted((a, b) => a.split('.').length - b.split('.').length);
  // what is named like the fact says it; of all else nearly every fact is made
  const named = roots.filter((name) => sharedWords(name, fact) > 0);
  const args = nearestFirst(named.length > 0 ? named : roots, fact);
  return args.slice(0, FLAGS).flatMap((name) => {
    const [, dest = '', ...keys] = name.split('.');
    const flag = table.flags.find((one) => one.dest === dest && one.deprecated !== true);
    const option = flag && longest(flag);
    if (flag === undefined || option === undefined) return [];
    const key = keys.length === 0 ? '' : `.${keys.join('.')}`;
    return valuesFor(flag, keys.length > 0, to)
      .slice(0, VALUES)
      .map((value) => (value === undefined ? [option] : [`${option}${key}`, value]));
  });
}

/** How many items or keys an argument has: nothing that words give it. */
const COUNTED = /\.[#%]$/;

const longest = ({ options }: Flag): string | undefined =>
  options.filter((one) => one.startsWith('--') && !one.startsWith('--no-')).toSorted((a, b) => b.length - a.length)[0];

/** Values of a flag that are worth a try: those that are wanted, where it takes them. */
function valuesFor(flag: Flag, inner: boolean, to: ValueSet): (string | undefined)[] {
  if (!inner && flag.action !== 'store') return [undefined];
  const choices = (inner ? undefined : flag.choices)?.map(String);
  const wanted = [...(to.values ?? []), to.min, to.max, to.multipleOf].flatMap((value) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [],
  );
  if (choices === undefined) return wanted;
  const taken = wanted.filter((value) => choices.includes(value));
  return taken.length > 0 ? taken : choices;
}
