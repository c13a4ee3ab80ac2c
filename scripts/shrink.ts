/*
 * Makes a question on which two answers differ as small as it can be while they still do.
 */
import { type FieldPath, fieldAt, fieldPaths, withField } from './fields.ts';
import type { Asking } from './vllm.ts';

/** What a question cannot do without: which it is, and the arguments without which nothing is called. */
const NEEDED = new Set(['id', 'platform', 'kind', 'call.head_size', 'call.dtype', 'call.kv_cache_dtype']);

/** The values that say least, where a field has one that is simpler than any other. */
const PLAINEST: Readonly<Record<string, unknown>> = {
  'call.head_size': 128,
  'call.dtype': 'bfloat16',
  'call.kv_cache_dtype': 'auto',
  'device.capability': [9, 0],
};

/**
 * The smallest question found that still fails: fields are left out, and values moved to simpler ones, as long as it does.
 * `fails` is asked for one question after the other.
 */
export async function shrink(q: Asking, fails: (q: Asking) => Promise<boolean>): Promise<Asking> {
  let smallest = q;
  for (let smaller = true; smaller;) {
    smaller = false;
    for (const path of fieldPaths(smallest))
      for (const value of simplerValues(path, fieldAt(smallest, path))) {
        const next = withField(smallest, path, value);
        // oxlint-disable-next-line no-await-in-loop -- what is tried next depends on how this one came out
        if (!(await fails(next))) continue;
        smallest = next;
        smaller = true;
        break;
      }
  }
  return smallest;
}

/** What a field may hold that is simpler than this value, the simplest first: first of all nothing. */
function simplerValues(path: FieldPath, value: unknown): unknown[] {
  const name = path.join('.');
  const simpler: unknown[] = NEEDED.has(name) ? [] : [undefined];
  const plainest = PLAINEST[name];
  if (plainest !== undefined && JSON.stringify(plainest) !== JSON.stringify(value)) simpler.push(plainest);
  // a field that has a plainest value goes nowhere else once it has it
  if (typeof value === 'number' && value !== plainest)
    simpler.push(...[1, 2, Math.trunc(value / 2), value - 1].filter((n) => n >= 1 && n < value));
  return simpler;
}
