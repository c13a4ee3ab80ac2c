/**
 * The world in which a release's configuration is read: that of its selection, and besides it the model's files, the
 * hub and the registry of model classes, each of which is an input or is read elsewhere.
 */
import {
  builtinClass,
  choiceInput,
  flagInput,
  kindInput,
  list,
  moduleScope,
  native,
  newInstance,
  NONE_VALUE,
  one,
  opaque,
  str,
  text,
  tuple,
} from '../python/index.ts';
import type { Args, ClassAtom, InstanceAtom, Reader, Value, World } from '../python/index.ts';
import { YES } from '../rules/index.ts';
import type { Kind } from '../rules/index.ts';
import { comparedWith } from './compared.ts';
import { jsonDict, jsonDtype, jsonObject, jsonValue, shapeObjects } from './json.ts';
import type { Tree } from './tree.ts';
import { createWorld } from './world.ts';

const OBJECT_KINDS: readonly Kind[] = ['missing', 'none', 'false', 'true', 'int', 'float', 'str', 'list', 'dict', 'object'];

/** The class names under which packages know a model's configuration object. */
const CONFIG_CLASSES = ['PreTrainedConfig', 'PretrainedConfig', 'configuration_utils.PreTrainedConfig', 'configuration_utils.PretrainedConfig'].map((n) => `transformers.${n}`);

/** The model's configuration object as its class made it; its text part is an object of its own. */
export function modelConfigs(R: Reader): { readonly whole: InstanceAtom; readonly text: InstanceAtom } {
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const cls: ClassAtom = { ...builtinClass('PreTrainedConfig', object, 'transformers'), foreign: CONFIG_CLASSES };
  (cls as { mro: readonly ClassAtom[] }).mro = [cls, object];
  const text = (): InstanceAtom => {
    const made = jsonObject(R, 'hf_text_config');
    const same = flagInput(R, 'hf.text_is_whole').find((a) => a.v.k === 'bool' && a.v.b)!.g;
    (made as { twin?: InstanceAtom['twin'] }).twin = { of: jsonObject(R, 'hf'), g: same };
    return made;
  };
  shapeObjects(R, {
    cls,
    kinds: OBJECT_KINDS,
    own(name, self) {
      const path = self === jsonObject(R, 'hf') ? 'hf' : self === jsonObject(R, 'hf_text_config') ? 'hf_text_config' : undefined;
      switch (name) {
        case 'dtype':
          return path && jsonDtype(R, `${path}.dtype`);
        case 'model_type':
          return path && textChoice(R, `${path}.model_type`, modelTypes(R));
        case 'architectures':
          return path && architectures(R, path);
        case 'name_or_path':
          return one(text_('args.model'));
        case 'get_text_config':
          return one(native(name, () => one(self === jsonObject(R, 'hf') ? text() : self)));
        case 'update':
          return one(native(name, () => NONE_VALUE));
        default:
          return undefined;
      }
    },
  });
  const [whole, inner] = [jsonObject(R, 'hf'), text()];
  // what kind of model it is comes first: nearly everything else is asked of some kinds only
  for (const o of [whole, inner]) o.attrs.set('model_type', o.lazy!('model_type')!);
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

const modelTypes = (R: Reader): readonly string[] => comparedWith(KIND_OF_MODEL.flatMap((name) => moduleScope(R, name) ?? []), 'model_type');

const text_ = (name: string) => text([{ p: 'expr', e: { op: 'input', name } }]);

/** The names of the architectures: none, or a list; how many there are is an input, what the first is another. */
function architectures(R: Reader, path: string): Value {
  return kindInput(R, `${path}.architectures`, ['none', 'list'], () => list([{ g: YES, v: kindInput(R, `${path}.architectures.0`, ['str']) }]));
}

/** What surrounds the configuration: names of vLLM's functions that ask the hub or a file, and what they answer. */
const FILES: Readonly<Record<string, (R: Reader) => Value>> = {
  'vllm.transformers_utils.config.get_config': (R) => native_(R, () => one(modelConfigs(R).whole)),
  'vllm.transformers_utils.config.get_pooling_config': (R) => native_(R, () => kindInput(R, 'file.modules.json', ['none', 'dict'], () => jsonDict(R, 'file.modules.json'))),
  'vllm.transformers_utils.config.get_sentence_transformer_tokenizer_config': (R) =>
    native_(R, () => kindInput(R, 'file.sentence_config', ['none', 'dict'], () => jsonDict(R, 'file.sentence_config'))),
  'vllm.transformers_utils.config.get_safetensors_params_metadata': (R) => native_(R, () => one(opaque('the headers of the weights', 'weights.dtype'))),
  'vllm.transformers_utils.config.try_get_tokenizer_config': (R) => native_(R, () => jsonValue(R, 'file.tokenizer_config', ['none', 'dict'])),
  'vllm.transformers_utils.repo_utils.resolve_revision': () => one(native('resolve_revision', (args) => args.pos[1] ?? NONE_VALUE)),
  'vllm.transformers_utils.repo_utils.file_or_path_exists': (R) => native_(R, (args) => fileThere(R, args)),
};

const native_ = (_R: Reader, work: (args: Args) => Value): Value => one(native('file', work));

function fileThere(R: Reader, args: Args): Value {
  const name = (args.pos[1] ?? args.kw.get('config_name'))?.[0]?.v;
  return name?.k === 'str' ? flagInput(R, `file.${name.s}`) : one(opaque('a file of uncertain name', ''));
}

/** Makes the world of one platform in which a release's configuration is read. */
export function createModelWorld(tree: Tree, platform: string): World {
  const base = createWorld(tree, platform);
  return {
    ...base,
    replaced(name, R) {
      if (Object.hasOwn(FILES, name)) return FILES[name]!(R);
      return base.replaced(name, R);
    },
  };
}

export { choiceInput, newInstance, str, tuple };
