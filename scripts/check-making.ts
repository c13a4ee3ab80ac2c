/*
 * Compares what learned rules say that layers of weights and rotary embedding refuse with what the release's own code raised:
 * `node dist/scripts/check-making.js RECORDS.jsonl[.gz] RELEASE`. Records are those of record-making.py.
 */
import { readRelease } from '#disk';
import { playMaking } from './making.ts';
import { readRecords } from './serve.ts';
import { scriptWords } from './words.ts';

const [records = '', version = ''] = scriptWords('RECORDS.jsonl[.gz] RELEASE', {}, [2, 2]).positionals;
const told = playMaking(readRecords(records), readRelease(version));
const wrong = told.filter(({ is }) => is === 'wrong');
const count = (is: string): number => told.filter((one) => one.is === is).length;
process.stdout.write(`${told.length} made, ${count('right')} right, ${count('open')} open, ${wrong.length} wrong\n`);
const seen = new Set<string>();
for (const { is, about } of told) {
  const key = about.replaceAll(/\d+/g, '#');
  if (is === 'right' || seen.has(key)) continue;
  seen.add(key);
  process.stdout.write(`${is} ${about}\n`);
}
if (wrong.length > 0) process.exitCode = 1;
