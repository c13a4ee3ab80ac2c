/*
 * Compares what a release's own code made of whole command lines, up to the configuration of its engine, with what the rules make:
 * `node dist/scripts/check-starts.js VERSION RECORDS.jsonl[.gz]`. With `--make N --seed S MODELS` it prints N new cases of the
 * config.json files in a folder instead, for `scripts/record-starts.py` and `scripts/record-models.py`; with `--often 0.2` each flag is
 * given a fifth as often, so that most lines start; with `--drafts` something drafts on every line; with `--each` every
 * model has a line, and with `--gpu H100` all are put on that machine.
 */
import { readRelease } from '#disk';
import { compareStarts, makeStarts, readRecordedStarts } from './starts.ts';
import { numberOf, scriptWords } from './words.ts';

const { values, positionals } = scriptWords(
  'VERSION RECORDS.jsonl[.gz] | VERSION MODELS --make N [--seed S] [--often SHARE] [--drafts] [--each] [--gpu NAME]',
  {
    make: { type: 'string' },
    seed: { type: 'string' },
    often: { type: 'string' },
    gpu: { type: 'string', default: '' },
    drafts: { type: 'boolean', default: false },
    each: { type: 'boolean', default: false },
  },
  [2, 2],
);
const [version = '', file = ''] = positionals;
if (values.make !== undefined || values.each) {
  const many = numberOf(values.make, 0);
  const how = { often: numberOf(values.often, 1), drafts: values.drafts, each: values.each, gpu: values.gpu };
  for (const one of makeStarts(readRelease(version).arguments, file, many, numberOf(values.seed, 1), how))
    process.stdout.write(`${one}\n`);
} else {
  const { right, unknown, wrong } = compareStarts(version, readRecordedStarts(file));
  for (const line of wrong) process.stdout.write(`wrong ${line}\n`);
  process.stdout.write(`${right} right, ${unknown} unknown, ${wrong.length} wrong\n`);
  if (wrong.length > 0) process.exitCode = 1;
}
