#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { WhichattnError } from '../rules/index.ts';

/** What a command gives back: 0 answered · 1 answered, and it found something · 2 asked wrongly · 3 we failed. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Answers on stdout, talks on stderr. A WhichattnError that it throws is a question asked wrongly. */
  readonly run: (args: readonly string[]) => Promise<ExitCode>;
}

/** The commands by name, in the order help lists them. */
const commands: ReadonlyMap<string, Command> = new Map<string, Command>([]);

function help(): string {
  const width = Math.max(0, ...[...commands.keys()].map((name) => name.length));
  const list = [...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return ['Usage: whichattn COMMAND …', '', ...list, '  --help, --version', ''].join('\n');
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}

async function main([name, ...args]: readonly string[]): Promise<ExitCode> {
  if (name === '--help' || name === 'help' || name === undefined) {
    process.stdout.write(help());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = commands.get(name);
  if (command === undefined) {
    throw new WhichattnError({
      code: 'unknown-command',
      what: `There is no command ${JSON.stringify(name)}`,
      todo: 'whichattn --help lists the commands.',
    });
  }
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const asked = error instanceof WhichattnError;
  process.stderr.write(`${asked ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = asked ? 2 : 3;
}
