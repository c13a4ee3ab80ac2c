/**
 * How a configuration class of transformers (or one that derives from its base) makes an object of a config.json: which
 * attributes it has, their defaults, and what its constructor makes of them. The keys of the config.json are the inputs
 * `cfg.<key>`; a key that is not there is told from one that is null.
 */
import {
  dataFields,
  dict,
  entryFrame,
  fieldDefault,
  findInClass,
  flatten,
  newInstance,
  one,
  restrict,
  setAttr,
  str,
  UNBOUND,
  valueKey,
  wildAttr,
} from '../python/index.ts';
import type { Atom, ClassAtom, DictAtom, Frame, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { createShipper, NO, YES } from '../rules/index.ts';
import type { Book, Cond, Kind, RuleSet, Term } from '../rules/index.ts';
import { dtypeOptions } from './outside.ts';
import { forgetJson, JSON_KINDS, jsonValue, pathOf } from './json.ts';
import { plainTerm } from './terms.ts';

/** What a field takes: letters for the kinds of JSON (see `KIND_LETTERS`), `t` for a torch dtype, `*` for anything. */
export type Kinds = string;

/** The letters of kinds: none, true or false, int, float, str, list, dict. */
export const KIND_LETTERS: Readonly<Record<string, readonly Kind[]>> = {
  n: ['none'],
  b: ['false', 'true'],
  i: ['int'],
  f: ['int', 'float'],
  s: ['str'],
  l: ['list'],
  d: ['dict'],
};

/** One configuration class as it is kept. */
export interface ConfigClass {
  readonly class: string;
  /** By name: what a field takes, and its default where it has a plain one. */
  readonly fields: Readonly<Record<string, readonly [Kinds, unknown?]>>;
  /** Names under which an attribute is kept. */
  readonly map?: Readonly<Record<string, string>>;
  /** Attributes of the class itself. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Keys of the config.json that become no attribute. */
  readonly dropped?: readonly string[];
  /** Names of methods and properties. */
  readonly methods?: readonly string[];
  /** Attributes that stay as they were given, though the base makes something of them. */
  readonly same?: readonly string[];
  /** Attributes that the constructor makes, by name; `refused` says whether it raises. */
  readonly made?: RuleSet;
  /** Why nothing that the constructor makes is known. */
  readonly unread?: readonly string[];
}

/** Reads configuration classes: the one all derive from first, then what others have that differs from it. */
export interface ClassReader {
  base(cls: ClassAtom): ConfigClass;
  read(cls: ClassAtom): ConfigClass;
}

/** What a class says, before what its base says is taken out. */
interface Said extends ConfigClass {
  /** The terms of `made`, to compare. */
  readonly keys: ReadonlyMap<string, string>;
}

export function createClassReader(R: Reader, book: Book, kindsByName: KindsByName): ClassReader {
  let base: Said | undefined;
  return {
    base(cls) {
      base = readClass(R, book, cls, kindsByName, undefined);
      const { keys: _keys, ...rest } = base;
      return rest;
    },
    read(cls) {
      const { keys: _keys, ...rest } = readClass(R, book, cls, kindsByName, base);
      return rest;
    },
  };
}

/** A class whose constructor is not followed. */
export const fieldsOnly = (R: Reader, cls: ClassAtom, why: string): ConfigClass => ({
  ...declared(R, cls),
  unread: [why],
});

/** What a class declares: its fields, the other names of attributes, its constants. */
function declared(R: Reader, cls: ClassAtom): ConfigClass {
  const frame = entryFrame(R, cls.module!.name);
  const fields: Record<string, readonly [Kinds, unknown?]> = {};
  for (const f of dataFields(R, cls)) {
    const kinds = kindsOf(f.node.annotation as Node);
    const fallback = defaultOf(R, frame, f);
    const plain = fallback && plainJson(fallback);
    fields[f.name] = plain === undefined ? [kinds] : [kinds, plain.value];
  }
  const map = renames(R, cls);
  const methods = methodsOf(R, cls);
  return {
    class: cls.name,
    fields,
    ...constantsOf(R, cls),
    ...(map.size ? { map: Object.fromEntries(map) } : {}),
    ...(methods.length ? { methods } : {}),
  };
}

type Field = ReturnType<typeof dataFields>[number];
const defaultOf = (R: Reader, frame: Frame, f: Field): Value | undefined =>
  fieldDefault(R, frame, { ...f, value: withoutLimits(f.value) });

function readClass(R: Reader, book: Book, cls: ClassAtom, kindsByName: KindsByName, base: Said | undefined): Said {
  const before = new Set(R.notes.keys());
  forgetJson(R);
  const said = declared(R, cls);
  const without = withoutBase(said, base);
  if (base && !('vocab_size' in said.fields) && !hasParts(R, cls))
    return { ...without, keys: new Map(), unread: ['it is no language model: its constructor is not followed'] };
  const frame = entryFrame(R, cls.module!.name);
  const self = newInstance(cls);
  const map = renames(R, cls);
  if (map.size) (self as { rename?: (name: string) => string }).rename = (name) => map.get(name) ?? name;
  const given = new Map<string, Value>();
  // a value that the class does not take is refused: it is not asked what would become of it
  let valid: Cond = YES;
  const fields = dataFields(R, cls);
  for (const f of fields) {
    const value = fieldInput(R, kindsByName, f.name, said.fields[f.name]![0], defaultOf(R, frame, f));
    valid = R.d.and(
      valid,
      value.reduce<Cond>((c, a) => R.d.or(c, a.g), NO),
    );
    setAttr(R, frame, one(self), f.name, value);
    const at = map.get(f.name) ?? f.name;
    given.set(at, self.attrs.get(at) ?? value);
  }
  const names = new Set(fields.map((f) => f.name));
  const rest: DictAtom = dict([]);
  rest.lazy = {
    path: 'cfg',
    asked: new Set(),
    some: () => NO,
    at: (key) => (names.has(key) ? undefined : restInput(R, kindsByName, key)),
  };
  const post = findInClass(R, cls, '__post_init__');
  if (post) R.call(frame, R.getAttr(frame, one(self), '__post_init__'), { pos: [], kw: new Map(), rest });
  const unread = [...R.notes]
    .filter(([key, n]) => !before.has(key) && n.kind !== 'assumed' && LOST.test(n.what) && !ROTARY.test(n.what))
    .map(([, n]) => `${n.what} (${n.place})`);
  return { ...without, ...ship(R, book, { frame, self, given, unread, kindsByName, valid, base }) };
}

/** What a class declares that its base does not. */
function withoutBase(said: ConfigClass, base: Said | undefined): ConfigClass {
  if (!base) return said;
  const own = <T>(mine: Readonly<Record<string, T>>, theirs: Readonly<Record<string, T>> = {}): Record<string, T> =>
    Object.fromEntries(Object.entries(mine).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(theirs[k])));
  const constants = own(said.constants ?? {}, base.constants);
  const { constants: _all, methods: _methods, ...rest } = said;
  const methods = said.methods?.filter((name) => !base.methods?.includes(name)) ?? [];
  return {
    ...rest,
    fields: own(said.fields, base.fields),
    ...(Object.keys(constants).length ? { constants } : {}),
    ...(methods.length ? { methods } : {}),
  };
}

