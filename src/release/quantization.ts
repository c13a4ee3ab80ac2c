/**
 * Reads what a release makes of a checkpoint's quantization configuration: the object of the method's own class, and what
 * is raised where the device or the model's dtype does not go with it. The method is a fact of the model configuration.
 */
import {
  asPostInit,
  bool,
  choose,
  createReader,
  flatten,
  newInstance,
  dict,
  entryFrame,
  flagCond,
  importedName,
  kindInput,
  nameIn,
  one,
  opaque,
  str,
  UNBOUND,
} from '../python/index.ts';
import type { ClassAtom, Event, Frame, InstanceAtom, Reader, Value } from '../python/index.ts';
import { createBook, NO } from '../rules/index.ts';
import type { Cond, RuleSet, Shipper } from '../rules/index.ts';
import { configTerm } from './configterms.ts';
import { jsonDict } from './json.ts';
import { createModelWorld, modelConfigs } from './modelworld.ts';
import { record } from './records.ts';
import type { Unread } from './selection.ts';
import { createShipment, eventsTerm } from './terms.ts';
import type { Tree } from './tree.ts';

const CONFIG = 'vllm.config.vllm';
const MODEL = 'vllm.config.model';
const MAKER = '_get_quantization_config';

/** By method: the rules of its object, and why a method has none; and what was not read exactly. */
export interface Quantization {
  /** Terms `quant_config` (an empty object where there is one), `quant_config.class`, `quant_config.is.<class>`, `quant_config.<attribute>`, `events`. */
  readonly rules: Readonly<Record<string, RuleSet>>;
  readonly unread: Readonly<Record<string, string>>;
  readonly notes: readonly Unread[];
}

/** No method that is read well comes near. */
const MOST_NODES = 60_000;

/**
 * Reads the objects of all methods on one platform: those attributes and classes of them that are `asked` for, as
 * `<attribute>` and `is.<class>`. Throws when the tree makes none.
 */
export const readQuantization = (tree: Tree, platform: string, asked: readonly string[]): Quantization =>
  readEach(methodsOf(tree, platform), (method) => {
    const unread: Record<string, string> = {};
    for (let left = asked; ; left = left.filter((name) => unread[subjectOf(name)] === undefined)) {
      const reading = startMethod(tree, platform, method);
      const grown = shipObject(reading, left);
      if (!grown) return { rules: reading.ship.ship(), notes: [...reading.R.notes.values()], unread };
      unread[subjectOf(grown.name)] = grown.why;
    }
  });

/** What a name asks about: several ask the same of what the object has for a layer. */
const subjectOf = (name: string): string => name.replace(/\.is\.\w+$/, '');

/**
 * Reads method by method, with what is not read of one by its name. One that grows beyond all bounds is not read: everything about
 * it stays unknown.
 */
export function readEach(
  methods: readonly string[],
  read: (method: string) => Omit<Quantization, 'rules'> & { readonly rules: RuleSet },
): Quantization {
  const rules: Record<string, RuleSet> = {};
  const unread: Record<string, string> = {};
  const notes = new Map<string, Quantization['notes'][number]>();
  for (const method of methods)
    try {
      const one = read(method);
      rules[method] = one.rules;
      for (const [name, why] of Object.entries(one.unread)) unread[`${method}/${name}`] = why;
      for (const n of one.notes) notes.set(`${n.kind} ${n.place} ${n.what}`, n);
    } catch (error) {
      unread[method] = error instanceof Error ? error.message : String(error);
    }
  return {
    rules,
    unread,
    notes: [...notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0)),
  };
}

/** The reading of one method, and the object that it makes. */
interface Reading {
  readonly R: Reader;
  readonly ship: Shipper;
  readonly made: Value;
}

