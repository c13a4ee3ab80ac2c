/** Texts of JSON as Python reads them: a whole number that is written as a float is one. */
import { floatFact } from '../rules/index.ts';
import type { Json } from './bulk.ts';

/** A string or a number in a text of JSON, such numbers as well that only Python takes there. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|-?\bInfinity\b|\bNaN\b/g;
/** The one key of what stands for such a number while a text is parsed. */
const FLOAT = '\0float';

/** The value of a text of JSON; undefined where it is none. */
export function jsonOf(text: string): Json | undefined {
  try {
    return FLOATS.test(text) ? withFloats(text) : (JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}

/** May a whole number that is written as a float stand in a text, or one that JSON itself does not have? */
const FLOATS = /\d(?:\.0|[eE])|Infinity|NaN/;

function withFloats(text: string): Json {
  JSON.parse(text.replaceAll(TOKEN, (token) => (isBeyondJson(token) ? '0' : token)));
  const marked = text.replaceAll(TOKEN, (token) => {
    if (isBeyondJson(token)) return `{${JSON.stringify(FLOAT)}:"${token}"}`;
    const isWhole = /^[^"]*[.eE]/.test(token) && Number.isInteger(Number(token));
    return isWhole ? `{${JSON.stringify(FLOAT)}:${token}}` : token;
  });
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'object' && value !== null && FLOAT in value ? floatOf(value[FLOAT]) : value,
  ) as Json;
}

/** Is it a number that JSON itself does not have? */
const isBeyondJson = (token: string): boolean => !token.startsWith('"') && /[NI]/.test(token);

/** What stands for a number, by what it holds: the number, or its name. */
const floatOf = (held: unknown): unknown => (typeof held === 'string' ? Number(held) : floatFact(held as number));
