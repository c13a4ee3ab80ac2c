/* oxlint-disable max-lines -- how one class is read, from its fields to its rules */
/**
 * How a configuration class of transformers (or one that derives from its base) makes an object of a config.json: which
 * attributes it has, their defaults, and what its constructor makes of them. The keys of the config.json are the inputs
 * `cfg.<key>`; a key that is not there is told from one that is null.
 */
import {
  choose,
  copyDict,
  dataFields,
  deepCopy,
  dict,
  dictGet,
  entryFrame,
  fieldDefault,
  findInClass,
  flatten,
  kindInput,
  native,
  newInstance,
  NONE_VALUE,
  one,
  opaque,
  partsOf,
  restrict,
  setAttr,
  str,
  under,
  valueKey,
  wildAttr,
} from '../python/index.ts';
import type { Atom, ClassAtom, DictAtom, Event, Frame, InstanceAtom, Node, Reader, Value } from '../python/index.ts';
import { createShipper, NO, YES } from '../rules/index.ts';
import type { Book, Cond, Kind, RuleSet, Shipper, Term } from '../rules/index.ts';
import { ABSENT, fieldInput, restInput } from './configkeys.ts';
import { BASE, BASE_MODULE } from './configpart.ts';
import type { KindsByName } from './configkeys.ts';
import { leaveOut } from './apart.ts';
import { formDicts, forgetJson, jsonList, jsonValue, placeAndKind } from './json.ts';
import { DIFFERING, GIVEN, PER_LAYER } from './perlayer.ts';
import { createRotary, layerType, nestedIn, nestedKeys, ROTARY } from './rotary.ts';
import { kindsOf, typeOf } from './kinds.ts';
import type { FieldType, Kinds } from './kinds.ts';
import { configTerm, forgetParts, isWhole, partTerms, saidUnder } from './configterms.ts';
import { namedTerm, textTerm } from './terms.ts';

/** One configuration class as it is kept. */
export interface ConfigClass {
  readonly class: string;
  /** The classes that it derives from, up to the one that all do, each as `package/name`. */
  readonly derives?: readonly string[];
  /** By name: what a field takes, and its default where it has a plain one. */
  readonly fields: Readonly<Record<string, readonly [Kinds, unknown?]>>;
  /** By name, what a field takes where the kinds alone do not say it. */
  readonly types?: Readonly<Record<string, FieldType>>;
  /** Names under which an attribute is kept. */
  readonly map?: Readonly<Record<string, string>>;
  /** Attributes of the class itself. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** The terms, its own and those of its base, that say when its constructor raises. */
  readonly raises?: readonly string[];
  /** Keys that are read as if they were never given. */
  readonly absent?: readonly string[];
  /** Fields that take no number below or above these: what becomes of one was not read. */
  readonly limits?: Readonly<Record<string, Limits>>;
  /** Places of the config.json, by their paths, with kinds of values of which it was not read what becomes of them. */
  readonly apart?: Readonly<Record<string, readonly Kind[]>>;
  /** Keys of the config.json that become no attribute. */
  readonly dropped?: readonly string[];
  /** Names of methods and properties. */
  readonly methods?: readonly string[];
  /** Properties that say what another attribute is; what goes by its own name is none, whatever the base says. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Of what only some classes are read for, that which this one is. */
  readonly nested?: readonly string[];
  /** Attributes that stay as they were given, though the base makes something of them. */
  readonly same?: readonly string[];
  /** Attributes that the constructor makes, by name; `refused.<n>` says what it raises. */
  readonly made?: RuleSet;
  /** What a method makes of the finished object, whose attributes are the inputs `self.<name>`. */
  readonly calls?: Readonly<Record<string, RuleSet>>;
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
  /** What `made` says, to compare. */
  readonly values: ReadonlyMap<string, Value>;
  /** When its constructor raises. */
  readonly refused: ReadonlyMap<string, string>;
  /** The modules from which it has the methods that are called on the finished object. */
  readonly owners: ReadonlyMap<string, unknown>;
  /** What could not be read of it. */
  readonly noted: ReadonlySet<string>;
}

export function createClassReader(R: Reader, book: Book, kindsByName: KindsByName): ClassReader {
  let base: Said | undefined;
  return {
    base(cls) {
      base = readClass(R, book, cls, kindsByName, undefined);
      const { values: _values, refused: _refused, owners: _owners, noted: _noted, ...rest } = base;
      return rest;
    },
    read(cls) {
      const {
        values: _values,
        refused: _refused,
        owners: _owners,
        noted: _noted,
        ...rest
      } = readApart(R, book, cls, kindsByName, base);
      return rest;
    },
  };
}

/** So often a class is read again without what could not be gone through. */
const MOST_APART = 4;
/** A key of the config.json, or what stands inside it. */
const INSIDE = /^cfg(?:\.(?:[A-Za-z_]\w*|@[^.]*))+$/;

