import leven from 'leven';
import { WhichattnError } from '../rules/index.ts';
import type { GpuRow } from './rows.ts';

/** What is compared: case, spaces, hyphens and underscores make no difference. */
export function spelling(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, '');
}

/** Everything that stands for a GPU, with and without its vendor's name before it. */
export function gpuSpellings({ id, name, aliases, vendor }: GpuRow): ReadonlySet<string> {
  const all = [id, name, ...aliases].map(spelling);
  return new Set([...all, ...all.filter((key) => key.startsWith(vendor)).map((key) => key.slice(vendor.length))]);
}

/** The names nearest to what was typed, nearest first; none that is far from it, and one alone that is spelled alike. */
export function nearest(typed: string, names: Iterable<string>, limit = 3): string[] {
  const key = spelling(typed);
  // what leaves less than half of the letters is another word
  const reach = Math.min(Math.max(2, Math.floor(key.length / 3)), Math.floor(key.length / 2));
  return [...new Set(names)]
    .map((name) => ({ name, far: distance(key, spelling(name)) }))
    .filter(({ far }) => far <= reach)
    .toSorted((a, b) => a.far - b.far || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .filter(({ far }, _, [first]) => far === 0 || first!.far > 0)
    .slice(0, limit)
    .map(({ name }) => name);
}

/** The edits between two spellings; a name that goes on where the typing stopped is near, however long it is. */
function distance(typed: string, name: string): number {
  const edits = leven(typed, name);
  if (typed.length > 2 && name.startsWith(typed)) return Math.min(edits, (name.length - typed.length) / 10);
  return isShortFor(typed, name) || isShortFor(name, typed) ? Math.min(edits, 2) : edits;
}

/** Whether one is short for the other: its first letter, and others in their order, at least half of them. */
function isShortFor(short: string, long: string): boolean {
  if (short.length < 4 || long.length > 2 * short.length || short[0] !== long[0]) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return at === short.length;
}

/** The GPU a name stands for. Throws with what was perhaps meant. */
export function findGpu(rows: readonly GpuRow[], typed: string): GpuRow {
  const key = spelling(typed);
  const found = rows.find((row) => {
    const spellings = gpuSpellings(row);
    return spellings.has(key) || (key.startsWith(row.vendor) && spellings.has(key.slice(row.vendor.length)));
  });
  if (found !== undefined) return found;
  throw new WhichattnError({
    code: 'unknown-gpu',
    what: `There is no GPU ${JSON.stringify(typed)} in our list`,
    suggestions: nearestGpus(rows, typed),
    todo: '`whichattn gpus` lists them, with every name each one goes by.',
  });
}

/** One spelling a row, so that three suggestions are three GPUs. */
function nearestGpus(rows: readonly GpuRow[], typed: string): string[] {
  const owner = new Map(rows.flatMap((row) => shownNames(row).map((name) => [name, row.id] as const)));
  const seen = new Set<string>();
  return nearest(typed, owner.keys(), 30)
    .filter((name) => {
      const id = owner.get(name) ?? name;
      return !seen.has(id) && seen.add(id);
    })
    .slice(0, 3);
}

/** What a suggestion may say: the name, the name without its vendor, the aliases. */
function shownNames({ name, aliases, vendor }: GpuRow): string[] {
  const prefix = `${vendor} `;
  return [name, ...(name.toLowerCase().startsWith(prefix) ? [name.slice(prefix.length)] : []), ...aliases];
}

/**
 * The model a name stands for: `org/name`, or the name alone where only one org has it. Throws with what was perhaps
 * meant. An org that is typed counts: another org's model of the same name may have another config.
 */
export function findModel<Model extends { readonly id: string }>(models: readonly Model[], typed: string): Model {
  const key = spelling(typed);
  const found = models.filter(({ id }) => key === spelling(typed.includes('/') ? id : bare(id)));
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  throw first === undefined
    ? new WhichattnError({
        code: 'unknown-model',
        what: `There is no model ${JSON.stringify(typed)} in our list`,
        suggestions: nearestModels(models, typed),
        todo: 'Give the path of its config.json, or - to read it from standard input.',
      })
    : new WhichattnError({
        code: 'ambiguous-model',
        what: `Several models go by the name ${JSON.stringify(typed)}`,
        suggestions: found.map(({ id }) => id),
        todo: 'Name the org as well.',
      });
}

const bare = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** By the whole id, or by the name alone: the same model under another org is what was most likely meant. */
function nearestModels(models: readonly { readonly id: string }[], typed: string): string[] {
  const byName = new Map(models.map(({ id }) => [bare(id), id]));
  const same = nearest(bare(typed), byName.keys()).map((name) => byName.get(name) ?? name);
  const whole = typed.includes('/')
    ? nearest(
        typed,
        models.map(({ id }) => id),
      )
    : [];
  return [...new Set([...same, ...whole])].slice(0, 3);
}
