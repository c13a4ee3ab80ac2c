/**
 * Answers which rules one vLLM source tree holds and which places of it stayed opaque.
 * Must not know a version, backend, GPU or model by name, nor how the bytes of the tree are fetched.
 */

export * from './arguments.ts';
export { type EngineArguments, readEngineArguments } from './engineargs.ts';
export * from './tree.ts';
export * from './modelfacts.ts';
export * from './layers.ts';
export * from './modelinfo.ts';
export * from './quantization.ts';
export * from './selection.ts';
export * from './terms.ts';
export * from './transformers.ts';
export type { ConfigClass } from './configclasses.ts';
export type { Kinds } from './kinds.ts';
export { DTYPES } from './outside.ts';
export { jsonValue } from './json.ts';
export { readRequirements } from './requirements.ts';
export { createWorld, platformsOf } from './world.ts';
export { shipStateBytes } from './statecache.ts';
export { type About, learn, learnSelection, packModel, type Learned, type LearnedRelease } from './learn.ts';
export { modelsReader, type ModelsReader, partsOf, STARTED } from './learnparts.ts';
export {
  helpReadLayers,
  type LayersRead,
  type ModelClass,
  type ModelClasses,
  type OtherReaders,
  readModelClasses,
} from './models.ts';
export { readDraftChanges } from './draftoverride.ts';
export { isOwn, type Loaded, readLoaded } from './loaded.ts';
export { learnPlugin, type PluginSource, readPluginLines } from './plugin.ts';
export * from './pluginabout.ts';
export type { LinePattern } from './linemeaning.ts';
export { type LinesRead, type LineTable, readLogLines } from './loglines.ts';
export { missingFrom, requireWhole } from './whole.ts';
