import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { WhichattnError } from '../rules/index.ts';
import { type Bounds, BOUNDS, type Gathered } from './bounds.ts';
import { readFolder } from './folder.ts';
import { kindOf, unreadable } from './text.ts';

/** A vLLM source tree, read into memory. Paths are relative to the folder that holds the package. */
export interface SourceTree {
  /** The package that it holds. */
  readonly package: string;
  /** The text of a file, or undefined when there is none. Throws when the file is no text. */
  read(file: string): string | undefined;
  /** The files below a folder, however deep, in order; '' is the folder that holds the package. */
  list(folder: string): readonly string[];
  /** What the tree says its version is, in full; undefined when it does not say. */
  readonly version: string | undefined;
  /** The file, or the folder's name, that says so. */
  readonly versionFrom: string | undefined;
  readonly source: Source;
  /** Links that were passed over because they lead out of the tree or nowhere. */
  readonly ignored: readonly string[];
  /** The same without its packages that hold compiled libraries, which a build for another platform does not bring. */
  unbuilt(): SourceTree;
}

/** What was read, so that anybody can read the same. */
export interface Source {
  /** The name of the archive or of the folder, without where it lay. */
  readonly file: string;
  /** Of the archive. Of a folder: of the lines `<sha256>  <path>` of its Python files, in order of their paths. */
  readonly sha256: string;
}

/** The packages that are read: a tree that holds both, as an installation does, is one of the first. */
export const PACKAGES: readonly string[] = ['vllm', 'transformers'];

const startOf = (of: string): string => `${of}/__init__.py`;
const METADATA = /^(\w+)-[^/]+\.dist-info\/METADATA$/;
const BESIDE = /^(?:requirements\/.+\.txt|requirements[^/]*\.txt|CMakeLists\.txt|pyproject\.toml|PKG-INFO)$/;

/** Whether a file of a package's tree is kept; what starts with a dot is no module. */
function wanted(of: string, file: string): boolean {
  if (/(?:^|\/)\./.test(file)) return false;
  return (file.startsWith(`${of}/`) && file.endsWith('.py')) || BESIDE.test(file) || METADATA.exec(file)?.[1] === of;
}

/** A compiled library, by the name of its file. */
const LIBRARY = /\.(?:so|pyd|dylib)$/;

export interface Opening {
  /** Of which package it may be; the first that it holds. */
  readonly packages?: readonly string[];
  readonly bounds?: Bounds;
}

/**
 * Opens a source tree: a folder (an unpacked source release, a checkout, the folder an installed package lies in,
 * or the package itself), a source release as an archive, or a wheel. Throws a WhichattnError when there is none.
 */
export async function openTree(
  from: string,
  { packages = PACKAGES, bounds = BOUNDS }: Opening = {},
): Promise<SourceTree> {
  return opened(
    from,
    `Give a source release (.tar.gz), a wheel (.whl), or the folder that holds the package ${packages[0]}.`,
    {
      folder: () => openFolder(from, packages, bounds),
      archive: () => openArchive(from, packages, bounds),
    },
  );
}

/** Opens a folder or an archive. Throws a WhichattnError, with what to do instead where there is neither. */
export async function opened<T>(
  from: string,
  todo: string,
  as: { readonly folder: () => Promise<T>; readonly archive: () => Promise<T> },
): Promise<T> {
  const kind = await kindOf(from);
  if (kind === 'absent') {
    throw new WhichattnError({
      code: 'no-such-file',
      what: `There is no file or directory ${JSON.stringify(from)}`,
      todo,
    });
  }
  try {
    return await (kind === 'directory' ? as.folder() : as.archive());
  } catch (error) {
    throw error instanceof WhichattnError ? error : unreadable(from, error);
  }
}

