/** The model classes of a release, one after the other: what its registry says of each, and the layers each builds. */
import { packRules } from '../rules/index.ts';
import type { PackedRuleSet } from '../rules/index.ts';
import { readArchitectures, readLayers } from './layers.ts';
import type { Architecture } from './layers.ts';
import type { Unread } from './selection.ts';
import type { Tree } from './tree.ts';

/** A model class as it is kept: what was not read of it is left out and told. */
export interface ModelClass {
  /** `module:class`, as the registry finds it. */
  readonly class: string;
  /** The architectures that the registry has this class for. */
  readonly architectures: readonly string[];
  /** What the model builds: the calls of the selector, in order. */
  readonly layers?: PackedRuleSet;
  /** Why something is left out. */
  readonly unread?: readonly string[];
}

/** The classes of one release, and what was not read exactly in them, equal places joined. */
export interface ModelClasses {
  readonly classes: readonly ModelClass[];
  readonly notes: readonly Unread[];
}

/** Reads every class that builds a model that generates text. */
export function readModelClasses(tree: Tree, platform: string): ModelClasses {
  const byClass = new Map<string, Architecture[]>();
  for (const a of readArchitectures(tree, platform)) {
    const key = `${a.module}:${a.cls}`;
    byClass.set(key, [...(byClass.get(key) ?? []), a]);
  }
  const notes = new Map<string, Unread>();
  const classes: ModelClass[] = [];
  for (const [name, architectures] of byClass) {
    const about = { class: name, architectures: architectures.map((a) => a.name) };
    try {
      const read = readLayers(tree, platform, architectures[0]!);
      for (const n of read.notes) join(notes, n);
      classes.push({ ...about, layers: packRules(read.rules) });
    } catch (error) {
      // a class that grows beyond all bounds, or is not there: everything about its layers stays unknown
      classes.push({ ...about, unread: [`layers: ${error instanceof Error ? error.message : String(error)}`] });
    }
  }
  return { classes, notes: [...notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0)) };
}

function join(into: Map<string, Unread>, n: Unread): void {
  const key = `${n.kind} ${n.place} ${n.what}`;
  const old = into.get(key);
  into.set(key, old ? { ...old, count: old.count + n.count } : n);
}
