import {
  decide,
  type Decision,
  decideServer,
  type DecidingServer,
  NOT_READ,
  type ServerDecision,
  type StageError,
} from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';
import {
  ENV_FLAG,
  FACTS_FLAG,
  INSTALL_FLAG,
  LAYER_FLAG,
  PLATFORM_FLAG,
  PLUGIN_FLAG,
  SET_FLAG,
  TRANSFORMERS_FLAG,
  VLLM_FLAG,
} from './questionflags.ts';
import { askedQuestion } from './asking.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { decisionLines } from './layout.ts';
import { meantIn } from './meant.ts';
import { SHORT } from './shown.ts';
import { printable } from './style.ts';
import { withoutSecrets } from './secrets.ts';
import { serverLines } from './serverlayout.ts';

export const whyCommand: Command = {
  usage: '"vllm serve MODEL …" --gpu GPU --vllm VERSION [vLLM\'s own flags]',
  words: [0, 0],
  passesOn: true,
  flags: [
    VLLM_FLAG,
    { name: 'gpu', value: 'GPU', says: 'The GPU by any of its names; 8xNAME for eight of them.', offers: 'gpus' },
    PLATFORM_FLAG,
    PLUGIN_FLAG,
    {
      name: 'model',
      value: 'PATH|-|NAME',
      says: 'Where the config.json is; else what the line serves.',
      offers: 'files',
    },
    LAYER_FLAG,
    INSTALL_FLAG,
    TRANSFORMERS_FLAG,
    FACTS_FLAG,
    ENV_FLAG,
    SET_FLAG,
    { name: 'question', value: 'FILE|-', says: 'A question that was kept, as --json writes it.', offers: 'files' },
    { name: 'all', says: 'Show every fact, reason and change, not only what decides.' },
  ],
  more: [
    'Give the line that starts the server in quotes, or its flags alone. Flags of vLLM that stand outside the quotes are',
    'added to it. A line of Python that makes an LLM(…) is taken, and its arguments as one object of JSON. A model is a file, a',
    'folder, - for standard input, one of the Hugging Face cache, of our list, or of the hub (HF_HUB_OFFLINE=1: not asked).',
    'Exit codes:',
    '0 it would start, also where something is unknown and every answer that is left starts · 1 vLLM would refuse it, or',
    'may · 2 the question is malformed · 3 we failed.',
  ].join('\n'),
  run,
};

async function run(asked: Asked): Promise<ExitCode> {
  const question = await askedQuestion(asked);
  const command = ['whichattn', 'why', ...withoutSecrets(process.argv.slice(3)).filter((arg) => arg !== '--all')]
    .map(quoted)
    .join(' ');
  const how = { command, all: asked.has('all') };
  if ('server' in question) {
    // one more than a short answer shows, to know whether there are more
    const short: DecidingServer = how.all || asked.json ? {} : { changes: SHORT + 1, without: ['forcing'] };
    const decision = decideServer(question.server, question.question, short);
    const { error } = decision;
    if (error?.stage === 'parse' && error.type === 'SystemExit') throw turnedAway(decision, error);
    write(decision, asked.json, () => serverLines(decision, how));
    return serverExitCode(decision);
  }
  const decision = decide(question.machine, question.question);
  write(decision, asked.json, () => decisionLines(decision, how));
  return exitCode(decision);
}

/** The error for a line that vLLM's own parser turns away. */
const turnedAway = ({ release, question }: ServerDecision, error: StageError): WhichattnError =>
  new WhichattnError({
    code: 'bad-value',
    what: `vLLM ${release} turns the line away`,
    why: error.text ?? 'Its words depend on what is unknown.',
    where: error.places[0],
    suggestions: meantIn(error, question),
  });

const write = (decision: unknown, json: boolean, lines: () => readonly string[]): void =>
  void process.stdout.write(`${json ? JSON.stringify(decision, null, 2) : printable(lines().join('\n'))}\n`);

/** Whether the server would start: where that is open, whether every answer that is left starts. */
function serverExitCode({ outcome, open, complete, groups, cases }: ServerDecision): ExitCode {
  if (outcome !== 'unknown') return outcome === 'starts' ? 0 : 1;
  if (cases.length > 0) return cases.every((one) => one.outcome === 'starts') ? 0 : 1;
  const decided = groups.flatMap(({ decision }) => decision ?? []);
  const all = complete && open.length === 0 && decided.length > 0;
  return all && decided.every((decision) => exitCode(decision) === 0) ? 0 : 1;
}

/** Whether the server would start: certainly, or it may not. */
function exitCode({ outcome, possible }: Pick<Decision, 'outcome' | 'possible'>): ExitCode {
  const starts = possible.filter(({ backend }) => backend !== null && backend !== NOT_READ);
  if (outcome === 'unknown') return possible.length > 0 && starts.length === possible.length ? 0 : 1;
  return outcome === 'starts' ? 0 : 1;
}

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : /["'$`\\!]/.test(word)
      ? `'${word.replaceAll("'", String.raw`'\''`)}'`
      : `"${word}"`;
