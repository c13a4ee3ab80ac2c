/** The building of a model's layers, kept: where all that it rests on is as it was, the same layers are built. */
import type { Machine } from '../rules/index.ts';
import { createNoting } from './follow.ts';
import type { AskedInner, InnerModel } from './inner.ts';
import type { Known, Layer } from './known.ts';
import { buildLayers } from './layers.ts';
import type { BuildInside, BuiltLayers, ENDS, LayerCall, Selected } from './layers.ts';
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

/** Finds a model that a model builds. */
interface Inside {
  inner(known: Layer, asked: AskedInner): InnerModel;
}

/** So many models are built inside one another. */
const DEEPEST = 3;

/** Builds what a model builds of a class that it looks up, by the rules of that class. */
function createInside(rules: Inside, known: Layer, select: Select, deep = 1): BuildInside {
  return (asked, prefix) => {
    const found = deep > DEEPEST ? { unread: 'models inside models inside models' } : rules.inner(known, asked);
    if ('unread' in found) return found;
    const { machine, known: within } = found;
    // the call itself, of which more is told later
    const own: Select = (call) => select(Object.assign(call, { within }));
    return buildLayers(machine, within, own, createInside(rules, within, select, deep + 1), prefix);
  };
}

/** Builds the layers by the rules of a model class. */
export function build(rules: Inside, machine: Machine, known: Layer, select: Select, prefix = ''): Building {
  const gave = new Map<LayerCall, Gave>();
  const { noting, asked } = createNoting(known);
  const answered: Select = (call) => {
    const answer = select(call);
    gave.set(call, answer);
    return answer;
  };
  const built = buildLayers(machine, noting, answered, createInside(rules, known, answered), prefix);
  return { machine, known, asked: asked.names, built, gave };
}

/** The layers as they were built before, each call answered anew; undefined where others may be built now. */
export function buildAgain(before: Building, machine: Machine, known: Known, select: Select): Building | undefined {
  const { asked, built, gave } = before;
  // what another model inside it asks for is not kept
  if (before.machine !== machine || built.hasInner) return undefined;
  if (!asked.every((name) => isSameFact(before.known.get(name), known.get(name)))) return undefined;
  for (const [call, answer] of gave) {
    const now = select(call);
    if (typeof now !== typeof answer) return undefined;
    if (built.asksBack && JSON.stringify(now) !== JSON.stringify(answer)) return undefined;
  }
  return before;
}
