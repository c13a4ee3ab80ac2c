import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SKIM, skimCode } from '../../scripts/skimcode.ts';

describe('the code that skims a log', () => {
  it('is that of its text', async () => {
    expect(readFileSync(SKIM.code, 'utf8')).toBe(await skimCode(readFileSync(SKIM.text, 'utf8')));
  });
});
