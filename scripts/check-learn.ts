/*
 * Learns every release of data/releases again from the very bytes it was learned from, and compares the files byte for
 * byte. The source releases are looked for in WHICHATTN_SOURCES (folders, as in PATH) and in a cache folder; what is not
 * there is downloaded into the cache with pip.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { learnFrom } from '#cli';
import { listReleases, readRelease, releaseText } from '#disk';
import type { ReleaseData } from '#engine';

const root = path.join(import.meta.dirname, '../..');
const cache = path.join(root, '.cache/sources');
const folders = [...(process.env['WHICHATTN_SOURCES'] ?? '').split(path.delimiter).filter(Boolean), cache];

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** The archive a release was learned from; undefined where it can be had nowhere. */
function sourceOf({ release, source }: ReleaseData): string | undefined {
  const here = (): string | undefined =>
    folders
      .map((folder) => path.join(folder, source.file))
      .find((file) => existsSync(file) && hashOf(file) === source.sha256);
  return here() ?? (download(release) ? here() : undefined);
}

/** Nothing is built: pip runs the package's own set-up to learn its name alone, told that there is no device. */
function download(release: string): boolean {
  mkdirSync(cache, { recursive: true });
  const env = {
    ...process.env,
    VLLM_TARGET_DEVICE: 'empty',
    VLLM_VERSION_OVERRIDE: release,
    SETUPTOOLS_SCM_PRETEND_VERSION: release,
  };
  const args = ['-m', 'pip', 'download', '--no-deps', '--no-binary=:all:', '--no-build-isolation', '--dest', cache];
  process.stdout.write(`${release}  downloading its source release\n`);
  const { status, stderr } = spawnSync('python3', [...args, `vllm==${release}`], { env, encoding: 'utf8' });
  if (status !== 0) {
    const needs = 'torch "setuptools<81" setuptools_scm setuptools_rust wheel ninja cmake jinja2 packaging';
    process.stdout.write(`${release}  pip failed; it needs these installed to ask the package its name: ${needs}\n`);
    process.stdout.write(`${stderr.trim().split('\n').slice(-3).join('\n')}\n`);
  }
  return true;
}

let passed = 0;
let failed = 0;
const say = (release: string, ok: boolean, text: string): void => {
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(`${release}  ${text}\n`);
};

for (const { release, file } of listReleases(root).filter(({ own }) => own)) {
  const kept = readRelease(file);
  const source = sourceOf(kept);
  if (source === undefined) {
    say(
      release,
      false,
      `${kept.source.file} of sha256 ${kept.source.sha256} is nowhere: name its folder in WHICHATTN_SOURCES`,
    );
    continue;
  }
  const start = Date.now();
  const result = await learnFrom({ from: source, as: release }, new AbortController().signal);
  const text = 'learned' in result ? releaseText(result.learned) : '';
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  const same = text === readFileSync(file, 'utf8');
  say(
    release,
    same,
    same ? `the same, byte for byte (${seconds} s)` : `differs: ${firstDifference(text, readFileSync(file, 'utf8'))}`,
  );
}
if (passed + failed === 0) say('', false, 'no release has been learned');
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function firstDifference(learned: string, kept: string): string {
  const [ours, theirs] = [learned.split('\n'), kept.split('\n')];
  const at = ours.findIndex((line, i) => line !== theirs[i]);
  return `line ${at + 1}: learned ${ours[at]?.slice(0, 100) ?? 'nothing'} · kept ${theirs[at]?.slice(0, 100) ?? 'nothing'}`;
}
