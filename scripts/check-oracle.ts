/*
 * Compares our answers with those that vLLM's own code gave: the recorded questions beside the repository where they
 * are, the committed part of them always. `--file F --vllm VERSION` compares another file of {"q", "a"} lines.
 *
 * `--fresh N [--vllm VERSION]... [--platform P] [--seed S] [--tree PATH] [--show M]` asks N new questions of each release,
 * both of us and of vLLM's own code, and shows the first M disagreements made as small as they can be. The sources are
 * looked for as `check:learn` does; `--tree` names one, whose selection is read anew, as is that of a release which has not
 * been learned. It needs a Python with torch: WHICHATTN_PYTHON names one, else it is made in the cache.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { listReleases, readRelease } from '#disk';
import type { ReleaseData } from '#engine';
import { WhichattnError } from '#rules';
import { readApart } from './anew.ts';
import { askFresh } from './fresh.ts';
import { readGaps } from './gaps.ts';
import { createAnswers, type Difference, differences, platformsIn, readRecorded } from './oracle.ts';
import { sourceWithWheel, unpackedSource } from './sources.ts';
import { scriptWords } from './words.ts';

const root = path.join(import.meta.dirname, '../..');

const RECORDINGS = path.join(root, '../shared/oracle/goldens');

const gaps = readGaps(root);
const asked = new Set<string>();
let passed = 0;
let failed = 0;

/** Compares one file, platform by platform as far as the release was learned, and prints its figures. */
function compareFile(release: string, file: string): void {
  if (!existsSync(file)) {
    failed += 1;
    process.stdout.write(`${release}  ${path.relative(root, file)} is missing\n`);
    return;
  }
  const data = readRelease(release);
  for (const platform of platformsIn(file)) {
    if (data.selection[platform] !== undefined) comparePlatform(data, platform, file);
    else {
      failed += 1;
      process.stdout.write(`${release}  ${path.basename(file)}  ${platform} has not been learned\n`);
    }
  }
}

/** Of the recordings beside the repository, by platform: how many there are, their questions, and how they came out. */
const totals = new Map<string, { recordings: number; equal: number; known: number; asked: number }>();

function count(
  platform: string,
  one: { readonly equal: number; readonly known: number; readonly asked: number },
): void {
  const sum = totals.get(platform) ?? { recordings: 0, equal: 0, known: 0, asked: 0 };
  totals.set(platform, {
    recordings: sum.recordings + 1,
    equal: sum.equal + one.equal,
    known: sum.known + one.known,
    asked: sum.asked + one.asked,
  });
}

function comparePlatform(data: ReleaseData, platform: string, file: string): void {
  const { release } = data;
  const answers = createAnswers(data, platform);
  const recorded = readRecorded(file, platform);
  const perKey = new Map<string, { wrong: number; open: number; gap: number }>();
  const shown: string[] = [];
  let agreed = 0;
  let known = 0;
  for (const one of recorded) {
    asked.add(`${release} ${one.q.id}`);
    const all = differences(one, answers(one.q));
    const unlisted = all.filter(({ key }) => !gaps.isKnown(release, one.q.id, key));
    for (const difference of all) {
      const { key, open } = difference;
      const figures = perKey.get(key) ?? { wrong: 0, open: 0, gap: 0 };
      figures[unlisted.includes(difference) ? (open ? 'open' : 'wrong') : 'gap'] += 1;
      perKey.set(key, figures);
    }
    if (unlisted.length === 0 && all.length > 0) known += 1;
    if (unlisted.length === 0) agreed += 1;
    else shown.push(...unlisted.map((difference) => described(one.q.id, difference)));
  }
  passed += agreed;
  failed += recorded.length - agreed;
  if (path.dirname(file) === RECORDINGS) count(platform, { equal: agreed - known, known, asked: recorded.length });
  const figures = [...perKey].map(
    ([key, { wrong, open, gap }]) =>
      `${key} ${[wrong && `${wrong} wrong`, open && `${open} open`, gap && `${gap} known`].filter(Boolean).join(', ')}`,
  );
  process.stdout.write(
    `${release}  ${path.basename(file)}  ${platform}  ${agreed} of ${recorded.length} agree${figures.length > 0 ? `  (${figures.join(' · ')})` : ''}\n`,
  );
  process.stdout.write(shown.slice(0, SHOWN).join(''));
  if (shown.length > SHOWN) process.stdout.write(`    … and ${shown.length - SHOWN} more\n`);
}

