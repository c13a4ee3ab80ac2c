/** Reads what Python prints of a value: `repr` of lists, dictionaries, texts, numbers, and of objects by their names. */
import type { Json } from '../engine/index.ts';

/** A value, or undefined where the text is not what Python prints of one, to its very end. An object is the text that it prints. */
export function readLiteral(text: string): Json | undefined {
  const at: Place = { text, i: 0, depth: 0 };
  const value = valueAt(at);
  return value !== undefined && skip(at) === text.length ? value : undefined;
}

interface Place {
  readonly text: string;
  i: number;
  depth: number;
}

const DEEPEST = 64;

function skip(at: Place): number {
  while (at.text[at.i] === ' ') at.i += 1;
  return at.i;
}

function valueAt(at: Place): Json | undefined {
  if (at.depth > DEEPEST) return undefined;
  at.depth += 1;
  const value = read(at, at.text[skip(at)]);
  at.depth -= 1;
  return value;
}

function read(at: Place, first: string | undefined): Json | undefined {
  if (first === '[') return itemsAt(at, ']');
  if (first === '(') return itemsAt(at, ')');
  if (first === '{') return dictAt(at);
  if (first === "'" || first === '"') return textAt(at, first);
  if (first === '<') return objectAt(at);
  const found = wordAt(at);
  if (found === undefined) return undefined;
  return at.text[at.i] === '(' ? madeAt(at, found) : named(found);
}

function wordAt(at: Place): string | undefined {
  const word = /[^,:()\]}= ]+/y;
  word.lastIndex = at.i;
  const found = word.exec(at.text)?.[0];
  at.i += found?.length ?? 0;
  return found;
}

const NAME = /^[A-Za-z_][\w.]*$/;

/** An object by what it is made of: `Some(a=1, b=2)` its fields, `Path('x')` the one thing that it is made of. */
function madeAt(at: Place, name: string): Json | undefined {
  if (!NAME.test(name)) return undefined;
  const fields: [string, Json][] = [];
  const items: Json[] = [];
  at.i += 1;
  while (at.text[skip(at)] !== ')') {
    const field = /[A-Za-z_]\w*(?==)/y;
    field.lastIndex = at.i;
    const key = field.exec(at.text)?.[0];
    if (key !== undefined) at.i += key.length + 1;
    const value = valueAt(at);
    if (value === undefined || !comma(at, ')')) return undefined;
    if (key === undefined) items.push(value);
    else fields.push([key, value]);
  }
  at.i += 1;
  if (items.length === 0) return Object.fromEntries(fields);
  if (fields.length > 0) return undefined;
  return items.length === 1 ? items[0] : items;
}

function named(word: string): Json | undefined {
  if (word === 'None') return null;
  if (word === 'True' || word === 'False') return word === 'True';
  if (/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(word)) return Number(word);
  return /^[\w.]+$/.test(word) ? word : undefined;
}

function itemsAt(at: Place, end: string): Json | undefined {
  const items: Json[] = [];
  at.i += 1;
  while (at.text[skip(at)] !== end) {
    const item = valueAt(at);
    if (item === undefined || !comma(at, end)) return undefined;
    items.push(item);
  }
  at.i += 1;
  return items;
}

/** Passes over a comma; false where neither it nor the end follows. */
function comma(at: Place, end: string): boolean {
  const next = at.text[skip(at)];
  if (next === ',') at.i += 1;
  return next === ',' || next === end;
}

function dictAt(at: Place): Json | undefined {
  const entries: (readonly [string, Json])[] = [];
  const start = at.i;
  at.i += 1;
  while (at.text[skip(at)] !== '}') {
    const key = valueAt(at);
    // a set stands in the same brackets
    if (entries.length === 0 && key !== undefined && [',', '}'].includes(at.text[skip(at)] ?? '')) {
      at.i = start;
      return itemsAt(at, '}');
    }
    if ((typeof key !== 'string' && typeof key !== 'number') || at.text[skip(at)] !== ':') return undefined;
    at.i += 1;
    const value = valueAt(at);
    if (value === undefined || !comma(at, '}')) return undefined;
    entries.push([String(key), value]);
  }
  at.i += 1;
  return Object.fromEntries(entries);
}

const LAST_CODE = 0x10_ff_ff;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** How many digits follow a letter that stands for a character by its number. */
const DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** What stands behind a backslash. */
function escapedAt(at: Place): string {
  const next = at.text[at.i] ?? '';
  const digits = at.text.slice(at.i + 1, at.i + 1 + (DIGITS[next] ?? 0));
  const code = digits !== '' && /^[\da-f]+$/i.test(digits) ? Number.parseInt(digits, 16) : -1;
  if (digits.length !== DIGITS[next] || code < 0 || code > LAST_CODE) return ESCAPES[next] ?? next;
  at.i += digits.length;
  return String.fromCodePoint(code);
}

function textAt(at: Place, quote: string): string | undefined {
  let out = '';
  for (at.i += 1; at.i < at.text.length; at.i++) {
    const letter = at.text[at.i]!;
    if (letter === quote) {
      at.i += 1;
      return out;
    }
    if (letter === '\\') {
      at.i += 1;
      out += escapedAt(at);
    } else out += letter;
  }
  return undefined;
}

/**
 * An object: of a member of an enumeration `<Kind.SOME: 'some'>` the text that it stands for, of one that stands for something else,
 * `<Mode.SOME: 1>`, its name `Mode.SOME`, and of any other what is printed.
 */
function objectAt(at: Place): string | undefined {
  const end = at.text.indexOf('>', at.i);
  if (end === -1) return undefined;
  const inner = at.text.slice(at.i + 1, end);
  at.i = end + 1;
  const [, name, value] = /^([A-Za-z_]\w*\.\w+): (?:'([^'\\]*)'$)?/.exec(inner) ?? [];
  return value ?? name ?? `<${inner}>`;
}
