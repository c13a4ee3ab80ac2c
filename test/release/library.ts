/** The files of a tree of transformers that are there whatever models it holds. */
export const libraryFiles = (base: string, auto: string): Readonly<Record<string, string>> => ({
  'transformers/__init__.py': '',
  'transformers/configuration_utils.py': base,
  'transformers/modeling_rope_utils.py': 'class RotaryEmbeddingConfigMixin:\n    pass\n',
  'transformers/models/__init__.py': '',
  'transformers/models/auto/__init__.py': '',
  'transformers/models/auto/configuration_auto.py': auto,
});
