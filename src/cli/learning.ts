/*
 * Reads a tree in a thread of its own: reading follows the source as deep as it goes, which needs a larger stack than
 * the main thread has, and the main thread stays free to show how far it is and to be stopped.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openTree } from '../disk/index.ts';
import { learn, type Learned } from '../release/index.ts';
import { WhichattnError } from '../rules/index.ts';
import type { Note, Task } from './progress.ts';

export interface LearnTask {
  readonly from: string;
  /** The version to learn it as; what the tree says of itself, when it is left out. */
  readonly as: string | undefined;
}

export interface LearnResult {
  readonly learned: Learned;
  /** How many Python files the tree holds. */
  readonly files: number;
  readonly ignored: readonly string[];
}

async function work({ from, as }: LearnTask): Promise<LearnResult> {
  say({ begins: 'open' });
  const tree = await openTree(from);
  const release = as ?? tree.version?.replace(/\+.*$/, '');
  if (release === undefined) {
    throw new WhichattnError({
      code: 'unknown-version',
      what: 'The tree does not say which version it is',
      why: 'It has no metadata, its build wrote no version, and the name of its folder is not vllm-VERSION.',
      where: from,
      todo: 'Say it: --as VERSION.',
    });
  }
  const learned = learn(tree, { release, source: tree.source }, (part) => {
    say({ begins: part });
  });
  return { learned, files: tree.list('').filter((file) => file.endsWith('.py')).length, ignored: tree.ignored };
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
const say = (note: Note<LearnResult>): void => parentPort?.postMessage(note);

try {
  say({ result: await work((workerData as Task<LearnTask>).task) });
} catch (error) {
  if (error instanceof WhichattnError) say({ refused: error.toJSON() });
  else throw error;
}
