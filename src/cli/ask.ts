import { createReadStream, statSync } from 'node:fs';
import { nearest, stockOf, installOf, type Packages, wrongInstall } from '../catalog/index.ts';
import { findPlugins, listPlugins, parseJson, readPackages, readRelease } from '../disk/index.ts';
import {
  bulkAnswer,
  type BulkQuestion,
  ignoredWords,
  labelsOf,
  type ReleaseData,
  releaseName,
  type Stock,
  takenCapability,
  wrongShape,
  wrongWords,
} from '../engine/index.ts';
import { createMachine, type Machine, unpackRules, WhichattnError } from '../rules/index.ts';
import { type Answered, idOf, type Line, linesOf, LONGEST, noQuestion, textOf } from './bulklines.ts';
import type { Asked, Command, ExitCode } from './command.ts';
import { FACTS_FLAG, INSTALL_FLAG, PLATFORM_FLAG, PLUGIN_FLAG, TRANSFORMERS_FLAG, VLLM_FLAG } from './questionflags.ts';

export const askCommand: Command = {
  usage: '--vllm VERSION [--serve] [FILE] < questions.jsonl > answers.jsonl',
  words: [0, 1],
  offers: 'files',
  flags: [
    VLLM_FLAG,
    PLUGIN_FLAG,
    INSTALL_FLAG,
    { ...TRANSFORMERS_FLAG, says: `With --serve. ${TRANSFORMERS_FLAG.says}` },
    FACTS_FLAG,
    { name: 'serve', says: 'The lines are whole commands, each with its model and machine.' },
    { name: 'started', says: 'With --serve: what a start makes beside the model may refuse it too.' },
  ],
  more: [
    'Questions and answers have the form of the recorded answers in test/oracle. A line that is no question gets',
    '{"error": {"code": …}} in its place, and the exit code is 1. What depends on an unknown fact is null and named in',
    '"unknown"; "needs" names the facts. What nothing rests on, as a name that is misspelt, is listed in "ignored"; a device',
    'that was taken because the question names none stands in "taken".',
    '',
    'With --serve each line is a case: id, args (the words after vllm), env, gpu (name, capability, memory_gib), gpu_count,',
    'hf_config, perhaps hf_quant_config, files and release, which --vllm may say for all. Its answer has error, groups of layers',
    'with their backends, what is resolved, and what is unknown, with why. Records of vLLM, {"case", "answer"}, are taken too.',
  ].join('\n'),
  run,
};

async function run(asked: Asked): Promise<ExitCode> {
  for (const flag of ['started', TRANSFORMERS_FLAG.name])
    if ((asked.has(flag) || asked.flag(flag) !== undefined) && !asked.has('serve'))
      throw new WhichattnError({ code: 'bad-flag', what: `--${flag} goes with --serve` });
  // what reads a file of flags is loaded where it may be needed
  const answer = asked.has('serve')
    ? (await import('./askserve.ts')).caseLines(asked)
    : createAnswerer(releaseOf(asked), asked);
  const [file] = asked.words;
  if (file === undefined && process.stdin.isTTY) {
    throw new WhichattnError({
      code: 'no-input',
      what: 'Nothing is piped in',
      why: 'The questions come from standard input, and that is the terminal.',
      todo: 'Pipe a file of questions in, or name it.',
    });
  }
  let failed = 0;
  let lines: string[] = [];
  let size = 0;
  for await (const line of linesOf(file === undefined ? process.stdin : bytesOf(file), LONGEST)) {
    const { text, wrong } = answer(line);
    if (wrong) failed += 1;
    lines.push(text);
    size += text.length;
    if (size < 1 << 16) continue;
    await write(lines);
    lines = [];
    size = 0;
  }
  await write(lines);
  if (failed > 0) process.stderr.write(`${failed} ${failed === 1 ? 'line is' : 'lines are'} no question.\n`);
  return failed > 0 ? 1 : 0;
}

/** The bytes of a file. Throws where there is none of that name. */
function bytesOf(file: string): AsyncIterable<Buffer> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) return createReadStream(file);
  throw new WhichattnError({
    code: 'no-file',
    what: found === undefined ? 'There is no such file' : 'It is a directory, not a file of questions',
    where: file,
  });
}

async function write(lines: readonly string[]): Promise<void> {
  if (lines.length === 0 || process.stdout.write(`${lines.join('\n')}\n`)) return;
  await new Promise((resolve) => process.stdout.once('drain', resolve));
}

/** The release that is asked about, with the plug-in that is meant. Throws when none is named. */
export function releaseOf(asked: Asked): ReleaseData {
  const version = asked.flag('vllm');
  const plugin = asked.flag('plugin');
  if (plugin !== undefined) return pluginOf(version, plugin, asked);
  if (version !== undefined) return broughtBy(version, asked) ?? readRelease(version);
  throw new WhichattnError({
    code: 'no-release',
    what: 'Which release of vLLM?',
    todo: 'Say it: --vllm VERSION. `whichattn releases` lists them.',
  });
}

/** The platform that is asked for, of a command that asks for one. */
const platformAsked = (asked: Asked): string | undefined => asked.flag(PLATFORM_FLAG.name);

