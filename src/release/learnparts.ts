/** The parts in which a release is read, and who reads them. */
import { readMaking } from './making.ts';
import { type ModelClasses, type OtherReaders, readModelClasses } from './models.ts';
import type { Quantization } from './quantization.ts';
import type { Unread } from './selection.ts';
import type { Tree } from './tree.ts';
import { platformsOf } from './world.ts';

/** The platforms whose start is read. */
export const STARTED = ['cuda'];

/** A part of a release, and how much of the time it takes. */
export interface Part {
  readonly name: string;
  readonly share: number;
}

/** How backends are selected for one layer, by platform. */
const selectionParts = (tree: Tree): readonly Part[] =>
  platformsOf(tree).map((platform) => ({ name: `selection.${platform}`, share: 6 }));

/** What is read of a tree, in order, with the share of the time that each part takes; the selection alone if so wanted. */
export const partsOf = (tree: Tree, selectionAlone = false): readonly Part[] =>
  selectionAlone
    ? selectionParts(tree)
    : [
        { name: 'arguments', share: 2 },
        ...STARTED.map((platform) => ({ name: `loaded.${platform}`, share: 3 })),
        ...STARTED.map((platform) => ({ name: `draft.${platform}`, share: 1 })),
        ...STARTED.map((platform) => ({ name: `model.${platform}`, share: 7 })),
        ...STARTED.map((platform) => ({ name: `config.${platform}`, share: 4 })),
        ...selectionParts(tree),
        ...STARTED.map((platform) => ({ name: `engine.${platform}`, share: 1 })),
        // these are read meanwhile by another thread
        { name: 'models', share: 4 },
        ...STARTED.map((platform) => ({ name: `quantization.${platform}`, share: 7 })),
        ...STARTED.map((platform) => ({ name: `making.${platform}`, share: 3 })),
      ];

/** Reads one part and keeps what of it was not read exactly. */
export type ReadPart = <T extends { readonly notes: readonly Unread[] }>(part: string, work: () => T) => T;

/** The same of a part that something else may read meanwhile. */
type AwaitPart = <T extends { readonly notes: readonly Unread[] }>(
  part: string,
  work: () => T | Promise<T>,
) => Promise<T>;

export interface PartReader {
  readonly read: ReadPart;
  readonly wait: AwaitPart;
  readonly unread: Readonly<Record<string, readonly Unread[]>>;
}

export function partReader(begin: (part: string) => void): PartReader {
  const unread: Record<string, readonly Unread[]> = {};
  return {
    unread,
    read(part, work) {
      begin(part);
      const made = work();
      unread[part] = made.notes;
      return made;
    },
    async wait(part, work) {
      begin(part);
      const made = await work();
      unread[part] = made.notes;
      return made;
    },
  };
}

/** Reads what concerns the models of a tree, which takes about as long as all else. */
export interface ModelsReader {
  classes(): ModelClasses | Promise<ModelClasses>;
  /** What making the layers that these classes build refuses, on a platform; asked for once the classes are read. */
  making(platform: string, makers: readonly string[]): Quantization | Promise<Quantization>;
  /** Takes a share of the classes, where somebody else reads them. */
  help?(): void;
}

/** Reads it when it is asked for. */
export const modelsReader = (tree: Tree, others?: OtherReaders): ModelsReader => ({
  classes: () => readModelClasses(tree, STARTED[0]!, others),
  making: (platform, makers) => readMaking(tree, platform, makers),
});
