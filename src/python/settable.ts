/** Where a loop only sets items of what is held. */
import type { Node } from './syntax.ts';

/** A variable or an attribute of a variable, as a text. */
export const textOf = (target: Node): string =>
  target.nodeType === 'Name'
    ? (target.id as string)
    : target.nodeType === 'Attribute' && (target.value as Node).nodeType === 'Name'
      ? `${(target.value as Node).id as string}.${target.attr as string}`
      : '';

/** Where a loop only sets items of what is held, as texts, and the attributes that it asks for of anything. */
export interface Settable {
  readonly places: ReadonlySet<string>;
  readonly asked: ReadonlySet<string>;
}

export const NOWHERE: Settable = { places: new Set(), asked: new Set() };

/** Functions that look at nothing but what they are given. */
const PLAIN = new Set(['abs', 'bool', 'float', 'int', 'isinstance', 'len', 'max', 'min', 'range', 'str']);

/**
 * The variables, and attributes of variables, that a loop names only to set items of what they hold; no such object is named
 * otherwise, and nothing is called that may look at it.
 */
export function settableIn(loop: Node): Settable {
  const calls = new Set<string>();
  const named = new Map<string, number>();
  const set = new Map<string, number>();
  const asked = new Map<string, number>();
  const count = (of: Map<string, number>, key: string): void => void of.set(key, (of.get(key) ?? 0) + 1);
  const walk = (n: unknown, parent?: Node): void => {
    if (Array.isArray(n)) {
      for (const m of n) walk(m, parent);
      return;
    }
    if (!n || typeof n !== 'object' || !('nodeType' in n)) return;
    const node = n as Node;
    if (node.nodeType === 'Call') calls.add(((node.func as Node).id as string | undefined) ?? '');
    if (node.nodeType === 'Name' && parent?.nodeType !== 'Attribute') count(named, node.id as string);
    if (node.nodeType === 'Attribute') {
      count(named, textOf(node));
      count(asked, node.attr as string);
    }
    const targets = node.nodeType === 'Assign' ? (node.targets as Node[]) : [];
    if (targets.length === 1 && targets[0]!.nodeType === 'Subscript') count(set, textOf(targets[0]!.value as Node));
    for (const value of Object.values(node)) if (typeof value === 'object') walk(value, node);
  };
  walk(loop.body);
  walk(loop.orelse);
  if ([...calls].some((name) => !PLAIN.has(name))) return NOWHERE;
  // another object that has the attribute may be the same one
  const isFree = (key: string, n: number): boolean => {
    const [name, attribute] = key.split('.');
    return attribute === undefined || (!named.has(name!) && asked.get(attribute) === n);
  };
  const places = [...set].filter(([key, n]) => key !== '' && named.get(key) === n && isFree(key, n));
  return { places: new Set(places.map(([key]) => key)), asked: new Set(asked.keys()) };
}
