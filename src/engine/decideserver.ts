/** The decision about a server: a question and a release's rules in, the whole answer out. */
import { MISSING } from '../rules/index.ts';
import type { Resolved as Value } from '../rules/index.ts';
import { atImport } from './atimport.ts';
import { BLOCK_SIZE } from './builderfacts.ts';
import type { Json } from './bulk.ts';
import { casesOf } from './cases.ts';
import { decide } from './decide.ts';
import type { Deciding } from './decide.ts';
import type { Note, VariantAnswer } from './decision.ts';
import { flagChanges } from './flagchanges.ts';
import { isOpen } from './outcome.ts';
import type { GivenFact, Question, Variant } from './question.ts';
import { answerServer, plainArgs, SELECTOR } from './server.ts';
import type { ServerAnswer, ServerGroup, ServerRules } from './server.ts';
import type { Group, GroupDecision, Resolved, ServerDecision } from './serverdecision.ts';
import { withRoots, wordsOf } from './roots.ts';
import { inputsOf } from './serverinputs.ts';
import type { Known } from './known.ts';

export interface DecidingServer {
  /** Leaves out what a short answer does not need. */
  readonly without?: readonly ('changes' | 'variants' | 'forcing')[];
  /** So many changes of the line are enough; none are tried where it is 0. */
  readonly changes?: number;
}

/** What a start comes to, by name, in the order in which it is shown. */
const RESOLVED = [
  'model_config.dtype',
  'model_config.quantization',
  'model_config.use_mla',
  'model_config.max_model_len',
  'cache_config.cache_dtype',
  'cache_config.block_size',
  'parallel_config.tensor_parallel_size',
  'parallel_config.pipeline_parallel_size',
  'parallel_config.data_parallel_size',
  'parallel_config.decode_context_parallel_size',
  'attention_config.backend',
  'attention_config.flash_attn_version',
  'compilation_config.mode',
  'compilation_config.cudagraph_mode',
  // once the model is built
  'final.block_size',
  'final.cudagraph_mode',
  'final.kv_cache_layout',
];

/**
 * Decides a question about a server: the stages of its start, the layers that it builds, and for every group of them the
 * backend with its reasons. The same question gives the same decision. It throws nothing of its own.
 */
export const decideServer = (rules: ServerRules, question: Question, options: DecidingServer = {}): ServerDecision =>
  decisionOn(rules, question, answerServer(rules, question), options);

/** The decision about a question that was answered. */
// oxlint-disable-next-line max-lines-per-function -- one line for each part of the answer
export function decisionOn(
  rules: ServerRules,
  question: Question,
  answer: ServerAnswer,
  options: DecidingServer,
): ServerDecision {
  const without = new Set(options.without);
  const { known, outcome, error, open, complete, gaps } = answer;
  const deciding: Deciding = {
    without: [
      ...(without.has('changes') ? (['whatif'] as const) : []),
      ...(without.has('forcing') ? (['forcing'] as const) : []),
    ],
  };
  const groups = answer.groups.map((group) => groupOf(rules, question, answer, group, deciding));
  const variants = without.has('variants')
    ? []
    : (question.variants ?? []).map((variant) => variantOf(rules, question, variant, answer));
  return {
    schemaVersion: 1,
    question,
    release: question.release,
    platform: question.platform,
    headline: {
      outcome,
      backends: groups.map(({ role, backend, layers, decision }) => ({
        role,
        backend,
        layers,
        flashAttention: decision?.flashAttention?.used === true ? decision.flashAttention.version : null,
      })),
      device: textOrNull(known, 'device.name'),
      release: question.release,
      architecture: textOrNull(known, 'model_config.architecture'),
    },
    atImport: atImport(rules.selection),
    outcome,
    error: error ?? null,
    open,
    cases: outcome === 'unknown' && !without.has('changes') ? casesOf(rules, question, answer) : [],
    groups,
    complete,
    inputs: inputsOf(answer),
    resolved: resolvedOf(known),
    logs: distinctLines(answer.logs),
    changes: without.has('changes') ? [] : flagChanges(rules, question, answer, groups, options.changes),
    variants,
    notes: notesOf(question, answer, gaps),
  };
}

function textOrNull(known: Known, name: string): string | null {
  const value = known.get(name);
  return typeof value === 'string' ? value : null;
}

const resolvedOf = (known: Known): Resolved[] =>
  RESOLVED.flatMap((name) => {
    const given = known.given(name);
    return given === undefined ? [] : [{ name, ...withRoots(known, name, given) }];
  });

/** A group with its decision. */
function groupOf(
  rules: ServerRules,
  question: Question,
  { known }: ServerAnswer,
  group: ServerGroup,
  deciding: Deciding,
): Group {
  const { role, layer, by, asks, layers, certain, call, backend } = group;
  const open = Object.entries(call.args).flatMap(([name, value]) => (isOpen(value) ? [name] : []));
  return {
    role,
    layer,
    by,
    asks,
    place: call.place ?? null,
    layers,
    certain,
    names: patternsOf(group.names),
    call: plainArgs(call),
    open,
    backend,
    decision: asks === SELECTOR ? decisionOf(rules, question, group.within ?? known, group, deciding) : null,
  };
}

function decisionOf(
  rules: ServerRules,
  question: Question,
  known: Known,
  group: ServerGroup,
  deciding: Deciding,
): GroupDecision {
  const asked = groupQuestion(rules, question, known, group);
  const made = decide(rules.selection, asked, deciding);
  const { facts, outcome, error, winner, possible, needs, candidates, funnel } = made;
  const { flashAttention, follows, forcing, whatif, notes } = made;
  return {
    facts,
    outcome,
    error,
    winner,
    possible,
    needs,
    candidates,
    funnel,
    flashAttention,
    follows,
    forcing,
    whatif,
    notes,
  };
}

