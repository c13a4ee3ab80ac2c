import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GpuRow, ModelRow, Packages } from '../catalog/index.ts';
import { keysOfFloats } from './json.ts';

/*
 * The package's own data/, from where this file lies: the same two steps up from src/disk and from dist/disk.
 * Nothing is read before it is asked for. The shape of it is tested, so that reading need not check it again.
 */

const data = (path: string): string => fileURLToPath(new URL(`../../data/${path}`, import.meta.url));
const readJson = (path: string): unknown => JSON.parse(readFileSync(data(path), 'utf8'));

export function readGpus(): readonly GpuRow[] {
  return readJson('gpus.json') as readonly GpuRow[];
}

/** The ids of all models in data/, in order, without opening a file. */
export function listModels(): string[] {
  return readdirSync(data('models'), { withFileTypes: true })
    .filter((org) => org.isDirectory())
    .flatMap(({ name: org }) =>
      readdirSync(data(`models/${org}`))
        .filter((file) => file.endsWith('.json'))
        .map((file) => `${org}/${file.slice(0, -'.json'.length)}`),
    )
    .toSorted();
}

/** The row of a model that `listModels` names. */
export function readModel(id: string): ModelRow {
  return readJson(`models/${id}.json`) as ModelRow;
}

/** The keys of its config.json whose whole numbers are written as floats. */
export function floatsOfModel(id: string): readonly string[] {
  const root = 'config.';
  const keys = keysOfFloats(readFileSync(data(`models/${id}.json`), 'utf8'));
  return keys.flatMap((key) => (key.startsWith(root) ? [key.slice(root.length)] : []));
}

/** What the usual installs of a release hold, and what that says. */
export function readPackages(): Packages {
  const read = (file: string): unknown => readJson(`packages/${file}.json`);
  return {
    keys: read('facts') as Packages['keys'],
    installs: read('installs') as Packages['installs'],
    recorder: read('recorder') as Packages['recorder'],
    conventions: read('bulk') as Packages['conventions'],
  };
}

/** Command lines to show in help, by command: they name models and GPUs, so they are facts. */
export function readExamples(): Readonly<Record<string, readonly string[]>> {
  return readJson('examples.json') as Readonly<Record<string, readonly string[]>>;
}
