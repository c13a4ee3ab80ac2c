import type { Command, Asked, ExitCode } from './command.ts';
import {
  VLLM_FLAG,
  PLATFORM_FLAG,
  LAYER_FLAG,
  INSTALL_FLAG,
  TRANSFORMERS_FLAG,
  FACTS_FLAG,
  ENV_FLAG,
  SET_FLAG,
} from './questionflags.ts';
import { type Verdict, verdictOf } from './checkstart.ts';
import { readLogs } from './log.ts';
import { WhichattnError } from '../rules/index.ts';
import { printable, printableJson } from './style.ts';
import { verdictLines } from './checklayout.ts';

export const checkCommand: Command = {
  usage: 'LOG|- [--command "vllm serve …"] [--gpu GPU] [--model PATH]',
  words: [1, 1],
  offers: 'files',
  flags: [
    {
      name: 'command',
      value: 'LINE',
      says: 'The line that started the server; else what the log says that it was given.',
    },
    { ...VLLM_FLAG, says: 'The release; else the one that the log names.' },
    { name: 'gpu', value: 'GPU', says: 'The GPU by any of its names; a log never prints it.', offers: 'gpus' },
    PLATFORM_FLAG,
    {
      name: 'model',
      value: 'PATH|-|NAME',
      says: 'Where the config.json is; else what the line serves.',
      offers: 'files',
    },
    {
      ...LAYER_FLAG,
      says: 'Of a release whose whole lines are not learned, one layer: head_size=128; the log says its dtypes.',
    },
    INSTALL_FLAG,
    TRANSFORMERS_FLAG,
    FACTS_FLAG,
    ENV_FLAG,
    SET_FLAG,
    { name: 'allow-unknown', says: 'End with 0, too, where it cannot be told; a start that failed ends with 1.' },
  ],
  more: [
    'Compares what a server chose, by its log, with what its release would choose for the question that the log states: start by',
    'start, where a log or a folder holds several. Where they differ, single facts are named with which the release would have',
    'chosen what ran: those found by deciding again.',
    'Exit codes: 0 agrees · 1 differs, the start failed, or it cannot be told · 2 it is no log of vLLM · 3 we failed.',
  ].join('\n'),
  run,
};

/** A start that was compared. */
interface ComparedStart {
  readonly file: string;
  readonly firstLine: number;
  readonly verdict: Verdict;
}

async function run(asked: Asked): Promise<ExitCode> {
  const logs = await readLogs(asked.words);
  const compared: ComparedStart[] = [];
  for (const { file, starts } of logs)
    for (const start of starts)
      compared.push({ file, firstLine: start.firstLine, verdict: await verdictOf(asked, start) });
  if (compared.length === 0)
    throw new WhichattnError({ code: 'no-log', what: 'It shows no start of vLLM', where: asked.words[0] });
  const [only, ...others] = compared;
  // of one start alone what is said is said of the log
  const whole = others.length === 0 ? only!.verdict : { verdict: worstOf(compared), starts: compared.map(flat) };
  process.stdout.write(
    asked.json
      ? `${printableJson(JSON.stringify({ schemaVersion: 1, ...whole }, null, 2))}\n`
      : `${printable(compared.flatMap((one, i) => blockOf(one, i, others.length > 0)).join('\n'))}\n`,
  );
  return compared.every(({ verdict }) => isGood(verdict, asked.has('allow-unknown'))) ? 0 : 1;
}

/** One of several starts, as JSON. */
const flat = ({ file, firstLine, verdict }: ComparedStart): object => ({ file, firstLine, ...verdict });

/** One start in lines; of several each with where it begins. */
function blockOf({ file, firstLine, verdict }: ComparedStart, i: number, several: boolean): string[] {
  const lines = verdictLines(verdict);
  return several ? [...(i > 0 ? [''] : []), `${file}:${firstLine}`, ...lines] : lines;
}

const worstOf = (compared: readonly ComparedStart[]): Verdict['verdict'] =>
  (['differs', 'cannot tell'] as const).find((worst) => compared.some(({ verdict }) => verdict.verdict === worst)) ??
  'agrees';

/** Whether a start is one to go on with: one that failed is not, whatever is known of it. */
const isGood = ({ verdict, reached }: Verdict, allowsUnknown: boolean): boolean =>
  reached !== 'failed' && (verdict === 'agrees' || (verdict === 'cannot tell' && allowsUnknown));
