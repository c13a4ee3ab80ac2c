import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logFiles, readLines, readLog } from '../../src/disk/index.ts';
import type { LineTable } from '../../src/engine/index.ts';
import { createObserver, createPatterns, type LogObservation } from '../../src/logs/index.ts';

/*
 * Logs as files: in every encoding and compression, passed over where they say nothing, of any size.
 */

const TABLE: LineTable = {
  release: '9.1.0',
  backends: { FLASH: 'a.Flash' },
  lines: [
    {
      at: 'v/core.py:1',
      level: 'INFO',
      text: ['Initializing engine (v', { is: 'release' }, ') with config: ', { is: 'config' }],
    },
    {
      at: 'v/cuda.py:1',
      level: 'INFO',
      of: 'attention',
      how: 'forced',
      text: ['Using ', { is: 'backend' }, ' backend.'],
    },
  ],
};
/** The log of a real server, up to its first answer. */
const START = readFileSync(path.join(import.meta.dirname, '../logs/start.log'), 'utf8');
const PATTERNS = createPatterns([TABLE]);
const TEXT = [
  'INFO 01-02 03:04:05 [core.py:116] Initializing engine (v9.1.0) with config: model=x, y=1',
  '(E pid=7) INFO 01-02 03:04:05 [cuda.py:482] Using FLASH backend.',
  '',
].join('\n');
/** The same, by the command zstd. */
const ZSTD =
  'KLUv/QRo5QMAwscbGCB7A6+0vnlU6wCRGDdgl9z+DEIZECQAHgD2+ha7jXvpeqgIxV4rlmPz1BcUx+PmQwGgHfeH1hm3V5LfgPzrZfdhytkXMtaYWYPfnYN9P9j5y8eNp7xPryVaN66J91l22SO5OXJj5C8yofNbUTUFAwBfCAPBjKYSzK8c+i0=';

let root: string;
const at = (name: string): string => path.join(root, name);
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'whichattn-'));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

async function seen(bytes: Buffer | string, patterns = PATTERNS): Promise<LogObservation> {
  writeFileSync(at('a.log'), bytes);
  const observer = createObserver(patterns);
  await readLog(at('a.log'), observer);
  observer.end();
  return observer.seen();
}

/** What is seen where nothing is passed over. */
function told(text: string, patterns = PATTERNS): LogObservation {
  const observer = createObserver(patterns);
  observer.write(text);
  observer.end();
  return observer.seen();
}

describe('a log', () => {
  const utf16 = Buffer.from(`\uFEFF${TEXT}`, 'utf16le');
  it.each<[string, Buffer]>([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['UTF-16', utf16],
    ['UTF-16, the other way round', Buffer.from(utf16).swap16()],
    ['UTF-16 without a mark', Buffer.from(TEXT, 'utf16le')],
    ['UTF-16 without a mark, the other way round', Buffer.from(TEXT, 'utf16le').swap16()],
    ['gzip', gzipSync(TEXT)],
    ['two files of gzip, one after the other', Buffer.concat([gzipSync(TEXT.slice(0, 30)), gzipSync(TEXT.slice(30))])],
    ['zstd', Buffer.from(ZSTD, 'base64')],
    ['letters that are none before it', Buffer.concat([Buffer.from([0xc3, 0x28, 0xff, 10]), Buffer.from(TEXT)])],
  ])('is read as %s', async (_, bytes) => {
    const { starts } = await seen(bytes);
    expect(starts).toMatchObject([{ release: '9.1.0', model: 'x', selections: [{ backend: 'FLASH' }] }]);
  });

  it.each<[string, Buffer]>([
    ['the head of gzip', gzipSync(TEXT).subarray(0, 10)],
    ['zstd', Buffer.from(ZSTD, 'base64').subarray(0, 60)],
    ['zstd with a window of terabytes', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 0, 0])],
  ])('that ends within %s is an error', async (_, bytes) => {
    await expect(seen(bytes)).rejects.toMatchObject({ code: 'bad-log' });
  });

  it('is read up to where gzip breaks off', async () => {
    const noise = Array.from({ length: 20_000 }, (_, i) => `${Math.imul(i, 2_654_435_761)}`).join('\n');
    const whole = gzipSync(`${TEXT}${noise}`);
    writeFileSync(at('a.log.gz'), whole.subarray(0, whole.length / 2));
    const observer = createObserver(PATTERNS);
    expect(await readLog(at('a.log.gz'), observer)).toContain('unexpected end');
    observer.end();
    expect(observer.seen().starts).toMatchObject([{ release: '9.1.0', selections: [{ backend: 'FLASH' }] }]);
  });

  it('shows nothing of what is no text', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256));
    expect((await seen(bytes)).starts).toEqual([]);
  });
});

