import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/*
 * One Markdown file a command line: a title, what there is (`file NAME`, `stdin`), the command (`sh`), and what comes of
 * it (`stdout`, `stderr`, the exit code). A new case is a title and a command; `npm test -- -u` writes the rest.
 */

const root = path.join(import.meta.dirname, '../..');
const main = path.join(root, 'dist/cli/main.js');
const cases = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.md'))
  .toSorted();

interface Case {
  /** Everything before what comes of the command, as it stands. */
  readonly head: string;
  readonly command: string;
  readonly stdin: string;
  readonly files: readonly (readonly [string, string])[];
}

function parse(text: string): Case {
  const blocks = [...text.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)].map((match) => ({
    info: match[1] ?? '',
    body: match[2] ?? '',
    end: match.index + match[0].length,
  }));
  const command = blocks.find(({ info }) => info === 'sh');
  if (command === undefined) throw new Error('it has no command');
  const stdin = blocks.find(({ info }) => info === 'stdin');
  const files = blocks.flatMap(({ info, body }) => (info.startsWith('file ') ? [[info.slice(5), body] as const] : []));
  return { head: text.slice(0, command.end), command: command.body, stdin: stdin?.body ?? '', files };
}

/** Runs the built command line in an empty folder, on a machine without a cache of models, and writes the case down. */
function run({ head, command, stdin, files }: Case): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'whichattn-case-'));
  try {
    for (const [name, body] of files) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), body);
    }
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      LANG: 'C.UTF-8',
      HF_HUB_OFFLINE: '1',
      MAIN: main,
      NODE: process.execPath,
    };
    const script = `whichattn() { "$NODE" "$MAIN" "$@"; }\n${command}`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
      cwd: folder,
      env,
      input: stdin,
      encoding: 'utf8',
    });
    const block = (name: string, text: string): string =>
      text === '' ? '' : `\n\`\`\`${name}\n${text.replaceAll(folder, '<folder>').replace(/\n?$/, '\n')}\`\`\`\n`;
    return `${head}\n${block('stdout', stdout)}${block('stderr', stderr)}\nExit code ${String(status)}.\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the command line', () => {
  it.each(cases)('%s', async (file) => {
    const at = path.join(import.meta.dirname, file);
    await expect(run(parse(readFileSync(at, 'utf8')))).toMatchFileSnapshot(at);
  });
});
