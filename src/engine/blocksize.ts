/** What becomes of the block size that a user asks for, in releases whose platform sets it before a backend is selected. */
import type { Term } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { AskedBlockSize } from './decision.ts';
import { enough } from './explain.ts';
import type { Prober } from './explain.ts';
import { isOpen, resolved } from './outcome.ts';
import { givenFact } from './question.ts';
import type { Question } from './question.ts';

const ASKED = 'cache_config.block_size';
const RUNS = 'asked.block_size';
/** The term that tells where the platform sets the block size, in releases where it does. */
export const STEPS = 'completed.block_size';

/**
 * What the platform makes of the block size that the question asks for by a flag; null where it asks for none, or where the
 * release's platform sets none. The places are those that set it to what it is; none where it stays as it was asked for.
 */
export function askedBlockSize(prober: Prober, question: Question): AskedBlockSize | null {
  const { terms, places } = prober.machine.rules;
  const steps = stepsOf(terms[STEPS]);
  const given = givenFact(question, ASKED);
  if (steps === undefined || given?.from !== 'flag' || typeof given.value !== 'number') return null;
  const machine = prober.with({});
  const runs = resolved(machine, RUNS);
  if (isOpen(runs)) return { asked: given.value, runs: null, known: false, because: [], places: [] };
  const held = steps.map(([, value]) => machine.resolve(value));
  const setBy = steps.findLast((_, i) => held[i] !== (i === 0 ? given.value : held[i - 1]));
  return {
    asked: given.value,
    runs: runs as Json,
    known: true,
    because: enough(prober, (m) => resolved(m, RUNS) === runs),
    places: runs === given.value ? [] : (setBy?.[2] ?? []).map((at) => places[at]!),
  };
}

const stepsOf = (term: Term | undefined) =>
  term !== undefined && term !== null && typeof term === 'object' && 'list' in term ? term.list : undefined;
