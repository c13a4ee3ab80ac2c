import { decideServer, type GroupDecision, type ServerDecision } from '../engine/index.ts';
import type { Start } from '../logs/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { ENV_FLAG, FACTS_FLAG, INSTALL_FLAG, PLATFORM_FLAG, SET_FLAG, VLLM_FLAG } from './questionflags.ts';
import { askedQuestion } from './asking.ts';
import { verdictLines } from './checklayout.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { readLogs } from './log.ts';
import { lineOfStart } from './startline.ts';

export const checkCommand: Command = {
  usage: 'LOG|- [--command "vllm serve …"] [--gpu GPU] [--model PATH]',
  words: [1, 1],
  offers: 'files',
  flags: [
    {
      name: 'command',
      value: 'LINE',
      says: 'The line that started the server; else what the log says that it was given.',
    },
    { ...VLLM_FLAG, says: 'The release; else the one that the log names.' },
    { name: 'gpu', value: 'GPU', says: 'The GPU by any of its names; a log never prints it.', offers: 'gpus' },
    PLATFORM_FLAG,
    {
      name: 'model',
      value: 'PATH|-|NAME',
      says: 'Where the config.json is; else what the line serves.',
      offers: 'files',
    },
    INSTALL_FLAG,
    FACTS_FLAG,
    ENV_FLAG,
    SET_FLAG,
    { name: 'allow-unknown', says: 'End with 0, too, where it cannot be told.' },
  ],
  more: [
    'Compares what a server chose, by its log, with what its release would choose for the question that the log states. Where they',
    'differ, single facts are named with which the release would have chosen what ran: those found by deciding again.',
    'Exit codes: 0 agrees · 1 differs, the start failed, or it cannot be told · 2 it is no log of vLLM · 3 we failed.',
  ].join('\n'),
  run,
};

/** What comes of comparing a start with what its release would choose. */
export interface Verdict {
  readonly verdict: 'agrees' | 'differs' | 'cannot tell';
  readonly release: string | null;
  /** The backends that the log shows, and those that are predicted; null where nothing is. */
  readonly observed: readonly string[] | null;
  readonly predicted: readonly string[] | null;
  /** Where they differ: single facts with which what ran would be chosen. */
  readonly consistentWith: readonly string[];
  /** Where it cannot be told: what is missing. */
  readonly missing: readonly string[];
  readonly reached: Start['reached'];
  readonly line: string;
}

async function run(asked: Asked): Promise<ExitCode> {
  const [log] = await readLogs(asked.words);
  const start = log?.starts.at(-1);
  if (start === undefined)
    throw new WhichattnError({ code: 'no-log', what: 'It shows no start of vLLM', where: asked.words[0] });
  const verdict = await verdictOf(asked, start);
  process.stdout.write(
    asked.json
      ? `${JSON.stringify({ schemaVersion: 1, ...verdict }, null, 2)}\n`
      : `${verdictLines(verdict).join('\n')}\n`,
  );
  if (verdict.verdict === 'cannot tell') return asked.has('allow-unknown') ? 0 : 1;
  return verdict.verdict === 'agrees' && start.reached !== 'failed' ? 0 : 1;
}

async function verdictOf(asked: Asked, start: Start): Promise<Verdict> {
  const line = asked.flag('command') ?? lineOfStart(start);
  const release = asked.flag(VLLM_FLAG.name) ?? start.release;
  const own = start.selections.filter(({ role }) => role === null);
  const named = own.flatMap(({ backend }) => backend ?? []);
  const observed = own.length > 0 && named.length === own.length ? [...new Set(named)] : null;
  const about = { release, observed, reached: start.reached, line, consistentWith: [] };
  const lacking = missingFor(asked, start, release, observed);
  if (lacking.length > 0 || release === null)
    return { verdict: 'cannot tell', predicted: null, missing: lacking, ...about };
  let decision: ServerDecision;
  try {
    const question = await askedQuestion(questionOf(asked, line, { release, platform: ownPlatform(start) }));
    if (!('server' in question)) throw new Error('a line is a question about a server');
    decision = decideServer(question.server, question.question, { without: ['forcing', 'variants'], changes: 1 });
  } catch (error) {
    if (!(error instanceof WhichattnError) || MISTAKEN.has(error.code)) throw error;
    return { verdict: 'cannot tell', predicted: null, missing: [error.what], ...about };
  }
  return { ...about, ...compared(start, decision, observed) };
}

