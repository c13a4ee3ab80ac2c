import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineWithoutSecrets } from '../../src/cli/secrets.ts';

/*
 * Keys and tokens that a log or a line holds.
 */

const main = path.join(import.meta.dirname, '../../dist/cli/main.js');

let root: string;
let log: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'whichattn-'));
  log = path.join(root, 'serve.log');
  const text = readFileSync(path.join(import.meta.dirname, '../logs/start.log'), 'utf8');
  const given =
    "'disable_log_stats': True, 'api_key': ['geheim'], 'hf_token': 'geheim', 'loader': {'aws_secret_access_key': 'geheim', 'at': 'redis://me:geheim@host'}";
  writeFileSync(log, text.replace("'disable_log_stats': True", given));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const said = (args: readonly string[], env: Record<string, string> = {}): string => {
  const { stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return stdout + stderr;
};

describe('a key or a token', () => {
  it('of a server is not repeated from its log or its line', () => {
    expect(readFileSync(log, 'utf8')).toContain('geheim');
    const line = 'vllm serve facebook/opt-125m --api-key geheim';
    for (const args of [
      ['log', '--json'],
      ['check', '--gpu', 'H200', '--json'],
      ['check', '--gpu', 'H200', '--command', line],
    ]) {
      const [name, ...rest] = args as [string, ...string[]];
      const text = said([name, log, ...rest]);
      expect(text).toContain('***');
      expect(text).not.toContain('geheim');
    }
    const other = path.join(root, 'other.log');
    writeFileSync(other, readFileSync(log, 'utf8').replaceAll('geheim', 'geheimer'));
    for (const form of ['text', 'json']) {
      const text = said(['log', '--diff', log, other, '--format', form]);
      expect(text).toContain('argument api_key');
      expect(text).not.toContain('geheim');
    }
  });

  it('in the address of the hub is not repeated', () => {
    const args = ['why', 'vllm serve org/model', '--gpu', 'L4', '--vllm', '0.33.0'];
    for (const address of ['https://me:geheim@hub.invalid', 'https://:geheim@hub.invalid', 'me:geheim@[hub']) {
      const text = said(args, { HF_ENDPOINT: address });
      expect(text).toContain('the hub is not asked: HF_ENDPOINT');
      expect(text).not.toContain('geheim');
    }
  });

  it('is not repeated from the error that refuses a line', () => {
    const refused = path.join(root, 'refused.log');
    const given = 'INFO 01-02 03:04:05 [api_utils.py:273] non-default args: {}';
    writeFileSync(refused, `${given}\nvllm serve: error: unrecognized arguments: --api-key geheim --hf-token=geheim\n`);
    for (const form of ['text', 'json', 'github']) {
      const text = said(['log', refused, '--format', form]);
      expect(text).toContain('unrecognized arguments: --api-key ***');
      expect(text).not.toContain('geheim');
    }
  });

  it('is hidden where there are several, or the flag is not written out', () => {
    expect(lineWithoutSecrets('vllm serve m --api-key a1 "b 2" c3 --port 1 x --hf-tok=d4 y')).toBe(
      'vllm serve m --api-key *** *** *** --port 1 x --hf-tok=*** y',
    );
    expect(lineWithoutSecrets('--api-key --port 1 x')).toBe('--api-key --port 1 x');
  });
});
