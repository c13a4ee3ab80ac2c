/*
 * Reads a tree in a thread of its own: reading follows the source as deep as it goes, which needs a larger stack than
 * the main thread has, and the main thread stays free to show how far it is and to be stopped.
 */
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import { openPlugin, openTree, type SourceTree, type TransformersData } from '../disk/index.ts';
import {
  type About,
  helpReadLayers,
  learn,
  type LearnedRelease,
  learnPlugin,
  learnSelection,
  type LineTable,
  missingFrom,
  type ModelsReader,
  partsOf,
  readLogLines,
  readPluginLines,
  requireWhole,
  readPlugin,
  readTransformers,
  STARTED,
} from '../release/index.ts';
import { WhichattnError } from '../rules/index.ts';
import type { HelpTask } from './learninghelp.ts';
import type { ModelsNote, ModelsTask } from './learningmodels.ts';
import { libraryFor, ownClasses, publicVersion } from './ownclasses.ts';
import { type Note, READING, type Task } from './progress.ts';
import { nothingTaken, takeOf, tellThrough } from './shares.ts';

/** Every tree is opened first. */
const OPEN = { name: 'open', share: 1 };
const CLASSES = { name: 'classes', share: 20 };

export interface LearnTask {
  readonly from: string;
  /** The version to learn it as; what the tree says of itself, when it is left out. */
  readonly as: string | undefined;
  /** The source release of the same version, for platforms that a wheel is not built for. */
  readonly beside?: string | undefined;
  /** Only how a backend is selected for one layer. */
  readonly selectionAlone?: boolean;
  /** A tree of transformers, for the configuration classes that the release derives from its own. */
  readonly transformers?: string | undefined;
  /** A package that brings platforms: only these are learned. */
  readonly plugin?: string | undefined;
}

/** What was learned: a release of vLLM, or the configuration classes of one of transformers. */
export type LearnResult = {
  /** How many Python files the tree holds. */
  readonly files: number;
  readonly ignored: readonly string[];
  /** What it prints of its choices; of a plug-in, what the plug-in itself prints. */
  readonly lines?: LineTable;
  /** What the tree speaks of and does not hold, a line each. */
  readonly missing?: readonly string[];
  /** The configuration classes that the release has of its own. */
  readonly own?: TransformersData;
  /** Which vLLM the plug-in says it requires: `>=1.2`, or nothing; left out where it does not say. */
  readonly requires?: string | undefined;
} & (LearnedRelease | { readonly classes: TransformersData });

async function work(task: LearnTask): Promise<LearnResult> {
  const { from, as, plugin } = task;
  const tree = await openTree(from);
  const release = as ?? publicVersion(tree);
  if (release === undefined) {
    throw new WhichattnError({
      code: 'unknown-version',
      what: 'The tree does not say which version it is',
      why: 'It has no metadata, its build wrote no version, and the name of its folder does not say it.',
      where: from,
      todo: 'Say it: --as VERSION.',
    });
  }
  if (plugin !== undefined) return withPlugin(plugin, tree, { release, source: tree.source });
  if (tree.package !== 'transformers') return ofVllm(task, tree, release);
  say({ plan: [OPEN, CLASSES] });
  say({ begins: CLASSES.name });
  const classes = { transformers: release, source: tree.source, ...readTransformers(tree) };
  return { classes: classes as unknown as TransformersData, files: filesOf(tree), ignored: tree.ignored };
}

/** How many Python files a tree holds. */
const filesOf = (tree: Pick<SourceTree, 'list'>): number => tree.list('').filter((file) => file.endsWith('.py')).length;

