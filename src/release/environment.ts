/** Which variables of the environment a release has of its own: those that its table of them names. */
import { createReader, nameIn } from '../python/index.ts';
import { createBook, YES } from '../rules/index.ts';
import type { Tree } from './tree.ts';
import { createWorld } from './world.ts';

/** Their names in order. Undefined where the tree has no such table, or some name of it is not known. */
export function readVariables(tree: Tree, platform: string): readonly string[] | undefined {
  const R = createReader(createBook(), createWorld(tree, platform));
  const table = nameIn(R, 'vllm.envs', 'environment_variables');
  const v = table?.length === 1 ? table[0]!.v : undefined;
  if (v?.k !== 'dict' || v.lazy) return undefined;
  const names = v.entries.map(({ key, g }) => (key.k === 'str' && g === YES ? key.s : undefined));
  return names.every((name) => name !== undefined) ? names.toSorted() : undefined;
}
