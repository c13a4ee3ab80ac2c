/** Takes a line out of what was put around it: by a container, an orchestrator, a journal, a terminal. */

import { TAGGED } from './printed.ts';

/** A line of vLLM's, as far as it can be told. */
export interface Unwrapped {
  /** Whose line it is, where several write into one file: a service, a pod, a container; '' for none. */
  readonly service: string;
  readonly text: string;
  /** The lines of an error that was printed with it. */
  readonly error?: readonly string[];
  /**
   * Where vLLM's formatter put words of its own before it, which are part of `service`: whose lines those of the same process are that
   * the formatter did not write. It is known for certain where only a formatter puts words there.
   */
  readonly beside?: { readonly service: string; readonly isCertain: boolean };
}

// colours, cursors and modes; titles and links up to their end; sets of letters; what is one letter
const SEQUENCES =
  // oxlint-disable-next-line no-control-regex -- the sequences of terminals start with this character
  /\u001B(?:\[[0-9;:?<=>]*[ -/]*[@-~]|[\]_P^X][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[ -/]+[0-~]|[0-Z\\^-~])/g;
/** Colours whose first character was written out, or left out, on the way. */
const WRITTEN = /(?:\^\[|#033|\\x1[Bb]|\\u001[Bb]|\\033|␛)\[[0-9;]{0,12}m|\[\d{1,3}(?:;\d{1,3}){0,4}m/g;
/** So far into a line colours are looked for that are written out: up to where its words begin. */
const COLOURED = 400;

function uncoloured(line: string): string {
  const plain = line.includes('\u001B') ? line.replaceAll(SEQUENCES, '') : line;
  const text = plain.startsWith('\uFEFF') ? plain.slice(1) : plain;
  const head = text.slice(0, COLOURED);
  return head.search(WRITTEN) === -1 ? text : text.replaceAll(WRITTEN, '');
}

/** A day and a time, as what is put around lines writes them. */
export const DAY = String.raw`\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?`;
/** The same in the words of a journal, a syslog, or counted in seconds. */
const WHEN = String.raw`(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|(?:[A-Z][a-z]{2} )?${DAY}(?: [A-Z]{3,4})?|\d{9,11}\.\d+|\[ *\d+\.\d+\])`;
const LEVEL = '(?:INFO|WARNING|ERROR|DEBUG|CRITICAL)';
/** A process as it names itself; one of another host says its address, too. */
const PROCESS = String.raw`\([\w:#.-]+(?: rank=\d+)? pid=\d+(?:, ip=[\w.:]+)?\) `;
/** How a line begins that is vLLM's, or its web server's. */
const OWN = String.raw`(?:${PROCESS}|${LEVEL}(?: \d\d-\d\d \d\d:\d\d:\d\d |: {4,}))`;
const IS_OWN = new RegExp(`^${OWN}`);

/** What stands before a line, one after the other; a name that is caught is the service. */
const BEFORE: readonly RegExp[] = [
  // a container runtime's own file: time, stream, whole or part
  new RegExp(String.raw`^${DAY} (?:stdout|stderr) [FP](?::\w+)* `),
  // syslog, and the journal in its forms
  new RegExp(String.raw`^<\d{1,3}>1 ${DAY} \S+ (\S+) \S+ \S+ (?:-|\[[^\]]*\]) `),
  new RegExp(
    String.raw`^(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? [\w.:-]+ ([^\s\[\]:]+)(?:\[\d+\])?: `,
  ),
  new RegExp(String.raw`^(?:<\d{1,3}>)?${WHEN} [\w.:-]+ ([^\s\[\]]+)\[\d+\]: `),
  new RegExp(String.raw`^${WHEN} [\w.-]+ ([\w./@-]+): (?=${OWN})`),
  // a logger of another program: time, name, level; time, level, place in the program
  new RegExp(String.raw`^${DAY} - ([\w./:-]{1,200}) - [A-Z]{4,8} - `),
  new RegExp(String.raw`^${DAY} \| [A-Z]{4,8} {1,8}\| ([\w./-]{1,200}):[\w<>]{1,200}:\d{1,9} - `),
  // what watches over processes; what starts ranks
  new RegExp(String.raw`^${DAY} [A-Z]{4} '([\w.:-]{1,200})' (?:stdout|stderr) output: ?`),
  /^\[\d{1,6},\d{1,6}\]<(?:stdout|stderr|stddiag)>: ?/,
  // several services side by side
  /^(?:\d\d:\d\d:\d\d )?\[?((?:\d+\|)?[\w./@-]+)\]? +[|│] /,
  // several pods side by side
  /^\[((?:pod|job|deployment)\/[\w./-]+)\] /,
  // several hosts of a job
  /^\([\w.-]+, (?:rank=\d+, )?pid=\d+(?:, ip=[\w.:]+)?\) /,
  // a time and labels; a job and its step; a time and the tag of an object
  new RegExp(String.raw`^${DAY} \{([^{}]{0,1000})\} `),
  new RegExp(String.raw`^${DAY} [+-]\d{4} [\w.*/-]{1,200}: (?=\{)`),
  new RegExp(String.raw`^([^\t]{1,200})\t[^\t]{1,200}\t(?=${DAY} )`),
  new RegExp(String.raw`^(?:\d{13}\t)?${DAY}\t(?:[\w.*/-]+\t(?=\{))?`),
  // a time
  new RegExp(String.raw`^\[?${DAY}\]? (?=[([\]A-Z{ ]|  )`),
];
/** A few words without quotes before a line of vLLM's, whatever wrote them. */
const WORDS = new RegExp(
  String.raw`^\s{0,8}(?:[\w.:,/@<>›\[\]()#=+-]{1,80}[ \t]{1,8}){0,5}?(?:[\w.:,/@<>\[\]-]{0,80}?[:>\]])??(?=${OWN})`,
);
/** A line of the formatter's as it begins behind its process, and how one begins that has nothing before it. */
const PRINTED = new RegExp(String.raw`${LEVEL} \d\d-\d\d \d\d:\d\d:\d\d `);
const HAS_NONE = new RegExp(`^(?:${PROCESS}){0,2}${LEVEL} `);
/** What the formatter puts before a line, if it is asked to: before the process, or behind it. */
const PUT = new RegExp(String.raw`^((?:${PROCESS}){0,2})([\w.:,/@<>›\[\]#=+| -]*)((?:${PROCESS}){0,2})$`);
/** It is a few words at most. */
const [MOST_WORDS, LONGEST_PUT] = [5, 400];

/** Words before a line that say nothing of who wrote it. */
const NOBODY =
  /^(?:[^\p{L}]*|[\d:.,TZ+/-]*|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|UTC)|[IWEF]\d{4}|\[?(?:INFO|WARNING|ERROR|DEBUG|CRITICAL)\]?|\(pid=\d+\)|\d\d[OE]\+?|\[?\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-][\d:]+)?\]?)$/u;

