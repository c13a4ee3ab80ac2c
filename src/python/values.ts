/* oxlint-disable max-lines -- one part of the language, in one place */
/**
 * Python values as the reader sees them. A value is a union of alternatives: each holds under its condition, and no two
 * hold together. An alternative is one concrete thing, or a number or text that depends on inputs.
 */
import { exprKey, NO, YES } from '../rules/index.ts';
import type { Cond, Diagrams, Expr, Place } from '../rules/index.ts';
import type { Node } from './syntax.ts';

export interface Alternative {
  readonly g: Cond;
  readonly v: Atom;
}
/** Alternatives under conditions that exclude each other. Empty: this place is never reached. */
export type Value = readonly Alternative[];

/** An item of a list that is there only under a condition; `places` says which lines put it there. */
export interface Item {
  readonly g: Cond;
  readonly v: Value;
  readonly place?: Place;
  readonly because?: readonly Place[];
  /** It stands for any number of items, of which nobody knows anything. */
  readonly many?: true;
}

interface Base {
  readonly id: number;
}
export interface NoneAtom extends Base {
  readonly k: 'none';
}
export interface BoolAtom extends Base {
  readonly k: 'bool';
  readonly b: boolean;
}
export interface IntAtom extends Base {
  readonly k: 'int';
  readonly n: number;
}
export interface FloatAtom extends Base {
  readonly k: 'float';
  readonly n: number;
}
export interface StrAtom extends Base {
  readonly k: 'str';
  readonly s: string;
}
/** A number that depends on inputs. */
export interface NumAtom extends Base {
  readonly k: 'num';
  readonly e: Expr;
  readonly float: boolean;
}
/** A part of a text that depends on inputs. */
export type Part =
  | { readonly p: 'lit'; readonly s: string }
  | {
      readonly p: 'expr';
      readonly e: Expr;
      readonly float?: boolean;
      /** A whole number: digits and perhaps a sign. */ readonly int?: boolean;
      /** Texts that it is known not to be. */
      readonly not?: ReadonlySet<string>;
    }
  /** One of several texts. */
  | { readonly p: 'pick'; readonly of: readonly { readonly g: Cond; readonly parts: readonly Part[] }[] }
  /** The items that are present, joined; before them `head`: its first text for one item, else its second, `#` the number. */
  | {
      readonly p: 'join';
      readonly sep: string;
      readonly of: readonly { readonly g: Cond; readonly parts: readonly Part[] }[];
      readonly head?: readonly [string, string];
    }
  /** What stands in a join for as many parts as the items of a list make; `at` is the number of the item. */
  | {
      readonly p: 'each';
      readonly at: string;
      readonly n: Expr;
      readonly of: readonly { readonly g: Cond; readonly parts: readonly Part[] }[];
    };
