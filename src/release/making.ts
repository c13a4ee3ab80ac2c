/**
 * What layers that hold weights refuse when they are made, and what rotary embedding refuses: each constructor or function that
 * models call for these is read once for a release, and once for every method of quantization, with all its arguments open. The
 * rules of a model's layers say which of them it calls, and with what.
 */
import {
  builtinClass,
  choiceInput,
  createReader,
  dict,
  entryFrame,
  findInClass,
  importedName,
  nameIn,
  NONE,
  NONE_VALUE,
  one,
} from '../python/index.ts';
import type { Args, ClassAtom, Event, FuncAtom, Node, Reader, Value, World } from '../python/index.ts';
import { createBook, mergeRules, YES } from '../rules/index.ts';
import type { RuleSet, Shipper, Term } from '../rules/index.ts';
import { configTerm } from './configterms.ts';
import { jsonValue, shortList } from './json.ts';
import { createMakingWorld } from './makingworld.ts';
import { dtypeOptions } from './outside.ts';
import { packedDict } from './packing.ts';
import { madeObject, methodsOf, readEach } from './quantization.ts';
import type { Quantization } from './quantization.ts';
import { typed } from './records.ts';
import { createShipment, eventsTerm } from './terms.ts';
import type { Tree } from './tree.ts';

/** Under this name stand the rules of layers that are not quantized. */
export const PLAIN_LAYERS = 'none';

/** No method that is read well comes near. */
const MOST_NODES = 200_000;
/** Layers that are not quantized are in nearly every model: what they refuse is worth more. */
const MOST_PLAIN_NODES = 600_000;
/** Lists that are given to a maker are read up to this length one by one. */
const SHORT = 3;

/**
 * Reads the makers on one platform, for layers that are not quantized and by every method: `<maker>/events`, `<maker>/defaults`,
 * what it takes where nothing is given, and `<maker>/never`, the parameters for which it is not read that something is given.
 */
export function readMaking(
  tree: Tree,
  platform: string,
  makers: readonly string[],
  methods: readonly string[] = [PLAIN_LAYERS, ...methodsOf(tree, platform)],
): Quantization {
  const known = new Map<string, RuleSet>();
  return readEach(makers.length === 0 ? [] : methods, (method) =>
    readMethod(createMakingWorld(tree, platform, method === PLAIN_LAYERS), method, makers, known),
  );
}

interface Read extends Omit<Quantization, 'rules'> {
  readonly rules: RuleSet;
}

/** So many makers may grow beyond all bounds before no further one is read of a method. */
const MOST_UNREAD = 2;

/**
 * The makers by one method. What grows beyond all bounds is left out, and what comes after it is read from a new start. Methods whose
 * objects are the same share what is `known` of them.
 */
function readMethod(world: World, method: string, makers: readonly string[], known: Map<string, RuleSet>): Read {
  const sets: RuleSet[] = [];
  const unread: Record<string, string> = {};
  const notes: Quantization['notes'][number][] = [];
  let key = '';
  for (let at = 0; at < makers.length;) {
    const R = createReader(createBook(method === PLAIN_LAYERS ? MOST_PLAIN_NODES : MOST_NODES), world);
    R.lenient = true;
    const ship = createShipment(R);
    const from = at;
    const quant = method === PLAIN_LAYERS ? NONE_VALUE : quantObject(R, method);
    key ||= objectKey(R, quant);
    const same = known.get(key);
    if (same) return { rules: same, unread, notes };
    try {
      // what does not go with quantization is the same for all methods
      for (; at < makers.length; at++)
        if (method === PLAIN_LAYERS || takesObject(R, makers[at]!)) shipMaker(R, ship, makers[at]!, quant);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (at === from) unread[makers[at++]!] = why;
      if (Object.keys(unread).length >= MOST_UNREAD) for (; at < makers.length; at++) unread[makers[at]!] = why;
    }
    sets.push(ship.ship());
    notes.push(...R.notes.values());
  }
  const rules = mergeRules(sets.map((set) => ['', set]));
  if (Object.keys(unread).length === 0) known.set(key, rules);
  return { rules, unread, notes };
}

