import type { z } from 'zod';
import { gpuSpellings, spelling } from './find.ts';
import type { GpuRow } from './rows.ts';

/** What is unsound in the list of GPUs, one line each; an empty list is sound. */
export async function checkGpus(rows: readonly unknown[]): Promise<string[]> {
  const { gpuRow } = await import('./rows.ts');
  const labelled = rows.map((row, index) => ({ id: `row ${index}`, row }));
  const { sound, problems } = shaped(gpuRow, labelled);
  const gpus = sound.map(({ row }) => row);
  problems.push(...unsorted(gpus.map(({ id }) => id)));
  problems.push(...shared(gpus.map(({ id, name }) => ({ id, keys: [name], what: 'name' }))));
  problems.push(...shared(gpus.map((row) => ({ id: row.id, keys: gpuSpellings(row), what: 'spelling' }))));
  for (const row of gpus) problems.push(...uncovered(row), ...idle(row));
  return problems;
}

export interface ModelFile {
  readonly id: string;
  readonly row: unknown;
}

/** What is unsound in the models, one line each; an empty list is sound. */
export async function checkModels(models: readonly ModelFile[]): Promise<string[]> {
  const { modelRow } = await import('./rows.ts');
  const { sound, problems } = shaped(modelRow, models);
  const ids = models.map(({ id }) => id);
  problems.push(...unsorted(ids));
  problems.push(...shared(ids.map((id) => ({ id, keys: [spelling(id)], what: 'spelling' }))));
  problems.push(...ids.filter((id) => !/^[\w.-]+\/[\w.-]+$/.test(id)).map((id) => `${id}: not of the form org/name`));
  for (const { id, row } of sound) {
    const { source, config } = row;
    if (!/@[0-9a-f]{40}\b/.test(source.where)) problems.push(`${id}: its source names no commit`);
    if (typeof config['model_type'] !== 'string') problems.push(`${id}: its config says no model_type`);
    if (!Array.isArray(config['architectures'])) problems.push(`${id}: its config says no architectures`);
  }
  return problems;
}

/** What is unsound in what installs hold, one line each; an empty list is sound. */
export async function checkPackages(read: {
  readonly keys: unknown;
  readonly installs: unknown;
  readonly recorder: unknown;
  readonly conventions: unknown;
}): Promise<string[]> {
  const { bulkConventions, packageInstalls, packageKeys } = await import('./rows.ts');
  const known = packageKeys.safeParse(read.keys);
  const usual = packageInstalls.safeParse(read.installs);
  const taken = packageInstalls.safeParse(read.recorder);
  const unsaid = bulkConventions.safeParse(read.conventions);
  const wrong = [known, usual, taken, unsaid].flatMap(({ error }) => error?.issues ?? []);
  const problems = wrong.map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (!known.success || !usual.success || !taken.success) return problems;
  const names = new Set(Object.keys(known.data));
  for (const [name, { facts, follows }] of Object.entries(known.data)) {
    if (follows && !names.has(follows.key)) problems.push(`${name}: no key ${follows.key}`);
    problems.push(...facts.filter((f) => f.with && !names.has(f.with)).map((f) => `${name}: no key ${f.with}`));
  }
  for (const [platform, rows] of [usual, taken].flatMap(({ data }) => Object.entries(data)))
    for (const [install, { holds }] of Object.entries(rows)) {
      for (const name of Object.keys(holds))
        if (!names.has(name)) problems.push(`${platform} ${install}: no key ${name}`);
      for (const [name, cases] of Object.entries(holds))
        if (cases.slice(0, -1).some((one) => one.since === undefined))
          problems.push(`${install} ${name}: never reached`);
    }
  return problems;
}

interface Sound<Row> {
  readonly id: string;
  readonly row: Row;
}

/** The rows that have the shape, and a line for every place of those that have not. */
function shaped<Row>(
  schema: z.ZodType<Row>,
  rows: readonly Sound<unknown>[],
): { readonly sound: readonly Sound<Row>[]; readonly problems: string[] } {
  const sound: Sound<Row>[] = [];
  const problems: string[] = [];
  for (const { id, row } of rows) {
    const { success, data, error } = schema.safeParse(row);
    if (success) sound.push({ id, row: data });
    else problems.push(...error.issues.map(({ path, message }) => `${id}, ${path.join('.')}: ${message}`));
  }
  return { sound, problems };
}

function unsorted(ids: readonly string[]): string[] {
  return ids
    .filter((id, index) => index > 0 && id <= (ids[index - 1] ?? ''))
    .map((id) => `${id}: out of order, or there twice`);
}

interface Keyed {
  readonly id: string;
  readonly keys: Iterable<string>;
  readonly what: string;
}

/** Keys that two rows claim. */
function shared(rows: readonly Keyed[]): string[] {
  const owner = new Map<string, string>();
  const problems: string[] = [];
  for (const { id, keys, what } of rows)
    for (const key of keys) {
      const first = owner.get(key);
      if (first === undefined) owner.set(key, id);
      else problems.push(`${id}: its ${what} ${JSON.stringify(key)} belongs to ${first}`);
    }
  return problems;
}

/** Facts whose source the row does not say. */
function uncovered(row: GpuRow): string[] {
  const facts = [
    ...(row.nameConfirmed === undefined ? ['name'] : []),
    ...(row.vendor === 'nvidia' ? ['capability'] : row.vendor === 'amd' ? ['gfx'] : []),
    'memory',
  ];
  const covered = new Set(row.source.split('; ').flatMap((part) => (part.split(': ', 1)[0] ?? '').split(', ')));
  return facts.filter((fact) => !covered.has(fact)).map((fact) => `${row.id}: no source for its ${fact}`);
}

/** Aliases that another name of the same row already covers. */
function idle(row: GpuRow): string[] {
  return row.aliases
    .filter((alias) => {
      const others = { ...row, aliases: row.aliases.filter((other) => other !== alias) };
      return gpuSpellings(others).has(spelling(alias));
    })
    .map((alias) => `${row.id}: its alias ${JSON.stringify(alias)} adds nothing`);
}