export interface TextAtom extends Base {
  readonly k: 'text';
  readonly parts: readonly Part[];
  /** Texts that it is known not to be. */
  readonly not?: ReadonlySet<string>;
}
export interface TupleAtom extends Base {
  readonly k: 'tuple';
  readonly items: readonly Value[];
  /** The NamedTuple class, when it is one. */
  readonly cls?: ClassAtom;
}
export interface ListAtom extends Base {
  readonly k: 'list';
  items: Item[];
  version: number;
  /** Its last item, where that is known whatever its length is and as long as nothing in it was changed. */
  readonly last?: Value;
  /** A tuple whose length depends on conditions. */
  readonly fixed?: true;
  /** The keys of a dictionary, which are a set to operators. */
  readonly view?: true;
  /** What `iter` gave: each item is given once. */
  readonly iterator?: true;
  /** Of an iterator: somebody goes through it. */
  spent?: boolean;
}
export interface Entry {
  readonly key: Atom;
  g: Cond;
  v: Value;
}
export interface DictAtom extends Base {
  readonly k: 'dict';
  entries: Entry[];
  /** defaultdict's factory. */
  factory?: Atom;
  /** A dictionary of the question: what it holds at a key that was not asked for yet; `unbound` where the key is not there. */
  lazy?: LazyDict;
  version: number;
}
/** Where the entries of a dictionary of the question come from. */
export interface LazyDict {
  readonly path: string;
  readonly at: (key: string) => Value | undefined;
  /** The same at a key that is an input, where that can be said. */
  readonly named?: (input: string) => Value;
  /** The condition that it holds anything at all. */
  readonly some: () => Cond;
  /** Only there it is the question's, else it is empty. */
  readonly where?: Cond;
  /** The dictionary at another path, of the same kind. */
  readonly moved?: (path: string) => Atom;
  /** The same with one text in its keys replaced by another, where that can be said. */
  readonly renamed?: (from: string, to: string) => DictAtom | undefined;
  readonly asked: Set<string>;
  /** All its entries, a pair each: as many as the question gives. */
  readonly all?: () => SeriesAtom;
  /** The keys that whoever goes through it can know; any other key is none of `never` either. */
  readonly names?: readonly string[];
  readonly never?: ReadonlySet<string>;
  /** The dictionaries it was put together of, the later ones over the earlier; without it the one at `path`. */
  readonly over?: readonly { readonly g: Cond; readonly path: string }[];
}
/** A list whose length depends on inputs: what its item at the number `at` is, there under `keep`. */
export interface SeriesAtom extends Base {
  readonly k: 'series';
  readonly at: string;
  readonly n: Expr;
  readonly item: Value;
  readonly keep: Cond;
  /** A set: `many` may stand in it more than once. */
  readonly set?: 'once' | 'many';
  /** The name of a list of numbers that is worked out with the question. */
  readonly list?: string;
  /** The list of the question that stands where the names of its inputs are as `renamed` says. */
  readonly moved?: (renamed: (path: string) => string) => Atom;
}
export interface SetAtom extends Base {
  readonly k: 'set';
  items: Item[];
  version: number;
}
export interface FuncAtom extends Base {
  readonly k: 'func';
  readonly name: string;
  readonly qualname: string;
  readonly module: ModuleScope;
  readonly node: Node;
  readonly scope: Scope;
  readonly defaults: readonly (Value | undefined)[];
  readonly kwDefaults: readonly (Value | undefined)[];
  /** The class in whose body the function stands, for `super()`. */
  readonly owner?: ClassAtom | undefined;
  readonly isGenerator: boolean;
  /** functools.cache and its kin: what it logs, it logs once. */
  readonly cached?: boolean;
  /** contextlib.contextmanager: a call makes a context manager of the generator. */
  readonly manager?: boolean;
  attrs?: Map<string, Value>;
}
export interface NativeAtom extends Base {
  readonly k: 'native';
  readonly name: string;
  readonly call: NativeCall;
  /** It takes keyword arguments of which it depends on inputs whether they are given. */
  readonly takesRest?: boolean;
  /** A method: through an object it is called with that object first. */
  readonly method?: boolean;
}
export interface BoundAtom extends Base {
  readonly k: 'bound';
  readonly fn: Atom;
  readonly self: Atom;
}
export interface WrapAtom extends Base {
  readonly k: 'property' | 'classmethod' | 'staticmethod' | 'cachedproperty' | 'partial';
  readonly fn: Value;
  readonly args?: Args;
  /** The setter of a property. */
  readonly set?: Value;
}
export interface ClassAtom extends Base {
  readonly k: 'class';
  readonly name: string;
  qualname: string;
  modname: string;
  readonly bases: readonly ClassAtom[];
  mro: readonly ClassAtom[];
  /** Bases that are not ours to read (torch.nn.Module …); an attribute may come from them. */
  readonly foreign: readonly string[];
  /** All bases in their order, those that are not ours by their names; without it the bases are all there are. */
  readonly listed?: readonly (ClassAtom | string)[];
  readonly scope: ClassScope | undefined;
  readonly attrs: Map<string, Value>;
  readonly meta?: ClassAtom | undefined;
  readonly node?: Node | undefined;
  readonly module?: ModuleScope | undefined;
  /** Set by dataclass decorators. */
  dataclass?: { frozen: boolean; pydantic: boolean };
  enumMembers?: InstanceAtom[];
  version: number;
}
export interface InstanceAtom extends Base {
  readonly k: 'instance';
  readonly cls: ClassAtom;
  readonly attrs: Map<string, Value>;
  /** Enum member name. */
  readonly member?: string;
  /** Makes attributes that were never set, by name (records of the question); of a copy `self` is the copy. */
  readonly lazy?: (name: string, self?: InstanceAtom) => Value | undefined;
  /** Another name under which an attribute is kept. */
  readonly rename?: (name: string) => string;
  /** Dictionaries all of whose keys were set as attributes, whatever they are. */
  wild?: { readonly g: Cond; readonly from: DictAtom }[];
  /** It is the same object as `of` under `g`. */
  readonly twin?: { readonly of: InstanceAtom; readonly g: Cond };
  /** How Python prints it, where that is known apart from its class. */
  readonly printed?: Value;
  /** How Python names its type in messages, where that depends on the question. */
  readonly typeText?: Value;
  /** It is not known whether it has what is found lazily: `hasattr` is open. */
  readonly lazyOpen?: true;
  /** The made attributes come before those of the class. */
  readonly lazyFirst?: boolean;
  /** It stands for a class that `type()` made of such a one: the attributes that it was given. */
  readonly derived?: ReadonlyMap<string, Value>;
  /** The object of the question that stands where the names of its inputs are as `renamed` says. */
  readonly moved?: (renamed: (path: string) => string) => Atom;
  /** Its attribute of a name that is a text of the question. */
  readonly attributeNamedBy?: (name: TextAtom) => Value | undefined;
  /** Of a context manager made of a generator: the generator's function, and what it is called with. */
  readonly generator?: { readonly fn: FuncAtom; readonly args: Args };
  /** Told of every attribute that is set: what it holds then, and where it is set. */
  onSet?: (name: string, value: Value, place: Place) => void;
  /** Its class is known only in part: the condition that it is of `cls`. */
  readonly isA?: (cls: ClassAtom | OutsideAtom) => Cond;
  version: number;
}
export interface ModuleAtom extends Base {
  readonly k: 'module';
  readonly scope: ModuleScope;
  version: number;
}
/** Something of a package that is not in the tree, by its dotted name. */
export interface OutsideAtom extends Base {
  readonly k: 'outside';
  readonly name: string;
  /** Known to be a distinct constant (a torch dtype, say): comparable, printable. */
  readonly constant: boolean;
  /** What is known of its attributes. */
  readonly known?: ReadonlyMap<string, Value>;
}
export interface SuperAtom extends Base {
  readonly k: 'super';
  readonly after: ClassAtom;
  readonly self: Atom;
}
export interface SliceAtom extends Base {
  readonly k: 'slice';
  readonly parts: readonly [Value | undefined, Value | undefined, Value | undefined];
}
export interface OpaqueAtom extends Base {
  readonly k: 'opaque';
  readonly why: string;
  readonly place: Place;
  /** What it rests on is a thing outside the tree: no reading of the tree would say more. */
  readonly outside?: true;
  /** What is known of it all the same: attributes by name. */
  readonly known?: ReadonlyMap<string, Value>;
  /** Of a dictionary: what is known of what it holds, kept as of a thing that may be changed, and the same thing without that. */
  readonly sized?: { readonly kept: InstanceAtom; readonly plain: OpaqueAtom };
  /** The class of which it is the constructor, where that class has none of its own. */
  readonly makes?: ClassAtom;
  /** The condition under which it is known to be a class that is derived from another. */
  readonly derives?: (of: ClassAtom) => Cond;
}
/** Under this name what is kept of a dictionary holds its keys and values. */
export const PAIRS = 'pairs';

