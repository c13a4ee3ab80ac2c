/** JSON as Python's `json` reads and writes it, of what is known. */
import { YES } from '../rules/index.ts';
import { bool, dict, float, int, list, NONE_VALUE, one, str } from './values.ts';
import type { Value } from './values.ts';

/** A JSON document that is known, as Python's objects. */
export function fromJson(value: unknown): Value {
  if (value === null || value === undefined) return NONE_VALUE;
  if (typeof value === 'boolean') return one(bool(value));
  if (typeof value === 'string') return one(str(value));
  if (typeof value === 'number') return one(Number.isInteger(value) ? int(value) : float(value));
  if (Array.isArray(value)) return one(list(value.map((v) => ({ g: YES, v: fromJson(v) }))));
  return one(dict(Object.entries(value).map(([k, v]) => ({ key: str(k), g: YES, v: fromJson(v) }))));
}

/** An object of Python as Python's `json.dumps` writes it; undefined when it is not known. */
export function toJson(value: Value): string | undefined {
  const v = value.length === 1 ? value[0]!.v : undefined;
  switch (v?.k) {
    case 'none':
      return 'null';
    case 'bool':
      return String(v.b);
    case 'int':
    case 'float':
      return v.k === 'float' && Number.isInteger(v.n) ? `${v.n}.0` : String(v.n);
    case 'str':
      return JSON.stringify(v.s).replaceAll(
        /[\u007f-\uffff]/g,
        (c) => `\\u${c.codePointAt(0)!.toString(16).padStart(4, '0')}`,
      );
    case 'list': {
      const parts = v.items.map((i) => (i.g === YES ? toJson(i.v) : undefined));
      return parts.includes(undefined) ? undefined : `[${parts.join(', ')}]`;
    }
    case 'dict': {
      const parts = v.entries.map((e) => {
        const made = e.g === YES && e.key.k === 'str' ? toJson(e.v) : undefined;
        return made === undefined ? undefined : `${toJson(one(e.key))!}: ${made}`;
      });
      return parts.includes(undefined) ? undefined : `{${parts.join(', ')}}`;
    }
    default:
      return undefined;
  }
}
