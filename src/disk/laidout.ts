/** Large objects as text: JSON, laid out so that changes can be read and each member is read when it is asked for. */
import { isAscii } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { lazyList, lazyRecord, lazyRows } from '../rules/index.ts';
import { OWN_CONTENTS } from './contents.ts';
import type { Kept, Places } from './contents.ts';
import { OWN_SHELF, SHELVED } from './shelf.ts';

/** A text that may lie as bytes until a part of it is asked for. */
interface Laid {
  readonly length: number;
  /** The members of the object that begins at a place, where that is known. */
  readonly members?: (from: number) => Places[string] | undefined;
  /** What stands from one place up to another. */
  part(from: number, to: number): string;
  /** Where something stands first from a place on; less than 0 where it does not. */
  find(what: string, from: number): number;
}

const laidText = (text: string): Laid => ({
  length: text.length,
  part: (from, to) => text.slice(from, to),
  find: (what, from) => text.indexOf(what, from),
});

/** Of bytes that are ASCII. */
const laidBytes = (bytes: Buffer): Laid => ({
  length: bytes.length,
  part: (from, to) => bytes.toString('latin1', from, to),
  find: (what, from) => bytes.indexOf(what, from, 'latin1'),
});

/** Of a file of ASCII, read part by part; `places` says where its members stand. */
function laidFile(file: string, places: Places): Laid {
  const open = openSync(file, 'r');
  // it is closed once nothing of it can be asked for
  CLOSING.register(places, open);
  let whole: Laid | undefined;
  return {
    length: Infinity,
    members: (from) => places[from],
    part(from, to) {
      const bytes = Buffer.allocUnsafe(to - from);
      return bytes.toString('latin1', 0, readSync(open, bytes, 0, to - from, from));
    },
    find: (what, from) => (whole ??= laidBytes(OWN_SHELF.bytesOf(file))).find(what, from),
  };
}

const CLOSING = new FinalizationRegistry<number>(closeSync);

/** An object that is longer than this stays as bytes, since of what is in it little is asked for. */
const LONG = 1 << 15;

/** The object of a file; `unreadable` makes the error for a member that is no JSON. Throws what reading the file throws. */
export function readLaidOut(
  file: string,
  unreadable: (cause: unknown) => Error,
  kept: Kept = OWN_CONTENTS,
): Record<string, unknown> {
  const places = kept.of(file);
  if (places) return membersOf(laidFile(file, places), [FIRST, Infinity], 1, unreadable);
  const bytes = OWN_SHELF.bytesOf(file);
  // what is written here is ASCII; reading it as such is much faster
  const laid = isAscii(bytes) ? laidBytes(bytes) : laidText(bytes.toString());
  if (!isLaidOut(laid)) return JSON.parse(laid.part(0, laid.length)) as Record<string, unknown>;
  return membersOf(laid, [FIRST, laid.length - 3], 1, unreadable);
}

/** Where the members of a whole file begin. */
const FIRST = 2;

const isLaidOut = (laid: Laid): boolean =>
  laid.part(0, 3) === '{\n ' && laid.part(laid.length - 3, laid.length) === '\n}\n';

/** Keeps where what stands in the large files of our data: part of building. */
export const keepOwnContents = (kept: Kept = OWN_CONTENTS): void => {
  kept.keep(SHELVED, contentsOf);
};

/** Where the members of a file's large objects stand; undefined where it is not laid out, or not of ASCII. */
function contentsOf(file: string): Places | undefined {
  const bytes = OWN_SHELF.bytesOf(file);
  const laid = laidBytes(bytes);
  if (!isAscii(bytes) || !isLaidOut(laid)) return undefined;
  const places: Record<string, [name: string, from: number, to: number][]> = {};
  const look = (range: Range, depth: number): void => {
    const own = [...placesOf(laid, range, depth, asError)];
    places[range[0]] = own.map(([name, [from, to]]) => [name, from, to]);
    for (const [, [from, to]] of own) {
      const long = longObject(laid, [from, to], depth);
      if (long) look(...long);
    }
  };
  try {
    look([FIRST, laid.length - 3], 1);
  } catch {
    // what is wrong with it is told where it is read
    return undefined;
  }
  return places;
}

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)));

type Range = readonly [from: number, to: number];
type Unreadable = (cause: unknown) => Error;

/** The members of an object that stands between two places, each in a line or more and set in by so many spaces. */
function membersOf(laid: Laid, range: Range, depth: number, unreadable: Unreadable): Record<string, unknown> {
  const known = laid.members?.(range[0]);
  const places = known
    ? new Map(known.map(([name, from, to]): [string, Range] => [name, [from, to]]))
    : placesOf(laid, range, depth, unreadable);
  return lazyRecord(
    () => [...places.keys()],
    (name) => {
      const place = places.get(name);
      return place && read(laid, place, depth, name, unreadable);
    },
  );
}

