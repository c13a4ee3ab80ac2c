/**
 * What a loop over a list of uncertain length gathers: a list to which every turn adds an item is a list of uncertain
 * length too, and in a set stands what some turn adds.
 */
import { exprInputs, NO } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { compareOp } from './compare.ts';
import { opaqueCond, truth } from './reader.ts';
import type { Frame, Heap, Reader, Snapshot } from './reader.ts';
import { spelledOut } from './substitute.ts';
import type { Node } from './syntax.ts';
import { isBeyond, one, series, set, text, union, valueKey } from './values.ts';
import type { Atom, Item, Part, SeriesAtom, Value } from './values.ts';

/** What one turn added to a list or a set, behind what stood in it; undefined where it changed it otherwise. */
export function added(thing: Heap, before: Snapshot | undefined): readonly Item[] | undefined {
  if ((thing.k !== 'list' && thing.k !== 'set') || !before || before instanceof Map) return undefined;
  const old = before as readonly Item[];
  const kept = old.every((x, i) => x.g === thing.items[i]?.g && valueKey(x.v) === valueKey(thing.items[i].v));
  return kept ? thing.items.slice(old.length) : undefined;
}

/**
 * The list of the item that every turn of a loop over `of`, reached under `live`, adds to an empty list: one, or one of several that
 * exclude each other.
 */
export function gatheredList(
  R: Reader,
  of: SeriesAtom,
  old: Snapshot,
  items: readonly Item[],
  live: Cond,
): SeriesAtom | undefined {
  const [only, ...others] = items;
  if (old instanceof Map || !only) return undefined;
  // what stands in it where the loop is not reached stays in the list that is there then
  const before = (old as readonly Item[]).filter(({ g }) => !R.d.disjoint(g, live));
  if (before.length > 0) return undefined;
  if (others.length === 0) return series(of.at, of.n, only.v, R.d.simplify(only.g, live));
  const there = items.map(({ g, v }) => ({ g: R.d.simplify(spelledOut(R, g), spelledOut(R, live)), v }));
  let keep: Cond = NO;
  for (const { g } of there) {
    if (!R.d.disjoint(R.d.and(keep, g), live)) return undefined;
    keep = R.d.or(keep, g);
  }
  const each = there.flatMap(({ g, v }) => v.map((a) => ({ g: R.d.and(g, a.g), v: a.v })));
  return series(of.at, of.n, union(R.d, each), R.d.simplify(keep, live));
}

/** What a set is once some turns have added to it: what stands in it, and under `g` a set of texts of which nothing is known. */
interface Gathered {
  readonly items: Item[];
  readonly open?: { readonly g: Cond; readonly set: SeriesAtom };
}

/**
 * What a set that held `held` is once some turns of a loop over `of` have added `items`. Texts that differ by the turn make
 * it a set of the question's world. Undefined where it is not known what can stand in it.
 */
export function gatheredSet(
  R: Reader,
  frame: Frame,
  of: SeriesAtom,
  held: readonly Item[],
  items: readonly Item[],
): Gathered | undefined {
  const found = new Map<string, { g: Cond; v: Value; from: Item }>();
  let differing: Cond = NO;
  const names = new Set<string>();
  const dark: Dark[] = [];
  for (const item of items)
    for (const { g, v } of item.v) {
      const here = R.d.and(item.g, g);
      if (v.k === 'text' && speaksOfNumber(R, one(v), of.at)) {
        differing = R.d.or(differing, here);
        for (const name of namesIn(v.parts)) names.add(anyTurn(name, of.at));
        continue;
      }
      if (v.k === 'opaque' && isBeyond(v)) {
        dark.push({ g: here, v, from: item });
        continue;
      }
      if (!isPlain(v)) return undefined;
      const key = valueKey(one(v));
      found.set(key, { g: R.d.or(found.get(key)?.g ?? NO, here), v: one(v), from: item });
    }
  const all: Item[] = [...held];
  for (const { g, v, from } of found.values()) {
    const there = truth(R, frame, compareOp(R, frame, 'In', v, one(set([...all]))));
    all.push({ ...from, g: R.d.and(R.book.exists(of.at, of.n, g), R.d.not(there)), v });
  }
  if (dark[0]) {
    const beside = differing === NO ? dark : [...dark, { ...dark[0], g: differing }];
    return { items: [...all, ...beside.flatMap((one) => darkItems(R, frame, of, one))] };
  }
  if (differing === NO) return { items: all };
  if (!all.every((i) => i.v.every((a) => a.v.k === 'str' || a.v.k === 'text'))) return undefined;
  return { items: all, open: { g: R.book.exists(of.at, of.n, differing), set: openSet(names) } };
}

/** Something outside the tree that a turn adds, of which nothing is known. */
interface Dark {
  readonly g: Cond;
  readonly v: Atom;
  readonly from: Item;
}

/** What stands in a set where some turns add such a thing: of several turns nobody knows whether it is the same one. */
function darkItems(R: Reader, frame: Frame, of: SeriesAtom, { g, v, from }: Dark): readonly Item[] {
  const some = R.book.exists(of.at, of.n, g);
  const others = opaqueCond(R, frame, 'turns of a loop differ in what they add', undefined, v);
  return [
    { ...from, g: some, v: one(v) },
    { ...from, g: R.d.and(some, others), v: one(v) },
  ];
}

/** The name of an input of any turn. */
const anyTurn = (name: string, at: string): string =>
  name
    .split('.')
    .map((p) => (p === at ? '*' : p))
    .join('.');

/** A set of texts that the question's world gives, by what they come from. */
function openSet(names: ReadonlySet<string>): SeriesAtom {
  const name = `all ${[...names].toSorted().join(' | ')}`;
  const at = `@${name.replaceAll('.', '/')}`;
  const item = one(text([{ p: 'expr', e: { op: 'input', name: `${name}.${at}` } }]));
  return { ...series(at, { op: 'input', name: `${name}.#` }, item), set: 'once' };
}

