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

/** No owner has more nodes. */
const MOST = 2 ** 26;

const areEqual = (a: readonly number[], b: readonly number[]): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

const isOne = (kids: readonly number[]): boolean => {
  for (let i = 1; i < kids.length; i++) if (kids[i] !== kids[0]) return false;
  return true;
};

/** What is kept by two conditions, neither of them NO. */
interface Pairs {
  /** Less than 0 where nothing is kept. */
  get(a: Cond, b: Cond): Cond;
  set(a: Cond, b: Cond, result: Cond): void;
}

/** A table of numbers alone: there are millions, and an object for each would cost more than the work that is spared. */
function createPairs(): Pairs {
  // three numbers an entry; an entry that finds its place taken stands in the next free one
  let cells = new Int32Array(3 << 12);
  let used = 0;
  const placeIn = (table: Int32Array, a: Cond, b: Cond): number => {
    const last = table.length / 3 - 1;
    const hash = Math.imul(Math.imul(a, 0x2c1b3c6d) ^ (b + (a >>> 13)), 0x297a2d39);
    let at = (hash ^ (hash >>> 15)) & last;
    while (table[3 * at] !== 0 && (table[3 * at] !== a || table[3 * at + 1] !== b)) at = (at + 1) & last;
    return 3 * at;
  };
  const put = (table: Int32Array, a: Cond, b: Cond, result: Cond): void => {
    const at = placeIn(table, a, b);
    table[at] = a;
    table[at + 1] = b;
    table[at + 2] = result;
  };
  return {
    get(a, b) {
      const at = placeIn(cells, a, b);
      return cells[at] === 0 ? -1 : cells[at + 2]!;
    },
    set(a, b, result) {
      put(cells, a, b, result);
      if (6 * ++used < cells.length) return;
      const larger = new Int32Array(2 * cells.length);
      for (let i = 0; i < cells.length; i += 3)
        if (cells[i] !== 0) put(larger, cells[i]!, cells[i + 1]!, cells[i + 2]!);
      cells = larger;
    },
  };
}

/** Makes an empty owner of conditions. Its methods throw RangeError when more nodes than `limit` are asked for. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function createDiagrams(limit = MOST): Diagrams {
  let most = limit;
  const sizes: number[] = [];
  const topOf: number[] = [-1, -1];
  const kidsOf: (readonly Cond[])[] = [[], []];
  const negation: number[] = [YES, NO];
  const andMemo = createPairs();
  // by what they are made of, the nodes: 0 where there is none; a node that finds its place taken stands in the next free one
  let unique = new Int32Array(1 << 12);

  /** Where a node stands among them, or would. */
  function placeOf(v: number, kids: readonly Cond[]): number {
    let hash = v + 1;
    for (let i = 0; i < kids.length; i++) hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + kids[i]!;
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    let at = (hash ^ (hash >>> 15)) & (unique.length - 1);
    for (let id = unique[at]!; id !== 0; id = unique[at]!) {
      if (topOf[id] === v && areEqual(kidsOf[id]!, kids)) return at;
      at = (at + 1) & (unique.length - 1);
    }
    return at;
  }

  function grow(): void {
    unique = new Int32Array(2 * unique.length);
    for (let id = 2; id < topOf.length; id++) unique[placeOf(topOf[id]!, kidsOf[id]!)] = id;
  }

  function node(v: number, kids: readonly Cond[]): Cond {
    if (isOne(kids)) return kids[0]!;
    const at = placeOf(v, kids);
    const known = unique[at]!;
    if (known !== 0) return known;
    const id = topOf.length;
    if (id >= most) throw new RangeError(`too many conditions: they lead to more than ${most} decision nodes`);
    topOf.push(v);
    kidsOf.push(kids);
    unique[at] = id;
    if (2 * id > unique.length) grow();
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
    const known = andMemo.get(a, b);
    if (known >= 0) return known;
    const ta = topOf[a]!;
    const tb = topOf[b]!;
    const v = ta < tb ? ta : tb;
    const ka = kidsOf[a]!;
    const kb = kidsOf[b]!;
    const n = sizes[v]!;
    const kids: Cond[] = [];
    for (let i = 0; i < n; i++) kids.push(and(ta === v ? ka[i]! : a, tb === v ? kb[i]! : b));
    const result = node(v, kids);
    andMemo.set(a, b, result);
    return result;
  }

  const or = (a: Cond, b: Cond): Cond => {
    if (a === b || b === NO) return a;
    if (a === NO) return b;
    if (a === YES || b === YES) return YES;
    return not(and(not(a), not(b)));
  };

  const simplifyMemo = createPairs();

  function simplify(a: Cond, care: Cond): Cond {
    if (care === YES || care === NO || a <= YES) return a;
    const known = simplifyMemo.get(a, care);
    if (known >= 0) return known;
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
    simplifyMemo.set(a, care, result);
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
      most = Math.min(n, MOST);
    },
  };
}
