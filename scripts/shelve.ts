/*
 * Puts the large files of the data into boxes, as the package ships them: part of `npm pack`.
 * `node dist/scripts/shelve.js [FOLDER]`; the folder is dist/shelf where none is named.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { boxedData } from './boxed.ts';
import { scriptWords } from './words.ts';

const [folder = path.join(import.meta.dirname, '../shelf')] = scriptWords('[FOLDER]', {}, [0, 1]).positionals;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, bytes] of await boxedData()) writeFileSync(path.join(folder, name), bytes);
