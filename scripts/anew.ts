/*
 * Reads the selection of a source tree anew, so that a change of the reader can be looked at before a release is learned
 * again.
 */
import { Worker } from 'node:worker_threads';
import { openTree } from '#disk';
import type { ReleaseData } from '#engine';
import { readRequirements, readSelection, type Selection } from '#release';
import { packRules } from '#rules';

/** Reading follows the source as deep as it goes: it needs a larger stack than the main thread has. */
export const READING = { stackSizeMb: 256, maxOldGenerationSizeMb: 8192 };

export interface Task {
  readonly file: string;
  readonly release: string;
  readonly platform: string;
}

/** What a release's file would hold of the selection on one platform, and how it was read. */
export async function readAnew({ file, release, platform }: Task): Promise<Selection & { readonly data: ReleaseData }> {
  const tree = await openTree(file);
  const selection = readSelection(tree, platform);
  // of a release's file, the parts that answering a selection looks at
  const data = {
    release,
    requirements: { [platform]: readRequirements(tree, platform) },
    selection: { [platform]: packRules(selection.rules) },
  } as unknown as ReleaseData;
  return { ...selection, data };
}

/** The same from the main thread: it is read in a thread of its own. */
export async function readApart(task: Task): Promise<ReleaseData> {
  const worker = new Worker(new URL('./reading.js', import.meta.url), { workerData: task, resourceLimits: READING });
  try {
    return await new Promise<ReleaseData>((resolve, reject) => {
      worker.on('message', resolve);
      worker.on('error', reject);
      worker.on('exit', () => {
        reject(new Error(`the thread that read ${task.file} ended without an answer`));
      });
    });
  } finally {
    await worker.terminate();
  }
}