/** What the selection is asked for a group, each fact with where it comes from. */
export function groupQuestion(rules: ServerRules, question: Question, known: Known, group: ServerGroup): Question {
  const facts: Record<string, GivenFact> = {};
  for (const name of rules.selection.inputs) {
    const isOwn = name.startsWith('call.') || name.startsWith(BESIDE);
    const given = isOwn ? argument(known, group, name) : known.given(name);
    if (given !== undefined) facts[name] = isOwn ? given : withRoots(known, name, given);
  }
  // the size that the worker ends with, where that is known
  const size = known.given('final.block_size');
  if (size !== undefined || rules.selection.inputs.includes(BLOCK_SIZE))
    facts[BLOCK_SIZE] = size ?? { from: 'unknown' };
  return { release: question.release, platform: question.platform, facts };
}

/** Facts of a layer that the selection is not asked with. */
const BESIDE = 'layer.';

function argument(known: Known, { call, because }: ServerGroup, name: string): GivenFact | undefined {
  const key = name.slice(name.indexOf('.') + 1);
  const value: Value | undefined = (name.startsWith(BESIDE) ? call.beside : call.args)[key];
  if (value === undefined) return undefined;
  const where = wordsOf(known, because[key] ?? []) ?? call.place;
  const base = where === undefined ? {} : { where };
  if (isOpen(value)) return { from: 'unknown', ...base };
  return value === MISSING
    ? { missing: true, from: 'derived', ...base }
    : { value: value as Json, from: 'derived', ...base };
}

/** Names with a running number as one pattern, with the numbers. */
export function patternsOf(names: readonly string[]): { readonly pattern: string; readonly index: string }[] {
  const found = new Map<string, number[]>();
  for (const name of names) {
    const at = /(?<=^|\.)\d+(?=\.|$)/.exec(name);
    const pattern = at ? `${name.slice(0, at.index)}#${name.slice(at.index + at[0].length)}` : name;
    const numbers = found.get(pattern) ?? [];
    if (at) numbers.push(Number(at[0]));
    found.set(pattern, numbers);
  }
  return [...found].map(([pattern, numbers]) => ({ pattern, index: ranges(numbers) }));
}

/** `0-5, 9`, or `0-10/2` for every second one. */
function ranges(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let from = 0; from < numbers.length;) {
    const length = runFrom(numbers, from);
    const step = length > 1 ? numbers[from + 1]! - numbers[from]! : 0;
    const many = length > 2 || (length === 2 && step === 1);
    const last = numbers[from + length - 1];
    parts.push(many ? `${numbers[from]!}-${last!}${step === 1 ? '' : `/${step}`}` : String(numbers[from]!));
    from += many ? length : 1;
  }
  return parts.join(', ');
}

/** How many numbers follow each other in equal steps upwards. */
function runFrom(numbers: readonly number[], from: number): number {
  const step = (numbers[from + 1] ?? numbers[from]!) - numbers[from]!;
  if (step <= 0) return 1;
  const end = numbers.findIndex((n, i) => i > from && n - numbers[i - 1]! !== step);
  return (end < 0 ? numbers.length : end) - from;
}

/** The same line at the same place is told once. */
function distinctLines(lines: ServerDecision['logs']): ServerDecision['logs'] {
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()];
}

/** A question some of whose facts are replaced. */
export const withFacts = (question: Question, facts: Readonly<Record<string, GivenFact>>): Question => ({
  ...question,
  facts: { ...question.facts, ...facts },
});

const comesTo = ({ outcome, groups, error }: ServerAnswer): string =>
  JSON.stringify([outcome, error?.type ?? null, groups.map(({ backend, layers }) => [backend, layers])]);

function variantOf(rules: ServerRules, question: Question, { name, facts }: Variant, now: ServerAnswer): VariantAnswer {
  const like = { answer: now, changed: new Set(Object.keys(facts)) };
  const answer = answerServer(rules, withFacts(question, facts), { like });
  const names = [...new Set(answer.groups.map(({ backend }) => backend ?? 'unknown'))];
  const backend = answer.outcome === 'refused' || names.length === 0 ? null : names.join(', ');
  return { name, outcome: answer.outcome, backend, same: comesTo(answer) === comesTo(now) };
}

function notesOf(question: Question, answer: ServerAnswer, gaps: readonly string[]): Note[] {
  const said = [...(question.notes ?? []), ...answer.notes].map((text): Note => ({ code: 'not-modelled', text }));
  const unread = gaps.map((text): Note => ({ code: 'not-read', text }));
  const beyond: Note[] = answer.outcome === 'starts' ? [{ code: 'not-modelled', text: beyondOf(answer) }] : [];
  return [...said, ...unread, ...beyond];
}

/** What an answer that a server starts does not speak of; of layers with weights, what could not be read. */
function beyondOf({ unread }: ServerAnswer): string {
  const layers =
    unread === undefined
      ? ['what layers with weights and rotary embedding refuse (a size that does not divide, say)']
      : unread.length > 0
        ? [`of layers with weights ${listed(unread)}`]
        : [];
  return `Not looked at: ${[...layers, ...(unread === undefined ? [] : [KERNELS]), 'loading', 'memory'].join(', ')}.`;
}

/** So many things are told one by one. */
const MOST_LISTED = 4;

const listed = (all: readonly string[]): string =>
  [...all.slice(0, MOST_LISTED), ...(all.length > MOST_LISTED ? [`${all.length - MOST_LISTED} more`] : [])].join('; ');

const KERNELS = 'which kernels compute the layers';
