/*
 * Compares what metadata builders settle with what those of real releases settled: `node dist/scripts/check-builders.js
 * RECORDED.jsonl[.gz] RELEASE [--tree TREE] [--show N]`, of the rules that are kept, or of a tree read anew.
 */
import { isMainThread, Worker } from 'node:worker_threads';
import { readRelease } from '#disk';
import { READING, readAnew } from './anew.ts';
import { compareBuilders } from './builders.ts';
import { readRecorded } from './oracle.ts';
import { scriptWords } from './words.ts';

const { values, positionals } = scriptWords(
  'RECORDED.jsonl[.gz] RELEASE [--tree TREE] [--show N]',
  { tree: { type: 'string' }, show: { type: 'string', default: '5' } },
  [2, 2],
);
const [file = '', release = ''] = positionals;
const platform = 'cuda';

if (isMainThread && values.tree !== undefined) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), resourceLimits: READING });
  worker.on('exit', (code) => {
    process.exitCode = code;
  });
} else {
  const data =
    values.tree === undefined ? readRelease(release) : (await readAnew({ file: values.tree, release, platform })).data;
  const { same, open, wrong } = compareBuilders(data, platform, readRecorded(file, platform));
  for (const [kind, list] of Object.entries({ wrong, open }))
    for (const one of list.slice(0, Number(values.show))) process.stdout.write(`    ${kind} ${JSON.stringify(one)}\n`);
  process.stdout.write(`${release} ${platform}  ${same} the same, ${open.length} open, ${wrong.length} wrong\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
