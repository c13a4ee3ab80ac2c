/** What is said of variables for vLLM that a line sets and a release does not ask for. */
import { compareVersions, nearest } from '../catalog/index.ts';
import { listReleases, readRelease } from '../disk/index.ts';
import type { ReleaseData, ServeCommand, ServerRules } from '../engine/index.ts';

/** A sentence each: a name that the release has and nothing that was read asks for, that was dropped, or is misspelt. */
export const unaskedVariables = (
  rules: ServerRules,
  release: ReleaseData,
  env: ServeCommand['env'],
  before: Before = (name) => lastWith(release.release, name),
): string[] =>
  Object.keys(env)
    .filter((name) => name.startsWith('VLLM_') && !isAskedFor(rules, `env.${name}`))
    .map((name) => told(rules, release, name, before));

const isAskedFor = ({ inputs, built }: ServerRules, name: string): boolean =>
  inputs.includes(name) || built?.inputs.includes(name) === true;

/** The last release before one that has a variable, of those that were learned. */
type Before = (name: string) => Pick<ReleaseData, 'release' | 'variableFields'> | undefined;

function told(rules: ServerRules, { release, environment }: ReleaseData, name: string, before: Before): string {
  if (environment === undefined || Object.hasOwn(environment, name))
    return `${name} is set, and nothing that was read of this release asks for it.`;
  const last = before(name);
  if (last !== undefined) {
    const field = last.variableFields?.[name];
    const flag = field === undefined ? undefined : flagOf(rules, field);
    const since = flag === undefined ? '' : ` It set ${field}, as ${flag} does now.`;
    return `${name} is set, and vLLM ${release} no longer reads it: ${last.release} did.${since}`;
  }
  const meant = nearest(name, Object.keys(environment), 1);
  return `${name} is set, and vLLM ${release} has no such variable.${meant.map((one) => ` Did you mean ${one}?`).join('')}`;
}

/** The flag that sets a field of the configuration, as `attention_config.backend`; undefined where none is known to. */
function flagOf({ table, inputs }: ServerRules, field: string): string | undefined {
  const [, whole = '', own = field] = /^(\w+)\.(\w+)$/.exec(field) ?? [];
  const optionOf = (dest: string): string | undefined => table.flags.find((flag) => flag.dest === dest)?.options[0];
  if (!inputs.includes(`args.${field}`)) return optionOf(own);
  const option = optionOf(whole);
  return option && `${option}.${own}`;
}

const lastWith = (release: string, name: string): ReturnType<Before> => {
  for (const one of listReleases()) {
    if (compareVersions(one.release, release) >= 0) continue;
    const data = readRelease(one.release);
    if (Object.hasOwn(data.environment ?? {}, name)) return data;
  }
  return undefined;
};
