/**
 * What can be known of the dictionaries in which a config.json keeps the parameters of rotary embedding: their keys and
 * the kinds of their values, as the tree's own types and checks name them, flat or one for each kind of layer.
 */
import { choiceInput, kindInput, moduleScope, nameIn, str, text } from '../python/index.ts';
import type { ClassAtom, Node, Reader, Value } from '../python/index.ts';
import type { Kind, Term } from '../rules/index.ts';
import { kindsOf, KIND_LETTERS } from './kinds.ts';
import { jsonValue } from './json.ts';
import type { DictForm } from './json.ts';

/** The module that knows the parameters of rotary embedding. */
export const ROTARY = 'transformers.modeling_rope_utils';
const CONFIGURATION = 'transformers.configuration_utils';

/** Where a config.json keeps the parameters; below, those of one kind of layer. */
const PLACES = /^(?:cfg|self)\.(?:rope_parameters|rope_scaling)(\.\w+)?$/;

/** What a tree says of the parameters of rotary embedding. */
interface Said {
  /** Keys, and what may stand there. */
  readonly keys: ReadonlyMap<string, readonly Kind[]>;
  /** Sorts of rotary embedding. */
  readonly sorts: readonly string[];
  /** Kinds of layers, those of today and those that are renamed. */
  readonly layers: readonly string[];
}

const said = new WeakMap<Reader, Said>();

function saidBy(R: Reader): Said {
  let known = said.get(R);
  if (!known) said.set(R, (known = { keys: keysOf(R), sorts: sortsOf(R), layers: layersOf(R) }));
  return known;
}

/** The keys that the type of the parameters declares, and those that the checks of them name. */
function keysOf(R: Reader): ReadonlyMap<string, readonly Kind[]> {
  const keys = new Map<string, readonly Kind[]>();
  const declared = nameIn(R, ROTARY, 'RopeParameters')?.[0]?.v;
  if (declared?.k === 'class')
    for (const s of declared.scope?.body ?? []) {
      if (s.nodeType !== 'AnnAssign') continue;
      const kinds = new Set([...kindsOf(s.annotation as Node)].flatMap((letter) => KIND_LETTERS[letter] ?? []));
      keys.set((s.target as Node).id as string, ['missing', 'none', ...PLAIN.filter((k) => kinds.has(k))]);
    }
  const texts = new Set<string>();
  for (const s of moduleScope(R, ROTARY)?.body ?? []) if (s.nodeType === 'ClassDef') textsInSets(s, texts);
  for (const key of [...texts].sort()) if (!keys.has(key)) keys.set(key, ANY);
  return keys;
}

const NESTED: readonly Kind[] = ['missing', 'none', 'dict'];
const PLAIN: readonly Kind[] = ['false', 'true', 'int', 'float', 'str', 'list', 'dict'];
const ANY: readonly Kind[] = ['missing', 'none', 'false', 'true', 'int', 'float', 'str', 'list'];

function textsInSets(n: unknown, found: Set<string>): void {
  if (Array.isArray(n)) for (const m of n) textsInSets(m, found);
  if (!n || typeof n !== 'object' || !('nodeType' in n)) return;
  const node = n as Node;
  if (node.nodeType === 'Set') for (const e of node.elts as Node[]) if (typeof e.value === 'string') found.add(e.value);
  for (const value of Object.values(node)) if (typeof value === 'object') textsInSets(value, found);
}

/** The sorts for which there is a check of its own. */
function sortsOf(R: Reader): readonly string[] {
  const mixin = nameIn(R, ROTARY, 'RotaryEmbeddingConfigMixin')?.[0]?.v;
  const names = mixin?.k === 'class' ? [...(mixin.scope?.binders.keys() ?? [])] : [];
  return names.flatMap((name) => /^_validate_(\w+)_rope_parameters$/.exec(name)?.[1] ?? []).sort();
}

function layersOf(R: Reader): readonly string[] {
  const allowed = (nameIn(R, CONFIGURATION, 'ALLOWED_LAYER_TYPES') ?? [])[0]?.v;
  const renamed = nameIn(R, CONFIGURATION, '_LEGACY_LAYER_TYPE_REMAP')?.[0]?.v;
  const texts = [
    ...(allowed?.k === 'tuple' ? allowed.items.map((i) => i[0]?.v) : []),
    ...(renamed?.k === 'dict' ? renamed.entries.map((e) => e.key) : []),
  ];
  return [...new Set(texts.flatMap((v) => (v?.k === 'str' ? [v.s] : [])))];
}

/** The kind of a layer: one of those that the tree allows. A question that names another one gets no answer. */
export const layerType = (R: Reader, cls: ClassAtom, path: string): Value => {
  const { layers, keys } = saidBy(R);
  const own = cls.mro.filter((c) => c.scope?.binders.has(CHECK)).flatMap((c) => textsOf(R, c));
  const labels = [...new Set([...layers, ...own.filter((label) => /^\w+$/.test(label) && !keys.has(label)).sort()])];
  if (labels.length === 0) return jsonValue(R, path);
  return choiceInput(
    R,
    nameFor(R, path, labels),
    labels.map((label) => ({ label, atom: str(label) })),
  );
};