/** Parts that are language models by their names. */
const TEXT_PART = /text|decoder|generator|thinker|talker|language|llm/;

/** Is a class made of other configuration classes, among them a language model's? */
function hasParts(R: Reader, cls: ClassAtom): boolean {
  const own = findInClass(R, cls, 'sub_configs')?.value[0]?.v;
  return own?.k === 'dict' && own.entries.some((e) => e.key.k === 'str' && TEXT_PART.test(e.key.s));
}

interface Made {
  readonly frame: Frame;
  readonly self: InstanceAtom;
  /** What each attribute was when it was set first. */
  readonly given: ReadonlyMap<string, Value>;
  readonly unread: readonly string[];
  readonly kindsByName: KindsByName;
  readonly valid: Cond;
  readonly base: Said | undefined;
}

const propertyOf = (R: Reader, frame: Frame, self: InstanceAtom, name: string): Value => {
  const v = findInClass(R, self.cls, name)?.value[0]?.v;
  return v?.k === 'property' ? R.call(frame, v.fn, { pos: [one(self)], kw: new Map() }) : [];
};

/** The property that says whether layers differ. */
const DIFFERS = 'is_heterogeneous';

/** The term that says which object `get_text_config()` gives. */
const TEXT_CONFIG = 'get_text_config()';

