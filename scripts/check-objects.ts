/**
 * Compares the configuration objects that learned classes make of config.json files with those that transformers itself
 * made: `npm run check:objects -- [RECORDS.jsonl[.gz]] [TABLE.jsonl]`. `scripts/record-objects.py` records them.
 * Nothing may be wrong.
 */
import { listTransformers, readTransformersFile } from '#disk';
import { compareConfig, readRecordedConfigs } from './objects.ts';
import type { Compared } from './objects.ts';
import { scriptWords } from './words.ts';

const { positionals } = scriptWords('[RECORDS.jsonl[.gz]] [TABLE.jsonl]', {}, [0, 2]);
const [records = 'test/config/objects.jsonl.gz', file = listTransformers()[0]?.file] = positionals;
if (file === undefined) throw new Error('no classes of transformers have been learned');

const table = readTransformersFile(file);
const compared: Compared = { right: 0, unknown: 0, wrong: [] };
for (const record of readRecordedConfigs(records)) compareConfig(table, record, compared);
for (const line of compared.wrong) process.stdout.write(`wrong ${line.slice(0, 400)}\n`);
const { right, unknown, wrong } = compared;
process.stdout.write(`${right} right, ${wrong.length} wrong, ${unknown} unknown\n`);
if (wrong.length > 0) process.exitCode = 1;