/** What was learned of a plug-in: with the release that is named, or with the newest. Throws where there is none. */
function pluginOf(vllm: string | undefined, plugin: string, asked: Asked): ReleaseData {
  const [newest] = findPlugins({ vllm, plugin, platform: platformAsked(asked) });
  if (newest !== undefined) return newest;
  const known = listPlugins().map(({ release }) => release);
  throw new WhichattnError({
    code: 'unknown-plugin',
    what: `The plug-in ${JSON.stringify(plugin)} has not been learned${vllm === undefined ? '' : ` with ${vllm}`}`,
    why: known.length > 0 ? `Learned are ${known.join(', ')}.` : 'None has been.',
    todo: 'To learn it: `whichattn learn VLLM --plugin PATH`, with the sources of the release and of the plug-in.',
  });
}

/** What brings a platform to a release: a plug-in, where there is one. Throws where there are several. */
function broughtBy(vllm: string, asked: Asked): ReleaseData | undefined {
  const platform = platformAsked(asked);
  if (platform === undefined) return undefined;
  const [newest, ...others] = findPlugins({ vllm, platform });
  const names = new Set([newest, ...others].flatMap((one) => one?.plugin?.name ?? []));
  if (newest === undefined || names.size === 1) return newest;
  throw new WhichattnError({
    code: 'which-plugin',
    what: `Several plug-ins bring the platform ${platform} to ${vllm}`,
    todo: `Say which: --plugin ${[...names].join(' or --plugin ')}.`,
  });
}

/** What is installed, by the flags. */
export function stockFor(packages: Packages, asked: Asked, release: ReleaseData, platform: string): Stock {
  const facts = asked.flag('facts') ?? 'stock';
  const { capability: _, ...conventions } = packages.conventions;
  if (facts === 'none') return stockOf({ ...packages, conventions }, {});
  if (facts !== 'stock') {
    throw new WhichattnError({
      code: 'bad-flag',
      what: `--facts is stock or none, not ${JSON.stringify(facts)}`,
      suggestions: nearest(facts, ['stock', 'none']),
    });
  }
  const requirements = release.requirements[platform];
  // what is installed on a platform of a plug-in is not known
  if (release.plugin !== undefined) return stockOf(packages, {});
  return stockOf(
    packages,
    installOf(packages, platform, asked.flag('install') ?? 'image', { ...release, requirements }),
  );
}

/** Answers lines with a release; a line that is no question becomes an error in its place. */
export function createAnswerer(release: ReleaseData, asked: Asked): (line: Line) => Answered {
  const packages = readPackages();
  const platforms = new Map<string, { readonly machine: Machine; readonly stock: Stock }>();
  const on = (platform: string): { readonly machine: Machine; readonly stock: Stock } => {
    const known = platforms.get(platform);
    if (known !== undefined) return known;
    const packed = release.selection[platform];
    if (packed === undefined) throw notLearned(platform, Object.keys(release.selection));
    const made = { machine: createMachine(unpackRules(packed)), stock: stockFor(packages, asked, release, platform) };
    platforms.set(platform, made);
    return made;
  };
  // what is wrong with the flags is wrong with all lines
  const [usual] = release.plugin === undefined ? ['cuda'] : (Object.keys(release.selection) as [string]);
  on(Object.keys(release.selection)[0]!);
  const isPackage = (name: string): boolean => Object.hasOwn(packages.keys, name);
  return (line) => {
    let id: string | undefined;
    try {
      const value = parseJson(textOf(line), 'the line');
      id = idOf(value);
      const question = questionOf(value, packages);
      const { machine, stock } = on(question.platform ?? usual);
      const wrong = wrongWords(question, labelsOf(machine.rules, 'call.attn_type'));
      if (wrong !== undefined) throw badly(wrong);
      const answer = bulkAnswer(machine, question, stock, releaseName(release));
      const taken = takenCapability(question, stock);
      const aside = {
        ignored: ignoredWords(question, release, machine.rules, isPackage),
        ...(taken === undefined ? {} : { taken: { 'device.capability': taken } }),
      };
      return { text: JSON.stringify({ ...answer, ...aside }), wrong: false };
    } catch (error) {
      if (!(error instanceof WhichattnError)) throw error;
      return noQuestion(error, id);
    }
  };
}

const notLearned = (platform: string, known: readonly string[]): WhichattnError =>
  new WhichattnError({
    code: 'unknown-platform',
    what: `The selection for platform ${JSON.stringify(platform)} has not been learned`,
    suggestions: nearest(platform, known),
    why: `Learned: ${known.join(', ')}.`,
  });

const badly = (what: string): WhichattnError => new WhichattnError({ code: 'bad-question', what });

/** A value as a question. Throws where it is none. */
function questionOf(value: unknown, { keys }: Packages): BulkQuestion {
  const shape = wrongShape(value);
  if (shape !== undefined) throw badly(shape);
  const question = value as BulkQuestion;
  const install = question.install && wrongInstall(keys, question.install);
  if (install !== undefined) throw badly(`"install.${install.replace(' ', '" ')}`);
  return question;
}
