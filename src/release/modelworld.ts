/* oxlint-disable max-lines -- one world, with the objects that stand in it */
/**
 * The world in which a release's configuration is read: that of its selection, and besides it the model's files, the
 * hub and the registry of model classes, each of which is an input or is read elsewhere.
 */
import {
  FALSE,
  NONE_VALUE,
  builtinClass,
  choiceInput,
  dict,
  flagCond,
  kindInput,
  moduleScope,
  nameIn,
  native,
  copiedWith,
  one,
  opaque,
  originOf,
  str,
  text,
  tuple,
} from '../python/index.ts';
import type { Atom, ClassAtom, InstanceAtom, Reader, Value, World } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Cond, Kind } from '../rules/index.ts';
import { fileOutside, FILES } from './files.ts';
import { comparedWith } from './compared.ts';
import { jsonDict, jsonDtype, jsonList, jsonObject, jsonValue, placeOf, shapeObjects, shortList } from './json.ts';
import { keyKinds } from './keys.ts';
import { dtype } from './outside.ts';
import { PROCESSING, processingInfo } from './processing.ts';
import { record } from './records.ts';
import type { Tree } from './tree.ts';
import { SAFETENSORS } from './weights.ts';
import { createWorld } from './world.ts';

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

/**
 * Of which kinds keys are that a release reads and declares nowhere. It narrows what is read, and says nothing of what
 * follows: a value of another kind is unknown.
 */
const DECLARED: Readonly<Record<string, readonly Kind[]>> = {
  quantization_config: ['missing', 'none', 'dict'],
  compression_config: ['missing', 'none', 'dict'],
  text_config: ['missing', 'none', 'object'],
  vision_config: ['missing', 'none', 'object'],
  encoder_config: ['missing', 'none', 'object'],
  compress_ratios: ['missing', 'none', 'list'],
  compress_rates: ['missing', 'none', 'dict'],
  block_configs: ['missing', 'none', 'list'],
  hidden_size_per_head: ['missing', 'none', 'int'],
  n_head_kv: ['missing', 'int'],
  n_positions: ['missing', 'int'],
  max_seq_len: ['missing', 'none', 'int'],
  seq_length: ['missing', 'none', 'int'],
  seq_len: ['missing', 'none', 'int'],
  model_max_length: ['missing', 'none', 'int'],
  max_target_positions: ['missing', 'none', 'int'],
  max_sequence_length: ['missing', 'none', 'int'],
  max_seq_length: ['missing', 'none', 'int'],
  is_mm_prefix_lm: ['missing', 'false', 'true'],
  auto_map: ['missing', 'none', 'dict'],
  rope_parameters: ['missing', 'none', 'dict'],
};

/** The same inside a quantization configuration: `key.%` for an entry of the dictionary under a key, `key.#` for an item of a list. */
const INSIDE: Readonly<Record<string, readonly Kind[]>> = {
  producer: ['missing', 'dict'],
  name: ['missing', 'str'],
  quantization: ['missing', 'dict'],
  quant_method: ['missing', 'str'],
  quant_algo: ['missing', 'none', 'str'],
  kv_cache_scheme: ['missing', 'none', 'dict'],
  kv_cache_quant_algo: ['missing', 'none', 'str'],
  config_groups: ['missing', 'dict'],
  'config_groups.%': ['dict'],
  targets: ['missing', 'none', 'list'],
  'targets.#': ['str'],
  format: ['missing', 'none', 'str'],
  weights: ['missing', 'none', 'dict'],
  input_activations: ['missing', 'none', 'dict'],
  output_activations: ['missing', 'none', 'dict'],
  sparsity_config: ['missing', 'none', 'dict'],
  transform_config: ['missing', 'none', 'dict'],
  max_seq_length: ['missing', 'none', 'int'],
  model_max_length: ['missing', 'none', 'int', 'float'],
  rope_type: ['missing', 'none', 'str'],
  factor: ['missing', 'none', 'int', 'float'],
};

/** Dictionaries that a release goes through entry by entry. */
const ENTRIES = /^(?:hf(?:_text_config)?\.rope_parameters|args\.limit_mm_per_prompt)$/;
/** Can the dictionary at a path of a configuration object be gone through, entry by entry? */
export const hasEntries = (path: string): boolean => ENTRIES.test(path);

/** Of which kinds is what the dictionary (`%`) or the list (`#`) at a path of a quantization configuration holds, where that is told. */
const heldIn = (path: string, what: '%' | '#'): readonly Kind[] | undefined =>
  path.startsWith('hf.quantization_config.') ? INSIDE[`${path.slice(path.lastIndexOf('.') + 1)}.${what}`] : undefined;

