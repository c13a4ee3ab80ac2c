/** What is said of a config.json whose architecture a release does not have. */
import { nearest } from '../catalog/index.ts';
import { findRelease, hasModelClasses, type JsonObject, listArchitectures, modelClassesFile } from '../disk/index.ts';
import type { ReleaseData } from '../engine/index.ts';

/** A sentence where the registry of a release has none of a config's architectures, with what was perhaps meant. */
export function unknownArchitectures(
  { release }: ReleaseData,
  asked: string,
  { architectures, auto_map: code }: JsonObject,
): string[] {
  if (!Array.isArray(architectures)) return [];
  const named = architectures.filter((one): one is string => typeof one === 'string');
  const classes = modelClassesFile(findRelease(asked));
  if (named.length === 0 || !hasModelClasses(classes)) return [];
  const known = listArchitectures(classes);
  if (named.some((one) => known.includes(one))) return [];
  const meant = nearest(named[0]!, known);
  return [
    `vLLM ${release} has no model class for ${named.join(', ')}: whether it finds one elsewhere is not known.`,
    ...(meant.length === 0 ? [] : [`Did you mean ${meant.join(' or ')}?`]),
    ...(code === undefined ? [] : ['The model brings code of its own (auto_map), which is not read.']),
  ];
}
