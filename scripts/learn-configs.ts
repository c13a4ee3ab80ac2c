/*
 * Reads the configuration classes that releases have of their own, beside those of transformers from which they derive, and keeps
 * them as data/transformers/TRANSFORMERS+VERSION.json. `node dist/scripts/learn-configs.js TRANSFORMERS TREE...`: a folder or an
 * archive each; the releases have been learned.
 */
import { ownClassesFile, writeWhole } from '#disk';
import { learnOwnClasses } from './ownclasses.ts';
import { scriptWords } from './words.ts';

const [classesFrom = '', ...trees] = scriptWords('TRANSFORMERS TREE...', {}, [2, Infinity]).positionals;
for (const from of trees) {
  const start = Date.now();
  const { transformers, release, text, count, open } = await learnOwnClasses(classesFrom, from);
  await writeWhole(ownClassesFile(transformers, release), text);
  process.stdout.write(`${release}  ${count} classes, ${open.length} of them in part  (${Date.now() - start} ms)\n`);
  for (const cls of open) process.stdout.write(`  ${cls.class}: ${cls.unread.join('; ')}\n`);
}
