/** What a scheduler raises of the room that multimodal input takes, as it works out how much of it a step may encode. */
import { dict, kindInput, nameIn, one, str, under } from '../python/index.ts';
import type { Reader } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Shipper } from '../rules/index.ts';
import { ask } from './asking.ts';
import { record } from './records.ts';
import { eventsTerm, onlyRaises } from './terms.ts';

const MODULE = 'vllm.v1.core.encoder_cache_manager';
const BUDGET = 'compute_mm_encoder_budget';

/**
 * Adds `budget.events`: what `compute_mm_encoder_budget` raises by the configuration of the scheduler. How many tokens an item
 * takes is the word of a processor, of a package outside: it is open. Adds nothing where the tree has no such function.
 */
export function shipBudget(R: Reader, ship: Shipper): void {
  const budget = nameIn(R, MODULE, BUDGET);
  const cls = nameIn(R, 'vllm.config.scheduler', 'SchedulerConfig')?.[0]?.v;
  if (budget?.[0]?.v.k !== 'func' || cls?.k !== 'class') return;
  const config = one(record(R, cls, 'scheduler_config'));
  // of several kinds of items that which takes most counts
  const tokens = one(dict([{ key: str('item'), g: YES, v: kindInput(R, 'processor.tokens', ['int']) }]));
  const { events, frame } = ask(R, MODULE, (f) =>
    under(R, f, YES, () => R.call(f, budget, { pos: [config, tokens], kw: new Map() })),
  );
  ship.add('budget.events', eventsTerm(R, frame, ship, onlyRaises(events)));
}
