/**
 * The world in which a command line's configuration is read: that of the model's configuration, with what other parts of
 * the rules say as facts, and the few functions that are not entered.
 */
import {
  fresh,
  gap,
  kindInput,
  nameIn,
  native,
  newInstance,
  NONE_VALUE,
  one,
  opaque,
  placeOf,
} from '../python/index.ts';
import type { Args, ClassAtom, InstanceAtom, Reader, Value, World } from '../python/index.ts';
import { draftModel, lateInfo, lateShape, wrapping } from './draftmodel.ts';
import { quantConfig } from './quantobject.ts';
import { shapeRecord } from './modelfacts.ts';
import { jsonDict } from './json.ts';
import { createModelWorld, modelConfigs, usedArchitecture } from './modelworld.ts';
import { fieldInput, isAssigned, madeInput, record } from './records.ts';
import { dtypeInput } from './outside.ts';
import { runsServer } from './servechecks.ts';
import type { Tree } from './tree.ts';

const MODEL = 'vllm.config.model';

type Cut = (R: Reader, args: Args) => Value;

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
  // a line gives an object of JSON, and no function
  hf_overrides: (R) => one(jsonDict(R, 'args.hf_overrides')),
  model_arch_config: (R) => shapeRecord(R),
  _model_info: (R) => recordAt(R, 'vllm.model_executor.models.registry', '_ModelInfo', 'model_info'),
  _architecture: (R) => usedArchitecture(R),
};

function recordAt(R: Reader, module: string, name: string, path: string): Value | undefined {
  const cls = classOf(R, module, name);
  return cls && one(record(R, cls, path));
}

/** A model configuration whose fields are facts; its methods and properties are the release's own. */
function modelConfig(R: Reader): Value {
  const cls = classOf(R, MODEL, 'ModelConfig');
  if (!cls) return one(opaque('the model configuration', 'model_config'));
  const made: InstanceAtom = {
    ...newInstance(cls),
    id: fresh(),
    lazy: (name) =>
      (Object.hasOwn(PARTS, name) ? PARTS[name]!(R) : undefined) ?? fieldInput(R, cls, 'model_config', name),
  };
  return one(made);
}

/** The method with which an object of quantization takes in what else the model has. */
const UPDATE = 'maybe_update_config';

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
      // what no method of its class sets is not there
      if (!isAssigned(v, attr) || v.mro.some((c) => c.scope?.binders.has(attr))) return undefined;
      return madeInput(R, v, `quant_config.${attr}`, attr) ?? base.lazy!(attr);
    };
    const made: InstanceAtom = { ...newInstance(v), lazy };
    // what it makes of itself is read with what it is made of
    made.attrs.set(UPDATE, one(native(UPDATE, () => NONE_VALUE)));
    return { g, v: made };
  });
}

/** A tokenizer is of a package outside: which one is loaded, and what goes wrong then, is not read. */
function tokenizer(R: Reader): Value {
  const frame = R.frame!;
  gap(R, frame, 'what is raised where a tokenizer is loaded');
  return one(opaque('a tokenizer', placeOf(frame)));
}

const isModelConfig = ({ modname, name }: ClassAtom): boolean => modname === MODEL && name === 'ModelConfig';

const infoClass = (R: Reader): ClassAtom | undefined => classOf(R, 'vllm.model_executor.models.registry', '_ModelInfo');

/** Another model that a line names has a config.json of its own: nothing of the one in question is its. */
function anotherModel(R: Reader): Value {
  const frame = R.frame!;
  gap(R, frame, 'what is raised where the configuration of another model is made');
  return one(opaque('the configuration of another model', placeOf(frame)));
}

/** What the reading of the command line does not enter: names of the tree, and what they give. */
const CUT: Readonly<Record<string, Cut>> = {
  // the model's facts are read by themselves: whose shape is asked for here is another one
  'vllm.config.model.ModelConfig.get_model_arch_config': (R, args) => lateShape(R, args) ?? anotherModel(R),
  'vllm.engine.arg_utils.EngineArgs.create_model_config': modelConfig,
  'vllm.model_executor.model_loader.weight_utils.get_quant_config': quantization,
  'vllm.tokenizers.registry.cached_tokenizer_from_config': tokenizer,
  'vllm.transformers_utils.tokenizer.cached_tokenizer_from_config': tokenizer,
};

/** What the registry says of a model. */
const INSPECT = 'vllm.model_executor.models.registry._ModelRegistry.inspect_model_cls';

/** Makes the world of one platform in which a command line's configuration is read. */
export function createEngineWorld(tree: Tree, platform: string): World {
  const base = createModelWorld(tree, platform);
  return {
    ...base,
    construct: (R, cls, args) =>
      isModelConfig(cls)
        ? (draftModel(R, cls, infoClass(R), args) ?? anotherModel(R))
        : (wrapping(R, cls, args) ?? base.construct?.(R, cls, args)),
    // what a server does once it runs is another question
    notEntered: (fn, R, call) =>
      fn.node.nodeType === 'AsyncFunctionDef'
        ? one(opaque(`what ${fn.qualname} does`, `${fn.module.path}:${fn.node.lineno ?? 0}`))
        : base.notEntered?.(fn, R, call),
    replaced: (name, R) => {
      if (runsServer(name)) return one({ ...native(name, () => NONE_VALUE), takesRest: true });
      if (name === INSPECT) {
        const target = base.replaced(name, R)!;
        return one(native(name, (args) => lateInfo(R, infoClass(R), args, () => R.call(R.frame!, target, args))));
      }
      return Object.hasOwn(CUT, name)
        ? one({ ...native(name, (args) => CUT[name]!(R, args)), method: true })
        : base.replaced(name, R);
    },
  };
}
