/** Bulk answers as they are written: plain JSON, where what depends on an unknown fact is null and named. */
import { UNKNOWN } from '../rules/index.ts';
import type { Machine, Resolved, Term } from '../rules/index.ts';
import { answerBulk } from './ask.ts';
import type { BulkQuestion, Stock } from './ask.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface BulkAnswer {
  readonly [key: string]: Json;
  /** The keys that depend on facts which the question leaves open; their values are null. */
  readonly unknown: readonly string[];
}

/**
 * Answers a question of the bulk format with the rules of one platform of a release. The keys are those of the recorded
 * answers; `unknown` names those that are open, and `needs` the facts that would settle them.
 */
export function bulkAnswer(machine: Machine, q: BulkQuestion, stock: Stock, release: string): BulkAnswer {
  const { id, winner, ...rest } = answerBulk(machine, q, stock);
  const known: Record<string, Resolved | readonly (readonly string[])[]> = { id: id ?? null, release, ...rest };
  if (q.kind !== 'vit') Object.assign(known, { winner: winner ?? null, ...chosen(machine, winner as Resolved) });
  const unknown = Object.keys(known).filter((key) => holdsUnknown(known[key]));
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(known)) out[key] = unknown.includes(key) ? null : (value as Json);
  const needs = unknown.length > 0 ? { needs: [...machine.unknowns()] } : {};
  return { ...out, unknown, ...needs };
}

/** The class that was chosen, and the member of the registry that stands for it. */
function chosen(machine: Machine, winner: Resolved): Record<string, Resolved> {
  if (winner === null || winner === UNKNOWN) return {};
  const { terms } = machine.rules;
  const winnerClass = terms['selection.class'] === undefined ? null : machine.resolve(terms['selection.class']);
  const isIt = (t: Term | undefined): boolean =>
    t !== null && typeof t === 'object' && 'record' in t && t.record['class'] === winnerClass;
  const member = Object.keys(terms).find((name) => name.startsWith('backend.') && isIt(terms[name]));
  return { winner_class: winnerClass, winner_enum: member?.slice('backend.'.length) ?? null };
}

function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsUnknown);
}
