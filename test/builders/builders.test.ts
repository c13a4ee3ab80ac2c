import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareBuilders } from '../../scripts/builders.ts';
import { readRecorded } from '../../scripts/oracle.ts';
import { readRelease } from '../../src/disk/index.ts';

/*
 * What the metadata builders of real releases settled when vLLM's own code made them, for one batch of prefills and one of
 * decodes (`scripts/record-builders.py`). Ours is the same, or says that it depends on something that is not known.
 */

const PLATFORM = 'cuda';
const releases = readdirSync(import.meta.dirname).flatMap((file) => /^(.*)\.jsonl\.gz$/.exec(file)?.[1] ?? []);

describe("what vLLM's own builders settled", () => {
  it.each(releases)('%s: is ours too, or left open', (release) => {
    const data = readRelease(release);
    const recorded = readRecorded(path.join(import.meta.dirname, `${release}.jsonl.gz`), PLATFORM);
    const { same, open, wrong } = compareBuilders(data, PLATFORM, recorded);
    expect(wrong).toEqual([]);
    // nothing is compared with rules that were learned before builders were read
    expect(open.length).toBeLessThanOrEqual(same / 20);
  });
});
