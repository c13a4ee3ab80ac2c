/** Bulk answers as they are written: plain JSON, where what depends on an unknown fact is null and named. */
import { textOf, UNKNOWN } from '../rules/index.ts';
import type { Machine, Trail } from '../rules/index.ts';
import { answerAttention, answerVit, startBulk } from './ask.ts';
import type { BulkResult, Request, Telling } from './ask.ts';
import type { BulkQuestion, Stock } from './asked.ts';
import { backendOf } from './outcome.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface BulkAnswer {
  readonly [key: string]: Json;
  /** The keys that depend on facts which the question leaves open; their values are null. */
  readonly unknown: readonly string[];
}

/** What of an answer is the same for all questions that do not differ in what it rests on. */
interface Kept {
  readonly [key: string]: Json;
  readonly unknown: readonly string[];
}

const trails = new WeakMap<Machine, Map<string, Trail<Kept>>>();

/**
 * Answers a question of the bulk format with the rules of one platform of a release. The keys are those of the recorded
 * answers; `unknown` names those that are open, and `needs` the facts that would settle them. Parts of answers are shared
 * between questions: nobody may change them.
 */
export function bulkAnswer(machine: Machine, q: BulkQuestion, stock: Stock, release: string): BulkAnswer {
  const request = startBulk(machine, q, stock);
  const how: Telling = { mla: Boolean(q.call?.use_mla), flash: stock.conventions.flashAttention };
  const kept = request.error === undefined ? trailOf(machine, q, request, how)() : answer(machine, q, request, how);
  return { id: q.id ?? null, release, ...kept };
}

/** The trail of the questions that ask for the same things. */
function trailOf(machine: Machine, q: BulkQuestion, request: Request, how: Telling): Trail<Kept> {
  let known = trails.get(machine);
  if (!known) trails.set(machine, (known = new Map()));
  const isVit = q.kind === 'vit';
  const key = isVit ? 'vit' : `${textOf(request.backend)} ${how.mla ? 'mla' : ''} ${how.flash}`;
  let trail = known.get(key);
  if (!trail)
    known.set(key, (trail = machine.trail(() => answer(machine, { kind: isVit ? 'vit' : 'attn' }, request, how))));
  return trail;
}

/** Answers the question at hand in plain JSON. */
function answer(machine: Machine, { kind }: BulkQuestion, request: Request, how: Telling): Kept {
  const { winner, ...rest } =
    kind === 'vit' ? { ...answerVit(machine), winner: undefined } : answerAttention(machine, request, how);
  const known: BulkResult = { ...rest };
  if (kind !== 'vit') Object.assign(known, { winner: winner ?? null, ...chosen(machine, winner) });
  const unknown = Object.keys(known).filter((key) => holdsUnknown(known[key]));
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(known)) out[key] = unknown.includes(key) ? null : (value as Json);
  const needs = unknown.length > 0 ? { needs: [...machine.unknowns()] } : {};
  return { ...out, unknown, ...needs };
}

/** The class that was chosen, and the member of the registry that stands for it. */
function chosen(machine: Machine, winner: unknown): BulkResult {
  if (winner === undefined || winner === null || winner === UNKNOWN) return {};
  const term = machine.rules.terms['selection.class'];
  const cls = term === undefined ? null : machine.resolve(term);
  const member = typeof cls === 'string' ? backendOf(machine.rules, cls) : null;
  return { winner_class: cls, winner_enum: member === cls ? null : member };
}

function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsUnknown);
}