function startMethod(tree: Tree, platform: string, method: string): Reading {
  const book = createBook(MOST_NODES);
  const R = createReader(book, createModelWorld(tree, platform));
  R.lenient = true;
  const ship = createShipment(R);
  const frame = entryFrame(R, CONFIG);
  // the configuration makes it once its fields are there
  let made: Value = [];
  asPostInit(R, frame, classOf(R, CONFIG, 'VllmConfig'), () => {
    made = madeObject(R, frame, method);
  });
  ship.add('events', eventsTerm(R, frame, ship, frame.trace));
  return { R, ship, made };
}

/**
 * Where the checkpoint's configuration stands in the text config and the whole has none. The rules know it by one name, that of the
 * whole's own, wherever it stands.
 */
const WITHIN = 'quantization.within';

/** Puts the checkpoint's configuration where the question has it: into the whole, or into its text config. */
function placeConfig(R: Reader, whole: InstanceAtom, text: InstanceAtom): void {
  const [key, part] = ['quantization_config', 'text_config'];
  const within = flagCond(R, WITHIN);
  const given = whole.lazy!(key)!;
  const elsewhere = newInstance(text.cls);
  // where another configuration stands in the text config beside it, that is not followed
  elsewhere.attrs.set(key, kindInput(R, `hf.${part}.${key}`, ['missing', 'none']));
  const other = kindInput(R, `hf.${part}`, ['missing', 'none', 'object'], () => elsewhere);
  whole.attrs.set(key, choose(R.d, within, one(UNBOUND), given));
  whole.attrs.set(part, choose(R.d, within, one(text), other));
  text.attrs.set(key, choose(R.d, within, given, text.lazy!(key)!));
}

/** The object of a method, as the configuration makes it of the model's own configuration. */
export function madeObject(R: Reader, frame: Frame, method: string, more: Readonly<Record<string, Value>> = {}): Value {
  const { whole, text } = modelConfigs(R);
  placeConfig(R, whole, text);
  // of what stands under another key it is unknown what follows
  whole.attrs.set('compression_config', kindInput(R, 'hf.compression_config', ['missing', 'none']));
  const model = record(R, classOf(R, MODEL, 'ModelConfig'), 'model_config');
  const shape = record(R, classOf(R, 'vllm.config.model_arch', 'ModelArchitectureConfig'), 'model_arch_config');
  const given = { hf_config: whole, hf_text_config: text, model_arch_config: shape, quantization: str(method) };
  for (const [name, v] of Object.entries(given)) model.attrs.set(name, one(v));
  for (const [name, v] of Object.entries(more)) model.attrs.set(name, v);
  // a command line gives a dictionary, where it could be a function
  model.attrs.set('hf_overrides', one(jsonDict(R, 'args.hf_overrides')));
  const load = record(R, classOf(R, 'vllm.config.load', 'LoadConfig'), 'load_config');
  const maker = R.getAttr(frame, one(classOf(R, CONFIG, 'VllmConfig')), MAKER);
  return R.call(frame, maker, { pos: [one(model), one(load)], kw: new Map() });
}

/**
 * Ships the object: its class, and what is asked of it. What is none of a class of the tree was not read. Gives what it was that made
 * the reading grow beyond all bounds: then nothing of the shipment counts.
 */
function shipObject(
  { R, ship, made }: Reading,
  asked: readonly string[],
): { readonly name: string; readonly why: string } | undefined {
  const empty = one(dict([]));
  const each = (work: (v: InstanceAtom) => Value): Value =>
    made.flatMap(({ g, v }) => {
      const value = v.k === 'instance' ? work(v) : one(opaque('an object that was not read', MAKER));
      return value.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
    });
  ship.add(
    'quant_config',
    configTerm(
      R,
      each(() => empty),
    ),
  );
  ship.add(
    'quant_config.class',
    configTerm(
      R,
      each((v) => one(v.cls)),
    ),
  );
  for (const name of asked)
    try {
      ship.add(
        `quant_config.${name}`,
        configTerm(
          R,
          each((v) => answer(R, v, name)),
        ),
      );
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { name, why: error.message };
    }
  return undefined;
}

