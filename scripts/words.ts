/** The words that a script is run with: one place for what it takes, and for what is said of a mistake. */
import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { WhichattnError } from '#rules';

type Options = NonNullable<ParseArgsConfig['options']>;
type Words<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>;

/** Ends the script with one line about a mistake and one about what it takes. */
function wrong(takes: string, says: string): never {
  process.stderr.write(`${nameOf()}: ${says}\n${usage(takes)}`);
  process.exit(2);
}

const nameOf = (): string => path.basename(process.argv[1] ?? 'script', '.js');

const usage = (takes: string): string => `usage: node dist/scripts/${nameOf()}.js ${takes}\n`;

/** Is it a mistake of who runs the script: a file that is not there, a release that nobody learned? */
const isMistake = (error: unknown): error is Error =>
  error instanceof WhichattnError ||
  (error instanceof Error &&
    ['ENOENT', 'EISDIR', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''));

/**
 * Reads the words. `takes` says them in one line, as after the script's name; `words` how many there are beside options, at least and
 * at most. `--help` prints that line and ends with 0. A mistake is told in one line and ends with 2, one that is found
 * later (a file that is not there) too.
 */
export function scriptWords<const T extends Options>(
  takes: string,
  options: T,
  [least, most]: readonly [least: number, most: number] = [0, 0],
): Words<T> {
  const read = (): Words<T> => {
    try {
      return parseArgs({ options: { ...options, help: { type: 'boolean' } }, allowPositionals: true });
    } catch (error) {
      return wrong(takes, (error as Error).message.split('. ')[0]!);
    }
  };
  const { values, positionals } = read();
  if ('help' in values && values.help === true) {
    process.stdout.write(usage(takes));
    process.exit(0);
  }
  if (positionals.length < least) wrong(takes, `it takes ${least} or more words, and got ${positionals.length}`);
  if (positionals.length > most) wrong(takes, `what is ${JSON.stringify(positionals[most])} for?`);
  process.on('uncaughtException', (error: unknown) => {
    if (isMistake(error)) wrong(takes, error.message);
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(3);
  });
  return { values, positionals };
}

/** A number that an option gives, `otherwise` where it is not given; one that is none is a mistake. */
export function numberOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d+(?:\.\d+)?$/.test(text))
    throw new WhichattnError({ code: 'bad-flag', what: `${JSON.stringify(text)} is no number` });
  return Number(text);
}