export interface UnboundAtom extends Base {
  readonly k: 'unbound';
}

export type Atom =
  | NoneAtom
  | BoolAtom
  | IntAtom
  | FloatAtom
  | StrAtom
  | NumAtom
  | TextAtom
  | TupleAtom
  | ListAtom
  | DictAtom
  | SeriesAtom
  | SetAtom
  | FuncAtom
  | NativeAtom
  | BoundAtom
  | WrapAtom
  | ClassAtom
  | InstanceAtom
  | ModuleAtom
  | OutsideAtom
  | SuperAtom
  | SliceAtom
  | OpaqueAtom
  | UnboundAtom;

/** Arguments of a call; `stars` and `kwstars` have been unpacked into these already. */
export interface Args {
  readonly pos: readonly Value[];
  readonly kw: ReadonlyMap<string, Value>;
  /** They were read from JSON: who validates them says so in the words for JSON. Of those of a flag it was said which keys there are not. */
  readonly json?: 'flag' | 'inside';
  /** Further keyword arguments, of which it depends on inputs whether they are given: what `**` unpacked. */
  readonly rest?: DictAtom;
}
export interface CallSite {
  readonly live: Cond;
  readonly place: Place;
}
export type NativeCall = (args: Args, at: CallSite) => Value;

/** Where a function looks up its free names. */
export interface Scope {
  readonly vars: Map<string, Value>;
  readonly outer: Scope | undefined;
  readonly module: ModuleScope;
  /** A class body: its names are not visible to functions inside it. */
  readonly isClass?: boolean;
  /** Names declared `global` here. */
  globals?: Set<string>;
  nonlocals?: Set<string>;
}
/** A module whose top-level names are evaluated when first asked for. */
export interface ModuleScope extends Scope {
  readonly name: string;
  readonly path: string;
  readonly isPackage: boolean;
  readonly lines: readonly string[];
  readonly body: readonly Node[];
  /** Statements that bind or change each name, in source order. */
  readonly binders: ReadonlyMap<string, readonly number[]>;
  /** Statements already executed. */
  readonly done: Set<string>;
  /** Names of which all statements are executed, or are being so. */
  readonly settled: Set<string>;
  readonly atom: ModuleAtom;
  /** Names that functions of the module declare `global`, or that were set from outside it: they change while it runs. */
  readonly changing: Set<string>;
}
/** The body of a class, evaluated name by name like a module. */
export interface ClassScope extends Scope {
  readonly body: readonly Node[];
  readonly binders: ReadonlyMap<string, readonly number[]>;
  readonly done: Set<string>;
}

