/**
 * What a release's registry says of a model class: the record that its own function makes of the class, whose fields are
 * found by looking at the class alone.
 */
import { createReader, entryFrame, findInClass, importedName, moduleScope, nameIn, one } from '../python/index.ts';
import type { Atom, ClassAtom, Reader, Value } from '../python/index.ts';
import { createBook } from '../rules/index.ts';
import type { RuleSet, Scalar } from '../rules/index.ts';
import { createInspectingWorld, shapeConfigs } from './building.ts';
import { processingOf } from './processing.ts';
import type { Unread } from './selection.ts';
import type { Tree } from './tree.ts';

const REGISTRY = 'vllm.model_executor.models.registry';

/** The field that says of a class whether it is given more than text. */
const MULTIMODAL = 'supports_multimodal';

/** A field of what the registry says: plain values alone. */
export type Info = Scalar | readonly Scalar[];

/** What is known of one class; a field that was not read is told in `unread`. */
export interface ModelInfo {
  readonly info: Readonly<Record<string, Info>>;
  readonly unread: readonly string[];
  /** What prepares its inputs says of a model: `modalities` and `item_tokens`, as far as they were read. */
  readonly processing?: RuleSet;
}

/** Says of one class after the other what the registry makes of it; `notes` tells what was not read exactly. */
export interface Inspector {
  inspect(module: string, name: string): ModelInfo;
  notes(): readonly Unread[];
}

/** Begins to inspect the classes of a release. They share what is read of the modules around them. */
export function createInspector(tree: Tree, platform: string): Inspector {
  const R = createReader(createBook(), createInspectingWorld(tree, platform));
  shapeConfigs(R, tree, true);
  const made = nameIn(R, REGISTRY, '_ModelInfo')?.[0]?.v;
  const from = made?.k === 'class' ? findInClass(R, made, 'from_model_cls') : undefined;
  return {
    inspect(module, name) {
      const before = failed(R);
      const cls = importedName(R, module, name)?.[0]?.v;
      const own = new Set([
        moduleScope(R, module)?.path,
        ...(cls?.k === 'class' ? cls.mro.map((c) => c.module?.path) : []),
      ]);
      const after = failed(R).find((what) => !before.includes(what) && own.has(fileOf(what)));
      // what the class's own statement could not do leaves a class of which nothing is sure
      if (after !== undefined) return { info: {}, unread: [`info: ${after}`] };
      if (cls?.k !== 'class') return { info: {}, unread: [`info: ${module} has no class ${name}`] };
      if (made?.k !== 'class' || !from) return { info: {}, unread: ['info: the registry has no record of a class'] };
      return inspected(R, made, cls);
    },
    notes: () => [...R.notes.values()],
  };
}

/** The file of such a statement. */
const fileOf = (what: string): string | undefined => /\((\S+):\d+, \d+\)$/.exec(what)?.[1];

/** Statements at the top of a module that end with an error other than that something cannot be imported. */
const failed = (R: Reader): readonly string[] =>
  [...R.notes.values()]
    .filter((n) => n.kind === 'skipped' && !/(Import|ModuleNotFound)Error$/.test(n.what))
    .map((n) => `${n.what} (${n.place}, ${n.count})`);

function inspected(R: Reader, made: ClassAtom, cls: ClassAtom): ModelInfo {
  const frame = entryFrame(R, REGISTRY);
  const record = R.call(frame, R.getAttr(frame, one(made), 'from_model_cls'), { pos: [one(cls)], kw: new Map() });
  const info: Record<string, Info> = {};
  const unread: string[] = [];
  const [only] = record;
  if (record.length !== 1 || only!.v.k !== 'instance') return { info, unread: ['info: it depends on something'] };
  for (const [name, value] of only!.v.attrs) {
    const plain = plainOf(value);
    if (plain === undefined) unread.push(`info.${name}: ${whyOf(value)}`);
    else info[name] = plain;
  }
  if (info[MULTIMODAL] !== true) return { info, unread };
  const { info: own, rules } = processingOf(R, frame, cls);
  return { info: { ...info, ...own }, unread, ...(rules ? { processing: rules } : {}) };
}

function plainOf(value: Value): Info | undefined {
  const v = value.length === 1 ? value[0]!.v : undefined;
  if (v?.k !== 'tuple' && v?.k !== 'list') return v && scalarOf(v);
  const items = v.k === 'tuple' ? v.items : v.items.map((i) => i.v);
  const made = items.map((i) => (i.length === 1 ? scalarOf(i[0]!.v) : undefined));
  return made.includes(undefined) ? undefined : (made as Scalar[]);
}

function scalarOf(v: Atom): Scalar | undefined {
  if (v.k === 'none') return null;
  if (v.k === 'bool') return v.b;
  if (v.k === 'int' || v.k === 'float') return v.n;
  return v.k === 'str' ? v.s : undefined;
}

const whyOf = (value: Value): string => {
  const opaque = value.find((a) => a.v.k === 'opaque')?.v;
  return opaque?.k === 'opaque'
    ? `${opaque.why} (${opaque.place})`
    : `it may be ${value.map((a) => a.v.k).join(' or ')}`;
};
