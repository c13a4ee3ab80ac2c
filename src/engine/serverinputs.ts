/** What somebody said that an answer about a server rests on: flags, variables, keys of the config, the device. */
import type { Known } from './known.ts';
import { isSaid, rootsOf } from './roots.ts';
import type { ServerAnswer } from './server.ts';
import type { Resolved } from './serverdecision.ts';

/** What the layers ask with and are built of, as it was said or as the class of the config made it, each with where. */
export function inputsOf({ known, building, groups }: ServerAnswer): Resolved[] {
  const asked = [...groups.flatMap(({ because }) => Object.values(because).flat()), ...(building?.asked ?? [])];
  return rootsOf(known, asked).flatMap((name) => inputOf(known, name));
}

function inputOf(known: Known, name: string): Resolved[] {
  const given = known.given(name);
  if (given === undefined || given.missing === true || given.value === undefined) return [];
  return isSaid(given) || (given.from === 'derived' && given.where !== undefined) ? [{ name, ...given }] : [];
}
