/** An unpacked source tree as the readers of #release take it: files by their path below a folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Tree } from '#release';

/** The tree at a folder. A file is read once, however often it is asked for. */
export function folderTree(folder: string): Tree {
  const texts = new Map<string, string | undefined>();
  return {
    read(file) {
      const at = `${folder}/${file}`;
      if (!texts.has(file)) texts.set(file, existsSync(at) ? readFileSync(at, 'utf8') : undefined);
      return texts.get(file);
    },
    list: (from) =>
      existsSync(`${folder}/${from}`)
        ? (readdirSync(`${folder}/${from}`, { recursive: true }) as string[])
            .map((file) => `${from}/${file}`)
            .filter((file) => file.endsWith('.py'))
            .sort()
        : [],
  };
}
