/** What the switch for answers that do not depend on the batch changes: which backend would run, and which it disables. */
import { MISSING } from '../rules/index.ts';
import { readList } from './candidates.ts';
import type { BatchInvariance } from './decision.ts';
import type { Prober } from './explain.ts';
import { backendOf, outcomeOf } from './outcome.ts';

/** The fact of the switch, and how it is on. */
const SWITCH = 'env.VLLM_BATCH_INVARIANT';
const ON = '1';

/** What comes out with it, all other facts being as they are; null where the rules do not ask for it. */
export function batchInvariance(prober: Prober): BatchInvariance | null {
  const { machine } = prober;
  if (!machine.inputs.includes(SWITCH)) return null;
  const valid = readList(prober.with({ [SWITCH]: MISSING })).filter((row) => row.valid === 1);
  const on = readList(prober.with({ [SWITCH]: ON }));
  const outcome = outcomeOf(prober.with({ [SWITCH]: ON }));
  const lost = valid.flatMap(({ backend }) => on.filter((row) => row.backend === backend && row.refused === 1));
  return {
    fact: SWITCH,
    outcome: outcome.is,
    backend: outcome.is === 'starts' ? backendOf(machine.rules, outcome.cls) : null,
    disables: lost.map(({ backend, reasons }) => ({
      backend,
      reasons: reasons.flatMap(({ text, certain }) => (certain && text !== null ? [text] : [])),
    })),
  };
}
