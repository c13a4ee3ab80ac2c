import path from 'node:path';
import { kindOf, readTextIfAny } from './text.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the Hugging Face libraries keep what they downloaded, by the variables they read themselves, in their order. */
export function hubCache(env: Environment, home: string): string {
  const direct = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'];
  if (direct) return expand(direct, home);
  return path.join(hubHome(env, home), 'hub');
}

/** Where they keep all that they keep. */
export const hubHome = (env: Environment, home: string): string =>
  expand(env['HF_HOME'] || path.join(env['XDG_CACHE_HOME'] || path.join(home, '.cache'), 'huggingface'), home);

/** A folder as it is written, with the home folder in the place of `~`. */
export const expand = (folder: string, home: string): string => folder.replace(/^~(?=\/|$)/, home);

/** Whether it can be the id of a repository on the hub. */
export function isRepoId(name: string): boolean {
  return /^[\w.-]+(?:\/[\w.-]+)?$/.test(name) && !/(?:^|\/)\.+(?:$|\/)|\.\./.test(name);
}

/**
 * The folder of a model that was downloaded, at a revision: a branch, a tag or a commit. Only what the libraries would
 * find without a network counts: a revision that was not downloaded is absent, though another one of the model is there.
 */
export async function snapshot(cache: string, repoId: string, revision: string): Promise<string | undefined> {
  if (!isRepoId(repoId) || !/^[\w./-]+$/.test(revision) || revision.includes('..')) return undefined;
  const repo = path.join(cache, `models--${repoId.replace('/', '--')}`);
  const named = await readTextIfAny(path.join(repo, 'refs', revision));
  const folder = path.join(repo, 'snapshots', named?.trim() ?? revision);
  return (await kindOf(folder)) === 'directory' ? folder : undefined;
}
