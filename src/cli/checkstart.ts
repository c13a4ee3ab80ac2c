/** What comes of comparing a start, as its log shows it, with what its release would choose. */
import { observedIn, layerRow, factRows, groupRows, isAsking, type Row } from './checkgroups.ts';
import { explanations } from './checkcauses.ts';
import type { Start } from '../logs/index.ts';
import type { Asked } from './command.ts';
import { lineOfStart } from './startline.ts';
import { VLLM_FLAG, LAYER_FLAG, PLATFORM_FLAG } from './questionflags.ts';
import { lineWithoutSecrets } from './secrets.ts';
import { askedQuestion, type AskedQuestion } from './asking.ts';
import { decide, decideServer, type Decision, type Question, type ServerDecision } from '../engine/index.ts';
import { WhichattnError, type Machine } from '../rules/index.ts';

/** What comes of comparing a start with what its release would choose. */
export interface Verdict {
  readonly verdict: 'agrees' | 'differs' | 'cannot tell';
  readonly release: string | null;
  /** The release that the log names. */
  readonly logged: string | null;
  /** The backends that the log shows, and those that are predicted; null where nothing is. */
  readonly observed: readonly string[] | null;
  readonly predicted: readonly string[] | null;
  /** The same for each group of layers. */
  readonly groups: readonly Row[];
  /** What else the log prints of the start. */
  readonly facts: readonly Row[];
  /** Where they differ: single facts with which what ran would be chosen. */
  readonly consistentWith: readonly string[];
  /** Where it cannot be told: what is missing. */
  readonly missing: readonly string[];
  readonly reached: Start['reached'];
  readonly line: string;
}

export async function verdictOf(asked: Asked, start: Start): Promise<Verdict> {
  const line = asked.flag('command') ?? lineOfStart(start);
  const release = asked.flag(VLLM_FLAG.name) ?? start.release;
  const observed = observedIn(start);
  const shownLine = lineWithoutSecrets(line);
  const about = {
    release,
    logged: start.release,
    observed,
    groups: [],
    facts: [],
    reached: start.reached,
    line: shownLine,
    consistentWith: [],
  };
  const lacking = missingFor(asked, start, release, observed);
  if (lacking.length > 0 || release === null)
    return { verdict: 'cannot tell', predicted: null, missing: lacking, ...about };
  try {
    const layer = asked.all(LAYER_FLAG.name).length > 0 ? layerOf(asked, start) : undefined;
    const asks = questionOf(asked, { line, layer, release, platform: ownPlatform(start) });
    const question = await askedQuestion(asks);
    if ('machine' in question) {
      return { ...about, line: layer!.map((one) => `--layer ${one}`).join(' '), ...comparedLayer(start, question) };
    }
    const decision = decideServer(question.server, question.question, { without: ['forcing', 'variants'], changes: 0 });
    const result = compared(start, decision, observed);
    if (result.verdict !== 'differs') return { ...about, ...result };
    return { ...about, ...explained(result, explanations(start, question, decision, { rows: result, observed })) };
  } catch (error) {
    if (!(error instanceof WhichattnError) || MISTAKEN.has(error.code)) throw error;
    // a release that the asker names, and not the log
    if (error.code === 'unknown-release' && asked.flag(VLLM_FLAG.name) !== undefined) throw error;
    // a model that the asker names, and not the log
    if (error.code !== NOT_LEARNED && asked.flag('model') !== undefined) throw error;
    const missing =
      error.code === NOT_LEARNED ? [`${error.what}: ask about a layer, --layer head_size=128`] : [error.what];
    return { verdict: 'cannot tell', predicted: null, missing, ...about };
  }
}

/** The same with what explains all that differs. */
function explained(result: Compared, consistentWith: readonly string[]): Compared {
  const named = (rows: readonly Row[]): Row[] =>
    rows.map((row) => (row.verdict === 'differs' ? { ...row, consistentWith } : row));
  return { ...result, groups: named(result.groups), facts: named(result.facts), consistentWith };
}

/** The error where a release was learned without what comes before the selection. */
const NOT_LEARNED = 'start-not-learned';

/** What a layer asks with: what is said of it, and what the log says of all. */
function layerOf(asked: Asked, { dtype, kvCacheDtype, arguments: given }: Start): string[] {
  const own = asked.all(LAYER_FLAG.name);
  const requested = given?.['attention_backend'] ?? Object(given?.['attention_config'])['backend'];
  const logged = [
    ['dtype', dtype],
    ['kv_cache_dtype', kvCacheDtype],
    ['requested', requested],
  ] as const;
  const more = logged.flatMap(([name, value]) =>
    typeof value === 'string' && !own.some((one) => one.startsWith(`${name}=`))
      ? [`${name}=${value.replace(/^\w+\./, '')}`]
      : [],
  );
  return [...own, ...more];
}

/** A question about one layer, and what answers it. */
type AskedLayer = Extract<AskedQuestion, { readonly machine: unknown }>;

