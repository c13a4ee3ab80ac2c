/** Texts of JSON as Python reads them: a whole number that is written as a float is one. */
import { floatFact } from '../rules/index.ts';
import type { Json } from './bulk.ts';

/** A string or a number in a text of JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** The one key of what stands for such a number while a text is parsed. */
const FLOAT = '\0float';

/** The value of a text of JSON; undefined where it is none. */
export function jsonOf(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return FLOATS.test(text) ? withFloats(text) : value;
  } catch {
    return undefined;
  }
}

/** May a whole number that is written as a float stand in a text? */
const FLOATS = /\d(?:\.0|[eE])/;

function withFloats(text: string): Json {
  const marked = text.replaceAll(TOKEN, (token) =>
    /^[^"]*[.eE]/.test(token) && Number.isInteger(Number(token)) ? `{${JSON.stringify(FLOAT)}:${token}}` : token,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'object' && value !== null && FLOAT in value ? floatFact(value[FLOAT] as number) : value,
  ) as Json;
}
