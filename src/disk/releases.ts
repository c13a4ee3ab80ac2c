import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { compareVersions, nearest } from '../catalog/index.ts';
import type { ReleaseData } from '../engine/index.ts';
import { namesOf, WhichattnError } from '../rules/index.ts';
import { laidOutText, readLaidOut } from './laidout.ts';
import { DATA, OWN_SHELF } from './shelf.ts';
import { unreadable } from './text.ts';

/*
 * Releases lie in data/releases, one file each: those that come with the package, and those that a person learned,
 * below the folder where they are working. What a person learned comes first. Plug-ins lie in data/plugins in the same way,
 * each with the release with which it was learned: `1.2.3+plug-in-4.5.6`.
 */

const FILE = /^\d[\w.+!-]*(?<!\.models)\.json$/;
const SHAPE = 2;
/** What no release is without. */
const PARTS: readonly (keyof ReleaseData)[] = [
  'release',
  'source',
  'requirements',
  'backends',
  'arguments',
  'config',
  'selection',
];

/** Members that hold others, by platform or by name, and that every question asks for. */
const SHAPED: readonly (keyof ReleaseData)[] = [
  'source',
  'requirements',
  'arguments',
  'loaded',
  'model',
  'config',
  'selection',
];

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Is it an object; of what is small, one of objects? */
const isShapedPart = (data: Partial<ReleaseData>, part: keyof ReleaseData): boolean =>
  isRecord(data[part]) && (part !== 'requirements' || Object.values(data[part]!).every(isRecord));

export interface ReleaseFile {
  readonly release: string;
  readonly file: string;
  /** Whether it comes with the package. */
  readonly own: boolean;
}

/** The releases there are, newest first. */
export const listReleases = (working: string = process.cwd()): ReleaseFile[] => filesIn('releases', working);

/** The plug-ins there are, those of the newest releases first. */
export const listPlugins = (working: string = process.cwd()): ReleaseFile[] => filesIn('plugins', working);

function filesIn(name: 'releases' | 'plugins', working: string): ReleaseFile[] {
  const found = new Map<string, ReleaseFile>();
  const own = path.join(DATA, name);
  for (const folder of [path.join(working, 'data', name), own]) {
    for (const name of OWN_SHELF.namesIn(folder)) {
      const release = name.slice(0, -'.json'.length);
      if (FILE.test(name) && !found.has(release))
        found.set(release, { release, file: path.join(folder, name), own: path.resolve(folder) === own });
    }
  }
  return [...found.values()].toSorted((a, b) => compareVersions(b.release, a.release));
}

/** A release by its version, or by the path of its file. Throws with the nearest one, and how to learn another. */
export const readRelease = (asked: string, working: string = process.cwd()): ReleaseData =>
  parse(findRelease(asked, working));

/** How a plug-in is asked for: the release, and which of its plug-ins by name or by platform. */
export interface PluginAsked {
  readonly vllm: string | undefined;
  readonly plugin?: string | undefined;
  readonly platform?: string | undefined;
}

/** The plug-ins that are meant, newest first. */
export function findPlugins({ vllm, plugin, platform }: PluginAsked, working: string = process.cwd()): ReleaseData[] {
  const version = vllm?.replace(/^(?:vllm[-=@ ]*)?v?(?=\d)/, '');
  const spelt = plugin?.toLowerCase().replaceAll(/[-_. ]+/g, '-');
  return listPlugins(working)
    .filter(({ release }) => version === undefined || release.startsWith(`${version}+`) || release === version)
    .map(({ file }) => parse(file))
    .filter(({ plugin: own, selection }) => {
      const names =
        own === undefined ? [] : [own.name, `${own.name}-${own.version}`].map((name) => name.replaceAll('.', '-'));
      return (
        (spelt === undefined || names.includes(spelt)) && (platform === undefined || Object.hasOwn(selection, platform))
      );
    });
}

