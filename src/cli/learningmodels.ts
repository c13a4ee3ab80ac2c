/*
 * Reads what concerns the models of a tree, in a thread of its own beside the one that reads all else: neither needs what the
 * other finds. Other threads may take classes from it.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openTree } from '../disk/index.ts';
import { type ModelClasses, modelsReader, type Quantization, STARTED } from '../release/index.ts';
import type { Task } from './progress.ts';
import { othersBehind, type Taken } from './shares.ts';

/** What the thread is given: the tree, and how it shares the classes with others. */
export interface ModelsTask {
  readonly from: string;
  readonly taken: Taken;
  readonly ports: readonly MessagePort[];
}

/** What the thread says, one part after the other. */
export interface ModelsNote {
  readonly classes?: ModelClasses;
  /** By platform. */
  readonly making?: Readonly<Record<string, Quantization>>;
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
const say = (note: ModelsNote): void => parentPort?.postMessage(note);

const { from, taken, ports } = (workerData as Task<ModelsTask>).task;
const others = othersBehind(taken, ports);
const reader = modelsReader(await openTree(from), others);
const classes = await reader.classes();
others.close();
say({ classes });
const making: Record<string, Quantization> = {};
for (const platform of STARTED) making[platform] = await reader.making(platform, classes.makers);
say({ making });