/** Reads a class; where values of a kind cannot be gone through, apart from these, if it is read then. */
function readApart(R: Reader, book: Book, cls: ClassAtom, kindsByName: KindsByName, base: Said | undefined): Said {
  const apart = new Map<string, Set<Kind>>();
  const put = (path: string, kind: Kind): void => void apart.set(path, (apart.get(path) ?? new Set<Kind>()).add(kind));
  const read = (): Said => {
    R.stuck = new Set();
    R.notedAt = new Map();
    leaveOut(R, apart);
    return readClass(R, book, cls, kindsByName, base);
  };
  const first = read();
  let said = first;
  for (let again = 0; said.unread && again < MOST_APART; again++) {
    const before = [...apart.values()].reduce((n, kinds) => n + kinds.size, 0);
    for (const v of R.stuck ?? []) {
      const [path, kind] = placeAndKind(v) ?? ['', 'none'];
      if (INSIDE.test(path)) put(path, kind);
    }
    const size = (): number => [...apart.values()].reduce((n, kinds) => n + kinds.size, 0);
    if (size() === before)
      for (const [path, kinds] of leadingTo(R, said.unread)) for (const kind of kinds) put(path, kind);
    if (size() === before) break;
    // what was read before would say nothing again of what it left out
    R.memo.clear();
    said = read();
  }
  delete R.stuck;
  delete R.notedAt;
  leaveOut(R, new Map());
  if (said.unread || apart.size === 0) return first;
  const left = [...apart].map(([path, kinds]) => [path, [...kinds].sort()] as const);
  return { ...said, apart: Object.fromEntries(left.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/**
 * Kinds of values of one key of the config.json, of which it always has one where something was left out; of several such keys the one
 * with the fewest of its kinds. None where no key is like that.
 */
function leadingTo(R: Reader, unread: readonly string[]): readonly (readonly [path: string, kinds: readonly Kind[]])[] {
  const where = [...(R.notedAt ?? [])].flatMap(([key, g]) => {
    const note = R.notes.get(key);
    return note && unread.includes(lostText(note)) ? [g] : [];
  });
  const any = where.reduce<Cond>((c, g) => R.d.or(c, g), NO);
  const found = R.d.support(any).flatMap((v) => {
    const meaning = R.book.meanings[v]!;
    if (meaning.kind !== 'kinds' || !/^cfg\.[A-Za-z]\w*$/.test(meaning.input)) return [];
    const kinds = meaning.kinds.filter((_, i) => !R.d.disjoint(any, R.d.is(v, i)));
    return kinds.length < meaning.kinds.length ? [[meaning.input, kinds] as const] : [];
  });
  return found.toSorted(([, a], [, b]) => a.length - b.length).slice(0, 1);
}

const lostText = ({ what, place }: { readonly what: string; readonly place: string }): string => `${what} (${place})`;

/** A class whose constructor is not followed. */
export const fieldsOnly = (R: Reader, cls: ClassAtom, why: string): ConfigClass => ({
  ...declared(R, cls),
  unread: [why],
});

/** What a class declares: its fields, the other names of attributes, its constants. */
function declared(R: Reader, cls: ClassAtom): ConfigClass {
  const frame = entryFrame(R, cls.module!.name);
  const fields: Record<string, readonly [Kinds, unknown?]> = {};
  const types: Record<string, FieldType> = {};
  const limits: Record<string, Limits> = {};
  for (const f of dataFields(R, cls)) {
    const within = limitsOf(f.value);
    if (within) limits[f.name] = within;
    const named = kindsOf(f.node.annotation as Node);
    const kinds = isChecked(f.owner) ? named : named.includes('t') ? '*t' : '*';
    const type = isChecked(f.owner) ? typeOf(f.node.annotation as Node) : undefined;
    if (type) types[f.name] = type;
    const fallback = defaultOf(R, frame, f);
    const plain = fallback && plainJson(fallback);
    fields[f.name] = plain === undefined ? [kinds] : [kinds, plain.value];
  }
  const map = renames(R, cls);
  const methods = methodsOf(R, cls);
  return {
    class: cls.name,
    derives: derivesFrom(cls),
    fields,
    ...(Object.keys(types).length ? { types } : {}),
    ...(Object.keys(limits).length ? { limits } : {}),
    ...constantsOf(R, cls),
    ...(map.size ? { map: Object.fromEntries(map) } : {}),
    ...(methods.length ? { methods } : {}),
  };
}

/** The classes behind a class, as `is.<package>/<name>` asks for them; the one that all derive from is said nowhere. */
const derivesFrom = (cls: ClassAtom): readonly string[] => {
  const end = cls.mro.findIndex((c) => c.name === BASE && c.modname === BASE_MODULE);
  return cls.mro.slice(1, Math.max(end, 1)).map((c) => `${c.modname.split('.')[0]}/${c.name}`);
};

/** Whether values are checked against annotations: not where these stay texts. */
const isChecked = (cls: ClassAtom): boolean =>
  !cls.scope?.module.body.some(
    (s) =>
      s.nodeType === 'ImportFrom' &&
      s.module === '__future__' &&
      (s.names as Node[]).some((n) => n.name === 'annotations'),
  );

type Field = ReturnType<typeof dataFields>[number];
const defaultOf = (R: Reader, frame: Frame, f: Field): Value | undefined =>
  fieldDefault(R, frame, { ...f, value: withoutLimits(f.value) });

// oxlint-disable-next-line max-lines-per-function -- one step after the other, as a constructor takes them
function readClass(R: Reader, book: Book, cls: ClassAtom, kindsByName: KindsByName, base: Said | undefined): Said {
  const before = notesOf(R, base);
  forgetJson(R);
  forgetParts(R);
  markParts(R, cls);
  formLists(R, cls, 'cfg');
  const said = declared(R, cls);
  const without = withoutBase(said, base);
  const frame = entryFrame(R, cls.module!.name);
  const self = newInstance(cls);
  const map = renames(R, cls);
  if (map.size) (self as { rename?: (name: string) => string }).rename = (name) => map.get(name) ?? name;
  const isOwn = hasConstructor(cls);
  const given = new Map<string, Value>();
  // a value that the class does not take is refused: it is not asked what would become of it
  let valid: Cond = YES;
  const fields = dataFields(R, isOwn ? behind(cls) : cls);
  for (const f of fields) {
    const [kinds] = said.fields[f.name] ?? ['*'];
    const value = fieldInput(R, kindsByName, f.name, kinds, defaultOf(R, frame, f));
    valid = R.d.and(
      valid,
      value.reduce<Cond>((c, a) => R.d.or(c, a.g), NO),
    );
    const at = map.get(f.name) ?? f.name;
    if (!isOwn) setAttr(R, frame, one(self), f.name, value);
    given.set(at, self.attrs.get(at) ?? value);
  }
  const names = new Set(isOwn ? [] : fields.map((f) => f.name));
  const rest: DictAtom = dict([]);
  rest.lazy = {
    path: 'cfg',
    asked: new Set(),
    // a config.json says at least of which type it is
    some: () => YES,
    never: names,
    at: (key) => (names.has(key) ? undefined : restInput(R, kindsByName, key)),
  };
  const begin = isOwn ? '__init__' : '__post_init__';
  if (findInClass(R, cls, begin)) R.call(frame, R.getAttr(frame, one(self), begin), { pos: [], kw: new Map(), rest });
  const checks = new Map<string, readonly Event[]>([['', frame.trace]]);
  for (const name of validatorsOf(R, cls)) {
    if (CALLS.includes(name)) continue;
    frame.trace = [];
    R.call(frame, R.getAttr(frame, one(cls), name), { pos: [one(self)], kw: new Map() });
    checks.set(name, frame.trace);
  }
  const unread = lostSince(R, before);
  // where it is refused there is no object at all
  const refused = [...checks].flatMap(([name, trace]) => refusals(R, frame, trace, valid, name || undefined));
  refused.push(...writing(R, self, valid, frame.live));
  const made = ship(R, book, { frame, self, given, unread, kindsByName, valid, base, refused });
  const calls = callsOf(R, book, cls, kindsByName, base);
  const owners = new Map(CALLS.map((name) => [name, findInClass(R, cls, name)?.owner.module]));
  const noted = new Set(lostSince(R, before).length ? R.notes.keys() : []);
  return { ...without, ...made, owners, noted, ...(Object.keys(calls).length ? { calls } : {}) };
}

/** The class that all configuration classes derive from, of one of them. */
const baseOf = (cls: ClassAtom): ClassAtom | undefined =>
  cls.mro.find((c) => c.name === BASE && c.modname === BASE_MODULE);

/** The first class behind those that say their constructor. */
const behind = ({ mro }: ClassAtom): ClassAtom => mro.find((c) => !saysConstructor(c))!;

const saysConstructor = (cls: ClassAtom): boolean => cls.scope?.binders.has('__init__') === true;

/**
 * Whether a class has a constructor that it says itself: one that says none gets that of a dataclass, whatever those behind it say.
 * Throws where such a class stands between two that say theirs: what the first calls then is not read.
 */
function hasConstructor(cls: ClassAtom): boolean {
  const own = cls.mro.slice(0, cls.mro.indexOf(baseOf(cls) ?? cls)).map((c) => saysConstructor(c));
  if (own[0] !== true) return false;
  if (own.lastIndexOf(true) > own.indexOf(false) && own.includes(false))
    throw new RangeError(
      `a class behind ${cls.name} gets the constructor of a dataclass, and one behind that says its own`,
    );
  return true;
}

/**
 * The constructor that the class which all derive from gives those that have none: the fields of the first class behind the last
 * constructor are set, and what is left is for `__post_init__`. Mirrors what transformers wraps around a dataclass's own.
 */
export function baseConstructor(R: Reader): Value {
  const init = native('__init__', ({ pos, kw, rest }) => {
    const frame = R.frame!;
    for (const { g, v } of pos[0] ?? []) {
      if (v.k !== 'instance') continue;
      const fields = dataFields(R, behind(v.cls));
      const left = rest ? copyDict(rest) : dict([]);
      const more = new Map(kw);
      under(R, frame, g, () => {
        for (const f of fields) {
          const named = more.get(f.name);
          more.delete(f.name);
          const { found, missing } = named ? { found: named, missing: NO } : dictGet(R, frame, left, one(str(f.name)));
          left.entries = left.entries.filter((e) => e.key !== str(f.name));
          left.version++;
          const value = missing === NO ? found : choose(R.d, missing, defaultOf(R, frame, f) ?? [], found);
          setAttr(R, frame, one(v), f.name, value);
        }
        const post = R.getAttr(frame, one(v), '__post_init__');
        R.call(frame, post, { pos: [], kw: more, ...(rest ? { rest: left } : {}) });
      });
    }
    return NONE_VALUE;
  });
  return one({ ...init, method: true, takesRest: true });
}

/** Something that is raised, when, and what it says; what has the same key is the same. */
export interface Refusal {
  readonly g: Cond;
  readonly key: string;
  /** `raise`, its class; `text`; `at`, its place; `check`, the method that checks the finished object, where that tells of it. */
  readonly term: Term;
}

/** What is raised of a value that is of another kind than is wanted. */
const KIND_ERRORS: ReadonlySet<string> = new Set(['AttributeError', 'TypeError']);

/** What is raised where `trace` is on the way, each once; `check` names the method that checks the object. */
function refusals(R: Reader, frame: Frame, trace: readonly Event[], valid: Cond, check?: string): Refusal[] {
  const found = new Map<string, Refusal>();
  for (const e of flatten(R, trace)) {
    if (e.kind !== 'raise') continue;
    // huggingface_hub's `strict` catches these two, and tells by which check they were raised
    const isCaught =
      check !== undefined && e.exc.cls.mro.some(({ name }) => name === 'ValueError' || name === 'TypeError');
    const parts = partsOf(R, frame, one(e.exc), false);
    // it is another thing what a value of a kind cannot do: that says of which kind it is
    const isPlain = KIND_ERRORS.has(e.exc.cls.name) && parts.every(({ p }) => p === 'lit');
    const says = {
      raise: e.exc.cls.name,
      // a key that is not there is told where it is looked for: that may be a place that was read only roughly
      text: e.explicit || isPlain ? textTerm(parts) : { unread: e.place },
      at: e.place,
      ...(isCaught ? { check } : {}),
    };
    const key = JSON.stringify(says);
    found.set(key, { g: R.d.or(found.get(key)?.g ?? NO, e.g), key, term: { record: says } });
  }
  return [...found.values()].map((one) => ({ ...one, g: R.d.simplify(one.g, valid) })).filter(({ g }) => g !== NO);
}

/** The method that writes the finished object as JSON: who loads one puts it into a line of the log. */
const WRITES = 'to_dict';

/**
 * What is raised where the finished object is written, as far as that rests on what the config.json gives. How its attributes are
 * gone through is not read: what is raised for that alone is left out, and taken not to have happened before the rest.
 */
function writing(R: Reader, self: InstanceAtom, valid: Cond, live: Cond): Refusal[] {
  if (!findInClass(R, self.cls, WRITES)) return [];
  const frame = entryFrame(R, BASE_MODULE);
  frame.live = live;
  // what is asked for here is none that the constructor asks for
  const asked = (self.wild ?? []).map(({ from }) => [from.lazy!.asked, new Set(from.lazy!.asked)] as const);
  const written = deepCopy(one(self));
  R.call(frame, R.getAttr(frame, written, WRITES), { pos: [], kw: new Map() });
  for (const [now, before] of asked) for (const key of now) if (!before.has(key)) now.delete(key);
  return toldRefusals(R, frame, valid);
}

/** What is raised on the way of a frame as far as it rests on nothing that was not read. */
export function toldRefusals(R: Reader, frame: Frame, valid: Cond): Refusal[] {
  let rough: Cond = NO;
  return refusals(R, frame, frame.trace, valid).flatMap((one) => {
    const g = R.d.simplify(one.g, R.d.not(rough));
    if (!isRough(R, g)) return [{ ...one, g }];
    rough = R.d.or(rough, g);
    return [];
  });
}

/** Does a condition rest on something that was not read? */
const isRough = (R: Reader, c: Cond): boolean =>
  R.d.support(c).some((v) => {
    const m = R.book.meanings[v]!;
    if (m.kind === 'definition') return m.cases.some((one) => isRough(R, one));
    return m.kind === 'exists' ? isRough(R, m.body) : m.kind === 'opaque';
  });

/** Methods that are called on the finished object: what they make of it is read by itself, for any object. */
const CALLS = ['validate_rope', 'standardize_rope_params'];

/** What these methods take from the class. A constructor adds keys to be ignored, never those that a check asks for. */
const CLASS_KEPT = ['default_theta', 'default_rope_type', 'ignore_keys_at_rope_validation'];

/** What such methods make of an object, where a class does not leave them to its base. */
function callsOf(
  R: Reader,
  book: Book,
  cls: ClassAtom,
  kindsByName: KindsByName,
  base: Said | undefined,
): Readonly<Record<string, RuleSet>> {
  const nested = nestedIn(R, cls).length > 0;
  // what the methods take from the class itself is another thing in a class that says something else
  const changed = cls.mro.some(
    (c) => c.module?.name !== ROTARY && CLASS_KEPT.some((name) => c.scope?.binders.has(name)),
  );
  const own = CALLS.filter((name) => {
    const owner = findInClass(R, cls, name)?.owner;
    return owner && (!base || nested || changed || owner.module !== base.owners.get(name));
  });
  return Object.fromEntries(own.map((name) => [name, callRules(R, book, cls, kindsByName, name, base)]));
}

/** Of what kinds that is of which it counts alone whether it is there. */
const THERE_OR_NOT: readonly Kind[] = ['missing', 'dict'];

/** Rules of one method: `<attribute>` for what it changes, `refused` for whether it raises. */
function callRules(
  R: Reader,
  book: Book,
  cls: ClassAtom,
  kindsByName: KindsByName,
  name: string,
  base: Said | undefined,
): RuleSet {
  const before = notesOf(R, base);
  forgetJson(R);
  forgetParts(R);
  formLists(R, cls, 'self');
  const self: InstanceAtom = {
    ...newInstance(cls),
    lazy: (key) =>
      key.startsWith('__') || isMethod(R, cls, key)
        ? undefined
        : jsonValue(R, `self.${key}`, key === DIFFERING ? THERE_OR_NOT : kindsByName(key)),
  };
  const frame = entryFrame(R, cls.module!.name);
  R.call(frame, R.getAttr(frame, one(self), name), { pos: [], kw: new Map() });
  const shipper = createShipper(book);
  const [lost] = lostSince(R, before);
  const refused = refusals(R, frame, frame.trace, YES, name.startsWith(CHECK) ? name : undefined);
  const raised = refused.reduce<Cond>((c, { g }) => R.d.or(c, g), NO);
  const term = (make: () => Term): Term => (lost === undefined ? make() : { unread: lost });
  shipper.add(
    'refused',
    term(() => ({ list: refused.map(({ g, term: says }) => [g, says] as const) })),
  );
  for (const [key, value] of self.attrs) {
    const changed = value.some(({ v }) => 'version' in v && v.version > 0);
    if (key.startsWith('_') || (!changed && valueKey(self.lazy!(key)!) === valueKey(value))) continue;
    shipper.add(
      key,
      term(() => configTerm(R, restrict(R.d, value, R.d.not(raised)))),
    );
  }
  return withNumbers(R, shipper);
}

/** The rules together with what got a name of its own, `#<n>`, and the parts that are asked: terms that are worked out before the others. */
function withNumbers(R: Reader, shipper: Shipper): RuleSet {
  const asked = (): ReadonlySet<string> => new Set(JSON.stringify(shipper.ship()).match(/"#\d+"/g));
  const added = new Set<string>();
  for (;;) {
    const names = asked();
    const next = [...R.named.values()].filter(({ name }) => names.has(`"${name}"`) && !added.has(name));
    const parts = partTerms(R, JSON.stringify(shipper.ship())).filter(([name]) => !added.has(name));
    if (next.length + parts.length === 0) return shipper.ship();
    for (const [name, term] of parts) {
      added.add(name);
      shipper.add(name, term);
    }
    for (const named of next) {
      added.add(named.name);
      shipper.add(
        named.name,
        namedTerm(named, (value) => configTerm(R, value)),
      );
    }
  }
}

/** How the names of methods begin that check the finished object. */
const CHECK = 'validate_';

/** The methods that check the finished object. */
const validatorsOf = (R: Reader, cls: ClassAtom): string[] =>
  methodsOf(R, cls).filter(
    (name) =>
      name.startsWith(CHECK) && ['func', 'staticmethod'].includes(findInClass(R, cls, name)?.value[0]?.v.k ?? ''),
  );

/** Notes of what was left out since these. */
const lostSince = (R: Reader, before: Before): string[] =>
  [...R.notes]
    .filter(([key, n]) => n.count > (before.get(key) ?? 0) && n.kind !== 'assumed' && LOST.test(n.what))
    .map(([, n]) => lostText(n));

type Before = ReadonlyMap<string, number>;

/** How often each note was made so far; those that the base of all makes are never counted again. */
const notesOf = (R: Reader, base: Said | undefined): Before =>
  new Map([...R.notes].map(([key, n]) => [key, base?.noted.has(key) ? Infinity : n.count]));

/** Says what can be known of the dictionaries and lists of a configuration of this class. */
function formLists(R: Reader, cls: ClassAtom, root: string): void {
  formDicts(R, { form: createRotary(R, cls), entries: (path) => path === `${root}.${HELD}` });
  const kept = renames(R, cls);
  for (const name of LAYER_TYPES)
    for (const key of new Set([name, kept.get(name) ?? name]))
      jsonList(R, `${root}.${key}`, (at) => layerType(R, cls, at));
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
    ...ownTypes(said, base),
    ...(Object.keys(constants).length ? { constants } : {}),
    ...(methods.length ? { methods } : {}),
  };
}

/** The types of its own fields, and of those that its base gives another type. */
function ownTypes({ fields, types = {} }: ConfigClass, base: ConfigClass): Pick<ConfigClass, 'types'> {
  const typeIn = (cls: ConfigClass, name: string): FieldType | undefined => cls.types?.[name];
  const again = Object.keys(base.types ?? {}).filter((name) => fields[name] && !types[name]);
  const own = Object.entries(types).filter(
    ([name, type]) => JSON.stringify(type) !== JSON.stringify(typeIn(base, name)),
  );
  const all = [...own, ...again.map((name) => [name, [...fields[name]![0]]] as const)];
  return all.length > 0 ? { types: Object.fromEntries(all) } : {};
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
  /** What its constructor and its checks raise. */
  readonly refused: readonly Refusal[];
}

const propertyOf = (R: Reader, frame: Frame, self: InstanceAtom, name: string): Value => {
  const v = findInClass(R, self.cls, name)?.value[0]?.v;
  return v?.k === 'property' ? R.call(frame, v.fn, { pos: [one(self)], kw: new Map() }) : [];
};

/** The attribute that a property gives as it is. */
function aliasOf(R: Reader, cls: ClassAtom, name: string): string | undefined {
  const v = findInClass(R, cls, name)?.value[0]?.v;
  const fn = v?.k === 'property' ? v.fn[0]?.v : undefined;
  if (fn?.k !== 'func') return undefined;
  const said = (fn.node.body as Node[]).filter((s) => s.nodeType !== 'Expr');
  const [only] = said;
  const value = said.length === 1 && only!.nodeType === 'Return' ? (only!.value as Node | null) : undefined;
  return value?.nodeType === 'Attribute' && (value.value as Node).id === 'self' ? (value.attr as string) : undefined;
}

/** The property that says how many labels there are, and the attribute that holds them by their numbers. */
export const LABELS = 'num_labels';
const HELD = 'id2label';
/** The same the other way round. */
const NUMBERED = 'label2id';
/** Where it is kept how many are asked for of an object that holds none: it then makes as many. */
const ASKED_FOR = '_labels_asked_for';

/** What stands for that property while an object is made: it says whether there are any, and keeps what it is set to. */
export function labels(R: Reader, self: Value, set: Value | undefined): Value {
  const unknown = one(opaque('how many labels there are', ''));
  if (set === undefined) {
    const asked = self.flatMap(({ g, v }) =>
      askedFor(v).map((a) => ({ g: R.d.and(g, a.g), v: a.v.k === 'int' || a.v.k === 'num' ? a.v : unknown[0]!.v })),
    );
    const other = R.d.not(asked.reduce<Cond>((c, { g }) => R.d.or(c, g), NO));
    const held = R.getAttr(R.frame!, self, HELD).map(({ g, v }) => ({
      g: R.d.and(g, other),
      v: v.k === 'none' ? v : unknown[0]!.v,
    }));
    return [...asked, ...held].filter(({ g }) => g !== NO);
  }
  const held = R.getAttr(R.frame!, self, HELD);
  const none = held.reduce<Cond>((c, { g, v }) => (v.k === 'none' ? R.d.or(c, g) : c), NO);
  // the package makes a label for each number of a range where there are none
  under(R, R.frame!, none, () => {
    R.call(R.frame!, R.builtin('range')!, { pos: [set], kw: new Map() });
    for (const name of [HELD, NUMBERED])
      setAttr(R, R.frame!, self, name, one(opaque('labels made of their numbers', '')));
  });
  setAttr(R, R.frame!, self, ASKED_FOR, set);
  return NONE_VALUE;
}

/** How many labels were asked for of an object, where they were. */
const askedFor = (v: Atom): Value =>
  v.k === 'instance' ? (v.attrs.get(ASKED_FOR) ?? []).filter((a) => a.v.k !== 'unbound') : [];

/** How many labels an object holds. A dictionary of the config.json keeps its size where numbers are made of its keys. */
function howManyLabels(R: Reader, self: InstanceAtom, given: ReadonlyMap<string, Value>): Value {
  const isGiven = (given.get(HELD) ?? []).reduce<Cond>((c, { g, v }) => (v.k === 'dict' ? R.d.or(c, g) : c), NO);
  const unknown = opaque('how many labels there are', '');
  // what is asked for is made, whatever was held
  const asked = askedFor(self);
  const other = R.d.not(asked.reduce<Cond>((c, { g }) => R.d.or(c, g), NO));
  const held = (self.attrs.get(HELD) ?? []).flatMap(({ g, v }): Value => {
    if (v.k === 'none') return [{ g, v }];
    const isSaid = R.d.and(g, R.d.not(isGiven)) === NO;
    const many = isSaid ? kindInput(R, `cfg.${HELD}.#`, ['int']) : one(unknown);
    return many.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
  });
  return [
    ...asked.map(({ g, v }) => ({ g, v: v.k === 'int' || v.k === 'num' ? v : unknown })),
    ...held.map(({ g, v }) => ({ g: R.d.and(g, other), v })).filter(({ g }) => g !== NO),
  ];
}

/** The property that says whether layers differ. */
const DIFFERS = 'is_heterogeneous';

/** The term that says which object `get_text_config()` gives. */
const TEXT_CONFIG = 'get_text_config()';

/** The properties of a class that anybody may ask for. */
const propertiesOf = (R: Reader, cls: ClassAtom): string[] =>
  [...new Set(cls.mro.flatMap((c) => [...(c.scope?.binders.keys() ?? [])]))]
    .filter((name) => !name.startsWith('_') && isProperty(R, cls, name))
    .sort();

const isMethod = (R: Reader, cls: ClassAtom, name: string): boolean =>
  ['func', 'classmethod', 'staticmethod', 'property'].includes(findInClass(R, cls, name)?.value[0]?.v.k ?? '');

const isProperty = (R: Reader, cls: ClassAtom, name: string): boolean =>
  findInClass(R, cls, name)?.value[0]?.v.k === 'property';

/** Does a class have a plain value under a name? */
function isPlainIn(R: Reader, cls: ClassAtom, name: string): boolean {
  const value = findInClass(R, cls, name)?.value;
  return value !== undefined && plainJson(value) !== undefined;
}

/** What the object holds beside what it was given. */
// oxlint-disable-next-line max-lines-per-function -- one step after the other
function ship(
  R: Reader,
  book: Book,
  { frame, self, given, unread, kindsByName, valid, base, refused }: Made,
): Pick<
  Said,
  'raises' | 'absent' | 'alias' | 'nested' | 'dropped' | 'made' | 'same' | 'unread' | 'values' | 'refused'
> {
  const shipper = createShipper(book);
  const values = new Map<string, Value>();
  let any = false;
  // where the constructor raises there is no object, and it does not matter what is said of one
  const ok = valid;
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
    values.set(name, value);
    const before = base?.values.get(name);
    // what the base makes of its own is not what it makes of a field that it does not have
    if (!unread.length && before && saidUnder(R, before, ok) === saidUnder(R, value, ok))
      if (base!.fields[name] || !given.has(name)) return;
    any = true;
    shipper.add(name, unread.length ? { unread: unread[0]! } : configTerm(R, value));
  };
  isWhole(self);
  const nested = base ? nestedIn(R, self.cls) : [];
  if (!base) {
    shipper.add(NESTED, nestedKeys(R));
    any = true;
  }
  for (const [name, value] of self.attrs) add(name, value);
  const differing = self.attrs.get(GIVEN);
  if (differing) put(PER_LAYER, restrict(R.d, differing, ok));
  // the finished object: how it could have failed is said already
  for (const [name, value] of self.attrs) self.attrs.set(name, restrict(R.d, value, ok));
  if (self.wild) self.wild = self.wild.map((w) => ({ ...w, g: R.d.simplify(w.g, ok) }));
  const after = entryFrame(R, self.cls.module!.name);
  const alias: Record<string, string> = {};
  for (const name of propertiesOf(R, self.cls)) {
    // what the base's own properties say is of no use to a model, but for whether its layers differ
    const followed = name === DIFFERS || (base && !base.methods?.includes(name));
    const of = base?.alias?.[name] ?? aliasOf(R, self.cls, name);
    // what a class keeps for itself is said by the property alone
    if (of !== undefined && self.attrs.has(of) && !(base && followed && of.startsWith('_'))) alias[name] = of;
    else if (name === LABELS) put(name, howManyLabels(R, self, given));
    else if (followed) put(name, propertyOf(R, after, self, name));
  }
  for (const name of Object.keys(base?.alias ?? {})) if (isPlainIn(R, self.cls, name)) alias[name] = name;
  const text = findInClass(R, self.cls, 'get_text_config');
  if (text) put(TEXT_CONFIG, R.call(after, text.value, { pos: [one(self)], kw: new Map() }));
  const dropped: string[] = [];
  for (const key of new Set((self.wild ?? []).flatMap((w) => [...w.from.lazy!.asked]))) {
    if (given.has(key) || self.attrs.has(key) || key.startsWith('_') || isProperty(R, self.cls, key)) continue;
    const value = there(wildAttr(R, frame, self, key) ?? []);
    if (value.every((a) => a.v.k === 'unbound')) dropped.push(key);
    else add(key, value);
  }
  const nameOf = (i: number): string => (base ? `refused.${i}` : `refused.base.${i}`);
  const raises: string[] = [];
  const keyOf = ({ g, key: says }: Refusal): string => `${g} ${says}`;
  for (const [i, one] of (unread.length ? [] : refused).entries()) {
    const known = base?.refused.get(keyOf(one));
    const name = known ?? nameOf(i);
    raises.push(name);
    if (known !== undefined) continue;
    any = true;
    shipper.add(name, { list: [[one.g, one.term]] });
  }
  const absent = [...new Set((self.wild ?? []).flatMap((w) => [...w.from.lazy!.asked]))]
    .filter((key) => !given.has(key) && kindsByName(key) === ABSENT && !base?.absent?.includes(key))
    .sort();
  const ownDropped = dropped.filter((name) => !base?.dropped?.includes(name)).sort();
  const same = base ? [...base.values.keys()].filter((name) => !values.has(name) && !dropped.includes(name)) : [];
  return {
    values,
    refused: new Map(refused.map((one, i) => [keyOf(one), nameOf(i)])),
    ...(Object.entries(alias).some(([k, v]) => base?.alias?.[k] !== v) ? { alias } : {}),
    ...(base && raises.length ? { raises } : {}),
    ...(nested.length ? { nested } : {}),
    ...(absent.length ? { absent } : {}),
    ...(ownDropped.length ? { dropped: ownDropped } : {}),
    ...(same.length ? { same } : {}),
    ...(any ? { made: withNumbers(R, shipper) } : {}),
    ...(unread.length ? { unread } : {}),
  };
}

/** `interval(min=0)(default=1)`: a field with limits is a field with that default. */
const isLimited = (n: Node | undefined): n is Node => n?.nodeType === 'Call' && (n.func as Node).nodeType === 'Call';
const withoutLimits = (n: Node | undefined): Node | undefined =>
  isLimited(n) ? { ...n, func: { nodeType: 'Name', id: 'field' } } : n;

/** The least and the greatest number that a field takes; null where there is none, or it was not read. */
export type Limits = readonly [least: number | null, greatest: number | null];

/** Those of a field's value; of one with others than plain numbers nothing is taken that is a number. */
function limitsOf(n: Node | undefined): Limits | undefined {
  if (!isLimited(n)) return undefined;
  const { args, keywords } = n.func as unknown as {
    readonly args: readonly Node[];
    readonly keywords: readonly Node[];
  };
  const given = (name: string): Node | undefined => keywords.find((k) => k.arg === name)?.value as Node | undefined;
  const isPlain = args.length === 0 && keywords.every((k) => LIMITS.has(k.arg as string));
  const [least, greatest] = [given('min'), given('max')].map((v) => (v ? v.value : null));
  const isNumber = (v: unknown): v is number | null => v === null || typeof v === 'number';
  return isPlain && isNumber(least) && isNumber(greatest) ? [least, greatest] : NOTHING;
}

const LIMITS: ReadonlySet<string> = new Set(['min', 'max']);
const NOTHING: Limits = [1, 0];

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

/** Lists of what kind each layer is. */
const LAYER_TYPES = ['layer_types', 'mtp_layer_types', 'mlp_layer_types'];

/** The term that says what a config.json holds that only some classes are read for. */
const NESTED = 'nested';

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

/** The same of the classes of its parts, by `sub_configs`. */
function markParts(R: Reader, cls: ClassAtom): void {
  const parts = findInClass(R, cls, 'sub_configs')?.value[0]?.v;
  for (const e of parts?.k === 'dict' ? parts.entries : [])
    for (const { v } of e.v) if (v.k === 'class') markDataclasses(v);
}

/** Makes dataclasses of a class and its bases up to the one that does so for whatever derives from it. */
export function markDataclasses(cls: ClassAtom): void {
  const base = cls.mro.findLast((c) => c.scope?.binders.has('__init_subclass__') && c.dataclass);
  if (base) for (const c of cls.mro) if (c.mro.includes(base)) c.dataclass ??= { frozen: false, pydantic: false };
}
