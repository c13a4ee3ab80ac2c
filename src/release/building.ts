/* oxlint-disable max-lines -- all that is left out or stands in while a model is built, in one place */
/**
 * The world in which a model is built: that of selection, with a worker whose process groups are set up, and without
 * the layers that hold weights, which build no attention. What is left out or stands in for a worker is listed here.
 */
import {
  NONE_VALUE,
  UNBOUND,
  bool,
  builtinClass,
  copiedWith,
  copyWith,
  findInClass,
  flagCond,
  gap,
  kindInput,
  knownOutside,
  list,
  nameIn,
  native,
  nativeOf,
  note,
  one,
  opaque,
  originOf,
  outside,
  placeOf,
  seen,
  str,
  tuple,
  wrote,
} from '../python/index.ts';
import type {
  Args,
  Atom,
  ClassAtom,
  Frame,
  FuncAtom,
  InstanceAtom,
  Node,
  Reader,
  Value,
  World,
} from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Cond, Kind } from '../rules/index.ts';
import {
  changedJson,
  JSON_KINDS,
  jsonDtype,
  jsonList,
  jsonObject,
  jsonValue,
  placeOf as placeOfJson,
  shapeObjects,
} from './json.ts';
import { AUTO_NAMES, namesByType } from './autonames.ts';
import { groupOf } from './groups.ts';
import { INNER, innerModel } from './inner.ts';
import { keyKinds } from './keys.ts';
import { parametersOf } from './making.ts';
import { layersByName } from './layersbyname.ts';
import { makerOf } from './makingworld.ts';
import { PER_LAYER } from './perlayer.ts';
import { hasEntries, hasTexts, textsOutside } from './modelworld.ts';

import type { Tree } from './tree.ts';
import { moduleClass, moduleHas } from './torchmodule.ts';
import { createWorld } from './world.ts';
import { modelOfPackage, ofWrapper } from './wrapped.ts';

/** Modules whose functions are not entered: they make layers of weights, and nothing that selects a backend. */
const WEIGHTS =
  /^vllm\.(model_executor\.(layers|model_loader|utils|warmup|kernels|offloader\.(?!base))|lora|multimodal|distributed\.(?!parallel_state|utils)|kernels|_custom_ops|triton_utils|compilation|profiler|v1\.attention\.ops|v1\.worker|model_inspection)(\.|$)/;
/** Modules that prepare what a model is given: nothing in them builds a layer. */
const INPUTS = /^vllm\.(tokenizers|transformers_utils\.(tokenizer|processors?))(\.|$)/;
/** Those among the first that layers which attend or keep a state are made of. */
const ATTENTION =
  /^vllm\.model_executor\.layers\.(attention(\.|$)|mamba(\.(?!ops)|$)|mla$|attention_layer_base$|quantization\.(base_config|utils\.config_utils)$)|^vllm\.model_executor\.model_loader\.weight_utils$|^vllm\.compilation\.decorators$|^vllm\.v1\.worker\.gpu\.cudagraph_utils$|^vllm\.v1\.attention\.backends\.registry$/;
/** Where layers of attention are built: what is missed elsewhere can build none. */
const BUILDERS = /^vllm\.(model_executor\.models|models|model_executor\.layers\.(attention|mla))(\.|$)/;

/** Functions beside those that are not entered, by their last name: what they look up is there once all layers are built. */
const LATER = new Set(['validate_kv_sharing_target']);
/** Constructors that only choose between forms of the same computation. */
const FORMS = /^CustomOp\.(__init__|dispatch_forward|maybe_compile|enabled|default_on)$/;

const flag = (b: boolean): Value => one(bool(b));

function replaced(name: string, R: Reader): Value | undefined {
  const made = groupOf(R, name);
  if (made) return made;
  // stages are read as one
  if (name === 'vllm.envs.VLLM_PP_LAYER_PARTITION') return NONE_VALUE;
  if (name === 'vllm.model_executor.models.utils.no_init_weights') {
    note(R, 'elsewhere', `${name}: what is put aside has asked for its backends before`, '');
    return one(native(name, () => NONE_VALUE));
  }
  if (name === 'vllm.config.utils.replace') return one({ ...native('replace', withFields(R)), takesRest: true });
  return undefined;
}

