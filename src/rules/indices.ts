/** Lists whose length depends on the question: the number that each index has now, and what moves with it. */
import { UNKNOWN } from './facts.ts';
import type { Layout } from './layout.ts';

export interface Indices {
  /** The name of an input as it is now, with numbers for the indices in it; a number where the name is an index itself. */
  readonly now: (name: string) => string | number;
  /** Does `work` for every number below `count`, until it gives something; UNKNOWN where `count` is. */
  readonly each: <T>(
    at: string,
    count: number | string | undefined,
    work: () => T | undefined,
  ) => T | undefined | typeof UNKNOWN;
}

/** `forget` is told the variables whose values an index changes, each time it changes. */
export function createIndices(layout: Layout, forget: (variables: readonly number[]) => void): Indices {
  const numbers = new Map<string, number>();
  const moving = new Map<string, readonly number[]>();

  function movingWith(at: string): readonly number[] {
    let found = moving.get(at);
    if (!found) moving.set(at, (found = layout.moving(at)));
    return found;
  }

  return {
    now(name) {
      const own = numbers.get(name);
      if (own !== undefined) return own;
      return name
        .split('.')
        .map((part) => numbers.get(part) ?? part)
        .join('.');
    },
    each(at, n, work) {
      if (typeof n !== 'number') return UNKNOWN;
      // the same list may be gone through already: afterwards its number is what it was
      const before = numbers.get(at);
      const own = movingWith(at);
      let result: ReturnType<typeof work>;
      for (let i = 0; i < n && result === undefined; i++) {
        forget(own);
        numbers.set(at, i);
        result = work();
      }
      if (before === undefined) numbers.delete(at);
      else numbers.set(at, before);
      forget(own);
      return result;
    },
  };
}
