import { DEEPEST, isTooDeep, WhichattnError } from '../rules/index.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * JSON as Python reads it, which is what a model's config was written for: the words NaN, Infinity and -Infinity are
 * numbers. What is wrong JSON for Python too is an error with its line and column.
 */
export function parseJson(text: string, where: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (text.length <= DEEPEST || !isTooDeep(value)) return value;
  } catch {
    // the words that JSON.parse refuses, or a mistake
  }
  // Seldom, so it may be slow: it knows those words, and the place of a mistake, which JSON.parse does not say.
  return document({ text, where, at: 0, path: [] });
}

/** The same, where the only useful value is an object. */
export function parseJsonObject(
  text: string,
  where: string,
  todo = 'Give the config.json of a model: one object, with keys such as model_type.',
): JsonObject {
  const value = parseJson(text, where);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new WhichattnError({
    code: 'bad-config',
    what: `It holds ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`}, not an object`,
    where,
    todo,
  });
}

/**
 * The keys of an object of JSON whose numbers are whole and written as floats (`32.0`, `1e3`): for Python these are no ints, and
 * `JSON.parse` does not tell them apart. Keys of an object inside stand after its own key and a point, as do the numbers of the items
 * of a list. Empty for a text that is no object.
 */
export function keysOfFloats(text: string): readonly string[] {
  if (!FLOAT.test(text)) return [];
  const floats: string[] = [];
  try {
    document({ text, where: '', at: 0, path: [], floats });
  } catch (error) {
    if (!(error instanceof WhichattnError)) throw error;
  }
  return floats;
}

const FLOAT = /\d(?:\.\d|[eE])/;

interface Cursor {
  readonly text: string;
  readonly where: string;
  at: number;
  /** The keys that lead to where it is. */
  readonly path: string[];
  /** Where keys that hold whole floats are kept, if they are. */
  readonly floats?: string[];
}

const SPACE = /[ \t\n\r]*/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids them inside a string, so the pattern names them
const STRING = /"[^"\\\u0000-\u001F]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001F]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null|NaN|-?Infinity/y;
const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

function document(cursor: Cursor): unknown {
  const value = valueAt(cursor, 0);
  skip(cursor);
  if (cursor.at < cursor.text.length) throw mistake(cursor, 'the end');
  return value;
}

function valueAt(cursor: Cursor, depth: number): unknown {
  skip(cursor);
  if (depth > DEEPEST) throw mistake(cursor, `no more than ${DEEPEST} values inside each other`);
  if (eat(cursor, '{')) return objectAt(cursor, depth);
  if (eat(cursor, '[')) return listAt(cursor, depth);
  if (cursor.text[cursor.at] === '"') return stringAt(cursor);
  const word = take(cursor, WORD);
  if (word !== undefined) return WORDS.get(word);
  const number = take(cursor, NUMBER);
  if (number !== undefined) {
    if (FLOAT.test(number) && Number.isInteger(Number(number))) cursor.floats?.push(cursor.path.join('.'));
    return Number(number);
  }
  throw mistake(cursor, 'a value');
}

function objectAt(cursor: Cursor, depth: number): JsonObject {
  const entries: [string, unknown][] = [];
  skip(cursor);
  if (eat(cursor, '}')) return {};
  do {
    skip(cursor);
    if (cursor.text[cursor.at] !== '"') throw mistake(cursor, 'a key in double quotes');
    const key = stringAt(cursor);
    skip(cursor);
    if (!eat(cursor, ':')) throw mistake(cursor, 'a colon');
    cursor.path.push(key);
    entries.push([key, valueAt(cursor, depth + 1)]);
    cursor.path.pop();
    skip(cursor);
  } while (eat(cursor, ','));
  if (!eat(cursor, '}')) throw mistake(cursor, 'a comma or }');
  return Object.fromEntries(entries);
}

function listAt(cursor: Cursor, depth: number): unknown[] {
  const items: unknown[] = [];
  skip(cursor);
  if (eat(cursor, ']')) return items;
  do {
    cursor.path.push(String(items.length));
    items.push(valueAt(cursor, depth + 1));
    cursor.path.pop();
    skip(cursor);
  } while (eat(cursor, ','));
  if (!eat(cursor, ']')) throw mistake(cursor, 'a comma or ]');
  return items;
}

function stringAt(cursor: Cursor): string {
  const quoted = take(cursor, STRING);
  if (quoted === undefined) throw mistake(cursor, 'a string that ends on its line, with valid escapes');
  return JSON.parse(quoted) as string;
}

function skip(cursor: Cursor): void {
  take(cursor, SPACE);
}

function eat(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  return true;
}

function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.at += found.length;
  return found;
}

/** The mark that some editors put before a text of UTF-8. */
export const MARK = '\uFEFF';

/** The error for a text that begins with it, which Python does not take either. */
const marked = (where: string): WhichattnError =>
  new WhichattnError({
    code: 'bad-json',
    what: 'It is not JSON: it begins with a byte order mark',
    where,
    todo: 'Save it as UTF-8 without one.',
  });

function mistake({ text, where, at }: Cursor, expected: string): WhichattnError {
  const before = text.slice(0, at).split('\n');
  if (at === 0 && text.startsWith(MARK)) throw marked(where);
  const met = at < text.length ? JSON.stringify(text.slice(at, at + 12).split('\n', 1)[0]) : 'the end of the text';
  return new WhichattnError({
    code: 'bad-json',
    what: `It is not JSON: line ${before.length}, column ${(before.at(-1) ?? '').length + 1}: expected ${expected}, met ${met}`,
    where,
  });
}
