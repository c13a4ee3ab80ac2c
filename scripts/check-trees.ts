/*
 * Reads the selection of source trees anew and compares it with what those releases answered: nothing that was learned
 * before is looked at, nothing is written. `node dist/scripts/check-trees.js TREE... [--platform P]... [--show N]
 * [--recorded FILE]`; a tree is an unpacked source release or an archive, its name holds the version.
 */
import path from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';
import { opaqueUses } from '#rules';
import { READING, readAnew } from './anew.ts';
import { readGaps } from './gaps.ts';
import { createAnswers, differences, platformsIn, readRecorded } from './oracle.ts';
import { scriptWords } from './words.ts';

const root = path.join(import.meta.dirname, '../..');
const gaps = readGaps(root);
const { values, positionals } = scriptWords(
  'TREE... [--platform P]... [--show N] [--recorded FILE]',
  {
    platform: { type: 'string', multiple: true },
    show: { type: 'string', default: '3' },
    recorded: { type: 'string' },
  },
  [1, Infinity],
);

const short = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value)).slice(0, 600);

const recordedFor = (release: string): string =>
  values.recorded ?? path.join(root, '../shared/oracle/goldens', `${release}.jsonl.gz`);

/** Compares one platform of a tree; gives how many questions agree, and of how many. */
async function compare(file: string, release: string, platform: string): Promise<readonly [number, number]> {
  const start = Date.now();
  const { rules, notes, data } = await readAnew({ file, release, platform });
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  const answers = createAnswers(data, platform);
  const recorded = readRecorded(recordedFor(release), platform);
  const perKey = new Map<string, { wrong: number; open: number; shown: string[] }>();
  let [agreed, known] = [0, 0];
  for (const one of recorded) {
    const answer = answers(one.q);
    const found = differences(one, answer);
    // other records than those that the list of gaps speaks of are compared whole
    const all = found.filter(({ key }) => values.recorded !== undefined || !gaps.isKnown(release, one.q.id, key));
    if (all.length < found.length) known += 1;
    const needs = answer['needs'] === undefined ? '' : `        needs  ${short(answer['needs'])}\n`;
    if (all.length === 0) agreed += 1;
    for (const { key, got, want, open } of all) {
      const figures = perKey.get(key) ?? { wrong: 0, open: 0, shown: [] };
      perKey.set(key, figures);
      figures[open ? 'open' : 'wrong'] += 1;
      if (figures.shown.length < Number(values.show))
        figures.shown.push(
          `      ${one.q.id}  ${JSON.stringify(one.q)}\n        ours   ${open ? 'open' : short(got)}\n        vLLM's ${short(want)}\n${open ? needs : ''}`,
        );
    }
  }
  const uses = opaqueUses(rules);
  const opaque = notes.filter(({ kind }) => kind === 'opaque').length;
  process.stdout.write(
    `${release} ${platform}  ${agreed} of ${recorded.length} agree${known > 0 ? `, ${known} of them but for known gaps` : ''}  (${seconds} s; ${opaque} opaque places, ${uses.length} that terms rest on)\n`,
  );
  for (const [key, { wrong, open, shown }] of perKey)
    process.stdout.write(`    ${key}: ${wrong} wrong, ${open} open\n${shown.join('')}`);
  for (const { what, place, terms } of uses.slice(0, Number(values.show)))
    process.stdout.write(`    opaque ${place ?? ''}  ${what} → ${terms.slice(0, 5).join(', ')}\n`);
  return [agreed, recorded.length];
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), {
    argv: process.argv.slice(2),
    resourceLimits: READING,
  });
  worker.on('exit', (code) => {
    process.exitCode = code;
  });
} else {
  let [passed, failed] = [0, 0];
  for (const file of positionals) {
    const release = /\d+\.\d+\.\d+/.exec(path.basename(file))?.[0];
    if (release === undefined) throw new Error(`which release is ${file}?`);
    for (const platform of values.platform ?? platformsIn(recordedFor(release))) {
      try {
        const [agreed, all] = await compare(file, release, platform);
        passed += agreed;
        failed += all - agreed;
      } catch (error) {
        failed += 1;
        process.stdout.write(
          `${release} ${platform}  ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
        );
      }
    }
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
