/**
 * JSON of the question as Python values: a config.json or a part of one whose content is not known while reading. Every
 * place in it is an input named by its path; a list's length is `path.#`, whether a dictionary holds anything `path.?`.
 */
import {
  ancient,
  oldInstance,
  choiceInput,
  dict,
  kindInput,
  list,
  NONE,
  one,
  opaque,
  series,
  text,
  tuple,
  UNBOUND,
} from '../python/index.ts';
import type {
  Atom,
  ClassAtom,
  DictAtom,
  InstanceAtom,
  OutsideAtom,
  Reader,
  SeriesAtom,
  Value,
} from '../python/index.ts';
import { NO, YES } from '../rules/index.ts';
import type { Cond, Kind } from '../rules/index.ts';
import { leftOut } from './apart.ts';
import { dtypeOptions } from './outside.ts';

/** Every kind of value that JSON has, and none at all. */
export const JSON_KINDS: readonly Kind[] = ['missing', 'none', 'false', 'true', 'int', 'float', 'str', 'list', 'dict'];

/** Where in the question's JSON something stands that could not be gone through, and of which kind it is. */
export function placeAndKind(v: Atom): readonly [path: string, kind: Kind] | undefined {
  const [only] = v.k === 'text' ? v.parts : [];
  if (v.k === 'text')
    return v.parts.length === 1 && only!.p === 'expr' && 'name' in only!.e ? [only!.e.name, 'str'] : undefined;
  const path = v.k === 'dict' ? v.lazy?.path : v.k === 'series' ? placeOf(v) : undefined;
  return path === undefined ? undefined : [path, v.k === 'dict' ? 'dict' : 'list'];
}

/** The value at a path: of any of the kinds but those that are left out. */
export function jsonValue(R: Reader, path: string, kinds: readonly Kind[] = JSON_KINDS): Value {
  const out = leftOut(R, path);
  const whole = jsonWhole(R, path, kinds);
  return out.size === 0 || whole.length !== kinds.length ? whole : whole.filter((_, i) => !out.has(kinds[i]!));
}

/** The value at a path: of each of the kinds. */
export function jsonWhole(R: Reader, path: string, kinds: readonly Kind[]): Value {
  if (!isAskedAs(R, path, kinds))
    return one(opaque(`${path}, an attribute of an object and a key of a dictionary`, path));
  const value = kindInput(R, path, kinds, (kind) =>
    kind === 'dict' ? jsonDict(R, path) : kind === 'list' ? jsonList(R, path) : jsonObject(R, path),
  );
  // where it is known what stands in a list, one or none is what it holds nearly always
  if (!shapes.get(R)?.held?.(path, '#')) return value;
  return value.flatMap(({ g, v }) =>
    v.k === 'series' ? shortList(R, path, itemOf(R)).map((a) => ({ g: R.d.and(g, a.g), v: a.v })) : [{ g, v }],
  );
}

const askedAs = new WeakMap<Reader, Map<string, string>>();

/** Is the value at a path asked for as of these kinds wherever it is? */
function isAskedAs(R: Reader, path: string, kinds: readonly Kind[]): boolean {
  const of = askedAs.get(R) ?? new Map<string, string>();
  askedAs.set(R, of);
  const own = kinds.join(' ');
  const known = of.get(path) ?? own;
  of.set(path, known);
  return known === own;
}

/** What an item of a list of the question is, by its path. */
const itemOf =
  (R: Reader) =>
  (at: string): Value =>
    jsonValue(R, at, shapes.get(R)?.held?.(at.slice(0, at.lastIndexOf('.')), '#') ?? itemKinds(at));

const once = new WeakMap<Reader, Map<string, Atom>>();

/** One thing a path and reading, so that what is changed in it is changed wherever it is seen. */
function known<A extends Atom>(R: Reader, key: string, make: () => A): A {
  let table = once.get(R);
  if (!table) once.set(R, (table = new Map()));
  let atom = table.get(key);
  if (!atom) {
    atom = make();
    table.set(key, atom);
    paths.set(atom, key.slice(key.indexOf(' ') + 1));
  }
  return atom as A;
}

/** Forgets what was made so far: what was changed in it is unchanged again for what is read from here on. */
export const forgetJson = (R: Reader): void => void once.delete(R);

/** What was changed since it was made, by its path. */
export const changedJson = (R: Reader): readonly (readonly [path: string, v: Atom])[] =>
  [...(once.get(R)?.values() ?? [])].flatMap((v) =>
    'version' in v && v.version > 0 ? [[paths.get(v)!, v] as const] : [],
  );

