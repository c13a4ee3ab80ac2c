/** Keyword arguments of `LLM(…)` as the words of a line that gives the same arguments. */
import { WhichattnError } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { ArgumentTable, Flag, Refusal } from './flags.ts';
import { pythonJson } from './rewrite.ts';

/** The words, or why there are none. */
export function wordsOfKeywords(
  { flags }: ArgumentTable,
  keywords: Readonly<Record<string, Json>>,
): { readonly argv: readonly string[] } | { readonly refusal: Refusal } {
  const { model, ...others } = keywords;
  const argv: string[] = typeof model === 'string' ? [model] : [];
  for (const [name, value] of Object.entries(others)) {
    const flag = flags.find(({ dest, options }) => dest === name && options.length > 0);
    if (flag === undefined) return { refusal: noArgument(flags, name) };
    argv.push(...wordsOf(flag, value));
  }
  return { argv };
}

const noArgument = (flags: readonly Flag[], name: string): Refusal => ({
  code: 'bad-command-line',
  text: `LLM takes no argument ${name}`,
  typed: name,
  among: flags.map(({ dest }) => dest),
});

/** One argument as words: none where it is what holds without it. */
function wordsOf(flag: Flag, value: Json): readonly string[] {
  const byDefault = flag.default && 'value' in flag.default ? flag.default.value : undefined;
  if (value === byDefault || (value === null && byDefault === undefined)) return [];
  const option = flag.options.find((one) => one.startsWith('--')) ?? flag.options[0]!;
  if (flag.action === 'set') {
    const sets = flag.options.find((one) => flag.sets?.[one] === value);
    if (sets === undefined) throw unreadValue(flag.dest, value);
    return [sets];
  }
  const isObject = flag.default !== undefined && 'object' in flag.default;
  if (value === null || typeof value === 'boolean' || (isObject && typeof value !== 'object'))
    throw unreadValue(flag.dest, value);
  if (Array.isArray(value) && flag.nargs !== undefined) return [option, ...value.map(textOf)];
  return [`${option}=${textOf(value)}`];
}

const unreadValue = (name: string, value: Json): WhichattnError =>
  new WhichattnError({
    code: 'keyword-value',
    what: `The line gives ${name}=${JSON.stringify(value)}`,
    why: 'No flag of `vllm serve` gives the same, so it is not read.',
    todo: 'Leave it out, or give the line of `vllm serve` that is meant.',
  });

const textOf = (value: Json): string => (typeof value === 'string' ? value : pythonJson(value));
