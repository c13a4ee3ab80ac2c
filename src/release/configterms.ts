/** What a configuration holds as terms of the rules: values of the question, dictionaries with changes, parts. */
import { one, originOf, UNBOUND, writtenIn } from '../python/index.ts';
import type { Atom, DictAtom, InstanceAtom, Reader, Value } from '../python/index.ts';
import { COMPUTED, NO, YES } from '../rules/index.ts';
import type { Cond, Term } from '../rules/index.ts';
import { JSON_KINDS, jsonValue, pathOf } from './json.ts';
import { plainTerm } from './terms.ts';

/** A value as a term: what the question gives stays what it gives, a torch dtype is its name. */
export function configTerm(R: Reader, value: Value): Term {
  const merged = new Map<string, [Cond, Term]>();
  for (const { g, v } of value) {
    if (g === NO) continue;
    const t = atomTerm(R, v);
    const key = JSON.stringify(t);
    const old = merged.get(key);
    merged.set(key, [old ? R.d.or(old[0], g) : g, t]);
  }
  const all = [...merged.values()];
  return all.length === 1 && all[0]![0] === YES ? all[0]![1] : { pick: all };
}

/** What a part of a configuration is made of: a dictionary, by a class or by what the table says of a type. */
export interface ConfigPart {
  /** The dictionary as it is then; undefined where there is none. */
  readonly given: Term | undefined;
  /** The keys of it that the part is not given. */
  readonly without: readonly string[];
  readonly type: Value | undefined;
  readonly cls: Value | undefined;
}

const parts = new WeakMap<Atom, ConfigPart>();
/** Objects that are the configuration itself. */
const whole = new WeakSet<Atom>();

/** Notes that a thing is the configuration itself. */
export const isWhole = (v: Atom): void => void whole.add(v);

/** Notes that a thing is a part of a configuration. */
export function partAtom(v: InstanceAtom, part: ConfigPart): InstanceAtom {
  parts.set(v, part);
  return v;
}

/** Of an object that is the text config of a part, that part. */
const texts = new WeakMap<Atom, InstanceAtom>();

/** Notes that a thing is what a part says its text config is. */
export function textAtom(v: InstanceAtom, of: InstanceAtom): InstanceAtom {
  texts.set(v, of);
  return v;
}

/** The parts of which something was asked in this reading, by their numbers, and what each holds of its own accord. */
interface AskedParts {
  readonly parts: InstanceAtom[];
  readonly own: Map<InstanceAtom, Map<string, Value>>;
}

const asked = new WeakMap<Reader, AskedParts>();

/** Another class is read: no part of it was asked for anything yet. */
export const forgetParts = (R: Reader): void => void asked.delete(R);

/**
 * What a part holds under a name of its own accord: what its class makes of it, the fact `part.<number>.<name>`. Which part that is
 * the term `part.<number>` says, see `partTerms`. `isThere` where it has that in any case.
 */
export function ownAttribute(R: Reader, part: InstanceAtom, name: string, isThere: boolean): Value {
  const { parts: all, own }: AskedParts = asked.get(R) ?? { parts: [], own: new Map() };
  asked.set(R, { parts: all, own });
  const of = own.get(part) ?? new Map<string, Value>();
  if (!own.has(part)) all.push(part);
  own.set(part, of);
  const value = of.get(name) ?? jsonValue(R, placeIn(all.indexOf(part), name, isThere), isThere ? THERE : JSON_KINDS);
  of.set(name, value);
  return value;
}

const OF_PART = 'part.';
/** The name of an attribute of the part with a number; a place where something is in any case is another than one where it may be missing. */
const placeIn = (number: number, name: string, isThere: boolean): string =>
  `${OF_PART}${number}${isThere ? '+' : ''}.${name}`;
const THERE = JSON_KINDS.filter((kind) => kind !== 'missing');

/** The term of every part that terms ask for something: `terms` is their text. */
export const partTerms = (R: Reader, terms: string): readonly (readonly [name: string, term: Term])[] =>
  (asked.get(R)?.parts ?? []).flatMap((part, i) =>
    [true, false].some((isThere) => terms.includes(`"${placeIn(i, '', isThere)}`))
      ? [[`${OF_PART}${i}`, madeOf(R, parts.get(part)!)] as const]
      : [],
  );

/** Is it what the part holds of its own accord, there where it is? */
function isOwn(R: Reader, part: Atom, name: string, { g, v }: Value[number]): boolean {
  const of =
    asked
      .get(R)
      ?.own.get(originOf(part) as InstanceAtom)
      ?.get(name) ?? [];
  return of.some((a) => a.v === v && R.d.implies(g, a.g));
}

