/**
 * Answers which bytes stand behind a name: our data, a config file, a source tree, an archive.
 * Must not know what the bytes decide; it reads and hands on.
 */
export {
  type ConfigOptions,
  type Machine,
  type ModelConfig,
  readJson,
  readModelConfig,
  readNamedText,
} from './config.ts';
export { linesBeside, linesFile, linesText, readLines } from './lines.ts';
export { followLog, readLog } from './log.ts';
export { logFiles, type LogFile, STDIN } from './logfiles.ts';
export { listModels, readExamples, readGpus, readModel, readPackages } from './data.ts';
export { HUB_SECONDS } from './hubfiles.ts';
export { type JsonObject, keysOfFloats, parseJson, parseJsonObject } from './json.ts';
export { boxesOf, SHELVED } from './shelf.ts';
export { keepOwnContents } from './laidout.ts';
export {
  architectureOf,
  hasModelClasses,
  listArchitectures,
  modelClassesFile,
  type ModelClassesHead,
  modelClassesText,
  readModelClass,
} from './modelclasses.ts';
export {
  findPlugins,
  findRelease,
  learnedFile,
  listPlugins,
  listReleases,
  readRelease,
  type ReleaseFile,
  releaseText,
  writeWhole,
} from './releases.ts';
export { openPlugin, type PluginTree } from './plugin.ts';
export { openTree, PACKAGES, type Source, type SourceTree } from './tree.ts';
export {
  listTransformers,
  ownClassesBeside,
  ownClassesFile,
  readTransformersFile,
  type TransformersData,
  transformersText,
  withOwnClasses,
} from './transformers.ts';
