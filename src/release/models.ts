/** The model classes of a release, one after the other: what its registry says of each, and the layers each builds. */
import type { RuleSet } from '../rules/index.ts';
import { asksTextAlone, readArchitectures, readLayers } from './layers.ts';
import type { Architecture, Layers } from './layers.ts';
import { createInspector } from './modelinfo.ts';
import type { Info } from './modelinfo.ts';
import type { Unread } from './selection.ts';
import type { Tree } from './tree.ts';

/** A model class as it is kept: what was not read of it is left out and told. */
export interface ModelClass {
  /** `module:class`, as the registry finds it. */
  readonly class: string;
  /** The architectures that the registry has this class for. */
  readonly architectures: readonly string[];
  /** What the registry says of it, `model_info.<field>`. */
  readonly info?: Readonly<Record<string, Info>>;
  /** What the model builds: the calls of the selector, in order. */
  readonly layers?: RuleSet;
  /** Why something is left out. */
  readonly unread?: readonly string[];
}

/** The classes of one release, and what was not read exactly in them, equal places joined. */
export interface ModelClasses {
  readonly classes: readonly ModelClass[];
  /** What of all that makes weights the classes call. */
  readonly makers: readonly string[];
  readonly notes: readonly Unread[];
}

/** Reads every class of the registry, with the layers that it builds. */
export function readModelClasses(tree: Tree, platform: string): ModelClasses {
  const byClass = new Map<string, Architecture[]>();
  for (const a of readArchitectures(tree, platform)) {
    const key = `${a.module}:${a.cls}`;
    byClass.set(key, [...(byClass.get(key) ?? []), a]);
  }
  const inspector = createInspector(tree, platform);
  const notes = new Map<string, Unread>();
  const makers = new Set<string>();
  const inners = new Set<string>();
  const classes = [...byClass].map(([name, architectures]): ModelClass => {
    const { info, unread } = attempt('info', () => inspector.inspect(architectures[0]!.module, architectures[0]!.cls));
    const layers = attempt('layers', () => layersOf(tree, platform, { architectures, info }, notes));
    for (const maker of layers.makers ?? []) makers.add(maker);
    for (const inner of layers.inners ?? []) inners.add(inner);
    const why = [...(unread ?? []), ...(layers.unread ?? [])];
    return {
      class: name,
      architectures: architectures.map((a) => a.name),
      ...(info === undefined ? {} : { info }),
      ...(layers.rules === undefined ? {} : { layers: layers.rules }),
      ...(why.length === 0 ? {} : { unread: why }),
    };
  });
  for (const n of inspector.notes()) join(notes, n);
  return {
    classes: classes.map((cls) => {
      const architecture = byClass.get(cls.class)!.find(({ name, text }) => text && inners.has(name));
      const isAlike = architecture !== undefined && cls.layers !== undefined;
      return isAlike && isTextAlone(tree, platform, architecture) ? withWhole(cls) : cls;
    }),
    makers: [...makers].sort(),
    notes: [...notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0)),
  };
}

/** A class for which the registry has these architectures. */
interface Registered {
  readonly architectures: readonly Architecture[];
  readonly info: ModelClass['info'];
}

function layersOf(
  tree: Tree,
  platform: string,
  { architectures, info }: Registered,
  notes: Map<string, Unread>,
): Partial<Omit<Layers, 'notes'>> & { readonly unread?: readonly string[] } {
  const as = asRead(architectures, info);
  if (!as.text && architectures.some(({ module }) => isWrapped(tree, module)))
    return { unread: ["layers: they are made by a class of transformers' own, which is not read"] };
  const read = readLayers(tree, platform, as);
  for (const n of read.notes) join(notes, n);
  return read;
}

/** Does a package of models leave it to a class of transformers to build the layers, some of which it exchanges then? */
const isWrapped = (tree: Tree, module: string): boolean =>
  tree.list(module.replaceAll('.', '/')).some((path) => WRAPS.test(tree.read(path) ?? ''));

const WRAPS = /\bAutoModel\.from_config\(/;

/**
 * The architecture by which a class is read: one that generates text from text alone, else one that does so from more. What is in
 * neither table has parts where the registry says that it takes more than text.
 */
function asRead(architectures: readonly Architecture[], info: ModelClass['info']): Architecture {
  const generates = architectures.find((a) => a.text) ?? architectures.find((a) => a.multimodal);
  return generates ?? { ...architectures[0]!, text: info?.['supports_multimodal'] !== true };
}

/** A class that grows beyond all bounds, or is not there: everything about it stays unknown. */
function attempt<T extends object>(part: string, work: () => T): Partial<T> & { readonly unread?: readonly string[] } {
  try {
    return work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { unread: [`${part}: ${why}`] } as unknown as Partial<T> & { readonly unread?: readonly string[] };
  }
}

const isTextAlone = (tree: Tree, platform: string, architecture: Architecture): boolean =>
  attempt('whole', () => ({ is: asksTextAlone(tree, platform, architecture) })).is === true;

/** Says that the rules are the same where the model is given a whole configuration object, by the name of its text config. */
const withWhole = (cls: ModelClass): ModelClass => ({
  ...cls,
  layers: { ...cls.layers!, terms: { ...cls.layers!.terms, [GIVEN_WHOLE]: TEXT_CONFIG } },
});

/** The term that says it. */
const GIVEN_WHOLE = 'given_whole';
const TEXT_CONFIG = 'hf_text_config';

function join(into: Map<string, Unread>, n: Unread): void {
  const key = `${n.kind} ${n.place} ${n.what}`;
  const old = into.get(key);
  into.set(key, old ? { ...old, count: old.count + n.count } : n);
}
