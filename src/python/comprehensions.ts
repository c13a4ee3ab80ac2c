/** Comprehensions and generator expressions. */
import type { Node } from './syntax.ts';
import {
  type Atom,
  type Value,
  series,
  one,
  list,
  union,
  opaque,
  type Item,
  type Alternative,
  type Entry,
  dict,
  tuple,
  type SeriesAtom,
  typeName,
} from './values.ts';
import {
  type Reader,
  type Frame,
  care,
  opaqueCond,
  raiseBuiltin,
  unread,
  note,
  placeOf,
  newFrame,
  under,
  truth,
  cut,
  titleOf,
} from './reader.ts';
import { type Cond, NO, YES } from '../rules/index.ts';
import { assignTarget } from './assigning.ts';
import { partedByLight, uncertainItems, iterate } from './iterate.ts';
import { eachOf } from './loops.ts';
import { putEntry } from './entries.ts';
import { boundNames } from './boundnames.ts';
import { areApart, flattenedAll } from './flattening.ts';
import { bind } from './names.ts';
import { howManyDifferent, numbersOf } from './numberlists.ts';
import { remadeDicts } from './remadedicts.ts';
import { sized } from './sized.ts';

const generators = new WeakMap<Node, boolean>();

/** Does a function body yield (outside nested functions)? */
export function yields(n: Node): boolean {
  const known = generators.get(n);
  if (known !== undefined) return known;
  const look = (m: unknown): boolean => {
    if (Array.isArray(m)) return m.some(look);
    if (!m || typeof m !== 'object') return false;
    const node = m as Node;
    if (node.nodeType === 'Yield' || node.nodeType === 'YieldFrom') return true;
    if (['FunctionDef', 'AsyncFunctionDef', 'Lambda', 'ClassDef'].includes(node.nodeType)) return false;
    return Object.values(node).some((x) => typeof x === 'object' && look(x));
  };
  const found = look(n.body);
  generators.set(n, found);
  return found;
}

/** A list of what a comprehension makes; over a list of uncertain length it is one of uncertain length too. */
export function comprehension(R: Reader, frame: Frame, n: Node): Value {
  const { items, series: uncertain, unknown, pieces } = comprehend(R, frame, n);
  if (unknown) return unread(R, frame, 'a comprehension over lists of uncertain length');
  const whole = pieces && numbersOf(R, frame, [[...pieces, ...uncertain]]);
  if (pieces) return whole ?? unread(R, frame, 'a comprehension over several lists of uncertain length');
  if (uncertain.length === 0) return one(list(items));
  const gone = uncertain.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
  return union(R.d, [...uncertain, { g: R.d.not(gone), v: list(items) }]);
}

/** A dictionary of what a comprehension makes. */
export function dictComprehension(R: Reader, frame: Frame, n: Node): Value {
  const remade = remadeDicts(R, frame, n);
  const other = R.d.not(remade.reduce<Cond>((c, a) => R.d.or(c, a.g), NO));
  const made = other === YES ? entriesMade(R, frame, n) : under(R, frame, other, () => entriesMade(R, frame, n));
  return [...remade, ...(made ?? []).map(({ g, v }) => ({ g: R.d.and(g, other), v }))];
}

function entriesMade(R: Reader, frame: Frame, n: Node): Value {
  const entries: Entry[] = [];
  const { items, unknown, pairs } = comprehend(R, frame, n);
  if (unknown) return unread(R, frame, OVER_OPEN);
  for (const item of items) {
    const [key, value] = (item.v[0]!.v as { items: readonly Value[] }).items;
    for (const k of key!) putEntry(R, entries, k.v, R.d.and(item.g, k.g), value!);
  }
  const open = pairs.map(({ g, v }) => ({
    g,
    v: v.k === 'series' ? ofPairs(R, frame, g, v) : opaque(OVER_OPEN, placeOf(frame), v),
  }));
  const rest = R.d.not(open.reduce<Cond>((c, a) => R.d.or(c, a.g), NO));
  return rest === NO ? open : [...open, { g: rest, v: dict(entries) }];
}

const OVER_OPEN = 'a dictionary over a list of uncertain length';

