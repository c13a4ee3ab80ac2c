/**
 * A model that a model builds of a class that it looks up: the rules of that class, and what is then known, since its
 * configuration object is another one. Mirrors `VllmConfig.with_hf_config` and `get_model_architecture`.
 */
import { MISSING, UNKNOWN } from '../rules/index.ts';
import type { Machine, Resolved } from '../rules/index.ts';
import { createKnown } from './known.ts';
import type { Layer, Source } from './known.ts';
import type { Anew } from './modelstages.ts';
import { isSameFact } from './question.ts';
import type { GivenFact } from './question.ts';
import type { LayerRules } from './server.ts';
import type { Stage } from './stage.ts';
import { takesOwn } from './registrystage.ts';
import { isAnywhere, otherPart, TEXT_PART } from './textpart.ts';

/** What such a model is built with. */
export interface AskedInner {
  /** The place of its configuration object: the name of that fact. */
  readonly config: string;
  /** The architectures that stand in it, and the class where one is given, as `module:class`. */
  readonly architectures: Resolved;
  readonly class: string | undefined;
  /** The attributes that were changed in its object. */
  readonly changed: readonly string[];
  /** What is set in the text config of that object, by name; UNKNOWN where it depends on an unknown fact. */
  readonly set: Readonly<Record<string, Resolved>>;
}

/** The rules of its layers, and what is known while they are built; or why there are none. */
export type InnerModel = { readonly machine: Machine; readonly known: Layer } | { readonly unread: string };

/** What of a release is needed to find it. */
export interface InnerRules {
  /** The shape of a model of any kind. */
  readonly shape: Stage;
  readonly anew: Anew;
  /** The layers of an architecture; undefined where the registry has no class for it. */
  layers(architecture: string): LayerRules | undefined;
  /** The architecture of a class, by `module:class`. */
  architectureOf(cls: string): string | undefined;
}

const WHOLE = 'hf';
const TEXT = 'hf_text_config';
const IS_WHOLE = 'hf.text_is_whole';

/** Looks for the model that is asked for. */
export function innerModel(rules: InnerRules, known: Layer, asked: AskedInner): InnerModel {
  const architecture = architectureOf(rules, known, asked);
  if (architecture === undefined) return { unread: 'of which class a model inside the model is made is unknown' };
  const layers = rules.layers(architecture) ?? { unread: `the registry has no class for ${architecture}` };
  if ('unread' in layers) return layers;
  const { config, changed } = asked;
  const { machine } = layers;
  const isText = typeof machine.rules.terms['text'] !== 'string';
  const isWhole = config === WHOLE && otherPart(machine, known) === undefined;
  // its rules say by two names what is one object here, or is the whole that it is in any case where nothing was changed in that
  const fits = isText ? (isAnywhere(machine) && isWhole && changed.length === 0) || isTextPart(known, config) : isWhole;
  if (!fits) return { unread: `${architecture} is made of ${config}, which is not its text config` };
  return { machine, known: knownInside(rules, known, asked) };
}

/** The only architecture that is named, or that of the class that is given. */
function architectureOf(rules: InnerRules, known: Layer, asked: AskedInner): string | undefined {
  if (asked.class !== undefined) return rules.architectureOf(asked.class);
  const { architectures } = asked;
  const [one, ...others] = Array.isArray(architectures) ? (architectures as unknown[]) : [];
  return typeof one === 'string' && others.length === 0 && takesOwn(known) ? one : undefined;
}

/** Is a configuration object the text config of the whole? */
const isTextPart = (known: Layer, config: string): boolean =>
  config === TEXT || (config === WHOLE ? known.get(IS_WHOLE) === true : config === `${WHOLE}.${partOf(known)}`);

const partOf = (known: Layer): string => {
  const part = known.get(TEXT_PART);
  return typeof part === 'string' ? part : '';
};

/** What is known where the object is the whole configuration object: all else of the configuration is as it was. */
function knownInside({ shape, anew }: InnerRules, known: Layer, { config, changed, set }: AskedInner): Layer {
  const isSame = config === WHOLE && changed.length === 0;
  const told = settingOf(set, isSame && known.get(IS_WHOLE) !== true ? [TEXT] : [WHOLE, TEXT]);
  if (isSame) return Object.keys(set).length === 0 ? known : createKnown([told], known);
  const at = (name: string): string | undefined => {
    const root = [WHOLE, TEXT].find((one) => name.startsWith(`${one}.`));
    return root === undefined ? undefined : name.slice(root.length + 1);
  };
  const object: Source = {
    fact(name) {
      if (name === IS_WHOLE) return { value: true, from: 'derived' };
      // what is asked by the type of its object is asked by another name
      if (name.includes('{hf')) return { from: 'unknown' };
      const key = at(name);
      if (key === undefined) return undefined;
      if (changed.includes(key.split('.', 1)[0]!)) return { from: 'unknown', where: `${config} is changed` };
      return known.given(`${config}.${key}`) ?? { from: 'unknown', where: config };
    },
    because: () => [],
  };
  const inside = createKnown([told, object], known);
  const shaped = createKnown([shape.run(inside)], inside);
  const follows = anew(shaped);
  return createKnown([{ fact: (name) => settled(name, follows(name), known), because: () => [] }], shaped);
}

/** What is set in an object that goes by these names. */
const settingOf = (set: AskedInner['set'], roots: readonly string[]): Source => ({
  fact(name) {
    const root = roots.find((one) => name.startsWith(`${one}.`));
    const value = root === undefined ? undefined : set[name.slice(root.length + 1)];
    if (value === undefined) return undefined;
    if (value === MISSING) return { missing: true, from: 'derived' };
    return value === UNKNOWN
      ? { from: 'unknown' }
      : { value: value as NonNullable<GivenFact['value']>, from: 'derived' };
  },
  because: () => [],
});

/** What is asked anew, or was kept from before; where that is not known, both have to say the same. */
function settled(
  name: string,
  said: { readonly given: GivenFact; readonly isKept: boolean } | undefined,
  before: Layer,
): GivenFact | undefined {
  if (said === undefined || !said.isKept) return said?.given;
  const kept = before.get(`kept.${name}`);
  if (typeof kept === 'boolean') return kept ? before.given(name) : said.given;
  const { given } = said;
  const now = given.missing === true ? MISSING : given.value;
  return isSameFact(now, before.get(name)) ? given : { from: 'unknown' };
}
