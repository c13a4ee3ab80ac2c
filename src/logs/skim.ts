/**
 * Passes over lines of which nothing would be kept, without making texts of them: while a server serves, these are nearly all.
 * What is not plainly one of them is left to be read like any other.
 */

/** Which lines say nothing, as things stand. */
export interface Quiet {
  /** Whether nothing of what the web server says is waited for. */
  readonly served: boolean;
  /** Lines longer than this are cut. */
  readonly longest: number;
}

export interface Skimmer {
  /**
   * How far whole lines of which nothing would be kept reach, from the first byte of a line on: the first byte after them, and how
   * many they are. The bytes are UTF-8.
   */
  readonly skim: (bytes: Uint8Array, from: number, quiet: Quiet) => { readonly at: number; readonly lines: number };
}

const code = (letter: string): number => letter.codePointAt(0)!;
const [NEWLINE, RETURN, ESCAPE, SPACE] = [10, 13, 27, 32];
const [OPEN, CLOSE, LEFT, COLON, SLASH, DASH] = [...'()[:/-'].map(code) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, code);
/** Levels at which a line is no part of an error, each with the letters that follow its first. */
const [INFO, WARNING, DEBUG] = ['INFO ', 'WARNING ', 'DEBUG '].map(bytesOf) as [Uint8Array, Uint8Array, Uint8Array];
const [I, W, D] = [...'IWD'].map(code) as [number, number, number];
const SERVED = bytesOf('INFO:     ');
/** What the web server says of itself begins so, when it is up. */
const UP = code('A');
/** Where, in a line as the formatter writes it, the month ends after the level, and the name of the file begins. */
const [MONTH, FILE] = [2, 15];
/** A process's name before a line is no longer, nor the name of a file. */
const LONGEST_NAME = 100;
/** No byte of a line that lies further from its first one than this decides whether anything of it is kept. */
const REACH = 3 * LONGEST_NAME;
/** As many numbers as names of files are told apart by: a power of two. */
const NUMBERS = 1 << 16;

/** Begins to skim for the files whose lines are looked at. */
export function createSkimmer(files: Iterable<string>): Skimmer {
  // the line of another file with the same number is read, and nothing found in it
  const asked = new Uint8Array(NUMBERS);
  for (const file of files) asked[bytesOf(file).reduce(mixed, 0) & (NUMBERS - 1)] = 1;
  let looked: Uint8Array | undefined;
  let plain = false;

  return {
    skim(bytes, from, { served, longest }) {
      // the same bytes may hold something else the next time
      if (bytes !== looked || from === 0) {
        looked = bytes;
        // what overwrites itself is several lines, and colours can stand anywhere
        plain = !bytes.includes(RETURN) && !bytes.includes(ESCAPE);
      }
      let [at, lines] = [from, 0];
      if (!plain) return { at, lines };
      // no look beyond the last byte: that would make every look slower
      const last = bytes.length - REACH;
      while (at < last) {
        const told = toldAt(bytes, at, served, asked);
        const end = told === -1 ? -1 : bytes.indexOf(NEWLINE, told);
        if (end === -1 || end - at > longest) break;
        at = end + 1;
        lines += 1;
      }
      return { at, lines };
    },
  };
}

/** Where, in a line of which nothing is kept, what tells it ends; -1 for any other line. */
function toldAt(bytes: Uint8Array, from: number, served: boolean, asked: Uint8Array): number {
  const at = bytes[from] === OPEN ? afterTag(bytes, from) : from;
  const first = bytes[at];
  const level = first === I ? INFO : first === W ? WARNING : first === D ? DEBUG : undefined;
  if (at === -1 || level === undefined) return -1;
  if (startsWith(bytes, at, level)) return isOther(bytes, at + level.length, asked) ? at : -1;
  return served && startsWith(bytes, at, SERVED) && bytes[at + SERVED.length] !== UP ? at : -1;
}

/**
 * Whether a line says nothing whose level stands before: it is the formatter's and of a file that is not looked at, or it is not
 * the formatter's, and then, with a dash after two letters, it is neither an error nor the web server's.
 */
function isOther(bytes: Uint8Array, from: number, asked: Uint8Array): boolean {
  if (bytes[from + MONTH] !== DASH || bytes[from + FILE] !== LEFT) return false;
  let name = 0;
  for (let at = from + FILE + 1; at < from + LONGEST_NAME; at++) {
    const byte = bytes[at]!;
    if (byte === COLON) return asked[name & (NUMBERS - 1)] === 0;
    if (byte === NEWLINE) return false;
    name = byte === SLASH ? 0 : mixed(name, byte);
  }
  return false;
}

/** Where a line ends, or the bytes do. */
export function lineEnd(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end === -1 ? bytes.length : end;
}

const mixed = (sum: number, byte: number): number => (Math.imul(sum, 31) + byte) | 0;

function startsWith(bytes: Uint8Array, from: number, what: Uint8Array): boolean {
  for (let i = 0; i < what.length; i++) if (bytes[from + i] !== what[i]) return false;
  return true;
}

/** The first byte after `(Name pid=1) `, whatever stands between; -1 where there is no such end. */
function afterTag(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < from + LONGEST_NAME; at++) {
    const byte = bytes[at];
    if (byte === CLOSE) return bytes[at + 1] === SPACE ? at + 2 : -1;
    if (byte === NEWLINE || byte === undefined) return -1;
  }
  return -1;
}
