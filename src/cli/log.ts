import { logFiles, readLines, readLog, STDIN } from '../disk/index.ts';
import { createObserver, createPatterns, type LogObservation, type Start } from '../logs/index.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { annotations, startLines } from './loglayout.ts';
import { difference, differenceLines } from './logdifference.ts';
import { styled } from './style.ts';
import { WhichattnError } from '../rules/index.ts';

export const logCommand: Command = {
  usage: 'FILE…|- [--format text|json|github] [--diff]',
  words: [1, 1000],
  offers: 'files',
  flags: [
    {
      name: 'format',
      value: 'FORMAT',
      says: 'text, json, or github: annotations for a run of GitHub Actions.',
      offers: ['text', 'json', 'github'],
    },
    { name: 'diff', says: 'Say in which choices the last starts of two logs differ.' },
  ],
  more: [
    'What a vLLM server printed becomes what it chose: the release, the backend of every selection and how it came about, the',
    'candidates, versions, layouts and modes, errors with their reasons, and how far the start came. A folder stands for the',
    'logs in it, - for standard input. What puts something around lines is seen through: docker, docker compose, kubectl,',
    'journald, container runtimes, JSON lines, colours, progress bars, gzip, UTF-16.',
    'Nothing is guessed: what a release does not print is absent, and a name that it does not have is told as unknown.',
    'Exit code 1: a start failed, or names are unknown; with --diff: the choices differ. 2: it is no log of vLLM.',
  ].join('\n'),
  run,
};

/** What one file shows. */
export interface FileLog extends LogObservation {
  readonly file: string;
}

/** Reads the logs that words name. Throws a WhichattnError where one is no log of vLLM. */
export async function readLogs(words: readonly string[]): Promise<FileLog[]> {
  const patterns = createPatterns(readLines());
  const out: FileLog[] = [];
  for (const file of await logFiles(words)) {
    const observer = createObserver(patterns);
    await readLog(file, observer);
    observer.end();
    const seen = observer.seen();
    if (!seen.isLog && seen.starts.length === 0) throw noLog(file);
    out.push({ file, ...seen });
  }
  return out;
}

const noLog = (file: string): WhichattnError =>
  new WhichattnError({
    code: 'no-log',
    what: 'This is no log of vLLM',
    why: 'No line of it is as vLLM writes its lines: a level, a time, and the file that prints it.',
    where: file === STDIN ? 'standard input' : file,
  });

async function run(asked: Asked): Promise<ExitCode> {
  const format = asked.json ? 'json' : (asked.flag('format') ?? 'text');
  if (!['text', 'json', 'github'].includes(format))
    throw new WhichattnError({ code: 'bad-flag', what: `There is no format ${format}`, todo: 'text, json or github.' });
  if (asked.has('diff') && asked.words.length !== 2)
    throw new WhichattnError({
      code: 'bad-arguments',
      what: '--diff compares two logs',
      todo: 'whichattn log --diff A B',
    });
  const logs = await readLogs(asked.words);
  if (asked.has('diff')) return compared(logs, format);
  const starts = logs.flatMap(({ file, starts: own }) => own.map((start) => ({ file, ...start })));
  process.stdout.write(`${shown(logs, starts, format)}\n`);
  return starts.some((start) => start.reached === 'failed' || start.unknownNames.length > 0) ? 1 : 0;
}

function shown(
  logs: readonly FileLog[],
  starts: readonly (Start & { readonly file: string })[],
  format: string,
): string {
  if (format === 'json') {
    const files = logs.map(({ file, lines, cut }) => ({ file, lines, cut }));
    return JSON.stringify({ schemaVersion: 1, files, starts }, null, 2);
  }
  if (format === 'github') return starts.flatMap((start) => annotations(start.file, start)).join('\n');
  return logs.flatMap(laidOut).join('\n');
}

function laidOut({ file, starts, cut }: FileLog): string[] {
  const name = file === STDIN ? 'standard input' : file;
  if (starts.length === 0) return [`${name}: vLLM wrote in it, but nothing of what it chose.`];
  const long = cut > 0 ? [`${cut} lines are too long, and were looked at in part.`] : [];
  return [
    ...starts.flatMap((start, i) => [
      ...(i > 0 ? [''] : []),
      styled('bold', `${name}:${start.firstLine}`),
      ...startLines(start),
    ]),
    ...long,
  ];
}

/** Compares the last starts of two logs. */
function compared([a, b]: readonly FileLog[], format: string): ExitCode {
  const [before, after] = [a!.starts.at(-1), b!.starts.at(-1)];
  if (!before || !after)
    throw new WhichattnError({ code: 'no-log', what: 'It shows no start', where: (before ? b : a)!.file });
  const rows = difference(before, after);
  const choices = rows.filter(({ isChoice }) => isChoice);
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify({ schemaVersion: 1, before: a!.file, after: b!.file, same: choices.length === 0, differences: rows }, null, 2)}\n`
      : `${differenceLines(rows).join('\n')}\n`,
  );
  return choices.length === 0 ? 0 : 1;
}