/** The properties of a class that anybody may ask for. */
const propertiesOf = (R: Reader, cls: ClassAtom): string[] =>
  [...new Set(cls.mro.flatMap((c) => [...(c.scope?.binders.keys() ?? [])]))]
    .filter((name) => !name.startsWith('_') && isProperty(R, cls, name))
    .sort();

const isProperty = (R: Reader, cls: ClassAtom, name: string): boolean =>
  findInClass(R, cls, name)?.value[0]?.v.k === 'property';

/** What the object holds beside what it was given. */
function ship(
  R: Reader,
  book: Book,
  { frame, self, given, unread, kindsByName, valid, base }: Made,
): Pick<Said, 'dropped' | 'made' | 'same' | 'unread' | 'keys'> {
  const shipper = createShipper(book);
  const keys = new Map<string, string>();
  let any = false;
  // where the constructor raises there is no object
  const ok = flatten(R, frame.trace).reduce<Cond>((c, e) => (e.kind === 'raise' ? R.d.and(c, R.d.not(e.g)) : c), valid);
  const there = (value: Value): Value => value.filter((a) => !R.d.disjoint(a.g, ok));
  const key = (value: Value): string =>
    there(value)
      .map((a) => `${R.d.and(a.g, ok)}?${valueKey([{ g: YES, v: a.v }])}`)
      .sort()
      .join('|');
  const add = (name: string, value: Value): void => {
    if (name.startsWith('_') || LARGE.test(name) || isProperty(R, self.cls, name)) return;
    const before = given.get(name) ?? restInput(R, kindsByName, name);
    if (key(value) === key(before)) return;
    put(name, restrict(R.d, value, ok));
  };
  const put = (name: string, value: Value): void => {
    const term: Term = ROTARY.test(name)
      ? { unread: 'rotary embedding is not followed' }
      : unread.length
        ? { unread: unread[0]! }
        : configTerm(R, value);
    keys.set(name, JSON.stringify(term));
    if (base?.keys.get(name) === keys.get(name)) return;
    any = true;
    shipper.add(name, term);
  };
  own.add(self);
  for (const [name, value] of self.attrs) add(name, value);
  // the finished object: how it could have failed is said already
  for (const [name, value] of self.attrs) self.attrs.set(name, restrict(R.d, value, ok));
  if (self.wild) self.wild = self.wild.map((w) => ({ ...w, g: R.d.simplify(w.g, ok) }));
  const after = entryFrame(R, self.cls.module!.name);
  // what the base's own properties say is of no use to a model, but for whether its layers differ
  for (const name of propertiesOf(R, self.cls))
    if (name === DIFFERS || (base && !base.methods?.includes(name))) put(name, propertyOf(R, after, self, name));
  const text = findInClass(R, self.cls, 'get_text_config');
  if (text) put(TEXT_CONFIG, R.call(after, text.value, { pos: [one(self)], kw: new Map() }));
  const dropped: string[] = [];
  for (const key of new Set((self.wild ?? []).flatMap((w) => [...w.from.lazy!.asked]))) {
    if (given.has(key) || self.attrs.has(key) || key.startsWith('_') || isProperty(R, self.cls, key)) continue;
    const value = there(wildAttr(R, frame, self, key) ?? []);
    if (value.every((a) => a.v.k === 'unbound')) dropped.push(key);
    else add(key, value);
  }
  // where it is refused there is no object at all
  const refused = R.d.simplify(R.d.not(ok), valid);
  if (refused !== NO && !unread.length) {
    any = true;
    shipper.add('refused', {
      pick: [
        [refused, true],
        [R.d.not(refused), false],
      ],
    });
  }
  const ownDropped = dropped.filter((name) => !base?.dropped?.includes(name)).sort();
  const same = base ? [...base.keys.keys()].filter((name) => !keys.has(name) && !dropped.includes(name)) : [];
  return {
    keys,
    ...(ownDropped.length ? { dropped: ownDropped } : {}),
    ...(same.length ? { same } : {}),
    ...(any ? { made: shipper.ship() } : {}),
    ...(unread.length ? { unread } : {}),
  };
}

