/* oxlint-disable max-lines -- how one function of a release is read, and the world in which it is */
/**
 * Reads how a release loads a model's configuration: which class makes the object for which model type, and what is
 * changed in the object before anything else is made of it. What the class itself makes of the config.json is read from
 * the package that has it.
 */
import {
  createReader,
  dict,
  entryFrame,
  FALSE,
  moduleScope,
  nameIn,
  native,
  NONE_VALUE,
  one,
  opaque,
  outside,
  setAttr,
  str,
  text,
  TRUE,
  tuple,
} from '../python/index.ts';
import type { Args, Atom, InstanceAtom, Node, Reader, Value, World } from '../python/index.ts';
import { createBook, createShipper, NO, YES } from '../rules/index.ts';
import type { Book, Cond, RuleSet, Shipper, Term } from '../rules/index.ts';
import { comparedWith } from './compared.ts';
import { configTerm } from './configterms.ts';
import { changedJson, forgetJson, jsonDict } from './json.ts';
import { changes } from './changes.ts';
import { ANOTHER, createModelWorld, modelConfigs } from './modelworld.ts';
import { readOverrides } from './overrides.ts';
import type { Overrides } from './overrides.ts';
import type { Unread } from './selection.ts';
import { eventsTerm, onlyRaises } from './terms.ts';
import type { Tree } from './tree.ts';

/** What a release makes of a config.json before and after a class made an object of it. */
export interface Loaded {
  /** By model type that the release names: the number of its kind, and the class that it takes instead of the package's own. */
  readonly types: Readonly<Record<string, readonly [kind: number, taken?: string]>>;
  /**
   * By kind, 0 for any type that is not named: `<kind>.hf.<key>` for what is changed, `<kind>.calls` for the objects whose
   * rotary embedding is put in order, `<kind>.events`. A kind without terms was not read.
   */
  readonly rules: RuleSet;
  /** What becomes of the keys that a line gives for the object; absent where the release does it in another way. */
  readonly overrides?: Overrides;
  readonly notes: readonly Unread[];
}

const CONFIG = 'vllm.transformers_utils.config';
const OWN_CLASSES = 'vllm.transformers_utils.configs';

/** Reads it for one platform. Throws when the tree has no function that loads a configuration. */
export function readLoaded(tree: Tree, platform: string): Loaded {
  const book = createBook();
  const seen: Seen = { taken: undefined, ordered: [], lost: undefined };
  const R = createReader(book, loadingWorld(tree, platform, seen));
  const ship = createShipper(book);
  const types: Record<string, readonly [number, string?]> = {};
  const kinds = new Map<string, number>();
  const named = comparedWith([moduleScope(R, CONFIG)!], 'model_type').filter((type) => type !== '');
  const all = [...new Set([...namedIn(R), ...named, ...valuesIn(R)])];
  for (const type of [undefined, ...all]) {
    Object.assign(seen, { taken: undefined, ordered: [], lost: undefined });
    const { terms, frame } = readOne(R, type ?? all, seen);
    const key = JSON.stringify(terms);
    let kind = kinds.get(key);
    if (kind === undefined) {
      kinds.set(key, (kind = kinds.size));
      for (const [name, term] of terms) ship.add(`${kind}.${name}`, term);
      if (terms.length) ship.add(`${kind}.events`, eventsTerm(R, frame, ship, frame.trace));
    }
    if (type !== undefined && (kind > 0 || seen.taken !== undefined))
      types[type] = seen.taken === undefined ? [kind] : [kind, seen.taken];
  }
  const order = readOrder(tree, platform, book, ship);
  const overrides = readOverrides(tree, platform, putsIn(R, all, seen));
  const notes = [...R.notes.values(), ...order].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return { types, rules: ship.ship(), ...(overrides ? { overrides } : {}), notes };
}

const PROBE = 'given_probe';

/** Whether what is handed over as given for the object is in it before it is put in order, whatever its type. */
function putsIn(R: Reader, named: readonly string[], seen: Seen): boolean {
  Object.assign(seen, { taken: undefined, ordered: [], lost: undefined, put: undefined });
  const given = one(text([{ p: 'expr', e: { op: 'input', name: PROBE } }]));
  readOne(R, named, seen, dict([{ key: str(PROBE), g: YES, v: given }]));
  return seen.lost === undefined && seen.put === true;
}

