/**
 * `{key.replace(a, b): value for key, value in d.items()}` of a dictionary of the question: one of the question too, in which
 * everything stands under its new key.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { putEntry, settleKey } from './entries.ts';
import { reading } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import type { Node } from './syntax.ts';
import { choose, one, str, valueKey } from './values.ts';
import type { Atom, DictAtom, Value } from './values.ts';

/** How such a comprehension changes the keys of which dictionary. */
interface Renaming {
  readonly of: Node;
  readonly from: string;
  readonly to: string;
}

/** Reads the form of a comprehension that only changes keys; undefined where it is another. */
function renamingIn(n: Node): Renaming | undefined {
  const [gen, ...others] = n.generators as Node[];
  const [key, value] = ((gen!.target as Node).elts as Node[] | undefined) ?? [];
  const items = gen!.iter as Node;
  const method = items.nodeType === 'Call' ? (items.func as Node) : undefined;
  if (others.length > 0 || (gen!.ifs as Node[]).length > 0 || key?.nodeType !== 'Name' || value?.nodeType !== 'Name')
    return undefined;
  if (method?.nodeType !== 'Attribute' || method.attr !== 'items' || !isPlace(method.value as Node)) return undefined;
  const made = n.key as Node;
  const replace = made.nodeType === 'Call' ? (made.func as Node) : undefined;
  if (replace?.nodeType !== 'Attribute' || replace.attr !== 'replace' || (replace.value as Node).id !== key.id)
    return undefined;
  const [from, to, ...more] = (made.args as Node[]).map((a) => (a.nodeType === 'Constant' ? a.value : undefined));
  const isMoved = (n.value as Node).nodeType === 'Name' && (n.value as Node).id === value.id && key.id !== value.id;
  if (typeof from !== 'string' || typeof to !== 'string' || more.length > 0 || !isMoved) return undefined;
  return (made.keywords as Node[]).length === 0 && from !== '' ? { of: method.value as Node, from, to } : undefined;
}

/** A name, or an attribute of one: looking at it twice changes nothing. */
const isPlace = (n: Node): boolean => n.nodeType === 'Name' || (n.nodeType === 'Attribute' && isPlace(n.value as Node));

/** What such a comprehension makes of dictionaries of the question, each under the condition that it is that one. */
export function renamedDicts(R: Reader, frame: Frame, n: Node): Value {
  const renaming = renamingIn(n);
  if (!renaming) return [];
  return R.evaluate(frame, renaming.of).flatMap(({ g, v }): Value => {
    const made = v.k === 'dict' ? renamed(R, v, renaming) : undefined;
    return made ? [{ g, v: made }] : [];
  });
}

/** One dictionary of the question with other keys; undefined where its keys cannot be changed. */
function renamed(R: Reader, of: DictAtom, { from, to }: Renaming): DictAtom | undefined {
  const made = of.lazy?.renamed?.(from, to);
  if (!made) return undefined;
  reading(R, of);
  for (const e of of.entries) {
    if (e.key.k !== 'str') return undefined;
    const given = new Set((of.lazy!.at(e.key.s) ?? []).map(({ v }) => valueKey(one(v))));
    // what was put in stands behind what the question gives
    const put = e.v.filter(({ v }) => !given.has(valueKey(one(v))));
    if (put.length === 0) continue;
    const when = put.reduce<Cond>((c, a) => R.d.or(c, R.d.and(e.g, a.g)), NO);
    const key: Atom = str(e.key.s.replaceAll(from, to));
    settleKey(R, made, key);
    putEntry(R, made.entries, key, when, choose(R.d, YES, put, []));
  }
  return made;
}
