import { nearest } from '../catalog/index.ts';
import { listPlugins, listReleases, listTransformers, readGpus } from '../disk/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { type Asked, type Command, type ExitCode, type Flag, flagsOf } from './command.ts';

/** A command with its name. */
type Named = Command & { readonly name: string; readonly summary: string };

const SHELLS: Readonly<Record<string, (commands: readonly Named[]) => string>> = { bash, zsh, fish };

/** The command that writes a shell's completion of all commands. */
export const completionCommand = (all: () => Promise<readonly Named[]>): Command => ({
  usage: Object.keys(SHELLS).join('|'),
  words: [1, 1],
  offers: Object.keys(SHELLS),
  flags: [],
  run: async (asked) => run(asked, await all()),
});

function run(asked: Asked, commands: readonly Named[]): ExitCode {
  const shell = asked.words[0]!;
  const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (write === undefined) {
    throw new WhichattnError({
      code: 'unknown-shell',
      what: `There is no completion for the shell ${JSON.stringify(shell)}`,
      suggestions: nearest(shell, Object.keys(SHELLS)),
      todo: `Known are ${Object.keys(SHELLS).join(', ')}.`,
    });
  }
  const script = write(commands);
  process.stdout.write(asked.json ? `${JSON.stringify({ schemaVersion: 1, shell, script }, null, 2)}\n` : script);
  return 0;
}

/** The words that are offered in a place; undefined where files are. */
function words(offers: Flag['offers']): readonly string[] | undefined {
  if (offers === 'releases') return listReleases().map(({ release }) => release);
  if (offers === 'plugins') return listPlugins().map(({ release }) => release.slice(release.indexOf('+') + 1));
  if (offers === 'transformers') return listTransformers().map(({ version }) => version);
  if (offers === 'gpus') return [...new Set(readGpus().map(({ aliases, name }) => aliases[0] ?? name))];
  return offers === 'files' ? undefined : (offers ?? []);
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
/** One word of a list that the shell splits at line ends alone. */
const listed = (offered: readonly string[]): string => quoted(offered.join('\n'));

function bash(commands: readonly Named[]): string {
  const flagCases = (command: Named): string[] =>
    flagsOf(command)
      .filter(({ value }) => value !== undefined)
      .map(({ name, offers }) => {
        const offered = words(offers);
        return `      ${command.name}:--${name}) ${offered === undefined ? 'COMPREPLY=($(compgen -f -- "$cur"))' : `_whichattn_offer ${listed(offered)}`}; return ;;`;
      });
  const wordCases = commands.map((command) => {
    const offered = words(command.offers);
    const flags = flagsOf(command).map(({ name }) => `--${name}`);
    const rest = offered === undefined ? 'COMPREPLY=($(compgen -f -- "$cur"))' : `_whichattn_offer ${listed(offered)}`;
    return `      ${command.name}) if [[ $cur == -* ]]; then _whichattn_offer ${listed(flags)}; else ${rest}; fi ;;`;
  });
  return [
    '# bash completion of whichattn',
    '_whichattn_offer() {',
    "  local IFS=$'\\n' word",
    '  COMPREPLY=()',
    '  for word in $1; do [[ ${word,,} == "${cur,,}"* ]] && COMPREPLY+=("$(printf %q "$word")"); done',
    '}',
    '_whichattn() {',
    '  local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}',
    '  if ((COMP_CWORD == 1)); then',
    `    _whichattn_offer ${listed([...commands.map(({ name }) => name), '--help', '--version'])}`,
    '    return',
    '  fi',
    '  case ${COMP_WORDS[1]}:$before in',
    ...commands.flatMap(flagCases),
    '  esac',
    '  case ${COMP_WORDS[1]} in',
    ...wordCases,
    '  esac',
    '}',
    'complete -F _whichattn whichattn',
    '',
  ].join('\n');
}

function zsh(commands: readonly Named[]): string {
  const colon = (text: string): string => text.replaceAll(':', String.raw`\:`).replaceAll(/[[\]]/g, String.raw`\$&`);
  const offer = (offers: Flag['offers']): string => {
    const offered = words(offers);
    return offered === undefined
      ? '_files'
      : `(${offered.map((word) => word.replaceAll(/[ ():'"]/g, String.raw`\$&`)).join(' ')})`;
  };
  const flag = ({ name, value, says, offers }: Flag): string =>
    quoted(`--${name}[${colon(says)}]${value === undefined ? '' : `:${colon(value)}:${offer(offers)}`}`);
  return [
    '#compdef whichattn',
    '# zsh completion of whichattn',
    '_whichattn() {',
    '  if ((CURRENT == 2)); then',
    '    local -a commands=(',
    ...commands.map(({ name, summary }) => `      ${quoted(`${name}:${colon(summary)}`)}`),
    '    )',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  case $words[2] in',
    ...commands.map(
      (command) =>
        `    ${command.name}) shift words; ((CURRENT--)); _arguments ${flagsOf(command).map(flag).join(' ')} ${quoted(`*: :${offer(command.offers)}`)} ;;`,
    ),
    '  esac',
    '}',
    '_whichattn "$@"',
    '',
  ].join('\n');
}

function fish(commands: readonly Named[]): string {
  const inside = (name: string): string => `-n '__fish_seen_subcommand_from ${name}'`;
  const offer = (offers: Flag['offers']): string => {
    const offered = words(offers);
    return offered === undefined
      ? '-F'
      : `-f -a ${quoted(offered.map((word) => word.replaceAll(' ', String.raw`\ `)).join(' '))}`;
  };
  return [
    '# fish completion of whichattn',
    'complete -c whichattn -f',
    ...commands.map(
      ({ name, summary }) => `complete -c whichattn -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap((command) => [
      `complete -c whichattn ${inside(command.name)} ${offer(command.offers)}`,
      ...flagsOf(command).map(
        ({ name, value, says, offers }) =>
          `complete -c whichattn ${inside(command.name)} -l ${name} ${value === undefined ? '' : `-r ${offer(offers)} `}-d ${quoted(says)}`,
      ),
    ]),
    '',
  ].join('\n');
}