/** The class names under which packages know a model's configuration object. */
const CONFIG_CLASSES = [
  'PreTrainedConfig',
  'PretrainedConfig',
  'configuration_utils.PreTrainedConfig',
  'configuration_utils.PretrainedConfig',
].map((n) => `transformers.${n}`);

/** The model's configuration objects, by the names of their facts. */
const roots = new WeakMap<Atom, string>();

/** A world that says of which tree it is. */
interface ModelWorld extends World {
  readonly tree: Tree;
}

/** A model type that the release compares with nothing. */
export const ANOTHER = Symbol('another model type');

/**
 * The model's configuration object as its class made it; its text part is an object of its own. With a `type` the model is
 * of that type.
 */
// oxlint-disable-next-line max-lines-per-function -- one table of attributes
export function modelConfigs(
  R: Reader,
  type?: string | typeof ANOTHER,
): { readonly whole: InstanceAtom; readonly text: InstanceAtom } {
  const { tree } = R.world as Partial<ModelWorld>;
  const keys = tree && keyKinds(R, tree);
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const cls: ClassAtom = { ...builtinClass('PreTrainedConfig', object, 'transformers'), foreign: CONFIG_CLASSES };
  (cls as { mro: readonly ClassAtom[] }).mro = [cls, object];
  shapeObjects(R, {
    cls,
    kinds: OBJECT_KINDS,
    entries: (path) => hasEntries(path) || heldIn(path, '%') !== undefined,
    held: heldIn,
    inside: (key) => INSIDE[key],
    own(name, self) {
      const path = roots.get(originOf(self));
      switch (name) {
        case 'dtype':
          return path === undefined ? undefined : jsonDtype(R, `${path}.dtype`);
        case 'model_type':
          return path === undefined ? undefined : textChoice(R, `${path}.model_type`, modelTypes(R));
        case 'architectures':
          return path === undefined ? undefined : architectures(R, path);
        case 'name_or_path':
          return one(text_(path?.startsWith('draft.') === true ? 'draft.args.model' : 'args.model'));
        case 'get_text_config':
          return one(
            native(name, () =>
              path?.endsWith('hf') === true ? copiedWith(self, one(textObject(R, path))) : one(self),
            ),
          );
        case 'update':
          return one(native(name, () => NONE_VALUE));
        default: {
          if (!path) {
            const at = placeOf(originOf(self));
            return at === undefined
              ? undefined
              : jsonValue(R, `${at}.${name}`, DECLARED[name] ?? keys?.of.get(name) ?? OBJECT_KINDS);
          }
          const items = keys?.items.get(name);
          if (items) jsonList(R, `${path}.${name}`, (at) => jsonValue(R, at, items));
          return jsonValue(R, `${path}.${name}`, DECLARED[name] ?? keys?.of.get(name) ?? OBJECT_KINDS);
        }
      }
    },
  });
  const { whole, text: inner } = objectsAt(R, 'hf');
  // what kind of model it is comes first: nearly everything else is asked of some kinds only
  const other = { ...text_('hf.model_type'), not: new Set(modelTypes(R)) };
  const given = type === ANOTHER ? other : type === undefined ? undefined : str(type);
  whole.attrs.set('model_type', given ? one(given) : whole.lazy!('model_type')!);
  inner.attrs.set('model_type', inner.lazy!('model_type')!);
  return { whole, text: inner };
}

/** The text part of the object of this name; they may be one. */
function textObject(R: Reader, of: string): InstanceAtom {
  const name = `${of}_text_config`;
  const made = jsonObject(R, name);
  roots.set(made, name);
  const same = flagCond(R, `${of}.text_is_whole`);
  (made as { twin?: InstanceAtom['twin'] }).twin = { of: jsonObject(R, of), g: same };
  return made;
}

/** The configuration objects of a second model, as `modelConfigs` has them, whose names begin in their own way. */
export function secondConfigs(R: Reader, root: string): ReturnType<typeof modelConfigs> {
  // says of which class they are
  modelConfigs(R);
  return objectsAt(R, `${root}.hf`);
}

/** The object of this name, and its text part. */
function objectsAt(R: Reader, at: string): ReturnType<typeof modelConfigs> {
  const [whole, inner] = [jsonObject(R, at), textObject(R, at)];
  roots.set(whole, at);
  for (const o of [whole, inner])
    (o as { typeText?: Value }).typeText ??= kindInput(R, `${roots.get(o)!}.__class__`, ['str']);
  // a model whose layers differ is another question: whoever asks must see that it is none
  for (const o of [whole, inner]) o.attrs.set('is_heterogeneous', one(FALSE));
  return { whole, text: inner };
}

/** A text of the question that the source compares with these texts. */
const textChoice = (R: Reader, name: string, labels: readonly string[]): Value =>
  choiceInput(
    R,
    name,
    labels.map((label) => ({ label, atom: str(label) })),
    text_(name),
  );

