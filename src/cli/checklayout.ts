/** How a comparison of a log with a prediction is laid out. */
import type { Verdict } from './check.ts';
import { columns, styled } from './style.ts';

const HEADS: Readonly<Record<Verdict['verdict'], string>> = {
  agrees: 'agrees: what ran is what this release chooses',
  differs: 'differs: this release would have chosen otherwise',
  'cannot tell': 'cannot tell',
};

/** The comparison in lines. */
export function verdictLines({
  verdict,
  release,
  observed,
  predicted,
  consistentWith,
  missing,
  reached,
  line,
}: Verdict): string[] {
  const named = (list: readonly string[] | null, none: string): string =>
    list === null ? none : list.length === 0 ? 'an error' : list.join(', ');
  return [
    styled('bold', HEADS[verdict]),
    ...columns([
      ['  ran', named(observed, 'not printed')],
      ['  predicted', named(predicted, 'not decided')],
      ['  vLLM', release ?? 'release not printed'],
      ['  reached', reached],
      ['  question', line],
    ]),
    ...consistentWith.map((one) => `  consistent with ${one}`),
    ...missing.map((one) => `  missing: ${one}`),
  ];
}
