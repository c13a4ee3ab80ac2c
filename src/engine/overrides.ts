/**
 * The model's configuration object with the keys that a line gives for it (`--hf-overrides`): which become attributes, and when,
 * is learned of a release.
 */
import { kindOf, namesOf } from '../rules/index.ts';
import type { Fact, RuleSet } from '../rules/index.ts';
import type { ConfigObject, JsonObject } from './configobject.ts';
import type { OverrideRules } from './release.ts';

/** An object, and what of it is given on the line. */
export interface Overridden {
  /** As it is put in order. */
  readonly early: ConfigObject;
  /** As it is then, for the attributes that `isGiven` names: nothing changes these any more. */
  readonly late: ConfigObject;
  readonly isGiven: (name: string) => boolean;
}

/** Attributes that say of which class the object is, and those that hold no JSON. */
const NOT_SET: ReadonlySet<string> = new Set(['model_type', 'dtype', 'torch_dtype']);

/** Is it an attribute that is not set as others are? What Python itself keeps of an object is none. */
const isOther = (key: string): boolean => NOT_SET.has(key) || /^__.*__$/.test(key);

/**
 * Puts what is given into an object. `loading` are the rules by which the object is put in order. Undefined where it was not read
 * what becomes of it: of a key whose value is of a kind that becomes no attribute, where an object or a property stands, or where it
 * rests on the key which object is the text config.
 */
export function overridden(
  object: ConfigObject,
  given: Fact | undefined,
  rules: OverrideRules | undefined,
  loading: RuleSet,
): Overridden | undefined {
  if (rules === undefined || typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  const values = given as JsonObject;
  const keys = Object.keys(values);
  const [early, late] = [rules.early, rules.late].map((kinds) =>
    keys.filter((key) => kinds.includes(kindOf(values[key] as Fact, ['int']))),
  );
  if (early!.length + late!.length < keys.length || keys.some(isOther)) return undefined;
  const ordered = new Set(namesOf(loading.terms).flatMap((name) => /^order\.hf\.(\w+)/.exec(name)?.[1] ?? []));
  const first = object.updated(only(values, early!));
  const last = object.updated(values);
  if (first === undefined || last === undefined) return undefined;
  // what is given may be taken for the text config
  if (object.text() !== undefined && [first, last].some((one) => one.text() === undefined)) return undefined;
  const fixed = new Set(
    keys.filter((key) => late!.includes(key) || !ordered.has(key)).map((key) => object.nameOf(key)),
  );
  return { early: first, late: last, isGiven: (name) => fixed.has(object.nameOf(name)) };
}

/** Puts what lines give into objects, each once. */
export function createOverrides(
  rules: OverrideRules | undefined,
  loading: RuleSet,
): (object: ConfigObject, given: Fact | undefined) => Overridden | undefined {
  const known = new WeakMap<ConfigObject, Map<string, Overridden | undefined>>();
  return (object, given) => {
    const ofObject = known.get(object) ?? new Map<string, Overridden | undefined>();
    known.set(object, ofObject);
    const key = JSON.stringify(given);
    if (!ofObject.has(key)) ofObject.set(key, overridden(object, given, rules, loading));
    return ofObject.get(key);
  };
}

const only = (values: JsonObject, keys: readonly string[]): JsonObject =>
  Object.fromEntries(keys.map((key) => [key, values[key]]));
