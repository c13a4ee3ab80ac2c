import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createScore } from '../../scripts/score.ts';
import { readServeRecords } from '../../scripts/serve.ts';
import { createCaseAnswerer } from '../../src/cli/index.ts';
import { readRelease } from '../../src/disk/index.ts';

/*
 * Whole command lines that vLLM itself answered: nothing that we say of them is wrong.
 */

const recorded = [
  { folder: '', install: 'image' },
  // models that were built anew, most of them of the defaults of their config class (`scripts/record-models.py`)
  { folder: 'fresh', install: 'image' },
  // servers that were started on an H200, with what the worker then held or raised
  { folder: 'h200', install: 'wheel' },
].flatMap(({ folder, install }) =>
  readdirSync(path.join(import.meta.dirname, folder))
    .flatMap((file) => /^(.*)\.jsonl\.gz$/.exec(file)?.[1] ?? [])
    // of a release whose selection alone is kept no line can be asked
    .filter((release) => 'cuda' in readRelease(release).config)
    .map((release) => ({ release, folder, install })),
);

it('there are recorded lines of several releases', () => {
  expect(recorded.length).toBeGreaterThanOrEqual(3);
});

describe.each(recorded)('command lines of $release $folder', ({ release, folder, install }) => {
  const file = path.join(import.meta.dirname, folder, `${release}.jsonl.gz`);

  it('are answered as vLLM did, as far as they are answered', () => {
    const answers = createCaseAnswerer({ vllm: release, platform: 'cuda', install, started: folder === 'h200' });
    const score = createScore();
    for (const record of readServeRecords(file)) score.add(record, answers.answer(record.case));
    const lines = score.lines(Infinity);
    const wrong = lines.flatMap((line) => /^wrong (\S+ \| \S+)/.exec(line)?.[1] ?? []);
    expect(wrong).toEqual([]);
    const groups = /^groups +(\d+) right, \d+ wrong, (\d+) unknown/.exec(
      lines.find((line) => line.startsWith('groups'))!,
    )!;
    // an answer that leaves everything open is none
    expect(Number(groups[1])).toBeGreaterThan(Number(groups[2]));
  });
});
