/** The model's configuration object as a stage: what its class makes of the config.json, and what the line gives for it. */
import { classByType } from './classbytype.ts';
import { attributeAt } from './configfacts.ts';
import type { Attribute } from './configobject.ts';
import { createOverrides } from './overrides.ts';
import type { Overridden } from './overrides.ts';
import { isUnset } from './question.ts';
import type { GivenFact, GivenModel, Question } from './question.ts';
import type { OverrideRules } from './release.ts';
import type { Lookup, ReadObject } from './serverrules.ts';
import type { Known } from './known.ts';
import { SILENT } from './stage.ts';
import type { Stage, Told } from './stage.ts';
import { partFact, TEXT_PART } from './textpart.ts';
import type { RuleSet } from '../rules/index.ts';

/** Whether the text config is the configuration object itself. */
const WHOLE = 'hf.text_is_whole';

const PREFIXES = ['hf.', 'hf_text_config.'] as const;

/** The formats of a model's config with which its config.json is read. */
const READ_FORMATS: ReadonlySet<string> = new Set(['auto', 'hf']);

/** What a line gives for the object. */
const GIVEN = 'args.hf_overrides';

/** The stages of the object. */
export interface ObjectStages {
  early(question: Question): Stage;
  /** What the line gives for it, once it has been put in order. */
  late(model: GivenModel): Stage;
  /** The object as it is put in order; undefined where it was not read what becomes of what the line gives. */
  given(model: GivenModel, known: Known): ReadObject | undefined;
}

/** Prepares them; `overrides` and `loading` are the rules of what a line gives, and of putting an object in order. */
// oxlint-disable-next-line max-lines-per-function -- stages that share what is looked up once
export function createObjectStages(
  objectOf: Lookup['object'],
  overrides: OverrideRules | undefined,
  loading: RuleSet | undefined,
): ObjectStages {
  const overridden = createOverrides(overrides, loading ?? { variables: [], nodes: [], places: [], terms: {} });
  const read = new WeakMap<Overridden, ReadObject>();
  const changed = (model: GivenModel, known: Known): Overridden | undefined => {
    const { object } = objectOf(model);
    return object && overridden(object, known.get(GIVEN));
  };
  const given = (model: GivenModel, known: Known): ReadObject | undefined => {
    const before = objectOf(model);
    // what its class refuses is refused before anything is changed in it
    if (isUnset(known.get(GIVEN)) || before.refusal) return before;
    const now = changed(model, known);
    if (now === undefined) return undefined;
    const made = read.get(now) ?? { ...before, object: now.early };
    read.set(now, made);
    return made;
  };
  return {
    given,
    early: ({ model }) => ({
      name: 'object',
      about: model,
      inputs: [GIVEN, 'args.hf_config_path', 'args.config_format'],
      run(known) {
        if (model === undefined) return SILENT;
        const format = known.get('args.config_format');
        if (typeof format === 'string' && !READ_FORMATS.has(format))
          return unreadObject(`args.config_format is ${format}: the config.json is not what is read then`);
        const object = isUnset(known.get('args.hf_config_path')) ? given(model, known) : undefined;
        if (object !== undefined) return toldOf(model, object);
        const name = isUnset(known.get(GIVEN)) ? 'args.hf_config_path' : GIVEN;
        return unreadObject(`${name} changes the model's config: what becomes of it is not read`);
      },
    }),
    late: (model) => ({
      name: 'object',
      about: model,
      inputs: [GIVEN, WHOLE],
      run(known) {
        const now = isUnset(known.get(GIVEN)) ? undefined : changed(model, known);
        if (now === undefined) return SILENT;
        const roots = known.get(WHOLE) === true ? PREFIXES : PREFIXES.slice(0, 1);
        return {
          ...SILENT,
          fact(name) {
            const prefix = roots.find((one) => name.startsWith(one)) ?? '';
            const at = name.slice(prefix.length);
            if (prefix === '' || !now.isGiven(at.split('.', 1)[0]!)) return undefined;
            return asGiven(attributeAt(now.late, at), model, 'the line');
          },
          because: () => [GIVEN],
        };
      },
    }),
  };
}

/** A fact that says whether the package of the class has a list of this name. */
const LISTED = /^import\.([\w.]+\.[A-Z_]+)$/;

/** Are the lists told of the module in which a name would stand? */
const isBeside = (lists: Readonly<Record<string, unknown>>, name: string): boolean =>
  Object.keys(lists).some((one) => one.slice(0, one.lastIndexOf('.')) === name.slice(0, name.lastIndexOf('.')));

/** By the object, what was said of it: the same for every question about a model. */
const saidOf = new WeakMap<ReadObject, Told>();

function toldOf(model: GivenModel, read: ReadObject): Told {
  const before = saidOf.get(read);
  if (before) return before;
  const { object, lists = {}, where, notes, refusal } = read;
  const text = object?.text();
  const known = new Map<string, GivenFact | undefined>();
  const factOf = (name: string): GivenFact | undefined => {
    if (name === WHOLE && object) return { value: text === object, from: 'derived', where };
    if (name === TEXT_PART && object) return partFact(object, where);
    const named = object && classByType(lists, object, name);
    if (named) return named;
    if (Object.hasOwn(lists, name)) return { value: lists[name]!, from: 'stock', where };
    const listed = LISTED.exec(name)?.[1];
    if (listed !== undefined && isBeside(lists, listed))
      return { value: Object.hasOwn(lists, listed), from: 'stock', where };
    const prefix = PREFIXES.find((one) => name.startsWith(one));
    if (prefix === undefined) return undefined;
    if (model.quant !== undefined && QUANTIZATION.test(name)) return { from: 'unknown', where: 'hf_quant_config.json' };
    const from = prefix === 'hf.' ? object : text;
    if (from === undefined) return { from: 'unknown', where: notes[0] ?? where };
    return asGiven(attributeAt(from, name.slice(prefix.length)), model, where);
  };
  const told: Told = {
    ...SILENT,
    notes,
    error: refusal,
    fact(name) {
      if (!known.has(name)) known.set(name, factOf(name));
      return known.get(name);
    },
  };
  saidOf.set(read, told);
  return told;
}

/** What a file beside the config may change. */
const QUANTIZATION = /^hf(?:_text_config)?\.quantization_config\b/;

/** An object of which nothing is known, and why. */
const unreadObject = (why: string): Told => ({
  ...SILENT,
  notes: [why],
  fact: (name) => (PREFIXES.some((one) => name.startsWith(one)) ? { from: 'unknown', where: why } : undefined),
});

const FROM = { default: 'default', class: 'default', rule: 'derived', unknown: 'unknown' } as const;

function asGiven({ value, from, why }: Attribute, model: GivenModel, where: string): GivenFact {
  if (value === undefined) return { from: 'unknown', where: why?.join('; ') ?? where };
  const origin = from === 'config' || from === 'absent' ? model.from : FROM[from];
  if (typeof value === 'symbol') return { missing: true, from: origin, where };
  return { value: value as NonNullable<GivenFact['value']>, from: origin, where };
}
