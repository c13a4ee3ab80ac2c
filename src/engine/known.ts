/** What is known while a question is answered: what was said, layer over layer, and how it was found. */
import { characterAt, MISSING, OBJECT } from '../rules/index.ts';
import type { Fact, Facts } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { hasNamedKey, withKeys } from './keyed.ts';
import { factValue } from './question.ts';
import { WITH_OTHER_KEYS, withOtherKeys } from './renamedkeys.ts';
import type { GivenFact } from './question.ts';

/** All that is known so far: the question, and what each stage told, the last one first. */
export interface Known extends Facts {
  /** A fact with where it comes from; undefined where nothing is said of it. */
  given(name: string): GivenFact | undefined;
  /** What it was worked out of; none for a fact of the question. */
  because(name: string): readonly string[];
}

/** Something that says facts. */
export interface Source {
  /** What it says of a fact: undefined where it says nothing, a fact without a value where it is unknown. */
  readonly fact: (name: string) => GivenFact | undefined;
  /** The facts that a fact of its own was worked out of, as far as they were looked at. */
  because(name: string): readonly string[];
}

/** Says nothing of any fact. */
export const NOTHING: Source['fact'] = () => undefined;

/** Facts that hold plain data. An empty object elsewhere is one with fields, which are facts of their own. */
const HOLDERS = /^(?:args|hf|hf_text_config|file|model_info|model_arch_config|transformers)\./;

/** A fact as it was found. */
export interface Found {
  readonly given: GivenFact;
  readonly value: Fact | undefined;
  readonly source: Source;
  /** The name under which the source says it: that of what holds it. */
  readonly as: string;
}

/** What is known with how it was found, so that more can be laid over it. */
export interface Layer extends Known {
  find(name: string): Found | undefined;
}

/** What was found of a fact in the layers from the lowest to one of them. */
interface Entry {
  /** The highest layer that was asked. */
  readonly asked: number;
  /** The layer that says it; -1 where none does. */
  readonly at: number;
  readonly found: Found | undefined;
  /** What was found before higher layers were asked. */
  readonly before: Entry | undefined;
}

/** Layers that lie over one another, the lowest first, and what was found in them. */
interface Stack {
  readonly layers: (readonly Source[])[];
  readonly entries: Map<string, Entry>;
  /** What lies below all of them. */
  readonly below: Layer | undefined;
}

/** Where a layer stands. */
const places = new WeakMap<Layer, { readonly stack: Stack; readonly at: number }>();

/** What layers have in common: the one that they are like, but for facts that differ. */
const likes = new WeakMap<Facts, { readonly like: Facts; readonly differs: (name: string) => boolean }>();

/** Says of which facts what is known differs, where both are like one and the same. */
export function sinceOf(known: Facts): (others: Facts) => ((name: string) => boolean) | undefined {
  const of = (facts: Facts): { readonly like: Facts; readonly differs?: (name: string) => boolean } =>
    likes.get(facts) ?? { like: facts };
  return (others) => {
    const [is, was] = [of(known), of(others)];
    return is.like === was.like
      ? (name) => hasNamedKey(name) || is.differs?.(name) === true || was.differs?.(name) === true
      : undefined;
  };
}

/** Says that facts are like others: the same under another name. */
export const keepLike = (facts: Facts, known: Facts): void =>
  void likes.set(facts, likes.get(known) ?? { like: known, differs: () => false });

/** Joins sources: the first that says a fact, or a value that it is a part of, counts; then what lies below them. */
export function createKnown(sources: readonly Source[], below?: Layer): Layer {
  const speak = sources.filter(({ fact }) => fact !== NOTHING);
  if (below !== undefined && speak.length === 0) return below;
  const under = below && places.get(below);
  const isOver = under !== undefined && under.at === under.stack.layers.length - 1;
  const stack: Stack = isOver ? under.stack : { layers: [], entries: new Map(), below };
  const at = stack.layers.push(speak) - 1;
  const layer = layerOf((name) => findIn(stack, at, name).found);
  places.set(layer, { stack, at });
  return layer;
}

/** What was known before, but for some facts, which are asked of sources anew: the first that says one counts. */
export function createKnownBut(before: Layer, differs: (name: string) => boolean, sources: readonly Source[]): Layer {
  const own = createKnown(sources);
  const layer = layerOf((name) => (differs(name) ? own : before).find(name));
  likes.set(layer, { like: before, differs });
  return layer;
}

function layerOf(found: Layer['find']): Layer {
  const find: Layer['find'] = (name) => {
    const plain = hasNamedKey(name) ? withKeys(name, (key) => find(key)?.value) : name;
    return plain === undefined ? undefined : found(plain);
  };
  return {
    find,
    get: (name) => find(name)?.value,
    given: (name) => find(name)?.given,
    because: (name) => {
      const one = find(name);
      return one?.source.because(one.as) ?? [];
    },
  };
}

