import { followLog, logFiles, readLines, readLog, STDIN } from '../disk/index.ts';
import { createObserver, createPatterns, type LogObservation, type Patterns, type Start } from '../logs/index.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { annotations, type LogPart, startLines } from './loglayout.ts';
import { difference, differenceLines, isOther } from './logdifference.ts';
import { hideSecrets } from './secrets.ts';
import { printable, printableJson, styled } from './style.ts';
import { WhichattnError } from '../rules/index.ts';

export const logCommand: Command = {
  usage: 'FILE…|- [--format text|json|github] [--follow] [--diff]',
  words: [1, 1000],
  offers: 'files',
  flags: [
    {
      name: 'format',
      value: 'FORMAT',
      says: 'text, json, or github: annotations for a run of GitHub Actions.',
      offers: ['text', 'json', 'github'],
    },
    { name: 'follow', says: 'Go on while the file grows, and say what is new; Ctrl-C ends it.' },
    { name: 'diff', says: 'Say in which choices the last starts of two logs differ.' },
  ],
  more: [
    'What a vLLM server printed becomes what it chose: the release, the backend of every selection and how it came about, the',
    'candidates, versions, layouts and modes, errors with their reasons, and how far the start came. A folder stands for the',
    'logs in it and in its folders, those of others left out; - for standard input. What puts something around lines is seen',
    'through: docker, docker compose, kubectl, journald, container runtimes, JSON lines, colours, progress bars, gzip, zstd,',
    'UTF-16. The files of a log that was rotated (serve.log.1, serve.log) are one, whose lines are counted through. With',
    '--follow, JSON is one object a line.',
    'Nothing is guessed: what a release does not print is absent, and a name that it does not have is told as unknown.',
    'Exit code 1: a start failed, or names are unknown; with --diff: choices that both print differ. 2: it is no log of vLLM.',
  ].join('\n'),
  run,
};

/** What one log shows. */
export interface FileLog extends LogObservation {
  /** Its file; of a rotated log the last one. */
  readonly file: string;
  /** The files of a rotated log, oldest first, each with how many lines the log has before it. */
  readonly parts: readonly LogPart[];
  /** Why it breaks off, where something that was compressed cannot be unpacked to its end. */
  readonly broken: string | null;
}

/**
 * Reads the logs that words name. Throws a WhichattnError where a file that is named is no log of vLLM; files of a folder that are none
 * are told on stderr, and it throws where nothing else is there.
 */
export async function readLogs(words: readonly string[]): Promise<FileLog[]> {
  const patterns = createPatterns(readLines());
  const out: FileLog[] = [];
  const others: string[] = [];
  for (const { name, parts, folder } of await logFiles(words)) {
    const log = await readOne(name, parts, patterns).catch((error: unknown) => {
      if (folder === undefined || !(error instanceof WhichattnError) || error.code !== UNREADABLE) throw error;
      return undefined;
    });
    if (log && (log.isLog || log.starts.length > 0)) out.push(log);
    else if (folder === undefined) throw noLog(name);
    else others.push(name);
  }
  if (out.length === 0 && others.length > 0)
    throw new WhichattnError({
      code: 'no-log',
      what: `No log of vLLM is among them: ${listed(others)}`,
      where: words[0],
    });
  if (others.length > 0) process.stderr.write(`${printable(`No log of vLLM, and left out: ${listed(others)}`)}\n`);
  return out;
}

/** The error where a file cannot be read to its end. */
const UNREADABLE = 'bad-log';

async function readOne(name: string, files: readonly string[], patterns: Patterns): Promise<FileLog> {
  const observer = createObserver(patterns);
  const parts: LogPart[] = [];
  let broken: string | null = null;
  for (const file of files) {
    parts.push({ file, before: observer.seen(false).lines });
    broken = (await readLog(file, observer)) ?? broken;
    observer.end();
  }
  return { file: name, parts, broken, ...observer.seen() };
}

/** So many files are named. */
const MOST_LISTED = 5;

const listed = (files: readonly string[]): string =>
  [...files.slice(0, MOST_LISTED), ...(files.length > MOST_LISTED ? [`${files.length - MOST_LISTED} more`] : [])].join(
    ', ',
  );

