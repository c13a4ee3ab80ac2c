/**
 * Comprehensions that make a dictionary of the question into another one of the question: `{key.replace(a, b): value for key, value
 * in d.items()}`, in which everything stands under its new key, and those that keep some keys, as `if key not in (a, b)` has it.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { copyDict, putEntry, sameKey, settleKey } from './entries.ts';
import { reading } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import type { Node } from './syntax.ts';
import { choose, dict, one, str, valueKey } from './values.ts';
import type { Atom, DictAtom, Value } from './values.ts';

/** A comprehension that goes through the items of one dictionary and keeps its values. */
interface Remaking {
  readonly of: Node;
  /** The name of the key, what is made of it, and what is asked of an item. */
  readonly key: string;
  readonly value: string;
  readonly made: Node;
  readonly ifs: readonly Node[];
}

/** What becomes of one dictionary of the question; undefined where that cannot be said. */
type Remade = (R: Reader, of: DictAtom) => DictAtom | undefined;

/** What such a comprehension makes of dictionaries of the question, each under the condition that it is that one. */
export function remadeDicts(R: Reader, frame: Frame, n: Node): Value {
  const remaking = remakingIn(n);
  const remake = remaking && (renaming(remaking) ?? keeping(R, frame, remaking));
  if (!remake) return [];
  return R.evaluate(frame, remaking.of).flatMap(({ g, v }): Value => {
    const made = v.k === 'dict' && v.lazy ? remake(R, v) : undefined;
    return made ? [{ g, v: made }] : [];
  });
}

/** Reads the form of a comprehension; undefined where it is another. */
function remakingIn(n: Node): Remaking | undefined {
  const [gen, ...others] = n.generators as Node[];
  const [key, value] = ((gen!.target as Node).elts as Node[] | undefined) ?? [];
  const items = gen!.iter as Node;
  const method = items.nodeType === 'Call' ? (items.func as Node) : undefined;
  if (others.length > 0 || key?.nodeType !== 'Name' || value?.nodeType !== 'Name') return undefined;
  if (method?.nodeType !== 'Attribute' || method.attr !== 'items' || !isPlace(method.value as Node)) return undefined;
  const isKept = (n.value as Node).nodeType === 'Name' && (n.value as Node).id === value.id && key.id !== value.id;
  if (!isKept) return undefined;
  return {
    of: method.value as Node,
    key: key.id as string,
    value: value.id as string,
    made: n.key as Node,
    ifs: gen!.ifs as Node[],
  };
}

/** A name, or an attribute of one: looking at it twice changes nothing. */
const isPlace = (n: Node): boolean => n.nodeType === 'Name' || (n.nodeType === 'Attribute' && isPlace(n.value as Node));

/** The name with which a place begins. */
const rootOf = (n: Node): string =>
  n.nodeType === 'Attribute' ? rootOf(n.value as Node) : n.nodeType === 'Name' ? (n.id as string) : '';

function renaming({ key, made, ifs }: Remaking): Remade | undefined {
  const replace = made.nodeType === 'Call' ? (made.func as Node) : undefined;
  if (ifs.length > 0 || replace?.nodeType !== 'Attribute' || replace.attr !== 'replace') return undefined;
  const [from, to, ...more] = (made.args as Node[]).map((a) => (a.nodeType === 'Constant' ? a.value : undefined));
  if (typeof from !== 'string' || typeof to !== 'string' || from === '' || more.length > 0) return undefined;
  const isOfKey = (replace.value as Node).id === key && (made.keywords as Node[]).length === 0;
  return isOfKey ? (R, of) => renamed(R, of, from, to) : undefined;
}

/** One dictionary of the question with other keys; undefined where its keys cannot be changed. */
function renamed(R: Reader, of: DictAtom, from: string, to: string): DictAtom | undefined {
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

/** Of a comprehension that keeps keys as they are, those that it keeps or leaves out. */
function keeping(R: Reader, frame: Frame, { key, value, made, ifs: [test, ...more] }: Remaking): Remade | undefined {
  if (made.nodeType !== 'Name' || made.id !== key || more.length > 0) return undefined;
  if (!test) return (_, of) => (reading(R, of), copyDict(of));
  const [op, ...ops] = test.nodeType === 'Compare' ? (test.ops as Node[]) : [];
  const isOfKey = (test.left as Node | undefined)?.nodeType === 'Name' && (test.left as Node).id === key;
  const [compared] = test.nodeType === 'Compare' ? (test.comparators as Node[]) : [];
  // what an item itself gives is another thing for each of them
  const isOfItem = compared !== undefined && [key, value].includes(rootOf(compared));
  const names = op && ops.length === 0 && isOfKey && !isOfItem ? namesFor(R, frame, op, compared!) : undefined;
  if (!names) return undefined;
  return op!.nodeType.startsWith('Not') ? (_, of) => without(R, of, names) : (_, of) => only(R, of, names);
}

/** The texts that a key is compared with. */
function namesFor(R: Reader, frame: Frame, op: Node, n: Node): readonly string[] | undefined {
  const isMany = op.nodeType === 'In' || op.nodeType === 'NotIn';
  if (!isMany && op.nodeType !== 'Eq' && op.nodeType !== 'NotEq') return undefined;
  const texts = isMany && Array.isArray(n.elts) ? (n.elts as Node[]).map(textIn) : isMany ? undefined : [textIn(n)];
  if (texts?.every((text) => text !== undefined)) return texts;
  const [named, ...others] = isMany && isPlace(n) ? R.evaluate(frame, n) : [];
  if (!named || others.length > 0 || named.g !== YES) return undefined;
  return textsOf(named.v);
}

const textIn = (n: Node): string | undefined =>
  n.nodeType === 'Constant' && typeof n.value === 'string' ? n.value : undefined;

/** The texts of a tuple that is known. */
function textsOf(v: Atom): readonly string[] | undefined {
  const texts =
    v.k === 'tuple'
      ? v.items.map((item) => (item.length === 1 && item[0]!.v.k === 'str' ? item[0]!.v.s : undefined))
      : undefined;
  return texts?.every((text) => text !== undefined) ? texts : undefined;
}

/** A dictionary of the question, and none of these keys. */
function without(R: Reader, of: DictAtom, names: readonly string[]): DictAtom {
  reading(R, of);
  for (const name of names) settleKey(R, of, str(name));
  const made = copyDict(of);
  // it is not what the question gives any more
  made.version++;
  for (const name of names) for (const e of made.entries) e.g = R.d.and(e.g, R.d.not(sameKey(R, e.key, str(name))));
  made.entries = made.entries.filter((e) => e.g !== NO);
  return made;
}

/** These keys of a dictionary of the question alone. */
function only(R: Reader, of: DictAtom, names: readonly string[]): DictAtom | undefined {
  reading(R, of);
  for (const name of names) settleKey(R, of, str(name));
  if (of.entries.some(({ key }) => key.k !== 'str')) return undefined;
  const kept = of.entries.filter(({ key }) => key.k === 'str' && names.includes(key.s));
  return dict(kept.map((e) => ({ ...e })));
}
