/** The commands: which there are, how one of them is run, how an error is shown. */
import { readFileSync } from 'node:fs';
import { nearest } from '../catalog/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { type Command, type ExitCode, readArguments } from './command.ts';
import { withoutSecrets } from './secrets.ts';
import { hasColour, printable } from './style.ts';

interface Listed {
  readonly name: string;
  readonly summary: string;
  /** A command is loaded when it is asked for: none pays for what another needs. */
  readonly load: () => Promise<Command>;
}

/** The commands, in the order help lists them. */
const commands: readonly Listed[] = [
  {
    name: 'why',
    summary: 'Say which backend a `vllm serve` line will run, why, and what else it could run.',
    load: async () => (await import('./why.ts')).whyCommand,
  },
  {
    name: 'ask',
    summary: 'Answer selection questions in bulk: one JSON object a line in, one a line out.',
    load: async () => (await import('./ask.ts')).askCommand,
  },
  {
    name: 'log',
    summary: 'Say what a vLLM log shows: which backend was chosen, how, and how far the start came.',
    load: async () => (await import('./log.ts')).logCommand,
  },
  {
    name: 'check',
    summary: 'Say whether a server, by its log, runs what its release would choose.',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  {
    name: 'gpus',
    summary: 'List the GPUs, or those that a name, a compute capability or a gfx stands for.',
    load: async () => (await import('./lists.ts')).gpusCommand,
  },
  {
    name: 'releases',
    summary: 'List the releases of vLLM that have been learned.',
    load: async () => (await import('./lists.ts')).releasesCommand,
  },
  {
    name: 'backends',
    summary: 'List the attention backends of a release.',
    load: async () => (await import('./lists.ts')).backendsCommand,
  },
  {
    name: 'coverage',
    summary: 'Say how much of the models of a release is read.',
    load: async () => (await import('./coverage.ts')).coverageCommand,
  },
  {
    name: 'diff',
    summary: 'Say how two releases differ in selecting a backend.',
    load: async () => (await import('./diff.ts')).diffCommand,
  },
  {
    name: 'learn',
    summary: 'Read a vLLM source tree and keep its rules as a release.',
    load: async () => (await import('./learn.ts')).learnCommand,
  },
  {
    name: 'completion',
    summary: 'Write the completion script of a shell.',
    load: async () => (await import('./completion.ts')).completionCommand(loadAll),
  },
];

/** Every command, for those that speak of all. */
const loadAll = (): Promise<(Command & Listed)[]> =>
  Promise.all(commands.map(async (listed) => ({ ...listed, ...(await listed.load()) })));

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}

async function main([name, ...args]: readonly string[]): Promise<ExitCode> {
  if (name === '--help' || name === '-h' || name === 'help' || name === undefined) {
    const asked = name === 'help' ? commands.find((command) => command.name === args[0]) : undefined;
    const { generalHelp, helpOf } = await import('./help.ts');
    process.stdout.write(asked === undefined ? generalHelp(commands) : helpOf(asked, await asked.load()));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const listed = commands.find((one) => one.name === name);
  if (listed === undefined) {
    throw new WhichattnError({
      code: 'unknown-command',
      what: `There is no command ${JSON.stringify(name)}`,
      suggestions: nearest(
        name,
        commands.map((one) => one.name),
      ),
      todo: 'whichattn --help lists the commands.',
    });
  }
  const command = await listed.load();
  const asked = readArguments(name, command, command.passesOn ? withoutSecrets(args) : args);
  if (!asked.has('help')) return command.run(asked);
  const { helpOf } = await import('./help.ts');
  process.stdout.write(helpOf(listed, command));
  return 0;
}

/** Shows what went wrong: our own errors as they are, in JSON where that was asked for; anything else is a bug. */
function fail(error: unknown, json: boolean): ExitCode {
  if (!(error instanceof WhichattnError)) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 3;
  }
  if (json) process.stdout.write(`${JSON.stringify({ schemaVersion: 1, error: error.toJSON() }, null, 2)}\n`);
  else {
    const text = printable(error.message, false);
    process.stderr.write(`${hasColour(process.stderr) ? `\u001B[31m${text}\u001B[39m` : text}\n`);
  }
  return 2;
}

/** Runs the command that the words stand for, and leaves the exit code with the process. */
export async function start(args: readonly string[]): Promise<void> {
  // a reader that has seen enough is no failure: `whichattn gpus | head`
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`The answer could not be written: ${error.message}\n`);
    process.exit(error.code === 'EPIPE' ? 0 : 3);
  });
  try {
    process.exitCode = await main(args);
  } catch (error) {
    process.exitCode = fail(error, args.includes('--json'));
  }
}
