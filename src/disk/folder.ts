import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Bounds, type Count, createCount, type Gathered } from './bounds.ts';

/** What is never part of a package: caches, environments, what starts with a dot. */
const PASSED_OVER = /^(?:\..*|__pycache__|node_modules)$/;

/** Reads the wanted files below some parts of a folder. Links are followed as long as they stay inside it. */
export async function readFolder(
  folder: string,
  parts: readonly string[],
  wants: (name: string) => boolean,
  bounds: Bounds,
): Promise<Gathered> {
  const walk: Walk = {
    root: await realpath(folder),
    wants,
    count: createCount(folder, bounds),
    files: new Map(),
    ignored: [],
    seen: new Set(),
  };
  for (const part of parts) await visit(walk, part);
  return walk;
}

interface Walk extends Gathered {
  readonly root: string;
  readonly wants: (name: string) => boolean;
  readonly count: Count;
  /** Folders by their real path, so that a link to one above ends. */
  readonly seen: Set<string>;
}

async function visit(walk: Walk, name: string): Promise<void> {
  const at = path.join(walk.root, name);
  walk.count.entry();
  const real = await inside(walk, at);
  if (real === undefined) {
    walk.ignored.push(name);
    return;
  }
  const found = await stat(real);
  if (found.isDirectory()) await visitAll(walk, name, real);
  else if (found.isFile() && walk.wants(name)) {
    walk.count.bytes(found.size);
    walk.files.set(name, await readFile(real));
  }
}

async function visitAll(walk: Walk, name: string, real: string): Promise<void> {
  if (walk.seen.has(real)) return;
  walk.seen.add(real);
  for (const child of (await readdir(real)).toSorted()) {
    if (!PASSED_OVER.test(child)) await visit(walk, `${name}/${child}`);
  }
}

/** The real path of what stands there; undefined when a link leads out of the tree or nowhere. */
async function inside({ root }: Walk, at: string): Promise<string | undefined> {
  if (!(await lstat(at)).isSymbolicLink()) return at;
  const real = await realpath(at).catch(() => undefined);
  return real?.startsWith(`${root}${path.sep}`) ? real : undefined;
}
