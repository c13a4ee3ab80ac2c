import { WhichattnError } from '../rules/index.ts';

/** How much of a source tree is read at most: far beyond any release, far below what would exhaust a laptop. */
export interface Bounds {
  /** Bytes, once they are unpacked. */
  readonly bytes: number;
  /** Files, folders and links together. */
  readonly entries: number;
}

export const BOUNDS: Bounds = { bytes: 2 * 1024 ** 3, entries: 200_000 };

/** The files of a tree that are wanted, by path with `/`, and what was passed over. */
export interface Gathered {
  readonly files: Map<string, Uint8Array>;
  /** Links that lead out of the tree, or nowhere. */
  readonly ignored: string[];
}

/** Counts what is read, and refuses what goes beyond the bounds. */
export interface Count {
  entry(): void;
  bytes(n: number): void;
}

export function createCount(where: string, bounds: Bounds): Count {
  let entries = 0;
  let bytes = 0;
  return {
    entry() {
      entries += 1;
      if (entries > bounds.entries) throw tooMuch(where, `${bounds.entries.toLocaleString('en')} entries`);
    },
    bytes(n) {
      bytes += n;
      if (bytes > bounds.bytes) throw tooMuch(where, `${Math.floor(bounds.bytes / 1024 ** 2).toLocaleString('en')} MB`);
    },
  };
}

const tooMuch = (where: string, what: string): WhichattnError =>
  new WhichattnError({
    code: 'tree-too-large',
    what: `It holds more than ${what}`,
    why: 'A release of vLLM is far smaller, so this is something else.',
    where,
    todo: 'Give the source release, a wheel, or the folder that holds the package vllm.',
  });

/** Refuses the name of an archive's entry that would lie outside the folder it is unpacked in. */
export function checkEntryName(where: string, name: string): void {
  const outside = name.startsWith('/') || /^[A-Za-z]:|\\/.test(name) || name.split('/').includes('..');
  if (!outside) return;
  throw new WhichattnError({
    code: 'unsafe-archive',
    what: `It holds an entry ${JSON.stringify(name)}`,
    why: 'A source archive has only paths below its own folder, so this one is damaged or made to do harm.',
    where,
    todo: 'Take the archive from where the release was published.',
  });
}