const ORDER = 'patch_rope_parameters';

/**
 * How the rotary embedding of an object is put in order, for any object, whose attributes are the inputs `hf.<name>`:
 * `order.hf.<name>` for what is changed, then `order.calls` for the methods of its class that are called, `order.events`.
 */
function readOrder(tree: Tree, platform: string, book: Book, ship: Shipper): readonly Unread[] {
  const seen: Seen = { taken: undefined, ordered: [], lost: undefined };
  const world = loadingWorld(tree, platform, seen);
  const own = `${CONFIG}.${ORDER}`;
  const R = createReader(book, {
    ...world,
    replaced: (name, reader) => (name === own ? undefined : world.replaced(name, reader)),
  });
  const load = nameIn(R, CONFIG, ORDER);
  if (!load) return [];
  const { whole } = modelConfigs(R, ANOTHER);
  const calls: [Cond, string][] = [];
  for (const name of ['standardize_rope_params', 'validate_rope'])
    whole.attrs.set(
      name,
      one(
        native(name, () => {
          calls.push([R.frame!.live, name]);
          return NONE_VALUE;
        }),
      ),
    );
  const frame = entryFrame(R, CONFIG);
  R.call(frame, load, { pos: [one(whole)], kw: new Map() });
  for (const [name, term] of changes(R, whole, 'hf'))
    if (!calls.some(([, method]) => name === `hf.${method}`)) ship.add(`order.${name}`, term);
  ship.add('order.calls', { list: calls });
  ship.add('order.events', eventsTerm(R, frame, ship, onlyRaises(frame.trace)));
  ship.add('order.inside', { list: changedInside(R, 'hf.rope_parameters.%') });
  return [...R.notes.values()];
}

/** Where something is changed in dictionaries further in, of which the terms say nothing: each place under its condition. */
function changedInside(R: Reader, root: string): [Cond, string][] {
  const out: [Cond, string][] = [];
  for (const [path, v] of changedJson(R)) {
    if (!path.startsWith(root) || v.k !== 'dict') continue;
    for (const e of v.entries) {
      if (e.key.k !== 'str') continue;
      const before = new Set((v.lazy?.at(e.key.s) ?? []).map((a) => JSON.stringify(configTerm(R, one(a.v)))));
      for (const a of e.v)
        if (!before.has(JSON.stringify(configTerm(R, one(a.v))))) out.push([R.d.and(e.g, a.g), `${path}.${e.key.s}`]);
    }
  }
  return out;
}

/** What is met while one type is read. */
interface Seen {
  /** The class that is registered for the type. */
  taken: string | undefined;
  /** The objects whose rotary embedding is put in order, each under a condition. */
  ordered: [Cond, string][];
  /** Why the object is none that the package's own class made. */
  lost: string | undefined;
  /** Whether what was given is in the object when it is put in order. */
  put?: boolean | undefined;
}

/** The types for which the release has a class of its own choice. */
function namedIn(R: Reader): readonly string[] {
  const table = nameIn(R, CONFIG, REGISTRY)?.[0]?.v;
  return table === undefined ? [] : [...classesIn(table).keys()].sort();
}

/** The texts that the small tables of the module give: a type can be one of them. */
function valuesIn(R: Reader): readonly string[] {
  const found = new Set<string>();
  for (const s of moduleScope(R, CONFIG)!.body) {
    const target = s.nodeType === 'AnnAssign' ? (s.target as Node) : undefined;
    const value = s.nodeType === 'AnnAssign' ? (s.value as Node | null) : undefined;
    if (target?.nodeType !== 'Name' || value?.nodeType !== 'Dict') continue;
    for (const v of value.values as Node[]) if (typeof v.value === 'string') found.add(v.value);
  }
  return [...found].sort();
}

const REGISTRY = '_CONFIG_REGISTRY';