let nextId = 1;
/** A number for a new atom; also the time at which it was made. */
export const fresh = (): number => nextId++;

let nextOld = 0;
/** A number for a thing that was there before everything that is read, however late it is asked for. */
export const ancient = (): number => --nextOld;

/** An object that was there before everything that is read. */
export const oldInstance = (cls: ClassAtom): InstanceAtom => ({
  id: ancient(),
  k: 'instance',
  cls,
  attrs: new Map(),
  version: 0,
});

export const NONE: NoneAtom = { id: fresh(), k: 'none' };
export const TRUE: BoolAtom = { id: fresh(), k: 'bool', b: true };
export const FALSE: BoolAtom = { id: fresh(), k: 'bool', b: false };
export const UNBOUND: UnboundAtom = { id: fresh(), k: 'unbound' };

const nums = new Map<string, NumAtom>();
const ints = new Map<number, IntAtom>();
const floats = new Map<number, FloatAtom>();
const strs = new Map<string, StrAtom>();
const texts = new Map<string, TextAtom>();
const outsides = new Map<string, OutsideAtom>();

function intern<K, A>(pool: Map<K, A>, key: K, make: () => A): A {
  let atom = pool.get(key);
  if (atom === undefined) pool.set(key, (atom = make()));
  return atom;
}

export const int = (n: number): IntAtom => intern(ints, n, () => ({ id: fresh(), k: 'int', n }));
export const float = (n: number): FloatAtom => intern(floats, n, () => ({ id: fresh(), k: 'float', n }));
export const str = (s: string): StrAtom => intern(strs, s, () => ({ id: fresh(), k: 'str', s }));
export const num = (e: Expr, float = false): NumAtom =>
  intern(nums, `${float ? 'f' : ''}${exprKey(e)}`, () => ({ id: fresh(), k: 'num', e, float }));
export const text = (parts: readonly Part[]): TextAtom => {
  const [only] = parts;
  const make = (): TextAtom => ({ id: fresh(), k: 'text', parts });
  return parts.length === 1 && only!.p === 'expr'
    ? intern(texts, `${only!.float ? 'f' : ''}${only!.int ? 'i' : ''}${exprKey(only!.e)}`, make)
    : make();
};
export const bool = (b: boolean): BoolAtom => (b ? TRUE : FALSE);
/** A name of a package outside the tree. `constant`: its identity and its printed form are known. */
export const outside = (name: string, constant = false): OutsideAtom =>
  intern(outsides, `${constant ? '!' : ''}${name}`, () => ({ id: fresh(), k: 'outside', name, constant }));
/** A thing of a package outside of which some attributes are known: each is a thing of its own. */
export const knownOutside = (name: string, known: ReadonlyMap<string, Value>): OutsideAtom => ({
  id: fresh(),
  k: 'outside',
  name,
  constant: false,
  known,
});
export const tuple = (items: readonly Value[], cls?: ClassAtom): TupleAtom =>
  cls ? { id: fresh(), k: 'tuple', items, cls } : { id: fresh(), k: 'tuple', items };
export const list = (items: Item[]): ListAtom => ({ id: fresh(), k: 'list', items, version: 0 });
export const set = (items: Item[]): SetAtom => ({ id: fresh(), k: 'set', items, version: 0 });
export const dict = (entries: Entry[]): DictAtom => ({ id: fresh(), k: 'dict', entries, version: 0 });
/** For dictionaries whose keys are not all known: a key that stands for all those that were not asked for. */
const anyKeys = new WeakMap<DictAtom, OutsideAtom>();
const dictOfKey = new WeakMap<Atom, DictAtom>();

/** The key of a dictionary that stands for all keys nobody asked for. */
export function anyKey(d: DictAtom): OutsideAtom {
  let key = anyKeys.get(d);
  if (!key) {
    key = { id: fresh(), k: 'outside', name: `any key of ${d.lazy?.path ?? ''}`, constant: true };
    anyKeys.set(d, key);
    dictOfKey.set(key, d);
  }
  return key;
}

