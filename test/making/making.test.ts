import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRelease } from '../../src/disk/index.ts';
import { playMaking } from '../../scripts/making.ts';
import { readServeRecords } from '../../scripts/serve.ts';

/*
 * What layers of weights and rotary embedding refuse when they are made, recorded from the releases' own code
 * (`scripts/record-making.py`): the same is raised, in the same words. Left out is what no statement of theirs raises: errors of
 * torch, and those of Python where a thing is of another type than it is for.
 */

const OTHERS = /recorded (?:RuntimeError The size of tensor|TypeError )/;

const releases = readdirSync(import.meta.dirname).flatMap((file) => /^(.*)\.jsonl\.gz$/.exec(file)?.[1] ?? []);

describe.each(releases)('what layers of %s refuse when they are made', (version) => {
  const release = readRelease(version);
  // a release that was learned before they were read says nothing of them
  it.skipIf(release.making === undefined)('is what its own code raises', () => {
    const told = playMaking(readServeRecords(path.join(import.meta.dirname, `${version}.jsonl.gz`)), release);
    expect(told.length).toBeGreaterThan(200);
    expect(told.filter(({ is, about }) => is !== 'right' && !OTHERS.test(about))).toEqual([]);
  });
});
