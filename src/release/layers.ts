/* oxlint-disable max-lines -- one reading of a model, from its class to the rows of its rules */
/**
 * Reads which attention layers a model of an architecture builds and what each asks the selection: the model's class is
 * made symbolically, as the worker makes it, and every call of the selector is kept with its condition and arguments.
 */
import {
  boolean,
  createReader,
  entryFrame,
  FALSE,
  findInClass,
  flatten,
  importedName,
  moduleScope,
  nameIn,
  one,
  opaque,
  placeOf,
  seen,
  str,
  TRUE,
  truth,
  tuple,
  UNBOUND,
  under,
  valueKey,
} from '../python/index.ts';
import type { Atom, ClassAtom, Event, Frame, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { createBook, NO, YES } from '../rules/index.ts';
import type { Cond, RuleSet, Shipper } from '../rules/index.ts';
import {
  buildsLayers,
  changedParts,
  createBuildingWorld,
  DRAFT_WHOLE,
  registryOfLayers,
  shapeConfigs,
  TEXT_PART,
  textOf,
  WHOLE,
} from './building.ts';
import type { AskedConfigs, TextPart } from './building.ts';
import { callNamed, quietly } from './asking.ts';
import { chosen, wrappedCall } from './chosen.ts';
import { declaredSizes, OF_SIZES } from './blocksizes.ts';
import { DECLARES } from './builtlayout.ts';
import { graphSupport, OF_GRAPHS } from './graphsupport.ts';
import { shipGivesStates } from './givesstates.ts';
import { jsonObject } from './json.ts';
import { SHAPE_MODULE, shapeRecord } from './modelfacts.ts';
import { shipCompiled } from './compiled.ts';
import { asksWhere, eventRows, innersIn, LATER, makersIn, SELF, withoutOwn } from './layerrows.ts';
import { packedBy, renames } from './packing.ts';
import { quantConfig } from './quantobject.ts';
import { record } from './records.ts';
import type { Unread } from './selection.ts';
import { shipStateBytes } from './statecache.ts';
import { createShipment, plainTerm, termOf } from './terms.ts';
import type { Tree } from './tree.ts';
import { observeVision } from './vision.ts';

/** An architecture of a release, and the class that builds it. */
export interface Architecture {
  readonly name: string;
  /** Does it generate text from text alone? */
  readonly text: boolean;
  /** Does it generate text from more than text? */
  readonly multimodal: boolean;
  readonly module: string;
  readonly cls: string;
}

export interface Layers {
  readonly rules: RuleSet;
  /** What makes weights and is called. */
  readonly makers: readonly string[];
  /** The architectures of models that it looks up and gives the whole configuration object. */
  readonly inners: readonly string[];
  readonly notes: readonly Unread[];
}

const REGISTRY = 'vllm.model_executor.models.registry';
/** The registry's table of all models, of those that generate text, and of those that do so from more than text. */
const ALL = '_VLLM_MODELS';
const TEXT = '_TEXT_GENERATION_MODELS';
const MULTIMODAL = '_MULTIMODAL_MODELS';

/** The architectures that a release registers, in its order. */
export function readArchitectures(tree: Tree, platform: string): readonly Architecture[] {
  const R = createReader(createBook(), createBuildingWorld(tree, platform));
  const [text, multimodal] = [TEXT, MULTIMODAL].map((table) => new Set(tableOf(R, table).map(({ name }) => name)));
  return tableOf(R, ALL).map((a) => ({ ...a, text: text!.has(a.name), multimodal: multimodal!.has(a.name) }));
}

function tableOf(R: Reader, table: string): readonly Omit<Architecture, 'text' | 'multimodal'>[] {
  const v = nameIn(R, REGISTRY, table)?.[0]?.v;
  if (v?.k !== 'dict') throw new Error(`the registry has no table ${table}`);
  return v.entries.flatMap((e) => {
    const pair = e.v[0]?.v;
    if (e.key.k !== 'str' || pair?.k !== 'tuple') return [];
    const [module, cls] = pair.items.map((i) => (i[0]?.v.k === 'str' ? i[0].v.s : ''));
    // a module's name alone stands for one beside the registry
    return [{ name: e.key.s, module: module!.includes('.') ? module! : `${BESIDE}.${module!}`, cls: cls! }];
  });
}

const BESIDE = REGISTRY.slice(0, REGISTRY.lastIndexOf('.'));

/** The functions that a layer asks which backend it gets, and in which module each stands. */
const SELECTORS = [
  ['get_attn_backend', ['vllm.v1.attention.selector', 'vllm.attention.selector']],
  ['get_mla_prefill_backend', ['vllm.v1.attention.backends.mla.prefill.selector']],
] as const;

/** No architecture that is read well comes near; one that passes it is told as not read. */
const MOST_NODES = 1_000_000;

/** Reads the layers of one architecture. Throws when the tree has no such class or no selector. */
export function readLayers(tree: Tree, platform: string, architecture: Architecture): Layers {
  const found = new Set<string>();
  const layers = readWith(tree, platform, architecture, { part: TEXT_PART, found });
  // where it is looked for nowhere else, it stands in a part
  const [part, ...others] = found;
  const isThere = part === undefined || part === TEXT_PART || others.length > 0;
  return isThere ? layers : readWith(tree, platform, architecture, { part, found: new Set() });
}

/** Reads them, with the text part of the configuration object in its place. */
// oxlint-disable-next-line max-lines-per-function -- one step after the other
function readWith(tree: Tree, platform: string, architecture: Architecture, text: TextPart): Layers {
  const book = createBook(MOST_NODES);
  const R = createReader(book, createBuildingWorld(tree, platform));
  R.lenient = true;
  // what is gone through below is another package's: a turn says what there is to say
  R.mostInside = 1;
  const ship = createShipment(R);
  const selector = SELECTORS[0][1].find((m) => moduleScope(R, m));
  if (!selector) throw new Error('the tree has no attention selector');
  const config = nameIn(R, 'vllm.config.vllm', '_current_vllm_config')![0]!.v as InstanceAtom;
  const frame = entryFrame(R, selector);
  const asked = prepare(R, frame, config, tree, { of: architecture, text });
  observeSelectors(R, selector);
  const cls = importedName(R, architecture.module, architecture.cls);
  if (cls?.[0]?.v.k !== 'class') throw new Error(`${architecture.module} has no class ${architecture.cls}`);
  try {
    const model = R.call(frame, cls, {
      pos: [],
      kw: new Map([
        ['vllm_config', one(config)],
        ['prefix', one(str(''))],
      ]),
    });
    shipCompiled(R, ship, model);
    shipGivesStates(R, ship, model);
    shipLeft(R, ship, frame, config);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const places: string[] = [];
    for (let f = R.frame; f && places.length < 4; f = f.caller) places.push(placeOf(f));
    throw new RangeError(`${error.message} (${places.join(', ')})`, { cause: error });
  }
  shipStateBytes(R, ship, cls[0].v, config);
  const events = withoutOwn(eventRows(R, frame, ship, frame.trace, YES, YES).rows);
  ship.add('events', { list: events });
  // where nothing of it is asked for, it is the same wherever it stands
  const isAsked = [...asked.keys.keys()].some((key) => key.startsWith('hf_text_config.'));
  if (isAsked || asksWhere(events)) shipShape(R, ship, { of: architecture, text }, asked);
  ship.add('kinds', {
    record: Object.fromEntries(
      [...asked.keys].map(([key, { kinds, items }]) => [
        key,
        [kinds, ...(items ? [items] : [])].map((k) => k.join(' ')).join(' | '),
      ]),
    ),
  });
  ship.add('numbers', { record: Object.fromEntries([...R.computed].map(([name, expr]) => [name, { expr }])) });
  ship.add('packed', { record: Object.fromEntries(packedBy(R, frame, cls[0].v)) });
  ship.add('renamed', { list: renames(R, frame, cls[0].v).map((text) => [YES, text] as const) });
  const notes = [...R.notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return { rules: ship.ship(), makers: makersIn(frame.trace), inners: innersIn(frame.trace), notes };
}

/**
 * Adds of which shapes of configuration the rules are: `text`, the name under which the text config has to stand in the whole
 * object; or `given_whole`, that it may stand anywhere, or be the whole, and `not_text`, under which names it may not. Without
 * any of them it has to be the whole.
 */
function shipShape(R: Reader, ship: Shipper, { of: { text }, text: place }: Placed, asked: Asked): void {
  const changed = text ? [] : changedParts(R);
  if (text ? asked.whole : asked.byName || changed === true) {
    if (!text) ship.add('text', place.part);
    return;
  }
  ship.add(GIVEN_WHOLE, TEXT_CONFIG);
  if (changed !== true && changed.length > 0)
    ship.add('not_text', { list: changed.map((name) => [YES, name] as const) });
}

/** The term that says that rules hold wherever the text config stands, by whose name they ask. */
export const GIVEN_WHOLE = 'given_whole';
export const TEXT_CONFIG = 'hf_text_config';

/**
 * Whether a model of text alone asks nothing of the whole configuration object but for its text config: then its rules are the
 * same where it is given a whole that is made of parts.
 */
export function asksTextAlone(tree: Tree, platform: string, architecture: Architecture): boolean {
  const { rules } = readLayers(tree, platform, { ...architecture, text: false });
  return !OF_WHOLE.test(JSON.stringify([rules.variables, rules.terms]));
}

/** A name of a fact of the whole, or a model that is looked up in turn. */
const OF_WHOLE = /["{]hf\.|"inner":/;

const names = new WeakMap<Reader, Map<string, Value | undefined>>();

/** By the number of a call, the name of the layer that asks, as far as the asking tells it. */
function namesOf(R: Reader): Map<string, Value | undefined> {
  const known = names.get(R) ?? new Map<string, Value | undefined>();
  names.set(R, known);
  return known;
}

/** Keeps every call of a selector with its arguments; what it gives is a backend whose facts are named by the call. */
function observeSelectors(R: Reader, selector: string): void {
  let calls = 0;
  for (const [name, modules] of SELECTORS)
    for (const module of modules)
      R.observers.set(`${module}.${name}`, (args, caller) => {
        const id = ++calls;
        const who = around(R, caller);
        namesOf(R).set(String(id), who.get('@name'));
        seen(R, caller, name, new Map([...args, ...who, ['@id', one(str(String(id)))]]));
        return one(chosen(R, selector, id, name));
      });
  observeVision(R, selector, (caller) => new Map([...around(R, caller), ['@id', one(str(String(++calls)))]]));
}

/** What building may change in the configuration that is told of a server: `left`, by its name, what then stands there. */
function shipLeft(R: Reader, ship: Shipper, frame: Frame, config: InstanceAtom): void {
  const term = plainTerm();
  const of = (name: string): Value =>
    name.split('.').reduce<Value>((value, part) => R.getAttr(frame, value, part), one(config));
  ship.add('left', { record: Object.fromEntries(LEFT.map((name) => [name, termOf(of(name), term)])) });
}

const LEFT = ['cache_config.cache_dtype'] as const;

/** What is asked of the configuration. */
interface Asked extends AskedConfigs {
  /** Was the model configuration asked for the whole object, and not only for the text config? */
  readonly whole: boolean;
}

/** An architecture, and where the text part of its configuration object is taken to stand. */
interface Placed {
  readonly of: Architecture;
  readonly text: TextPart;
}

/** Puts the objects that only exist while a model is built into the configuration. */
function prepare(
  R: Reader,
  frame: Frame,
  config: InstanceAtom,
  tree: Tree,
  { of: { text }, text: place }: Placed,
): Asked {
  const asked = Object.assign(shapeConfigs(R, tree, !text, place), { whole: false });
  const model = R.getAttr(frame, one(config), 'model_config')[0]!.v as InstanceAtom;
  const whole = one(jsonObject(R, text ? TEXT_CONFIG : WHOLE));
  const { lazy } = model;
  model.attrs.delete('hf_config');
  (model as { lazy?: InstanceAtom['lazy'] }).lazy = (name) => {
    if (name !== 'hf_config') return lazy?.(name);
    asked.whole = true;
    return whole;
  };
  model.attrs.set(TEXT_CONFIG, one(text ? jsonObject(R, TEXT_CONFIG) : textOf(R, WHOLE)));
  if (moduleScope(R, SHAPE_MODULE)) model.attrs.set('model_arch_config', shapeRecord(R));
  config.attrs.set('quant_config', quantConfig(R, buildsLayers));
  prepareDraft(R, frame, config, model.cls);
  const compilation = R.getAttr(frame, one(config), 'compilation_config')[0]!.v as InstanceAtom;
  compilation.attrs.set(
    'static_forward_context',
    registryOfLayers(R, (name, layer) => registered(R, name, layer)),
  );
  return asked;
}

/** Puts in the configuration of a model that drafts, where something does: its fields and methods are facts of their own. */
function prepareDraft(R: Reader, frame: Frame, config: InstanceAtom, cls: ClassAtom): void {
  for (const { v } of R.getAttr(frame, one(config), 'speculative_config')) {
    if (v.k !== 'instance') continue;
    const model = record(R, cls, 'draft.model_config');
    model.attrs.set('hf_config', one(jsonObject(R, DRAFT_WHOLE)));
    model.attrs.set('hf_text_config', one(jsonObject(R, `${DRAFT_WHOLE}_text_config`)));
    if (moduleScope(R, SHAPE_MODULE)) model.attrs.set('model_arch_config', shapeRecord(R, 'draft.model_arch_config'));
    v.attrs.set('draft_model_config', one(model));
  }
}

/** A layer that puts itself into the registry: its class, and the backend that it has of its own accord. */
function registered(R: Reader, name: Value, layer: Value): void {
  const frame = R.frame!;
  for (const { g, v } of layer) {
    if (v.k !== 'instance') continue;
    under(R, frame, g, () => {
      const method = R.attrOf(frame, v, 'get_attn_backend');
      const backend = method ? askedLater(R, frame, () => R.call(frame, method, { pos: [], kw: new Map() })) : [];
      tellWrapped(R, frame, name, backend);
      const own = backend.filter((a) => a.v.k === 'class');
      const called = own.flatMap((a) => {
        const get = R.attrOf(frame, a.v, 'get_name');
        return (get ? quietly(frame, () => R.call(frame, get, { pos: [], kw: new Map() })) : []).map((b) => ({
          g: R.d.and(a.g, b.g),
          v: b.v,
        }));
      });
      // one that got its backend from the selector is told by that call
      if (own.length === 0) return;
      const there = own.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
      const values = new Map<string, Value>([
        ['@layer', one(str(v.cls.name))],
        ['@name', name],
        [SELF, one(v)],
        ['@backend', called],
        ['@class', own],
        ['@layouts', declared(R, frame, own)],
        ['@aligned', alignment(R, frame, v)],
        ...saidOf(R, frame, own),
      ]);
      under(R, frame, there, () => seen(R, frame, 'layer', values));
    });
  }
}

/** Of what a layer that keeps a state says its checkpoints are multiples. */
function alignment(R: Reader, frame: Frame, layer: InstanceAtom): Value {
  const ask = R.attrOf(frame, layer, 'get_prefill_checkpoint_alignment');
  return ask ? quietly(frame, () => R.call(frame, ask, { pos: [], kw: new Map() })) : one(UNBOUND);
}

/**
 * Notes of a layer whose backend is made of the one that a call gave: of which call, the layer's name where it asked by another,
 * and what it says otherwise.
 */
function tellWrapped(R: Reader, frame: Frame, name: Value, backend: Value): void {
  for (const { g, v } of backend) {
    const id = v.k === 'instance' ? wrappedCall(v) : undefined;
    if (v.k !== 'instance' || id === undefined) continue;
    const values = new Map<string, Value>([
      ['@id', one(str(id))],
      ...(isNamed(namesOf(R).get(id), name) ? [] : [['@name', name] as const]),
      ['@sizes', one([...v.derived!.keys()].some((name) => OF_SIZES.has(name)) ? FALSE : TRUE)],
      ['@graphs', quietly(frame, () => ownGraphs(R, frame, v))],
    ]);
    under(R, frame, g, () => seen(R, frame, 'wrapped', values));
  }
}

/** Is a layer that asked by one name put among the layers by the same? */
const isNamed = (asked: Value | undefined, name: Value): boolean =>
  asked !== undefined && valueKey(asked) === valueKey(name);

/** Which CUDA graphs the builder of a derived backend supports: missing where it says what the one behind it says. */
function ownGraphs(R: Reader, frame: Frame, backend: InstanceAtom): Value {
  const builder = backend.derived!.has('get_builder_cls') ? callNamed(R, frame, backend, 'get_builder_cls') : [];
  if (builder.length === 0) return one(UNBOUND);
  const spec = (): Value => one(opaque('the cache of a layer', placeOf(frame)));
  const said = (of: Atom): Value => graphSupport(R, frame, of, spec);
  return builder.flatMap(({ g, v }) => {
    const all = v.k === 'class' && !OF_GRAPHS.some((name) => findInClass(R, v, name)) ? one(UNBOUND) : said(backend);
    return all.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
  });
}

/** What classes of backends say: which sizes of blocks they take, whether they keep a state, which CUDA graphs they support. */
function saidOf(R: Reader, frame: Frame, classes: Value): readonly (readonly [string, Value])[] {
  const spec = (): Value => one(opaque('the cache of a layer', placeOf(frame)));
  const asked: readonly (readonly [string, (cls: Atom) => Value])[] = [
    ['@sizes', (cls) => declaredSizes(R, frame, cls)],
    ['@state', (cls) => callNamed(R, frame, cls, 'is_ssm')],
    ['@graphs', (cls) => graphSupport(R, frame, cls, spec)],
  ];
  return asked.map(([name, ask]) => [
    name,
    classes.flatMap(({ g, v }) => quietly(frame, () => ask(v)).map((a) => ({ g: R.d.and(g, a.g), v: a.v }))),
  ]);
}

/** The names of the layouts of the KV cache that the classes say they support; None where one says nothing of it. */
function declared(R: Reader, frame: Frame, classes: Value): Value {
  return classes.flatMap(({ g, v }) => {
    const said = quietly(frame, () => callNamed(R, frame, v, DECLARES));
    return said.map((a) => ({
      g: R.d.and(g, a.g),
      v: a.v.k === 'tuple' ? tuple(a.v.items.map((i) => R.getAttr(frame, i, 'name'))) : a.v,
    }));
  });
}

/** Asks what is asked of a layer once all are built: what is raised with a statement then is told apart from the building. */
function askedLater<T>(R: Reader, frame: Frame, work: () => T): T {
  let happened: readonly Event[] = [];
  const made = quietly(frame, () => {
    const given = work();
    happened = frame.trace;
    return given;
  });
  for (const e of flatten(R, happened))
    if (e.kind === 'raise' && e.explicit === true)
      under(R, frame, e.g, () => seen(R, frame, LATER, new Map([['error', one(e.exc)]]), e.place));
  return made;
}

/** Who asks: the layer's class, the class that builds the layer, and the layer's name. */
function around(R: Reader, caller: Frame): Map<string, Value> {
  const out = new Map<string, Value>();
  let layer: string | undefined;
  for (let f: Frame | undefined = caller; f; f = f.caller) {
    const owner = selfClass(f);
    const prefix = f.scope.vars.get('prefix');
    if (prefix && !out.has('@name')) out.set('@name', prefix);
    if (!owner) continue;
    if (!layer) {
      layer = owner.name;
      out.set(SELF, f.scope.vars.get('self')!);
      for (const [name, parameter] of BESIDE_CALL) out.set(`@@${name}`, isGiven(R, f, parameter));
      for (const name of AS_MADE) {
        const value = f.scope.vars.get(name);
        if (value) out.set(`@@${name}`, value);
      }
      for (const name of isOfModel(owner) ? [] : sizesOf(f))
        if (!(AS_MADE as readonly string[]).includes(name)) out.set(`@@made_with.${name}`, f.scope.vars.get(name)!);
    } else if (!/\.layers\.(attention|mla)/.test(owner.modname) || owner.modname.endsWith('.mla')) {
      out.set('@by', one(str(owner.name)));
      break;
    }
  }
  out.set('@layer', one(str(layer ?? '')));
  void R;
  return out;
}

/**
 * What a layer is made with beside what it asks the selection, and what the backend's own constructor then asks of: by the
 * names of the facts, the parameters of the layer.
 */
const BESIDE_CALL = [
  ['alibi', 'alibi_slopes'],
  ['softcap', 'logits_soft_cap'],
] as const;

/** What a layer knows when it asks, and hands to the constructor as it is: the constructor's parameters by name. */
const AS_MADE = ['num_heads', 'num_kv_heads', 'sliding_window'] as const;

/** The parameters of a layer that are whole numbers: what else it hands to the constructor, by name. */
const sizesOf = (f: Frame): readonly string[] => {
  const { args, kwonlyargs } = f.fn!.node.args as {
    readonly args: readonly Node[];
    readonly kwonlyargs: readonly Node[];
  };
  return [...args, ...kwonlyargs].flatMap((p) =>
    (p.annotation as Node | null | undefined)?.id === 'int' && f.scope.vars.has(p.arg as string)
      ? [p.arg as string]
      : [],
  );
};

/** Is it a part of a model that asks itself, and no layer that is given an implementation by what it is made with? */
const isOfModel = (owner: ClassAtom): boolean =>
  MODELS.test(owner.modname) && !owner.mro.some(({ name }) => name === LAYER);

const MODELS = /^vllm\.(model_executor\.)?models\./;
/** The class that a layer which has a place in the cache is derived from. */
const LAYER = 'AttentionLayerBase';

/** Is something given for a parameter? A layer without it has none. */
function isGiven(R: Reader, f: Frame, parameter: string): Value {
  const value = f.scope.vars.get(parameter);
  return value ? boolean(R.d, truth(R, f, value)) : one(FALSE);
}

function selfClass(f: Frame): ClassAtom | undefined {
  const self = f.fn?.name === '__init__' ? f.scope.vars.get('self')?.[0]?.v : undefined;
  return self?.k === 'instance' ? self.cls : undefined;
}
