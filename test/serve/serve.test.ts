import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createScore } from '../../scripts/score.ts';
import { readServeRecords } from '../../scripts/serve.ts';
import { createCaseAnswerer } from '../../src/cli/index.ts';

/*
 * Whole command lines that vLLM itself answered: nothing that we say of them is wrong.
 */

const recorded = [
  { release: '0.33.0', folder: '', install: 'image' },
  { release: '0.32.0', folder: '', install: 'image' },
  // servers that were started on an H200, with what the worker then held or raised
  { release: '0.26.0', folder: 'h200', install: 'wheel' },
];

describe.each(recorded)('command lines of $release $folder', ({ release, folder, install }) => {
  const file = path.join(import.meta.dirname, folder, `${release}.jsonl.gz`);

  it('are answered as vLLM did, as far as they are answered', () => {
    expect(existsSync(file)).toBe(true);
    const answers = createCaseAnswerer({ vllm: release, platform: 'cuda', install, started: folder !== '' });
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
