/*
 * Reads the configuration classes that releases have of their own, beside those of transformers from which they derive, and keeps
 * them as data/transformers/TRANSFORMERS+VERSION.json. `node dist/scripts/learn-configs.js TRANSFORMERS TREE...`: a folder or an
 * archive each; the releases have been learned.
 */
import { openTree, ownClassesFile, readRelease, transformersText, writeWhole } from '#disk';
import { readOwnClasses } from '#release';
import { scriptWords } from './words.ts';

const PACKAGE = 'transformers';
const [classesFrom = '', ...trees] = scriptWords('TRANSFORMERS TREE...', {}, [2, Infinity]).positionals;
const library = await openTree(classesFrom, { packages: [PACKAGE] });
const versionOf = ({ version }: { readonly version: string | undefined }): string =>
  version?.replace(/\+.*$/, '') ?? '';
for (const from of trees) {
  const tree = await openTree(from);
  const release = versionOf(tree);
  const start = Date.now();
  const both = {
    read: (file: string) => (file.startsWith(`${PACKAGE}/`) ? library : tree).read(file),
    list: (folder: string) => (folder.startsWith(PACKAGE) ? library : tree).list(folder),
  };
  const types: Record<string, string> = {};
  for (const [type, [, own = '']] of Object.entries(readRelease(release).loaded?.['cuda']?.types ?? {}))
    if (own.includes(':') && !own.startsWith(`${PACKAGE}:`)) types[type] = own;
  const { classes, unread } = readOwnClasses(both, Object.values(types));
  const about = { transformers: versionOf(library), release, source: tree.source, beside: library.source };
  const text = transformersText({ ...about, types, unread, base: { class: '', fields: {} }, classes });
  await writeWhole(ownClassesFile(about.transformers, release), text);
  const open = Object.values(classes).filter((cls) => cls.unread);
  process.stdout.write(
    `${release}  ${Object.keys(classes).length} classes, ${open.length} of them in part  (${Date.now() - start} ms)\n`,
  );
  for (const cls of open) process.stdout.write(`  ${cls.class}: ${cls.unread!.join('; ')}\n`);
}