/** Keys of a JSON line, in small letters, that hold what was printed, and those that say by whom. */
const TEXTS = [
  'log',
  'message',
  'msg',
  'textpayload',
  'logmessage',
  'line',
  'body',
  'jsonpayload',
  'event',
  'original',
  '_raw',
];
/** Keys of objects that hold such a key. */
const AROUND = ['result', 'attributes'];
const SERVICES = [
  'service',
  'container_name',
  'container',
  'containername',
  'pod',
  'pod_name',
  'podname',
  '_systemd_unit',
  'syslog_identifier',
];
/** Objects of a JSON line that say by whom it is. */
const HOLDERS = ['kubernetes', 'labels', 'resource', 'stream'];
/** A line of a JSON file that is written over several lines, where it holds what was printed. */
const MEMBER = /^\s*"(?:log|message|msg|textPayload|line|body)": ("(?:[^"\\]|\\.)*"),?\s*$/;
/** A row of a table: a time, and what was printed in quotes. */
const ROW = new RegExp(String.raw`^"?(?:${DAY}|\d{13})"?,"(.*)"$`, 's');
/** More lines than this of an error that is printed within an object are left out. */
const MOST_LINES = 10_000;
/** More wrappers around each other than these are not seen through. */
const MOST = 6;

/** Takes a line out of its wrappers. */
export function unwrap(line: string): Unwrapped {
  let text = uncoloured(line);
  const services: string[] = [];
  let beside: Unwrapped['beside'];
  let error: Unwrapped['error'];
  // two around each other is what happens: a time of one, a name of the other, an object within
  for (let turn = 0; turn < MOST; turn++) {
    const inner = withoutOne(text);
    if (!inner) break;
    if (inner.beside) beside = { ...inner.beside, service: services.join(' ') };
    if (inner.service !== '' && !services.includes(inner.service)) services.push(inner.service);
    error ??= inner.error;
    text = inner.text;
  }
  return { service: services.join(' '), text, ...(beside && { beside }), ...(error && { error }) };
}

/** Takes away the outermost wrapper; undefined where there is none. */
function withoutOne(text: string): Unwrapped | undefined {
  // what prints JSON of its own stands behind the process all the same
  const tag = text.startsWith('(') ? (TAGGED.exec(text)?.[0] ?? '') : '';
  if (text.startsWith('{', tag.length)) return inJson(text.slice(tag.length), tag);
  if (HAS_NONE.test(text)) return undefined;
  if (tag !== '') {
    const put = withoutPut(text);
    if (put) return put;
  }
  if (IS_OWN.test(text)) return undefined;
  for (const pattern of BEFORE) {
    const found = pattern.exec(text);
    if (found) return { service: found[1] ?? '', text: text.slice(found[0].length) };
  }
  const put = withoutPut(text);
  if (put) return put;
  const words = WORDS.exec(text)?.[0] ?? '';
  if (words !== '') return { service: authorOf(words), text: text.slice(words.length) };
  const member = MEMBER.exec(text)?.[1];
  if (member !== undefined) return { service: '', text: asLine(textIn(member)) };
  const row = text.startsWith('"') || text.endsWith('"') ? ROW.exec(text)?.[1] : undefined;
  return row === undefined ? undefined : { service: '', text: asLine(row.replaceAll('""', '"')) };
}

