/** Lists whose length depends on the question: the number that each index has now, and what moves with it. */
import type { Cond } from './diagram.ts';
import { YES } from './diagram.ts';
import { speaksOf } from './expr.ts';
import { readBy } from './flat.ts';
import { UNKNOWN } from './facts.ts';
import type { RuleSet } from './terms.ts';

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
export function createIndices(rules: RuleSet, forget: (variables: readonly number[]) => void): Indices {
  const numbers = new Map<string, number>();
  const moving = new Map<string, readonly number[]>();

  function movingWith(at: string): readonly number[] {
    let found = moving.get(at);
    if (!found) {
      const speaks = (v: Variable): boolean => [...readBy(v)].some((name) => speaksOf(name, at));
      found = variablesThat(rules, speaks, (v) => 'exists' in v && v.index === at);
      moving.set(at, found);
    }
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
    each(at, count, work) {
      if (typeof count !== 'number') return UNKNOWN;
      const own = movingWith(at);
      // a loop inside one over the same list: the outer one goes on where it was
      const outer = numbers.get(at);
      let result: ReturnType<typeof work>;
      for (let i = 0; i < count && result === undefined; i++) {
        forget(own);
        numbers.set(at, i);
        result = work();
      }
      if (outer === undefined) numbers.delete(at);
      else numbers.set(at, outer);
      forget(own);
      return result;
    },
  };
}

type Variable = RuleSet['variables'][number];

/** The variables that `does` says yes to, and those that rest on one of them, but for what is closed in itself. */
function variablesThat(
  rules: RuleSet,
  does: (m: Variable) => boolean,
  isClosed: (m: Variable) => boolean,
): readonly number[] {
  const { variables, nodes } = rules;
  const said = new Map<number, boolean>();
  const nodeDoes = (c: Cond): boolean => {
    const seen = new Set<Cond>();
    const look = (n: Cond): boolean => {
      if (n <= YES || seen.has(n)) return false;
      seen.add(n);
      const [v, ...runs] = nodes[n - 2]!;
      return variableDoes(v!) || runs.some((kid, i) => i % 2 === 0 && look(kid));
    };
    return look(c);
  };
  const variableDoes = (v: number): boolean => {
    const before = said.get(v);
    if (before !== undefined) return before;
    const m = variables[v]!;
    const within = ('cases' in m && m.cases.some(nodeDoes)) || ('exists' in m && !isClosed(m) && nodeDoes(m.exists));
    const own = does(m) || within;
    said.set(v, own);
    return own;
  };
  return [...variables.keys()].filter(variableDoes);
}
