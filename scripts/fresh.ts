/*
 * Asks vLLM's own code and ours new random questions, and makes those on which they differ as small as they can be.
 */
import { spawnSync } from 'node:child_process';
import type { ReleaseData } from '#engine';
import { createBoundary } from './boundary.ts';
import { fieldAt, fieldPaths, withField } from './fields.ts';
import { createAnswers, type Difference, differences } from './oracle.ts';
import { shrink } from './shrink.ts';
import { type Answered, type Asking, GENERATOR, openVllm, pythonForVllm, type Vllm } from './vllm.ts';

export interface Run {
  readonly release: ReleaseData;
  readonly platform: string;
  /** The unpacked source of the release, which is run. */
  readonly tree: string;
  readonly seed: string;
  readonly count: number;
  /** So many disagreements are made small and shown. */
  readonly show: number;
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

/** What came of questions: those on which the two differ, and those that vLLM's own code could not be asked, by why. */
interface Found {
  readonly all: readonly Disagreement[];
  readonly unasked: ReadonlyMap<string, number>;
  /** So many were answered by something that the recorder lacks, which says nothing of ours. */
  readonly lacking: number;
}

type Answers = ReturnType<typeof createAnswers>;

/** A question on which the two differ, and where. */
interface Disagreement {
  readonly q: Asking;
  readonly differences: readonly Difference[];
}

/** Asks so many questions, half of the recorded kind, half around the boundaries of the rules, and prints what came out. */
export async function askFresh(run: Run, stop: AbortSignal): Promise<Outcome> {
  const python = pythonForVllm();
  const vllm = openVllm(python, run.tree);
  const end = (): void => {
    vllm.close();
  };
  stop.addEventListener('abort', end);
  try {
    const half = Math.floor(run.count / 2);
    const boundary = createBoundary(run.release, run.platform, run.seed);
    const recorded = recordedKind(python, run, run.count - half);
    const questions = [...recorded, ...Array.from({ length: half }, () => boundary.next())];
    const answers = createAnswers(run.release, run.platform);
    const { all, unasked, lacking } = await disagreements(questions, answers, vllm);
    const [turned, tests] = boundary.turned();
    const { release } = run.release;
    const lost = [...unasked.values()].reduce((sum, n) => sum + n, 0);
    const passed = questions.length - all.length - lost - lacking;
    process.stdout.write(
      `${release} ${run.platform}  ${passed} of ${questions.length} agree  (${turned} of ${tests} tests of the rules turned)${figures(all)}\n`,
    );
    for (const [why, n] of unasked) process.stdout.write(`    ${n} could not be asked: ${why}\n`);
    if (lacking > 0) process.stdout.write(`    ${lacking} were answered by what the recorder lacks\n`);
    await showSmallest(all, run.show, answers, vllm);
    return { passed, failed: all.length + lost };
  } finally {
    stop.removeEventListener('abort', end);
    vllm.close();
  }
}

/** Questions as they were made up for the recordings, with another seed. */
function recordedKind(python: string, { release, platform, tree, seed }: Run, count: number): Asking[] {
  const counts = ['n', 'rocm', 'xpu', 'cpu', 'vit'].flatMap((name) => {
    const own = name === 'vit' || name === (platform === 'cuda' ? 'n' : platform);
    return [`--${name}`, own ? String(name === 'vit' ? Math.ceil(count / 8) : Math.max(count, LEAST)) : '0'];
  });
  const made = spawnSync(python, [GENERATOR, '--tree', tree, '--seed', seed, ...counts], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (made.status !== 0) throw new Error(`${GENERATOR} ended with ${made.stderr.slice(-2000)}`);
  const questions = made.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Asking)
    .filter((q) => q.platform === platform);
  if (questions.length === 0) throw new Error(`${GENERATOR} makes no questions for ${release.release} ${platform}`);
  // it begins with the same questions whatever the seed: few are taken from all over
  const step = questions.length / Math.min(count, questions.length);
  return Array.from({ length: Math.min(count, questions.length) }, (_, i) => questions[Math.floor(i * step)]!);
}

/** The generator begins with several hundred questions that it always makes. */
const LEAST = 1500;
/** So many questions are asked at once. */
const BATCH = 100;
/** So many disagreements are looked at a second time, each in a process of its own. */
const APART = 20;

/** The questions on which the two differ. One is asked a second time apart, where nothing was left by others. */
async function disagreements(questions: readonly Asking[], answers: Answers, vllm: Vllm): Promise<Found> {
  const found: Disagreement[] = [];
  const unasked = new Map<string, number>();
  let lacking = 0;
  // what shares a process is asked together: it takes long to start
  const world = (q: Asking): string => JSON.stringify([q.install ?? {}, q.device?.gcn_arch ?? '']);
  const ordered = questions.toSorted((a, b) => (world(a) < world(b) ? -1 : world(a) > world(b) ? 1 : 0));
  const progress = startProgress(ordered.length);
  for (let i = 0; i < ordered.length; i += BATCH) {
    const batch = ordered.slice(i, i + BATCH);
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    const theirs = await vllm.ask(batch);
    for (const why of theirs.flatMap((a) => unanswered(a) ?? [])) unasked.set(why, (unasked.get(why) ?? 0) + 1);
    lacking += theirs.filter((a) => isRecorders(errorOf(a))).length;
    const differ = batch.filter((q, at) => compare(q, theirs[at]!, answers).length > 0);
    // once many differ it is no matter of what others left, and a process for each takes long
    const apart = found.length < APART;
    // oxlint-disable-next-line no-await-in-loop -- the same
    const again = await vllm.ask(differ, apart);
    found.push(
      ...differ.flatMap((q, at) => {
        const all = compare(q, again[at]!, answers);
        return all.length > 0 ? [{ q, differences: all }] : [];
      }),
    );
    progress(i + batch.length, found.length);
  }
  return { all: found, unasked, lacking };
}

/** Why vLLM's own code could not be asked: the recorder could not import it, or came to an end. */
function unanswered(a: Answered): string | undefined {
  const { type, text = '' } = errorOf(a);
  return type?.startsWith('Oracle') === true ? `${type}: ${text}`.slice(0, 300) : undefined;
}

/**
 * Where the two differ; nowhere when vLLM's code could not be asked. What vLLM's code was not told, since the release does
 * not know it, ours is not told either.
 */
function compare(q: Asking, a: Answered, answers: Answers): Difference[] {
  if (unanswered(a) !== undefined || isRecorders(errorOf(a))) return [];
  const untold = (a['ignored'] as readonly string[] | undefined) ?? [];
  const told = untold.reduce((left, path) => withField(left, path.split('.'), undefined), q);
  const ours = answers(told);
  const needs = (ours['needs'] ?? []) as readonly string[];
  // the recorder asks the processor that it runs on, which is none of the question's
  const rests = needs.some((need) => OF_THIS_MACHINE.test(need));
  const notes = (a['notes'] ?? {}) as Readonly<Record<string, Noted>>;
  // a list of sizes that reads what the recorder's configuration lacks is taken for none, without a note of its own
  const noSizes = 'config_missing' in notes && a['supported_block_sizes'] === null ? ['supported_block_sizes'] : [];
  const lost = Object.keys(notes).flatMap((name) => (isRecorders(notes[name]!) ? (PARTS[name] ?? [name]) : []));
  return differences({ q, a }, ours).filter(
    ({ key, open }) => !(open && rests) && ![...lost, ...noSizes].includes(key) && !isStandIn(a[key]),
  );
}

/** What was raised while vLLM's code answered, or a part of it. */
interface Noted {
  readonly type?: string;
  readonly text?: string;
  readonly where?: string;
}

/** Whether a part of an answer is what a package said that the recorder stood in for. */
const isStandIn = (part: unknown): boolean => / object at 0x[\da-f]+>/.test(JSON.stringify(part ?? null));

const errorOf = (a: Answered): Noted => (a['error'] as Noted | null | undefined) ?? {};

/** Whether something was raised by the recorder's stand-in for a configuration, or for want of a package that it lacks. */
const isRecorders = ({ type, where }: Noted): boolean =>
  where?.startsWith('ask.py:') === true ||
  (type === 'ModuleNotFoundError' && where?.startsWith('vllm/distributed/') === true);

/** The parts of an answer that are missing when these notes tell why. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  get_valid_backends: ['candidates', 'rejected'],
  requested: ['requested_reasons'],
  kv_layout_resolved: ['kv_layout'],
};

const OF_THIS_MACHINE = /^says\.torch\.cpu\./;

/** Makes the first disagreements small, those that say the same as an earlier one left out, and prints them. */
async function showSmallest(all: readonly Disagreement[], show: number, answers: Answers, vllm: Vllm): Promise<void> {
  const shown: Asking[] = [];
  for (const one of all) {
    if (shown.length === show) break;
    if (shown.some((smaller) => holds(one.q, smaller))) continue;
    const sort = ({ key, open }: Difference): string => `${key} ${open}`;
    const sorts = new Set(one.differences.map(sort));
    const differs = async (q: Asking): Promise<Difference[]> => {
      const [a] = await vllm.ask([q]);
      return compare(q, a!, answers).filter((difference) => sorts.has(sort(difference)));
    };
    // oxlint-disable-next-line no-await-in-loop -- what is shown next depends on what was shown
    const q = await shrink(one.q, async (smaller) => (await differs(smaller)).length > 0);
    if (shown.some((smaller) => holds(q, smaller))) continue;
    shown.push(q);
    process.stdout.write(`    ${JSON.stringify({ ...q, id: undefined })}\n`);
    // oxlint-disable-next-line no-await-in-loop -- the same
    for (const { key, got, want, open } of await differs(q))
      process.stdout.write(
        `      ${key}\n        ours   ${open ? 'open' : short(got)}\n        vLLM's ${short(want)}\n`,
      );
  }
}

/** Whether a question says all that a smaller one says. */
const holds = (q: Asking, smaller: Asking): boolean =>
  fieldPaths(smaller).every(
    (path) => path[0] === 'id' || JSON.stringify(fieldAt(q, path)) === JSON.stringify(fieldAt(smaller, path)),
  );

const short = (value: unknown): string => JSON.stringify(value).slice(0, 500);

/** How many questions differ in what. */
function figures(all: readonly Disagreement[]): string {
  const by = new Map<string, number>();
  for (const { differences: found } of all)
    for (const { key, open } of found) {
      const name = `${key} ${open ? 'open' : 'wrong'}`;
      by.set(name, (by.get(name) ?? 0) + 1);
    }
  return [...by].map(([name, n]) => ` · ${n} ${name}`).join('');
}

/** Says on stderr how far it is, from the third second on: often on a terminal, now and then elsewhere. */
function startProgress(all: number): (done: number, differ: number) => void {
  const start = Date.now();
  const { isTTY } = process.stderr;
  let next = start + 2000;
  return (done, differ) => {
    const now = Date.now();
    if (done === all && isTTY) process.stderr.write('\r\u001B[2K');
    if (now < next || done === all) return;
    next = now + (isTTY ? 500 : 20_000);
    const left = Math.ceil((((now - start) / done) * (all - done)) / 1000);
    const line = `${done} of ${all} asked, ${differ} disagree, about ${left} s left`;
    process.stderr.write(isTTY ? `\r\u001B[2K${line}` : `${line}\n`);
  };
}
