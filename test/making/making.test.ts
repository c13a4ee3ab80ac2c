import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRelease } from '../../src/disk/index.ts';
import { playMaking } from '../../scripts/making.ts';
import { readRecords } from '../../scripts/serve.ts';

/*
 * What layers of weights and rotary embedding refuse when they are made, recorded from the releases' own code
 * (`scripts/record-making.py`): the same is raised, in the same words. Two that are not are known, and told here; one that closes
 * fails the test.
 */

const GAPS = [
  // torch raises this, of tensors whose sizes no statement compares
  'nothing, RuntimeError The size of tensor a (32) must match the size of tensor b (16) at non-singleton dimension 0',
  // we name an assertion, where Python stops at a thing of another type before it
  "AssertionError, TypeError 'int' object is not iterable",
];

const releases = readdirSync(import.meta.dirname).flatMap((file) => /^(.*)\.jsonl\.gz$/.exec(file)?.[1] ?? []);

describe.each(releases)('what layers of %s refuse when they are made', (version) => {
  const release = readRelease(version);
  it('is what its own code raises', () => {
    const told = playMaking(readRecords(path.join(import.meta.dirname, `${version}.jsonl.gz`)), release);
    expect(told.length).toBeGreaterThan(200);
    const others = told.flatMap(({ is, about }) =>
      is === 'right' ? [] : [about.replace(/^.*: (\w+)\s*, recorded (.*)$/, '$1, $2')],
    );
    expect(others).toEqual(GAPS);
  });
});
