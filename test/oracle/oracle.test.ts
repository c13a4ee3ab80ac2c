import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAnswers, differences, platformsIn, readRecorded } from '../../scripts/oracle.ts';
import { listReleases, readRelease } from '../../src/disk/index.ts';

const releases = listReleases()
  .filter(({ own }) => own)
  .map(({ release }) => release);
const part = (release: string): string => path.join(import.meta.dirname, `${release}.jsonl.gz`);

describe("answers that vLLM's own code gave", () => {
  it('are here for every release that has been learned, and for no other', () => {
    const parts = readdirSync(import.meta.dirname).flatMap((file) => /^(.*)\.jsonl\.gz$/.exec(file)?.[1] ?? []);
    for (const release of releases) expect(existsSync(part(release)), release).toBe(true);
    for (const release of parts) expect(releases, release).toContain(release);
  });

  it.each(releases)('%s: are ours too, on every platform', (release) => {
    const data = readRelease(release);
    const platforms = platformsIn(part(release));
    expect(readRecorded(part(release)).length).toBeGreaterThan(100);
    expect(Object.keys(data.selection)).toEqual(expect.arrayContaining([...platforms]));
    for (const platform of platforms) {
      const answer = createAnswers(data, platform);
      const different = readRecorded(part(release), platform).flatMap((one) =>
        differences(one, answer(one.q)).map((all) => ({ id: one.q.id, ...all })),
      );
      expect(different, platform).toEqual([]);
    }
  });
});
