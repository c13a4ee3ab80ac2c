/**
 * Many conditions asked together. Few of a long list hold at a time, and most fall for the same reasons, so the list is
 * cut by one variable after the other before what is left is asked one by one. The cuts are made when a question first
 * needs them and kept, as an automaton that grows with what it meets; a bound keeps it small.
 */
import type { Cond } from './diagram.ts';
import type { Core } from './evaluate.ts';

export interface Sieve {
  /** Asks for the question at hand. Returns how many of the conditions hold or may hold. */
  run(): number;
  /** After `run`: the indexes of those, ascending. */
  readonly found: Int32Array;
  /** After `run`: 1 where the condition of the same place in `found` holds, 2 where that is unknown. */
  readonly sure: Uint8Array;
}

/** What is left of the list after some cuts. */
interface Rest {
  /** The variable to cut by next; -1: ask one by one. */
  readonly by: number;
  readonly conditions: Int32Array;
  readonly indexes: Int32Array;
  readonly next: (Rest | undefined)[];
}

/** So few conditions are asked one by one. */
const FEW = 6;
/** How many conditions all that was cut may hold together. */
const BOUND = 4_000_000;

/** Makes sieves of one machine; together they stay within one bound. */
export function createSieves(core: Core): (conditions: readonly Cond[]) => Sieve {
  const { flat, values } = core;
  const { cells } = flat;
  let kept = 0;

  function createSieve(list: readonly Cond[]): Sieve {
    const found = new Int32Array(list.length);
    const sure = new Uint8Array(list.length);
    const known = new Map<string, Rest>();
    let start: Rest | undefined;

    function keep(conditions: number[], indexes: number[]): Rest {
      const key = `${conditions.join()} ${indexes.join()}`;
      const old = known.get(key);
      if (old) return old;
      const rest: Rest = {
        by: kept > BOUND ? -1 : cutBy(conditions),
        conditions: Int32Array.from(conditions),
        indexes: Int32Array.from(indexes),
        next: [],
      };
      if (kept <= BOUND) {
        kept += conditions.length + 16;
        known.set(key, rest);
      }
      return rest;
    }

    /** The highest variable of conditions that are many; -1 for few. */
    function cutBy(conditions: readonly number[]): number {
      const ranks = flat.ranks();
      let best = -1;
      let many = 0;
      for (const at of conditions) {
        if (at <= 1) continue;
        many++;
        const v = cells[at]!;
        if (best < 0 || ranks[v]! < ranks[best]!) best = v;
      }
      return many > FEW ? best : -1;
    }

    function cut(rest: Rest, value: number): Rest {
      const conditions: number[] = [];
      const indexes: number[] = [];
      for (let i = 0; i < rest.conditions.length; i++) {
        const at = rest.conditions[i]!;
        const left = at > 1 && cells[at] === rest.by ? cells[at + 1 + value]! : at;
        if (left === 0) continue;
        conditions.push(left);
        indexes.push(rest.indexes[i]!);
      }
      const next = keep(conditions, indexes);
      if (kept <= BOUND) rest.next[value] = next;
      return next;
    }

    function run(): number {
      let rest = (start ??= keep(
        list.map((c) => flat.at[c]!),
        [...list.keys()],
      ));
      while (rest.by >= 0) {
        let value = values[rest.by]!;
        if (value === -2) value = core.settle(rest.by);
        if (value < 0) break;
        rest = rest.next[value] ?? cut(rest, value);
      }
      const { conditions, indexes } = rest;
      let n = 0;
      for (let i = 0; i < conditions.length; i++) {
        const holds = core.isAt(conditions[i]!);
        if (holds === 0) continue;
        found[n] = indexes[i]!;
        sure[n++] = holds;
      }
      return n;
    }
    return { run, found, sure };
  }
  return createSieve;
}
