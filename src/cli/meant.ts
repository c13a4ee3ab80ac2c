/** What was perhaps meant by a value that vLLM refuses: the nearest of those that its own words name. */
import { nearest } from '../catalog/index.ts';
import type { DecisionError, Question } from '../engine/index.ts';

/** The values nearest to the one of the question that an error repeats; none where it repeats none, or names no other. */
export function meantIn({ text }: Pick<DecisionError, 'text'>, question: Question): string[] {
  if (text === null) return [];
  const words = new Set(text.match(WORD));
  const typed = new Set(saidIn(question).filter((word) => words.has(word)));
  const others = valuesIn(text).filter((word) => !typed.has(word));
  return [...new Set([...typed].flatMap((word) => nearest(word, others)))];
}

/** The words of the values that a line gives, and of its environment. */
function saidIn({ line, facts }: Question): string[] {
  const variables = Object.values(facts).flatMap(({ from, value }) =>
    from === 'env' && typeof value === 'string' ? [value] : [],
  );
  const values = [...(line?.given ?? []).flatMap((flag) => flag.values), ...variables];
  return values.flatMap((value) => value.match(WORD) ?? []);
}

const WORD = /[A-Za-z][\w.-]*\w/g;

/** The values that a text names: in quotes, or in a list. */
function valuesIn(text: string): string[] {
  const found = [...text.matchAll(WORD)].filter(({ 0: { length }, index }) => {
    const [before, after] = [text.slice(0, index), text.slice(index + length)];
    return (/['"]$/.test(before) && /^['"]/.test(after)) || before.endsWith(', ') || after.startsWith(',');
  });
  return [...new Set(found.map(([word]) => word))];
}
