/** Whether a built model gives what drafts the states of its layers: what the release's own function says of it. */
import { entryFrame, nameIn } from '../python/index.ts';
import type { Reader, Value } from '../python/index.ts';
import type { Shipper } from '../rules/index.ts';
import { plainTerm, termOf } from './terms.ts';

const INTERFACES = 'vllm.model_executor.models.interfaces';
const GIVES = 'supports_eagle3';

/** Adds `gives_states`; nothing where the release has no such function. */
export function shipGivesStates(R: Reader, ship: Shipper, model: Value): void {
  const ask = nameIn(R, INTERFACES, GIVES);
  if (ask)
    ship.add(
      'gives_states',
      termOf(R.call(entryFrame(R, INTERFACES), ask, { pos: [model], kw: new Map() }), plainTerm()),
    );
}
