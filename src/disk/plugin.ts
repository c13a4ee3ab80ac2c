import path from 'node:path';
import { readdir } from 'node:fs/promises';
import { WhichattnError } from '../rules/index.ts';
import { type Bounds, BOUNDS } from './bounds.ts';
import { readFolder } from './folder.ts';
import { hashOfFiles, opened, type Source, textOf } from './tree.ts';

/** A package that vLLM may take in, read into memory: its Python files and its metadata, by their paths. */
export interface PluginTree {
  /** The text of a file, or undefined when there is none. Throws when the file is no text. */
  read(file: string): string | undefined;
  /** The files below a folder, however deep, in order; '' is the folder that holds the packages. */
  list(folder: string): readonly string[];
  readonly source: Source;
  /** Links that were passed over because they lead out of the tree or nowhere. */
  readonly ignored: readonly string[];
}

const METADATA = /^(?:[^/]+\.(?:dist|egg)-info\/)?(?:METADATA|PKG-INFO|entry_points\.txt)$/;
const SOURCE = /^(?:pyproject\.toml|setup\.cfg)$/;

/** Whether a file of a package is kept; what starts with a dot is no module. */
const wanted = (file: string): boolean =>
  !/(?:^|\/)\./.test(file) && (file.endsWith('.py') || METADATA.test(file) || SOURCE.test(file));

/**
 * Opens a package that is not vLLM: a wheel, a source release as an archive or unpacked, a checkout. Throws a WhichattnError
 * when it holds no Python package.
 */
export async function openPlugin(from: string, bounds: Bounds = BOUNDS): Promise<PluginTree> {
  return opened(from, 'Give a wheel (.whl) of the plug-in, its source release (.tar.gz), or its folder.', {
    folder: () => openFolder(from, bounds),
    archive: () => openArchive(from, bounds),
  });
}

async function openArchive(file: string, bounds: Bounds): Promise<PluginTree> {
  const { readArchive } = await import('./archive.ts');
  // a source release has one folder at its top, a wheel has none
  const any = (name: string): boolean => wanted(name) || wanted(name.slice(name.indexOf('/') + 1));
  const { files, ignored, sha256 } = await readArchive(file, any, bounds);
  return pluginTree(file, files, ignored, { file: path.basename(file), sha256 });
}

async function openFolder(from: string, bounds: Bounds): Promise<PluginTree> {
  const folder = path.resolve(from);
  const parts = (await readdir(folder)).filter((name) => !name.startsWith('.')).toSorted();
  const { files, ignored } = await readFolder(folder, parts, wanted, bounds);
  return pluginTree(from, files, ignored, { file: path.basename(folder), sha256: await hashOfFiles(files) });
}

function pluginTree(
  where: string,
  files: ReadonlyMap<string, Uint8Array>,
  ignored: readonly string[],
  source: Source,
): PluginTree {
  const prefix = prefixOf([...files.keys()], where);
  const below = new Map<string, Uint8Array>();
  for (const [name, bytes] of files) {
    const inner = [`${prefix}src/`, prefix].find((start) => name.startsWith(start));
    if (inner !== undefined) below.set(name.slice(inner.length), bytes);
  }
  const names = [...below.keys()].toSorted();
  return {
    read: (name) => {
      const bytes = below.get(name);
      return bytes === undefined ? undefined : textOf(bytes, where, name);
    },
    list: (folder) => (folder === '' ? names : names.filter((name) => name.startsWith(`${folder}/`))),
    source,
    ignored: ignored.toSorted(),
  };
}

/** What stands before the paths of the packages: nothing, or the one folder of a source release. Throws where there is none. */
function prefixOf(names: readonly string[], where: string): string {
  const at = (prefix: string): boolean => {
    const inner = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    return inner.some((name) => /^(?:src\/)?[^/]+\/__init__\.py$/.test(name));
  };
  const [top, ...others] = new Set(names.map((name) => name.slice(0, name.indexOf('/') + 1)));
  const said = names.some((name) => METADATA.test(name) || SOURCE.test(name));
  if (said && at('')) return '';
  if (top !== undefined && top !== '' && others.length === 0 && at(top)) return top;
  if (at('')) return '';
  throw new WhichattnError({
    code: 'not-a-package',
    what: 'It holds no Python package',
    why: 'There is no folder with an __init__.py at its top.',
    where,
    todo: 'Give a wheel (.whl) of the plug-in, its source release (.tar.gz), or its folder.',
  });
}
