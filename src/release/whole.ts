/** What a tree speaks of itself and does not hold: of that nothing can be read. */
import { WhichattnError } from '../rules/index.ts';
import { moduleFile, type Tree } from './tree.ts';

const REGISTRIES = ['vllm.v1.attention.backends.registry', 'vllm.attention.backends.registry'];

/** The error for a tree that lacks what every reading begins with. */
export const halfTree = (what: string): WhichattnError =>
  new WhichattnError({
    code: 'half-tree',
    what: `The tree holds no ${what}`,
    why: 'It is a part of a tree: what is chosen cannot be read without that.',
    todo: 'Give the whole source release, wheel or checkout.',
  });

/** Modules without which no choice can be read, and how the platforms speak of them. */
const NEEDED: Readonly<Record<string, RegExp>> = {
  'vllm.envs': /\bvllm\.envs\b|\bfrom vllm import envs\b/,
  'vllm.platforms.interface': /\bfrom \.interface\b|\bvllm\.platforms\.interface\b/,
};

/** Throws where the platforms of a tree ask for a module that it does not hold, and without which nothing can be read. */
export function requireWhole(tree: Tree): void {
  const texts = tree.list('vllm/platforms').map((file) => tree.read(file) ?? '');
  for (const [module, speaks] of Object.entries(NEEDED))
    if (!isThere(tree, module) && texts.some((text) => speaks.test(text))) throw halfTree(module);
}

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
    ...platforms
      .filter((name) => isThere(tree, moduleOf(name)) && !isBound(tree, name))
      .map((name) => `${moduleOf(name)} holds no ${lastOf(name)}: nothing was learned of that platform.`),
    ...(registry === undefined
      ? [`The tree holds no registry of backends (${REGISTRIES.join(', ')}): which backends there are is unknown.`]
      : []),
    ...lost.map(
      (name) => `The registry of backends names ${name}, which the tree does not hold: it is taken as absent.`,
    ),
  ];
}

const isThere = (tree: Tree, module: string): boolean => moduleFile(tree, module) !== undefined;
/** Does a module bind a name at its top level, or below a condition? */
const isBound = (tree: Tree, name: string): boolean =>
  new RegExp(String.raw`\b${lastOf(name)}\b`).test(moduleFile(tree, moduleOf(name))?.text ?? '');
const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
const moduleOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));

/** The classes of vLLM that a text names in quotes, by their paths. */
const classesIn = (text: string | undefined): string[] => [
  ...new Set([...(text ?? '').matchAll(/"(vllm(?:\.[a-z]\w*)+\.[A-Z]\w*)"/g)].map((found) => found[1]!)),
];