/** A configuration with other fields: what it checks of all of them it checked when it was made first. */
export const withFields =
  (R: Reader) =>
  ({ pos, kw }: Args): Value => {
    note(R, 'elsewhere', 'vllm.config.utils.replace: it checks again what was checked when it was made', '');
    return pos[0]!.map(({ g, v }) => {
      if (v.k !== 'instance') return { g, v: opaque('a configuration of uncertain class', '') };
      const made = copyWith(v, kw);
      for (const name of kw.keys()) wrote(made, name);
      return { g, v: made };
    });
  };

/** Can a function of this module build a layer of attention? */
export const buildsLayers = (path: string): boolean =>
  BUILDERS.test(path.replace(/\.py(:\d+)?$/, '').replaceAll('/', '.'));

/** Is nothing in this module entered? */
const isLeft = (module: string): boolean => INPUTS.test(module) || (WEIGHTS.test(module) && !ATTENTION.test(module));

/** What a call of a function that is not entered gives: nothing for a constructor, else something nobody knows. */
function notEntered(fn: FuncAtom, R: Reader, { frame, args }: { frame: Frame; args: Args }): Value | undefined {
  const wrapped = ofWrapper(fn, R, { frame, args });
  if (wrapped) return wrapped;
  const module = fn.module.name;
  const left = (why: string): void => note(R, 'elsewhere', `${module}${why}`, '');
  if (LATER.has(fn.name) || FORMS.test(fn.qualname)) {
    left(
      `.${fn.qualname}: ${LATER.has(fn.name) ? 'a check once all layers are there' : 'one form or another of a layer'}`,
    );
    return NONE_VALUE;
  }
  const inputs = INPUTS.test(module);
  if (!isLeft(module)) return undefined;
  // layers may be missing: whoever builds a model of a class that is looked up, or a layer that registers itself
  if (fn.name === INNER) {
    const inner = innerModel(R, frame, args);
    if (typeof inner === 'string') missed(R, `${inner} is not read: ${INNER}`);
    else seen(R, frame, 'inner', inner, placeOf(builder(R) ?? frame));
  }
  if (fn.name === '__init__' && registers(fn)) missed(R, notBuilt(fn.owner!.name));
  left(`: it ${inputs ? 'prepares inputs' : 'makes weights'}, and no layer that attends; what it gives is unknown`);
  noteMaking(R, frame, fn, args);
  if (fn.name === '__init__') return NONE_VALUE;
  // what is said to be an object of a class is at least something
  if (fn.node.returns && isObject(fn.node.returns as Node)) return one(outside(`what ${fn.qualname} gives`));
  return one(
    opaque(`${fn.qualname} is not read`, R.frame ? placeOf(R.frame) : `${fn.module.path}:${fn.node.lineno ?? 0}`),
  );
}

/** Tells of layers that may be missing, at the place of the model that would build them. */
function missed(R: Reader, why: string): void {
  const frame = builder(R);
  if (!frame) return;
  gap(R, frame, why);
  note(R, 'skipped', why, placeOf(frame));
}

/** Where the model stands that is being built. */
function builder(R: Reader): Frame | undefined {
  let { frame } = R;
  while (frame?.caller && !buildsLayers(placeOf(frame))) frame = frame.caller;
  return frame;
}

const notBuilt = (what: string): string => `what ${what} builds is not read`;

/** Is it of a layer that has a place in the cache, which puts itself among the layers of the model? */
const registers = (fn: FuncAtom): boolean => fn.owner?.mro.some(({ name }) => name === 'AttentionLayerBase') === true;