/** What a quantization object is and holds, as a text. */
const objectKey = (R: Reader, quant: Value): string =>
  JSON.stringify(
    quant.map(({ g, v }) => [
      g,
      v.k === 'instance' ? [v.cls.qualname, [...v.attrs].map(([name, held]) => [name, givenTerm(R, held)])] : v.k,
    ]),
  );

const CONFIG = 'vllm.config.vllm';
const LOADER = 'vllm.model_executor.model_loader.utils';

/**
 * The object of a method once it knows how a model's modules are packed, with nothing given beside the checkpoint's own
 * configuration.
 */
function quantObject(R: Reader, method: string): Value {
  const made = madeObject(R, entryFrame(R, CONFIG), method, { quantization_config: NONE_VALUE });
  const configure = nameIn(R, LOADER, 'configure_quant_config');
  const model = builtinClass('Model', R.builtin('object')![0]!.v as ClassAtom, 'models');
  model.attrs.set('packed_modules_mapping', one(packedDict(R)));
  if (configure) R.call(entryFrame(R, LOADER), configure, { pos: [made, one(model)], kw: new Map() });
  return made;
}

/** A maker as it stands in the tree, and the function whose parameters it takes. */
function found(R: Reader, maker: string): { callee: Value; fn: FuncAtom; cls: ClassAtom | undefined; module: string } {
  const [module, name] = maker.replaceAll('/', '.').split(':') as [string, string];
  const callee = importedName(R, module, name);
  const v = callee?.[0]?.v;
  const fn = v?.k === 'class' ? findInClass(R, v, '__init__')?.value[0]?.v : v;
  if (!callee || fn?.k !== 'func') throw new Error(`${module} has no ${name}`);
  return { callee, fn, cls: v?.k === 'class' ? v : undefined, module };
}

const OBJECT = 'quant_config';

const takesObject = (R: Reader, maker: string): boolean => parametersOf(found(R, maker).fn).includes(OBJECT);

const parameterNodes = (fn: FuncAtom): readonly Node[] => {
  const a = fn.node.args as Node;
  return [...(a.args as Node[]), ...(a.kwonlyargs as Node[])];
};

/** The names of the parameters of a function, `self` among them. */
export const parametersOf = (fn: FuncAtom): readonly string[] => parameterNodes(fn).map((p) => p.arg as string);

function shipMaker(R: Reader, ship: Shipper, maker: string, quant: Value): void {
  const { callee, fn, cls, module } = found(R, maker);
  const frame = entryFrame(R, module);
  R.call(frame, callee, argumentsOf(R, { maker, fn, cls, quant }));
  ship.add(`${maker}/events`, eventsTerm(R, frame, ship, told(frame.trace)));
  ship.add(`${maker}/defaults`, defaultsTerm(R, fn));
  ship.add(`${maker}/never`, { list: [...neverGiven(fn)].map((name) => [YES, name] as const) });
}

/**
 * What statements raise, and keys that what is given does not hold; what fails on an import is told where it is imported.
 */
function told(events: readonly Event[]): readonly Event[] {
  return events.flatMap((e): Event[] => {
    if (e.kind === 'seen' || e.kind === 'log') return [];
    if (e.kind === 'raise')
      return isA(e.exc.cls, 'KeyError') || (e.explicit && !isA(e.exc.cls, 'ImportError')) ? [e] : [];
    const trace = told(e.trace);
    return trace.length > 0 ? [{ ...e, trace }] : [];
  });
}

const isA = (cls: ClassAtom, name: string): boolean => cls.mro.some((c) => c.name === name);

