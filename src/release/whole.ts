/** What a tree speaks of itself and does not hold: of that nothing can be read. */
import { moduleFile, type Tree } from './tree.ts';

const REGISTRIES = ['vllm.v1.attention.backends.registry', 'vllm.attention.backends.registry'];

/** What is missing from a vLLM tree, one line each: platforms, the registry of backends, modules that it names. */
export function missingFrom(tree: Tree): string[] {
  const platforms = classesIn(moduleFile(tree, 'vllm.platforms')?.text).filter((name) =>
    name.startsWith('vllm.platforms.'),
  );
  const registry = REGISTRIES.map((name) => moduleFile(tree, name)).find((file) => file !== undefined);
  const lost = [...new Set(classesIn(registry?.text).map(moduleOf))].filter((name) => !isThere(tree, name));
  return [
    ...platforms
      .filter((name) => !isThere(tree, moduleOf(name)))
      .map((name) => `The tree holds no ${moduleOf(name)}: nothing was learned of the platform of ${name}.`),
    ...(registry === undefined
      ? [`The tree holds no registry of backends (${REGISTRIES.join(', ')}): which backends there are is unknown.`]
      : []),
    ...lost.map(
      (name) => `The registry of backends names ${name}, which the tree does not hold: it is taken as absent.`,
    ),
  ];
}

const isThere = (tree: Tree, module: string): boolean => moduleFile(tree, module) !== undefined;
const moduleOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));

/** The classes of vLLM that a text names in quotes, by their paths. */
const classesIn = (text: string | undefined): string[] => [
  ...new Set([...(text ?? '').matchAll(/"(vllm(?:\.[a-z]\w*)+\.[A-Z]\w*)"/g)].map((found) => found[1]!)),
];