/** Keeps the call of a maker of weights with what it is given; one whose arguments are not known by their names is not kept. */
function noteMaking(R: Reader, frame: Frame, fn: FuncAtom, args: Args): void {
  const isConstructor = fn.name === '__init__';
  const maker = makerOf(fn, isConstructor ? args.pos[0]?.[0]?.v : undefined);
  if (!maker || args.rest) return;
  const given = new Map<string, Value>([['@maker', one(str(maker))]]);
  parametersOf(fn).forEach((name, i) => {
    const value = isConstructor && i === 0 ? undefined : (args.pos[i] ?? args.kw.get(name));
    if (value) given.set(name, value);
  });
  seen(R, frame, 'make', given);
}

/** Does an annotation name a class whose objects are never empty and never None? */
const isObject = (n: Node): boolean =>
  (n.nodeType === 'Attribute' || n.nodeType === 'Name') &&
  /^(Parameter|Tensor|Module|[A-Z]\w*(Layer|Linear|Embedding))$/.test((n.attr ?? n.id) as string);

const OBJECT_KINDS: readonly Kind[] = [
  'missing',
  'none',
  'false',
  'true',
  'int',
  'float',
  'str',
  'list',
  'dict',
  'object',
];

/** A key of the model's config that was asked for, and of which kinds its value and the items of its list were taken to be. */
export interface AskedKey {
  readonly kinds: readonly Kind[];
  readonly items?: readonly Kind[];
}

/** What is asked of the model's configuration objects. */
export interface AskedConfigs {
  /** The keys, as they are asked for. */
  readonly keys: ReadonlyMap<string, AskedKey>;
  /** Was the whole object asked for its text part by the name under which that stands? */
  byName: boolean;
}

/**
 * Says of which class the model's configuration objects are; gives what is asked of them. Of a composite model the whole
 * object is `hf`, and its text part, which stands under `part` in it, is `hf_text_config`, which may be the whole as well; `found`
 * is told where that part was looked for.
 */
// oxlint-disable-next-line max-lines-per-function -- one table of attributes
export function shapeConfigs(
  R: Reader,
  tree: Tree,
  composite: boolean,
  { part, found }: TextPart = { part: TEXT_PART, found: new Set() },
): AskedConfigs {
  const keysAsked = new Map<string, AskedKey>();
  const asked: AskedConfigs = { keys: keysAsked, byName: false };
  const keys = keyKinds(R, tree);
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const cls = builtinClass('PreTrainedConfig', object, 'transformers');
  const kindsOf = (path: string, name: string): readonly Kind[] => {
    // the text part of a composite model is made of no further parts
    if (composite && path !== CONFIG && PART.test(name)) return ['missing', 'none', 'object'];
    const own = keys.of.get(name) ?? JSON_KINDS;
    // an object inside a config may have been made one of a class
    return own.includes('dict') && !own.includes('object') ? [...own, 'object'] : own;
  };
  shapeObjects(R, {
    cls: { ...cls, foreign: ['transformers.PretrainedConfig', 'transformers.PreTrainedConfig'], mro: [cls, object] },
    isA: (path, of) => flagCond(R, `${path}.is.${of}`),
    kinds: OBJECT_KINDS,
    inside: () => OBJECT_KINDS,
    entries: hasEntries,
    own(name, self) {
      const at = placeOfJson(originOf(self));
      const path =
        composite || originOf(self) === jsonObject(R, CONFIG) || at?.startsWith(DRAFT_OBJECTS) ? at : undefined;
      switch (name) {
        case 'dtype':
          return path === undefined ? undefined : jsonDtype(R, `${path}.dtype`);
        case 'model_type':
          return path === undefined ? undefined : kindInput(R, `${path}.model_type`, ['str']);
        case 'architectures':
          if (path === undefined) return undefined;
          return kindInput(R, `${path}.architectures`, ['none', 'list'], () =>
            list([{ g: YES, v: kindInput(R, `${path}.architectures.0`, ['str']) }]),
          );
        case TEXT_PART:
          if (path === WHOLE || path?.startsWith(`${WHOLE}.`)) found.add(`${path}.${name}`.slice(WHOLE.length + 1));
          if (`${path}.${name}` !== `${WHOLE}.${part}`) break;
          asked.byName = true;
          return one(jsonObject(R, CONFIG));
        case 'get_text_config':
          return one(
            native(name, () =>
              path === WHOLE || path === DRAFT_WHOLE ? copiedWith(self, one(textOf(R, path))) : one(self),
            ),
          );
        case PER_LAYER:
          return one(opaque('an object for each layer', path ?? ''));
        case 'update':
          return one(native(name, () => (missed(R, 'what is set in the configuration is not read'), NONE_VALUE)));
      }
      if (path === undefined) return undefined;
      const classes = keys.methods.get(name);
      if (classes) return methodOf(R, self, path, name, classes);
      const items = keys.items.get(name);
      const kinds = kindsOf(path, name);
      keysAsked.set(`${path}.${name}`, { kinds, ...(items ? { items } : {}) });
      if (items) jsonList(R, `${path}.${name}`, (item) => jsonValue(R, item, items));
      return jsonValue(R, `${path}.${name}`, kinds);
    },
  });
  return asked;
}

