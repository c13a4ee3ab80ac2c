import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

interface Sink {
  readonly isTTY?: boolean;
}

/** Whether a stream shows colours: a terminal does, unless NO_COLOR is set; FORCE_COLOR has the last word. */
export function hasColour(stream: Sink, env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** A text in a style, where standard output shows any. */
export const styled = (format: Format, text: string): string =>
  hasColour(process.stdout) ? styleText(format, text) : text;

// oxlint-disable-next-line no-control-regex -- the sequences that styleText writes start with this character
const SEQUENCES = /\u001B\[[0-9;]*m/g;

// oxlint-disable-next-line no-control-regex -- what a terminal would obey, and what turns the order of letters; lines and tabs do neither
const COMMANDS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

const writtenOut = (text: string): string =>
  text.replaceAll(COMMANDS, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same JSON, as it may stand on a terminal. */
export const printableJson = writtenOut;

/** A text as a part of one line. */
export const onOneLine = (text: string): string => text.replaceAll(/\r?\n/g, String.raw`\n`);

/**
 * A text as it may stand on a terminal: what a log or a name holds that a terminal would obey is written out. With `styles` what
 * `styled` puts into it stays.
 */
export function printable(text: string, styles = hasColour(process.stdout)): string {
  if (!styles) return writtenOut(text);
  const own = text.match(SEQUENCES) ?? [];
  return text
    .split(SEQUENCES)
    .map((part, i) => writtenOut(part) + (own[i] ?? ''))
    .join('');
}

/** How wide a text stands on the screen. */
export const widthOf = (text: string): number => text.replaceAll(SEQUENCES, '').length;

/** A cell that is longer than this does not widen its column: what follows in its own row stands further right. */
const WIDEST = 100;

/** Rows in columns, two spaces apart. The last column is as long as it is; the columns named are aligned to the right. */
export function columns(cells: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const rows = cells.map((row) => row.map(onOneLine));
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries())
      widths[i] = Math.max(widths[i] ?? 0, widthOf(cell) <= WIDEST ? widthOf(cell) : 0);
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat(Math.max(0, widths[i]! - widthOf(cell)));
        if (right.includes(i)) return space + cell;
        return i === row.length - 1 ? cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A number as people read it. */
export const count = (n: number): string => n.toLocaleString('en');

/** A size in bytes as people read it. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(0)} KB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}

/** Words in lines of at most `width`, each line set in. */
export function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '   ';
  for (const word of words) {
    if (line.length + word.length + 1 > width && line.trim() !== '') {
      lines.push(line);
      line = '   ';
    }
    line += ` ${word}`;
  }
  return line.trim() === '' ? lines : [...lines, line];
}
