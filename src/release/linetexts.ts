/** The words of a line as pieces: what the source writes, and what it puts in. */
import type { Node } from '../python/index.ts';
import { type Spoken, TEMPLATE, pathOf } from './linewalk.ts';

/** A piece as it is written, or the expression that is put in. */
export type Part = string | Node;

/** The pieces of what is spoken: of an f-string, of words with `%s`, of a variable that holds either. */
export function partsOfWords({ words, values, texts }: Spoken): Part[] {
  const parts = partsIn(words, texts);
  return values.length === 0 ? parts : filled(parts, values);
}

function partsIn(node: Node, texts: Spoken['texts']): Part[] {
  if (node.nodeType === 'Constant') return [String(node['value'])];
  if (node.nodeType === 'JoinedStr')
    return (node['values'] as readonly Node[]).flatMap((part) =>
      part.nodeType === 'FormattedValue' ? [part['value'] as Node] : partsIn(part, texts),
    );
  if (node.nodeType === 'BinOp' && (node['op'] as Node).nodeType === 'Add')
    return [...partsIn(node['left'] as Node, texts), ...partsIn(node['right'] as Node, texts)];
  if (node.nodeType === 'Call' && TEMPLATE.test(pathOf(node['func'] as Node))) return templateIn(node, texts);
  const known = node.nodeType === 'Name' ? texts.get(String(node['id'])) : undefined;
  return known ? known.flatMap((one) => partsIn(one, texts)) : [node];
}

/** A template's words; what is put into them where it is made is colour, and left out. */
function templateIn(call: Node, texts: Spoken['texts']): Part[] {
  const [words] = call['args'] as readonly Node[];
  const func = call['func'] as Node;
  if (func.nodeType === 'Attribute' && func['attr'] === 'substitute') return partsIn(func['value'] as Node, texts);
  return words
    ? partsIn(words, texts).map((part) => (typeof part === 'string' ? part.replaceAll(/\$\{\w+\}/g, '') : part))
    : [];
}

/** Puts values where `%s` and its like stand; `%%` is a percent sign. */
function filled(parts: readonly Part[], values: readonly Node[]): Part[] {
  const left = [...values];
  return parts.flatMap((part) =>
    typeof part !== 'string'
      ? [part]
      : part.split(/(%[-+ #0]*[\d*]*(?:\.\d+)?[sdrifgxe%])/).flatMap((piece, i): Part[] => {
          if (i % 2 === 0) return [piece];
          return piece.endsWith('%') ? ['%'] : [left.shift() ?? piece];
        }),
  );
}
