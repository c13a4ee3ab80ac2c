/**
 * Whether a worker builds a model that drafts beside the one that is served: read from the workers, which make an object that
 * drafts and have it load its model.
 */
import { findInClass, flagCond, moduleScope, newInstance, one } from '../python/index.ts';
import type { Atom, ClassAtom, InstanceAtom, Node, Reader, Value, World } from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond, Shipper } from '../rules/index.ts';
import { NEWER } from './built.ts';
import { shipDraftLoad } from './draftload.ts';
import { plainTerm, termOf } from './terms.ts';
import { attributeOf, workerOf, WORKERS } from './workers.ts';

const LOADS = 'load_model';
/** The attribute of a worker that says whether the model that is served gives what drafts the states of its layers. */
const STATES = 'use_aux_hidden_state_outputs';

/** A worker's class, and the attribute that holds what drafts. */
interface Drafting {
  readonly cls: Node;
  readonly attr: string;
}

/**
 * Adds `built.draft.states`, whether the model that is served has to give the states of its layers, and `built.drafts`: whether what drafts loads a model of its own, for the worker that runs. An object whose class has nothing
 * to load builds none; of any other it is true. Nothing is added where a worker does not say who drafts.
 */
export function shipDrafter(R: Reader, ship: Shipper, config: InstanceAtom): void {
  const newer = flagCond(R, `built.${NEWER}`);
  const chooses = findInClass(R, config.cls, NEWER) !== undefined;
  let none: Cond = NO;
  const drafting: { g: Cond; v: Atom }[] = [];
  const states: { g: Cond; v: Atom }[] = [];
  for (const [module, isNewer] of WORKERS) {
    const found = draftingIn(moduleScope(R, module)?.body ?? []);
    if (!found) continue;
    const g = !chooses ? YES : isNewer ? newer : R.d.not(newer);
    for (const a of setBy(R, module, found, config, STATES)) states.push({ g: R.d.and(g, a.g), v: a.v });
    for (const { g: when, v } of setBy(R, module, found, config, found.attr))
      if (!loads(R, v)) none = R.d.or(none, R.d.and(g, when));
      else drafting.push({ g: R.d.and(g, when), v });
  }
  shipDraftLoad(R, ship, config, drafting);
  ship.add('built.draft.states', termOf(states, plainTerm()));
  if (none === NO) return;
  ship.add('built.drafts', {
    pick: [
      [none, false],
      [R.d.not(none), true],
    ],
  });
}

/** The worker's class that has `self.<attr>` load a model, which is not the worker itself. */
function draftingIn(body: readonly Node[]): Drafting | undefined {
  for (const cls of body) {
    const attr = cls.nodeType === 'ClassDef' ? loadedBy(cls) : undefined;
    if (attr !== undefined) return { cls, attr };
  }
  return undefined;
}

/** The attribute of the object that an object has load its model. */
function loadedBy(n: unknown): string | undefined {
  if (Array.isArray(n)) return n.reduce<string | undefined>((found, x) => found ?? loadedBy(x), undefined);
  if (!n || typeof n !== 'object') return undefined;
  const node = n as Node;
  const method = node.nodeType === 'Call' ? (node.func as Node) : undefined;
  const of = method?.nodeType === 'Attribute' && method.attr === LOADS ? (method.value as Node) : undefined;
  if (of?.nodeType === 'Attribute' && (of.value as Node).id === 'self') return of.attr as string;
  return loadedBy(Object.values(node));
}

/** What stands in an attribute once the worker is made. */
function setBy(R: Reader, module: string, { cls }: Drafting, config: InstanceAtom, attr: string): Value {
  const worker = workerOf(R, module, cls, config);
  if (!worker) return [];
  const { world } = R;
  // who is made is told by the class: what is in it is not looked at
  const made = (c: ClassAtom): Value | undefined => (isOfTree(c) ? one(newInstance(c)) : undefined);
  const construct: World['construct'] = (reader, c, args) => made(c) ?? world.construct?.(reader, c, args);
  (R as { world: World }).world = { ...world, construct };
  try {
    return attributeOf(R, worker, attr);
  } finally {
    (R as { world: World }).world = world;
  }
}

const isOfTree = ({ modname }: ClassAtom): boolean => modname.startsWith('vllm.v1.');

/** May an object load a model? */
function loads(R: Reader, v: Atom): boolean {
  if (v.k === 'none' || v.k === 'unbound') return false;
  if (v.k !== 'instance') return true;
  const found = findInClass(R, v.cls, LOADS)?.value;
  if (!found) return v.cls.mro.some((c) => c.foreign.length > 0);
  const fn = found[0]?.v;
  return fn?.k !== 'func' || found.length > 1 || !(fn.node.body as Node[]).every(isNothing);
}

/** A statement that does nothing. */
const isNothing = (s: Node): boolean =>
  s.nodeType === 'Pass' || (s.nodeType === 'Expr' && (s.value as Node).nodeType === 'Constant');
