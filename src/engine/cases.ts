/** What a server comes to by the compute capability of its GPU, where that is not known: worked out for each. */
import { domainsFor } from './explain.ts';
import type { GivenFact, Question } from './question.ts';
import { answerServer } from './server.ts';
import type { ServerAnswer, ServerRules } from './server.ts';
import type { ServerCase } from './serverdecision.ts';

const CAPABILITY = { name: 'device.capability', inputs: ['device.major', 'device.minor'] } as const;

/** Tells the answers apart by the GPU. None where the GPU is known, or where it makes no difference that can be told. */
export function casesOf(rules: ServerRules, question: Question, now: ServerAnswer): ServerCase[] {
  const { name, inputs } = CAPABILITY;
  const domain = inputs.some((input) => now.known.get(input) !== undefined)
    ? undefined
    : domainsFor(rules.selection).joined(name, inputs, '.');
  if (domain === undefined) return [];
  // where the first number settles it, the second is not looked at
  const byFirst = new Map<unknown, ServerAnswer>();
  const answer = (values: Readonly<Record<string, unknown>>): ServerAnswer =>
    answerServer(rules, withDevice(question, values), {
      like: { answer: now, changed: new Set(Object.keys(values)) },
    });
  const results = domain.regions.map((region) => {
    const [first, second] = inputs.map((input) => region[input]);
    const half = byFirst.get(first) ?? answer({ [inputs[0]]: first });
    byFirst.set(first, half);
    return isSettled(half) ? half : answer({ [inputs[0]]: first, [inputs[1]]: second });
  });
  const keys = results.map(summary);
  return [...new Set(keys)].map((key): ServerCase => {
    const { error, groups, outcome } = results[keys.indexOf(key)]!;
    return {
      fact: name,
      is: domain.describe((region) => keys[region] === key),
      outcome,
      backends: error ? [] : [...new Set(groups.map(({ backend }) => backend))],
      error: error ?? null,
    };
  });
}

const withDevice = (question: Question, values: Readonly<Record<string, unknown>>): Question => ({
  ...question,
  facts: {
    ...question.facts,
    ...Object.fromEntries(
      Object.entries(values).map(([fact, value]): [string, GivenFact] => [
        fact,
        { value: value as number, from: 'unknown' },
      ]),
    ),
  },
});

const isSettled = ({ error, groups }: ServerAnswer): boolean =>
  error !== undefined || (groups.length > 0 && groups.every(({ backend }) => backend !== null));

const summary = ({ outcome, error, groups }: ServerAnswer): string =>
  JSON.stringify(error ? [error.type, error.text] : [outcome, groups.map(({ backend, layers }) => [backend, layers])]);