const noLog = (file: string): WhichattnError =>
  new WhichattnError({
    code: 'no-log',
    what: 'This is no log of vLLM',
    why: 'No line of it is as vLLM writes its lines: a level, a time, and the file that prints it.',
    where: named(file),
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
  if (asked.words.filter((word) => word === STDIN).length > 1)
    throw new WhichattnError({
      code: 'bad-arguments',
      what: 'Standard input is named twice, and can be read once',
      todo: 'Write one of the logs into a file.',
    });
  if (asked.has('follow')) return follow(asked, format);
  if (asked.has('diff')) {
    const [before, after] = asked.words as readonly [string, string];
    return compared([await oneLog(before), await oneLog(after)], format);
  }
  const logs = await readLogs(asked.words);
  const starts = logs.flatMap(({ file, starts: own }) => own.map((start) => ({ file, ...start })));
  process.stdout.write(`${shown(logs, starts, format)}\n`);
  return exitOf(starts);
}

function shown(
  logs: readonly FileLog[],
  starts: readonly (Start & { readonly file: string })[],
  format: string,
): string {
  if (format === 'json') {
    const files = logs.map(({ file, parts, lines, cut, broken }) => ({
      file,
      lines,
      cut,
      ...(broken === null ? {} : { broken }),
      ...(parts.length > 1 ? { parts } : {}),
    }));
    return jsonText({ schemaVersion: 1, files, starts }, 2);
  }
  if (format === 'github')
    return printable(
      logs.flatMap(({ parts, starts: own }) => own.flatMap((start) => annotations(parts, start))).join('\n'),
    );
  return printable(logs.flatMap(laidOut).join('\n'));
}

/** As JSON: keys and tokens are hidden, and nothing stands in it that a terminal would obey. */
const jsonText = (value: unknown, indent?: number): string => printableJson(JSON.stringify(value, hideSecrets, indent));

/** 1 where a start failed, or names what its release does not have. */
const exitOf = (starts: readonly Start[]): ExitCode =>
  starts.some((start) => start.reached === 'failed' || start.unknownNames.length > 0) ? 1 : 0;

const named = (file: string): string => (file === STDIN ? 'standard input' : file);

function laidOut({ file, parts, starts, cut, broken }: FileLog): string[] {
  const name = named(file);
  if (starts.length === 0) return [`${name}: vLLM wrote in it, but nothing of what it chose.`];
  const long = cut > 0 ? [`${cut} lines are too long, and were looked at in part.`] : [];
  const short = broken === null ? [] : [`What is compressed breaks off, and was looked at up to there: ${broken}`];
  const rotated =
    parts.length > 1
      ? [`One log, its lines counted through: ${parts.map((one) => `${one.file} from ${one.before + 1}`).join(', ')}`]
      : [];
  return [
    ...rotated,
    ...starts.flatMap((start, i) => [
      ...(i > 0 ? [''] : []),
      styled('bold', `${name}:${start.firstLine}`),
      ...startLines(start),
    ]),
    ...long,
    ...short,
  ];
}

/** Follows one log, and says what is new in it whenever there is no more for now. */
async function follow(asked: Asked, format: string): Promise<ExitCode> {
  const [file, ...others] = asked.words as readonly [string, ...string[]];
  if (others.length > 0 || asked.has('diff') || format === 'github')
    throw new WhichattnError({ code: 'bad-arguments', what: '--follow goes with one file, as text or JSON' });
  const [log] = await logFiles([file]);
  if (log!.name !== file)
    throw new WhichattnError({ code: 'bad-arguments', what: '--follow goes with one file, not with a folder' });
  const observer = createObserver(createPatterns(readLines()));
  const say = createTeller(file, format);
  const stop = new AbortController();
  const interrupted = (): void => stop.abort();
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    await followLog(file, observer, stop.signal, {
      atRest: () => say(observer.seen(false)),
      anew: () => {
        // a line that it broke off in does not go on
        observer.end();
        const from = observer.seen(false).lines + 1;
        process.stderr.write(`${printable(`${file} begins anew: its first line is counted as line ${from}.`)}\n`);
      },
    });
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
  observer.end();
  const seen = observer.seen();
  say(seen);
  if (!seen.isLog && seen.starts.length === 0) throw noLog(file);
  return exitOf(seen.starts);
}

/** Says of each observation what was not said before. */
function createTeller(file: string, format: string): (seen: LogObservation) => void {
  const said = new Map<number, ReadonlySet<string>>();
  // columns are as wide as what stands in them
  const words = (line: string): string => line.replaceAll(/ +/g, ' ');
  return ({ starts }) => {
    for (const start of starts) {
      const before = said.get(start.firstLine);
      const { lastLine: _, ...facts } = start;
      const lines = format === 'json' ? [JSON.stringify(facts)] : startLines(start, true);
      const fresh = lines.filter((line) => before?.has(words(line)) !== true);
      said.set(start.firstLine, new Set(lines.map(words)));
      if (fresh.length === 0) continue;
      if (format === 'json') process.stdout.write(`${jsonText({ schemaVersion: 1, file, start })}\n`);
      else {
        const head = before === undefined ? [styled('bold', `${named(file)}:${start.firstLine}`)] : [];
        process.stdout.write(`${printable([...head, ...fresh].join('\n'))}\n`);
      }
    }
  };
}

/** The one log that a word names. Throws where it is a folder that holds several. */
async function oneLog(word: string): Promise<FileLog> {
  const [log, ...others] = await readLogs([word]);
  if (others.length === 0) return log!;
  throw new WhichattnError({
    code: 'bad-arguments',
    what: `The folder holds ${others.length + 1} logs, and two logs are compared`,
    where: word,
    todo: 'Name the file.',
  });
}

/** Compares the last starts of two logs. */
function compared([a, b]: readonly FileLog[], format: string): ExitCode {
  const [before, after] = [a!.starts.at(-1), b!.starts.at(-1)];
  if (!before || !after)
    throw new WhichattnError({ code: 'no-log', what: 'It shows no start', where: (before ? b : a)!.file });
  const rows = difference(before, after);
  const choices = rows.filter(isOther);
  const printing = [before, after].filter(({ selections }) => selections.length > 0).length as 0 | 1 | 2;
  process.stdout.write(
    format === 'json'
      ? `${jsonText({ schemaVersion: 1, before: a!.file, after: b!.file, same: choices.length === 0, differences: rows }, 2)}\n`
      : `${printable(differenceLines(rows, printing).join('\n'))}\n`,
  );
  return choices.length === 0 ? 0 : 1;
}