/** Compares what a log shows with what is decided for one layer. */
function comparedLayer(start: Start, { machine, question }: AskedLayer): Compared {
  const decision = decide(machine, question, { without: ['pairs', 'forcing'] });
  if (decision.outcome === 'refused' && isSameError(start, decision.error))
    return { verdict: 'agrees', predicted: [], groups: [], facts: [], consistentWith: [], missing: [] };
  const row = layerRow(start, decision);
  const { consistentWith, verdict } = row;
  const predicted = row.predicted === null ? null : [String(row.predicted)];
  const told = { predicted, groups: [row], facts: [], consistentWith };
  if (verdict === 'agrees') return { ...told, verdict, missing: [] };
  const open = verdict === 'differs' ? withoutUnsaid(machine, question) : decision;
  const ran = String(row.observed).split(', ');
  if (verdict === 'differs' && !ran.every((one) => open.possible.some(({ backend }) => backend === one)))
    return { ...told, verdict, missing: [] };
  const missing = open.needs.map(({ fact }) => fact).slice(0, MOST);
  return { ...told, groups: [{ ...row, verdict: 'cannot tell' }], verdict: 'cannot tell', missing };
}

/** What is decided where nothing is known of the layer but what was said: a thing left unsaid is no ground for a difference. */
function withoutUnsaid(machine: Machine, question: Question): Decision {
  const said = Object.entries(question.facts).filter(
    ([name, { from }]) => from !== 'default' || !name.startsWith(OF_LAYER),
  );
  return decide(machine, { ...question, facts: Object.fromEntries(said) }, { without: ['pairs', 'forcing'] });
}

/** The facts of one layer's call begin so. */
const OF_LAYER = 'call.';

/** Errors of whoever asks; with any other the log cannot be told. */
const MISTAKEN: ReadonlySet<string> = new Set([
  'bad-flag',
  'bad-value',
  'unknown-gpu',
  'unknown-transformers',
  'unknown-platform',
  'no-serve-command',
]);

/** What has to be known before anything is decided. */
function missingFor(asked: Asked, start: Start, release: string | null, observed: readonly string[] | null): string[] {
  const fails =
    start.reached === 'failed' && start.errors.some(({ requested, reasons }) => requested !== null || reasons !== null);
  return [
    ...(release === null ? ['the release, which the log does not name: --vllm'] : []),
    ...(start.unknownNames.length > 0
      ? [`names that the release does not have: ${start.unknownNames.join(', ')}`]
      : []),
    ...(observed === null && !fails && start.unknownNames.length === 0
      ? ['the backend, which this release does not print here']
      : []),
    ...(asked.flag('gpu') === undefined && asked.flag('platform') === undefined && ownPlatform(start) === undefined
      ? ['the GPU, which no log prints: --gpu']
      : []),
    ...(asked.flag('command') === undefined && asked.all(LAYER_FLAG.name).length === 0 && start.arguments === null
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
  {
    line,
    layer,
    release,
    platform,
  }: {
    readonly line: string;
    readonly layer: readonly string[] | undefined;
    readonly release: string;
    readonly platform: string | undefined;
  },
): Asked => ({
  ...asked,
  words: [],
  rest: layer === undefined ? [line] : [],
  all: (name) => (name === LAYER_FLAG.name ? (layer ?? []) : asked.all(name)),
  flag: (name) =>
    name === VLLM_FLAG.name ? release : (asked.flag(name) ?? (name === PLATFORM_FLAG.name ? platform : undefined)),
});

/** What comes of comparing. */
type Compared = Pick<Verdict, 'verdict' | 'predicted' | 'groups' | 'facts' | 'consistentWith' | 'missing'>;

/** Whether the log shows that error. */
const isSameError = ({ errors }: Start, error: Decision['error']): boolean =>
  errors.some(({ type, text }) => type === error?.type && text === error.text);

/** Compares what a log shows with what is decided. */
export function compared(start: Start, decision: ServerDecision, observed: readonly string[] | null): Compared {
  const facts = factRows(start, decision);
  const rows = { groups: groupRows(start, decision), facts };
  const settled = { ...rows, consistentWith: [], missing: [] };
  const open = { ...settled, missing: missingIn(decision) };
  if (decision.outcome === 'refused') {
    if (isSameError(start, decision.error))
      return { ...settled, groups: [], facts: [], verdict: 'agrees', predicted: [] };
    if (observed !== null && start.reached !== 'failed') return { ...settled, verdict: 'differs', predicted: [] };
    return { ...open, verdict: 'cannot tell', predicted: [] };
  }
  const backends = decision.groups.flatMap(({ role, backend, decision: own }) =>
    isAsking(role) && own !== null ? [backend] : [],
  );
  const all = [...rows.groups, ...rows.facts];
  const known = [...new Set(backends.flatMap((one) => one ?? []))];
  const isWhole = backends.length > 0 && !backends.includes(null) && decision.complete;
  const predicted = isWhole ? known : null;
  const differs =
    all.some(({ verdict }) => verdict === 'differs') || (isWhole && observed?.some((one) => !known.includes(one)));
  if (differs === true) return { ...settled, verdict: 'differs', predicted };
  if (observed === null || !isWhole) return { ...open, verdict: 'cannot tell', predicted };
  return { ...settled, verdict: 'agrees', predicted };
}

/** What would have to be known for the decision to be certain; what was not read, by where it stands. */
function missingIn({ open, groups, notes }: ServerDecision): string[] {
  const needs = groups.flatMap(({ decision }) => decision?.needs.map(({ fact }) => fact) ?? []);
  const all = [...open.flatMap(({ needs: own }) => own), ...needs].map((need) =>
    need.startsWith('opaque: ') ? `what was not read at ${/\(([^()]*)\)$/.exec(need)?.[1] ?? need}` : need,
  );
  const named = [...new Set(all)];
  return named.length > 0 ? named.slice(0, MOST) : notes.map(({ text }) => text).slice(0, MOST);
}

/** So much of what is missing is named. */
const MOST = 8;
