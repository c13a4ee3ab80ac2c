/** Tables of numbers alone: of what there are millions, where an object for each would cost too much. */

/** A longer table with the same numbers; what is new in it is `fill`. */
export function longer(table: Int32Array, fill = 0): Int32Array<ArrayBuffer> {
  const made = new Int32Array(2 * table.length);
  made.set(table);
  if (fill !== 0) made.fill(fill, table.length);
  return made;
}

/** What is kept by two numbers from 0 on, the first of them not 0: that of a condition, say. */
export interface Pairs {
  /** Less than 0 where nothing is kept. */
  get(a: number, b: number): number;
  set(a: number, b: number, result: number): void;
}

/** A table of numbers alone: there are millions, and an object for each would cost more than the work that is spared. */
export function createPairs(): Pairs {
  // three numbers an entry; an entry that finds its place taken stands in the next free one
  let cells = new Int32Array(3 << 12);
  let used = 0;
  const placeIn = (table: Int32Array, a: number, b: number): number => {
    const last = table.length / 3 - 1;
    const hash = Math.imul(Math.imul(a, 0x2c1b3c6d) ^ (b + (a >>> 13)), 0x297a2d39);
    let at = (hash ^ (hash >>> 15)) & last;
    while (table[3 * at] !== 0 && (table[3 * at] !== a || table[3 * at + 1] !== b)) at = (at + 1) & last;
    return 3 * at;
  };
  const put = (table: Int32Array, a: number, b: number, result: number): void => {
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
