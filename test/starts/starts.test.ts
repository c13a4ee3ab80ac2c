import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareStarts, readRecordedStarts } from '../../scripts/starts.ts';

/*
 * Whole command lines made at random, on models that were published, and what the release's own code made of each up to the
 * configuration of its engine: its error, or dtype, KV cache dtype and MLA. `scripts/record-starts.py` recorded them.
 */
const FILES = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.jsonl.gz'));

describe.each(FILES)('%s', (file) => {
  it('is what the rules make of the same lines, as far as they say', () => {
    const records = readRecordedStarts(path.join(import.meta.dirname, file));
    const { right, wrong } = compareStarts(file.replace('.jsonl.gz', ''), records);
    expect(wrong).toEqual([]);
    expect(right).toBeGreaterThan(0.8 * records.length);
  });
});

it('there are recorded lines', () => {
  expect(FILES.length).toBeGreaterThan(1);
});
