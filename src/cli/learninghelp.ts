/*
 * Reads classes of models beside the thread that reads what concerns the models of a tree, where the machine has processors left.
 */
import { type MessagePort, workerData } from 'node:worker_threads';
import { openTree } from '../disk/index.ts';
import { helpReadLayers, STARTED } from '../release/index.ts';
import type { Task } from './progress.ts';
import { type Taken, takeOf, tellThrough } from './shares.ts';

/** What the thread is given. */
export interface HelpTask {
  readonly from: string;
  readonly taken: Taken;
  readonly port: MessagePort;
}

const { from, taken, port } = (workerData as Task<HelpTask>).task;
helpReadLayers(await openTree(from), STARTED[0]!, takeOf(taken), tellThrough(port));
port.close();