async function openArchive(file: string, packages: readonly string[], bounds: Bounds): Promise<SourceTree> {
  // the package lies at the top, as in a wheel, or one or two folders deeper, as in a source release
  const inside = (name: string): string[] => {
    const parts = name.split('/');
    return [0, 1, 2].filter((n) => n < parts.length).map((n) => parts.slice(n).join('/'));
  };
  const libraries: string[] = [];
  const any = (name: string): boolean => {
    if (LIBRARY.test(name)) libraries.push(name);
    return inside(name).some((inner) => packages.some((of) => wanted(of, inner)));
  };
  // what reads archives is loaded when there is one
  const { readArchive } = await import('./archive.ts');
  const { files, ignored, sha256 } = await readArchive(file, any, bounds);
  const { prefix, of } = rootOf(files, packages, file);
  const below = new Map<string, Uint8Array>();
  for (const [name, bytes] of files) {
    const inner = name.slice(prefix.length);
    if (name.startsWith(prefix) && wanted(of, inner)) below.set(inner, bytes);
  }
  const named = prefix.split('/')[0]!;
  const compiled = libraries.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return treeOf({ files: below, ignored }, { of, where: file, named, sha256, file: path.basename(file), compiled });
}

interface Root {
  /** '' or `name/`: what stands before the paths of the package's own folder. */
  readonly prefix: string;
  readonly of: string;
}

/** The folder of an archive that holds one of the packages: the one that lies least deep. */
function rootOf(files: ReadonlyMap<string, Uint8Array>, packages: readonly string[], where: string): Root {
  for (const of of packages) {
    const start = startOf(of);
    const found = [...files.keys()].filter((name) => name === start || name.endsWith(`/${start}`));
    const depth = Math.min(...found.map((name) => name.split('/').length));
    const [first, second] = found.filter((name) => name.split('/').length === depth);
    if (first !== undefined && second !== undefined)
      throw noPackage(where, packages, `It holds several: ${first}, ${second}.`);
    if (first !== undefined) return { prefix: first.slice(0, -start.length), of };
  }
  throw noPackage(where, packages);
}

async function openFolder(given: string, packages: readonly string[], bounds: Bounds): Promise<SourceTree> {
  const { folder, of } = await folderOf(path.resolve(given), packages);
  const parts = [of];
  for (const name of (await readdir(folder)).toSorted())
    if (/^(?:requirements(?:[^/]*\.txt)?|CMakeLists\.txt|pyproject\.toml|PKG-INFO)$/.test(name)) parts.push(name);
    else if (METADATA.exec(`${name}/METADATA`)?.[1] === of) parts.push(`${name}/METADATA`);
  const compiled: string[] = [];
  const wants = (name: string): boolean => {
    if (LIBRARY.test(name)) compiled.push(name);
    return wanted(of, name);
  };
  const gathered = await readFolder(folder, parts, wants, bounds);
  if (!gathered.files.has(startOf(of))) throw noPackage(given, packages);
  const file = path.basename(folder);
  const sha256 = await hashOfFiles(gathered.files);
  return treeOf(gathered, { of, where: given, named: file, file, sha256, compiled });
}

/** The folder that holds a package: the one given, its src, or the one above when the package itself was given. */
async function folderOf(
  given: string,
  packages: readonly string[],
): Promise<{ readonly folder: string; readonly of: string }> {
  const isFile = async (...parts: string[]): Promise<boolean> => (await kindOf(path.join(...parts))) === 'file';
  for (const of of packages) {
    if (await isFile(given, startOf(of))) return { folder: given, of };
    if (await isFile(given, 'src', startOf(of))) return { folder: path.join(given, 'src'), of };
    if (path.basename(given) === of && (await isFile(given, '__init__.py'))) return { folder: path.dirname(given), of };
  }
  throw noPackage(given, packages);
}

export async function hashOfFiles(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  // loaded when there is something to learn: no answer needs it
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for (const file of [...files.keys()].filter((name) => name.endsWith('.py')).toSorted()) {
    const own = createHash('sha256').update(files.get(file)!).digest('hex');
    hash.update(`${own}  ${file}\n`);
  }
  return hash.digest('hex');
}

