/*
 * The fields of a question of the bulk format by their paths.
 */
import type { BulkQuestion } from '#engine';

export type FieldPath = readonly string[];
type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The question with another value at a path; without the field where that is undefined, and without what holds no other. */
export function withField<Q extends BulkQuestion>(q: Q, path: FieldPath, value: unknown): Q {
  return (placed(q, path, value) ?? {}) as Q;
}

function placed(fields: unknown, [key, ...rest]: FieldPath, value: unknown): unknown {
  if (key === undefined) return value;
  const held = isFields(fields) ? fields : {};
  const inner = placed(held[key], rest, value);
  const others = Object.entries(held).filter(([other]) => other !== key);
  const all = inner === undefined ? others : [...others, [key, inner] as const];
  return all.length === 0 ? undefined : Object.fromEntries(all);
}

/** What stands at a path. */
export const fieldAt = (q: BulkQuestion, path: FieldPath): unknown =>
  path.reduce<unknown>((held, key) => (isFields(held) ? held[key] : undefined), q);

/** The paths of all fields that hold no others. */
export function fieldPaths(q: unknown, at: FieldPath = []): FieldPath[] {
  return isFields(q) ? Object.entries(q).flatMap(([key, value]) => fieldPaths(value, [...at, key])) : [at];
}
