import type { CaseAnswer } from '#engine';
import type { ServeRecord } from './serve.ts';

/*
 * How far answers about whole command lines agree with recorded ones, figure by figure. A figure that an answer leaves
 * open is unknown, never right.
 */

/* oxlint-disable typescript/no-explicit-any -- records are JSON of another tool */
type Json = any;

type Verdict = 'right' | 'wrong' | 'unknown';

export interface Score {
  /** Scores one answer; whether nothing of it is wrong. */
  add(record: ServeRecord, answer: CaseAnswer): boolean;
  /** The figures, and so many of what is wrong. */
  lines(show: number): string[];
}

/** Begins a score. */
export function createScore(): Score {
  const figures = new Map<string, Record<Verdict, number>>();
  const wrong: string[] = [];
  return {
    add(record, answer) {
      let fine = true;
      for (const { figure, verdict, got, want } of compared(record, answer)) {
        const counts = figures.get(figure) ?? { right: 0, wrong: 0, unknown: 0 };
        figures.set(figure, counts);
        counts[verdict]++;
        if (verdict !== 'wrong') continue;
        fine = false;
        const { id, args, gpu } = record.case;
        const shown = [figure, id, args.join(' ').slice(0, 160), gpu.name, `got ${text(got)}`, `want ${text(want)}`];
        wrong.push(shown.join(' | '));
      }
      return fine;
    },
    lines: (show) => [
      ...wrong.slice(0, show).map((line) => `wrong ${line}`),
      ...[...figures].map(
        ([figure, { right, wrong: bad, unknown }]) =>
          `${figure.padEnd(16)} ${right} right, ${bad} wrong, ${unknown} unknown of ${right + bad + unknown}`,
      ),
    ],
  };
}

const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value)).slice(0, 400);

interface Compared {
  readonly figure: string;
  readonly verdict: Verdict;
  readonly got?: unknown;
  readonly want?: unknown;
}

function compared({ answer: a }: ServeRecord, answer: CaseAnswer): Compared[] {
  const open = new Set(answer.unknown);
  const out: Compared[] = [];
  const put = (figure: string, right: boolean, unknown: boolean, got: unknown, want: unknown): void =>
    void out.push({ figure, verdict: unknown ? 'unknown' : right ? 'right' : 'wrong', got, want });
  const [said, asked] = [answer.error, a.error ?? afterBuilding(a)];
  const same = Boolean(said) === Boolean(asked) && (!asked || asked.type === said!.type);
  put('start', same, open.has('error'), said, asked);
  if (asked) {
    if (said) put('error', ownWords(asked.text) === ownWords(said.text), open.has('error'), said.text, asked.text);
    return out;
  }
  if (said) return out;
  const [got, want] = [tally(answer.groups), tally(a.groups)];
  // a record without calls is of a running server, and that tells of no groups beside those of its layers
  const hasCalls = a.groups.some((group: Json) => group.call);
  for (const role of [...new Set([...(hasCalls ? got.keys() : []), ...want.keys()])].toSorted())
    put(
      'groups',
      text(got.get(role)) === text(want.get(role)),
      open.has('groups') || open.has(`groups.${role}`),
      got.get(role),
      want.get(role),
    );
  calls(answer, a, open.has('groups'), put);
  for (const [key, value] of Object.entries(wantResolved(a))) {
    if (value === null || value === undefined) continue;
    const mine = answer.resolved[key];
    put(key, mine === value, open.has(`resolved.${key}`) || mine === undefined || mine === null, mine, value);
  }
  return out;
}

/** What was raised once the model was built, where all layers are asked for their backends. */
function afterBuilding({ post }: Json): { readonly type: string; readonly text: string } | null {
  const said: string | undefined = post?.block_size?.error;
  const at = said?.indexOf(': ') ?? -1;
  return said === undefined || at < 0 ? null : { type: said.slice(0, at), text: said.slice(at + 2) };
}

/** By role, how many layers each backend has. */
function tally(groups: readonly Json[]): Map<string, Record<string, number>> {
  const out = new Map<string, Record<string, number>>();
  const sorted = groups.toSorted((x, y) => (String(x.backend) < String(y.backend) ? -1 : 1));
  for (const { role, backend, layers } of sorted) {
    const of = out.get(role) ?? {};
    out.set(role, { ...of, [backend]: (of[backend] ?? 0) + layers });
  }
  return out;
}

type Put = (figure: string, right: boolean, unknown: boolean, got: unknown, want: unknown) => void;

/** What each group asked, and what it was offered; `isOpen` where an answer does not tell of all groups. */
function calls(answer: CaseAnswer, a: Json, isOpen: boolean, put: Put): void {
  // one that is asked with nothing has no call to compare
  const recorded = a.groups.filter((group: Json) => group.call && Object.keys(group.call).length > 0);
  if (recorded.length === 0) return;
  const given = answer.groups.filter((group) => group.call);
  const count = (groups: readonly Json[]): Record<string, number> => {
    const out: Record<string, number> = {};
    for (const group of groups) out[keyOf(group)] = (out[keyOf(group)] ?? 0) + group.layers;
    return Object.fromEntries(Object.entries(out).sort(([x], [y]) => (x < y ? -1 : 1)));
  };
  const [mine, theirs] = [count(given), count(recorded)];
  const same = text(mine) === text(theirs);
  put('calls', same, given.length === 0 || (isOpen && !same), mine, theirs);
  for (const group of recorded) {
    const found = given.find((one) => keyOf(one) === keyOf(group));
    put(
      'ranked',
      text(found?.candidates) === text(group.candidates),
      found?.candidates === undefined,
      found?.candidates,
      group.candidates,
    );
  }
}

const keyOf = ({ role, call }: Json): string =>
  JSON.stringify([role, Object.entries(call as Record<string, Json>).sort(([x], [y]) => (x < y ? -1 : 1))]);

/** The figures at the end of the start. */
function wantResolved({ post, resolved, resolved_after_load: later }: Json): Record<string, Json> {
  const now = { ...resolved, ...later };
  const after = (key: string): Json => {
    const step = post?.[key];
    return typeof step === 'object' && step !== null && 'after' in step ? step.after : now[key];
  };
  return {
    dtype: now.model_dtype,
    cache_dtype: now.cache_dtype,
    block_size: after('block_size'),
    cudagraph_mode: after('cudagraph_mode'),
    kv_cache_layout: post?.kv_cache_layout,
    use_mla: now.use_mla,
  };
}

/** A message without what pydantic wraps round it. */
function ownWords(message: string | null): string {
  const body = (message ?? '').trim().replace(/^\d+ validation errors? for \w+\n/, '');
  const cut = body.includes('[type=') ? body.replaceAll(/ \[type=[^]*?(?:\n|$)/g, '\n') : body;
  return cut
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.includes('errors.pydantic.dev'))
    .join('\n');
}
