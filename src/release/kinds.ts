/** Which kinds of JSON an annotation of Python takes. */
import type { Node } from '../python/index.ts';
import type { Kind } from '../rules/index.ts';

/** What a field takes: letters for the kinds of JSON (see `KIND_LETTERS`), `t` for a torch dtype, `*` for anything. */
export type Kinds = string;

/** The letters of kinds: none, true or false, int, float, str, list, dict. */
export const KIND_LETTERS: Readonly<Record<string, readonly Kind[]>> = {
  n: ['none'],
  b: ['false', 'true'],
  i: ['int'],
  f: ['int', 'float'],
  s: ['str'],
  l: ['list'],
  d: ['dict'],
};

/** The kinds that an annotation names. */
export function kindsOf(ann: Node): Kinds {
  const found = new Set<string>();
  const add = (n: Node): void => {
    switch (n.nodeType) {
      case 'Constant':
        if (n.value === null || n.value === undefined) found.add('n');
        else if (typeof n.value === 'string') found.add('*');
        return;
      case 'BinOp':
        add(n.left as Node);
        add(n.right as Node);
        return;
      case 'Subscript': {
        const head = ((n.value as Node).id ?? (n.value as Node).attr) as string;
        const args = (n.slice as Node).nodeType === 'Tuple' ? ((n.slice as Node).elts as Node[]) : [n.slice as Node];
        if (head === 'Optional') found.add('n');
        if (head === 'Optional' || head === 'Union') args.forEach(add);
        else if (/^(list|List|tuple|Tuple|Sequence|set)$/.test(head)) found.add('l');
        else if (/^(dict|Dict|Mapping)$/.test(head)) found.add('d');
        else if (head === 'Literal')
          for (const a of args)
            found.add(
              typeof a.value === 'string' ? 's' : typeof a.value === 'boolean' ? 'b' : a.value === null ? 'n' : 'i',
            );
        else found.add('*');
        return;
      }
      case 'Name':
      case 'Attribute':
        found.add(NAMES[(n.id ?? n.attr) as string] ?? ((n.attr as string) === 'dtype' ? 't' : 'd'));
        return;
      default:
        found.add('*');
    }
  };
  add(ann);
  if (found.has('*')) return '*';
  return [...found].sort().join('');
}

const NAMES: Readonly<Record<string, string>> = {
  int: 'i',
  bool: 'b',
  float: 'f',
  str: 's',
  list: 'l',
  tuple: 'l',
  Sequence: 'l',
  dict: 'd',
  None: 'n',
  Any: '*',
  object: '*',
  DtypeType: 't',
};
