/**
 * What a worker makes of the configuration once the model is built: the block size that its backend asks for, and the mode
 * of CUDA graphs that it can have. Both are read for one backend, that of every layer that attends.
 */
import {
  TRUE,
  choiceInput,
  dict,
  entryFrame,
  findInClass,
  flagCond,
  flagInput,
  kindInput,
  moduleScope,
  nameIn,
  native,
  newInstance,
  one,
  opaque,
  setAttr,
  str,
  under,
  union,
} from '../python/index.ts';
import type { Args, Atom, ClassAtom, Frame, FuncAtom, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Shipper } from '../rules/index.ts';
import { callNamed } from './asking.ts';
import { declaredSizes, shipBlockSizes } from './blocksizes.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';
import { attributeOf, callsByWorkers, workerOf } from './workers.ts';
import type { WorkerCall } from './workers.ts';

const INTERFACE = 'vllm.platforms.interface';

const LAYER = ['vllm.model_executor.layers.attention_layer_base', 'AttentionLayerBase'] as const;

/** The layers of a built model by name, one for each of the backends that layers have. */
function layersWith(R: Reader, backends: readonly Atom[]): Value | undefined {
  const base = nameIn(R, ...LAYER)?.[0]?.v;
  if (base?.k !== 'class') return undefined;
  const layers = backends.map((backend, i) => {
    const layer = newInstance(base);
    layer.attrs.set('get_attn_backend', one(native('get_attn_backend', () => one(backend))));
    return { key: str(`layer ${i}`), g: YES, v: one(layer) };
  });
  return one(dict(layers));
}

/** The function behind a method of a class. */
function methodOf(R: Reader, cls: ClassAtom, name: string): FuncAtom | undefined {
  const v = findInClass(R, cls, name)?.value[0]?.v;
  const fn = v?.k === 'classmethod' || v?.k === 'staticmethod' ? v.fn[0]!.v : v;
  return fn?.k === 'func' ? fn : undefined;
}

/** The worker that a configuration and a platform make, by which block sizes are worked out. */
export interface Worker {
  readonly config: InstanceAtom;
  readonly platform: InstanceAtom;
}

/** What `update_block_size_for_backend` leaves for the block size where layers have these backends, in their order. */
function settledSize(R: Reader, { config, platform }: Worker, frame: Frame, backends: readonly Atom[]): Value {
  const update = methodOf(R, platform.cls, 'update_block_size_for_backend');
  const layers = layersWith(R, backends);
  if (!update || !layers) return [];
  const cache = R.getAttr(frame, one(config), 'cache_config');
  setAttr(R, frame, R.getAttr(frame, one(config), 'compilation_config'), 'static_forward_context', layers);
  const kept = cache.flatMap((a) => (a.v.k === 'instance' ? [[a.v, new Map(a.v.attrs)] as const] : []));
  const call = R.getAttr(frame, one(platform), update.name);
  R.call(frame, call, { pos: [one(config)], kw: new Map() } satisfies Args);
  const size = R.getAttr(frame, cache, 'block_size');
  // the next backend finds the configuration as this one did
  for (const [thing, attrs] of kept) {
    thing.version++;
    thing.attrs.clear();
    for (const [key, value] of attrs) thing.attrs.set(key, value);
  }
  return size;
}

/**
 * Adds for a backend `built.<name>.block_size` and `.events`: what `update_block_size_for_backend` leaves and says when all
 * layers that attend have this backend; `.sizes`, what it declares of block sizes.
 */
export function shipBlockSize(R: Reader, ship: Shipper, worker: Worker, { name, cls }: Backend): void {
  if (!moduleScope(R, INTERFACE)) return;
  const frame = entryFrame(R, INTERFACE);
  const size = settledSize(R, worker, frame, [cls]);
  if (size.length === 0) return;
  ship.add(`built.${name}.block_size`, termOf(size, plainTerm()));
  ship.add(`built.${name}.events`, eventsTerm(R, frame, ship, frame.trace));
  const declared = declaredSizes(R, entryFrame(R, INTERFACE), cls);
  if (declared.length > 0) ship.add(`built.${name}.sizes`, termOf(declared, plainTerm()));
}

/** Adds `built.states.block_size` and `.events`: the same where all layers keep a state, whatever backends they have. */
export function shipStatesAlone(R: Reader, ship: Shipper, worker: Worker): void {
  if (!moduleScope(R, INTERFACE)) return;
  const frame = entryFrame(R, INTERFACE);
  const backend: InstanceAtom = {
    ...newInstance(R.builtin('object')![0]!.v as ClassAtom),
    lazy: (name) =>
      name === 'is_ssm'
        ? one(native(name, () => one(TRUE)))
        : name.startsWith('__')
          ? undefined
          : one(opaque(`${name} of a backend that keeps a state`, '')),
  };
  const size = settledSize(R, worker, frame, [backend]);
  if (size.length === 0) return;
  ship.add('built.states.block_size', termOf(size, plainTerm()));
  ship.add('built.states.events', eventsTerm(R, frame, ship, frame.trace));
}

/** A backend by its name in the rules. */
export interface Backend {
  readonly name: string;
  readonly cls: ClassAtom;
}

