/** How fast a log is read: a file of the shape that servers write, beside what ripgrep takes to look for one word in it. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { readLines, readLog } from '#disk';
import { createObserver, createPatterns } from '#logs';

const T = '01-02 03:04:05';
/** What a server prints while it serves. */
const SERVING = [
  `(APIServer pid=1) INFO:     10.0.0.7:51234 - "POST /v1/chat/completions HTTP/1.1" 200 OK`,
  `(APIServer pid=1) INFO ${T} [loggers.py:271] Engine 000: Avg prompt throughput: 1523.4 tokens/s, Avg generation throughput: 812.9 tokens/s, Running: 12 reqs, Waiting: 0 reqs, GPU KV cache usage: 14.2%, Prefix cache hit rate: 31.0%`,
  `(APIServer pid=1) INFO ${T} [logger.py:42] Received request chatcmpl-5f2: prompt: '<|user|>Which backend is that? ${'word '.repeat(40)}', params: SamplingParams(n=1, temperature=0.7, max_tokens=512)`,
  `(APIServer pid=1) INFO ${T} [async_llm.py:270] Added request chatcmpl-5f2.`,
];

/** Reads so many megabytes; gives a row for each of the two. */
export async function benchLogs(
  megabytes: number,
  start: string,
): Promise<readonly (readonly [string, string, string])[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'whichattn-bench-'));
  const file = path.join(folder, 'serve.log');
  try {
    write(file, megabytes, start);
    const size = statSync(file).size / 1e6;
    const patterns = createPatterns(readLines());
    const observer = createObserver(patterns);
    const before = performance.now();
    await readLog(file, observer);
    observer.end();
    const own = (performance.now() - before) / 1000;
    const { starts } = observer.seen();
    const row = ['log, MB a second', (size / own).toFixed(0), `${size.toFixed(0)} MB, ${starts.length} start`] as const;
    return [row, ...ripgrep(file, size)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(file: string, megabytes: number, start: string): void {
  const out = openSync(file, 'w');
  writeSync(out, start);
  const block = `${SERVING.join('\n')}\n`.repeat(500);
  for (let written = 0; written < megabytes * 1e6; written += block.length) writeSync(out, block);
  closeSync(out);
}

function ripgrep(file: string, size: number): readonly (readonly [string, string, string])[] {
  const before = performance.now();
  const { status } = spawnSync('rg', ['-c', 'backend', file]);
  if (status === null) return [['ripgrep, MB a second', 'not installed', '']];
  return [
    ['ripgrep, MB a second', (size / ((performance.now() - before) / 1000)).toFixed(0), 'backend in the same file'],
  ];
}
