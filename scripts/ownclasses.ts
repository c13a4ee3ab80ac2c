/** The configuration classes that a release has of its own, read beside those of transformers from which they derive. */
import { openTree, readRelease, transformersText } from '#disk';
import { readOwnClasses } from '#release';

const PACKAGE = 'transformers';

export interface OwnClasses {
  readonly transformers: string;
  readonly release: string;
  /** The file that keeps them. */
  readonly text: string;
  readonly count: number;
  /** Those of which something was not read, and what. */
  readonly open: readonly { readonly class: string; readonly unread: readonly string[] }[];
}

/** Reads them: of a tree, a folder or an archive, of transformers and of a release that has been learned. */
export async function learnOwnClasses(classesFrom: string, from: string): Promise<OwnClasses> {
  const library = await openTree(classesFrom, { packages: [PACKAGE] });
  const tree = await openTree(from);
  const release = versionOf(tree);
  const both = {
    read: (file: string) => (file.startsWith(`${PACKAGE}/`) ? library : tree).read(file),
    list: (folder: string) => (folder.startsWith(PACKAGE) ? library : tree).list(folder),
  };
  const types: Record<string, string> = {};
  for (const [type, [, own = '']] of Object.entries(readRelease(release).loaded?.['cuda']?.types ?? {}))
    if (own.includes(':') && !own.startsWith(`${PACKAGE}:`)) types[type] = own;
  const { classes, unread } = readOwnClasses(both, Object.values(types));
  const about = { transformers: versionOf(library), release, source: tree.source, beside: library.source };
  return {
    transformers: about.transformers,
    release,
    text: transformersText({ ...about, types, unread, base: { class: '', fields: {} }, classes }),
    count: Object.keys(classes).length,
    open: Object.values(classes).flatMap(({ class: name, unread: own }) => (own ? [{ class: name, unread: own }] : [])),
  };
}

const versionOf = ({ version }: { readonly version: string | undefined }): string =>
  version?.replace(/\+.*$/, '') ?? '';