const paths = new WeakMap<Atom, string>();

/** Where in the question's JSON a thing stands, as long as nothing in it was changed. */
export const placeOf = (v: Atom): string | undefined => paths.get(v);

/** The same as long as nothing in it was changed. */
export const pathOf = (v: Atom): string | undefined => ('version' in v && v.version > 0 ? undefined : paths.get(v));

/** What can be known of a dictionary of the question. */
export interface DictForm {
  /** The keys that whoever goes through it can know; no other key is one of `never`. */
  readonly names: readonly string[];
  readonly never: ReadonlySet<string>;
  /** What stands at a path under a key, where it is not just any JSON. */
  readonly at: (path: string, key: string) => Value | undefined;
}

/** What can be known of the dictionaries of a reading, by their paths. */
export interface DictForms {
  readonly form: (path: string) => DictForm | undefined;
  /** Whether a dictionary can be gone through, entry by entry. */
  readonly entries: (path: string) => boolean;
}

const forms = new WeakMap<Reader, DictForms>();

/** Says what can be known of this reading's dictionaries. */
export const formDicts = (R: Reader, said: DictForms): void => void forms.set(R, said);

/** The dictionary at a path, asked key by key. */
export const jsonDict = (R: Reader, path: string): DictAtom =>
  known(R, `dict ${path}`, () => {
    const made: DictAtom = { ...dict([]), id: ancient() };
    const form = forms.get(R)?.form(path);
    made.lazy = {
      path,
      at: (key) =>
        form?.at(`${path}.${key}`, key) ?? jsonValue(R, `${path}.${key}`, shapes.get(R)?.inside?.(key) ?? JSON_KINDS),
      ...(form ? { names: form.names, never: form.never } : {}),
      ...(form ? {} : { named: (input: string) => jsonValue(R, `${path}.<.${input}.>`) }),
      moved: (to) => jsonDict(R, to),
      renamed: (from, to) => renamedDict(R, path, from, to),
      some: () =>
        R.d.not(
          R.book.test({
            op: 'eq',
            args: [
              { op: 'input', name: `${path}.#` },
              { op: 'const', value: 0 },
            ],
          }),
        ),
      asked: new Set(),
      ...(hasEntries(R, path) ? { all: () => entriesAt(R, path) } : {}),
    };
    return made;
  });

/** The same dictionary with a text in its keys replaced: it stands under `renamed(from:to)`. */
function renamedDict(R: Reader, path: string, from: string, to: string): DictAtom | undefined {
  if (/[.:()]/.test(from + to)) return undefined;
  const at = `${path}.renamed(${from}:${to})`;
  const made: DictAtom = { ...dict([]), id: ancient() };
  made.lazy = {
    ...jsonDict(R, at).lazy!,
    at: (key) => jsonValue(R, `${at}.${key}`),
    asked: new Set(),
    all: () => entriesAt(R, at),
  };
  return made;
}

/** Can the dictionary at a path be gone through, entry by entry? Where this reading says nothing of its dictionaries, it can. */
const hasEntries = (R: Reader, path: string): boolean =>
  shapes.get(R)?.entries?.(path) ?? forms.get(R)?.entries(path) ?? !shapes.has(R);

/** The entries of the dictionary at a path, a pair each: they stand in the list `path.%`. */
function entriesAt(R: Reader, path: string): SeriesAtom {
  const at = `@${path.replaceAll('.', '/')}/%`;
  const entry = `${path}.%.${at}`;
  const key = text([{ p: 'expr', e: { op: 'input', name: `${entry}.0` } }]);
  return series(
    at,
    { op: 'input', name: `${path}.#` },
    one(tuple([one(key), jsonValue(R, `${entry}.1`, shapes.get(R)?.held?.(path, '%') ?? ENTRY_KINDS)])),
  );
}

/** What stands under a key that was not asked for by its name. */
const ENTRY_KINDS: readonly Kind[] = JSON_KINDS.filter((k) => k !== 'missing');

