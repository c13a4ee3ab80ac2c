/** The model classes of a release, one after the other: what its registry says of each, and the layers each builds. */
import type { RuleSet } from '../rules/index.ts';
import { asksTextAlone, GIVEN_WHOLE, readArchitectures, readLayers, TEXT_CONFIG } from './layers.ts';
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
  /** What prepares its inputs says of the model. */
  readonly processing?: RuleSet;
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

/** What was read of the layers of a class, or why nothing was. */
export type LayersRead = Partial<Layers> & { readonly unread?: readonly string[] };

/** Others that read layers of classes of the same release meanwhile. A class goes by its number in the registry. */
export interface OtherReaders {
  /** Takes a class, unless somebody has it already. */
  take(at: number): boolean;
  /** What somebody else reads of a class that is taken, once it is read. */
  read(at: number): Promise<LayersRead>;
}

/** Who reads alone. */
const ALONE: OtherReaders = {
  take: () => true,
  read: () => Promise.reject(new Error('nobody else reads')),
};

/** Reads every class of the registry, with the layers that it builds. */
export async function readModelClasses(
  tree: Tree,
  platform: string,
  others: OtherReaders = ALONE,
): Promise<ModelClasses> {
  const registered = registeredClasses(tree, platform);
  const inspector = createInspector(tree, platform);
  const begun = [...registered].map(([name, architectures], at) => {
    const said = attempt('info', () => inspector.inspect(architectures[0]!.module, architectures[0]!.cls));
    const { info, unread, processing } = said;
    const layers = others.take(at) ? layersOf(tree, platform, { architectures, info }) : undefined;
    return { name, architectures, info, unread, processing, layers };
  });
  const read = await Promise.all(begun.map(({ layers }, at) => (layers ? Promise.resolve(layers) : others.read(at))));
  const notes = new Map<string, Unread>();
  for (const n of read.flatMap((layers) => layers.notes ?? [])) join(notes, n);
  for (const n of inspector.notes()) join(notes, n);
  const inners = new Set(read.flatMap((layers) => layers.inners ?? []));
  const classes = begun.map((of, at) => modelClass(of, read[at]!));
  return {
    classes: classes.map((cls) => {
      const architecture = registered.get(cls.class)!.find(({ name, text }) => text && inners.has(name));
      const isOpen = architecture !== undefined && cls.layers !== undefined && !(GIVEN_WHOLE in cls.layers.terms);
      return isOpen && isTextAlone(tree, platform, architecture) ? withWhole(cls) : cls;
    }),
    makers: [...new Set(read.flatMap((layers) => layers.makers ?? []))].sort(),
    notes: [...notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0)),
  };
}

/** What the registry says of a class. */
interface Said extends Registered {
  readonly name: string;
  /** What of that was not read. */
  readonly unread: readonly string[] | undefined;
  readonly processing: RuleSet | undefined;
}

/** A class by what the registry says of it, and what was read of its layers. */
function modelClass({ name, architectures, info, unread, processing }: Said, layers: LayersRead): ModelClass {
  const why = [...(unread ?? []), ...(layers.unread ?? [])];
  return {
    class: name,
    architectures: architectures.map((a) => a.name),
    ...(info === undefined ? {} : { info }),
    ...(layers.rules === undefined ? {} : { layers: layers.rules }),
    ...(processing === undefined ? {} : { processing }),
    ...(why.length === 0 ? {} : { unread: why }),
  };
}

/**
 * Reads the layers of classes that nobody has taken, from the last one on, and tells what was read of each. A class of which what
 * the registry says has to be known first is left to who asks that.
 */
export function helpReadLayers(
  tree: Tree,
  platform: string,
  take: OtherReaders['take'],
  tell: (at: number, read: LayersRead) => void,
): void {
  const classes = [...registeredClasses(tree, platform).values()];
  for (const [at, architectures] of [...classes.entries()].toReversed())
    if (architectures.some(generates) && take(at))
      tell(at, layersOf(tree, platform, { architectures, info: undefined }));
}

/** The classes of the registry, `module:class`, in its order, each with its architectures. */
function registeredClasses(tree: Tree, platform: string): ReadonlyMap<string, readonly Architecture[]> {
  const byClass = new Map<string, Architecture[]>();
  for (const a of readArchitectures(tree, platform)) {
    const key = `${a.module}:${a.cls}`;
    byClass.set(key, [...(byClass.get(key) ?? []), a]);
  }
  return byClass;
}

const generates = ({ text, multimodal }: Architecture): boolean => text || multimodal;

/** A class for which the registry has these architectures. */
interface Registered {
  readonly architectures: readonly Architecture[];
  readonly info: ModelClass['info'];
}

function layersOf(tree: Tree, platform: string, { architectures, info }: Registered): LayersRead {
  return attempt('layers', (): LayersRead => {
    const as = asRead(architectures, info);
    if (!as.text && architectures.some(({ module }) => isWrapped(tree, module)))
      return { unread: ["layers: they are made by a class of transformers' own, which is not read"] };
    return readLayers(tree, platform, as);
  });
}

/** Does a package of models leave it to a class of transformers to build the layers, some of which it exchanges then? */
const isWrapped = (tree: Tree, module: string): boolean =>
  tree.list(module.replaceAll('.', '/')).some((path) => WRAPS.test(tree.read(path) ?? ''));

const WRAPS = /\bAutoModel\.from_config\(/;

/**
 * The architecture by which a class is read: one that generates text from more than text, else one that does so from text alone. What
 * is in neither table has parts where the registry says that it takes more than text.
 */
function asRead(architectures: readonly Architecture[], info: ModelClass['info']): Architecture {
  const generating = architectures.find((a) => a.multimodal) ?? architectures.find((a) => a.text);
  return generating ?? { ...architectures[0]!, text: info?.['supports_multimodal'] !== true };
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

function join(into: Map<string, Unread>, n: Unread): void {
  const key = `${n.kind} ${n.place} ${n.what}`;
  const old = into.get(key);
  into.set(key, old ? { ...old, count: old.count + n.count } : n);
}
