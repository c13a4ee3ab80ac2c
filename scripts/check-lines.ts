/**
 * Compares what we make of command lines with what a release's own parser made of them:
 * `node dist/scripts/check-lines.js RECORDS.jsonl[.gz] [TREE]`; with a TREE its flags are read anew.
 * `--make N RELEASE|TREE` writes N new lines for `scripts/record-lines.py`; `--seed N` makes others. Nothing may be wrong.
 */
import { existsSync } from 'node:fs';
import { readRelease } from '#disk';
import type { ArgumentTable } from '#engine';
import { readArguments } from '#release';
import { folderTree } from './folder.ts';
import {
  compareLine,
  type ComparedLines,
  type LineRules,
  makeLines,
  readLineRules,
  readRecordedLines,
} from './lines.ts';
import { numberOf, scriptWords } from './words.ts';

const {
  values: { make, seed },
  positionals: words,
} = scriptWords(
  'RECORDS.jsonl[.gz] [TREE] | --make N [--seed N] RELEASE|TREE',
  { make: { type: 'string' }, seed: { type: 'string' } },
  [1, 2],
);

/** The flags of a release that was learned, or of a source tree. */
const tableOf = (named: string): ArgumentTable =>
  existsSync(`${named}/vllm`) ? readArguments(folderTree(named), 'cuda').table : readRelease(named).arguments;

if (make === undefined) {
  const [records = '', tree] = words;
  const compared: ComparedLines = { right: 0, otherReason: 0, unknown: 0, wrong: [] };
  const all = readRecordedLines(records);
  const rulesOf = new Map<string, LineRules>();
  for (const record of all) {
    const made =
      rulesOf.get(record.release) ?? readLineRules(record.release, tree === undefined ? undefined : tableOf(tree));
    rulesOf.set(record.release, made);
    compareLine(made, record, compared);
  }
  for (const line of compared.wrong) process.stdout.write(`wrong ${line.slice(0, 600)}\n`);
  const { right, otherReason, unknown, wrong } = compared;
  const left = all.length - right - otherReason - unknown - wrong.length;
  process.stdout.write(
    `${right} right, ${wrong.length} wrong, ${unknown} unknown, ${otherReason} refused for another reason first, ${left} left out\n`,
  );
  if (wrong.length > 0) process.exitCode = 1;
} else {
  const named = words.at(-1)!;
  for (const line of makeLines(tableOf(named), numberOf(make, 0), numberOf(seed, 1)))
    process.stdout.write(`${JSON.stringify(line)}\n`);
}