/** The dictionary of whose keys this one stands for the unknown ones. */
export const dictOfAnyKey = (v: Atom): DictAtom | undefined => dictOfKey.get(v);

export const series = (at: string, n: Expr, item: Value, keep: Cond = YES): SeriesAtom => ({
  id: fresh(),
  k: 'series',
  at,
  n,
  item,
  keep,
});
export const native = (name: string, call: NativeCall): NativeAtom => ({ id: fresh(), k: 'native', name, call });
/** Something that was not read; `of` is what it would be read from. */
export const opaque = (why: string, place: Place, of?: Atom): OpaqueAtom =>
  of && isBeyond(of)
    ? { id: fresh(), k: 'opaque', why, place, outside: true }
    : { id: fresh(), k: 'opaque', why, place };

/** Is it a thing outside the tree, or what was not read because of one? */
export const isBeyond = (v: Atom): boolean => v.k === 'outside' || (v.k === 'opaque' && v.outside === true);

/** The value that is always this atom. */
export const one = (v: Atom): Value => [{ g: YES, v }];
export const NONE_VALUE: Value = one(NONE);

/** The boolean that is True exactly under `c`. */
export function boolean(d: Diagrams, c: Cond): Value {
  if (c === YES) return one(TRUE);
  if (c === NO) return one(FALSE);
  return [
    { g: c, v: TRUE },
    { g: d.not(c), v: FALSE },
  ];
}

/** Joins alternatives: equal atoms are merged, impossible ones dropped. */
export function union(
  d: Diagrams,
  alternatives: Iterable<Alternative>,
  merged?: (out: Guarded[], at: number) => void,
): Value {
  const out: Guarded[] = [];
  const at = new Map<number | string, number>();
  for (const { g, v } of alternatives) {
    if (g === NO) continue;
    // nobody can tell apart what was not read for one reason, and of which nothing is known
    const key = v.k === 'opaque' && !v.sized ? `${v.outside ? 'outside ' : ''}${v.place} ${v.why}` : v.id;
    const i = at.get(key);
    if (i === undefined) {
      at.set(key, out.length);
      out.push({ g, v });
    } else {
      out[i] = { g: d.or(out[i]!.g, g), v };
      merged?.(out, i);
    }
  }
  return out;
}

interface Guarded {
  g: Cond;
  readonly v: Atom;
}

/** What a value can be under `live`: impossible alternatives go, and conditions lose what `live` already says. */
export function restrict(d: Diagrams, value: Value, live: Cond): Value {
  if (live === YES || value.length === 0) return value;
  if (value.length === 1 && value[0]!.g === YES) return value;
  const out: Alternative[] = [];
  for (const alt of value) {
    const c = d.and(alt.g, live);
    if (c === NO) continue;
    if (c === live) return [{ g: YES, v: alt.v }];
    out.push({ g: d.simplify(alt.g, live), v: alt.v });
  }
  return out;
}

/** `value` under `c`, and `other` elsewhere. */
export function choose(d: Diagrams, c: Cond, value: Value, other: Value): Value {
  if (c === YES) return value;
  if (c === NO) return other;
  const no = d.not(c);
  return union(d, [
    ...value.map((a) => ({ g: d.and(a.g, c), v: a.v })),
    ...other.map((a) => ({ g: d.and(a.g, no), v: a.v })),
  ]);
}

/** A text that equals another exactly when the values are the same for the purpose of remembering results. */
export function valueKey(value: Value): string {
  return value.map((a) => (a.g === YES ? atomKey(a.v) : `${a.g}?${atomKey(a.v)}`)).join('|');
}

function atomKey(v: Atom): string {
  switch (v.k) {
    case 'tuple':
      return `(${v.cls?.id ?? ''}:${v.items.map(valueKey).join(',')})`;
    case 'bound':
      return `b${atomKey(v.fn)}.${atomKey(v.self)}`;
    default:
      return String(v.id);
  }
}

/** The name of the type of a thing, as Python prints it. */
export function typeName(v: Atom): string {
  switch (v.k) {
    case 'none':
      return 'NoneType';
    case 'num':
      return v.float ? 'float' : 'int';
    case 'text':
      return 'str';
    case 'instance':
      return v.cls.name;
    case 'class':
      return v.meta?.name ?? 'type';
    case 'func':
    case 'native':
      return 'function';
    case 'tuple':
      return v.cls?.name ?? 'tuple';
    case 'list':
      return v.fixed ? 'tuple' : 'list';
    case 'series':
      return v.set ? 'set' : 'list';
    default:
      return v.k;
  }
}