/** What the object says to what is asked of it, by its name there. */
function answer(R: Reader, v: InstanceAtom, name: string): Value {
  const [, layer, own] = /^method\.([\w/:]+)(?:\.is\.(\w+))?$/.exec(name) ?? [];
  if (layer !== undefined) return methodOf(R, v, layer, own);
  if (name.startsWith('is.')) return one(bool(isOf(v, name.slice('is.'.length))));
  // an object is there; what it holds is asked for by names of its own
  return attribute(R, v, name).map((a) => (a.v.k === 'instance' ? { g: a.g, v: dict([]) } : a));
}

const isOf = (v: InstanceAtom, cls: string): boolean => v.cls.mro.some((c) => c.name === cls);

/** The method that the object has for a layer of a class: none or an object; with `of`, whether it is one of that class. */
function methodOf(R: Reader, v: InstanceAtom, layer: string, of: string | undefined): Value {
  const [module, name] = layer.replaceAll('/', '.').split(':') as [string, string];
  const cls = importedName(R, module, name)?.[0]?.v;
  if (cls?.k !== 'class') return one(opaque(`there is no ${layer}`, module));
  const prefix = kindInput(R, 'layer.name', ['str']);
  const method = called(R, v, 'get_quant_method', [one(newInstance(cls)), prefix]);
  return method.map((a) => ({
    g: a.g,
    v:
      a.v.k === 'none'
        ? of === undefined
          ? a.v
          : bool(false)
        : a.v.k === 'instance'
          ? of === undefined
            ? dict([])
            : bool(isOf(a.v, of))
          : opaque('a method that was not read', module),
  }));
}

/** What an attribute holds, or what a method without arguments gives; nothing where there is none. */
function attribute(R: Reader, v: InstanceAtom, name: string): Value {
  const value = R.attrOf(entryFrame(R, CONFIG), v, name) ?? one(UNBOUND);
  return value.some((a) => a.v.k === 'bound' || a.v.k === 'func') ? called(R, v, name, []) : value;
}

/** What a method gives; where it raises nothing is known. */
function called(R: Reader, v: InstanceAtom, name: string, pos: readonly Value[]): Value {
  const frame = entryFrame(R, CONFIG);
  const value = R.call(frame, R.getAttr(frame, one(v), name), { pos, kw: new Map() });
  return choose(R.d, raises(R, frame.trace), one(opaque(`${name} may raise`, MAKER)), value);
}

const whereRaised = new WeakMap<readonly Event[], Cond>();

/** The condition that something among the events is raised; calls of one function share their events. */
function raises(R: Reader, events: readonly Event[]): Cond {
  const known = whereRaised.get(events);
  if (known !== undefined) return known;
  let c: Cond = NO;
  for (const e of events)
    if (e.kind === 'raise') c = R.d.or(c, e.g);
    else if (e.kind === 'call') c = R.d.or(c, R.d.and(e.g, raises(R, e.trace)));
    else if (e.kind === 'loop') for (const inner of flatten(R, [e])) if (inner.kind === 'raise') c = R.d.or(c, inner.g);
  whereRaised.set(events, c);
  return c;
}

const QUANTIZATION = 'vllm.model_executor.layers.quantization';

/** The names of the methods that a release has. */
export function methodsOf(tree: Tree, platform: string): readonly string[] {
  const R = createReader(createBook(), createModelWorld(tree, platform));
  const all = nameIn(R, QUANTIZATION, 'QUANTIZATION_METHODS')?.[0]?.v;
  if (all?.k !== 'list') throw new Error('the tree has no list of quantization methods');
  return all.items.flatMap((i) => (i.v[0]?.v.k === 'str' ? [i.v[0].v.s] : []));
}

function classOf(R: Reader, module: string, name: string): ClassAtom {
  const v = nameIn(R, module, name)?.[0]?.v;
  if (v?.k !== 'class') throw new Error(`the tree has no ${name}`);
  return v;
}
