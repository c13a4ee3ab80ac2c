import path from 'node:path';
import { learnedFile, writeWhole } from '../disk/index.ts';
import { releaseName } from '../engine/index.ts';
import { WhichattnError } from '../rules/index.ts';
import { type Asked, type Command, type ExitCode, INTERRUPTED } from './command.ts';
import type { LearnResult, LearnTask } from './learning.ts';
import { partsOf, type PartSummary, summarize, type Summary, textsOf } from './learned.ts';
import { inThread } from './progress.ts';
import { columns, count, size, styled, wrapped } from './style.ts';

export const learnCommand: Command = {
  usage: 'PATH [--transformers PATH] [--beside PATH] [--plugin PATH] [--as VERSION] [--out FILE] [--selection]',
  words: [1, 1],
  offers: 'files',
  flags: [
    {
      name: 'beside',
      value: 'PATH',
      says: 'The source release of a wheel: platforms that the wheel is not built for are read from it.',
      offers: 'files',
    },
    {
      name: 'transformers',
      value: 'PATH',
      says: 'The package transformers: the configuration classes that the release derives from its own are learned, too.',
      offers: 'files',
    },
    {
      name: 'plugin',
      value: 'PATH',
      says: 'A package that brings a platform to this release: that platform is learned, and nothing else.',
      offers: 'files',
    },
    { name: 'as', value: 'VERSION', says: 'The version to learn it as; else what the tree says of itself.' },
    { name: 'out', value: 'FILE', says: 'Where to write it; else data/releases/VERSION.json.', offers: 'files' },
    {
      name: 'selection',
      says: 'Learn alone how a backend is selected for one layer, in seconds: whole lines cannot be asked then.',
    },
  ],
  more: [
    'PATH is a source release (.tar.gz), a wheel (.whl), or a folder that holds the package vllm: an unpacked source',
    'release, a checkout, site-packages. Nothing of it is run. What could not be read exactly is listed. A wheel holds',
    'what the build of a release fetches, too; where a source release lacks such a file, what it says stays open.',
    'A plug-in is a wheel, a source release or a folder as well: vLLM finds it by its entry points, and so does this. It is kept',
    'as data/plugins/VERSION+PLUGIN-VERSION.json, and answers where --platform names its platform, or --plugin the plug-in.',
    "Of a tree of transformers, its configuration classes are learned: they say what becomes of a model's config.json. Those that a",
    'release of vLLM has of its own derive from them: they are learned where transformers is named, or installed beside vLLM.',
  ].join('\n'),
  run,
};

/** Learns a tree in a thread of its own. Throws a WhichattnError when it is none. */
export const learnFrom = (task: LearnTask, stop: AbortSignal): Promise<LearnResult> =>
  inThread<LearnResult>('learning', task, stop);

async function run(asked: Asked): Promise<ExitCode> {
  const task = taskOf(asked);
  const stop = new AbortController();
  const interrupted = (): void => {
    stop.abort();
  };
  process.once('SIGINT', interrupted);
  try {
    const result = await learnFrom(task, stop.signal);
    const file = asked.flag('out') ?? learnedFile(nameOf(result));
    const parts = partsOf(result);
    const texts = textsOf(result, file, today(), parts);
    for (const [path, text] of texts) await writeWhole(path, text);
    const summary = summarize(result, texts, parts);
    process.stdout.write(asked.json ? `${JSON.stringify(summary, null, 2)}\n` : laidOut(summary));
    for (const text of summary.warnings ?? []) process.stderr.write(`${text}\n`);
    return 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('Stopped; nothing was written.\n');
    return INTERRUPTED;
  } finally {
    process.off('SIGINT', interrupted);
  }
}

/** What is to be learned. Throws where flags do not go together. */
function taskOf(asked: Asked): LearnTask {
  const [plugin, transformers, selectionAlone] = [
    asked.flag('plugin'),
    asked.flag('transformers'),
    asked.has('selection'),
  ];
  const other = selectionAlone ? 'selection' : plugin === undefined ? undefined : 'plugin';
  if (other !== undefined && transformers !== undefined) {
    throw new WhichattnError({
      code: 'bad-flag',
      what: `--transformers and --${other} cannot be given together`,
      why: 'Configuration classes are asked for by whole lines, and then no whole lines are learned.',
      todo: 'Leave one of them out.',
    });
  }
  const as = checkedVersion(asked.flag('as'));
  return { from: asked.words[0]!, beside: asked.flag('beside'), transformers, as, selectionAlone, plugin };
}

/** The day, in UTC; SOURCE_DATE_EPOCH names another, as for any build that is to be repeated. */
function today(): string {
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  const seconds = epoch === undefined || !/^\d{1,11}$/.test(epoch) ? undefined : Number(epoch);
  return new Date(seconds === undefined ? Date.now() : seconds * 1000).toISOString().slice(0, 10);
}

/** Where below data/ what was learned is kept. */
function nameOf(result: LearnResult): string {
  if (!('learned' in result)) return `transformers/${result.classes.transformers}.json`;
  return `${result.learned.plugin ? 'plugins' : 'releases'}/${releaseName(result.learned)}.json`;
}

