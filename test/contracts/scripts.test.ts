import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

/* A script that is run with words it does not take says so in a line, and does nothing. */

const folder = path.join(import.meta.dirname, '../../dist/scripts');
const scripts = readdirSync(folder).filter((name) =>
  /^(?:check|sample)-.*\.js$|^(?:bench|learn-lines|shelve)\.js$/.test(name),
);

const run = (name: string, word: string) =>
  spawnSync(process.execPath, [path.join(folder, name), word], { encoding: 'utf8', timeout: 60_000 });

it.each(scripts)('%s refuses an option that it does not know', { timeout: 120_000 }, (name) => {
  const wrong = run(name, '--no-such-option');
  expect([wrong.status, wrong.stdout, wrong.stderr.split('\n').length]).toEqual([2, '', 3]);
  expect(wrong.stderr).toContain("'--no-such-option'");
});

it('a script says what it takes, and a file that is not there in a line', { timeout: 120_000 }, () => {
  const help = run('check-making.js', '--help');
  expect([help.status, help.stdout.split('\n').length, help.stderr]).toEqual([0, 2, '']);
  const absent = run('check-objects.js', 'nowhere.jsonl');
  expect([absent.status, absent.stderr.split('\n').length]).toEqual([2, 3]);
});
