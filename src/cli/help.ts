import { readExamples } from '../disk/index.ts';
import { type Command, flagsOf } from './command.ts';
import { columns, styled } from './style.ts';

interface Named {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
}

/** The help of the whole: what it is for, its commands, a few examples. */
export function generalHelp(commands: readonly Named[]): string {
  return [
    'Which attention backend will this vLLM deployment run, why, and what else could it run?',
    '',
    'Usage: whichattn COMMAND …',
    '',
    ...columns(commands.map(({ name, summary }) => [`  ${styled('bold', name)}`, summary])),
    '',
    ...columns([
      ['  --help', 'Show this help; whichattn COMMAND --help shows that of a command.'],
      ['  --version', 'Show the version.'],
    ]),
    '',
    ...examples('whichattn'),
    'Exit codes: 0 answered · 1 answered, and it found something · 2 asked wrongly · 3 we failed.',
    '',
  ].join('\n');
}

/** The help of one command. */
export function helpOf({ name, summary }: Named, command: Command): string {
  const flags = flagsOf(command).map((flag) => [
    `  --${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    flag.says,
  ]);
  return [
    summary,
    '',
    `Usage: whichattn ${name} ${command.usage}`.trimEnd(),
    '',
    ...columns(flags),
    '',
    ...(command.more === undefined ? [] : [command.more, '']),
    ...examples(name),
  ].join('\n');
}

function examples(name: string): string[] {
  const lines = readExamples()[name] ?? [];
  return lines.length === 0 ? [] : ['Examples:', ...lines.map((line) => `  ${line}`), ''];
}
