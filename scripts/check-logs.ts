/*
 * Reads the logs of real servers and compares what they show with what ran, which a file beside each of them says: `npm run
 * check:logs -- [FOLDER]`. What a release does not print has to be absent. Ends in a tally.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { listPlugins, listReleases, readLines, readLog, readRelease } from '#disk';
import type { ReleaseData } from '#engine';
import { createObserver, createPatterns, type Start } from '#logs';
import { checkedLog } from './checked.ts';
import { expectedOf, mismatches } from './logtruth.ts';
import { type Alone, mingle } from './mingled.ts';
import { platformsIn, readRecorded } from './oracle.ts';
import { roundTrip } from './roundtrip.ts';
import { scriptWords } from './words.ts';

const root = path.join(import.meta.dirname, '../..');
const [folder = path.join(root, '../shared/logs')] = scriptWords('[FOLDER]', {}, [0, 1]).positionals;
const tables = readLines(root);
const patterns = createPatterns(tables);
let [passed, failed, facts, absent] = [0, 0, 0, 0];
const alone: Alone[] = [];
const verdicts = { agrees: 0, differs: 0, 'cannot tell': 0 };
for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
  const beside = path.join(folder, file.replace(/\.log$/, '.json'));
  if (!file.endsWith('.log') || !existsSync(beside)) continue;
  const expected = expectedOf(JSON.parse(readFileSync(beside, 'utf8')));
  const text = readFileSync(path.join(folder, file), 'utf8');
  const starts = await startsOf(path.join(folder, file));
  alone.push({ name: file, lines: text.split('\n').filter((line) => line !== ''), starts });
  const compared = mismatches(starts, expected, text);
  facts += compared.shown;
  absent += compared.absent;
  if (compared.wrong.length === 0) passed += 1;
  else failed += 1;
  for (const line of compared.wrong) process.stdout.write(`wrong ${file}: ${line}\n`);
  const verdict = checkedLog(path.join(folder, file), beside);
  if (verdict === undefined) continue;
  verdicts[verdict] += 1;
  // each of them ran as its release chooses
  if (verdict === 'differs') failed += 1;
  if (verdict === 'differs') process.stdout.write(`wrong ${file}: it is said to differ\n`);
}
process.stdout.write(
  `checked against the rules: ${verdicts.agrees} agree, ${verdicts.differs} differ, ${verdicts['cannot tell']} cannot be told\n`,
);
process.stdout.write(`logs of real servers: ${facts} facts as they were, ${absent} that the log does not print\n`);
/** Pairs of logs whose lines are mingled. */
const PAIRS = 400;
const { pairs, whole, wrong: odd } = mingle(alone, PAIRS, startsIn);
passed += pairs - odd.length;
failed += odd.length;
process.stdout.write(`two servers in one stream: ${pairs} pairs, ${whole} read as alone, ${odd.length} wrong\n`);
for (const line of odd.slice(0, 3)) process.stdout.write(`  wrong ${line}\n`);

/** Decisions that are read back for one platform of a release. */
const MOST = 1000;
const recordings = path.join(root, '../shared/oracle/goldens');
/** What is recorded of learned rules: beside the project, or in its tests. */
const recordedOf = (name: string): string | undefined =>
  [
    path.join(recordings, `${name}.jsonl.gz`),
    path.join(root, 'test/oracle', `${name}.jsonl.gz`),
    path.join(root, 'test/plugins', `${name}.jsonl`),
  ].find((one) => existsSync(one));

for (const { release, own } of listReleases(root)) if (own) readBackOf(release, readRelease(release));
for (const { release, file, own } of listPlugins(root)) if (own) readBackOf(release, readRelease(file));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0) process.exitCode = 1;

/** Reads back what each platform of learned rules prints: `name` is its release, with its plug-in. */
function readBackOf(name: string, data: ReleaseData): void {
  const file = recordedOf(name);
  if (file === undefined) return;
  const [first = ''] = platformsIn(file);
  for (const platform of Object.keys(data.selection)) {
    const recorded = readRecorded(file, platform);
    // of a platform of which nothing is recorded, another one's questions are put to its rules
    const seeds =
      recorded.length > 0 ? recorded : readRecorded(file, first).map((one) => ({ ...one, q: { ...one.q, platform } }));
    const table = tables.find((one) => one.release === name)!;
    const { asked, read, silent, lost, wrong } = roundTrip({ data, platform, patterns, table }, recorded, MOST, seeds);
    if (wrong.length === 0) passed += 1;
    else failed += 1;
    process.stdout.write(
      `round trip ${name} ${platform}: ${asked} asked, ${read} read back, ${silent} not printed, ${lost} lost, ${wrong.length} wrong\n`,
    );
    for (const line of wrong.slice(0, 3)) process.stdout.write(`  wrong ${line}\n`);
  }
}

function startsIn(text: string): readonly Start[] {
  const observer = createObserver(patterns);
  observer.write(text);
  observer.end();
  return observer.seen().starts;
}

async function startsOf(file: string): Promise<readonly Start[]> {
  const observer = createObserver(patterns);
  await readLog(file, observer);
  observer.end();
  return observer.seen().starts;
}