/** A dictionary of such pairs: nothing else is known of it but how many keys are different. */
function ofPairs(R: Reader, frame: Frame, when: Cond, pairs: SeriesAtom): Atom {
  const keys = pairs.item.flatMap(({ g, v }): Value =>
    v.k === 'tuple' ? v.items[0]!.map((a) => ({ g: R.d.and(g, a.g), v: a.v })) : [{ g, v }],
  );
  for (const { g, v } of keys) {
    const type = ['list', 'dict', 'set', 'series'].includes(v.k) ? typeName(v) : undefined;
    const some = type === undefined ? NO : R.book.exists(pairs.at, pairs.n, R.d.and(pairs.keep, g));
    if (some !== NO)
      raiseBuiltin(R, frame, R.d.and(care(R, frame), R.d.and(when, some)), 'TypeError', `unhashable type: '${type}'`);
  }
  const length = howManyDifferent(R, series(pairs.at, pairs.n, keys, pairs.keep));
  return sized(R, OVER_OPEN, placeOf(frame), { pairs: one(pairs), ...(length ? { length } : {}) });
}

/** What a comprehension makes of what nobody knows the items of. */
function darkItems(R: Reader, frame: Frame, g: Cond, dark: Value): Value {
  const why = 'a list over what nobody knows the items of';
  if (dark.length > 0) note(R, 'opaque', why, placeOf(frame));
  return dark.map((a) => ({ g: R.d.and(g, a.g), v: opaque(why, placeOf(frame), a.v) }));
}

/** What a comprehension makes. */
interface Comprehended {
  readonly items: Item[];
  /** Lists of uncertain length, each instead of the items under a condition. */
  readonly series: Alternative[];
  /** Whether nobody knows what it makes. */
  readonly unknown: boolean;
  /** Of a dictionary, its keys and values in order, a tuple each, where they are those of a list of uncertain length. */
  readonly pairs: Value;
  /** Lists one after the other, each there under a condition, where some turns give one of uncertain length. */
  readonly pieces?: readonly Alternative[];
}

// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
function comprehend(R: Reader, frame: Frame, n: Node): Comprehended {
  const out: Item[] = [];
  let unknown = false;
  const pieces: Alternative[] = [];
  const pairs: Alternative[] = [];
  /** Pieces that hold what all turns of a generator give. */
  const wholes = new Set<Alternative>();
  /** The generators that give lists of uncertain length, one after the other. */
  const joins = new Set<number>();
  const uncertain: Alternative[] = [];
  /** How many of the turns under way stand for any number of turns. */
  let manyTurns = 0;
  const vars = new Map<string, Value>();
  const inner = newFrame({ vars, outer: frame.scope, module: frame.module }, frame.fn, frame.caller, frame.base);
  // the comprehension is part of its frame: it shares what happens, and stands where the frame stands
  const shared = inner;
  shared.live = frame.live;
  shared.raised = frame.raised;
  shared.trace = frame.trace;
  shared.tries = frame.tries;
  shared.handling = frame.handling;
  shared.line = frame.line;
  (shared as { since: number }).since = frame.since;
  (shared as { reads: Frame['reads'] }).reads = frame.reads;
  const generatorsOf = n.generators as Node[];
  /** What a generator beside others gives for a list of uncertain length. */
  const uncertainTurns = (i: number, g: Cond, when: Cond, s: SeriesAtom, turn: (item: Item) => void): void => {
    if (n.nodeType === 'DictComp' && generatorsOf.length === 1) {
      const pair = { ...n, nodeType: 'Tuple', elts: [n.key, n.value] } as Node;
      pairs.push(...mapSeries(R, shared, generatorsOf[0]!, pair, when, s));
      return;
    }
    const isLast = i === generatorsOf.length - 1 && n.nodeType !== 'DictComp';
    if (isLast) {
      const made = mapSeries(R, shared, generatorsOf[i]!, n.elt as Node, when, s);
      pieces.push(...made.map((piece) => ({ g: R.d.and(g, piece.g), v: piece.v })));
      joins.add(i);
      return;
    }
    // read for what happens; what it makes is not known
    const before = pieces.length;
    let last = before;
    eachOf(R, shared, s, [], () => {
      last = pieces.length;
      turn({ g: R.d.and(when, s.keep), v: s.item });
    });
    const turned = pieces.splice(before);
    const whole = n.nodeType === 'DictComp' ? undefined : flattenedAll(R, s, turned.slice(last - before));
    if (whole) {
      pieces.push(...whole);
      for (const piece of whole) wholes.add(piece);
      joins.add(i);
    } else if (n.nodeType === 'DictComp' || s.item.some(({ v }) => v.k !== 'opaque')) unknown = true;
    else {
      pieces.push({ g, v: opaque('a list over what nobody knows the items of', placeOf(shared)) });
      joins.add(i);
    }
  };
  const made = (): Value =>
    n.nodeType === 'DictComp'
      ? one(tuple([R.evaluate(shared, n.key as Node), R.evaluate(shared, n.value as Node)]))
      : R.evaluate(shared, n.elt as Node);
  const walk = (i: number, g: Cond): void => {
    const gen = generatorsOf[i];
    if (!gen) {
      const v = made();
      // whether any of many is there is not known, whatever the list is there for
      const there = manyTurns > 0 ? R.d.and(g, opaqueCond(R, shared, 'whether anything else is there')) : g;
      const item = manyTurns > 0 ? { v, many: true as const } : { v };
      out.push({ g: there, ...item, place: placeOf(shared) });
      pieces.push({ g: there, v: list([{ g: YES, ...item }]) });
      return;
    }
    const turn = (item: Item): void => {
      const here = R.d.and(g, item.g);
      under(R, shared, item.g, () => {
        assignTarget(R, shared, gen.target as Node, item.v);
        let c: Cond = YES;
        for (const test of gen.ifs as Node[]) {
          const t = under(R, shared, c, () => truth(R, shared, R.evaluate(shared, test))) ?? NO;
          c = R.d.and(c, t);
        }
        c = cut(R, c, placeOf(shared), titleOf(shared));
        if (c === NO) return;
        manyTurns += item.many ? 1 : 0;
        under(R, shared, c, () => walk(i + 1, R.d.and(here, c)));
        manyTurns -= item.many ? 1 : 0;
      });
    };
    const { known, dark } = partedByLight(R, shared, R.evaluate(shared, gen.iter as Node));
    let over = known;
    unknown ||= dark.length > 0 && n.nodeType === 'DictComp';
    uncertain.push(...darkItems(R, shared, g, dark));
    const single = generatorsOf.length === 1 && n.nodeType !== 'DictComp';
    for (const a of over) {
      const s = uncertainItems(R, shared, a.v);
      if (!s) continue;
      over = over.filter((b) => b !== a);
      if (single) uncertain.push(...mapSeries(R, shared, gen, n.elt as Node, a.g, s));
      else uncertainTurns(i, R.d.and(g, a.g), a.g, s, turn);
    }
    for (const item of iterate(R, shared, over)) turn(item);
  };
  const names = new Set<string>();
  for (const gen of generatorsOf) boundNames({ nodeType: 'For', target: gen.target, body: [] }, names);
  walk(0, YES);
  // walrus targets belong to the enclosing frame
  for (const [name, value] of vars) if (!names.has(name)) bind(R, frame, frame.scope, name, value);
  frame.live = R.d.and(frame.live, shared.live);
  frame.raised = shared.raised;
  frame.line = shared.line;
  frame.pure &&= shared.pure;
  if (joins.size > 0 && uncertain.length === 0 && pieces.every((piece) => wholes.has(piece)))
    if (areApart(R, pieces)) return { items: [], series: pieces, pairs, unknown };
  return { items: out, series: uncertain, pairs, unknown, ...(joins.size > 0 ? { pieces } : {}) };
}

/** `[elt for target in series if …]`: read once, for the item at the series' own number. */
function mapSeries(R: Reader, frame: Frame, gen: Node, elt: Node, g: Cond, s: SeriesAtom): Alternative[] {
  if (R.going.has(s.at)) return [{ g, v: opaque('a list of uncertain length inside itself', placeOf(frame)) }];
  const made = eachOf(R, frame, s, [], () =>
    under(R, frame, R.d.and(g, s.keep), () => {
      assignTarget(R, frame, gen.target as Node, s.item);
      let keep = s.keep;
      for (const test of gen.ifs as Node[]) {
        const t = under(R, frame, keep, () => truth(R, frame, R.evaluate(frame, test))) ?? NO;
        keep = R.d.and(keep, t);
      }
      const item = under(R, frame, keep, () => R.evaluate(frame, elt)) ?? [];
      return { item, keep };
    }),
  );
  if (!made) return [];
  const mapped = series(s.at, s.n, made.item, made.keep);
  // of a set nothing comes twice where its own items are kept
  const same = gen.target && (gen.target as Node).id !== undefined && (gen.target as Node).id === elt.id;
  return [{ g, v: same && s.set ? { ...mapped, set: s.set } : mapped }];
}
