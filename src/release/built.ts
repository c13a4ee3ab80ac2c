/**
 * What a worker makes of the configuration once the model is built: the block size that its backend asks for, and the mode
 * of CUDA graphs that it can have. Both are read for one backend, that of every layer that attends.
 */
import {
  entryFrame,
  findInClass,
  choiceInput,
  flagInput,
  kindInput,
  list,
  nameIn,
  note,
  one,
  opaque,
  setAttr,
} from '../python/index.ts';
import type { Args, ClassAtom, Frame, FuncAtom, InstanceAtom, Reader, Value } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Shipper } from '../rules/index.ts';
import { eventsTerm, plainTerm, termOf } from './terms.ts';

const INTERFACE = 'vllm.platforms.interface';

/** How a release finds the backends of the layers that attend: all of them, or one. */
const FINDERS: Readonly<Record<string, (cls: ClassAtom) => Value>> = {
  _find_non_ssm_backends: (cls) => one(list([{ g: YES, v: one(cls) }])),
  _find_non_ssm_backend: one,
};

/** What aligns the block size of layers of several kinds: what it leaves is not read. */
const ALIGNING = ['_align_hybrid_block_size', '_align_heterogeneous_kv_block_size'];

/** The function behind a method of a class. */
function methodOf(R: Reader, cls: ClassAtom, name: string): FuncAtom | undefined {
  const v = findInClass(R, cls, name)?.value[0]?.v;
  const fn = v?.k === 'classmethod' || v?.k === 'staticmethod' ? v.fn[0]!.v : v;
  return fn?.k === 'func' ? fn : undefined;
}

const nameOf = (fn: FuncAtom): string => `${fn.module.name}.${fn.qualname}`;

/**
 * Adds for a backend `built.<name>.block_size` and `.events`: what `update_block_size_for_backend` leaves and says when all
 * layers that attend have this backend; `built.<name>.is_ssm` says whether its layers attend at all.
 */
export function shipBlockSize(
  R: Reader,
  ship: Shipper,
  { config, platform, name, cls }: { config: InstanceAtom; platform: InstanceAtom; name: string; cls: ClassAtom },
): void {
  const plain = plainTerm();
  const update = methodOf(R, platform.cls, 'update_block_size_for_backend');
  const finder = Object.keys(FINDERS).find((f) => methodOf(R, platform.cls, f));
  if (!update || !finder) return;
  const frame = entryFrame(R, INTERFACE);
  const cache = R.getAttr(frame, one(config), 'cache_config');
  const found = methodOf(R, platform.cls, finder)!;
  // told instead of read, and listed as such
  const tell = (fn: FuncAtom, work: (frame: Frame) => Value): void => {
    note(R, 'modelled', nameOf(fn), '');
    R.observers.set(nameOf(fn), (_args, at) => work(at));
  };
  tell(found, () => FINDERS[finder]!(cls));
  for (const aligning of ALIGNING) {
    const fn = methodOf(R, platform.cls, aligning);
    if (fn) tell(fn, (at) => unaligned(R, at, cache));
  }
  const kept = cache.flatMap((a) => (a.v.k === 'instance' ? [[a.v, new Map(a.v.attrs)] as const] : []));
  const call = R.getAttr(frame, one(platform), update.name);
  R.call(frame, call, { pos: [one(config)], kw: new Map() } satisfies Args);
  ship.add(`built.${name}.block_size`, termOf(R.getAttr(frame, cache, 'block_size'), plain));
  ship.add(`built.${name}.events`, eventsTerm(R, frame, ship, frame.trace));
  const ssm = R.attrOf(frame, cls, 'is_ssm');
  if (ssm) ship.add(`built.${name}.is_ssm`, termOf(R.call(frame, ssm, { pos: [], kw: new Map() }), plain));
  // the next backend finds the configuration as this one did
  for (const [thing, attrs] of kept) {
    thing.version++;
    thing.attrs.clear();
    for (const [key, value] of attrs) thing.attrs.set(key, value);
  }
}

function unaligned(R: Reader, frame: Frame, cache: Value): Value {
  const why = 'how the block size is aligned for layers of several kinds';
  setAttr(R, frame, cache, 'block_size', one(opaque(why, INTERFACE)));
  return one(opaque(why, INTERFACE));
}

/**
 * Adds `built.cudagraph_mode` and `built.cudagraph.events`: what `resolve_cudagraph_mode_and_sizes` makes of the mode in
 * force for the weakest support of the backends at hand, `built.cudagraph_support`, of the one called
 * `built.cudagraph_backend`. The model is undrafted; whether it has piecewise graphs is `built.piecewise`.
 */
export function shipCudagraphMode(R: Reader, ship: Shipper, config: InstanceAtom): void {
  const frame = entryFrame(R, 'vllm.config.compilation');
  const compilation = R.getAttr(frame, one(config), 'compilation_config');
  const owner = compilation[0]?.v;
  const fn = owner?.k === 'instance' ? methodOf(R, owner.cls, 'resolve_cudagraph_mode_and_sizes') : undefined;
  const levels = nameIn(R, 'vllm.v1.attention.backend', 'AttentionCGSupport')?.[0]?.v;
  if (!fn || levels?.k !== 'class' || !levels.enumMembers) return;
  const kw = new Map<string, Value>([
    [
      'min_cg_support',
      choiceInput(
        R,
        'built.cudagraph_support',
        levels.enumMembers.map((m) => ({ label: m.member!, atom: m })),
      ),
    ],
    ['min_cg_attn_backend', kindInput(R, 'built.cudagraph_backend', ['none', 'str'])],
  ]);
  const params = new Set(((fn.node.args as { args?: unknown }).args as { arg: string }[]).map((p) => p.arg));
  for (const [name, value] of [
    // how sizes are rounded for the older kind of worker decides no mode
    ['use_v2_model_runner', flagInput(R, 'built.use_v2_model_runner')],
    ['piecewise_capture_available', flagInput(R, 'built.piecewise')],
  ] as const)
    if (params.has(name)) kw.set(name, value);
  const made = R.call(frame, R.getAttr(frame, compilation, fn.name), { pos: [], kw });
  ship.add('built.cudagraph_mode', termOf(made, plainTerm()));
  ship.add('built.cudagraph.events', eventsTerm(R, frame, ship, frame.trace));
}
