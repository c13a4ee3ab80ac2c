/** A command line as a release reads it. */
import { nearest } from '../catalog/index.ts';
import {
  readCommand,
  type ReadArguments,
  type Refusal,
  type ReleaseData,
  type ServeCommand,
  type ServerRules,
} from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { parseJsonObject } from '../disk/index.ts';
import type { Asked } from './command.ts';
import { pair } from './surroundings.ts';

/** The command line: one that starts a server, or flags alone. */
export function serveCommand(asked: Asked): ServeCommand {
  const own = Object.fromEntries(asked.all('env').map((text) => pair('--env', text)));
  const [first = '', ...others] = asked.rest;
  if (asked.rest.length > 0 && first.trim() === '') {
    throw new WhichattnError({
      code: 'no-serve-command',
      what: 'The command is empty',
      todo: 'Give the line that starts the server: "vllm serve MODEL …".',
    });
  }
  const model = asked.flag('model');
  const withOwn = (command: ServeCommand): ServeCommand => ({ ...command, env: { ...command.env, ...own } });
  if (first.trim().startsWith('{'))
    return withOwn({
      env: {},
      argv: [],
      keywords: parseJsonObject(first, 'the line') as ServeCommand['keywords'] & {},
    });
  if (/\s/.test(first.trim())) {
    const command = readCommand(first);
    return withOwn({ ...command, argv: [...command.argv, ...others] });
  }
  if (first === 'vllm' && others[0] === 'serve') return withOwn({ env: {}, argv: others.slice(1) });
  return withOwn({ env: {}, argv: model === undefined ? asked.rest : [model, ...asked.rest] });
}

/** Reads the flags with the release's own parser. Throws when it would turn the line away. */
export function argumentsOf(
  rules: ServerRules,
  release: ReleaseData,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  own: readonly string[],
): ReadArguments {
  const read = rules.read(argv, env);
  if (read.refusal === undefined) return read;
  throw turnedAway(release, read.refusal, own);
}

/** The error for a line that vLLM's own parser turns away. */
export function turnedAway(
  release: ReleaseData,
  { code, typed, text, among, place }: Refusal,
  own: readonly string[],
): WhichattnError {
  const isKnown = code === 'unknown-flag' && among.includes(typed);
  return new WhichattnError({
    code,
    what:
      code === 'unknown-flag'
        ? typed.startsWith('-')
          ? `vLLM ${release.release} has no flag ${typed}`
          : `vLLM ${release.release} takes one model, and nothing more without a flag: ${JSON.stringify(typed)} is too much`
        : `vLLM ${release.release} turns the line away`,
    why: text,
    where: place,
    suggestions: isKnown ? [] : nearest(typed, code === 'unknown-flag' ? [...among, ...own] : among),
    todo: isKnown ? 'After a word -- nothing is a flag: leave that out.' : undefined,
  });
}

export const revisionOf = ({ facts }: ReadArguments): { readonly revision?: string } => {
  const value = facts['args.revision']?.value;
  return typeof value === 'string' ? { revision: value } : {};
};