/** The list at a path; `item` says what the item at a path can be. */
export const jsonList = (R: Reader, path: string, item: (path: string) => Value = itemOf(R)): Atom =>
  known(R, `list ${path}`, () => {
    const at = `@${path.replaceAll('.', '/')}`;
    let made: Value | undefined;
    // made when asked for: an item may be a list again
    const plain: SeriesAtom = {
      ...series(at, { op: 'input', name: `${path}.#` }, []),
      id: ancient(),
      moved: (renamed) => jsonList(R, renamed(path), item),
    };
    return Object.defineProperty(plain, 'item', {
      get: () => (made ??= item(`${path}.${at}`)),
    });
  });

/** The list at a path, as one of its own where it holds at most `most` items: nearly every such list does. */
export function shortList(R: Reader, path: string, item: (path: string) => Value, most = 1): Value {
  let open: Cond = YES;
  const out: { g: Cond; v: Atom }[] = [];
  for (let n = 0; n <= most; n++) {
    const long = R.book.test({
      op: 'eq',
      args: [
        { op: 'input', name: `${path}.#` },
        { op: 'const', value: n },
      ],
    });
    const g = R.d.and(open, long);
    const v = known(R, `list${n} ${path}`, () => ({
      ...list(Array.from({ length: n }, (_, i) => ({ g: YES, v: item(`${path}.${i}`) }))),
      id: ancient(),
    }));
    out.push({ g, v });
    open = R.d.and(open, R.d.not(long));
  }
  return [...out, { g: open, v: jsonList(R, path, item) }];
}

/** What stands in a list; lists of lists of lists are nobody's configuration. */
const itemKinds = (path: string): readonly Kind[] =>
  JSON_KINDS.filter((k) => k !== 'missing' && (path.split('@').length < 4 || (k !== 'list' && k !== 'dict')));

/** What an object of attributes has besides those that the question gives. */
export interface ObjectShape {
  readonly cls: ClassAtom;
  /** Attributes that are not inputs: methods, constants. The object may be a copy of one of the question. */
  readonly own: (name: string, self: InstanceAtom) => Value | undefined;
  /** Which kinds a value can be of; a value of a class with attributes is of the kind `object`. */
  readonly kinds: readonly Kind[];
  /** The condition that the object at a path is of another class, `package/name`; without it an object is of no other. */
  readonly isA?: (path: string, cls: string) => Cond;
  /** Whether the dictionary at a path can be gone through, entry by entry. */
  readonly entries?: (path: string) => boolean;
  /** Of which kinds is what stands in the dictionary (`%`) or the list (`#`) at a path, where that is known. */
  readonly held?: (path: string, what: '%' | '#') => readonly Kind[] | undefined;
  /** Of which kinds the value at a key of a dictionary is, where that is known. */
  readonly inside?: (key: string) => readonly Kind[] | undefined;
}

/** A class by its package and its name, wherever in the package it stands. */
function classNamed(of: ClassAtom | OutsideAtom): string {
  const path = of.k === 'class' ? `${of.modname}.${of.name}` : of.name;
  return `${path.slice(0, path.indexOf('.'))}/${path.slice(path.lastIndexOf('.') + 1)}`;
}

const shapes = new WeakMap<Reader, ObjectShape>();

/** Says of which class the objects of this reading's questions are. */
export const shapeObjects = (R: Reader, shape: ObjectShape): void => void shapes.set(R, shape);

/** The object at a path: an attribute is the input `path.name`, missing where the question has none. */
export const jsonObject = (R: Reader, path: string): InstanceAtom =>
  known(R, `object ${path}`, () => {
    const shape = shapes.get(R);
    if (!shape) throw new Error(`no class for the object at ${path}`);
    const made: InstanceAtom = {
      ...oldInstance(shape.cls),
      typeText: kindInput(R, `${path}.__class__`, ['str']),
      moved: (renamed) => jsonObject(R, renamed(path)),
      ...(shape.isA ? { isA: (of: ClassAtom | OutsideAtom) => shape.isA!(path, classNamed(of)) } : {}),
      lazy: (name, self = made) => {
        if (name.startsWith('__')) return undefined;
        return shape.own(name, self) ?? jsonValue(R, `${path}.${name}`, shape.kinds);
      },
    };
    return made;
  });

/** A torch dtype of the question, by its name; absent and None are possible. */
export const jsonDtype = (R: Reader, path: string): Value => {
  const options = dtypeOptions();
  return choiceInput(R, path, [{ label: null, atom: NONE }, ...options]);
};

/** The condition that a value is there at all. */
export const thereOf = (R: Reader, value: Value): Cond =>
  R.d.not(value.reduce<Cond>((c, a) => (a.v === UNBOUND ? R.d.or(c, a.g) : c), NO));
