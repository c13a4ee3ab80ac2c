import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

/** Runs the built command line, as a person would. */
function whichattn(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const main = path.join(root, 'dist/cli/main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('the command line', () => {
  it('says its version', () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    expect(whichattn('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('shows help when asked, and with nothing asked says that it was asked wrongly', () => {
    expect(whichattn('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Usage: whichattn'), err: '' });
    expect(whichattn()).toMatchObject({ code: 2 });
  });

  it('refuses an unknown command on stderr', () => {
    const { code, out, err } = whichattn('whay');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('"whay"');
  });
});
