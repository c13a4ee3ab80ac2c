import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A recorded answer that ours is not to agree with, with the evidence that what was recorded is not vLLM's. */
interface Gap {
  readonly release: string;
  readonly id: string;
  readonly key: string;
  readonly evidence: string;
}

/** The list of known gaps, which may only shrink. */
export interface Gaps {
  /** Whether a difference is known; remembers that it was met. */
  isKnown(release: string, id: string, key: string): boolean;
  /** Of the questions that were asked: the gaps that have closed. */
  closed(asked: (release: string, id: string) => boolean): readonly string[];
}

/** Reads known-gaps.json. */
export function readGaps(root: string): Gaps {
  const gaps = JSON.parse(readFileSync(path.join(root, 'known-gaps.json'), 'utf8')) as readonly Gap[];
  const nameOf = ({ release, id, key }: Omit<Gap, 'evidence'>): string => `${release} ${id} ${key}`;
  const known = new Set(gaps.map(nameOf));
  const met = new Set<string>();
  return {
    isKnown(release, id, key) {
      const name = nameOf({ release, id, key });
      if (known.has(name)) met.add(name);
      return known.has(name);
    },
    closed: (asked) => gaps.filter((gap) => asked(gap.release, gap.id) && !met.has(nameOf(gap))).map(nameOf),
  };
}
