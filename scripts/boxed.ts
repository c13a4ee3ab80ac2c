/** The large files of the data as the package ships them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { boxesOf, SHELVED } from '#disk';

const data = path.join(import.meta.dirname, '../../data');

/** What stands in the folder of the boxes, by name; of these folders of the data alone. */
export function boxedData(folders: readonly string[] = SHELVED): Promise<ReadonlyMap<string, Buffer>> {
  const names = folders.flatMap((folder) =>
    readdirSync(path.join(data, folder))
      .toSorted()
      .map((name) => `${folder}/${name}`),
  );
  return boxesOf(new Map(names.map((name) => [name, readFileSync(path.join(data, name))])));
}