/** A method of an object that is of one of these classes of the release; of another one it is not there. */
function methodOf(
  R: Reader,
  self: InstanceAtom,
  path: string,
  name: string,
  classes: readonly (readonly [module: string, cls: string])[],
): Value {
  let other: Cond = YES;
  const found = classes.flatMap(([module, of]): Value => {
    const cls = nameIn(R, module, of)?.[0]?.v;
    const fn = cls?.k === 'class' ? findInClass(R, cls, name)?.value[0]?.v : undefined;
    const is = flagCond(R, `${path}.is.${module.split('.')[0]!}/${of}`);
    const g = R.d.and(other, is);
    other = R.d.and(other, R.d.not(is));
    if (!fn) return [{ g, v: opaque(`the method ${name} of ${of}`, path) }];
    return [{ g, v: native(name, ({ pos, kw }) => R.call(R.frame!, one(fn), { pos: [one(self), ...pos], kw })) }];
  });
  return [...found, { g: other, v: UNBOUND }];
}

const CONFIG = 'hf_text_config';
/** The configuration object of the model that drafts, and how the names of its facts and of those of its text part begin. */
export const DRAFT_WHOLE = 'draft.hf';
const DRAFT_OBJECTS = DRAFT_WHOLE;

/** The text part of a whole object, which may be the object itself. */
export function textOf(R: Reader, whole: typeof WHOLE | typeof DRAFT_WHOLE): InstanceAtom {
  const made = jsonObject(R, `${whole}_text_config`);
  const g = flagCond(R, `${whole}.text_is_whole`);
  (made as { twin?: InstanceAtom['twin'] }).twin ??= { of: jsonObject(R, whole), g };
  return made;
}

/**
 * What of the configuration objects of a composite model was changed so that it matters where its text part stands: `true`
 * where it does in any case, else the names of parts of the whole under which the text part must not stand.
 */
export function changedParts(R: Reader): true | readonly string[] {
  const found = new Set<string>();
  for (const [path] of changedJson(R)) {
    const [root, part] = path.split('.');
    if (root === CONFIG || (root === WHOLE && part === undefined)) return true;
    if (root === WHOLE) found.add(part!);
  }
  return [...found].sort();
}

/** Where the text part of a composite model stands in the whole object, and where it was looked for. */
export interface TextPart {
  readonly part: string;
  readonly found: Set<string>;
}

/** The object of a composite model, and the name under which it, or a part of it, holds its text part. */
export const WHOLE = 'hf';
export const TEXT_PART = 'text_config';

/** Keys of a composite model's object that hold objects of other classes. */
const PART = /^(?!.*(quantization|quant|compression|rope|generation)_config$)\w+_config$/;

/** A registry of layers by name that is being filled: no name is in it yet; `put` is told what is put in. */
export function registryOfLayers(R: Reader, put: (name: Value, layer: Value) => void): Value {
  const methods: Readonly<Record<string, (args: Args) => Value>> = {
    __setitem__: ({ pos }) => (put(pos[0]!, pos[1]!), NONE_VALUE),
    __contains__: () => flag(false),
    setdefault: () => NONE_VALUE,
    update: () => NONE_VALUE,
  };
  return layersByName(R, methods, 'the layers that are built already', 'static_forward_context');
}