const domains = new WeakMap<Reader, string[]>();

/** The name of the input: the same place with other choices is another input, which the question answers alike. */
function nameFor(R: Reader, path: string, labels: readonly string[]): string {
  let known = domains.get(R);
  if (!known) domains.set(R, (known = [saidBy(R).layers.join()]));
  const key = labels.join();
  const at = known.indexOf(key);
  return path + '.name'.repeat(at >= 0 ? at : known.push(key) - 1);
}

/** The method that says which kinds of layers there are, and the one that takes in the parameters. */
const CHECK = 'validate_layer_type';
const CONVERT = 'convert_rope_params_to_dict';

/** What can be known of the dictionaries of rotary embedding when a class reads them. */
export function createRotary(R: Reader, cls: ClassAtom): (path: string) => DictForm | undefined {
  const { keys, sorts, layers } = saidBy(R);
  const nested = nestedIn(R, cls);
  const never = new Set([...layers, ...nested]);
  const at = (path: string, key: string): Value | undefined => {
    const kinds = never.has(key) ? NESTED : keys.get(key);
    if (key === 'rope_type' || key === 'type') return sort(R, path, sorts);
    return kinds && jsonValue(R, path, kinds);
  };
  const flat: DictForm = { names: ['type', ...keys.keys()], never, at };
  const whole: DictForm = { names: [...flat.names, ...nested], never, at };
  return (path) => {
    const found = PLACES.exec(path);
    return found ? (found[1] ? flat : whole) : undefined;
  };
}

/**
 * The kinds of layers for each of which a class can keep parameters: those it names where it takes them in itself. Other
 * classes keep one set of parameters; what they make of more is not read.
 */
export function nestedIn(R: Reader, cls: ClassAtom): readonly string[] {
  const { layers } = saidBy(R);
  const own = cls.mro
    .filter((c) => c.module?.name !== ROTARY && c.scope?.binders.has(CONVERT))
    .flatMap((c) => textsOf(R, c));
  return [...new Set([...layers.filter((l) => own.includes(l)), ...labelsOf(cls)])];
}

/** The kinds of layers for which a config.json keeps parameters of their own, as a list of the question. */
export function nestedKeys(R: Reader): Term {
  const { layers } = saidBy(R);
  return {
    list: layers.map((layer) => {
      const there = ['rope_parameters', 'rope_scaling'].map((name) => {
        const path = `cfg.${name}.${layer}`;
        return R.d.not(jsonValue(R, path, NESTED)[0]!.g);
      });
      return [R.d.or(there[0]!, there[1]!), layer] as const;
    }),
  };
}

/** The sort of rotary embedding that a config.json names. */
function sort(R: Reader, path: string, sorts: readonly string[]): Value {
  const kinds: readonly Kind[] = ['missing', 'none', 'str'];
  const name = `${path}.name`;
  return kindInput(R, path, kinds).flatMap((a, i) =>
    kinds[i] === 'str'
      ? choiceInput(
          R,
          name,
          sorts.map((label) => ({ label, atom: str(label) })),
          text([{ p: 'expr', e: { op: 'input', name } }]),
        ).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v }))
      : [a],
  );
}

/** The texts that the module of a class mentions. */
function textsOf(R: Reader, cls: ClassAtom): readonly string[] {
  const module = cls.module?.name;
  if (module === undefined || module === CONFIGURATION || module === ROTARY) return [];
  let known = mentioned.get(cls);
  if (!known) {
    const found = new Set<string>();
    texts(moduleScope(R, module)?.body ?? [], found);
    mentioned.set(cls, (known = [...found]));
  }
  return known;
}

const mentioned = new WeakMap<ClassAtom, readonly string[]>();

function texts(n: unknown, found: Set<string>): void {
  if (Array.isArray(n)) for (const m of n) texts(m, found);
  if (!n || typeof n !== 'object' || !('nodeType' in n)) return;
  const node = n as Node;
  if (node.nodeType === 'Constant' && typeof node.value === 'string') found.add(node.value);
  for (const value of Object.values(node)) if (typeof value === 'object') texts(value, found);
}

/** The labels, other than kinds of layers, under which a class keeps parameters. */
function labelsOf(cls: ClassAtom): readonly string[] {
  const own = cls.mro.find((c) => c.scope?.binders.has(LABELS));
  for (const s of own?.scope?.body ?? []) {
    if (s.nodeType !== 'Assign' || (s.targets as Node[])[0]?.id !== LABELS) continue;
    return (
      ((s.value as Node).elts as Node[] | undefined)?.flatMap((e) => (typeof e.value === 'string' ? [e.value] : [])) ??
      []
    );
  }
  return [];
}

const LABELS = '_rope_type_labels';
