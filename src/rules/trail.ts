/**
 * Answers that are kept. What is worked out for a question depends only on what was asked for on the way, one thing after
 * the other: the values of variables, and of facts that stand in texts. So the way is kept as a tree, and the answer at its
 * end: a question that goes the same way gets the same answer without working it out, and any other costs little more.
 */
import type { Fact } from './facts.ts';

/** Gives the answer for the question at hand. What was kept is shared: nobody may change it. */
export type Trail<T> = () => T;

/** What a trail needs of its machine. */
export interface Walk {
  /** The value of each variable: -2 not worked out yet, -1 unknown. */
  readonly values: Int16Array;
  /** How many values each variable has. */
  readonly sizeOf: (variable: number) => number;
  readonly settle: (variable: number) => number;
  readonly fact: (slot: number) => Fact | undefined;
  /** Whether nothing of the question at hand has been worked out. */
  readonly isFresh: () => boolean;
  /** Forgets what was worked out of it. */
  readonly restart: () => void;
  /**
   * Notes on what `work` rests on, in the order in which it is met: variables that rest on facts alone, and as -1 - slot the
   * facts that stand in texts; undefined where it rests on more.
   */
  noted<T>(work: () => T): { readonly answer: T; readonly steps: readonly number[] | undefined };
}

/** How many numbers the tree may have, and how many answers are kept. */
const CELLS = 1 << 24;
const ANSWERS = 1 << 18;

/** Where an answer is not kept but worked out each time. */
const ANEW = Symbol('anew');

/**
 * A tree of ways. A place holds a variable and then a place for what follows of each value from -1 on; or -1 - slot of a
 * fact and then the number of its map. Below 0 it is the number of an answer.
 */
interface Tree {
  cells: Int32Array;
  used: number;
  /** By the value of a fact: where what follows of it stands. */
  readonly maps: Map<unknown, number>[];
}

/** Keeps the answers of `work`, which may ask the machine for anything but must not look at anything else. */
export function createTrail<T>(walk: Walk, work: () => T): Trail<T> {
  const { values } = walk;
  const answers: (T | typeof ANEW)[] = [];
  // the first cell says where the tree begins
  const tree: Tree = { cells: new Int32Array(1 << 10), used: 1, maps: [] };
  /** Goes the way of the question at hand as far as it is known; where what follows of that stands. */
  const follow = (): number => {
    let from = 0;
    for (let at = tree.cells[0]!; at > 0; at = tree.cells[from]!) {
      const v = tree.cells[at]!;
      if (v < 0) from = followed(tree, at, walk.fact(-1 - v));
      else {
        let value = values[v]!;
        if (value === -2) value = walk.settle(v);
        from = at + 2 + value;
      }
    }
    return from;
  };
  return () => {
    const isFresh = walk.isFresh();
    let from = follow();
    const at = tree.cells[from]!;
    if (at < 0) {
      const kept = answers[-1 - at]!;
      return kept === ANEW ? work() : kept;
    }
    if (!isFresh) {
      // what it rests on is noted where it is worked out
      walk.restart();
      from = follow();
    }
    const { answer, steps } = walk.noted(work);
    if (answers.length >= ANSWERS || tree.used >= CELLS) return answer;
    const kept = steps?.every((step) => step >= 0 || isPlain(walk.fact(-1 - step))) === true;
    for (const step of kept ? steps : []) from = branch(tree, walk, from, step);
    tree.cells[from] = -1 - (answers.push(kept ? answer : ANEW) - 1);
    return answer;
  };
}

/** Whether a value equals another one that looks the same. */
const isPlain = (fact: unknown): boolean => typeof fact !== 'object' || fact === null;

/** Takes so many cells; returns the first. */
function take(tree: Tree, size: number): number {
  const at = tree.used;
  tree.used += size;
  if (tree.used > tree.cells.length) {
    const larger = new Int32Array(2 * tree.used);
    larger.set(tree.cells);
    tree.cells = larger;
  }
  return at;
}

/** Where what follows of a fact's value stands. */
function followed(tree: Tree, at: number, fact: unknown): number {
  const map = tree.maps[tree.cells[at + 1]!]!;
  let from = map.get(fact);
  if (from === undefined) map.set(fact, (from = take(tree, 1)));
  return from;
}

/** Puts a step where `from` says; returns where what follows of its present value stands. */
function branch(tree: Tree, { values, sizeOf, fact }: Walk, from: number, step: number): number {
  const at = take(tree, 2 + (step < 0 ? 0 : sizeOf(step)));
  tree.cells[from] = at;
  tree.cells[at] = step;
  if (step >= 0) return at + 2 + values[step]!;
  tree.cells[at + 1] = tree.maps.push(new Map()) - 1;
  return followed(tree, at, fact(-1 - step));
}
