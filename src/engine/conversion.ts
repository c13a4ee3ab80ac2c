/** What a text on a line becomes: by the type of its flag, or by a converter of the release. */
import { floatOf, notTooDeep, UNKNOWN, textOf } from '../rules/index.ts';
import type { Fact, Machine, Resolved, Term } from '../rules/index.ts';
import { fail, repr } from './argparse.ts';
import type { Json } from './bulk.ts';
import { happened } from './events.ts';
import type { Flag, Held } from './flags.ts';
import { jsonOf } from './jsontext.ts';

interface Converted {
  /** Undefined: it cannot be said what comes out. */
  readonly value: Held;
  /** What the converter says against the text. */
  readonly error?: { readonly type: string; readonly text: Resolved };
}

/** A text through a converter of the release, by its rules. */
export function byRule(machine: Machine, name: string, text: string): Converted {
  machine.load(new Map<string, Fact>([['text', text]]));
  const { error } = happened(machine, `${name}.events`);
  if (error) return { value: undefined, error: { type: error.type, text: error.text } };
  if (error === null) return { value: undefined };
  const made = machine.resolve(machine.rules.terms[`${name}.value`] as Term);
  if (made === UNKNOWN) return { value: undefined };
  if (typeof made !== 'object' || made === null || (made as { json?: unknown }).json !== true)
    return { value: plain(made) };
  const { of, keys } = made as { of?: string; keys?: readonly string[] };
  return of === undefined ? { value: json(text) } : objectOf(text, of.slice(of.lastIndexOf('.') + 1), keys ?? []);
}

/** A number with a unit in a text of JSON, outside its strings. */
const UNIT = /\b\d+(?:\.\d+)?[kKmMgGtT]\b/;

/** A text that is validated as a configuration class: an object, or what pydantic says against it. */
function objectOf(text: string, of: string, keys: readonly string[]): Converted {
  const value = json(text);
  const refuse = (lines: readonly string[]): Converted => {
    const head = `${lines.length} validation error${lines.length === 1 ? '' : 's'} for ${of}`;
    return { value: undefined, error: { type: 'ArgumentTypeError', text: [head, ...lines].join('\n') } };
  };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const extra = Object.keys(value).filter((key) => !keys.includes(key));
    return extra.length ? refuse(extra.map((key) => `${key}\n  Unexpected keyword argument`)) : { value };
  }
  // units are written out first: what they become is not read
  if (value === undefined && UNIT.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, ''))) return { value: undefined };
  return refuse([value === undefined ? '  Invalid JSON' : '  Input should be an object']);
}

/** A resolved value without unknown parts; undefined where it has one. */
export function plain(value: Resolved): Held {
  if (value === null || typeof value !== 'object') return typeof value === 'symbol' ? undefined : value;
  if (!Array.isArray(value)) return Object.keys(value).length === 0 ? {} : undefined;
  const items = value.map((v) => plain(v as Resolved));
  return items.includes(undefined) ? undefined : (items as Json[]);
}

function json(text: string): Held {
  const value = jsonOf(text);
  return value === undefined ? undefined : notTooDeep(value);
}

/** One text as the flag's converter reads it. Throws ArgumentError where it does not suit. */
export function convert(machine: Machine, flag: Flag, text: string): Held {
  const bad = (name: string): never => invalid(flag, name, text);
  switch (flag.type) {
    case undefined:
    case 'str':
      return text;
    case 'int':
      if (OTHER_DIGITS.test(text)) return undefined;
      return /^\s*[+-]?\d+(_\d+)*\s*$/.test(text) ? Number(text.replaceAll('_', '')) : bad('int');
    case 'float': {
      if (OTHER_DIGITS.test(text)) return undefined;
      const n = floatOf(text);
      return n === undefined ? bad('float') : n;
    }
    case 'json': {
      const made = json(text);
      return made === undefined ? bad('loads') : made;
    }
    default: {
      const made = byRule(machine, flag.type, text);
      return made.error ? refuseText(machine, flag, text, made.error) : made.value;
    }
  }
}

const invalid = (flag: Flag, name: string, text: string): never =>
  fail(flag, 'bad-value', `invalid ${name} value: ${repr(text)}`, text);

/** Errors of a converter whose own words are told; of any other it is told that the value is not valid. */
const TOLD = new Set(['ArgumentTypeError', 'ValidationError']);

/** Ends with the message about a text that a flag's converter raises this error for. */
export function refuseText(
  machine: Machine,
  flag: Flag,
  text: string,
  { type, text: said }: NonNullable<Converted['error']>,
): never {
  if (!TOLD.has(type)) return invalid(flag, textOf(machine.rules.terms[`${flag.type}.name`] ?? '?'), text);
  return fail(flag, 'bad-value', typeof said === 'string' ? said : `the value ${repr(text)} is refused`, text);
}

/** Digits of another script than ASCII's: Python takes them for numbers. */
const OTHER_DIGITS = /(?![0-9])\p{Nd}/u;
