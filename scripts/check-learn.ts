/*
 * Learns everything under data/releases and data/transformers again from the very bytes it was learned from, and compares
 * the files byte for byte. The archives are looked for in WHICHATTN_SOURCES (folders, as in PATH) and in a cache folder; what is not
 * there is downloaded into the cache with pip.
 * Releases of which the selection alone is kept are learned again with --all, for they are many.
 */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { learnedTexts, learnFrom } from '#cli';
import { listReleases, listTransformers, ownClassesFile, readRelease, readTransformersFile } from '#disk';
import { cache, folders, pythonWith, TORCH } from './sources.ts';
import { scriptWords } from './words.ts';

const root = path.join(import.meta.dirname, '../..');

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

interface Kept {
  /** As it is shown. */
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly source: { readonly file: string; readonly sha256: string };
  readonly selectionAlone?: boolean;
  readonly beside?: { readonly file: string; readonly sha256: string } | undefined;
  /** The day it was learned, which stands in its file. */
  readonly on?: string | undefined;
  readonly download: () => SpawnSyncReturns<string>;
}

/** The archive that it was learned from; undefined where it can be had nowhere. */
function sourceOf({ name, source, download }: Pick<Kept, 'name' | 'source' | 'download'>): string | undefined {
  const here = (): string | undefined =>
    folders
      .map((folder) => path.join(folder, source.file))
      .find((file) => existsSync(file) && hashOf(file) === source.sha256);
  const found = here();
  if (found !== undefined) return found;
  mkdirSync(cache, { recursive: true });
  process.stdout.write(`${name}  downloading ${source.file}\n`);
  const { status, stderr } = download();
  if (status !== 0) process.stdout.write(`${name}  pip failed: ${stderr.trim().split('\n').slice(-3).join('\n')}\n`);
  return here();
}

/** What vLLM's own set-up imports while pip learns the name of a source release; nothing of vLLM is built. */
const SET_UP = ['setuptools<81', 'setuptools_scm', 'setuptools_rust', 'wheel', 'ninja', 'cmake', 'jinja2', 'packaging'];

const pip = (python: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> =>
  spawnSync(python, ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', cache, ...args], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });

/** Nothing is built: pip runs the package's own set-up to learn its name alone, told that there is no device. */
const sourceRelease = (version: string): SpawnSyncReturns<string> =>
  pip(
    pythonWith([TORCH, ...SET_UP], ['torch', 'setuptools_scm', 'setuptools_rust']),
    ['--no-binary=:all:', '--no-build-isolation', `vllm==${version}`],
    {
      VLLM_TARGET_DEVICE: 'empty',
      VLLM_VERSION_OVERRIDE: version,
      SETUPTOOLS_SCM_PRETEND_VERSION: version,
    },
  );

/** The wheel of that name, whatever this machine is. */
const wheel = (version: string, file: string): SpawnSyncReturns<string> =>
  pip('python3', ['--only-binary=:all:', '--platform', /([^-]+)\.whl$/.exec(file)?.[1] ?? 'any', `vllm==${version}`]);

let passed = 0;
let failed = 0;
const say = (release: string, ok: boolean, text: string): void => {
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(`${release}  ${text}\n`);
};

const releases = listReleases(root)
  .filter(({ own }) => own)
  .map(({ release, file }): Kept => {
    const { source, beside, config, learned } = readRelease(file);
    const isWheel = source.file.endsWith('.whl');
    return {
      name: release,
      version: release,
      file,
      source,
      beside,
      on: learned?.on,
      selectionAlone: Object.keys(config).length === 0,
      download: () => (isWheel ? wheel(release, source.file) : sourceRelease(release)),
    };
  });
const classes = listTransformers(root).map(({ version, file }): Kept => {
  const { source } = readTransformersFile(file);
  return {
    name: `transformers ${version}`,
    version,
    file,
    source,
    download: () => pip('python3', [`transformers==${version}`]),
  };
});
const { values } = scriptWords('[--all]', { all: { type: 'boolean', default: false } });
const asked = [...releases, ...classes].filter((kept) => values.all || kept.selectionAlone !== true);
for (const kept of asked) {
  const { name, version, file, source, beside, on = '', selectionAlone = false } = kept;
  const from = sourceOf(kept);
  if (from === undefined) {
    say(name, false, `${source.file} of sha256 ${source.sha256} is nowhere: name its folder in WHICHATTN_SOURCES`);
    continue;
  }
  const other = beside && sourceOf({ name, source: beside, download: () => sourceRelease(version) });
  if (beside && other === undefined) {
    say(name, false, `${beside.file} of sha256 ${beside.sha256} is nowhere: name its folder in WHICHATTN_SOURCES`);
    continue;
  }
  // what it derives classes of its own from, where it has such
  const library = classes.find((one) => existsSync(ownClassesFile(one.version, version)));
  const transformers = library && sourceOf(library);
  if (library && transformers === undefined) {
    say(name, false, `${library.source.file} of sha256 ${library.source.sha256} is nowhere: name its folder`);
    continue;
  }
  const start = Date.now();
  const task = { from, beside: other, transformers, as: version, selectionAlone };
  const result = await learnFrom(task, new AbortController().signal);
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  for (const [written, text] of learnedTexts(result, file, on)) {
    const before = existsSync(written) ? readFileSync(written, 'utf8') : '';
    const same = text === before;
    const shown = written === file ? name : `${name} ${path.basename(written)}`;
    say(shown, same, same ? `the same, byte for byte (${seconds} s)` : `differs: ${firstDifference(text, before)}`);
  }
}
const left = releases.length + classes.length - asked.length;
if (left > 0) process.stdout.write(`${left} releases of which the selection alone is kept are left out: --all\n`);
if (passed + failed === 0) say('', false, 'no release has been learned');
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function firstDifference(learned: string, kept: string): string {
  const [ours, theirs] = [learned.split('\n'), kept.split('\n')];
  const at = ours.findIndex((line, i) => line !== theirs[i]);
  return `line ${at + 1}: learned ${ours[at]?.slice(0, 100) ?? 'nothing'} · kept ${theirs[at]?.slice(0, 100) ?? 'nothing'}`;
}
