/** Arguments of a call `LLM(…)` in a piece of Python. Nothing is run: values that are written out are taken. */
import { type Node, parsePython } from '../python/index.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What a piece of Python gives to `LLM`, or why that is not read: one line. */
export type Keywords =
  | { readonly keywords: Readonly<Record<string, Json>> }
  | { readonly unread: string }
  | { readonly none: true };

/** The keyword arguments of the first call of `LLM`; its first argument is the model. */
export function keywordsIn(code: string): Keywords {
  try {
    const call = callIn(parsePython(code));
    return call === undefined ? { none: true } : { keywords: argumentsOf(call) };
  } catch (error) {
    return { unread: error instanceof Error ? error.message.split('\n')[0]! : String(error) };
  }
}

function argumentsOf(call: Node): Readonly<Record<string, Json>> {
  const args = call['args'] as readonly Node[];
  const keywords = call['keywords'] as readonly { readonly arg?: string | null; readonly value: Node }[];
  const [model] = args;
  if (args.length > 1) throw new Error('LLM takes one argument without a name, the model.');
  const named = keywords.map(({ arg, value }) => {
    if (typeof arg !== 'string') throw new Error('It takes arguments from a dictionary (**).');
    return [arg, literal(value)] as const;
  });
  return Object.fromEntries([...(model === undefined ? [] : [['model', literal(model)] as const]), ...named]);
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { nodeType?: unknown }).nodeType === 'string';

/** The first call of `LLM` or `….LLM` in some nodes, outside in. */
function callIn(nodes: readonly unknown[]): Node | undefined {
  for (const node of nodes) {
    if (Array.isArray(node)) {
      const found = callIn(node);
      if (found) return found;
    } else if (isNode(node)) {
      const of = node['func'] as Node | undefined;
      if (node.nodeType === 'Call' && of && (of['id'] ?? of['attr']) === 'LLM') return node;
      const found = callIn(Object.values(node));
      if (found) return found;
    }
  }
  return undefined;
}

/** A value that is written out. Throws for one that only Python could work out. */
function literal(node: Node): Json {
  const items = (of: unknown): readonly Json[] => (of as readonly Node[]).map(literal);
  switch (node.nodeType) {
    case 'Constant':
      return constant(node['value']);
    case 'List':
    case 'Tuple':
    case 'Set':
      return items(node['elts']);
    case 'Dict': {
      const keys = items(node['keys']).map((key) => (typeof key === 'string' ? key : JSON.stringify(key)));
      return Object.fromEntries(items(node['values']).map((value, i) => [keys[i]!, value]));
    }
    case 'UnaryOp': {
      const value = literal(node['operand'] as Node);
      if ((node['op'] as Node).nodeType === 'USub' && typeof value === 'number') return -value;
      throw new Error('A value of it is worked out.');
    }
    default:
      throw new Error('A value of it is a name, or is worked out.');
  }
}

function constant(value: unknown): Json {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Json;
  throw new Error('A value of it is neither a text nor a number, and not true, false or None.');
}
