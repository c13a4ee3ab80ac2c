/** Reads which backend multi-head latent attention takes for the prefill, where a release chooses it apart. */
import { entryFrame, moduleScope, nameIn, one, under, union } from '../python/index.ts';
import type { InstanceAtom, Reader, Value } from '../python/index.ts';
import type { Shipper } from '../rules/index.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';

/** Where the function stands, and its name; the layers' own reading watches for the same. */
export const PREFILL_SELECTOR = ['get_mla_prefill_backend', 'vllm.v1.attention.backends.mla.prefill.selector'] as const;

/**
 * Adds the terms `ask.<function>.name`, the backend's own name, and `ask.<function>.events`, what is raised and logged. Adds
 * nothing for a release that has no such function.
 */
export function shipMlaPrefill(R: Reader, ship: Shipper, config: InstanceAtom): void {
  const [name, module] = PREFILL_SELECTOR;
  const fn = moduleScope(R, module) && nameIn(R, module, name);
  if (!fn) return;
  const frame = entryFrame(R, module);
  const chosen = R.call(frame, fn, { pos: [one(config)], kw: new Map() });
  ship.add(`ask.${name}.events`, eventsTerm(R, frame, ship, frame.trace));
  const aside = entryFrame(R, module);
  const named = chosen.flatMap(({ g, v }): Value => {
    const method = under(R, aside, g, () => R.attrOf(aside, v, 'get_name'));
    const said = method && under(R, aside, g, () => R.call(aside, method, { pos: [], kw: new Map() }));
    return (said ?? []).map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
  });
  ship.add(`ask.${name}.name`, termOf(union(R.d, named), plainTerm()));
}