/** Where each of them stands. */
function placesOf(laid: Laid, [from, to]: Range, depth: number, unreadable: Unreadable): Map<string, Range> {
  const places = new Map<string, Range>();
  const closing = ['}', ']'].map((end) => `\n${' '.repeat(depth)}${end}`);
  for (let at = from; at < to;) {
    const colon = laid.find('": ', at) + 1;
    const begin = colon + 2;
    const first = depth === 0 ? '' : laid.part(begin, begin + 2);
    const opens = first === '{\n' ? 0 : first === '[\n' ? 1 : -1;
    const close = opens < 0 ? begin : laid.find(closing[opens]!, begin) + 1;
    const line = laid.find('\n', close);
    const next = line < 0 || line > to ? to : line;
    const end = laid.part(next - 1, next) === ',' ? next - 1 : next;
    places.set(nameIn(laid.part(at + depth, colon), unreadable), [begin, end]);
    at = next + 1;
  }
  return places;
}

/** The object that a place holds, where it is a large one: from where to where its members stand, and how far they are set in. */
function longObject(laid: Laid, [from, to]: Range, depth: number): [range: Range, depth: number] | undefined {
  const opens = laid.part(from, from + 3);
  if (!opens.startsWith('{\n') || to - from <= LONG) return undefined;
  return [[from + 2, to - depth - 2], opens === '{\n ' ? depth + 1 : 0];
}

/** A member's name from how it stands in quotes. */
function nameIn(quoted: string, unreadable: Unreadable): string {
  if (/^"[^"\\]*"$/.test(quoted)) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch (cause) {
    throw unreadable(cause);
  }
}

function read(laid: Laid, [from, to]: Range, depth: number, name: string, unreadable: Unreadable): unknown {
  const long = to - from > LONG ? longObject(laid, [from, to], depth) : undefined;
  if (long) return membersOf(laid, ...long, unreadable);
  const text = laid.part(from, to);
  const opens = text.slice(0, 3);
  const isObject = opens.startsWith('{\n');
  const below = opens === '{\n ' ? depth + 1 : 0;
  const inside: Range = [2, text.length - depth - 2];
  if (isObject) return membersOf(laidText(text), inside, below, unreadable);
  if (LISTS.has(name) && opens.startsWith('[\n')) return listOf(text.slice(...inside), unreadable);
  return parsed(text, unreadable);
}

function parsed(text: string, unreadable: Unreadable): unknown {
  // a text in which nothing is escaped is what stands between its quotes
  if (text.startsWith('"') && text.indexOf('"', 1) === text.length - 1 && !text.includes('\\'))
    return text.slice(1, -1);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** Long lists of which few items are asked for: those of rule sets. */
const LISTS: ReadonlySet<string> = new Set(['variables', 'conditions', 'shared', 'places']);

/** A list whose items are lines, or so many in each line, read when one is asked for. */
function listOf(text: string, unreadable: Unreadable): readonly unknown[] {
  const lines = text.split(',\n');
  const row = (line: string): readonly unknown[] => parsed(`[${line}]`, unreadable) as readonly unknown[];
  if (row(lines[0]!).length === 1) return lazyList(lines, (line) => parsed(line, unreadable));
  return lazyRows(lines, row, (line) =>
    unreadable(new Error(`A line has another number of items: ${line.slice(0, 80)}`)),
  );
}

/** The text of an object: the same for the same object, one rule a line. `rows` names members whose own are a line each. */
export function laidOutText(data: object, rows: readonly string[] = []): string {
  const text = laidOut(data, '', new Set(rows));
  // oxlint-disable-next-line no-control-regex -- what is not ASCII is told by where ASCII ends
  return `${text.replaceAll(/[^\u0000-\u007F]/g, escaped)}\n`;
}

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

const WIDTH = 120;
/** Short items of which there are many: a line for so many of them is read much sooner than one for each. */
const TOGETHER = { key: 'conditions', items: 16 } as const;

/** Objects are spread over lines where they are long; the items of lists and the members of a rule set are rows. */
function laidOut(value: unknown, indent: string, rowsOf: ReadonlySet<string>, rows = false): string {
  const line = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || line.length + indent.length <= WIDTH) return line;
  const inner = `${indent} `;
  if (Array.isArray(value)) return `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n${indent}]`;
  const isRules = 'conditions' in value && 'variables' in value;
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  const written = members.map(([key, item]) => {
    const name = JSON.stringify(key);
    if (rows) return `${name}: ${JSON.stringify(item)}`;
    if (isRules && key === TOGETHER.key) return `${inner}${name}: ${together(item as readonly unknown[], inner)}`;
    return `${inner}${name}: ${laidOut(item, inner, rowsOf, isRules || rowsOf.has(key))}`;
  });
  return `{\n${written.join(',\n')}\n${indent}}`;
}

/** A list with so many items in a line. */
function together(items: readonly unknown[], indent: string): string {
  const line = JSON.stringify(items);
  if (line.length + indent.length <= WIDTH) return line;
  const lines: string[] = [];
  for (let at = 0; at < items.length; at += TOGETHER.items)
    lines.push(JSON.stringify(items.slice(at, at + TOGETHER.items)).slice(1, -1));
  return `[\n${lines.join(',\n')}\n${indent}]`;
}
