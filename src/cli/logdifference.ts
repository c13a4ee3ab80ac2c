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
}

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
  ): DifferenceRow => ({ what, before: printed(pick(a)), after: printed(pick(b)), isChoice });
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
      [...new Set(selections.map(({ candidates }) => candidates?.join(' ') ?? NONE))].join('; '),
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

/** The differences in lines, and whether a backend is printed at all. */
export function differenceLines(rows: readonly DifferenceRow[], isPrinted: boolean): string[] {
  const isSame = !rows.some(({ isChoice }) => isChoice);
  const same = isPrinted
    ? 'What was chosen is identical: it is not the attention backend.'
    : 'What both print of their choices is identical, and neither prints the attention backend.';
  const head = isSame ? [same] : ['What was chosen differs.'];
  return [
    ...head,
    ...columns(
      rows.map(({ what, before, after, isChoice }) => [`${isChoice ? '  ~' : '   '} ${what}`, before, '→', after]),
    ),
  ];
}
