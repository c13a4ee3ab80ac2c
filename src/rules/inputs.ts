/** The facts of a question by the numbers of the inputs that read them. */
import type { Fact } from './facts.ts';

/** Reads one fact of a question. */
export type Reader = (question: unknown) => Fact | undefined;

/** One kind of question: how each input is read from it, by the input's number or, where it has an index, by name. */
export interface Reading {
  /** Those that were made. */
  readonly made: readonly (Reader | undefined)[];
  bySlot(slot: number): Reader;
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
  let made: Reading['made'] = [];
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
      return (facts[slot] = (made[slot] ?? reading?.bySlot(slot))?.(question));
    },
    begin(next, asked) {
      reading = next;
      made = next.made;
      question = asked;
      turn++;
    },
    read: (slot) => seen[slot] === turn,
  };
}

/** How inputs are read by what `read` makes of their names, each made once, when it is asked for. */
export function createReading(inputs: readonly string[], read: (input: string) => Reader): Reading {
  const named = new Map<string, Reader>();
  const byName = (input: string): Reader => {
    let reader = named.get(input);
    if (!reader) named.set(input, (reader = read(input)));
    return reader;
  };
  const made: (Reader | undefined)[] = Array.from({ length: inputs.length });
  return { made, bySlot: (slot) => (made[slot] ??= byName(inputs[slot]!)), byName };
}
