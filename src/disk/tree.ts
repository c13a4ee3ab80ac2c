import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { WhichattnError } from '../rules/index.ts';
import { type Bounds, BOUNDS, type Gathered } from './bounds.ts';
import { readFolder } from './folder.ts';
import { kindOf, unreadable } from './text.ts';

/** A vLLM source tree, read into memory. Paths are relative to the folder that holds the package. */
export interface SourceTree {
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
}

/** What was read, so that anybody can read the same. */
export interface Source {
  /** The name of the archive or of the folder, without where it lay. */
  readonly file: string;
  /** Of the archive. Of a folder: of the lines `<sha256>  <path>` of its Python files, in order of their paths. */
  readonly sha256: string;
}

const PACKAGE = 'vllm';
const START = `${PACKAGE}/__init__.py`;
const WANTED = /^(?:vllm\/.+\.py|requirements\/.+\.txt|requirements[^/]*\.txt|pyproject\.toml|PKG-INFO)$/;
const METADATA = /^vllm-[^/]+\.dist-info\/METADATA$/;

/** Whether a file of the tree is kept; what starts with a dot is no module. */
const wanted = (file: string): boolean => (WANTED.test(file) || METADATA.test(file)) && !/(?:^|\/)\./.test(file);

/**
 * Opens a vLLM source tree: a folder (an unpacked source release, a checkout, the folder an installed package lies in,
 * or the package itself), a source release as an archive, or a wheel. Throws a WhichattnError when there is none.
 */
export async function openTree(from: string, bounds: Bounds = BOUNDS): Promise<SourceTree> {
  const kind = await kindOf(from);
  if (kind === 'absent') {
    throw new WhichattnError({
      code: 'no-such-file',
      what: `There is no file or directory ${JSON.stringify(from)}`,
      todo: 'Give a source release (.tar.gz), a wheel (.whl), or the folder that holds the package vllm.',
    });
  }
  try {
    return await (kind === 'directory' ? openFolder(from, bounds) : openArchive(from, bounds));
  } catch (error) {
    throw error instanceof WhichattnError ? error : unreadable(from, error);
  }
}

async function openArchive(file: string, bounds: Bounds): Promise<SourceTree> {
  // the package lies at the top, as in a wheel, or one folder deeper, as in a source release
  const either = (name: string): boolean => wanted(name) || wanted(name.slice(name.indexOf('/') + 1));
  // what reads archives is loaded when there is one
  const { readArchive } = await import('./archive.ts');
  const { files, ignored, sha256 } = await readArchive(file, either, bounds);
  const prefix = rootOf(files, file);
  const below = new Map<string, Uint8Array>();
  for (const [name, bytes] of files) {
    const inner = name.slice(prefix.length);
    if (name.startsWith(prefix) && wanted(inner)) below.set(inner, bytes);
  }
  return treeOf(
    { files: below, ignored },
    { where: file, named: prefix.slice(0, -1), sha256, file: path.basename(file) },
  );
}

/** The folder of an archive that holds the package: '' or `name/`. */
function rootOf(files: ReadonlyMap<string, Uint8Array>, where: string): string {
  if (files.has(START)) return '';
  const roots = [...files.keys()].filter((name) => name.endsWith(`/${START}`) && name.split('/').length === 3);
  const [first, second] = roots;
  if (first !== undefined && second === undefined) return first.slice(0, -START.length);
  throw noPackage(where, first === undefined ? undefined : `It holds several: ${roots.join(', ')}.`);
}

async function openFolder(given: string, bounds: Bounds): Promise<SourceTree> {
  const folder = await folderOf(path.resolve(given));
  const parts = [PACKAGE];
  for (const name of (await readdir(folder)).toSorted())
    if (/^(?:requirements(?:[^/]*\.txt)?|pyproject\.toml|PKG-INFO)$/.test(name)) parts.push(name);
    else if (METADATA.test(`${name}/METADATA`)) parts.push(`${name}/METADATA`);
  const gathered = await readFolder(folder, parts, wanted, bounds);
  if (!gathered.files.has(START)) throw noPackage(given);
  const file = path.basename(folder);
  return treeOf(gathered, { where: given, named: file, file, sha256: hashOfFiles(gathered.files) });
}

/** The folder that holds the package: the one given, or the one above when the package itself was given. */
async function folderOf(folder: string): Promise<string> {
  if ((await kindOf(path.join(folder, START))) === 'file') return folder;
  const isPackage = path.basename(folder) === PACKAGE && (await kindOf(path.join(folder, '__init__.py'))) === 'file';
  if (isPackage) return path.dirname(folder);
  throw noPackage(folder);
}

function hashOfFiles(files: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash('sha256');
  for (const file of [...files.keys()].filter((name) => name.endsWith('.py')).toSorted()) {
    const own = createHash('sha256').update(files.get(file)!).digest('hex');
    hash.update(`${own}  ${file}\n`);
  }
  return hash.digest('hex');
}

const noPackage = (where: string, why?: string): WhichattnError =>
  new WhichattnError({
    code: 'not-a-tree',
    what: 'It holds no package vllm',
    why: why ?? `There is no ${START} in it.`,
    where,
    todo: 'Give a source release (.tar.gz), a wheel (.whl), or the folder that holds the package vllm.',
  });

interface Opened {
  readonly where: string;
  /** The name of the folder that holds the package. */
  readonly named: string;
  readonly file: string;
  readonly sha256: string;
}

function treeOf({ files, ignored }: Gathered, { where, named, file, sha256 }: Opened): SourceTree {
  for (const [name, bytes] of files) if (bytes.includes(0)) throw notText(where, name, 'It holds a zero byte.');
  const names = [...files.keys()].toSorted();
  const read = (name: string): string | undefined => {
    const bytes = files.get(name);
    return bytes === undefined ? undefined : textOf(bytes, where, name);
  };
  return {
    read,
    list: (folder) => (folder === '' ? names : names.filter((name) => name.startsWith(`${folder}/`))),
    ...versionOf(names, read, named),
    source: { file, sha256 },
    ignored: ignored.toSorted(),
  };
}

/** Python's way with a source file: UTF-8 unless its first lines say Latin-1, any kind of line end. */
function textOf(bytes: Uint8Array, where: string, name: string): string {
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
function versionOf(names: readonly string[], read: (name: string) => string | undefined, named: string): Said {
  const written = `${PACKAGE}/_version.py`;
  const metadata = names.find((name) => name === 'PKG-INFO' || METADATA.test(name));
  const places: readonly (readonly [string, string | undefined, RegExp])[] = [
    [metadata ?? '', metadata && read(metadata), /^Version:[ \t]*(\S+)[ \t]*$/m],
    [written, read(written), /^(?:__version__\s*=\s*)?version\s*=\s*['"]([^'"]+)['"]/m],
    [named, named, /^vllm-(\d[\w.+!]*)$/],
  ];
  for (const [versionFrom, text, pattern] of places) {
    const version = pattern.exec(text ?? '')?.[1];
    if (version !== undefined) return { version, versionFrom };
  }
  return { version: undefined, versionFrom: undefined };
}
