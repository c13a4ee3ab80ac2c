/** The configuration classes that a release has of its own, read beside those of transformers from which they derive. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { openTree, type SourceTree, type TransformersData } from '../disk/index.ts';
import { type Learned, readOwnClasses } from '../release/index.ts';
import { WhichattnError } from '../rules/index.ts';

const PACKAGE = 'transformers';

/** The class of each of a release's types of models, where it is one of the release's own: `module:Class`. */
export function ownTypes(
  types: Readonly<Record<string, readonly [kind: number, taken?: string]>>,
): Readonly<Record<string, string>> {
  const own = Object.entries(types).map(([type, [, name = '']]) => [type, name] as const);
  return Object.fromEntries(own.filter(([, name]) => name.includes(':') && !name.startsWith(`${PACKAGE}:`)));
}

/** Reads those classes: of a tree of transformers and of the tree of that release. */
export function ownClassesOf(
  library: SourceTree,
  tree: SourceTree,
  release: string,
  types: Readonly<Record<string, string>>,
): TransformersData {
  const of = (file: string): SourceTree => (file === PACKAGE || file.startsWith(`${PACKAGE}/`) ? library : tree);
  const both = { read: (file: string) => of(file).read(file), list: (folder: string) => of(folder).list(folder) };
  const { classes, unread } = readOwnClasses(both, Object.values(types));
  const about = { transformers: publicVersion(library) ?? '', release, source: tree.source, beside: library.source };
  return { ...about, types, unread, base: { class: '', fields: {} }, classes };
}

/** The classes of a release's own, where it has such and the tree from which they derive is at hand; else what follows. */
export function ownClasses(
  library: SourceTree | undefined,
  tree: SourceTree,
  { release, loaded }: Pick<Learned, 'release' | 'loaded'>,
): { readonly own?: TransformersData; readonly warnings: readonly string[] } {
  const types = Object.assign({}, ...Object.values(loaded).map((one) => ownTypes(one.types))) as ReturnType<
    typeof ownTypes
  >;
  const names = Object.keys(types);
  if (names.length === 0) return { warnings: [] };
  if (library) return { own: ownClassesOf(library, tree, release, types), warnings: [] };
  const of = `${names.length} types of models (${names.slice(0, 3).join(', ')} …)`;
  const left = `Its own configuration classes were not learned, of ${of}: their models are left open.`;
  return { warnings: [`${left} Name the package that they derive from: --transformers PATH.`] };
}

/** What a tree says that its version is, without what a build adds. */
export const publicVersion = ({ version }: SourceTree): string | undefined => version?.replace(/\+.*$/, '');

/** The tree of transformers that is named, else the one that lies beside vLLM where packages are installed. */
export async function libraryFor(from: string, named: string | undefined): Promise<SourceTree | undefined> {
  if (named === undefined && !(await isFile(path.join(from, PACKAGE, '__init__.py')))) return undefined;
  const library = await openTree(named ?? from, { packages: [PACKAGE] });
  if (publicVersion(library) !== undefined) return library;
  throw new WhichattnError({
    code: 'unknown-version',
    what: 'The tree of transformers does not say which version it is',
    why: 'It has no metadata, and the name of its folder does not say it.',
    where: named ?? from,
    todo: 'Give the wheel of a release (.whl).',
  });
}

const isFile = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined))?.isFile() === true;
