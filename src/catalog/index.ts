/**
 * Answers what our own facts mean: their shape, their soundness, and which one a name stands for.
 * Must not know where the bytes of a fact lie or how an answer is shown.
 */
export { checkGpus, checkModels, checkPackages, type ModelFile } from './check.ts';
export { gpuFacts, installFactNames, installFacts, platformOf } from './facts.ts';
export { findGpu, findModel, gpuSpellings, nearest, spelling } from './find.ts';
export {
  type Held,
  checkInstall,
  installOf,
  packageFacts,
  type Packages,
  type ReleaseNeeds,
  stockOf,
  wrongInstall,
} from './packages.ts';
export type { GpuRow, ModelRow } from './rows.ts';
export { atLeast, compareVersions, meets } from './versions.ts';