/** The file of a release, asked for in the same way. */
export function findRelease(asked: string, working: string = process.cwd()): string {
  if (asked.endsWith('.json') && OWN_SHELF.isThere(asked)) return asked;
  const version = asked.replace(/^(?:vllm[-=@ ]*)?v?(?=\d)/, '');
  const known = listReleases(working);
  const found = [...known, ...listPlugins(working)].find(({ release }) => release === version);
  if (found !== undefined) return found.file;
  if (/[/\\]|\.json$/.test(asked))
    throw new WhichattnError({ code: 'no-file', what: 'There is no such file', where: asked });
  const named = /^\d[\w.+!-]*$/.test(version) ? version : 'VERSION';
  throw new WhichattnError({
    code: 'unknown-release',
    what: `Release ${JSON.stringify(asked)} has not been learned`,
    why: known.length > 0 ? `Learned are ${known.map(({ release }) => release).join(', ')}.` : 'None has been.',
    suggestions: closest(
      version,
      known.map(({ release }) => release),
    ),
    todo: [
      'To learn it, download its source release, and learn that (pip needs torch, setuptools_scm and setuptools_rust beside it):',
      `  VLLM_TARGET_DEVICE=empty SETUPTOOLS_SCM_PRETEND_VERSION=${named} VLLM_VERSION_OVERRIDE=${named} \\`,
      `    pip download --no-deps --no-binary=:all: --no-build-isolation vllm==${named}`,
      `  whichattn learn vllm-${named}.tar.gz`,
    ].join('\n'),
  });
}

/** Of a version the newest that is older, else the oldest; else the nearest by its spelling; of a word, the newest. */
function closest(version: string, known: readonly string[]): string[] {
  if (!/\d/.test(version)) return known.slice(0, 1);
  if (known.length === 0) return [];
  const spelt = /^\d+(?:\.\d+)+/.test(version) ? [] : nearest(version, known, 1);
  if (spelt.length > 0) return spelt;
  return [known.find((release) => compareVersions(release, version) <= 0) ?? known.at(-1)!];
}

function parse(file: string): ReleaseData {
  let data: Partial<ReleaseData>;
  try {
    // of null there would be no members to ask for
    data = Object(readLaidOut(file, (cause) => damaged(file, cause))) as Partial<ReleaseData>;
  } catch (cause) {
    throw damaged(file, cause);
  }
  const isShaped = data.schemaVersion === SHAPE;
  const parts = namesOf(data);
  const lacking = PARTS.find((part) => !parts.includes(part));
  const odd =
    lacking === undefined ? SHAPED.find((part) => parts.includes(part) && !isShapedPart(data, part)) : undefined;
  if (isShaped && lacking === undefined && odd === undefined) return data as ReleaseData;
  throw new WhichattnError({
    code: 'bad-release',
    what: `It is no release of shape ${SHAPE}`,
    why:
      data.schemaVersion === undefined
        ? 'It has no schemaVersion.'
        : isShaped
          ? lacking === undefined
            ? `Its ${odd} is no object, or holds what is none.`
            : `It has no ${lacking}.`
          : `Its schemaVersion is ${String(data.schemaVersion)}.`,
    where: file,
    todo: 'Learn the release again: `whichattn learn PATH`.',
  });
}

const damaged = (file: string, cause: unknown): WhichattnError =>
  unreadable(file, cause, {
    code: 'bad-release',
    what: 'The file of a release cannot be read',
  });

/** Where what is learned is kept: in the package's own data when that is where we work, else below the folder. */
export function learnedFile(name: string, working: string = process.cwd()): string {
  const own = path.dirname(DATA);
  const within = path.relative(own, path.resolve(working));
  const root = within.startsWith('..') || path.isAbsolute(within) || within.includes('node_modules') ? working : own;
  return path.join(root, 'data', name);
}

/** The text of a release's file: the same for the same release, one rule a line, so that changes can be read. */
export const releaseText = (data: ReleaseData): string => laidOutText(data);

/** Writes a file whole or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const half = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(half, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(half, file);
  } finally {
    await rm(half, { force: true });
  }
}
