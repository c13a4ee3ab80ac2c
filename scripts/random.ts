/** Fractions from 0 up to 1 in a row that look random: the same for the same seed. */
export function createFractions(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** Whole numbers in such a row, each below what is asked for. */
export function createRandom(seed: number): (below: number) => number {
  const next = createFractions(seed);
  return (below) => Math.floor(next() * below);
}
