import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareLine, type ComparedLines, readLineRules, readRecordedLines } from '../../scripts/lines.ts';

/*
 * Lines in every form that the parser takes, made at random, and what the release's own parser made of them.
 */

/** What is not read: a key of an object inside an object, and a model of a file that stands where a value is missing. */
const GAPS: Readonly<Record<string, number>> = { '0.33.0': 3, '0.32.0': 4, '0.26.0': 1 };

describe.each(Object.keys(GAPS))('lines of %s', (version) => {
  const rules = readLineRules(version);
  const records = readRecordedLines(path.join(import.meta.dirname, `${version}.jsonl.gz`));
  const compared: ComparedLines = { right: 0, otherReason: 0, unknown: 0, wrong: [] };

  it('are read as its own parser reads them', () => {
    // of a release whose files of flags were not read, neither was what its configuration objects refuse
    const isWhole = rules.rules.table.file !== undefined;
    const read = records.filter(({ held, file }) => isWhole || (held !== undefined && file === undefined));
    for (const record of read) compareLine(rules, record, compared);
    expect(compared.wrong.length, compared.wrong.join('\n')).toBeLessThanOrEqual(isWhole ? GAPS[version]! : 0);
    expect(compared.right).toBeGreaterThan(0.9 * read.length);
  });
});
