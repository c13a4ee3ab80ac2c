/** What is kept of a start while it is read. */
import type { Json } from '../engine/index.ts';
import type { ErrorFinder } from './errors.ts';
import type { How, LogError, Reached, Selection } from './observation.ts';
import type { Met } from './patterns.ts';
import type { Printed } from './printed.ts';

/** More of one kind than this is not kept. */
export const MOST = 1000;
/** An error is kept up to this many letters. */
export const LONGEST = 8192;

/** One process of a start. */
export interface Process {
  /** How often each selection was printed by it. */
  readonly counts: Map<string, number>;
  readonly errors: ErrorFinder;
  candidates: readonly string[] | undefined;
  last: string | undefined;
  drafter: boolean;
}

/** One start. */
export interface Kept {
  readonly said: Map<string, { readonly value: string | number; readonly line: number }>;
  readonly selections: Map<string, Selection>;
  readonly errors: Map<string, LogError>;
  readonly unknown: Set<string>;
  readonly dead: Set<string>;
  readonly configs: Set<string>;
  readonly forces: Map<string, How>;
  /** The process that said what was asked for, by its name and number. */
  server: string | null;
  given: Readonly<Record<string, Json>> | null;
  asked: string | null;
  release: string | null;
  model: string | null;
  argued: boolean;
  last: number;
  reached: Reached;
}

/** Begins with nothing. */
export const nothingKept = (first: number): Kept => ({
  said: new Map(),
  selections: new Map(),
  errors: new Map(),
  unknown: new Set(),
  dead: new Set(),
  configs: new Set(),
  forces: new Map(),
  server: null,
  given: null,
  asked: null,
  release: null,
  model: null,
  argued: false,
  last: first,
  reached: 'boot',
});

/** A line that was met, and whose it is. */
export interface Took {
  readonly met: Met;
  readonly printed: Printed;
  readonly number: number;
  readonly process: Process;
}

/** Keeps a value, and the line that says it. */
export const note = (kept: Kept, field: string, value: string | number, line: number): void => {
  kept.said.set(field, { value, line });
};

/** Keeps a name of which it is said that it is dead or unknown, and the line that says so first. */
export function noteName(kept: Kept, part: 'deadVariables' | 'unknownNames', name: string, line: number): void {
  const names = part === 'deadVariables' ? kept.dead : kept.unknown;
  if (names.size >= MOST || names.has(name)) return;
  names.add(name);
  note(kept, `${part}.${name}`, 1, line);
}

/** The name of a backend as it stands in a registry: without that of the registry. */
export const nameOf = (printed: string): string => printed.replace(/^\w+\./, '');
