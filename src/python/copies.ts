/** Copies of values: what a call made is not changed by who changes one of its results. */
import { fresh } from './values.ts';
import type { Atom, DictAtom, InstanceAtom, Item, Value } from './values.ts';

/** What was set of things that may be copied, by name. */
const written = new WeakMap<Atom, Set<string>>();
/** Of a copy, what it is a copy of. */
const origins = new WeakMap<Atom, Atom>();

/** Keeps that an attribute of a thing was set. */
export function wrote(v: Atom, name: string): void {
  const names = written.get(v);
  if (names) names.add(name);
  else written.set(v, new Set([name]));
}

/** Keeps that a thing was made as a copy of another. */
export const copiedFrom = (made: Atom, of: Atom): void => void origins.set(made, of);

/** Another instance of the same class with the same attributes, but for those that are given. */
export function copyWith(of: InstanceAtom, attrs: ReadonlyMap<string, Value> = new Map()): InstanceAtom {
  const made = { ...of, id: fresh(), attrs: new Map([...of.attrs, ...attrs]), version: 0 };
  copiedFrom(made, of);
  return made;
}

/** The thing of which this one is a copy, a copy of a copy, and so on: the first. */
export function originOf(v: Atom): Atom {
  const of = origins.get(v);
  return of ? originOf(of) : v;
}

/** The attributes that were set since a thing was made, and those of what it is a copy of. */
export function writtenIn(v: Atom): ReadonlySet<string> {
  const of = origins.get(v);
  return new Set([...(written.get(v) ?? []), ...(of ? writtenIn(of) : [])]);
}

/** Older than everything. */
const EVER = Number.NEGATIVE_INFINITY;

/** `copy.deepcopy`: containers and objects anew, classes and functions as they are. */
export const deepCopy = (value: Value): Value => copied(value, EVER);

/** Of a thing that was copied with all that it holds, what was copied with it so far. */
const together = new WeakMap<Atom, Map<Atom, Atom>>();

/** What a value is where a thing is a copy that was made with all that it holds: of that, the copy. */
export function copiedWith(v: Atom, value: Value): Value {
  const done = together.get(v);
  return done ? copied(value, EVER, done) : value;
}

/** A copy of what a call made, so that changing one result does not change the remembered one. */
export function copied(value: Value, since: number, done = new Map<Atom, Atom>()): Value {
  const out = value.map((a) => {
    const v = copyAtom(a.v, since, done);
    return v === a.v ? a : { g: a.g, v };
  });
  return out.some((a, i) => a !== value[i]) ? out : value;
}

function copyAtom(v: Atom, since: number, done: Map<Atom, Atom>): Atom {
  if (v.id < since) return v;
  const known = done.get(v);
  if (known) return known;
  switch (v.k) {
    case 'list':
    case 'set': {
      const made = { ...v, id: fresh(), items: [] as Item[], version: 0 };
      done.set(v, made);
      made.items = v.items.map((i) => ({ ...i, v: copied(i.v, since, done) }));
      return made;
    }
    case 'dict':
      return copyDict(v, since, done);
    case 'tuple': {
      const items = v.items.map((i) => copied(i, since, done));
      return items.every((x, i) => x === v.items[i]) ? v : { ...v, id: fresh(), items };
    }
    case 'instance': {
      if (v.member !== undefined) return v;
      const made = { ...v, id: fresh(), attrs: new Map<string, Value>(), version: 0 };
      done.set(v, made);
      copiedFrom(made, v);
      if (since === EVER) withRest(made, done);
      for (const [name, value] of v.attrs) made.attrs.set(name, copied(value, since, done));
      return made;
    }
    default:
      return v;
  }
}

function copyDict(v: DictAtom, since: number, done: Map<Atom, Atom>): DictAtom {
  const { lazy } = v;
  const made = { ...v, id: fresh() };
  if (lazy) {
    const at = since === EVER ? copying(lazy.at, done) : lazy.at;
    made.lazy = { ...lazy, asked: new Set(lazy.asked), at };
  }
  done.set(v, made);
  made.entries = v.entries.map((e) => ({ ...e, v: copied(e.v, since, done) }));
  return made;
}

/** What a copy does not have yet is found as what it is a copy of finds it, and copied then. */
function withRest(
  made: { lazy?: InstanceAtom['lazy']; twin?: InstanceAtom['twin'] } & InstanceAtom,
  done: Map<Atom, Atom>,
): void {
  const { lazy, twin } = made;
  together.set(made, done);
  if (twin) made.twin = { of: copyAtom(twin.of, EVER, done) as InstanceAtom, g: twin.g };
  if (lazy) made.lazy = copying(lazy, done);
}

/** What is found by name, copied the first time. */
function copying<T extends readonly unknown[]>(
  find: (name: string, ...more: T) => Value | undefined,
  done: Map<Atom, Atom>,
): (name: string, ...more: T) => Value | undefined {
  const found = new Map<string, Value | undefined>();
  return (name, ...more) => {
    if (!found.has(name)) {
      const value = find(name, ...more);
      found.set(name, value && copied(value, EVER, done));
    }
    return found.get(name);
  };
}
