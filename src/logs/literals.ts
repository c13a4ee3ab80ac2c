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
  const word = /[^,:)\]}= ]+/y;
  word.lastIndex = at.i;
  const found = word.exec(at.text)?.[0];
  if (found === undefined) return undefined;
  at.i += found.length;
  return named(found);
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
  at.i += 1;
  while (at.text[skip(at)] !== '}') {
    const key = valueAt(at);
    if ((typeof key !== 'string' && typeof key !== 'number') || at.text[skip(at)] !== ':') return undefined;
    at.i += 1;
    const value = valueAt(at);
    if (value === undefined || !comma(at, '}')) return undefined;
    entries.push([String(key), value]);
  }
  at.i += 1;
  return Object.fromEntries(entries);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

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
      const next = at.text[at.i] ?? '';
      out += ESCAPES[next] ?? next;
    } else out += letter;
  }
  return undefined;
}

/** An object: of a member of an enumeration `<Mode.SOME: 1>` its name `Mode.SOME`, of any other what is printed. */
function objectAt(at: Place): string | undefined {
  const end = at.text.indexOf('>', at.i);
  if (end === -1) return undefined;
  const inner = at.text.slice(at.i + 1, end);
  at.i = end + 1;
  return /^([A-Za-z_]\w*\.\w+): /.exec(inner)?.[1] ?? `<${inner}>`;
}
