/** How a comparison of a log with a prediction is laid out. */
import type { Verdict } from './checkstart.ts';
import type { Row } from './checkgroups.ts';
import { columns, onOneLine, styled } from './style.ts';

const HEADS: Readonly<Record<Verdict['verdict'], string>> = {
  agrees: 'agrees: what ran is what this release chooses',
  differs: 'differs: this release would have chosen otherwise',
  'cannot tell': 'cannot tell',
};

/** The same where the start failed, as it had to. */
const REFUSED = 'agrees: the start failed with the error that this release raises';

const MARKS: Readonly<Record<Row['verdict'], string>> = { agrees: '=', differs: '≠', 'cannot tell': '?' };

/** One group of layers, or a fact. */
const rowCells = ({ what, names, layers, predicted, observed, verdict }: Row): string[] => [
  `  ${MARKS[verdict]} ${layers === null ? what : `${layers} × ${what}`}`,
  `ran ${observed ?? 'not printed'}`,
  `predicted ${predicted ?? 'not decided'}`,
  names,
];

/** Of a longer line the beginning is shown. */
const LONGEST = 160;

/** The comparison in lines. */
export function verdictLines({
  verdict,
  release,
  logged,
  observed,
  predicted,
  groups,
  facts,
  consistentWith,
  missing,
  reached,
  line,
}: Verdict): string[] {
  const named = (list: readonly string[] | null, none: string): string =>
    list === null ? none : list.length === 0 ? 'an error' : list.join(', ');
  return [
    styled('bold', verdict === 'agrees' && predicted?.length === 0 ? REFUSED : HEADS[verdict]),
    ...columns([
      ['  ran', named(observed, 'not printed')],
      ['  predicted', named(predicted, 'not decided')],
      [
        '  vLLM',
        `${release ?? 'release not printed'}${logged === null || logged === release ? '' : `; the log says ${logged}`}`,
      ],
      ['  reached', reached],
      ['  question', line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line],
    ]),
    ...columns([...groups, ...facts].map(rowCells)),
    ...consistentWith.map((one) => `  consistent with ${onOneLine(one)}`),
    ...missing.map((one) => `  missing: ${onOneLine(one)}`),
  ];
}