const SHOWN = 5;
const short = (value: unknown): string => JSON.stringify(value).slice(0, 300);
const described = (id: string, { key, got, want, open }: Difference): string =>
  `    ${id}  ${key}\n      ours   ${open ? 'open' : short(got)}\n      vLLM's ${short(want)}\n`;

/** The tree whose code is run: for the platform that a wheel is built for, as the wheel has it where that was learned. */
async function sourceOf(release: string, platform: string, own: readonly string[]): Promise<string> {
  const learned = own.includes(release) && platform === 'cuda' ? readRelease(release).source.file : '';
  return learned.endsWith('.whl') ? sourceWithWheel(release, learned) : unpackedSource(release);
}

/** New questions for each release that is named, or that has been learned. */
async function compareFresh(count: number): Promise<void> {
  const stopping = new AbortController();
  process.once('SIGINT', () => {
    stopping.abort();
    process.exitCode = 130;
  });
  const { platform = 'cuda', seed = String(Date.now()), tree } = values;
  const own = listReleases(root).flatMap((all) => (all.own ? [all.release] : []));
  const named = values.vllm ?? (tree === undefined ? own : [/\d+\.\d+\.\d+/.exec(path.basename(tree))?.[0] ?? '']);
  process.stdout.write(`seed ${seed}\n`);
  for (const name of named) {
    if (stopping.signal.aborted) break;
    // oxlint-disable-next-line no-await-in-loop -- each takes all there is
    const source = tree ?? (await sourceOf(name, platform, own));
    const anew = tree !== undefined || !own.includes(name);
    // oxlint-disable-next-line no-await-in-loop -- each takes all there is
    const release = anew ? await readApart({ file: source, release: name, platform }) : readRelease(name);
    const run = { release, platform, tree: source, seed, count, show: Number(values.show) };
    // oxlint-disable-next-line no-await-in-loop -- the same
    const outcome = await askFresh(run, stopping.signal);
    passed += outcome.passed;
    failed += outcome.failed;
  }
}

const { values } = scriptWords(
  '[--file RECORDED] [--fresh N] [--vllm VERSION]... [--platform P] [--seed S] [--tree PATH] [--show N]',
  {
    file: { type: 'string' },
    fresh: { type: 'string' },
    vllm: { type: 'string', multiple: true },
    platform: { type: 'string' },
    seed: { type: 'string' },
    tree: { type: 'string' },
    show: { type: 'string', default: '1' },
  },
);
if (values.fresh !== undefined) {
  try {
    await compareFresh(Number(values.fresh));
  } catch (error) {
    if (!(error instanceof WhichattnError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
} else if (values.file !== undefined) {
  const release = values.vllm?.[0] ?? /\d+\.\d+\.\d+/.exec(path.basename(values.file))?.[0];
  if (release === undefined) throw new Error('which release? --vllm VERSION');
  compareFile(release, path.resolve(values.file));
} else {
  const releases = listReleases(root).filter(({ own }) => own);
  if (releases.length === 0) throw new Error('no release has been learned');
  for (const { release } of releases) {
    compareFile(release, path.join(root, 'test/oracle', `${release}.jsonl.gz`));
    const recording = path.join(RECORDINGS, `${release}.jsonl.gz`);
    if (existsSync(recording)) compareFile(release, recording);
    else if (existsSync(RECORDINGS)) process.stdout.write(`${release}  was not recorded beside the repository\n`);
  }
}
for (const [platform, { recordings, equal, known, asked: all }] of totals)
  process.stdout.write(`${platform}  ${recordings} recordings  ${equal} of ${all} equal, ${known} with a known gap\n`);
// a gap that has closed must leave the list, which may only shrink
for (const gap of gaps.closed((release, id) => asked.has(`${release} ${id}`))) {
  failed += 1;
  process.stdout.write(`${gap}: the gap has closed, yet known-gaps.json lists it\n`);
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
