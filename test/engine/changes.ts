import type { GivenFact, Json, Question } from '../../src/engine/index.ts';
import type { ValueSet } from '../../src/rules/index.ts';

/*
 * Questions with a fact changed as a decision says it can be.
 */

/** The question with one fact of that value, or with both parts of a joined one. */
export function set(question: Question, fact: string, value: unknown): Question {
  const given = (v: unknown): GivenFact =>
    v === '{missing}' ? { missing: true, from: 'flag' } : { value: v as Json, from: 'flag' };
  if (fact !== 'device.capability') return { ...question, facts: { ...question.facts, [fact]: given(value) } };
  const [major, minor] = String(value).replace('x', '0').split('.').map(Number);
  return { ...question, facts: { ...question.facts, 'device.major': given(major), 'device.minor': given(minor) } };
}

/** Values that a set holds, found from its data alone. */
export function some(
  { values = [], min, max, multipleOf = 1, except, not }: ValueSet,
  tried: readonly number[],
): unknown[] {
  if (not) return tried.filter((n) => some(not, [n]).length === 0);
  if (min === undefined && max === undefined && multipleOf === 1 && !except)
    return [...values].filter((v) => !String(v).includes('–'));
  return tried.filter(
    (n) =>
      (min === undefined || n >= min) &&
      (max === undefined || n <= max) &&
      n % multipleOf === 0 &&
      !except?.includes(n),
  );
}
