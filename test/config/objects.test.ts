import path from 'node:path';
import { expect, it } from 'vitest';
import { listTransformers, readTransformersFile } from '../../src/disk/index.ts';
import { compareConfig, readRecordedConfigs } from '../../scripts/objects.ts';
import type { Compared } from '../../scripts/objects.ts';

// one model of each type, and files with keys changed at random: what transformers made of them, or why it refused
const records = readRecordedConfigs(path.join(import.meta.dirname, 'objects.jsonl.gz'));
const table = readTransformersFile(listTransformers()[0]!.file);

it('makes of a config.json what transformers makes of it', () => {
  const compared: Compared = { right: 0, unknown: 0, wrong: [] };
  for (const record of records) compareConfig(table, record, compared);
  expect(compared.wrong).toEqual([]);
  expect(compared.right).toBeGreaterThan(4 * compared.unknown);
});

it('refuses what transformers refuses', () => {
  const refused = records.filter(({ error }) => error);
  const compared: Compared = { right: 0, unknown: 0, wrong: [] };
  for (const record of refused) compareConfig(table, record, compared);
  expect(compared.right).toBeGreaterThan(0.8 * refused.length);
});