/** `interval(min=0)(default=1)`: a field with limits is a field with that default. */
const withoutLimits = (n: Node | undefined): Node | undefined =>
  n?.nodeType === 'Call' && (n.func as Node).nodeType === 'Call'
    ? { ...n, func: { nodeType: 'Name', id: 'field' } }
    : n;

/** The names under which `attribute_map` keeps attributes. */
function renames(R: Reader, cls: ClassAtom): Map<string, string> {
  const out = new Map<string, string>();
  const map = findInClass(R, cls, 'attribute_map')?.value[0]?.v;
  if (map?.k === 'dict')
    for (const e of map.entries) if (e.key.k === 'str' && e.v[0]?.v.k === 'str') out.set(e.key.s, e.v[0].v.s);
  return out;
}

/** Methods and properties. */
const methodsOf = (R: Reader, cls: ClassAtom): string[] =>
  [...new Set(cls.mro.flatMap((c) => [...(c.scope?.binders.keys() ?? [])]))]
    .filter(
      (name) =>
        !name.startsWith('_') &&
        ['func', 'classmethod', 'staticmethod', 'property'].includes(findInClass(R, cls, name)?.value[0]?.v.k ?? ''),
    )
    .sort();

/** Plain attributes of the class: what every object has without being given it. */
function constantsOf(R: Reader, cls: ClassAtom): { constants?: Readonly<Record<string, unknown>> } {
  const constants: Record<string, unknown> = {};
  for (const c of [...cls.mro].reverse())
    for (const s of c.scope?.body ?? []) {
      const target =
        s.nodeType === 'Assign'
          ? (s.targets as Node[])[0]
          : s.nodeType === 'AnnAssign' && isClassVar(s.annotation as Node)
            ? (s.target as Node)
            : undefined;
      const name = target?.id as string | undefined;
      if (!name || name.startsWith('_') || LARGE.test(name)) continue;
      const value = findInClass(R, cls, name)?.value;
      const plain = value && plainJson(value);
      if (plain) constants[name] = plain.value;
    }
  return Object.keys(constants).length ? { constants } : {};
}

/** Notes of places where something that the constructor does was left out. */
const LOST =
  /^going through|^all of|uncertain name|uncertain place|is set$|^item of|^unpacking|^sorting|^assignment|^statement|^expression|^dict\.update|^call with|deleted|delattr/;

/** Rotary embedding is not followed. */
const ROTARY = /rope|rotary/;

/** How a model is spread over devices: long, and nothing about attention. */
const LARGE = /^base_model_|^keys_to_ignore|^attribute_map$|^sub_configs$/;

const isClassVar = (n: Node): boolean => n.nodeType === 'Subscript' && (n.value as Node).id === 'ClassVar';

