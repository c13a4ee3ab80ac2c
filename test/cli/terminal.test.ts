import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { timeLeft } from '../../src/cli/progress.ts';
import { columns, hasColour, printable, size } from '../../src/cli/style.ts';

describe('colours', () => {
  it('stand on a terminal alone, and not where they are unwanted', () => {
    const terminal = { isTTY: true };
    expect(hasColour(terminal, {})).toBe(true);
    expect(hasColour({}, {})).toBe(false);
    expect(hasColour(terminal, { NO_COLOR: '1' })).toBe(false);
    expect(hasColour(terminal, { NO_COLOR: '' })).toBe(true);
    expect(hasColour(terminal, { TERM: 'dumb' })).toBe(false);
    expect(hasColour({}, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
    expect(hasColour(terminal, { FORCE_COLOR: '0' })).toBe(false);
  });

  it('take no room in a table', () => {
    expect(
      columns([
        ['\u001B[1mab\u001B[22m', 'x'],
        ['abcd', 'y'],
      ]),
    ).toEqual(['\u001B[1mab\u001B[22m    x', 'abcd  y']);
    expect(
      columns(
        [
          ['a', '10'],
          ['b', '9'],
        ],
        [1],
      ),
    ).toEqual(['a  10', 'b   9']);
    expect([size(999), size(12_400), size(1_650_000)]).toEqual(['999 B', '12 KB', '1.65 MB']);
  });
});

describe('what a terminal would obey', () => {
  const bold = '\u001B[1mname\u001B[22m';

  it('is written out where a name or a log holds it; lines, tabs and our own styles stay', () => {
    const title = `${bold} a\u001B]0;title\u0007b\n\tc\rd\u009Be\u001B`;
    expect(printable(title, true)).toBe(`${bold} a\\u001b]0;title\\u0007b\n\tc\\u000dd\\u009be\\u001b`);
    expect(printable('a\u202Eb\u2066c', false)).toBe(String.raw`a\u202eb\u2066c`);
    expect(columns([['a\nb', 'c']])).toEqual([String.raw`a\nb  c`]);
    expect(printable(bold, false)).toBe('\\u001b[1mname\\u001b[22m');
  });

  it('does not reach it from a log or a question', () => {
    const main = path.join(import.meta.dirname, '../../dist/cli/main.js');
    const log = readFileSync(path.join(import.meta.dirname, '../logs/start.log'), 'utf8').replaceAll(
      '/models/dsv2',
      '/models/\u001B]0;x\u0007',
    );
    for (const args of [
      ['log', '-'],
      ['log', '-', '--format', 'github'],
      ['check', '-', '--gpu', 'H200'],
      ['log', 'no\u001B[31mfile'],
    ]) {
      const { stdout, stderr } = spawnSync(process.execPath, [main, ...args], { input: log, encoding: 'utf8' });
      expect(stdout + stderr).not.toBe('');
      expect(stdout + stderr).not.toContain('\u001B');
    }
  });
});

describe('the time that is left', () => {
  const parts = [
    { name: 'open', share: 1 },
    { name: 'read', share: 6 },
    { name: 'write', share: 1 },
  ];

  it('follows from what the parts before took, and is never nothing before the end', () => {
    expect(timeLeft(parts, 1, 2000, 0)).toBe(14);
    expect(timeLeft(parts, 1, 8000, 6000)).toBe(8);
    expect(timeLeft(parts, 1, 60_000, 58_000)).toBe(3);
    expect(timeLeft(parts, 2, 60_000, 59_000)).toBe(1);
  });
});
