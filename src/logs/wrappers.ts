/** Takes a line out of what was put around it: by a container, an orchestrator, a journal, a terminal. */

/** A line of vLLM's, as far as it can be told. */
export interface Unwrapped {
  /** Whose line it is, where several write into one file: a service, a pod, a container; '' for none. */
  readonly service: string;
  readonly text: string;
}

// oxlint-disable-next-line no-control-regex -- the sequences of terminals start with this character
const COLOURS = /\u001B\[[0-9;?]*[A-Za-z]/g;

/** A day and a time, as what is put around lines writes them. */
export const DAY = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?`;

/** What stands before a line, one after the other; a name that is caught is the service. */
const BEFORE: readonly RegExp[] = [
  // a container runtime's own file: time, stream, whole or part
  new RegExp(String.raw`^${DAY} (?:stdout|stderr) [FP] `),
  // the journal, and syslog
  /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ ([\w.@-]+)(?:\[\d+\])?: /,
  new RegExp(String.raw`^${DAY} \S+ ([\w.@-]+)\[\d+\]: `),
  // several services side by side
  /^([\w./-]+) +\| /,
  // several pods side by side
  /^\[((?:pod|job|deployment)\/[\w./-]+)\] /,
  // a time
  new RegExp(String.raw`^\[?${DAY}\]? (?=[([\]A-Z ]|  )`),
];

/** Keys of a JSON line that hold what was printed, and those that say by whom. */
const TEXTS = ['log', 'message', 'msg', 'MESSAGE', 'textPayload', 'line', 'body'];
const SERVICES = [
  'service',
  'container_name',
  'CONTAINER_NAME',
  'container',
  'pod',
  '_SYSTEMD_UNIT',
  'SYSLOG_IDENTIFIER',
];

/** Takes a line out of its wrappers. */
export function unwrap(line: string): Unwrapped {
  let text = line.includes('\u001B') ? line.replaceAll(COLOURS, '') : line;
  let service = '';
  // what prints JSON of its own stands behind the process all the same
  const tag = text.startsWith('(') ? (TAGGED.exec(text)?.[0] ?? '') : '';
  if (text.startsWith('{', tag.length)) {
    const inner = inJson(text.slice(tag.length), tag);
    if (inner) ({ text, service } = inner);
  }
  if (text.startsWith('(') || /^(?:INFO|WARNING|ERROR|DEBUG) /.test(text)) return { service, text };
  // two around each other is what happens: a time of one, a name of the other
  for (let turn = 0; turn < 3; turn++) {
    const found = BEFORE.map((pattern) => pattern.exec(text)).find((match) => match !== null);
    if (!found) break;
    service ||= found[1] ?? '';
    text = text.slice(found[0].length);
  }
  return { service, text };
}

/** The words of a JSON line that stands behind the tag of a process, or behind none; undefined where it is none. */
function inJson(text: string, tag: string): Unwrapped | undefined {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return undefined;
  }
  const row = data as Readonly<Record<string, unknown>>;
  const own = asPrinted(row);
  if (own !== undefined) return { text: `${tag}${own}`, service: '' };
  const words = TEXTS.map((key) => row[key]).find((value) => typeof value === 'string');
  if (words === undefined) return undefined;
  const service = SERVICES.map((key) => row[key]).find((value) => typeof value === 'string');
  return { text: words.replace(/\r?\n$/, '').replaceAll(COLOURS, ''), service: service ?? '' };
}

/**
 * What vLLM's own formatter of JSON prints, as its formatter of text would: a logger has the name of its module, and so of the file.
 * Mirrors `JSON_FORMAT` of vllm/logging_utils/formatter.py. Undefined of any other object.
 */
function asPrinted(row: Readonly<Record<string, unknown>>): string | undefined {
  const { levelname, name, process, message } = row;
  if (typeof levelname !== 'string' || typeof name !== 'string' || typeof message !== 'string') return undefined;
  if (typeof process !== 'number' || !/^[\w.]+$/.test(name)) return undefined;
  return `${levelname} 01-01 00:00:00 [${name.slice(name.lastIndexOf('.') + 1)}.py:0] ${message}`;
}

/** A line as vLLM's formatter writes it. */
export interface Printed {
  /** The process as it names itself, without its number: '' for the first one. */
  readonly process: string;
  readonly pid: string;
  readonly level: string;
  /** The name of the file that prints it, without its folders. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

// a process of another host says its address, too
const TAG = String.raw`(?:\(([\w-]+)(?: pid=(\d+)(?:, ip=[\w.:]+)?)?\) )?`;
const HEAD = new RegExp(
  String.raw`^${TAG}(?:\([\w-]+(?: pid=\d+(?:, ip=[\w.:]+)?)?\) )?(INFO|WARNING|ERROR|DEBUG|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d (?:\[([\w./-]+\.py):(\d+)\] ?|([\w./-]+\.py):(\d+)\] )`,
);
const TAGGED = /^\(([\w-]+) pid=(\d+)(?:, ip=[\w.:]+)?\) ?/;
/** What is written behind a line that others wrote, too. */
const REPEATED = / \[repeated \d+x across cluster\][^\n]*$/;
/** What a bar of progress leaves before a line that is written behind it. */
const BAR = /^[^()]*(?:\([^()]*\))?:? +\d+%\|[^|]*\| \d+\/\d+ \[[^\]]*\]/;

/** Reads a line as vLLM's formatter writes it; undefined for any other. */
export function printedLine(text: string): Printed | undefined {
  if (!text.includes('.py:')) return undefined;
  const plain = text.includes('%|') ? text.replace(BAR, '') : text;
  const match = HEAD.exec(plain);
  if (!match) return undefined;
  const [head, process = '', pid = '', level, file, line, oldFile, oldLine] = match;
  const path = file ?? oldFile!;
  return {
    process,
    pid,
    level: level!,
    file: path.slice(path.lastIndexOf('/') + 1),
    line: Number(line ?? oldLine),
    message: plain.slice(head.length).replace(REPEATED, ''),
  };
}

/** The text of a line that is not the formatter's, without the process that stands before it. */
export function plainLine(text: string): { readonly process: string; readonly pid: string; readonly message: string } {
  const match = TAGGED.exec(text);
  return match
    ? { process: match[1]!, pid: match[2]!, message: text.slice(match[0].length) }
    : { process: '', pid: '', message: text };
}