/** A value that is always the same and can be written as JSON. */
function plainJson(value: Value): { readonly value: unknown } | undefined {
  if (value.length !== 1) return undefined;
  const { v } = value[0]!;
  switch (v.k) {
    case 'none':
      return { value: null };
    case 'bool':
      return { value: v.b };
    case 'int':
      return { value: v.n };
    case 'float':
      return Number.isFinite(v.n) ? { value: v.n } : undefined;
    case 'str':
      return { value: v.s };
    case 'list':
    case 'tuple': {
      const items = v.k === 'list' ? v.items.map((i) => plainJson(i.v)) : v.items.map((i) => plainJson(i));
      return items.every((i) => i !== undefined) ? { value: items.map((i) => i.value) } : undefined;
    }
    case 'dict': {
      const entries = v.entries.map((e) => [e.key.k === 'str' ? e.key.s : undefined, plainJson(e.v)] as const);
      return !v.lazy && entries.every(([k, x]) => k !== undefined && x !== undefined)
        ? { value: Object.fromEntries(entries.map(([k, x]) => [k, x!.value])) }
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Of which kinds a key of a config.json can be: those that some class takes for it. */
export type KindsByName = (name: string) => readonly Kind[];

/** Names under which a configuration can hold another. */
const PART = /_config$|^(text_encoder|decoder|encoder|generator|_heterogeneity_spec)$/;
const PART_KINDS: readonly Kind[] = ['missing', 'none', 'dict'];

/** What the fields of these classes take, by name; a key that no class has may be anything. */
export function kindsOfClasses(R: Reader, classes: readonly ClassAtom[]): KindsByName {
  const found = new Map<string, Set<Kind>>();
  for (const cls of classes)
    for (const f of dataFields(R, cls)) {
      let own = found.get(f.name);
      if (!own) found.set(f.name, (own = new Set<Kind>(['missing', 'none'])));
      const kinds = kindsOf(f.node.annotation as Node);
      for (const k of kinds === '*' ? JSON_KINDS : [...kinds].flatMap((letter) => KIND_LETTERS[letter] ?? []))
        own.add(k);
    }
  const known = new Map([...found].map(([name, kinds]) => [name, JSON_KINDS.filter((k) => kinds.has(k))]));
  return (name) => known.get(name) ?? (PART.test(name) ? PART_KINDS : JSON_KINDS);
}

/** Makes dataclasses of a class and its bases up to the one that does so for whatever derives from it. */
export function markDataclasses(cls: ClassAtom): void {
  const base = cls.mro.findLast((c) => c.scope?.binders.has('__init_subclass__') && c.dataclass);
  if (base) for (const c of cls.mro) if (c.mro.includes(base)) c.dataclass ??= { frozen: false, pydantic: false };
}

/** The input of a field: what the config.json gives, else the default. */
function fieldInput(
  R: Reader,
  kindsByName: KindsByName,
  name: string,
  kinds: Kinds,
  fallback: Value | undefined,
): Value {
  const path = `cfg.${name}`;
  const domain = kindsByName(name);
  const whole = jsonValue(R, path, domain);
  const takes = new Set([...kinds].flatMap((k) => KIND_LETTERS[k] ?? []));
  const all = kinds.includes('*');
  const out = whole.flatMap((a, i) => {
    const kind = domain[i]!;
    if (kind === 'missing') return (fallback ?? one(UNBOUND)).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v }));
    if (kinds.includes('t') && kind === 'str') return dtypeText(R, path).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v }));
    return all || takes.has(kind) ? [a] : [];
  });
  return out;
}

/** The input of a key that is no field. */
function restInput(R: Reader, kindsByName: KindsByName, key: string): Value {
  if (key !== 'torch_dtype') return jsonValue(R, `cfg.${key}`, kindsByName(key));
  const kinds: readonly Kind[] = ['missing', 'none', 'str'];
  return jsonValue(R, `cfg.${key}`, kinds).flatMap((a, i) =>
    kinds[i] === 'str' ? dtypeText(R, `cfg.${key}`).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v })) : [a],
  );
}

/** The name of a dtype: one of finitely many texts. */
function dtypeText(R: Reader, path: string): Value {
  const options = dtypeOptions();
  const v = R.book.choice(
    `${path}.name`,
    options.map((o) => o.label),
  );
  return options.map((o, i) => ({ g: R.d.is(v, i), v: str(o.label) }));
}

/** The kinds that an annotation names. */
export function kindsOf(ann: Node): Kinds {
  const found = new Set<string>();
  const add = (n: Node): void => {
    switch (n.nodeType) {
      case 'Constant':
        if (n.value === null || n.value === undefined) found.add('n');
        else if (typeof n.value === 'string') found.add('*');
        return;
      case 'BinOp':
        add(n.left as Node);
        add(n.right as Node);
        return;
      case 'Subscript': {
        const head = ((n.value as Node).id ?? (n.value as Node).attr) as string;
        const args = (n.slice as Node).nodeType === 'Tuple' ? ((n.slice as Node).elts as Node[]) : [n.slice as Node];
        if (head === 'Optional') found.add('n');
        if (head === 'Optional' || head === 'Union') args.forEach(add);
        else if (/^(list|List|tuple|Tuple|Sequence|set)$/.test(head)) found.add('l');
        else if (/^(dict|Dict|Mapping)$/.test(head)) found.add('d');
        else if (head === 'Literal')
          for (const a of args)
            found.add(
              typeof a.value === 'string' ? 's' : typeof a.value === 'boolean' ? 'b' : a.value === null ? 'n' : 'i',
            );
        else found.add('*');
        return;
      }
      case 'Name':
      case 'Attribute':
        found.add(NAMES[(n.id ?? n.attr) as string] ?? ((n.attr as string) === 'dtype' ? 't' : 'd'));
        return;
      default:
        found.add('*');
    }
  };
  add(ann);
  if (found.has('*')) return '*';
  return [...found].sort().join('');
}

