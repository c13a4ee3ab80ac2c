/** What an engine raises once it is up: it then evaluates every variable of the environment that the release has. */
import { createReader, moduleScope, nameIn, under } from '../python/index.ts';
import type { Node, Reader } from '../python/index.ts';
import { createBook, YES } from '../rules/index.ts';
import type { RuleSet, Shipper } from '../rules/index.ts';
import { ask } from './asking.ts';
import type { Unread } from './selection.ts';
import { shipBudget } from './mmbudget.ts';
import { createShipment, eventsTerm, onlyRaises } from './terms.ts';
import type { Tree } from './tree.ts';
import { createWorld } from './world.ts';

/** The function that evaluates them, where it stands, and where it is called: `EngineCore.__init__`. */
const EVALUATES = 'enable_envs_cache';
const TABLE = 'vllm.envs';
const ENGINE = 'vllm.v1.engine.core';

/** What is raised, and what of it was not read. */
export interface EngineVariables {
  readonly rules: RuleSet;
  readonly notes: readonly Unread[];
}

/**
 * Reads `engine.events`: what evaluating the variables raises, in the order of `vllm/envs.py`. That they are kept from then on is not
 * read: the loop over them alone is. Without events where the engine of the tree evaluates none.
 */
export function readEngineVariables(tree: Tree, platform: string): EngineVariables {
  const R = createReader(createBook(), createWorld(tree, platform));
  const ship = createShipment(R);
  const evaluates = moduleScope(R, TABLE)?.body.find((s) => s.nodeType === 'FunctionDef' && s.name === EVALUATES);
  if (evaluates && calls(moduleScope(R, ENGINE)?.body, EVALUATES)) {
    const loops = (evaluates.body as Node[]).filter((s) => s.nodeType === 'For');
    const { events, frame } = ask(R, TABLE, (f) => under(R, f, YES, () => R.run(f, loops)));
    ship.add('engine.events', eventsTerm(R, frame, ship, onlyRaises(events)));
  }
  shipLogging(R, ship);
  shipBudget(R, ship);
  return { rules: ship.ship(), notes: [...R.notes.values()].sort((a, b) => (a.place < b.place ? -1 : 1)) };
}

/** Where logging is configured, by the environment alone. */
const LOGGER = 'vllm.logger';
const CONFIGURES = '_configure_vllm_root_logger';

/** Adds `logging.events`: what configuring logging by the environment raises, before all else that a start does. */
function shipLogging(R: Reader, ship: Shipper): void {
  const configures = nameIn(R, LOGGER, CONFIGURES);
  if (configures?.[0]?.v.k !== 'func') return;
  const { events, frame } = ask(R, LOGGER, (f) => R.call(f, configures, { pos: [], kw: new Map() }));
  ship.add('logging.events', eventsTerm(R, frame, ship, onlyRaises(events)));
}

/** Is a function of that name called in a piece of a tree? */
function calls(n: unknown, name: string): boolean {
  if (Array.isArray(n)) return n.some((x) => calls(x, name));
  if (!n || typeof n !== 'object') return false;
  const node = n as Node;
  return (node.nodeType === 'Call' && (node.func as Node).id === name) || calls(Object.values(node), name);
}
