/** Which variables of the environment a release has of its own: those that its table of them names. */
import { createReader, nameIn } from '../python/index.ts';
import { createBook, YES } from '../rules/index.ts';
import { moduleFile, type Tree } from './tree.ts';
import { readVariableFields } from './variablefields.ts';
import { createWorld } from './world.ts';

/** What a release has of variables of the environment of its own. */
export interface OwnVariables {
  /** Where each stands, by its name, where they are known. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The field of the configuration that some of them set, as `attention_config.backend`. */
  readonly variableFields?: Readonly<Record<string, string>>;
}

/** Reads the table of variables of a tree, and what their values become. */
export function readOwnVariables(tree: Tree, platform: string): OwnVariables {
  const environment = readVariables(tree, platform);
  if (environment === undefined) return {};
  const variableFields = readVariableFields(tree, Object.keys(environment));
  return { environment, ...(Object.keys(variableFields).length > 0 ? { variableFields } : {}) };
}

/** Where each stands in the table, by its name in order. Undefined where the tree has no such table, or some name of it is not known. */
function readVariables(tree: Tree, platform: string): Readonly<Record<string, string>> | undefined {
  const R = createReader(createBook(), createWorld(tree, platform));
  const table = nameIn(R, TABLE, 'environment_variables');
  const v = table?.length === 1 ? table[0]!.v : undefined;
  if (v?.k !== 'dict' || v.lazy) return undefined;
  const names = v.entries.map(({ key, g }) => (key.k === 'str' && g === YES ? key.s : undefined));
  if (!names.every((name) => name !== undefined)) return undefined;
  const { text = '', path = '' } = moduleFile(tree, TABLE) ?? {};
  const lines = new Map(
    text.split('\n').flatMap((line, at) => (NAMED.exec(line) ?? []).slice(1).map((name) => [name, at + 1])),
  );
  const placed = names.toSorted().map((name) => [name, lines.has(name) ? `${path}:${lines.get(name)}` : path]);
  return Object.fromEntries(placed) as Readonly<Record<string, string>>;
}

/** The module of the table. */
const TABLE = 'vllm.envs';
/** A line of it that begins with a name. */
const NAMED = /^\s*["'](\w+)["']:/;
