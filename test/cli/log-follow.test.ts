import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/*
 * A log that grows while it is read.
 */

const main = path.join(import.meta.dirname, '../../dist/cli/main.js');
const lines = readFileSync(path.join(import.meta.dirname, '../logs/start.log'), 'utf8').split('\n');
const part = (from: number, to?: number): string => `${lines.slice(from, to).join('\n')}\n`;

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'whichattn-'));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Follows; `until` waits for a text on stdout, `end` asks it to end and gives all, with the exit code. */
function follow(...args: readonly string[]) {
  const child = spawn(process.execPath, [main, 'log', '--follow', ...args], { stdio: 'pipe' });
  let out = '';
  let talk = '';
  const over = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (talk += text));
  return {
    stdin: child.stdin,
    async until(text: string): Promise<void> {
      for (let turn = 0; !out.includes(text); turn++) {
        if (turn > 600) throw new Error(`${text} did not come in a minute: ${out}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async end(
      signal?: 'SIGINT',
    ): Promise<{ readonly out: string; readonly talk: string; readonly status: number | null }> {
      if (signal === undefined) child.stdin.end();
      else child.kill(signal);
      return { status: await over, out, talk };
    },
  };
}

describe('a log that is followed', () => {
  it('is one file that is not compressed', () => {
    writeFileSync(path.join(root, 'start.log.zst'), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]));
    for (const [name, says] of [
      [path.join(root, 'start.log.zst'), 'such a file is not followed'],
      [root, 'not with a folder'],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [main, 'log', '--follow', name], {
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect(stderr).toContain(says);
      expect(status).toBe(2);
    }
  });

  it('tells what is new, through a rotation, until it is asked to end', async () => {
    const file = path.join(root, 'serve.log');
    writeFileSync(file, part(0, 12));
    const log = follow(file);
    await log.until('V2');
    appendFileSync(file, part(12, 20));
    await log.until('FLASH_ATTN_MLA');
    renameSync(file, `${file}.1`);
    writeFileSync(file, part(20));
    await log.until('engine ready');
    const { out, status } = await log.end('SIGINT');
    expect(status).toBe(0);
    // what was said is not said again
    expect(out.match(/0\.26\.0/g)).toHaveLength(1);
    expect(out).toMatch(/reached +engine ready +line 65/);
  }, 120_000);

  it('is read from its beginning again where it is cut', async () => {
    const file = path.join(root, 'cut.log');
    // a line that breaks off is not part of the first one then
    writeFileSync(file, `${part(0, 20)}INFO 11-22`);
    const log = follow(file);
    await log.until('FLASH_ATTN_MLA');
    writeFileSync(file, part(64));
    await log.until('engine ready');
    const { out, talk, status } = await log.end('SIGINT');
    expect(status).toBe(0);
    expect(talk).toContain('begins anew: its first line is counted as line 22.');
    expect(out).toMatch(/engine ready +line 22\n/);
  }, 120_000);

  it('may come from standard input, as an object of JSON a line', async () => {
    const log = follow('-', '--json');
    log.stdin.write(part(0, 20));
    await log.until('FLASH_ATTN_MLA');
    log.stdin.write(part(20));
    const { out, status } = await log.end();
    expect(status).toBe(0);
    const told = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { start: { reached: string } });
    expect(told[0]!.start.reached).toBe('boot');
    expect(told.at(-1)!.start.reached).toBe('ready');
  }, 120_000);
});
