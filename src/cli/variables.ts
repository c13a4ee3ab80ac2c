/** What is said of variables for vLLM that a line sets and a release does not ask for. */
import { compareVersions, nearest } from '../catalog/index.ts';
import { listReleases, readRelease } from '../disk/index.ts';
import type { ReleaseData, ServeCommand, ServerRules } from '../engine/index.ts';

/** A sentence each: a name that the release has and nothing that was read asks for, that was dropped, or is misspelt. */
export const unaskedVariables = (
  { inputs }: ServerRules,
  release: ReleaseData,
  env: ServeCommand['env'],
  before: (name: string) => string | undefined = (name) => lastWith(release.release, name),
): string[] =>
  Object.keys(env)
    .filter((name) => name.startsWith('VLLM_') && !inputs.includes(`env.${name}`))
    .map((name) => told(release, name, before));

function told(
  { release, environment }: ReleaseData,
  name: string,
  before: (name: string) => string | undefined,
): string {
  if (environment === undefined || Object.hasOwn(environment, name))
    return `${name} is set, and nothing that was read of this release asks for it.`;
  const last = before(name);
  if (last !== undefined) return `${name} is set, and vLLM ${release} no longer reads it: ${last} did.`;
  const meant = nearest(name, Object.keys(environment), 1);
  return `${name} is set, and vLLM ${release} has no such variable.${meant.map((one) => ` Did you mean ${one}?`).join('')}`;
}

/** The last release before one that has a variable of this name, of those that were learned. */
const lastWith = (release: string, name: string): string | undefined =>
  listReleases()
    .filter((one) => compareVersions(one.release, release) < 0)
    .find((one) => Object.hasOwn(readRelease(one.release).environment ?? {}, name))?.release;