/** The names of the inputs in a text. */
const namesIn = (parts: readonly Part[]): string[] =>
  parts.flatMap((p) =>
    p.p === 'expr' ? [...exprInputs(p.e)] : p.p === 'lit' ? [] : p.of.flatMap((o) => namesIn(o.parts)),
  );

/** Is it a thing that is equal to another only where their values are? */
const isPlain = (v: Atom): boolean =>
  ['str', 'text', 'int', 'none', 'bool'].includes(v.k) || (v.k === 'instance' && v.member !== undefined);

/** A place where a loop gathers: a variable, or an attribute of the object that a variable holds. */
export interface Gatherer {
  readonly name: string;
  readonly attribute?: string;
  /** The attributes of that object which are asked for meanwhile: where one of them is worked out, it may hold the list too. */
  readonly asked?: ReadonlySet<string>;
}

/**
 * The places that hold an empty list or set when a loop begins, which nothing else holds, and to which the loop only adds:
 * `x = []` (or `self.x = []`) stands before it in `block`, and between the two and inside the loop `x` is there in `x.append(…)`
 * alone; of an object no method is called meanwhile, and it is handed to nobody.
 */
export function gatherers(block: readonly Node[], loop: Node): readonly Gatherer[] {
  const found = new Map<string, Gatherer>();
  const end = block.indexOf(loop);
  for (let i = 0; i < end; i++) {
    const place = startedIn(block[i]!);
    if (!place) continue;
    const key = `${place.name}.${place.attribute ?? ''}`;
    const rest = block.slice(i + 1, end + 1);
    const { attribute } = place;
    if (attribute === undefined) {
      if (uses(rest, place.name) === additions(rest, place)) found.set(key, place);
      else found.delete(key);
      continue;
    }
    const asked = new Set<string>();
    const inside = countIn(rest, (n) => {
      const isOwn =
        n.nodeType === 'Attribute' && (n.value as Node).nodeType === 'Name' && (n.value as Node).id === place.name;
      if (isOwn) asked.add(n.attr as string);
      return isOwn;
    });
    const called = countIn(rest, (n) => {
      const method = n.nodeType === 'Call' ? (n.func as Node) : undefined;
      return method?.nodeType === 'Attribute' && (method.value as Node).id === place.name;
    });
    const alone = countIn(rest, (n) => n.nodeType === 'Attribute' && n.attr === attribute) === additions(rest, place);
    if (alone && called === 0 && inside === uses(rest, place.name)) found.set(key, { ...place, asked });
    else found.delete(key);
  }
  return [...found.values()];
}

/** The place to which a statement gives an empty list or set. */
function startedIn(s: Node): Gatherer | undefined {
  const target = s.nodeType === 'AnnAssign' ? s.target : s.nodeType === 'Assign' ? (s.targets as Node[])[0] : undefined;
  const to = target as Node | undefined;
  const value = s.value as Node | undefined;
  const isAlone = s.nodeType === 'AnnAssign' || (s.targets as Node[] | undefined)?.length === 1;
  const isSet = value?.nodeType === 'Call' && (value.func as Node).id === 'set' && (value.args as Node[]).length === 0;
  const isEmpty = isSet || (value?.nodeType === 'List' && (value.elts as Node[]).length === 0);
  if (!isAlone || !isEmpty || !to) return undefined;
  if (to.nodeType === 'Name') return { name: to.id as string };
  const of = to.nodeType === 'Attribute' ? (to.value as Node) : undefined;
  return of?.nodeType === 'Name' ? { name: of.id as string, attribute: to.attr as string } : undefined;
}

/** How often a name stands in a piece of a program. */
const uses = (of: unknown, name: string): number =>
  countIn(of, (n) => (n.nodeType === 'Name' && n.id === name) || (Array.isArray(n.names) && n.names.includes(name)));

/** How often something is added to what a place holds. */
const additions = (of: unknown, { name, attribute }: Gatherer): number =>
  countIn(of, (n) => {
    const call = n.nodeType === 'Expr' ? (n.value as Node) : undefined;
    const method = call?.nodeType === 'Call' ? (call.func as Node) : undefined;
    const on =
      method?.nodeType === 'Attribute' && ['append', 'add'].includes(method.attr as string)
        ? (method.value as Node)
        : undefined;
    if (attribute === undefined) return on?.nodeType === 'Name' && on.id === name;
    return on?.nodeType === 'Attribute' && on.attr === attribute && (on.value as Node).id === name;
  });

function countIn(of: unknown, test: (n: Node) => boolean): number {
  if (Array.isArray(of)) return of.reduce((n: number, x) => n + countIn(x, test), 0);
  if (!of || typeof of !== 'object') return 0;
  const own = 'nodeType' in of && test(of as Node) ? 1 : 0;
  return Object.values(of).reduce((n: number, x) => n + countIn(x, test), own);
}

/** Does a value say something about the number of a turn? Things made in a turn may, but only by what they hold. */
export function speaksOfNumber(R: Reader, value: Value, at: string): boolean {
  const named = (e: Expr): boolean => R.book.names(e, at);
  const part = (p: Part): boolean =>
    p.p === 'expr' ? named(p.e) : p.p !== 'lit' && p.of.some((o) => R.book.speaks(o.g, at) || o.parts.some(part));
  return value.some(
    ({ g, v }) =>
      R.book.speaks(g, at) ||
      (v.k === 'num' && named(v.e)) ||
      (v.k === 'text' && v.parts.some(part)) ||
      (v.k === 'tuple' && v.items.some((i) => speaksOfNumber(R, i, at))),
  );
}
