/*
 * Compares what a release's own code made of whole command lines, up to the configuration of its engine, with what the rules make:
 * `node dist/scripts/check-starts.js VERSION RECORDS.jsonl[.gz]`. With `--make N --seed S MODELS` it prints N new cases of the
 * config.json files in a folder instead, for `scripts/record-starts.py`.
 */
import { readRelease } from '#disk';
import { compareStarts, makeStarts, readRecordedStarts } from './starts.ts';

const numberAfter = (flag: string): number | undefined => {
  const at = process.argv.indexOf(flag);
  return at === -1 ? undefined : Number(process.argv[at + 1]);
};
const [version, file] = process.argv
  .slice(2)
  .filter((word, i, all) => !word.startsWith('--') && all[i - 1]?.startsWith('--') !== true);
if (version === undefined || file === undefined) throw new Error('which release, and which records or models?');
const many = numberAfter('--make');
if (many !== undefined) {
  for (const one of makeStarts(readRelease(version).arguments, file, many, numberAfter('--seed') ?? 1))
    process.stdout.write(`${one}\n`);
} else {
  const { right, unknown, wrong } = compareStarts(version, readRecordedStarts(file));
  for (const line of wrong) process.stdout.write(`wrong ${line}\n`);
  process.stdout.write(`${right} right, ${unknown} unknown, ${wrong.length} wrong\n`);
  if (wrong.length > 0) process.exitCode = 1;
}
