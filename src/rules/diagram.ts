/**
 * Conditions as decision diagrams. A condition is a node number; equal conditions have equal numbers, so `a === b`
 * is equivalence and `x === NO` is impossibility. Every variable has a finite number of values; a boolean has two
 * (0 = no, 1 = yes). Variables are tested in the order in which they were made.
 */

/** A condition: the number of a node in its diagrams. */
export type Cond = number;

/** The condition that never holds. */
export const NO: Cond = 0;
/** The condition that always holds. */
export const YES: Cond = 1;

/** The owner of the nodes. Conditions of two owners must never be mixed. */
export interface Diagrams {
  /** Makes a variable of `size` values (at least 1) and returns its number. */
  variable(size: number): number;
  /** The number of values that variable `v` has. */
  sizeOf(v: number): number;
  /** "Variable `v` has a value for which `accept` says yes." */
  test(v: number, accept: (value: number) => boolean): Cond;
  /** "Variable `v` has value `value`." */
  is(v: number, value: number): Cond;
  and(a: Cond, b: Cond): Cond;
  or(a: Cond, b: Cond): Cond;
  not(a: Cond): Cond;
  ite(c: Cond, yes: Cond, no: Cond): Cond;
  /** A condition equal to `a` wherever `care` holds, and as small as is cheap to find elsewhere. */
  simplify(a: Cond, care: Cond): Cond;
  /** True when `a` cannot hold without `b`. */
  implies(a: Cond, b: Cond): boolean;
  /** True when `a` and `b` cannot hold together. */
  disjoint(a: Cond, b: Cond): boolean;
  /** The variable tested first by node `a` (not for YES and NO). */
  top(a: Cond): number;
  /** What follows of node `a` for each value of its top variable. */
  kids(a: Cond): readonly Cond[];
  /** How many nodes `a` has; counting stops at `limit`. */
  weight(a: Cond, limit: number): number;
  /** The variables on which `a` depends, ascending. */
  support(a: Cond): number[];
  /** How many nodes were made so far. */
  count(): number;
  /** From here on RangeError is thrown when more nodes than this are asked for. */
  allow(nodes: number): void;
}

const PAIR = 2 ** 26;

/** Makes an empty owner of conditions. Its methods throw RangeError when more nodes than `limit` are asked for. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function createDiagrams(limit = PAIR): Diagrams {
  let most = limit;
  const sizes: number[] = [];
  const topOf: number[] = [-1, -1];
  const kidsOf: (readonly Cond[])[] = [[], []];
  const negation: number[] = [YES, NO];
  const unique = new Map<string, Cond>();
  const andMemo = new Map<number, Cond>();

  function node(v: number, kids: Cond[]): Cond {
    const first = kids[0]!;
    if (kids.every((k) => k === first)) return first;
    const key = `${v}:${kids.join(',')}`;
    const known = unique.get(key);
    if (known !== undefined) return known;
    const id = topOf.length;
    if (id >= most) throw new RangeError(`too many conditions: they lead to more than ${most} decision nodes`);
    topOf.push(v);
    kidsOf.push(kids);
    unique.set(key, id);
    return id;
  }

  function not(a: Cond): Cond {
    const known = negation[a];
    if (known !== undefined) return known;
    const result = node(topOf[a]!, kidsOf[a]!.map(not));
    negation[a] = result;
    negation[result] = a;
    return result;
  }

  function and(a: Cond, b: Cond): Cond {
    if (a === b) return a;
    if (a > b) [a, b] = [b, a];
    if (a === NO) return NO;
    if (a === YES) return b;
    if (negation[a] === b) return NO;
    const key = a * PAIR + b;
    const known = andMemo.get(key);
    if (known !== undefined) return known;
    const ta = topOf[a]!;
    const tb = topOf[b]!;
    const v = ta < tb ? ta : tb;
    const ka = kidsOf[a]!;
    const kb = kidsOf[b]!;
    const n = sizes[v]!;
    const kids: Cond[] = [];
    for (let i = 0; i < n; i++) kids.push(and(ta === v ? ka[i]! : a, tb === v ? kb[i]! : b));
    const result = node(v, kids);
    andMemo.set(key, result);
    return result;
  }

  const or = (a: Cond, b: Cond): Cond => {
    if (a === b || b === NO) return a;
    if (a === NO) return b;
    if (a === YES || b === YES) return YES;
    return not(and(not(a), not(b)));
  };

  const simplifyMemo = new Map<number, Cond>();

  function simplify(a: Cond, care: Cond): Cond {
    if (care === YES || care === NO || a <= YES) return a;
    const key = a * PAIR + care;
    const known = simplifyMemo.get(key);
    if (known !== undefined) return known;
    const ta = topOf[a]!;
    const tc = topOf[care]!;
    let result: Cond;
    if (tc < ta) {
      // the variable does not matter to `a`: care about every value's needs together
      let any: Cond = NO;
      for (const kid of kidsOf[care]!) any = or(any, kid);
      result = simplify(a, any);
    } else {
      const ka = kidsOf[a]!;
      const kc = ta === tc ? kidsOf[care]! : undefined;
      const kids = ka.map((kid, i) => {
        const c = kc ? kc[i]! : care;
        return c === NO ? -1 : simplify(kid, c);
      });
      const some = kids.find((k) => k >= 0) ?? NO;
      result = node(
        ta,
        kids.map((k) => (k < 0 ? some : k)),
      );
    }
    simplifyMemo.set(key, result);
    return result;
  }

  function test(v: number, accept: (value: number) => boolean): Cond {
    return node(
      v,
      Array.from({ length: sizes[v]! }, (_, i) => (accept(i) ? YES : NO)),
    );
  }

  function visit(a: Cond, each: (node: Cond) => boolean): void {
    const seen = new Set<Cond>();
    const todo = [a];
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (at <= YES || seen.has(at)) continue;
      seen.add(at);
      if (!each(at)) return;
      for (const kid of kidsOf[at]!) todo.push(kid);
    }
  }

  return {
    variable(size) {
      sizes.push(size);
      return sizes.length - 1;
    },
    sizeOf: (v) => sizes[v]!,
    test,
    is: (v, value) => test(v, (i) => i === value),
    and,
    or,
    not,
    simplify,
    ite: (c, yes, no) => or(and(c, yes), and(not(c), no)),
    implies: (a, b) => and(a, not(b)) === NO,
    disjoint: (a, b) => and(a, b) === NO,
    top: (a) => topOf[a]!,
    kids: (a) => kidsOf[a]!,
    weight(a, limit) {
      let n = 0;
      visit(a, () => ++n < limit);
      return n;
    },
    support(a) {
      const vars = new Set<number>();
      visit(a, (at) => (vars.add(topOf[at]!), true));
      return [...vars].sort((x, y) => x - y);
    },
    count: () => topOf.length,
    allow(n) {
      most = Math.min(n, PAIR);
    },
  };
}
