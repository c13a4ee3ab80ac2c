/**
 * Many conditions asked together. Few of a long list hold at a time, and most fall for the same reasons, so the list is
 * cut by one variable after the other before what is left is asked one by one. The cuts are made when a question first
 * needs them and kept, as an automaton that grows with what it meets; a bound keeps it small. It serves those who ask
 * many questions; for a single one it does not pay.
 */
import type { Cond } from './diagram.ts';
import type { At, Flat } from './flat.ts';

export interface Sieve {
  /** Asks for the question at hand. Returns how many of the conditions hold or may hold. */
  run(): number;
  /** After `run`: the indexes of those, ascending. Not written where `leaf` holds something made before. */
  readonly found: Int32Array;
  /** After `run`: 1 where the condition of the same place in `found` holds, 2 where that is unknown. */
  readonly sure: Uint8Array;
  /** After `run`: where the result is one that all questions with these cuts share, a place for what is made of it. */
  readonly leaf: Leaf | undefined;
}

/** A place for what a caller makes of a result that is shared. */
export interface Leaf {
  made: unknown;
}

/** What a sieve needs of its machine. Conditions are places in `flat`. */
export interface Core {
  readonly flat: Flat;
  /** The value of each variable: -2 not worked out yet, -1 unknown. */
  readonly values: Int16Array;
  settle(variable: number): number;
  /** Whether a variable rests on others. */
  rests(variable: number): boolean;
  /** 0 no, 1 yes, 2 unknown. */
  isAt(at: At): number;
}

/** What is left of the list after some cuts. */
interface Rest {
  /** The variable to cut by next; -1: ask one by one. */
  readonly by: number;
  /** What each condition has come to; several entries of one index are what it comes to for the values of an unknown. */
  readonly conditions: Int32Array;
  readonly indexes: Int32Array;
  /** Definitions that are unknown: they cut nothing. */
  readonly blind: ReadonlySet<number>;
  readonly next: (Rest | undefined)[];
  /** How often each value was met without a rest of its own. */
  readonly met: number[];
  /** Set where nothing is left to ask. */
  readonly leaf: Leaf | undefined;
}

/** The kept cuts of one list. */
interface Kept {
  readonly core: Core;
  readonly known: Map<string, Rest>;
  /** How many conditions all lists of the machine keep together. */
  readonly size: { now: number };
  /** For each index the one that must hold too, before it; -1 for none. */
  readonly parents: Int32Array;
  /** For each index the number of the last run or cut in which it was left. */
  readonly left: Float64Array;
  turn: number;
}

/** How often a way is met before it is kept: what comes once does not pay. */
const OFTEN = 3;
/** How many conditions all that was cut may hold together. */
const BOUND = 8_000_000;

/** Makes sieves of one machine; together they stay within one bound. */
export function createSieves(core: Core): (conditions: readonly Cond[], parents?: readonly number[]) => Sieve {
  const size = { now: 0 };
  return (conditions, parents) =>
    createSieve(
      {
        core,
        known: new Map(),
        size,
        parents: parents ? Int32Array.from(parents) : new Int32Array(conditions.length).fill(-1),
        left: new Float64Array(conditions.length),
        turn: 1,
      },
      conditions,
    );
}

function createSieve(kept: Kept, list: readonly Cond[]): Sieve {
  const { core } = kept;
  const { values } = core;
  let start: Rest | undefined;

  function first(): Rest {
    const at = list.map((c) => core.flat.at[c]!);
    const indexes = [...list.keys()].filter((i) => at[i] !== 0);
    return keep(kept, indexes.map((i) => at[i]!), indexes, NONE);
  }

  /** Cuts as long as cuts are kept. */
  function cuts(): Rest {
    let rest = (start ??= first());
    while (rest.by >= 0) {
      let value = values[rest.by]!;
      if (value === -2) value = core.settle(rest.by);
      const next = rest.next[value + 1];
      if (next) rest = next;
      else {
        const met = (rest.met[value + 1] ?? 0) + 1;
        rest.met[value + 1] = met;
        if (met <= OFTEN) return rest;
        rest = cut(kept, rest, value);
      }
    }
    return rest;
  }

  const sieve = {
    found: new Int32Array(list.length),
    sure: new Uint8Array(list.length),
    leaf: undefined as Leaf | undefined,
    run() {
      const rest = cuts();
      sieve.leaf = rest.leaf;
      return rest.leaf?.made === undefined ? ask(kept, rest, sieve) : rest.indexes.length;
    },
  };
  return sieve;
}

