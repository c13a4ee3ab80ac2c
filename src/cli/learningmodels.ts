/*
 * Reads what concerns the models of a tree, in a thread of its own beside the one that reads all else: neither needs what the
 * other finds.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openTree } from '../disk/index.ts';
import { type ModelClasses, modelsReader, type Quantization, STARTED } from '../release/index.ts';
import type { Task } from './progress.ts';

/** What the thread says, one part after the other. */
export interface ModelsNote {
  readonly classes?: ModelClasses;
  /** By platform. */
  readonly making?: Readonly<Record<string, Quantization>>;
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
const say = (note: ModelsNote): void => parentPort?.postMessage(note);

const reader = modelsReader(await openTree((workerData as Task<string>).task));
const classes = await reader.classes();
say({ classes });
const making: Record<string, Quantization> = {};
for (const platform of STARTED) making[platform] = await reader.making(platform, classes.makers);
say({ making });
