#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { nearest } from '../catalog/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { askCommand } from './ask.ts';
import { type Command, type ExitCode, readArguments } from './command.ts';
import { completionCommand } from './completion.ts';
import { generalHelp, helpOf } from './help.ts';
import { learnCommand } from './learn.ts';
import { backendsCommand, gpusCommand, releasesCommand } from './lists.ts';
import { hasColour } from './style.ts';

/** The commands, in the order help lists them. */
const commands: readonly Command[] = [askCommand, gpusCommand, releasesCommand, backendsCommand, learnCommand];
const completion = completionCommand(commands);
const all: readonly Command[] = [...commands, completion];

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}

async function main([name, ...args]: readonly string[]): Promise<ExitCode> {
  if (name === '--help' || name === '-h' || name === 'help' || name === undefined) {
    const asked = all.find((command) => command.name === args[0]);
    process.stdout.write(name === 'help' && asked !== undefined ? helpOf(asked) : generalHelp(all));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = all.find((one) => one.name === name);
  if (command === undefined) {
    throw new WhichattnError({
      code: 'unknown-command',
      what: `There is no command ${JSON.stringify(name)}`,
      suggestions: nearest(
        name,
        all.map((one) => one.name),
      ),
      todo: 'whichattn --help lists the commands.',
    });
  }
  const asked = readArguments(command, args);
  if (!asked.has('help')) return command.run(asked);
  process.stdout.write(helpOf(command));
  return 0;
}

/** Shows what went wrong: our own errors as they are, in JSON where that was asked for; anything else is a bug. */
function fail(error: unknown, json: boolean): ExitCode {
  if (!(error instanceof WhichattnError)) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 3;
  }
  if (json) process.stdout.write(`${JSON.stringify({ schemaVersion: 1, error: error.toJSON() }, null, 2)}\n`);
  else process.stderr.write(`${hasColour(process.stderr) ? `\u001B[31m${error.message}\u001B[39m` : error.message}\n`);
  return 2;
}

// a reader that has seen enough is no failure: `whichattn gpus | head`
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const args = process.argv.slice(2);
try {
  process.exitCode = await main(args);
} catch (error) {
  process.exitCode = fail(error, args.includes('--json'));
}
