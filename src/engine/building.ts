/** The building of a model's layers, kept: where all that it rests on is as it was, the same layers are built. */
import type { Machine } from '../rules/index.ts';
import { createNoting } from './follow.ts';
import type { Known } from './known.ts';
import { buildLayers } from './layers.ts';
import type { BuiltLayers, ENDS, LayerCall, Selected } from './layers.ts';
import { isSameFact } from './question.ts';

/** What a call is given: facts of a backend's class, nothing, or that the start ends with it. */
type Gave = Selected | typeof ENDS | undefined;

/** Answers a call as it is made. */
export type Select = (call: LayerCall) => Gave;

export interface Building {
  readonly machine: Machine;
  readonly known: Known;
  /** The facts that were asked for. */
  readonly asked: readonly string[];
  readonly built: BuiltLayers;
  readonly gave: ReadonlyMap<LayerCall, Gave>;
}

/** Builds the layers by the rules of a model class. */
export function build(machine: Machine, known: Known, select: Select): Building {
  const gave = new Map<LayerCall, Gave>();
  const { noting, asked } = createNoting(known);
  const built = buildLayers(machine, noting, (call) => {
    const answer = select(call);
    gave.set(call, answer);
    return answer;
  });
  return { machine, known, asked: asked.names, built, gave };
}

/** The layers as they were built before, each call answered anew; undefined where others may be built now. */
export function buildAgain(before: Building, machine: Machine, known: Known, select: Select): Building | undefined {
  const { asked, built, gave } = before;
  if (before.machine !== machine) return undefined;
  if (!asked.every((name) => isSameFact(before.known.get(name), known.get(name)))) return undefined;
  for (const [call, answer] of gave) {
    const now = select(call);
    if (typeof now !== typeof answer) return undefined;
    if (built.asksBack && JSON.stringify(now) !== JSON.stringify(answer)) return undefined;
  }
  return before;
}