/** A version becomes the name of a file. */
function checkedVersion(version: string | undefined): string | undefined {
  if (version === undefined || /^\d[\w.+!-]*$/.test(version)) return version;
  throw new WhichattnError({
    code: 'bad-version',
    what: `${JSON.stringify(version)} is no version`,
    why: 'It starts with a digit and holds letters, digits and . + ! - _ alone.',
    where: '--as',
  });
}

/** Parts whose terms are rule sets of their own, by what these are. */
const WHOLE: Readonly<Record<string, string>> = { models: 'model classes', quantization: 'methods', making: 'methods' };

/** What was learned, of which bytes, and what was written. */
function headLines({ release, source, plugin, files, ignored, written, parts }: Summary): string[] {
  const from = plugin?.source ?? source;
  const named = styled('bold', plugin === undefined ? release : `${plugin.name} ${plugin.version}`);
  const platforms = Object.entries(plugin?.platforms ?? {});
  return [
    `Learned ${named}${plugin === undefined ? '' : ` with vLLM ${release}`} from ${from.file}, ${count(files)} Python files`,
    ...columns([
      ['  sha256', from.sha256],
      ...platforms.map(([platform, { by, class: cls }]) => [`  platform ${platform}`, `${cls}, by ${by}`]),
      ...written.map(({ file, bytes, gzipped }) => [
        '  written',
        `${path.relative('', file) || file}, ${size(bytes)}, ${size(gzipped)} gzipped`,
      ]),
      ...(ignored.length > 0
        ? [['  passed over', `${ignored.length} links out of the tree: ${ignored.join(', ')}`]]
        : []),
      ...parts.map(({ part, terms, rules, conditions }) => [
        `  ${part}`,
        `${count(terms)} ${WHOLE[part.split('.')[0]!] ?? 'terms'}, ${count(rules)} rules over ${count(conditions)} conditions`,
      ]),
    ]),
  ];
}

function laidOut(summary: Summary): string {
  const lines = headLines(summary);
  for (const part of summary.parts) lines.push('', ...unreadLines(part));
  if (summary.models !== undefined) {
    const unread = Object.entries(summary.models.unread);
    lines.push('', `  ${count(summary.models.read)} model classes; of ${unread.length} something was not read`);
    lines.push(...columns(unread.map(([name, why]) => [`    ${name}`, why])));
  }
  if (summary.classes !== undefined) {
    const unread = Object.entries(summary.classes.unread);
    lines.push(`  ${count(summary.classes.read)} configuration classes; of ${unread.length} something was not read`);
    lines.push(...columns(unread.map(([type, why]) => [`    ${type}`, why])));
  }
  return `${lines.join('\n')}\n`;
}

function unreadLines({ part, terms, unread: all, opaque }: PartSummary): string[] {
  const unread = all.filter(({ kind }) => kind !== 'modelled' && kind !== 'elsewhere');
  const modelled = all.filter(({ kind }) => kind === 'modelled').map(({ what }) => what);
  const ofTree = modelled.filter((name) => name.startsWith('vllm.'));
  const outside = modelled.filter((name) => !ofTree.includes(name));
  const elsewhere = all.filter(({ kind }) => kind === 'elsewhere').map(({ what }) => what);
  const told = [
    ...named('Names outside that were told instead of read', wrapped(outside.sort(), 116), outside.length),
    ...named(
      'Names of the tree that are said elsewhere',
      elsewhere.sort().map((what) => `    ${what}`),
      elsewhere.length,
    ),
    ...named('Names of the tree that were told instead of read', wrapped(ofTree.sort(), 116), ofTree.length),
  ];
  const kinds = (['opaque', 'outside', 'assumed', 'skipped'] as const).map(
    (kind) => `${unread.filter((row) => row.kind === kind).length} ${kind}`,
  );
  const on = (uses: readonly string[]): string =>
    uses.length > 3 ? `${uses.slice(0, 3).join(', ')} and ${uses.length - 3} more` : uses.join(', ');
  if (unread.length === 0 && opaque.length === 0)
    return [`${styled('bold', part)}: everything was read exactly`, ...told];
  return [
    `${styled('bold', part)}: not read exactly are ${unread.length} places: ${kinds.join(', ')}`,
    ...columns(
      unread.map(({ kind, place, what, count: times }) => [`  ${kind}`, place, `${times}×`, what]),
      [2],
    ),
    '',
    opaque.length === 0
      ? `  Nothing of its ${terms} terms rests on an opaque place.`
      : `  Opaque places that terms rest on: ${opaque.length}`,
    ...columns(opaque.map(({ what, place, terms: uses }) => [`  ${place ?? ''}`, what, `→ ${on(uses)}`])),
    ...told,
  ];
}

/** A list under its title with the number of what it lists; nothing where that is none. */
const named = (title: string, lines: readonly string[], count: number): readonly string[] =>
  count === 0 ? [] : ['', `  ${title}: ${count}`, ...lines];