/** What a maker takes for its parameters where a call gives nothing. */
function defaultsTerm(R: Reader, fn: FuncAtom): Term {
  const a = fn.node.args as Node;
  const names = (a.args as Node[]).map((p) => p.arg as string);
  const only = (a.kwonlyargs as Node[]).map((p) => p.arg as string);
  const all = [
    ...names.map((name, i) => [name, fn.defaults[i]] as const),
    ...only.map((name, i) => [name, fn.kwDefaults[i]] as const),
  ];
  return {
    record: Object.fromEntries(all.flatMap(([name, v]) => (v === undefined ? [] : [[name, givenTerm(R, v)] as const]))),
  };
}

/** What is given for a parameter as a term; a thing of which nothing but that it is there matters is an empty object. */
export const givenTerm = (R: Reader, value: Value): Term =>
  configTerm(
    R,
    value.map((a) => (a.v.k === 'instance' && a.v.member === undefined ? { g: a.g, v: THERE } : a)),
  );

const THERE = dict([]);

/** The arguments of a maker by its parameters, each open. */
function argumentsOf(
  R: Reader,
  {
    maker,
    fn,
    cls,
    quant,
  }: { readonly maker: string; readonly fn: FuncAtom; readonly cls: ClassAtom | undefined; readonly quant: Value },
): Args {
  const handedOn = namesHandedOn(fn.node);
  const owner = { ...(cls ?? (R.builtin('object')![0]!.v as ClassAtom)), module: fn.module };
  const argument = (p: Node): Value => {
    const name = p.arg as string;
    if (name === OBJECT) return quant;
    if (handedOn.has(name)) return NONE_VALUE;
    const path = `${maker}.${name}`;
    return p.annotation ? ofType(R, p.annotation as Node, owner, path) : jsonValue(R, path);
  };
  const nodes = parameterNodes(fn).slice(cls ? 1 : 0);
  return { pos: [], kw: new Map(nodes.map((p) => [p.arg as string, argument(p)])) };
}

/** What is given for a parameter by its annotation; a class is not given, and lists are short. */
function ofType(R: Reader, annotation: Node, owner: ClassAtom, path: string): Value {
  const names = namesIn(annotation);
  if (names.has('type')) return NONE_VALUE;
  if (names.has('dtype')) return choiceInput(R, path, [{ label: null, atom: NONE }, ...dtypeOptions()]);
  if (annotation.nodeType === 'Subscript' && (annotation.value as Node).id === 'list')
    return shortList(R, path, (at) => typed(R, annotation.slice as Node, owner, at), SHORT);
  return typed(R, annotation, owner, path);
}

/** The parameters that are taken to be None, whatever is given: classes, and what is handed on as keyword arguments. */
function neverGiven(fn: FuncAtom): ReadonlySet<string> {
  const classes = parameterNodes(fn).flatMap((p) =>
    p.annotation && namesIn(p.annotation).has('type') ? [p.arg as string] : [],
  );
  return new Set([...namesHandedOn(fn.node), ...classes]);
}

/** The names that stand in what a function hands on as keyword arguments: which arguments these hold nobody says. */
function namesHandedOn(n: unknown): ReadonlySet<string> {
  const out = new Set<string>();
  each(n, (node) => {
    if (node.nodeType === 'Keyword' && !node.arg) for (const name of namesIn(node.value)) out.add(name);
  });
  return out;
}

/** The names and attributes that a part of a source mentions. */
function namesIn(n: unknown): ReadonlySet<string> {
  const out = new Set<string>();
  each(n, (node) => {
    if (node.nodeType === 'Name') out.add(node.id as string);
    if (node.nodeType === 'Attribute') out.add(node.attr as string);
  });
  return out;
}

function each(n: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(n)) for (const m of n) each(m, visit);
  if (!n || typeof n !== 'object' || !('nodeType' in n)) return;
  visit(n as Node);
  for (const value of Object.values(n)) if (typeof value === 'object') each(value, visit);
}
