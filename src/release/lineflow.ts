/** What the values of a function come from: the names, calls and parameters behind an expression. */
import type { Node } from '../python/index.ts';
import { childrenOf, pathOf } from './linewalk.ts';

/** The sources of the names of a function. */
export interface Flow {
  readonly parameters: ReadonlySet<string>;
  readonly sources: ReadonlyMap<string, readonly Node[]>;
}

/** The sources that stand before a line: what is assigned later is none. */
export const before = ({ parameters, sources }: Flow, line: number): Flow => ({
  parameters,
  sources: new Map(
    [...sources].flatMap(([name, values]) => {
      const known = values.filter(({ lineno, of }) => (lineno ?? (of as Node | undefined)?.lineno ?? 0) <= line);
      return known.length === 0 ? [] : [[name, known] as const];
    }),
  ),
});

/** Looks up what every local name is assigned, or goes through. */
export function flowOf(fn: Node): Flow {
  const args = fn['args'] as Node;
  const parameters = new Set(
    ['posonlyargs', 'args', 'kwonlyargs'].flatMap((kind) =>
      ((args[kind] ?? []) as readonly Node[]).map((arg) => String(arg['arg'])),
    ),
  );
  const sources = new Map<string, Node[]>();
  const put = (target: Node, value: Node): void => {
    if (target.nodeType === 'Tuple') for (const one of target['elts'] as readonly Node[]) put(one, value);
    else if (target.nodeType === 'Name')
      sources.set(String(target['id']), [...(sources.get(String(target['id'])) ?? []), value]);
  };
  const look = (node: Node): void => {
    if (node.nodeType === 'Assign')
      for (const target of node['targets'] as readonly Node[]) put(target, node['value'] as Node);
    if (node.nodeType === 'AnnAssign' && node['value']) put(node['target'] as Node, node['value'] as Node);
    if (node.nodeType === 'For') put(node['target'] as Node, { nodeType: 'Each', of: node['iter'] as Node });
    for (const child of childrenOf(node)) look(child);
  };
  for (const node of fn['body'] as readonly Node[]) look(node);
  return { parameters, sources };
}

/**
 * Everything an expression comes from: names as they are, `param:x`, `call:f` by the last name of what is called, and
 * `each:path` for the items of something. What a call is given by keyword is no source of what it gives.
 */
export function rootsOf(node: Node, flow: Flow, found: Set<string> = new Set()): ReadonlySet<string> {
  if (node.nodeType === 'Name') {
    const name = String(node['id']);
    if (found.has(name)) return found;
    found.add(name);
    const made = flow.sources.get(name);
    if (!made && flow.parameters.has(name)) found.add(`param:${name}`);
    for (const one of made ?? []) rootsOf(one, flow, found);
    return found;
  }
  if (node.nodeType === 'Each') {
    found.add(`each:${pathOf(node['of'] as Node)}`);
    return rootsOf(node['of'] as Node, flow, found);
  }
  if (node.nodeType === 'Call') {
    const func = node['func'] as Node;
    found.add(`call:${pathOf(func).split('.').at(-1) ?? ''}`);
    rootsOf(func, flow, found);
    for (const arg of node['args'] as readonly Node[]) rootsOf(arg, flow, found);
    return found;
  }
  for (const child of childrenOf(node)) rootsOf(child, flow, found);
  return found;
}

/** Of a list that is written out item by item: what its items are taken from; undefined for anything else. */
export function itemsOf(node: Node, flow: Flow): Node | undefined {
  const made = node.nodeType === 'Name' ? flow.sources.get(String(node['id'])) : undefined;
  if (made) return made.length === 1 ? listed(made[0]!) : undefined;
  return listed(node);
}

function listed(node: Node): Node | undefined {
  if (node.nodeType === 'GeneratorExp' || node.nodeType === 'ListComp')
    return (node['generators'] as readonly Node[])[0]!['iter'] as Node;
  const inside =
    node.nodeType === 'BinOp'
      ? [node['left'] as Node, node['right'] as Node]
      : node.nodeType === 'Call'
        ? (node['args'] as readonly Node[])
        : [];
  return inside.map(listed).find((one) => one !== undefined);
}