describe('the logs that are meant', () => {
  it('are one where a rotation parted them, oldest first, and two servers stay two', async () => {
    const names = [
      'b.log',
      'b.log.2.gz',
      'b.log.10',
      'b.log.1',
      'c.log-20260102',
      'c.log',
      'c.log-20260101.gz',
      'run.1',
      'run.2',
    ];
    for (const name of names) writeFileSync(at(name), TEXT);
    const found = await logFiles(names.map(at));
    expect(found.map(({ parts }) => parts.map((part) => path.basename(part)))).toEqual([
      ['b.log.10', 'b.log.2.gz', 'b.log.1', 'b.log'],
      ['c.log-20260101.gz', 'c.log-20260102', 'c.log'],
      ['run.1'],
      ['run.2'],
    ]);
    expect(found[0]!.name).toBe(at('b.log'));
  });
});

describe('a folder of logs', () => {
  it('holds those that it links to, and no link that leads nowhere', async () => {
    const folder = at('links');
    mkdirSync(folder);
    writeFileSync(at('0.log'), TEXT);
    symlinkSync(at('0.log'), path.join(folder, 'server.log'));
    symlinkSync('round.log', path.join(folder, 'round.log'));
    expect((await logFiles([folder])).map(({ name }) => path.basename(name))).toEqual(['server.log']);
  });

  it('holds those of its folders too, but for hidden ones', async () => {
    const folder = at('pods');
    for (const name of ['a/vllm/0.log', 'a/vllm/0.log.1', '.git/x.log', 'b.log', 'a/core.bin']) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), TEXT);
    }
    const found = await logFiles([folder, path.join(folder, 'b.log')]);
    expect(found.map(({ parts, folder: of }) => [parts.map((part) => path.relative(folder, part)), of])).toEqual([
      // what is named by itself is not only in a folder
      [['b.log'], undefined],
      [['a/vllm/0.log.1', 'a/vllm/0.log'], folder],
    ]);
  });
});

