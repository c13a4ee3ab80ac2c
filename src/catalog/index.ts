/**
 * Answers what our own facts mean: their shape, their soundness, and which one a name stands for.
 * Must not know where the bytes of a fact lie or how an answer is shown.
 */
export { checkGpus, checkModels, type ModelFile } from './check.ts';
export { findGpu, findModel, gpuSpellings, nearest, spelling } from './find.ts';
export type { GpuRow, ModelRow } from './rows.ts';