/** The modules that look at the kind of a model. */
const KIND_OF_MODEL = ['vllm.transformers_utils.model_arch_config_convertor', 'vllm.config.model'];

/** The model types that a release compares a model's type with. */
export const modelTypes = (R: Reader): readonly string[] =>
  comparedWith(
    KIND_OF_MODEL.flatMap((name) => moduleScope(R, name) ?? []),
    'model_type',
  );

const text_ = (name: string) => text([{ p: 'expr', e: { op: 'input', name } }]);

/** The names of the architectures: none, or a list, nearly always of one. */
function architectures(R: Reader, path: string): Value {
  const at = `${path}.architectures`;
  const names = shortList(R, at, (item) => kindInput(R, item, ['str']));
  return kindInput(R, at, ['none', 'list']).flatMap((a) =>
    a.v.k === 'none' ? [a] : names.map((b) => ({ g: R.d.and(a.g, b.g), v: b.v })),
  );
}

/** What is read by itself: the object of the model's configuration, and what the registry has for the model. */
const READ: Readonly<Record<string, (R: Reader) => Value>> = {
  'vllm.transformers_utils.config.get_config': (R) => one(modelConfigs(R).whole),
  'vllm.model_executor.models.registry._ModelRegistry.inspect_model_cls': inspected,
  [PROCESSING]: processingInfo,
};

/** The registry of model classes: what it says of the model's class are facts `model_info.<field>`. */
function inspected(R: Reader): Value {
  const cls = nameIn(R, REGISTRY, '_ModelInfo')?.[0]?.v;
  return one(
    tuple([
      cls?.k === 'class'
        ? one(record(R, cls, 'model_info'))
        : one(opaque('what the registry says of the model', REGISTRY)),
      usedArchitecture(R),
    ]),
  );
}

/** The architecture that the registry settled on: one of those that the release compares it with, or another. */
export function usedArchitecture(R: Reader): Value {
  const looking = ARCHITECTURES.flatMap((name) => moduleScope(R, name) ?? []);
  const names = [...comparedWith(looking, 'architecture'), ...comparedWith(looking, 'arch')];
  return textChoice(R, 'model_config.architecture', [...new Set(names)].sort());
}

const REGISTRY = 'vllm.model_executor.models.registry';
/** The modules that look at the name of an architecture. */
const ARCHITECTURES = ['vllm.config.model', 'vllm.model_executor.models.config', 'vllm.config.vllm'];

/** Lists of texts of packages outside the tree: whether there is one of that name, and what stands in it, are facts of the package. */
const TEXTS = /^transformers\.configuration_utils\.ALLOWED_(?:\w+_)?LAYER_TYPES$/;

/** Whether a package has such a list: undefined of any other name. */
export const hasTexts = (name: string, R: Reader): Cond | undefined =>
  TEXTS.test(name) ? flagCond(R, `import.${name}`) : undefined;

/** Such a list, item by item: undefined of any other name. */
export const textsOutside = (name: string, R: Reader): Value | undefined =>
  TEXTS.test(name) ? one(jsonList(R, name, (at) => kindInput(R, at, ['str']))) : undefined;

/** The value of a member of another package's enumeration, by how its name is written. */
const MEMBER_VALUE = /^[a-z]\w*(?:\.[a-z]\w*)*\.[A-Z]\w*\.\w+\.value$/;
const SCALARS: readonly Kind[] = ['none', 'false', 'true', 'int', 'float', 'str'];

/** What gives the config.json as it is, and the arguments that say nothing about it: here none. */
const CONFIG_DICT = /^transformers\.Pre[tT]rainedConfig\.get_config_dict$/;

/** Makes the world of one platform in which a release's configuration is read. */
export function createModelWorld(tree: Tree, platform: string): ModelWorld {
  const base = createWorld(tree, platform);
  return {
    ...base,
    tree,
    hasName: hasTexts,
    outside(name, R) {
      if (MEMBER_VALUE.test(name)) return kindInput(R, `says.${name}`, SCALARS);
      const texts = textsOutside(name, R);
      if (texts) return texts;
      if (CONFIG_DICT.test(name))
        return one({
          ...native(name, () => one(tuple([one(jsonDict(R, 'file.config')), one(dict([]))]))),
          takesRest: true,
        });
      if (name !== 'safetensors.torch._TYPES') return fileOutside(R, name) ?? base.outside(name, R);
      return one(dict(Object.entries(SAFETENSORS).map(([key, label]) => ({ key: str(key), g: YES, v: dtype(label) }))));
    },
    replaced(name, R) {
      const own = Object.hasOwn(FILES, name) ? FILES[name] : Object.hasOwn(READ, name) ? READ[name] : undefined;
      if (own) return one(native(name, (args) => own(R, args)));
      return base.replaced(name, R);
    },
  };
}
