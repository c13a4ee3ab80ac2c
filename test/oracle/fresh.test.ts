import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBoundary } from '../../scripts/boundary.ts';
import { fieldAt, fieldPaths, withField } from '../../scripts/fields.ts';
import { createAnswers } from '../../scripts/oracle.ts';
import { shrink } from '../../scripts/shrink.ts';
import { listReleases, readRelease } from '../../src/disk/index.ts';
import type { BulkQuestion } from '../../src/engine/index.ts';

const key = fc.constantFrom('a', 'b', 'c');
const value = fc.oneof(fc.integer({ min: 1, max: 900 }), fc.boolean(), fc.constantFrom('x', 'y'));
const question = fc.record(
  {
    id: fc.constant('q'),
    platform: fc.constant('p'),
    call: fc.dictionary(key, value, { minKeys: 1 }),
    config: fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value, { minKeys: 1 })), { minKeys: 1 }),
    env: fc.dictionary(key, fc.constantFrom('0', '1'), { minKeys: 1 }),
  },
  { requiredKeys: ['id', 'platform'] },
);

describe('fields of a question', () => {
  it('are found by their paths, and are all there is', () => {
    fc.assert(
      fc.property(question, (q) => {
        const paths = fieldPaths(q);
        const again = paths.reduce<BulkQuestion>((made, path) => withField(made, path, fieldAt(q, path)), {});
        expect(again).toEqual(q);
        expect(paths.reduce<BulkQuestion>((left, path) => withField(left, path, undefined), q)).toEqual({});
      }),
    );
  });
});

describe('shrinking', () => {
  it('leaves what the failure needs, and nothing that can be left out', async () => {
    await fc.assert(
      fc.asyncProperty(question, fc.integer({ min: 1, max: 300 }), async (q, limit) => {
        // fails where some number is at least the limit
        const culprits = (all: BulkQuestion): unknown[] =>
          fieldPaths(all).flatMap((path) => {
            const held = fieldAt(all, path);
            return typeof held === 'number' && held >= limit ? [held] : [];
          });
        const fails = (all: BulkQuestion): Promise<boolean> => Promise.resolve(culprits(all).length > 0);
        fc.pre(await fails(q));
        const smallest = await shrink(q, fails);
        expect(culprits(smallest)).toEqual([limit]);
        expect(fieldPaths(smallest)).toHaveLength(3);
      }),
    );
  });

  it('keeps a question that does not fail in any smaller form', async () => {
    const q = { id: 'q', platform: 'p', call: { head_size: 80, dtype: 'float16', use_mla: true }, env: { X: '1' } };
    const fails = (other: unknown): Promise<boolean> => Promise.resolve(JSON.stringify(other) === JSON.stringify(q));
    expect(await shrink(q, fails)).toEqual(q);
  });
});

describe.each(listReleases().flatMap(({ own, release }) => (own ? [release] : [])))(
  'questions around rules of %s',
  (name) => {
    const release = readRelease(name);
    const some = (seed: string, n: number): { asked: unknown[]; turned: readonly [number, number] } => {
      const boundary = createBoundary(release, 'cuda', seed);
      return { asked: Array.from({ length: n }, () => boundary.next()), turned: boundary.turned() };
    };

    it('are the same for the same seed, and others for another', () => {
      expect(some('a', 20)).toEqual(some('a', 20));
      expect(some('a', 20).asked).not.toEqual(some('b', 20).asked);
    });

    it('turn most tests of the rules, and are answered', () => {
      const { asked, turned } = some('a', 1000);
      expect(turned[0] / turned[1]).toBeGreaterThan(0.6);
      const answers = createAnswers(release, 'cuda');
      const open = asked.filter((q) => answers(q as BulkQuestion).unknown.length > 0);
      expect(open.length).toBeLessThan(asked.length / 10);
    });
  },
);
