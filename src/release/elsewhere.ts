/**
 * Names of the tree that a reading does not read because another one does, or because the question says what they are: by
 * name, where it is said.
 */
const READ_BY_ITSELF: Readonly<Record<string, string>> = {
  'vllm.transformers_utils.config.get_config': 'loaded',
  'vllm.engine.arg_utils.EngineArgs.create_model_config': 'model',
  'vllm.config.model.ModelConfig.get_model_arch_config': 'model.shape',
  'vllm.model_executor.model_loader.weight_utils.get_quant_config': 'quantization',
  'vllm.model_executor.models.registry._ModelRegistry.inspect_model_cls': 'models',
  'vllm.model_executor.models.registry._ModelRegistry.resolve_model_cls': 'models',
  'vllm.multimodal.registry.MultiModalRegistry.get_processing_info': 'models',
  'vllm.v1.worker.gpu.cudagraph_utils.has_compiled_submodule': 'models',
  'vllm.transformers_utils.config.patch_rope_parameters': 'loaded, for any object',
  'vllm.transformers_utils.config._register_config_class': 'loaded: which class a type gets',
  'vllm.transformers_utils.config.LazyConfigDict.__getitem__': 'loaded: which class a type gets',
};

/** Functions that fetch a file of the model from a folder or the hub. */
const FILES = new Set([
  'vllm.transformers_utils.config.get_pooling_config',
  'vllm.transformers_utils.config.get_sentence_transformer_tokenizer_config',
  'vllm.transformers_utils.config.get_safetensors_params_metadata',
  'vllm.transformers_utils.repo_utils.file_or_path_exists',
  'vllm.transformers_utils.repo_utils.any_pattern_in_repo_files',
  'vllm.transformers_utils.repo_utils.get_hf_file_to_dict',
]);

const OF_THE_QUESTION: Readonly<Record<string, string>> = {
  'vllm.platforms.current_platform': 'the platform of the rules',
  'vllm.third_party.pynvml': 'the package of that name',
  'vllm.model_executor.layers.mamba.abstract.get_mamba_prefill_checkpoint_alignment':
    'what the layers that keep a state ask of a block',
  'vllm.envs.VLLM_PP_LAYER_PARTITION': 'the stages of a pipeline, which are read as one',
  'vllm.tokenizers.registry.cached_tokenizer_from_config': 'a tokenizer, of a package outside',
  'vllm.transformers_utils.tokenizer.cached_tokenizer_from_config': 'a tokenizer, of a package outside',
};

/** The configuration while a model is built: its fields are facts. */
const CURRENT = /\._current_vllm_config$/;
/** Readings of a checkpoint in another layout, or with classes that are changed: what they give stays unknown. */
const UNKNOWN = /^vllm\.transformers_utils\.config\.(_patch_|MistralConfigParser\.parse$)/;
/** The groups of a worker: how large each is are facts. */
const GROUP = /^vllm\.distributed\.parallel_state\._[A-Z]+$/;

/** Where it is said what a name of the tree gives. */
export function elsewhere(name: string): string | undefined {
  const by = Object.hasOwn(READ_BY_ITSELF, name) ? READ_BY_ITSELF[name] : undefined;
  if (by !== undefined) return `read by itself as ${by}`;
  if (FILES.has(name)) return 'a file of the model, as facts';
  if (Object.hasOwn(OF_THE_QUESTION, name)) return OF_THE_QUESTION[name];
  if (UNKNOWN.test(name)) return 'unknown, and so is what comes of it';
  return CURRENT.test(name)
    ? 'the configuration, by its fields'
    : GROUP.test(name)
      ? 'a group of the worker, by its size'
      : undefined;
}
