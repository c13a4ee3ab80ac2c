/**
 * The commands in one file, with the code that the engine made of it when it was built: loading these takes a fraction of
 * what loading the modules does. Where they are older than the modules, or not there, the modules are loaded.
 */
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { constants, Script } from 'node:vm';
import type * as Commands from './commands.ts';

const BUILT = path.dirname(import.meta.dirname);

/** The files: the modules in one, and the engine's code. */
export const BUNDLE = {
  text: path.join(BUILT, 'bundle/whichattn.cjs'),
  code: path.join(BUILT, 'bundle/whichattn.code'),
} as const;

/** The rooms whose modules are in it. */
const ROOMS = ['rules', 'engine', 'catalog', 'disk', 'cli'];

/**
 * Has the engine wait longer before it makes fast code of what runs often: one answer is over before that pays, and the
 * making costs more than half as much as all else. The code of the bundle was made so.
 */
export const answerOnce = (): void => setFlagsFromString('--interrupt-budget=3000000');

export interface Bundle {
  readonly commands: typeof Commands;
  readonly script: Script;
}

/** Loads the commands; undefined where they were not put together since the modules were made. */
export function loadBundle(): Bundle | undefined {
  const made = timeOf(BUNDLE.text);
  if (made === undefined || ROOMS.some((room) => made < (timeOf(path.join(BUILT, room, '.tsbuildinfo')) ?? 0)))
    return undefined;
  const text = readFileSync(BUNDLE.text, 'latin1');
  const cachedData = timeOf(BUNDLE.code) === undefined ? undefined : readFileSync(BUNDLE.code);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: BUNDLE.text,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} as typeof Commands };
  const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
  run(module.exports, createRequire(BUNDLE.text), module, BUNDLE.text, path.dirname(BUNDLE.text));
  return { commands: module.exports, script };
}

/** When a file was written; undefined where there is none. */
const timeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.mtimeMs;
