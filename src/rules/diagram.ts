/**
 * Conditions as decision diagrams. A condition is a node number; equal conditions have equal numbers, so `a === b`
 * is equivalence and `x === NO` is impossibility. Every variable has a finite number of values; a boolean has two
 * (0 = no, 1 = yes). Variables are tested in the order in which they were made.
 */
import { createPairs, longer } from './tables.ts';

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

/** Makes an empty owner of conditions. Its methods throw RangeError when more nodes than `limit` are asked for. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function createDiagrams(limit = MOST): Diagrams {
  let most = limit;
  const sizes: number[] = [];
  // by node: its variable, where among `kids` its own begin, and its opposite, less than 0 where that is not made yet
  let topOf = new Int32Array(FIRST);
  let startOf = new Int32Array(FIRST);
  let negation = new Int32Array(FIRST).fill(-1);
  let kids = new Int32Array(FIRST);
  let count = 2;
  let used = 0;
  topOf[NO] = -1;
  topOf[YES] = -1;
  negation[NO] = YES;
  negation[YES] = NO;
  const andMemo = createPairs();
  // by what they are made of, the nodes: 0 where there is none; a node that finds its place taken stands in the next free one
  let unique = new Int32Array(FIRST);
  // what follows of nodes that are being made, one node above the other
  let stack = new Int32Array(FIRST);
  let height = 0;

  /** Takes room for so many on the stack. */
  function room(n: number): number {
    const from = height;
    height += n;
    while (height > stack.length) stack = longer(stack);
    return from;
  }

  /** Where a node stands among them, or would: its kids stand in a table from a place on. */
  function placeOf(v: number, table: Int32Array, from: number): number {
    const n = sizes[v]!;
    let hash = v + 1;
    for (let i = 0; i < n; i++) hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + table[from + i]!;
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    const last = unique.length - 1;
    let at = (hash ^ (hash >>> 15)) & last;
    for (let id = unique[at]!; id !== 0; id = unique[at]!) {
      if (topOf[id] === v) {
        const start = startOf[id]!;
        let i = 0;
        while (i < n && kids[start + i] === table[from + i]) i++;
        if (i === n) return at;
      }
      at = (at + 1) & last;
    }
    return at;
  }

  function grow(): void {
    unique = new Int32Array(2 * unique.length);
    for (let id = 2; id < count; id++) unique[placeOf(topOf[id]!, kids, startOf[id]!)] = id;
  }

  function growNodes(): void {
    topOf = longer(topOf);
    startOf = longer(startOf);
    negation = longer(negation, -1);
  }

  /** The node of a variable whose kids stand on the stack from a place on; these are taken from it. */
  function node(v: number, from: number): Cond {
    const n = sizes[v]!;
    height = from;
    const first = stack[from]!;
    let i = 1;
    while (i < n && stack[from + i] === first) i++;
    if (i >= n) return first;
    const at = placeOf(v, stack, from);
    const known = unique[at]!;
    if (known !== 0) return known;
    const id = count;
    if (id >= most) {
      height = 0;
      throw new RangeError(`too many conditions: they lead to more than ${most} decision nodes`);
    }
    count++;
    if (count > topOf.length) growNodes();
    while (used + n > kids.length) kids = longer(kids);
    topOf[id] = v;
    startOf[id] = used;
    for (let k = 0; k < n; k++) kids[used++] = stack[from + k]!;
    unique[at] = id;
    if (2 * id > unique.length) grow();
    return id;
  }

  function not(a: Cond): Cond {
    const known = negation[a]!;
    if (known >= 0) return known;
    const v = topOf[a]!;
    const n = sizes[v]!;
    const start = startOf[a]!;
    const from = room(n);
    for (let i = 0; i < n; i++) {
      const kid = not(kids[start + i]!);
      stack[from + i] = kid;
    }
    const result = node(v, from);
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
    const [sa, sb] = [ta === v ? startOf[a]! : -1, tb === v ? startOf[b]! : -1];
    const n = sizes[v]!;
    const from = room(n);
    for (let i = 0; i < n; i++) {
      const kid = and(sa < 0 ? a : kids[sa + i]!, sb < 0 ? b : kids[sb + i]!);
      stack[from + i] = kid;
    }
    const result = node(v, from);
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
    const result = tc < ta ? simplify(a, anyOf(care)) : simplifyKids(a, care);
    simplifyMemo.set(a, care, result);
    return result;
  }

  /** The variable does not matter to what is made simpler: care about every value's needs together. */
  function anyOf(care: Cond): Cond {
    const [start, n] = [startOf[care]!, sizes[topOf[care]!]!];
    let any: Cond = NO;
    for (let i = 0; i < n; i++) any = or(any, kids[start + i]!);
    return any;
  }

  function simplifyKids(a: Cond, care: Cond): Cond {
    const v = topOf[a]!;
    const n = sizes[v]!;
    const sa = startOf[a]!;
    const sc = topOf[care] === v ? startOf[care]! : -1;
    const from = room(n);
    let some = -1;
    for (let i = 0; i < n; i++) {
      const c = sc < 0 ? care : kids[sc + i]!;
      const kid = c === NO ? -1 : simplify(kids[sa + i]!, c);
      if (some < 0) some = kid;
      stack[from + i] = kid;
    }
    if (some < 0) some = NO;
    for (let i = 0; i < n; i++) if (stack[from + i]! < 0) stack[from + i] = some;
    return node(v, from);
  }

  function test(v: number, accept: (value: number) => boolean): Cond {
    const n = sizes[v]!;
    const accepted = Array.from({ length: n }, (_, i) => (accept(i) ? YES : NO));
    const from = room(n);
    stack.set(accepted, from);
    return node(v, from);
  }

  // by node, the visit in which it was seen last
  let seen = new Int32Array(FIRST);
  let visits = 0;
  const todo: Cond[] = [];

  /** Visits the nodes of a condition, each once, until `each` says no. It must not make or visit others. */
  function visit(a: Cond, each: (node: Cond) => boolean): void {
    while (seen.length < count) seen = longer(seen);
    visits++;
    todo.length = 0;
    todo.push(a);
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (at <= YES || seen[at] === visits) continue;
      seen[at] = visits;
      if (!each(at)) return;
      const start = startOf[at]!;
      const end = start + sizes[topOf[at]!]!;
      for (let i = start; i < end; i++) todo.push(kids[i]!);
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
    kids: (a) => (a <= YES ? [] : [...kids.subarray(startOf[a], startOf[a]! + sizes[topOf[a]!]!)]),
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
    count: () => count,
    allow(n) {
      most = Math.min(n, MOST);
    },
  };
}

/** Tables have room for so much at first. */
const FIRST = 1 << 10;
