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

/**
 * One alternative of a type: the letter of a plain kind, `['l', items]` or `['q', items]` for a list or a sequence of such items,
 * `['d', keys, values]` for a dictionary, `['=', value, …]` for one of these values.
 */
export type TypeAlternative =
  | string
  | readonly ['l' | 'q', FieldType]
  | readonly ['d', FieldType, FieldType]
  | readonly ['=', ...(string | number | boolean | null)[]];

/** What a field takes: whatever one of the alternatives does. */
export type FieldType = readonly TypeAlternative[];

/** The type of an annotation, as a value of JSON is held against it; undefined where the kinds that it names say as much. */
export function typeOf(ann: Node): FieldType | undefined {
  const kinds = kindsOf(ann);
  if (kinds === '*') return undefined;
  const type = alternatives(ann);
  const letters = type.filter((one) => typeof one === 'string');
  const isPlain = letters.length === type.length && [...new Set(letters)].sort().join('') === kinds;
  return isPlain ? undefined : type;
}

/** Of JSON comes a list and never a tuple or a set. */
const NEVER = /^([tT]uple|[sS]et|[fF]rozen[sS]et)$/;

function alternatives(n: Node): FieldType {
  if (n.nodeType === 'BinOp') return joined([n.left as Node, n.right as Node]);
  if (n.nodeType !== 'Subscript') {
    const name = (n.id ?? n.attr) as string | undefined;
    if (name !== undefined && NEVER.test(name)) return [];
    return name === 'Sequence' ? ['q'] : [...kindsOf(n)];
  }
  const head = ((n.value as Node).id ?? (n.value as Node).attr) as string;
  const args = (n.slice as Node).nodeType === 'Tuple' ? ((n.slice as Node).elts as Node[]) : [n.slice as Node];
  if (head === 'Optional') return [...joined(args), 'n'];
  if (head === 'Union') return joined(args);
  if (NEVER.test(head)) return [];
  if (/^[lL]ist$/.test(head)) return [['l', alternatives(args[0]!)]];
  if (head === 'Sequence') return [['q', alternatives(args[0]!)]];
  if (/^[dD]ict$/.test(head) && args.length === 2) {
    const [keys, values] = [alternatives(args[0]!), alternatives(args[1]!)];
    // keys are texts
    return keys.includes('s') && values.includes('*') ? ['d'] : [['d', keys, values]];
  }
  const values = args.map(({ value }) => value as string | number | boolean | null);
  return head === 'Literal' ? [['=', ...values]] : [...kindsOf(n)];
}

const joined = (all: readonly Node[]): FieldType => {
  const seen = new Set<string>();
  return all.flatMap(alternatives).filter((one) => {
    const key = JSON.stringify(one);
    return seen.has(key) ? false : seen.add(key);
  });
};
