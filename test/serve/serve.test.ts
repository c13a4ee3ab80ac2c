import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createScore } from '../../scripts/score.ts';
import { createServeAnswers, readServeRecords } from '../../scripts/serve.ts';

/*
 * Whole command lines that vLLM itself answered: nothing that we say of them is wrong.
 */

const releases = ['0.33.0', '0.32.0'];

describe.each(releases)('command lines of %s', (release) => {
  const file = path.join(import.meta.dirname, `${release}.jsonl.gz`);

  it('are answered as vLLM did, as far as they are answered', () => {
    expect(existsSync(file)).toBe(true);
    const answers = createServeAnswers(release, 'image');
    const score = createScore();
    for (const record of readServeRecords(file)) score.add(record, answers.answer(record));
    const lines = score.lines(Infinity);
    expect(lines.filter((line) => line.startsWith('wrong'))).toEqual([]);
    const groups = /^groups +(\d+) right, \d+ wrong, (\d+) unknown/.exec(
      lines.find((line) => line.startsWith('groups'))!,
    )!;
    // an answer that leaves everything open is none
    expect(Number(groups[1])).toBeGreaterThan(Number(groups[2]));
  });
});
