/** Which texts a piece of source compares a name with, so that an input of that name can be one of finitely many. */
import type { ModuleScope, Node } from '../python/index.ts';

/**
 * The texts that the modules compare an attribute or variable called `name` with: beside it in a comparison, or as keys
 * of a dictionary (or items of a tuple, list or set) of the module that it is looked up in.
 */
export function comparedWith(modules: readonly ModuleScope[], name: string): readonly string[] {
  const found = new Set<string>();
  // a table may stand in another of the modules
  const tables = new Map<string, Node[]>();
  for (const module of modules)
    for (const s of module.body) {
      const target =
        s.nodeType === 'Assign'
          ? (s.targets as Node[])[0]
          : s.nodeType === 'AnnAssign'
            ? (s.target as Node)
            : undefined;
      if (target?.nodeType !== 'Name' || !s.value) continue;
      const own = target.id as string;
      tables.set(own, [...(tables.get(own) ?? []), s.value as Node]);
    }
  for (const module of modules) for (const n of comparisonsIn(module.body)) look(n, name, tables, found);
  return [...found].sort();
}

/** What names of the modules' top level are set to. */
type Tables = ReadonlyMap<string, readonly Node[]>;

const isNamed = (n: Node, name: string): boolean =>
  (n.nodeType === 'Name' && n.id === name) || (n.nodeType === 'Attribute' && n.attr === name);

/** By the statements of a module, where it compares something or looks it up: worked out once, for every name. */
const lookingUp = new WeakMap<readonly Node[], readonly Node[]>();

function comparisonsIn(body: readonly Node[]): readonly Node[] {
  let known = lookingUp.get(body);
  if (!known) {
    const found: Node[] = [];
    collect(body, found);
    lookingUp.set(body, (known = found));
  }
  return known;
}

function collect(n: unknown, found: Node[]): void {
  if (Array.isArray(n)) {
    for (const m of n) collect(m, found);
    return;
  }
  if (!n || typeof n !== 'object' || !('nodeType' in n)) return;
  const node = n as Node;
  if (node.nodeType === 'Compare' || node.nodeType === 'Subscript' || isGet(node)) found.push(node);
  for (const value of Object.values(node)) if (typeof value === 'object') collect(value, found);
}

const isGet = (n: Node): boolean =>
  n.nodeType === 'Call' && (n.func as Node).nodeType === 'Attribute' && (n.func as Node).attr === 'get';

/** The texts that a node compares the name with. */
function look(node: Node, name: string, tables: Tables, found: Set<string>): void {
  if (node.nodeType === 'Compare') {
    const sides = [node.left as Node, ...(node.comparators as Node[])];
    if (sides.some((s) => isNamed(s, name))) sides.forEach((s) => texts(s, tables, found));
  } else if (node.nodeType === 'Subscript') {
    if (isNamed(node.slice as Node, name)) texts(node.value as Node, tables, found);
  } else if ((node.args as Node[]).some((a) => isNamed(a, name)))
    texts((node.func as Node).value as Node, tables, found);
}

/** The texts that an expression holds: itself, its items, its keys, or those of a table of that name. */
function texts(n: Node, tables: Tables, found: Set<string>, deep = 0): void {
  switch (n.nodeType) {
    case 'Constant':
      if (typeof n.value === 'string') found.add(n.value);
      return;
    case 'Tuple':
    case 'List':
    case 'Set':
      for (const e of n.elts as Node[]) texts(e, tables, found, deep);
      return;
    case 'Dict':
      for (const k of n.keys as (Node | null)[]) if (k) texts(k, tables, found, deep);
      return;
    case 'Name': {
      if (deep < 3) for (const table of tables.get(n.id as string) ?? []) texts(table, tables, found, deep + 1);
      return;
    }
    case 'Call':
      for (const a of n.args as Node[]) texts(a, tables, found, deep);
      return;
    default:
  }
}
