/**
 * The world in which a command line's configuration is read: that of the model's configuration, with what other parts of
 * the rules say as facts, and the few functions that are not entered.
 */
import {
  exception,
  exprOf,
  findInClass,
  fresh,
  kindInput,
  nameIn,
  native,
  newInstance,
  NONE_VALUE,
  one,
  opaque,
  opaqueCond,
  care,
  placeOf,
  raise,
  setAttr,
  truth,
  under,
} from '../python/index.ts';
import type { Args, ClassAtom, InstanceAtom, Reader, Value, World } from '../python/index.ts';
import { quantConfig } from './quantobject.ts';
import { shapeRecord } from './modelfacts.ts';
import { createModelWorld, modelConfigs, usedArchitecture } from './modelworld.ts';
import { fieldInput, isAssigned, madeInput, record } from './records.ts';
import { dtypeInput } from './outside.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import type { Tree } from './tree.ts';

type Cut = (R: Reader, args: Args) => Value;

/** Something may be refused where the reading stands, and whether it is was not read. */
function mayRefuse(R: Reader, why: string): void {
  const frame = R.frame!;
  const g = R.d.and(care(R, frame), opaqueCond(R, frame, why));
  const cls = R.builtin('Exception')![0]!.v as ClassAtom;
  raise(R, frame, g, exception(cls, [one(opaque(why, placeOf(frame)))]), placeOf(frame), true);
}

/** The condition that a value is there and not None. */
const given = (R: Reader, value: Value): Cond =>
  value.reduce<Cond>((c, a) => (a.v.k === 'none' || a.v.k === 'unbound' ? c : R.d.or(c, a.g)), NO);

const classOf = (R: Reader, module: string, name: string): ClassAtom | undefined => {
  const v = nameIn(R, module, name)?.[0]?.v;
  return v?.k === 'class' ? v : undefined;
};

/** The facts that stand in a model configuration beside its fields: what it is made of. */
const PARTS: Readonly<Record<string, (R: Reader) => Value | undefined>> = {
  hf_config: (R) => one(modelConfigs(R).whole),
  hf_text_config: (R) => one(modelConfigs(R).text),
  dtype: (R) => dtypeInput(R, 'model_config.dtype'),
  // the names that there are stand behind a type that only a checker sees
  quantization: (R) => kindInput(R, 'model_config.quantization', ['none', 'str']),
  model_arch_config: shapeRecord,
  _model_info: (R) => recordAt(R, 'vllm.model_executor.models.registry', '_ModelInfo', 'model_info'),
  _architecture: (R) => usedArchitecture(R),
};

function recordAt(R: Reader, module: string, name: string, path: string): Value | undefined {
  const cls = classOf(R, module, name);
  return cls && one(record(R, cls, path));
}

/** A model configuration whose fields are facts; its methods and properties are the release's own. */
function modelConfig(R: Reader): Value {
  const cls = classOf(R, 'vllm.config.model', 'ModelConfig');
  if (!cls) return one(opaque('the model configuration', 'model_config'));
  const made: InstanceAtom = {
    ...newInstance(cls),
    id: fresh(),
    lazy: (name) =>
      (Object.hasOwn(PARTS, name) ? PARTS[name]!(R) : undefined) ?? fieldInput(R, cls, 'model_config', name),
  };
  return one(made);
}

/** What quantization does is read elsewhere; of which class it is follows from its name, and so what that class demands. */
function quantization(R: Reader, { pos }: Args): Value {
  const frame = R.frame!;
  const find = nameIn(R, 'vllm.model_executor.layers.quantization', 'get_quantization_config');
  const name = R.getAttr(frame, pos[0] ?? [], 'quantization');
  const classes = find ? R.call(frame, find, { pos: [name], kw: new Map() }) : [];
  const base = quantConfig(R).find((a) => a.v.k === 'instance')?.v as InstanceAtom;
  return classes.map(({ g, v }) => {
    if (v.k !== 'class') return { g, v: opaque('a method of quantization', placeOf(frame)) };
    const lazy = (attr: string): Value | undefined => {
      // what it changes stands in the facts already
      if (attr === 'maybe_update_config') return one(native(attr, () => NONE_VALUE));
      // what no method of its class sets is not there
      if (!isAssigned(v, attr) || v.mro.some((c) => c.scope?.binders.has(attr))) return undefined;
      return madeInput(R, v, `quant_config.${attr}`, attr) ?? base.lazy!(attr);
    };
    const made: InstanceAtom = { ...newInstance(v), lazy };
    return { g, v: made };
  });
}