/** The entries of a table: a dictionary, or an object that was made with keywords. */
function classesIn(table: Atom): ReadonlyMap<string, Value> {
  if (table.k === 'dict')
    return new Map(table.entries.flatMap((e) => (e.key.k === 'str' ? [[e.key.s, e.v] as const] : [])));
  const own = table.k === 'instance' ? table.attrs.get(ENTRIES)?.[0]?.v : undefined;
  return own === undefined ? new Map<string, Value>() : classesIn(own);
}

const ENTRIES = '__entries__';

/** The class of that name: where it stands. */
function classAt(R: Reader, name: string): string {
  const modules = nameIn(R, OWN_CLASSES, '_CLASS_TO_MODULE')?.[0]?.v;
  const module = modules === undefined ? undefined : classesIn(modules).get(name)?.[0]?.v;
  return module?.k === 'str' ? `${module.s}:${name}` : `${OWN_CLASSES}:${name}`;
}

// oxlint-disable-next-line max-lines-per-function -- one step after the other
function readOne(
  R: Reader,
  type: string | readonly string[],
  seen: Seen,
  given: Atom = dict([]),
): { readonly terms: readonly (readonly [string, Term])[]; readonly frame: ReturnType<typeof entryFrame> } {
  forgetJson(R);
  const certain = typeof type === 'string';
  const { whole, text: inner } = modelConfigs(R, certain ? type : ANOTHER);
  if (!certain) {
    // a type that the release names nowhere
    const other = text([{ p: 'expr', e: { op: 'input', name: 'hf.model_type' } }]);
    whole.attrs.set('model_type', one({ ...other, not: new Set(type) }));
  }
  objects.set(R, { whole, type: certain ? type : undefined });
  whole.attrs.set('update', one(native('update', (args) => updated(R, whole, args))));
  const frame = entryFrame(R, CONFIG);
  const load = nameIn(R, CONFIG, 'get_config');
  if (!load) throw new Error('the tree has no function that loads a configuration');
  const model = one(text([{ p: 'expr', e: { op: 'input', name: 'args.model' } }]));
  const kw = new Map<string, Value>([
    ['trust_remote_code', one(FALSE)],
    ['hf_overrides_kw', one(given)],
  ]);
  const made = R.call(frame, load, { pos: [model], kw });
  const own = made.reduce<Cond>((c, { g, v }) => (v === whole ? R.d.or(c, g) : c), NO);
  if (seen.lost !== undefined || own === NO) return { terms: [], frame };
  const calls: Term = { list: seen.ordered };
  const madeByClass: Term =
    own === YES
      ? true
      : {
          pick: [
            [own, true],
            [R.d.not(own), false],
          ],
        };
  const changed = [...changes(R, whole, 'hf'), ...changes(R, inner, 'hf_text_config')];
  return {
    terms: [...changed.filter(([name]) => name !== 'hf.update'), ['made', madeByClass], ['calls', calls]],
    frame,
  };
}

/** The config.json, of the type that is read. */
function fileOf(R: Reader): Atom {
  const file = jsonDict(R, 'file.config');
  const type = objects.get(R)!.whole.attrs.get('model_type')!;
  if (!file.lazy!.asked.has('model_type')) {
    file.lazy!.asked.add('model_type');
    file.entries.push({ key: str('model_type'), g: YES, v: type });
  }
  return file;
}

const objects = new WeakMap<Reader, { readonly whole: InstanceAtom; readonly type: string | undefined }>();

/** `config.update({…})`: each key becomes an attribute. */
export function updated(R: Reader, whole: InstanceAtom, { pos }: Args): Value {
  for (const { v } of pos[0] ?? [])
    if (v.k === 'dict' && !v.lazy)
      for (const e of v.entries) if (e.key.k === 'str') setAttr(R, R.frame!, one(whole), e.key.s, e.v);
  return NONE_VALUE;
}

