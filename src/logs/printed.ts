/** Reads a line that is taken out of its wrappers: as vLLM's formatter writes it, or as anything else that its processes print. */

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
const TAG = String.raw`(?:\(([\w:#.-]+)(?:(?: rank=\d+)? pid=(\d+)(?:, ip=[\w.:]+)?)?\) )?`;
const HEAD = new RegExp(
  String.raw`^${TAG}(?:\([\w:#.-]+(?:(?: rank=\d+)? pid=\d+(?:, ip=[\w.:]+)?)?\) )?(INFO|WARNING|ERROR|DEBUG|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d (?:\[([\w./-]+\.py):(\d+)\] ?|([\w./-]+\.py):(\d+)\] )`,
);
/** How a line begins whose process names itself. */
export const TAGGED = /^\(([\w:#.-]+)(?: rank=\d+)? pid=(\d+)(?:, ip=[\w.:]+)?\) ?/;
/** What is written behind a line that others wrote, too. */
const REPEATED = / \[repeated \d+x across cluster\][^\n]*$/;
/** What a bar of progress leaves before a line that is written behind it. */
const BAR = /^[^()]{0,200}(?:\([^()]{0,200}\))?:? {1,4}\d{1,3}%\|[^|]{0,400}\| \d+\/\d+ \[[^\]]{0,100}\]/;

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

/** What PyTorch puts before each line of an error that ends one of several ranks. */
const RANK = /^\[rank(\d{1,7})\]: ?/;

/** A line that is not the formatter's. */
export interface Plain {
  readonly process: string;
  readonly pid: string;
  /** Which of several ranks prints it, where that is said: '' for none. */
  readonly rank: string;
  readonly message: string;
}

/** The text of a line that is not the formatter's, without the process and the rank that stand before it. */
export function plainLine(text: string): Plain {
  const [tag = '', process = '', pid = ''] = TAGGED.exec(text) ?? [];
  const rest = text.slice(tag.length);
  const [head = '', rank = ''] = RANK.exec(rest) ?? [];
  return { process, pid, rank, message: rest.slice(head.length) };
}