const SIZES = 'cudagraph_capture_sizes';
const GREATEST = 'max_cudagraph_capture_size';
const COMPILED = 'compile_sizes';

/**
 * Which sizes of batches are captured decides no backend. What is refused of sizes that a line gives is not read: it may be
 * so where none is left, where they need not agree with a greatest one, or where sizes to compile for are given; of a
 * release that refuses in more places, always.
 */
function captured(R: Reader, { pos: [self = []] }: Args): Value {
  const frame = R.frame!;
  const config = R.getAttr(frame, self, 'compilation_config');
  const of = (name: string): Value => R.getAttr(frame, config, name);
  const [sizes, greatest] = [of(SIZES), of(GREATEST)];
  const some = sizes.reduce<Cond>((c, a) => (a.v.k === 'none' ? R.d.or(c, a.g) : c), truth(R, frame, sizes));
  const small = greatest.reduce<Cond>((c, { g, v }) => {
    const e = v.k === 'none' ? undefined : exprOf(v);
    const below = e ? R.book.test({ op: 'lt', args: [e, { op: 'const', value: 1 }] }) : YES;
    return v.k === 'none' ? c : R.d.or(c, R.d.and(g, below));
  }, NO);
  const cases: readonly (readonly [Cond, string])[] = [
    [R.d.not(some), `${SIZES} is empty`],
    [R.d.and(given(R, sizes), given(R, greatest)), `${SIZES} and ${GREATEST} are given`],
    [small, `${GREATEST} is less than one`],
    [refusals(R) > KNOWN_REFUSALS ? YES : NO, 'sizes of CUDA graphs are refused in places that are not known'],
  ];
  // where no graphs are captured sizes are not looked at
  const eager = truth(R, frame, R.getAttr(frame, R.getAttr(frame, self, 'model_config'), 'enforce_eager'));
  const off = of('cudagraph_mode').reduce<Cond>(
    (c, { g, v }) => (v.k === 'instance' && v.member === 'NONE' ? R.d.or(c, g) : c),
    eager,
  );
  for (const [when, why] of cases) under(R, frame, R.d.and(when, R.d.not(off)), () => mayRefuse(R, why));
  under(R, frame, given(R, of(COMPILED)), () => mayRefuse(R, `${COMPILED} is given`));
  for (const name of [SIZES, GREATEST, COMPILED])
    setAttr(R, frame, config, name, one(opaque('the sizes of batches whose CUDA graphs are captured', name)));
  return NONE_VALUE;
}

/** Where the releases that were looked at refuse: the greatest below one, none given, no agreement; of a drafter, no schedule. */
const KNOWN_REFUSALS = 4;

/** In how many places the function refuses. */
function refusals(R: Reader): number {
  const cls = classOf(R, 'vllm.config.vllm', 'VllmConfig');
  const fn = cls && findInClass(R, cls, '_set_cudagraph_sizes')?.value[0]?.v;
  return fn?.k === 'func' ? (JSON.stringify(fn.node).match(/"nodeType":"(?:Raise|Assert)"/g)?.length ?? 0) : 0;
}

/** What the reading of the command line does not enter: names of the tree, and what they give. */
const CUT: Readonly<Record<string, Cut>> = {
  // the model's facts are read by themselves
  'vllm.engine.arg_utils.EngineArgs.create_model_config': modelConfig,
  'vllm.model_executor.model_loader.weight_utils.get_quant_config': quantization,
  'vllm.config.vllm.VllmConfig._set_cudagraph_sizes': captured,
  // a model's processor of images and sounds is not asked
  'vllm.engine.arg_utils.EngineArgs._get_min_mm_batched_tokens': () =>
    one(opaque('how many tokens an image or a sound takes', 'vllm/engine/arg_utils.py')),
  // a tokenizer is not asked
  'vllm.config.reasoning.ReasoningConfig.initialize_token_ids': (R) => {
    mayRefuse(R, 'what the tokenizer makes of the texts around reasoning');
    return NONE_VALUE;
  },
};

/** Makes the world of one platform in which a command line's configuration is read. */
export function createEngineWorld(tree: Tree, platform: string): World {
  const base = createModelWorld(tree, platform);
  return {
    ...base,
    replaced: (name, R) =>
      Object.hasOwn(CUT, name) ? one(native(name, (args) => CUT[name]!(R, args))) : base.replaced(name, R),
  };
}
