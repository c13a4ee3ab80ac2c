/*
 * The thread in which `readApart` reads.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { readAnew, type Task } from './anew.ts';

const { data } = await readAnew(workerData as Task);
// oxlint-disable-next-line require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(data);
