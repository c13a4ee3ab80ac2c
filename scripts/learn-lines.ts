/*
 * Reads what releases print of their choices, and keeps it as data/lines/VERSION.json. `node dist/scripts/learn-lines.js
 * TREE...`: an unpacked source release or an archive each.
 */
import path from 'node:path';
import { linesFile, linesText, openTree, writeWhole } from '#disk';
import { readLogLines } from '#release';
import { scriptWords } from './words.ts';

for (const from of scriptWords('TREE...', {}, [1, Infinity]).positionals) {
  const tree = await openTree(from);
  const release = tree.version?.replace(/\+.*$/, '') ?? path.basename(from);
  const start = Date.now();
  const { table, unread } = readLogLines(tree);
  for (const file of unread) process.stderr.write(`${release}: ${file} is no Python\n`);
  await writeWhole(linesFile(release), linesText({ release, ...table }));
  process.stdout.write(
    `${release}  ${Object.keys(table.backends).length} backends, ${table.lines.length} lines  (${Date.now() - start} ms)\n`,
  );
}
