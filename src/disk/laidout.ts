/** Large objects as text: JSON, laid out so that changes can be read and each member is read when it is asked for. */
import { isAscii } from 'node:buffer';
import { lazyList, lazyRecord } from '../rules/index.ts';
import { OWN_SHELF } from './shelf.ts';

/** The text of a file. */
export function textOf(file: string): string {
  const bytes = OWN_SHELF.bytesOf(file);
  // what is written here is; reading it as such is much faster
  return isAscii(bytes) ? bytes.toString('latin1') : bytes.toString();
}

/** The object of a text; `unreadable` makes the error for a member that is no JSON. */
export function readLaidOut(text: string, unreadable: (cause: unknown) => Error): Record<string, unknown> {
  const isLaidOut = text.startsWith('{\n "') && text.endsWith('\n}\n');
  if (!isLaidOut) return JSON.parse(text) as Record<string, unknown>;
  return membersOf(text, [2, text.length - 3], 1, unreadable);
}

type Range = readonly [from: number, to: number];
type Unreadable = (cause: unknown) => Error;

/** The members of an object that stands between two places, each in a line or more and set in by so many spaces. */
function membersOf(text: string, [from, to]: Range, depth: number, unreadable: Unreadable): Record<string, unknown> {
  const places = new Map<string, Range>();
  const closing = ['}', ']'].map((end) => `\n${' '.repeat(depth)}${end}`);
  for (let at = from; at < to;) {
    const colon = text.indexOf('": ', at) + 1;
    const begin = colon + 2;
    const opens = depth === 0 ? -1 : text.startsWith('{\n', begin) ? 0 : text.startsWith('[\n', begin) ? 1 : -1;
    const close = opens < 0 ? begin : text.indexOf(closing[opens]!, begin) + 1;
    const line = text.indexOf('\n', close);
    const next = line < 0 || line > to ? to : line;
    places.set(nameIn(text.slice(at + depth, colon), unreadable), [begin, text[next - 1] === ',' ? next - 1 : next]);
    at = next + 1;
  }
  return lazyRecord(
    () => [...places.keys()],
    (name) => {
      const place = places.get(name);
      return place && read(text, place, depth, name, unreadable);
    },
  );
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

function read(text: string, [from, to]: Range, depth: number, name: string, unreadable: Unreadable): unknown {
  const inside: Range = [from + 2, to - depth - 2];
  if (text.startsWith('{\n', from)) return membersOf(text, inside, text[from + 2] === ' ' ? depth + 1 : 0, unreadable);
  if (LISTS.has(name) && text.startsWith('[\n', from)) return listOf(text, inside, unreadable);
  return parsed(text.slice(from, to), unreadable);
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
const LISTS: ReadonlySet<string> = new Set(['variables', 'conditions', 'shared']);

/** A list whose items are lines, each read when it is asked for. */
function listOf(text: string, [from, to]: Range, unreadable: Unreadable): readonly unknown[] {
  return lazyList(text.slice(from, to).split(',\n'), (line) => parsed(line, unreadable));
}

/** The text of an object: the same for the same object, one rule a line. `rows` names members whose own are a line each. */
export function laidOutText(data: object, rows: readonly string[] = []): string {
  const text = laidOut(data, '', new Set(rows));
  // oxlint-disable-next-line no-control-regex -- what is not ASCII is told by where ASCII ends
  return `${text.replaceAll(/[^\u0000-\u007F]/g, escaped)}\n`;
}

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;

const WIDTH = 120;

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
    return `${inner}${name}: ${laidOut(item, inner, rowsOf, isRules || rowsOf.has(key))}`;
  });
  return `{\n${written.join(',\n')}\n${indent}}`;
}
