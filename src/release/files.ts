/**
 * The files of a model: names of vLLM's functions that ask the hub or a folder for one, and what they answer. What stands in
 * a file is a fact `file.<name>`.
 */
import { boolean, dict, flagInput, kindInput, native, one, opaque } from '../python/index.ts';
import type { Args, Reader, Value } from '../python/index.ts';
import { NO } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { jsonDict } from './json.ts';
import { weights } from './weights.ts';

export const FILES: Readonly<Record<string, (R: Reader, args: Args) => Value>> = {
  'vllm.transformers_utils.config.get_pooling_config': (R) =>
    kindInput(R, 'file.modules.json', ['none', 'dict'], () => jsonDict(R, 'file.modules.json')),
  'vllm.transformers_utils.config.get_sentence_transformer_tokenizer_config': (R) =>
    kindInput(R, 'file.sentence_config', ['none', 'dict'], () => jsonDict(R, 'file.sentence_config')),
  'vllm.transformers_utils.config.get_safetensors_params_metadata': weights,
  'vllm.transformers_utils.repo_utils.file_or_path_exists': fileThere,
  'vllm.transformers_utils.repo_utils.any_pattern_in_repo_files': someFile,
};

function fileThere(R: Reader, args: Args): Value {
  const name = (args.pos[1] ?? args.kw.get('config_name'))?.[0]?.v;
  return name?.k === 'str' ? flagInput(R, `file.${name.s}`) : one(opaque('a file of uncertain name', ''));
}

/** Is there a file of one of these patterns? */
function someFile(R: Reader, args: Args): Value {
  const patterns = args.kw.get('allow_patterns') ?? args.pos[1] ?? [];
  const items = patterns.length === 1 && patterns[0]!.v.k === 'list' ? patterns[0]!.v.items : [];
  const names = items.flatMap(({ v }) => (v[0]?.v.k === 'str' ? [v[0].v.s] : []));
  if (names.length === 0 || names.length < items.length) return one(opaque('a file of uncertain name', ''));
  const there = names.flatMap((name) => flagInput(R, `file.${name}`));
  return boolean(
    R.d,
    there.reduce<Cond>((c, { g, v }) => (v.k === 'bool' && v.b ? R.d.or(c, g) : c), NO),
  );
}

const TOKENIZER_CONFIG = 'transformers.models.auto.tokenization_auto.get_tokenizer_config';

/** What the package makes of a tokenizer's configuration: of none an empty one. */
const tokenizerConfig = (R: Reader): Value =>
  kindInput(R, 'file.tokenizer_config', ['none', 'dict'], () => jsonDict(R, 'file.tokenizer_config')).map((a) =>
    a.v.k === 'none' ? { g: a.g, v: dict([]) } : a,
  );

/** What a function of the package that reads a file of a model gives; undefined for any other name. */
export const fileOutside = (R: Reader, name: string): Value | undefined =>
  name === TOKENIZER_CONFIG ? one({ ...native(name, () => tokenizerConfig(R)), takesRest: true }) : undefined;