/** The world in which a configuration is loaded: the hub's files and the package's classes are told, not read. */
// oxlint-disable-next-line max-lines-per-function -- one table of names, each with its reason
function loadingWorld(tree: Tree, platform: string, seen: Seen): World {
  const base = createModelWorld(tree, platform);
  const whole = (R: Reader): Value => one(objects.get(R)!.whole);
  const cut: Readonly<Record<string, (R: Reader, args: Args) => Value>> = {
    // the file that the question is about is there
    'vllm.transformers_utils.repo_utils.file_or_path_exists': (R, args) => {
      const name = (args.pos[1] ?? args.kw.get('config_name'))?.[0]?.v;
      if (name?.k === 'str' && name.s === 'config.json') return one(TRUE);
      const known = base.replaced('vllm.transformers_utils.repo_utils.file_or_path_exists', R)!;
      return R.call(R.frame!, known, args);
    },
    'vllm.transformers_utils.repo_utils.get_hf_file_to_dict': (R, args) => {
      const name = args.pos[0]?.[0]?.v;
      return name?.k === 'str'
        ? one(jsonDict(R, `file.${name.s.replace(/\.json$/, '')}`))
        : one(opaque('a file of uncertain name', ''));
    },
    // which class a type gets is one table: where the class stands is looked up there
    [`${CONFIG}.LazyConfigDict.__getitem__`]: (_R, args) => {
      const key = args.pos[1]?.[0]?.v;
      return one(outside(`the class of ${key?.k === 'str' ? key.s : 'an uncertain type'}`));
    },
    [`${CONFIG}._register_config_class`]: (R) => {
      const { type } = objects.get(R)!;
      const table = nameIn(R, CONFIG, REGISTRY)?.[0]?.v;
      const name = type === undefined || table === undefined ? undefined : classesIn(table).get(type)?.[0]?.v;
      if (name?.k === 'str') seen.taken = classAt(R, name.s);
      else seen.lost ??= 'a class of uncertain name is registered';
      return NONE_VALUE;
    },
    [`${CONFIG}.${ORDER}`]: (R, args) => {
      const { whole: object } = objects.get(R)!;
      for (const { g, v } of args.pos[0] ?? []) {
        const put = object.attrs.get(PROBE)?.find((a) => a.v.k === 'text')?.g ?? NO;
        if (v === object) seen.put = seen.put !== false && R.d.implies(R.d.and(g, R.frame!.live), put);
        const at = v === object ? 'hf' : v.k === 'instance' && v.twin ? 'hf_text_config' : undefined;
        if (at !== undefined) seen.ordered.push([R.d.and(g, R.frame!.live), at]);
      }
      return NONE_VALUE;
    },
    // another maker's layout is another object
    [`${CONFIG}.MistralConfigParser.parse`]: () =>
      one(
        tuple([
          one(opaque('a configuration of another layout', CONFIG)),
          one(opaque('a configuration of another layout', CONFIG)),
        ]),
      ),
  };
  return {
    ...base,
    outside(name, R) {
      switch (name) {
        case 'transformers.utils.CONFIG_NAME':
          return one(str('config.json'));
        case 'transformers.AutoConfig.from_pretrained':
          return one({ ...native(name, () => whole(R)), takesRest: true });
        case 'transformers.PreTrainedConfig.get_config_dict':
        case 'transformers.PretrainedConfig.get_config_dict':
          return one({
            ...native(name, () => one(tuple([one(fileOf(R)), one(dict([]))]))),
            takesRest: true,
          });
        case 'transformers.CONFIG_MAPPING':
          return one(opaque('a class of another type', CONFIG));
        default:
          return base.outside(name, R);
      }
    },
    replaced(name, R) {
      // what is changed in the package's own classes is not read: their rules are those of the package as it is
      if (name.startsWith(`${CONFIG}._patch_`))
        return one(
          native(name, () => {
            seen.lost ??= 'classes of the package are changed for this type';
            return NONE_VALUE;
          }),
        );
      if (Object.hasOwn(cut, name)) return one({ ...native(name, (args) => cut[name]!(R, args)), takesRest: true });
      return name === `${CONFIG}.get_config` ? undefined : base.replaced(name, R);
    },
  };
}

/** Whether a class of the tree is meant, and not one of a package. */
export const isOwn = (taken: string): boolean => taken.startsWith('vllm.');