/** What was set in a part once it was made, by name; where it was not, the name is missing. */
function setIn(R: Reader, v: InstanceAtom): Readonly<Record<string, Term>> {
  const names = [...writtenIn(v)].filter((name) => v.attrs.has(name));
  return Object.fromEntries(
    names.map((name) => [
      name,
      configTerm(
        R,
        v.attrs.get(name)!.map((a) => (isOwn(R, v, name, a) ? { g: a.g, v: UNBOUND } : a)),
      ),
    ]),
  );
}

function partTerm(R: Reader, v: InstanceAtom, part: ConfigPart): Term {
  const set = setIn(R, v);
  return madeOf(R, part, Object.keys(set).length > 0 ? { '@set': { record: set } } : {});
}

/** The text config of a part: nothing of it is set. */
function textTermOf(R: Reader, v: InstanceAtom, of: InstanceAtom): Term {
  const part = parts.get(originOf(of))!;
  if (v.wild || of.wild || writtenIn(v).size > 0) return { unread: 'the text config of a part that is changed' };
  const set = setIn(R, of);
  return madeOf(R, part, { ...(Object.keys(set).length > 0 ? { '@set': { record: set } } : {}), '@text': true });
}

/** What a part is made of, and what was done with it then. */
function madeOf(R: Reader, { given, without, type, cls }: ConfigPart, then: Readonly<Record<string, Term>> = {}): Term {
  return {
    record: {
      '@part': given ?? null,
      ...(without.length > 0 ? { '@without': { list: without.map((name) => [YES, name] as const) } } : {}),
      ...then,
      ...(type ? { '@type': configTerm(R, type) } : {}),
      ...(cls ? { '@class': configTerm(R, cls) } : {}),
    },
  };
}

const plain = plainTerm();

/** A dictionary: its keys, each there under a condition, over what it was put together of. */
function dictTerm(R: Reader, v: DictAtom): Term {
  const values = new Map<string, Value>();
  for (const { key, g, v: value } of v.entries) {
    if (key.k !== 'str') return { unread: 'a dictionary of uncertain keys' };
    values.set(key.s, [...(values.get(key.s) ?? []), ...value.map((a) => ({ g: R.d.and(g, a.g), v: a.v }))]);
  }
  for (const key of v.lazy?.asked ?? []) if (!values.has(key)) values.set(key, []);
  const record: Record<string, Term> = {};
  for (const [key, value] of values) {
    const absent = value.reduce<Cond>((c, a) => R.d.and(c, R.d.not(a.g)), YES);
    const whole = absent === NO ? value : [...value, { g: absent, v: UNBOUND }];
    const before = v.lazy && !v.lazy.over ? v.lazy.at(key) : undefined;
    // what nobody changed is what the question gives
    if (before && saidUnder(R, before, YES) === saidUnder(R, whole, YES)) continue;
    record[key] = configTerm(R, whole);
  }
  if (!v.lazy) return { record };
  const over = v.lazy.over ?? [{ g: YES, path: v.lazy.path }];
  return { record, over: over.map((o) => [o.g, { fact: o.path }] as const) };
}

function atomTerm(R: Reader, v: Atom): Term {
  if (whole.has(v)) return { record: { '@self': true } };
  const of = texts.get(v);
  if (of && v.k === 'instance') return textTermOf(R, v, of);
  const part = parts.get(v);
  if (part && v.k === 'instance')
    return v.wild ? { unread: 'a part of the configuration that is changed' } : partTerm(R, v, part);
  const path = pathOf(v);
  if (path !== undefined) return { fact: path };
  switch (v.k) {
    case 'unbound':
      return { missing: true };
    case 'num':
      return 'name' in v.e && !v.e.name.startsWith(COMPUTED) ? { fact: v.e.name } : plain(v);
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
    case 'dict':
      return dictTerm(R, v);
    default:
      return plain(v);
  }
}

/** What a value says where a condition holds. */
export function saidUnder(R: Reader, value: Value, c: Cond): string {
  const said = new Map<string, Cond>();
  for (const { g, v } of value) {
    const here = R.d.and(g, c);
    const key = JSON.stringify(configTerm(R, one(v)));
    if (here !== NO) said.set(key, R.d.or(said.get(key) ?? NO, here));
  }
  return [...said]
    .map(([key, g]) => `${g}?${key}`)
    .sort()
    .join('|');
}