/** Learns a release of vLLM, whole or its selection alone. */
async function ofVllm(task: LearnTask, tree: SourceTree, release: string): Promise<LearnResult> {
  const { from, beside, transformers, selectionAlone = false } = task;
  requireWhole(tree);
  const library = selectionAlone ? undefined : await libraryFor(from, transformers);
  say({ plan: [OPEN, ...partsOf(tree, selectionAlone), ...(library ? [CLASSES] : [])] });
  const given = beside === undefined ? undefined : await openTree(beside);
  const about = { release, source: tree.source, ...(given ? { beside: given.source } : {}) };
  const other = given ?? tree.unbuilt();
  const begin = (part: string): void => {
    say({ begins: part });
  };
  const read = selectionAlone
    ? { learned: learnSelection(tree, about, other, begin), models: [] }
    : await learn(tree, about, other, begin, modelsElsewhere(tree, from));
  if (library) begin(CLASSES.name);
  const { own, warnings } = ownClasses(library, tree, read.learned);
  const { table, unread } = readLogLines(tree);
  const missing = [...missingFrom(given ?? tree), ...unread.map(silentFile), ...warnings];
  return { ...read, ...(own ? { own } : {}), lines: table, files: filesOf(tree), ignored: tree.ignored, missing };
}

/** What follows from a file that cannot be read. */
const silentFile = (file: string): string =>
  `${file} is no Python: what it prints of its choices is not known, and \`log\` reads nothing of it.`;

/** So many threads help at most: each holds a tree of its own. */
const MOST_HELPERS = 2;

/**
 * Has another thread read what concerns the models of a tree: it begins at once. Where there are processors left, further threads
 * read classes with it, and so does this one when it waits for them.
 */
function modelsElsewhere(tree: SourceTree, from: string): ModelsReader {
  const taken = nothingTaken();
  const own = new MessageChannel();
  const helpers = Array.from(
    { length: Math.max(0, Math.min(MOST_HELPERS, availableParallelism() - 2)) },
    () => new MessageChannel(),
  );
  const ports = [own, ...helpers].map(({ port2 }) => port2);
  const begin = (module: string, task: ModelsTask | HelpTask, transferList: MessagePort[]): Worker =>
    new Worker(new URL(module, import.meta.url), {
      workerData: { task } satisfies Task<ModelsTask | HelpTask>,
      transferList,
      resourceLimits: READING,
    });
  const worker = begin('./learningmodels.js', { from, taken, ports }, ports);
  const helping = helpers.map(({ port1 }) => begin('./learninghelp.js', { from, taken, port: port1 }, [port1]));
  const told = <K extends keyof ModelsNote>(part: K): Promise<NonNullable<ModelsNote[K]>> => {
    const made = new Promise<NonNullable<ModelsNote[K]>>((resolve, reject) => {
      worker.on('message', (note: ModelsNote) => {
        const own = note[part];
        if (own) resolve(own);
      });
      for (const thread of [worker, ...helping]) thread.on('error', reject);
      worker.on('exit', () => {
        reject(new Error('the thread that reads the models ended without an answer'));
      });
    });
    // what goes wrong is told to who waits for it
    made.catch(() => undefined);
    return made;
  };
  const [classes, making] = [told('classes'), told('making')];
  return {
    classes: () => classes,
    making: async (platform) => (await making)[platform]!,
    help() {
      helpReadLayers(tree, STARTED[0]!, takeOf(taken), tellThrough(own.port1));
    },
  };
}

/** Learns the platforms of a plug-in with the release that takes it in. */
async function withPlugin(from: string, vllm: SourceTree, release: About): Promise<LearnResult> {
  say({ plan: [OPEN, { name: 'platforms', share: 2 }, { name: 'selection', share: 8 }] });
  const tree = await openPlugin(from);
  const about = readPlugin(tree, from);
  const learned = learnPlugin(vllm, release, { tree, source: tree.source, about }, (part) => {
    say({ begins: part });
  });
  const files = filesOf(tree);
  const { table, unread } = readPluginLines(vllm, { tree, about });
  const requires = about.requires['vllm'];
  return { learned, models: [], lines: table, files, ignored: tree.ignored, missing: unread.map(silentFile), requires };
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
const say = (note: Note<LearnResult>): void => parentPort?.postMessage(note);

try {
  say({ result: await work((workerData as Task<LearnTask>).task) });
} catch (error) {
  if (error instanceof WhichattnError) say({ refused: error.toJSON() });
  else throw error;
}