/** A parameter: of the shape of the tensor that it is made of, where that is known. */
const parameter = (data: Atom | undefined): Atom => {
  const name = 'a torch.nn.Parameter';
  return data?.k === 'outside' && data.known ? knownOutside(name, data.known) : outside(name);
};

/** A function of torch that makes a tensor of the sizes that it is told, one by one or together, by so many arguments. */
const tensors = (name: string, told?: number): Value =>
  one(
    native(name, ({ pos, kw }) => {
      const shape = shapeOf({ pos: pos.slice(0, told), kw });
      const known = new Map(shape ? [['shape', one(tuple(shape))]] : []);
      return one(knownOutside(`what torch.${name} gives`, known));
    }),
  );

/** The sizes that such a function is told; undefined where they are not known to be sizes. */
function shapeOf({ pos, kw }: Pick<Args, 'pos' | 'kw'>): readonly Value[] | undefined {
  const [first = kw.get('size') ?? [], ...others] = pos;
  const held = first.length === 1 ? first[0]!.v : undefined;
  if (held?.k === 'tuple') return held.items;
  if (held?.k === 'list') return held.items.every((i) => i.g === YES) ? held.items.map((i) => i.v) : undefined;
  const sizes = [first, ...others];
  return sizes.every((n) => n.length > 0 && n.every((a) => a.v.k === 'int' || a.v.k === 'num')) ? sizes : undefined;
}

/** What building a model asks of packages. */
const TORCH: Readonly<Record<string, (R: Reader) => Value>> = {
  'torch.get_default_dtype': (R) => one(native('get_default_dtype', () => modelDtype(R))),
  // a list of modules is a list
  'torch.nn.ModuleList': (R) => one(nativeOf(R, 'torch.nn.ModuleList', (_R, _f, args) => args.pos[0] ?? one(list([])))),
  'torch.nn.modules.container.ModuleList': (R) => TORCH['torch.nn.ModuleList']!(R),
  'torch.nn.Parameter': () =>
    one(
      native(
        'Parameter',
        ({ pos }) => pos[0]?.map(({ g, v }) => ({ g, v: parameter(v) })) ?? one(parameter(undefined)),
      ),
    ),
  [AUTO_NAMES]: namesByType,
  'transformers.AutoModel.from_config': modelOfPackage,
  'torch.full': () => tensors('full', 1),
  ...Object.fromEntries(['empty', 'zeros', 'ones'].map((name) => [`torch.${name}`, () => tensors(name)])),
};

/** Makes the world of one platform in which a model is built. */
export function createBuildingWorld(tree: Tree, platform: string): World {
  const base = createWorld(tree, platform);
  return {
    ...base,
    // while a model is built torch's default dtype is the model's
    outside: (name, R) =>
      Object.hasOwn(TORCH, name) ? TORCH[name]!(R) : (textsOutside(name, R) ?? base.outside(name, R)),
    outsideHas: moduleHas,
    hasName: hasTexts,
    replaced: (name, R) => replaced(name, R) ?? base.replaced(name, R),
    notEntered,
    leavesOut: (fn) => isLeft(fn.module.name) && fn.name !== INNER && !registers(fn),
  };
}

const modelDtype = (R: Reader): Value => {
  const config = nameIn(R, 'vllm.config.vllm', '_current_vllm_config')!;
  const frame = R.frame!;
  return R.getAttr(frame, R.getAttr(frame, config, 'model_config'), 'dtype');
};

/**
 * Makes the world in which a model's class is looked at: torch.nn.Module is a class of which it is known what it has, so
 * that what a model has of its own is known too.
 */
export function createInspectingWorld(tree: Tree, platform: string): World {
  const base = createWorld(tree, platform);
  return {
    ...base,
    outside: (name, R) =>
      name === 'torch.nn.Module' || name === 'torch.nn.modules.module.Module'
        ? one(moduleClass(R))
        : base.outside(name, R),
    replaced: (name, R) => replaced(name, R) ?? base.replaced(name, R),
  };
}