const noPackage = (where: string, packages: readonly string[], why?: string): WhichattnError =>
  new WhichattnError({
    code: 'not-a-tree',
    what: `It holds no package ${packages.join(' or ')}`,
    why: why ?? `There is no ${startOf(packages[0]!)} in it.`,
    where,
    todo: `Give a source release (.tar.gz), a wheel (.whl), or the folder that holds the package ${packages[0]!}.`,
  });

interface Opened {
  readonly of: string;
  readonly where: string;
  /** The name of the folder that holds the package. */
  readonly named: string;
  readonly file: string;
  readonly sha256: string;
  /** The compiled libraries in it. */
  readonly compiled: readonly string[];
}

function treeOf({ files, ignored }: Gathered, opened: Opened): SourceTree {
  const { of, where, named, file, sha256, compiled } = opened;
  for (const [name, bytes] of files) if (bytes.includes(0)) throw notText(where, name, 'It holds a zero byte.');
  const names = [...files.keys()].toSorted();
  const read = (name: string): string | undefined => {
    const bytes = files.get(name);
    return bytes === undefined ? undefined : textOf(bytes, where, name);
  };
  const tree: SourceTree = {
    read,
    list: (folder) => (folder === '' ? names : names.filter((name) => name.startsWith(`${folder}/`))),
    package: of,
    ...versionOf(of, names, read, named),
    source: { file, sha256 },
    ignored: ignored.toSorted(),
    unbuilt: () =>
      compiled.length === 0
        ? tree
        : treeOf({ files: withoutBuilt(files, of, compiled), ignored }, { ...opened, compiled: [] }),
  };
  return tree;
}

/** The files that do not lie in a package, other than the whole one, that holds a compiled library. */
function withoutBuilt(files: Gathered['files'], of: string, compiled: readonly string[]): Gathered['files'] {
  const built = [...new Set(compiled.map((name) => `${path.posix.dirname(name)}/`))].filter(
    (name) => name !== `${of}/`,
  );
  return new Map([...files].filter(([name]) => !built.some((folder) => name.startsWith(folder))));
}

/** Python's way with a source file: UTF-8 unless its first lines say Latin-1, any kind of line end. */
export function textOf(bytes: Uint8Array, where: string, name: string): string {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1').split('\n').slice(0, 2);
  const coding = head.map((line) => /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/.exec(line)?.[1]).find(Boolean);
  const latin = /^(?:latin|iso-8859)[-_]?1$/i.test(coding ?? '');
  try {
    const text = latin
      ? Buffer.from(bytes).toString('latin1')
      : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.replaceAll(/\r\n?/g, '\n');
  } catch {
    throw notText(where, name, 'It is not valid UTF-8.');
  }
}

const notText = (where: string, name: string, why: string): WhichattnError =>
  new WhichattnError({
    code: 'not-text',
    what: `${name} is no Python source`,
    why,
    where,
    todo: 'Take the tree from where the release was published.',
  });

interface Said {
  readonly version: string | undefined;
  readonly versionFrom: string | undefined;
}

/** What the tree says of itself: its metadata, then the file its build writes, then the name of its folder. */
function versionOf(
  of: string,
  names: readonly string[],
  read: (name: string) => string | undefined,
  named: string,
): Said {
  const metadata = names.find((name) => name === 'PKG-INFO' || METADATA.test(name));
  const assigned = /^(?:__version__\s*=\s*)?(?:__)?version(?:__)?\s*=\s*['"]([^'"]+)['"]/m;
  const places: readonly (readonly [string, string | undefined, RegExp])[] = [
    [metadata ?? '', metadata && read(metadata), /^Version:[ \t]*(\S+)[ \t]*$/m],
    [`${of}/_version.py`, read(`${of}/_version.py`), assigned],
    [startOf(of), read(startOf(of)), assigned],
    [named, named.startsWith(`${of}-`) ? named.slice(of.length + 1) : undefined, /^(\d[\w.+!]*)$/],
  ];
  for (const [versionFrom, text, pattern] of places) {
    const version = pattern.exec(text ?? '')?.[1];
    if (version !== undefined) return { version, versionFrom };
  }
  return { version: undefined, versionFrom: undefined };
}
