/*
 * Reads the configuration classes that releases have of their own, beside those of transformers from which they derive, and keeps
 * them as data/transformers/TRANSFORMERS+VERSION.json. `node dist/scripts/learn-configs.js TRANSFORMERS TREE...`: a folder or an
 * archive each; the releases have been learned.
 */
import { ownClassesOf, ownTypes, publicVersion } from '#cli';
import { openTree, ownClassesFile, readRelease, transformersText, writeWhole } from '#disk';
import { scriptWords } from './words.ts';

const [classesFrom = '', ...trees] = scriptWords('TRANSFORMERS TREE...', {}, [2, Infinity]).positionals;
const library = await openTree(classesFrom, { packages: ['transformers'] });
for (const from of trees) {
  const start = Date.now();
  const tree = await openTree(from);
  const release = publicVersion(tree)!;
  const own = ownClassesOf(library, tree, release, ownTypes(readRelease(release).loaded?.['cuda']?.types ?? {}));
  await writeWhole(ownClassesFile(own.transformers, release), transformersText(own));
  const classes = Object.values(own.classes);
  const open = classes.filter(({ unread }) => unread);
  process.stdout.write(
    `${release}  ${classes.length} classes, ${open.length} of them in part  (${Date.now() - start} ms)\n`,
  );
  for (const { class: name, unread = [] } of open) process.stdout.write(`  ${name}: ${unread.join('; ')}\n`);
}
