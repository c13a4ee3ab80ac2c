/** Our own facts by the names of the rules: what a question says of a GPU and of what is installed. */
import type { GivenFact } from '../engine/index.ts';
import { MISSING } from '../rules/index.ts';
import { type Held, packageFacts, type Packages } from './packages.ts';
import type { GpuRow } from './rows.ts';

type Given = Record<string, GivenFact>;

/** What a GPU says of itself; `count` of them are in the machine, unknown where it is left out. */
export function gpuFacts(row: GpuRow, count: number | undefined, where: string): Given {
  const given = (value: string | number): GivenFact => ({ value, from: 'catalogue', where });
  const facts: Given = { 'device.name': given(row.name), 'device.memory': given(row.memoryGiB * 2 ** 30) };
  if (count !== undefined) facts['device.count'] = given(count);
  if (row.vendor === 'intel') return facts;
  if (row.vendor === 'amd') return { ...facts, 'device.gfx': given(row.gfx) };
  const [major, minor] = row.capability;
  return { ...facts, 'device.major': given(major), 'device.minor': given(minor), 'device.gfx': given('') };
}

/** The platform on which vLLM runs a maker's GPUs. */
const PLATFORMS: Readonly<Record<GpuRow['vendor'], string>> = { nvidia: 'cuda', amd: 'rocm', intel: 'xpu' };

/** The platform on which vLLM runs a GPU. */
export const platformOf = ({ vendor }: GpuRow): string => PLATFORMS[vendor];

/** The facts among `names` that follow from what an install holds, each with the source of what it follows from. */
export function installFacts(keys: Packages['keys'], held: Held, names: readonly string[], where: string): Given {
  const holds = Object.fromEntries(Object.entries(held).map(([key, { value }]) => [key, value]));
  const facts = packageFacts(keys, holds);
  const given: Given = {};
  for (const name of names) {
    const value = facts.get(name);
    if (value === undefined) continue;
    const known = value === MISSING ? { missing: true as const } : { value: value as string | boolean | null };
    given[name] = { ...known, from: 'stock', where };
  }
  return given;
}

/** The names of the facts that follow from an install by their whole name. */
export const installFactNames = (keys: Packages['keys']): readonly string[] =>
  [...new Set(Object.values(keys).flatMap(({ facts }) => facts.map(({ fact }) => fact)))].filter(
    (name) => !name.includes('*'),
  );
