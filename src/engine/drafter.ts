/** Whether a model drafts for the one that is served, and builds layers of its own. */
import { MISSING } from '../rules/index.ts';
import type { Facts, Machine } from '../rules/index.ts';

/** The configuration of what drafts. */
const DRAFTS = 'speculative_config';
/** The term that says whether what drafts loads a model. */
const LOADS = 'built.drafts';

/** Does something draft, with a model or without? True where that is not known. */
export function isDrafted(known: Facts): boolean {
  const drafter = known.get(DRAFTS);
  return drafter !== null && drafter !== MISSING;
}

/** May a model that drafts build layers beside those of the one that is served? Mirrors what the workers have load a model. */
export function mayBuild(built: Machine | undefined, known: Facts): boolean {
  if (!isDrafted(known)) return false;
  const term = built?.rules.terms[LOADS];
  if (built === undefined || term === undefined) return true;
  built.load(known);
  return built.resolve(term) !== false;
}