describe('lines that are passed over', () => {
  const T = '01-02 03:04:05';
  const real = START.split('\n');
  const patterns = createPatterns(readLines());
  /** Lines of a server that serves, and such as look alike. */
  const lines = fc.oneof(
    fc.constantFrom(
      ...real,
      ...TEXT.split('\n'),
      '(APIServer pid=1) INFO:     10.0.0.7:5 - "POST /v1/chat/completions HTTP/1.1" 200 OK',
      '(APIServer pid=1) INFO:     Application startup complete.',
      'INFO:     10.0.0.7:5 - "GET /health HTTP/1.1" 200 OK',
      `(APIServer pid=1) INFO ${T} [loggers.py:271] Engine 000: Avg prompt throughput: 1.4 tokens/s`,
      `(APIServer pid=1) INFO ${T} [v1/metrics/loggers.py:271] Engine 000`,
      `(EngineCore pid=7) INFO ${T} [v1/engine/core.py:340] init engine took 45.80 s`,
      `INFO ${T} [a_name_of_more_than_sixteen_letters.py:340] init engine took 45.80 s`,
      `INFO ${T} [:1] x`,
      `INFO ${T} [v1/:1] x`,
      `INFO ${T} [x.py:1]\tUsing FLASH backend.`,
      '(',
      'INFO ',
      'INFO:     ',
      `(A pid=1) (B pid=2) INFO ${T} [cuda.py:1] Using FLASH backend.`,
      `WARNING ${T} [cuda.py:1] Using FLASH backend.`,
      `DEBUG ${T} [other.py:1] something`,
      `ERROR ${T} [core.py:9] Traceback (most recent call last):`,
      `ERROR ${T} [core.py:9] ValueError: no`,
      '(E pid=7) Traceback (most recent call last):',
      '(E pid=7) ValueError: no',
      '(E pid=7) INFO a: error: refused',
      'INFO a: error: refused',
      `INFO xx-02 03:04:05 [loggers.py:1] : error: refused`,
      'vllm serve: error: refused',
      `\u001B[32mINFO\u001B[0m ${T} [cuda.py:1] Using FLASH backend.`,
      `web-1  | INFO ${T} [loggers.py:1] x`,
      `INFO ${T} [loggers.py:1] x\r`,
    ),
    fc.string({ maxLength: 30, unit: 'binary' }),
  );

  /** Which of several servers prints a line that says nothing is not looked at. */
  const ends = (all: LogObservation): LogObservation =>
    all.starts.length < 2 ? all : { ...all, starts: all.starts.map((start) => ({ ...start, lastLine: 0 })) };

  it('would have said nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lines, { maxLength: 60 }), fc.boolean(), async (some, begins) => {
        const text = `${begins ? START : ''}${some.join('\n')}`;
        // a mark at the beginning is none of the text, and half a letter none of UTF-8
        const bytes = Buffer.from(text);
        if (text.startsWith('\uFEFF') || bytes.toString() !== text) return;
        expect(ends(await seen(bytes, patterns))).toEqual(ends(told(text, patterns)));
      }),
      { numRuns: Number(process.env['RUNS'] ?? 500) },
    );
  });

  it('are nearly all while a server serves', () => {
    const observer = createObserver(patterns);
    observer.write(START);
    const served = '(A pid=1) INFO:     10.0.0.7:5 - "POST /v1/completions HTTP/1.1" 200 OK\n';
    observer.write(served);
    // a process is known once it printed a line in vLLM's own form
    observer.write(`(A pid=1) INFO ${T} [loggers.py:1] Engine\n`);
    const bytes = Buffer.from(`${served}(A pid=1) INFO ${T} [loggers.py:1] Engine\n`.repeat(100));
    expect(observer.pass(bytes, 0)).toBe(bytes.length);
  });
});

describe('a log of any size', () => {
  /** Reads with the built command line; its exit code, and its greatest size in memory in MB. */
  function read(file: string): { readonly status: number | null; readonly megabytes: number } {
    const main = path.join(import.meta.dirname, '../../dist/cli/main.js');
    const tell = 'process.on("exit",()=>process.stderr.write("\\n"+process.resourceUsage().maxRSS))';
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${tell}`, main, 'log', file],
      { encoding: 'utf8' },
    );
    return { status, megabytes: Number(stderr.trim().split('\n').at(-1)) / 1024 };
  }

  it('of which one line is 4 GB is read in 150 MB', () => {
    writeFileSync(at('long.log'), START);
    truncateSync(at('long.log'), 4 * 2 ** 30);
    const { status, megabytes } = read(at('long.log'));
    expect(status).toBe(0);
    expect(megabytes).toBeLessThan(150);
  }, 120_000);

  it('of which three hundred lines are 1 MB each is read in 150 MB', () => {
    writeFileSync(at('lines.log'), START);
    const line = `INFO 01-02 03:04:05 [cuda.py:482] Using ${'x'.repeat(2 ** 20)}\n`;
    for (let i = 0; i < 300; i++) writeFileSync(at('lines.log'), line, { flag: 'a' });
    const { status, megabytes } = read(at('lines.log'));
    expect(status).toBe(0);
    expect(megabytes).toBeLessThan(150);
  }, 60_000);
});