/** Asks what is left one by one. */
function ask(kept: Kept, { conditions, indexes }: Rest, { found, sure }: Sieve): number {
  const { core, parents, left } = kept;
  const turn = ++kept.turn;
  let n = 0;
  for (let i = 0; i < conditions.length; i++) {
    const index = indexes[i]!;
    const parent = parents[index]!;
    const skip = parent >= 0 && left[parent] !== turn;
    const at = conditions[i]!;
    let holds = skip ? 0 : at <= 1 ? at : core.isAt(at);
    for (; indexes[i + 1] === index; i++) {
      const other = conditions[i + 1]!;
      if (!skip && holds !== 2 && holds !== (other <= 1 ? other : core.isAt(other))) holds = 2;
    }
    if (holds === 0) continue;
    left[index] = turn;
    found[n] = index;
    sure[n++] = holds;
  }
  return n;
}

const NONE: ReadonlySet<number> = new Set();

function keep(kept: Kept, conditions: number[], indexes: number[], blind: ReadonlySet<number>): Rest {
  const key = `${conditions.join()} ${indexes.join()} ${[...blind].join()}`;
  const old = kept.known.get(key);
  if (old) return old;
  const full = kept.size.now > BOUND;
  const rest: Rest = {
    by: full ? -1 : cutBy(kept.core.flat, conditions, blind),
    conditions: Int32Array.from(conditions),
    indexes: Int32Array.from(indexes),
    blind,
    next: [],
    met: [],
    // every condition that is left holds for certain
    leaf: conditions.every((at) => at === 1) ? { made: undefined } : undefined,
  };
  if (full) return rest;
  kept.size.now += conditions.length + 16;
  kept.known.set(key, rest);
  return rest;
}

/** The highest variable of the conditions; -1 where they have none that cuts. */
function cutBy({ cells, ranks }: Flat, conditions: readonly number[], blind: ReadonlySet<number>): number {
  const rank = ranks();
  let best = -1;
  for (const at of conditions) {
    if (at <= 1) continue;
    const v = cells[at]!;
    if ((best < 0 || rank[v]! < rank[best]!) && !blind.has(v)) best = v;
  }
  return best;
}

/**
 * The rest for a value of the variable. For -1, an unknown one: what each condition comes to for all its values; an unknown
 * definition, whose values depend on more, cuts nothing from here on.
 */
function cut(kept: Kept, rest: Rest, value: number): Rest {
  const { cells, sizes } = kept.core.flat;
  const { parents, left } = kept;
  const turn = ++kept.turn;
  const isBlind = value < 0 && kept.core.rests(rest.by);
  const conditions: number[] = [];
  const indexes: number[] = [];
  for (let i = 0; i < rest.conditions.length; ) {
    const index = rest.indexes[i]!;
    const come = new Set<number>();
    for (; rest.indexes[i] === index; i++) {
      const at = rest.conditions[i]!;
      const cuts = at > 1 && cells[at] === rest.by && !isBlind;
      if (!cuts) come.add(at);
      else if (value >= 0) come.add(cells[at + 1 + value]!);
      else for (let kid = 0; kid < sizes[rest.by]!; kid++) come.add(cells[at + 1 + kid]!);
    }
    const parent = parents[index]!;
    if ((come.size === 1 && come.has(0)) || (parent >= 0 && left[parent] !== turn)) continue;
    left[index] = turn;
    for (const at of come) {
      conditions.push(at);
      indexes.push(index);
    }
  }
  const made = keep(kept, conditions, indexes, isBlind ? new Set([...rest.blind, rest.by]) : rest.blind);
  if (kept.size.now <= BOUND) rest.next[value + 1] = made;
  return made;
}
