/*
 * Where source releases are found, and a Python that can run what they hold.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openTree } from '#disk';
import { WhichattnError } from '#rules';

const root = path.join(import.meta.dirname, '../..');
/** What is downloaded and unpacked; nothing of it is part of the repository. */
export const cache = path.join(root, '.cache/sources');
/** Where source releases are looked for: the folders of WHICHATTN_SOURCES, written as in PATH, then the cache. */
export const folders = [...(process.env['WHICHATTN_SOURCES'] ?? '').split(path.delimiter).filter(Boolean), cache];

export const TORCH = 'torch==2.13.0';

/**
 * A Python that can import `modules`: the one that WHICHATTN_PYTHON names, else a virtual environment in the cache into
 * which `packages` are put. It is made where there is none.
 */
export function pythonWith(packages: readonly string[], modules: readonly string[]): string {
  const own = process.env['WHICHATTN_PYTHON'];
  const python = own ?? path.join(cache, '../python/bin/python3');
  const imports = (): boolean => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0;
  if (existsSync(python) && imports()) return python;
  if (own !== undefined) {
    throw new WhichattnError({
      code: 'no-python',
      what: `WHICHATTN_PYTHON: ${own} cannot import ${modules.join(', ')}`,
    });
  }
  process.stderr.write(`putting ${packages.join(' ')} into ${path.dirname(path.dirname(python))}\n`);
  spawnSync('python3', ['-m', 'venv', path.dirname(path.dirname(python))], { encoding: 'utf8' });
  const { status, stderr } = spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`pip failed: ${stderr.trim().split('\n').slice(-3).join('\n')}\n`);
  return python;
}

/** The unpacked source of a release. An archive that lies in one of the folders is unpacked into the cache. */
export function unpackedSource(release: string): string {
  const name = `vllm-${release}`;
  const here = (): string | undefined =>
    folders.map((folder) => path.join(folder, name)).find((tree) => existsSync(path.join(tree, 'vllm')));
  const archive = folders.map((folder) => path.join(folder, `${name}.tar.gz`)).find((file) => existsSync(file));
  const found = here() ?? (archive !== undefined && unpacked(archive, name) ? here() : undefined);
  if (found !== undefined) return found;
  throw new WhichattnError({
    code: 'no-source',
    what: `The source release ${name} lies in none of ${folders.join(', ')}`,
    todo: `Name the folder that holds ${name} or ${name}.tar.gz in WHICHATTN_SOURCES, or the tree with --tree.`,
  });
}

/** Unpacks an archive into the cache; what is unpacked in part takes no name. */
function unpacked(archive: string, name: string): boolean {
  mkdirSync(cache, { recursive: true });
  const part = mkdtempSync(path.join(cache, '.unpacking-'));
  try {
    if (spawnSync('tar', ['-xzf', archive, '-C', part]).status !== 0) return false;
    renameSync(path.join(part, name), path.join(cache, name));
    return true;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/**
 * The unpacked source of a release with the Python files that its wheel alone holds, in the cache: an older release takes
 * some from elsewhere when it is built. The source as it is where the wheel lies in none of the folders, which is said.
 */
export async function sourceWithWheel(release: string, wheel: string): Promise<string> {
  const source = unpackedSource(release);
  const laid = path.join(cache, 'with-wheel', path.basename(source));
  if (existsSync(laid)) return laid;
  const file = folders.map((folder) => path.join(folder, wheel)).find((candidate) => existsSync(candidate));
  if (file === undefined) {
    process.stderr.write(
      `${wheel} lies in none of ${folders.join(', ')}: what it alone holds is taken to be what the recorder stands in for it\n`,
    );
    return source;
  }
  const tree = await openTree(file);
  mkdirSync(path.dirname(laid), { recursive: true });
  const part = mkdtempSync(path.join(path.dirname(laid), '.laying-'));
  try {
    cpSync(source, part, { recursive: true });
    for (const name of tree.list(tree.package).filter((one) => one.endsWith('.py'))) {
      const at = path.join(part, name);
      if (existsSync(at)) continue;
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, tree.read(name) ?? '');
    }
    renameSync(part, laid);
    return laid;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
