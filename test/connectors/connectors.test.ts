import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAnswers, differences, readRecorded } from '../../scripts/oracle.ts';
import { readRelease } from '../../src/disk/index.ts';

/*
 * Connectors that are put together of others, each told by JSON: the KV cache layout that the release's own code resolved
 * (`scripts/record-connectors.py`), or that it raised. What is left open rests on packages of connectors and on lists inside
 * the lists of the question.
 */

const releases = readdirSync(import.meta.dirname).flatMap((file) => /^(.*)\.jsonl\.gz$/.exec(file)?.[1] ?? []);
const OPEN_AT_MOST = 8;

describe.each(releases)('the KV cache layout of %s', (release) => {
  const answers = createAnswers(readRelease(release), 'cuda');
  const recorded = readRecorded(path.join(import.meta.dirname, `${release}.jsonl.gz`), 'cuda');
  const found = recorded.map(({ q, a }) => ({ q, found: differences({ q, a }, answers(q)) }));

  it('is what its connectors ask for together', () => {
    expect(recorded.length).toBeGreaterThan(30);
    const wrong = found.flatMap(({ q, found: all }) => all.filter(({ open }) => !open).map((one) => ({ q, one })));
    expect(wrong).toEqual([]);
    const open = found.filter(({ found: all }) => all.some((one) => one.open));
    expect(open.map(({ q }) => q.id).slice(OPEN_AT_MOST)).toEqual([]);
  });
});