/** Adds what the block size comes to where several backends attend: see `shipBlockSizes`. */
export const shipSeveral = (R: Reader, ship: Shipper, worker: Worker, backends: readonly ClassAtom[]): void =>
  shipBlockSizes(R, ship, backends, {
    config: worker.config,
    settle: (frame, of) => settledSize(R, worker, frame, of),
  });

/** Adds `built.<name>.is_ssm`: whether the layers of a backend keep a state instead of keys and values. */
export function shipIsState(R: Reader, ship: Shipper, name: string, cls: ClassAtom): void {
  const said = callNamed(R, entryFrame(R, cls.modname), cls, 'is_ssm');
  if (said.length > 0) ship.add(`built.${name}.is_ssm`, termOf(said, plainTerm()));
}

/** The property of the configuration that says which worker runs. */
export const NEWER = 'use_v2_model_runner';

/** The names of an enumeration's members in the order of their numbers. */
const weakestFirst = (members: readonly InstanceAtom[]): readonly string[] => {
  const number = ({ attrs }: InstanceAtom): number => {
    const v = attrs.get('_value_')?.[0]?.v;
    return v?.k === 'int' ? v.n : Number.NaN;
  };
  return members.toSorted((a, b) => number(a) - number(b)).map(({ member }) => member!);
};

const RESOLVE = 'resolve_cudagraph_mode_and_sizes';
/** Its parameter that says how many tokens of a request a step decodes: one, and as many as a drafter proposes. */
const LENGTH = 'uniform_decode_query_len';
const COMPILED = 'vllm.v1.worker.gpu.cudagraph_utils.has_compiled_submodule';

/** The length with which a worker calls: as its constructor sets it, else the fact `built.decode_query_len`. */
function lengthOf(R: Reader, { pos, module, cls }: WorkerCall, at: number, config: InstanceAtom): Value {
  const given = pos[at];
  const isOwn = given?.nodeType === 'Attribute' && (given.value as Node).id === 'self';
  const worker = isOwn && cls ? workerOf(R, module, cls, config) : undefined;
  const made = worker ? attributeOf(R, worker, given!.attr as string) : [];
  const isWhole = made.every(({ v }) => v.k === 'int' || (v.k === 'num' && !v.float));
  return made.length > 0 && isWhole ? made : kindInput(R, 'built.decode_query_len', ['int']);
}

/**
 * Adds `built.cudagraph_mode` and `built.cudagraph.events`: what `resolve_cudagraph_mode_and_sizes` makes of the mode in
 * force, as the workers call it, for the weakest support of the backends at hand, `built.cudagraph_support`, of the one
 * called `built.cudagraph_backend`; `built.cudagraph_levels`, how weak each is. How many tokens of a request are decoded at
 * once is `built.decode_query_len` where the worker's constructor does not say it; whether a part of the model is compiled, `built.compiled`, is read with its layers.
 */
export function shipCudagraphMode(R: Reader, ship: Shipper, config: InstanceAtom): void {
  const module = 'vllm.config.compilation';
  if (!nameIn(R, module, 'CompilationConfig')) return;
  const frame = entryFrame(R, module);
  const compilation = R.getAttr(frame, one(config), 'compilation_config');
  const owner = compilation[0]?.v;
  const fn = owner?.k === 'instance' ? methodOf(R, owner.cls, RESOLVE) : undefined;
  const levels = nameIn(R, 'vllm.v1.attention.backend', 'AttentionCGSupport')?.[0]?.v;
  if (!fn || levels?.k !== 'class' || !levels.enumMembers) return;
  const support = levels.enumMembers.map((m) => ({ label: m.member!, atom: m }));
  ship.add('built.cudagraph_levels', { list: weakestFirst(levels.enumMembers).map((name) => [YES, name] as const) });
  R.observers.set(COMPILED, () => flagInput(R, 'built.compiled'));
  const newer = flagCond(R, `built.${NEWER}`);
  // where there is one kind of worker nothing says which
  const chooses = findInClass(R, config.cls, NEWER) !== undefined;
  // the object itself is no argument
  const lengthAt = ((fn.node.args as Node).args as Node[]).findIndex((p) => p.arg === LENGTH) - 1;
  const made = callsByWorkers(R, RESOLVE).flatMap((call): Value => {
    const kw = new Map([
      ...call.kw,
      ['min_cg_support', choiceInput(R, 'built.cudagraph_support', support)],
      ['min_cg_attn_backend', kindInput(R, 'built.cudagraph_backend', ['none', 'str'])],
      ...(lengthAt < 0 ? [] : [[LENGTH, lengthOf(R, call, lengthAt, config)] as const]),
    ] as const);
    const g = !chooses ? YES : call.newer ? newer : R.d.not(newer);
    const mode = under(R, frame, g, () => R.call(frame, R.getAttr(frame, compilation, RESOLVE), { pos: [], kw })) ?? [];
    return mode.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
  });
  ship.add('built.cudagraph_mode', termOf(union(R.d, made), plainTerm()));
  ship.add('built.cudagraph.events', eventsTerm(R, frame, ship, frame.trace));
}