/** Errors of whoever asks; with any other the log cannot be told. */
const MISTAKEN: ReadonlySet<string> = new Set(['bad-flag', 'unknown-gpu', 'no-serve-command']);

/** What has to be known before anything is decided. */
function missingFor(asked: Asked, start: Start, release: string | null, observed: readonly string[] | null): string[] {
  const fails =
    start.reached === 'failed' && start.errors.some(({ requested, reasons }) => requested !== null || reasons !== null);
  return [
    ...(release === null ? ['the release, which the log does not name: --vllm'] : []),
    ...(start.unknownNames.length > 0
      ? [`names that the release does not have: ${start.unknownNames.join(', ')}`]
      : []),
    ...(observed === null && !fails ? ['the backend, which this release does not print here'] : []),
    ...(asked.flag('gpu') === undefined && asked.flag('platform') === undefined && ownPlatform(start) === undefined
      ? ['the GPU, which no log prints: --gpu']
      : []),
    ...(asked.flag('command') === undefined && start.arguments === null
      ? ['the line, which the log does not print: --command']
      : []),
  ];
}

/** GPUs of two platforms are addressed by this name. */
const SHARED = 'cuda';

/** The platform that a log tells for certain. */
const ownPlatform = ({ device }: Start): string | undefined =>
  device === null || device === SHARED ? undefined : device;

/** The arguments of a question that is made of a log. */
const questionOf = (
  asked: Asked,
  line: string,
  { release, platform }: { readonly release: string; readonly platform: string | undefined },
): Asked => ({
  ...asked,
  words: [],
  rest: [line],
  flag: (name) =>
    name === VLLM_FLAG.name ? release : (asked.flag(name) ?? (name === PLATFORM_FLAG.name ? platform : undefined)),
});

type Compared = Pick<Verdict, 'verdict' | 'predicted' | 'consistentWith' | 'missing'>;

/** Compares what a log shows with what is decided. */
function compared(start: Start, decision: ServerDecision, observed: readonly string[] | null): Compared {
  const open = { consistentWith: [], missing: missingIn(decision) };
  if (decision.outcome === 'refused') {
    const same = start.errors.some(({ type, text }) => type === decision.error?.type && text === decision.error.text);
    if (same) return { verdict: 'agrees', predicted: [], consistentWith: [], missing: [] };
    if (observed !== null && start.reached !== 'failed')
      return { verdict: 'differs', predicted: [], consistentWith: [], missing: [] };
    return { verdict: 'cannot tell', predicted: [], ...open };
  }
  const groups = decision.groups.filter(({ role, decision: own }) => role === 'lm' && own !== null);
  const backends = groups.map(({ backend }) => backend);
  if (observed === null || groups.length === 0 || backends.includes(null) || !decision.complete)
    return { verdict: 'cannot tell', predicted: null, ...open };
  const predicted = [...new Set(backends.flatMap((one) => one ?? []))];
  const others = [
    ...observed.filter((one) => !predicted.includes(one)),
    ...predicted.filter((one) => !observed.includes(one)),
  ];
  if (others.length === 0) return { verdict: 'agrees', predicted, consistentWith: [], missing: [] };
  const wanted = new Set(observed);
  const changes = groups.flatMap(({ decision: own }) => (own ? changesTo(own, wanted) : []));
  return { verdict: 'differs', predicted, consistentWith: [...new Set(changes)], missing: [] };
}

/** Single facts with which a group would get one of these backends. */
const changesTo = ({ whatif }: GroupDecision, wanted: ReadonlySet<string>): string[] =>
  whatif.flatMap(({ backend, changes: [change, ...more] }) =>
    wanted.has(backend) && change !== undefined && more.length === 0
      ? [`${change.fact} ${change.to.text}, where the question has ${JSON.stringify(change.from)}`]
      : [],
  );

/** What would have to be known for the decision to be certain. */
function missingIn({ open, groups }: ServerDecision): string[] {
  const needs = groups.flatMap(({ decision }) => decision?.needs.map(({ fact }) => fact) ?? []);
  return [...new Set([...open.flatMap(({ needs: own }) => own), ...needs])].slice(0, 20);
}