/** Looks for a fact from a layer downwards; what was found before counts where nothing higher has to be asked. */
function findIn(stack: Stack, from: number, name: string): Entry {
  const top = stack.entries.get(name);
  let before = top;
  while (before && before.at > from) before = before.before;
  if (before && before.asked >= from) return before;
  const entry = ask(stack, from, name, before);
  // while it was asked for, more may have been found
  if (stack.entries.get(name) === top && (!top || top.asked < from)) stack.entries.set(name, entry);
  return entry;
}

function ask({ layers, below }: Stack, from: number, name: string, before: Entry | undefined): Entry {
  for (let at = from; at > (before?.asked ?? -1); at--)
    for (const source of layers[at]!) {
      const found = foundIn(source, name);
      if (found) return { asked: from, at, found, before };
    }
  if (before) return { asked: from, at: before.at, found: before.found, before: before.before };
  return { asked: from, at: -1, found: below?.find(name), before };
}

/**
 * What a source says of a fact by its name, or by the name of what holds it: what stands under a key is asked for as
 * `args.x.key`, an item by its number, the size as `.#`.
 */
function foundIn(source: Source, name: string): Found | undefined {
  const own = source.fact(name);
  // a key that is known by kind alone not to be there may stand in the object
  const held = own === undefined || own.missing === true ? heldIn(source, name) : undefined;
  if (held) return held;
  if (own === undefined) return undefined;
  const value = factValue(own);
  // the parts of the configuration are objects with fields, no dictionaries
  const isPart = !name.includes('.') && value !== null && typeof value === 'object';
  return { given: own, value: isPart ? ({ [OBJECT]: true } as unknown as Fact) : value, source, as: name };
}

/** By the name of a fact, those of what may hold it; they are asked for again and again. */
const wholes = new Map<string, readonly string[]>();
const MOST_WHOLES = 1 << 14;

/** The names of what may hold a fact. */
export function wholesOf(name: string): readonly string[] {
  let found = wholes.get(name);
  if (found) return found;
  const keys = name.split('.');
  // what has no point in its name is a part of the configuration
  found = keys.slice(2).map((_, i) => keys.slice(0, keys.length - 1 - i).join('.'));
  if (wholes.size >= MOST_WHOLES) wholes.clear();
  wholes.set(name, found);
  return found;
}

function heldIn(source: Source, name: string): Found | undefined {
  for (const as of wholesOf(name)) {
    // no source says by name what a dictionary is with other keys
    if (as.includes(WITH_OTHER_KEYS)) continue;
    const whole = source.fact(as);
    // entries are told by what holds them alone
    if (whole === undefined || (whole.missing === true && ENTRIES.test(as))) continue;
    let value = factValue(whole);
    // an object's attributes are facts that its own source says
    if (typeof value === 'object' && value !== null && OBJECT in value) return undefined;
    if (!HOLDERS.test(name) && isEmpty(value) && !ABOUT.test(name)) return undefined;
    for (const key of name.slice(as.length + 1).split('.')) value = partOf(value, key);
    if (value === undefined)
      return whole.missing === true ? undefined : { given: { from: 'unknown' }, value, source, as };
    const base = { from: whole.from, ...(whole.where === undefined ? {} : { where: whole.where }) };
    const given: GivenFact = value === MISSING ? { missing: true, ...base } : { value: value as Json, ...base };
    return { given, value, source, as };
  }
  return undefined;
}

/** What is asked of a dictionary alone: how much it holds, whether it holds anything, whether it holds a key. */
const ABOUT = /[.]#$|[?]$/;

/** The entries of a dictionary, or one of them. */
const ENTRIES = /[.]%(?:[.]|$)/;

const isEmpty = (value: Fact | undefined): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** What stands in a value under a key; `#` is how much stands in it, `?` whether anything, `key?` whether that, `%` its entries. */
function partOf(value: Fact | undefined, key: string): Fact | undefined {
  if (typeof value === 'string') return characterAt(value, key);
  if (value === undefined || value === MISSING || value === null || typeof value !== 'object') return undefined;
  if (OBJECT in value) return undefined;
  if (key === '#') return Object.keys(value).length;
  if (key === '?') return Object.keys(value).length > 0;
  if (key.endsWith('?')) return Object.hasOwn(value, key.slice(0, -1));
  if (key === '%') return Object.entries(value);
  const renamed = withOtherKeys(value, key);
  if (renamed) return renamed;
  const inner = (value as Readonly<Record<string, Fact>>)[key];
  return inner === undefined ? MISSING : inner;
}
