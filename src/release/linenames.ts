/** The names of the backends of a release: those in its registries, and those that their classes give themselves. */
import { type Node, parsePython } from '../python/index.ts';
import { pathOf } from './linewalk.ts';
import type { Tree } from './tree.ts';

/** Gives the statements of a file of the tree, parsed once; undefined where there is no such file, or it is no Python. */
export type Modules = (file: string) => readonly Node[] | undefined;

/** Opens the files of a tree; those that cannot be parsed are put into `unread`. */
export function createModules(tree: Tree, unread: Set<string>): Modules {
  const known = new Map<string, readonly Node[] | undefined>();
  const parsed = (file: string): readonly Node[] | undefined => {
    const text = tree.read(file);
    if (text === undefined) return undefined;
    try {
      return parsePython(text);
    } catch {
      unread.add(file);
      return undefined;
    }
  };
  return (file) => {
    if (!known.has(file)) known.set(file, parsed(file));
    return known.get(file);
  };
}

/** Whether a class lists backends of one of the choices. */
export const isRegistry = ({ nodeType, name }: Node): boolean =>
  nodeType === 'ClassDef' && /^(?:Attention|MLAPrefill)BackendEnum$|^_Backend$/.test(String(name));

/** The members of a registry, each with the path of its class; '' where it has none. */
export function membersOf(cls: Node): Record<string, string> {
  const found: Record<string, string> = {};
  for (const statement of cls['body'] as readonly Node[]) {
    const [target] = (statement['targets'] ?? []) as readonly Node[];
    if (statement.nodeType !== 'Assign' || target?.nodeType !== 'Name') continue;
    const { value } = statement['value'] as Node;
    found[String(target['id'])] = typeof value === 'string' ? value : '';
  }
  return found;
}

/** More classes than this stand behind none. */
const DEEPEST = 8;

/** What the class of a path says that it is called, or the first class behind it that says so; undefined where none does. */
export function ownName(modules: Modules, path: string, deepest = DEEPEST): string | undefined {
  const at = path.lastIndexOf('.');
  const body = modules(fileOf(path.slice(0, at)));
  const cls = body?.find((node) => node.nodeType === 'ClassDef' && node['name'] === path.slice(at + 1));
  if (!body || !cls || deepest === 0) return undefined;
  const own = (cls['body'] as readonly Node[]).find(
    (node) => node.nodeType === 'FunctionDef' && node['name'] === 'get_name',
  );
  if (own) return returnedText(own);
  for (const base of cls['bases'] as readonly Node[]) {
    const from = pathOf(base);
    const found = from === '' ? undefined : ownName(modules, placeOf(body, from, path.slice(0, at)), deepest - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

const fileOf = (module: string): string => `${module.replaceAll('.', '/')}.py`;

/** The text that a function of one statement, beside its docstring, returns. */
function returnedText(fn: Node): string | undefined {
  const { nodeType, value } = (fn['body'] as readonly Node[]).at(-1)!;
  const text: unknown = nodeType === 'Return' && value ? (value as Node)['value'] : undefined;
  return typeof text === 'string' ? text : undefined;
}

/** The path of what a name of a module stands for: what is imported stands where it was taken from. */
function placeOf(body: readonly Node[], name: string, module: string): string {
  for (const node of body) {
    if (node.nodeType !== 'ImportFrom' || node['level']) continue;
    const taken = (node['names'] as readonly Node[]).find((alias) => (alias['asname'] ?? alias['name']) === name);
    if (taken) return `${String(node['module'])}.${String(taken['name'])}`;
  }
  return `${module}.${name}`;
}

const GET_NAME = /def get_name\([^)]*\)[^:\n]*:\s*return "([\w -]+)"/g;

/** What the classes of backends say that they are called. */
export function ownNames(tree: Tree, packages: readonly string[]): string[] {
  const found = packages
    .flatMap((name) => tree.list(name))
    .filter((file) => file.includes('attention/') && file.endsWith('.py'))
    .flatMap((file) => [...(tree.read(file) ?? '').matchAll(GET_NAME)].map((match) => match[1]!));
  return [...new Set(found)].toSorted();
}