/** Takes away what the formatter itself can have put before a line; undefined where there is no such thing, or no process beside it. */
function withoutPut(text: string): Unwrapped | undefined {
  const at = text.slice(0, LONGEST_PUT).search(PRINTED);
  if (at < 1) return undefined;
  const [, before, put, behind] = PUT.exec(text.slice(0, at)) ?? [];
  if (before === undefined || put === undefined || put === '' || put.trim().split(/ +/).length > MOST_WORDS)
    return undefined;
  // what stands apart from a line can be of anything, and so can what is before a process
  const isCertain = before !== '' || !/[\s:>\]]$/.test(put);
  if (!isCertain && behind === '') return undefined;
  return { service: authorOf(put), text: `${before}${behind}${text.slice(at)}`, beside: { service: '', isCertain } };
}

/** Who wrote a line, by the words before it: those that are no time and no level. */
const authorOf = (words: string): string =>
  words
    .split(/\s+/)
    .filter((word) => !NOBODY.test(word))
    .map((word) => word.replaceAll(/^[[<]|[\]>:]+$/g, ''))
    .join(' ');

const asLine = (text: string): string => uncoloured(text.replace(/\r?\n$/, ''));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The text that a text in JSON is of. */
function textIn(json: string): string {
  const value = parsed(json);
  return typeof value === 'string' ? value : '';
}

type Row = Readonly<Record<string, unknown>>;

/** An object with its keys in small letters; empty for anything else. */
const rowOf = (value: unknown): Row =>
  value === null || typeof value !== 'object' || Array.isArray(value)
    ? {}
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), one as unknown]));

/** The words of a JSON line that stands behind the tag of a process, or behind none; undefined where it is none. */
function inJson(text: string, tag: string): Unwrapped | undefined {
  const data = parsed(text);
  if (data === null || typeof data !== 'object') return undefined;
  const own = asPrinted(data as Row, tag);
  if (own) return own;
  const row = rowOf(data);
  const words = wordsIn(row);
  if (words === undefined) return undefined;
  return { text: asLine(words), service: serviceIn(row) };
}

/** What was printed, where a row holds it: itself, as the bytes that it is of, or in an object of its own. */
function wordsIn(row: Row): string | undefined {
  for (const key of TEXTS) {
    const value = row[key];
    if (typeof value === 'string') return value;
    if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number')) return textOf(value);
    const inner = value === undefined || Array.isArray(value) ? undefined : wordsIn(rowOf(value));
    if (inner !== undefined) return inner;
  }
  for (const key of AROUND) {
    const inner = Object(row[key]) === row[key] ? wordsIn(rowOf(row[key])) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** A text of UTF-8; of what is none, letter by letter. */
function textOf(bytes: readonly number[]): string {
  const letters = bytes.map((byte) => String.fromCharCode(byte & 0xff));
  try {
    return decodeURIComponent(
      letters.map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''),
    );
  } catch {
    return letters.join('');
  }
}

/** Who printed it: all that a row says of that, for containers of two pods have the same name. */
function serviceIn(row: Row): string {
  const own = SERVICES.flatMap((key) => (typeof row[key] === 'string' ? [row[key]] : []));
  const held = HOLDERS.flatMap((key) => (Object(row[key]) === row[key] ? [serviceIn(rowOf(row[key]))] : []));
  return [...new Set([...own, ...held])].filter((one) => one !== '').join(' ');
}

/**
 * What vLLM's own formatter of JSON prints, as its formatter of text would: a logger has the name of its module, and so of the file.
 * Mirrors `JSON_FORMAT` of vllm/logging_utils/formatter.py. Undefined of any other object.
 */
function asPrinted(row: Row, before: string): Unwrapped | undefined {
  const { levelname, name, process, processName, message, exc_info: error } = row;
  if (typeof levelname !== 'string' || typeof name !== 'string' || typeof message !== 'string') return undefined;
  if (typeof process !== 'number' || !/^[\w.]+$/.test(name)) return undefined;
  // where nothing is put before lines, the object says whose it is; the first process has a name, too, and says none
  const isNamed = before === '' && typeof processName === 'string' && /^[\w:#.-]+$/.test(processName);
  const tag = isNamed && processName !== 'MainProcess' ? `(${processName} pid=${process}) ` : before;
  const text = `${tag}${levelname} 01-01 00:00:00 [${name.slice(name.lastIndexOf('.') + 1)}.py:0] ${message}`;
  return { service: '', text, ...(typeof error === 'string' && { error: error.split('\n').slice(0, MOST_LINES) }) };
}