const NAMES: Readonly<Record<string, string>> = {
  int: 'i',
  bool: 'b',
  float: 'f',
  str: 's',
  list: 'l',
  tuple: 'l',
  Sequence: 'l',
  dict: 'd',
  None: 'n',
  Any: '*',
  object: '*',
  DtypeType: 't',
};

/** A value as a term: what the question gives stays what it gives, a torch dtype is its name. */
export function configTerm(R: Reader, value: Value): Term {
  const merged = new Map<string, [Cond, Term]>();
  for (const { g, v } of value) {
    const t = atomTerm(R, v);
    const key = JSON.stringify(t);
    const old = merged.get(key);
    merged.set(key, [old ? R.d.or(old[0], g) : g, t]);
  }
  const all = [...merged.values()];
  return all.length === 1 && all[0]![0] === YES ? all[0]![1] : { pick: all };
}

/** What a part of a configuration is made of: the dictionary at a path, by a class or by what the table says of a type. */
export interface ConfigPart {
  readonly path: string | undefined;
  readonly type: Value | undefined;
  readonly cls: Value | undefined;
}

const parts = new WeakMap<Atom, ConfigPart>();
/** Objects that are the configuration itself. */
const own = new WeakSet<Atom>();

/** Notes that a thing is a part of a configuration. */
export function partAtom(v: InstanceAtom, part: ConfigPart): InstanceAtom {
  parts.set(v, part);
  return v;
}

function partTerm(R: Reader, { path, type, cls }: ConfigPart): Term {
  return {
    record: {
      part: path === undefined ? null : { fact: path },
      ...(type ? { type: configTerm(R, type) } : {}),
      ...(cls ? { class: configTerm(R, cls) } : {}),
    },
  };
}

const plain = plainTerm();

function atomTerm(R: Reader, v: Atom): Term {
  if (own.has(v)) return { record: { self: true } };
  const part = parts.get(v);
  if (part)
    return v.k === 'instance' && v.attrs.size > 0
      ? { unread: 'a part of the configuration that is changed' }
      : partTerm(R, part);
  const path = pathOf(v);
  if (path !== undefined) return { fact: path };
  switch (v.k) {
    case 'unbound':
      return { missing: true };
    case 'num':
      return v.e.op === 'input' ? { fact: (v.e as { name: string }).name } : plain(v);
    case 'text': {
      const [only] = v.parts;
      return v.parts.length === 1 && only!.p === 'expr' && only!.e.op === 'input'
        ? { fact: (only!.e as { name: string }).name }
        : plain(v);
    }
    case 'outside':
      return v.constant && v.name.startsWith('torch.') ? v.name.slice(6) : plain(v);
    case 'list':
      return { list: v.items.map((i) => [i.g, configTerm(R, i.v)] as const) };
    case 'tuple':
      return { list: v.items.map((i) => [YES, configTerm(R, i)] as const) };
    case 'series':
      return { each: v.at, count: v.n, item: configTerm(R, v.item), ...(v.keep === YES ? {} : { keep: v.keep }) };
    case 'dict': {
      if (v.lazy) return { unread: `${v.lazy.path} with changes` };
      const entries = v.entries.map(
        (e) => [e.key.k === 'str' ? e.key.s : undefined, e.g === YES ? configTerm(R, e.v) : undefined] as const,
      );
      if (entries.some(([k, t]) => k === undefined || t === undefined))
        return { unread: 'a dictionary of uncertain keys' };
      return { record: Object.fromEntries(entries as [string, Term][]) };
    }
    default:
      return plain(v);
  }
}
