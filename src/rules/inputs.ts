/** The facts of a question by the numbers of the inputs that read them. */
import type { Fact } from './facts.ts';

/** Reads one fact of a question. */
export type Reader = (question: unknown) => Fact | undefined;

/** One kind of question: how each input is read from it, by the input's number or, where it has an index, by name. */
export interface Reading {
  readonly bySlot: readonly Reader[];
  byName(input: string): Reader;
}

/** The facts of the question at hand, by the number of their input, each read once. */
export interface Inputs {
  readonly fact: (slot: number) => Fact | undefined;
  begin(reading: Reading, question: unknown): void;
  read(slot: number): boolean;
}

export function createInputs(names: readonly string[], now: (name: string) => string | number): Inputs {
  const facts: (Fact | undefined)[] = names.map(() => undefined);
  const seen = new Float64Array(names.length);
  const moves = names.map((name) => name.includes('@'));
  let reading: Reading | undefined;
  let readers: readonly Reader[] = [];
  let question: unknown;
  let turn = 1;
  return {
    fact(slot) {
      if (seen[slot] === turn) return facts[slot];
      if (moves[slot]) {
        const name = now(names[slot]!);
        return typeof name === 'number' ? name : reading?.byName(name)(question);
      }
      seen[slot] = turn;
      return (facts[slot] = readers[slot]?.(question));
    },
    begin(next, asked) {
      reading = next;
      readers = next.bySlot;
      question = asked;
      turn++;
    },
    read: (slot) => seen[slot] === turn,
  };
}

/** How inputs are read by what `read` makes of their names, each made once. */
export function createReading(inputs: readonly string[], read: (input: string) => Reader): Reading {
  const made = new Map<string, Reader>();
  const byName = (input: string): Reader => {
    let reader = made.get(input);
    if (!reader) made.set(input, (reader = read(input)));
    return reader;
  };
  return { bySlot: inputs.map(byName), byName };
}
