/** In what two starts differ, the choice of the backend first. */
import type { Selection, Start } from '../logs/index.ts';
import { hideSecrets } from './secrets.ts';
import { columns } from './style.ts';

export interface DifferenceRow {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** Whether it is something that a start chose, and not what it was given or how far it came. */
  readonly isChoice: boolean;
  /** Whether both print it: else it is not told whether they differ. */
  readonly isTold: boolean;
}

/** Whether two starts are seen to choose otherwise. */
export const isOther = ({ isChoice, isTold }: DifferenceRow): boolean => isChoice && isTold;

const NONE = 'not printed';

const printed = (value: string | number | null | undefined): string =>
  value === null || value === undefined || value === '' ? NONE : String(value);

const ARGUMENT = 'argument ';

/** The same row; of a key or a token it says that they differ, and no more. */
function withoutSecret(row: DifferenceRow): DifferenceRow {
  const name = row.what.startsWith(ARGUMENT) ? row.what.slice(ARGUMENT.length) : '';
  const shown = (text: string): string => (text === 'null' ? text : String(hideSecrets(name, text)));
  return { ...row, before: shown(row.before), after: shown(row.after) };
}

/** All that differs, most important first. */
export function difference(a: Start, b: Start): DifferenceRow[] {
  const row = (
    what: string,
    pick: (start: Start) => string | number | null | undefined,
    isChoice = true,
  ): DifferenceRow => {
    const [before, after] = [printed(pick(a)), printed(pick(b))];
    return { what, before, after, isChoice, isTold: before !== NONE && after !== NONE };
  };
  const backends = (role: string | null) => (start: Start) =>
    counted(start.selections.filter((one) => one.role === role));
  const roles = [...new Set([null, ...[...a.selections, ...b.selections].map(({ role }) => role)])];
  const given = [...new Set([a, b].flatMap((start) => Object.keys(start.arguments ?? {})))].toSorted();
  const rows = [
    ...roles.map((role) => row(role === null ? 'backends' : `backends, ${role}`, backends(role))),
    row('how', ({ selections }) => [...new Set(selections.map(({ how }) => how))].join(', ')),
    row('MLA prefill', ({ mlaPrefill }) => mlaPrefill),
    row('vision', ({ vit }) => vit),
    row('FlashAttention', ({ flashAttentionVersion: version }) => version),
    row('KV dtype', ({ kvCacheDtype }) => kvCacheDtype),
    row('KV layout', ({ kvCacheLayout }) => kvCacheLayout),
    row('block size', ({ blockSize }) => blockSize),
    row('CUDA graphs', ({ cudagraphMode }) => cudagraphMode.effective),
    row('model runner', ({ modelRunner }) => modelRunner),
    row('candidates', ({ selections }) =>
      [...new Set(selections.flatMap(({ candidates }) => candidates?.join(' ') ?? []))].join('; '),
    ),
    row('reached', ({ reached }) => reached, false),
    row('errors', ({ errors }) => errors.map(({ type }) => type).join(', '), false),
    row('release', ({ release }) => release, false),
    row('model', ({ model }) => model, false),
    row('dtype', ({ dtype }) => dtype, false),
    ...given.map((name) =>
      row(`${ARGUMENT}${name}`, (start) => JSON.stringify(start.arguments?.[name] ?? null), false),
    ),
  ];
  return rows.filter(({ before, after }) => before !== after).map(withoutSecret);
}

/** Backends with how often each was chosen. */
function counted(selections: readonly Selection[]): string {
  const counts = new Map<string, number>();
  for (const { backend } of selections) counts.set(backend ?? 'unknown', (counts.get(backend ?? 'unknown') ?? 0) + 1);
  return [...counts].map(([name, times]) => (times === 1 ? name : `${name} ×${times}`)).join(', ');
}

/** The differences in lines, with how many of both print a backend. */
export function differenceLines(rows: readonly DifferenceRow[], printing: 0 | 1 | 2): string[] {
  const isWhole = rows.every(({ isChoice, isTold }) => !isChoice || isTold);
  const head = rows.some(isOther) ? 'What was chosen differs.' : SAME[printing](isWhole);
  return [head, ...columns(rows.map((row) => [`  ${markOf(row)} ${row.what}`, row.before, '→', row.after]))];
}

const PRINTED = 'What both print of their choices is identical';

/** What is said where nothing is seen to differ, by how many of both print a backend. */
const SAME = [
  () => `${PRINTED}, and neither prints the attention backend.`,
  () => `${PRINTED}, but one of them does not print the attention backend: whether that differs is not told.`,
  (isWhole: boolean) => `${isWhole ? 'What was chosen is identical' : PRINTED}: it is not the attention backend.`,
] as const;

/** A choice that differs, one that only one of both prints, or something else. */
const markOf = (row: DifferenceRow): string => (isOther(row) ? '~' : row.isChoice ? '?' : ' ');
