import { readTransformers } from '../../src/release/index.ts';

/** What is learned of a tree of transformers of these files. */
export const libraryTable = (files: Readonly<Record<string, string>>): ReturnType<typeof readTransformers> =>
  readTransformers({
    read: (path) => files[path],
    list: (folder) => Object.keys(files).filter((path) => path.startsWith(`${folder}/`)),
  });

/** The files of a tree of transformers that are there whatever models it holds. */
export const libraryFiles = (base: string, auto: string): Readonly<Record<string, string>> => ({
  'transformers/__init__.py': '',
  'transformers/configuration_utils.py': base,
  'transformers/modeling_rope_utils.py': 'class RotaryEmbeddingConfigMixin:\n    pass\n',
  'transformers/models/__init__.py': '',
  'transformers/models/auto/__init__.py': '',
  'transformers/models/auto/configuration_auto.py': auto,
});

/** How many labels a configuration has, as a property of the class that all derive from. */
export const NUM_LABELS = `
    @property
    def num_labels(self):
        return len(self.id2label) if self.id2label is not None else None

    @num_labels.setter
    def num_labels(self, num_labels):
        if self.id2label is None or self.num_labels != num_labels:
            self.id2label = {i: f"LABEL_{i}" for i in range(num_labels)}
`;
