/**
 * The world in which a model is built: that of selection, with a worker whose process groups are set up, and without
 * the layers that hold weights, which build no attention. What is left out or stands in for a worker is listed here.
 */
import {
  ancient,
  bool,
  builtinClass,
  flagInput,
  kindInput,
  knownOutside,
  list,
  nameIn,
  native,
  nativeOf,
  NONE_VALUE,
  note,
  one,
  opaque,
  outside,
  placeOf,
  tuple,
} from '../python/index.ts';
import type { Args, Atom, ClassAtom, FuncAtom, Node, Reader, Value, World } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Kind } from '../rules/index.ts';
import { JSON_KINDS, jsonDtype, jsonList, jsonObject, jsonValue, shapeObjects } from './json.ts';
import { groupOf } from './groups.ts';
import { keyKinds } from './keys.ts';

import type { Tree } from './tree.ts';
import { moduleClass } from './torchmodule.ts';
import { createWorld } from './world.ts';

/** Modules whose functions are not entered: they make layers of weights, and nothing that selects a backend. */
const WEIGHTS =
  /^vllm\.(model_executor\.(layers|model_loader|utils|warmup|kernels|offloader\.(?!base))|lora|multimodal|distributed\.(?!parallel_state|utils)|kernels|_custom_ops|triton_utils|compilation|profiler|v1\.attention\.ops|v1\.worker|model_inspection)(\.|$)/;
/** Those among them that layers which attend or keep a state are made of. */
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
  return undefined;
}

/** Can a function of this module build a layer of attention? */
export const buildsLayers = (path: string): boolean =>
  BUILDERS.test(path.replace(/\.py(:\d+)?$/, '').replaceAll('/', '.'));

/** What a call of a function that is not entered gives: nothing for a constructor, else something nobody knows. */
function notEntered(fn: FuncAtom, R: Reader): Value | undefined {
  const module = fn.module.name;
  const left = (why: string): void => note(R, 'elsewhere', `${module}${why}`, '');
  if (LATER.has(fn.name) || FORMS.test(fn.qualname)) {
    left(
      `.${fn.qualname}: ${LATER.has(fn.name) ? 'a check once all layers are there' : 'one form or another of a layer'}`,
    );
    return NONE_VALUE;
  }
  if (!WEIGHTS.test(module) || ATTENTION.test(module)) return undefined;
  left(': it makes weights, and no layer that attends; what it gives is unknown');
  if (fn.name === '__init__') return NONE_VALUE;
  // what is said to be an object of a class is at least something
  if (fn.node.returns && isObject(fn.node.returns as Node)) return one(outside(`what ${fn.qualname} gives`));
  return one(
    opaque(`${fn.qualname} is not read`, R.frame ? placeOf(R.frame) : `${fn.module.path}:${fn.node.lineno ?? 0}`),
  );
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

/** Says of which class the model's configuration objects are; gives the keys that are asked for, as they are. */
// oxlint-disable-next-line max-lines-per-function -- one table of attributes
export function shapeConfigs(R: Reader, tree: Tree): ReadonlyMap<string, AskedKey> {
  const asked = new Map<string, AskedKey>();
  const keys = keyKinds(R, tree);
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const cls = builtinClass('PreTrainedConfig', object, 'transformers');
  shapeObjects(R, {
    cls: { ...cls, foreign: ['transformers.PretrainedConfig', 'transformers.PreTrainedConfig'], mro: [cls, object] },
    isA: (path, of) => flagInput(R, `${path}.is.${of}`).find((a) => a.v.k === 'bool' && a.v.b)!.g,
    kinds: OBJECT_KINDS,
    inside: () => OBJECT_KINDS,
    own(name, self) {
      const path = self === jsonObject(R, CONFIG) ? CONFIG : undefined;
      switch (name) {
        case 'dtype':
          return path && jsonDtype(R, `${path}.dtype`);
        case 'model_type':
          return path && kindInput(R, `${path}.model_type`, ['str']);
        case 'architectures':
          return (
            path &&
            kindInput(R, `${path}.architectures`, ['none', 'list'], () =>
              list([{ g: YES, v: kindInput(R, `${path}.architectures.0`, ['str']) }]),
            )
          );
        case 'get_text_config':
          return one(native(name, () => one(self)));
        case 'update':
          return one(native(name, () => NONE_VALUE));
        default: {
          if (!path) return undefined;
          const items = keys.items.get(name);
          const own = keys.of.get(name) ?? JSON_KINDS;
          // an object inside a config may have been made one of a class
          const kinds = own.includes('dict') && !own.includes('object') ? [...own, 'object' as const] : own;
          asked.set(`${path}.${name}`, { kinds, ...(items ? { items } : {}) });
          if (items) jsonList(R, `${path}.${name}`, (at) => jsonValue(R, at, items));
          return jsonValue(R, `${path}.${name}`, kinds);
        }
      }
    },
  });
  return asked;
}

const CONFIG = 'hf_text_config';

/** A registry of layers by name that is being filled: no name is in it yet; `put` is told what is put in. */
export function registryOfLayers(R: Reader, put: (name: Value, layer: Value) => void): Value {
  const cls = builtinClass('dict', R.builtin('dict')![0]!.v as ClassAtom, 'builtins');
  const answers: Readonly<Record<string, Value>> = {
    __contains__: flag(false),
    setdefault: NONE_VALUE,
    update: NONE_VALUE,
  };
  cls.attrs.set('__setitem__', one(native('__setitem__', (args) => (put(args.pos[0]!, args.pos[1]!), NONE_VALUE))));
  for (const [name, value] of Object.entries(answers)) cls.attrs.set(name, one(native(name, () => value)));
  for (const name of ['__getitem__', 'get', 'items', 'keys', 'values', 'pop', '__len__', '__iter__'])
    cls.attrs.set(
      name,
      one(native(name, () => one(opaque('the layers that are built already', 'static_forward_context')))),
    );
  return one({ id: ancient(), k: 'instance', cls, attrs: new Map(), version: 0 });
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

/** What building a model asks of torch. */
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
  'torch.full': () => tensors('full', 1),
  ...Object.fromEntries(['empty', 'zeros', 'ones'].map((name) => [`torch.${name}`, () => tensors(name)])),
};

/** Makes the world of one platform in which a model is built. */
export function createBuildingWorld(tree: Tree, platform: string): World {
  const base = createWorld(tree, platform);
  return {
    ...base,
    // while a model is built torch's default dtype is the model's
    outside: (name, R) => (Object.hasOwn(TORCH, name) ? TORCH[name]!(R) : base.outside(name, R)),
    replaced: (name, R) => replaced(name, R) ?? base.replaced(name, R),
    notEntered,
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
