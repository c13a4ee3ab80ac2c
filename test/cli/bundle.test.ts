import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

/* The commands lie in one file that is loaded quickly, and in modules. Which of them is loaded must not be told by the answer. */

const root = path.join(import.meta.dirname, '../..');
const built = (name: string): string => path.join(root, 'dist', name);

const run = (
  words: readonly string[],
): { readonly code: number | null; readonly out: string; readonly err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', cwd: root });
  return { code: status, out: stdout, err: stderr };
};

const modules = `import(${JSON.stringify(built('cli/commands.js'))}).then(({ start }) => start(process.argv.slice(2)))`;

const lines = [
  ['vllm serve facebook/opt-125m --gpu-memory-utilization 0.4', '--gpu', 'L4', '--vllm', '0.33.0'],
  ['vllm serve deepseek-ai/DeepSeek-V3 -tp 8', '--gpu', 'H200', '--vllm', '0.26.0', '--json'],
  ['vllm serve openai/gpt-oss-20b', '--vllm', '0.32.0', '--all'],
  ['vllm serve openai/gpt-oss-20b --kv-cache-dtyp fp8', '--gpu', 'L4', '--vllm', '0.33.0'],
  ['vllm serve openai/gpt-oss-20b', '--gpu', 'no such', '--vllm', '0.33.0', '--json'],
  ['--layer', 'head_size=256', '--gpu', 'MI300X', '--vllm', '0.33.0'],
  ['--help'],
];

describe('the commands in one file', () => {
  beforeAll(() => {
    const { code, err } = run([built('scripts/bundle.js')]);
    if (code !== 0) throw new Error(err);
  });

  it('are what is loaded, with the code that was kept of them', () => {
    expect(existsSync(built('bundle/whichattn.code'))).toBe(true);
    const loaded = `import(${JSON.stringify(built('cli/index.js'))}).then(({ answerOnce, loadBundle }) => {
      answerOnce();
      process.stdout.write(String(loadBundle()?.script.cachedDataRejected));
    })`;
    expect(run(['-e', loaded])).toEqual({ code: 0, out: 'false', err: '' });
  });

  it.each(lines)('answer %s %s as the modules do', (...line) => {
    const words = ['why', ...line];
    // -e takes the place of the file's name
    expect(run([built('cli/main.js'), ...words])).toEqual(run(['-e', modules, 'x', ...words]));
  });
});
