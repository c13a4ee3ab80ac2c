/** The shapes of all kinds of models that a release makes of their configuration objects. */
import {
  NONE_VALUE,
  asPostInit,
  createReader,
  entryFrame,
  findInClass,
  flagCond,
  flagInput,
  nameIn,
  native,
  newInstance,
  one,
  restrict,
} from '../python/index.ts';
import type { ClassAtom, Frame, Reader, Value } from '../python/index.ts';
import { createBook } from '../rules/index.ts';
import type { RuleSet, Shipper, Term } from '../rules/index.ts';
import { changes } from './changes.ts';
import { configTerm as valueTerm } from './configterms.ts';
import { forgetJson } from './json.ts';
import { ANOTHER, createModelWorld, modelConfigs, modelTypes } from './modelworld.ts';
import { createShipment, eventsTerm, onlyRaises } from './terms.ts';
import type { Tree } from './tree.ts';

/**
 * The shapes: for a model type the number of its kind, `kinds`; then terms `<kind>.<field>` of the model's architecture
 * configuration, `<kind>.text_only.<field>` of one that is given nothing but text, where that is another one, `<kind>.hf.<key>` for
 * what is changed in the configuration object, and `<kind>.events`; `<kind>.unread` where it is not known.
 */
export interface Shapes {
  readonly kinds: Readonly<Record<string, number>>;
  readonly rules: RuleSet;
  /** The fields that are others where a model is given nothing but text. */
  readonly textOnly: ReadonlySet<string>;
}

export const MODEL = 'vllm.config.model';
/** The method of a model configuration that makes its shape. */
export const SHAPE = 'get_model_arch_config';
/** Its method that says whether the model may be given more than text, where what it is given counts for its shape. */
export const TAKES_MORE = '_supports_multimodal_for_mm_prefix';
/** How the names of fields begin as they are where it may not. */
export const TEXT_ONLY = 'text_only';

/** A class of the tree. Throws when the tree has none. */
export function classOf(R: Reader, module: string, name: string): ClassAtom {
  const v = nameIn(R, module, name)?.[0]?.v;
  if (v?.k !== 'class') throw new Error(`the tree has no ${name}`);
  return v;
}

/** Conditions that one kind may need, while it is read and as it is kept: of a kind that needs more nothing is known. */
const OF_A_KIND = 250_000;
const KEPT_OF_A_KIND = 12_000;

/** The shapes of all kinds of models: model types that are treated alike are one kind; kind 0 is any other type. */
export function readShapes(tree: Tree, platform: string): { readonly R: Reader; readonly shape: Shapes } {
  const tooLarge = new Set<string | undefined>();
  for (;;) {
    const made = readKinds(tree, platform, tooLarge);
    if (made) return made;
  }
}

/** Reads all kinds but those that are too large; finds undefined, and one more of those, where there is another. */
function readKinds(
  tree: Tree,
  platform: string,
  tooLarge: Set<string | undefined>,
): { readonly R: Reader; readonly shape: Shapes } | undefined {
  const R = createReader(createBook(), createModelWorld(tree, platform));
  const ship = createShipment(R);
  const kinds: Record<string, number> = {};
  const known = new Map<string, number>();
  const textOnly = new Set<string>();
  for (const type of [undefined, ...modelTypes(R)]) {
    let own: ShapeTerms | undefined;
    try {
      R.d.allow(R.d.count() + OF_A_KIND);
      if (!tooLarge.has(type)) own = smallest(R, type);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      tooLarge.add(type);
      return undefined;
    }
    const key = own?.key ?? UNREAD;
    let kind = known.get(key);
    if (kind === undefined) {
      known.set(key, (kind = known.size));
      for (const name of own?.textOnly ?? []) textOnly.add(name);
      if (own) own.into(ship, `${kind}.`);
      else ship.add(`${kind}.unread`, UNREAD);
    }
    if (type !== undefined && kind > 0) kinds[type] = kind;
  }
  return { R, shape: { kinds, rules: ship.ship(), textOnly } };
}

const UNREAD = 'the shape of such models needs too many conditions';

/** The terms of one kind. */
interface ShapeTerms {
  /** The same for kinds that are alike. */
  readonly key: string;
  readonly textOnly: readonly string[];
  into(ship: Shipper, prefix: string): void;
}

/** The terms of a model type's kind, in the form that is small enough; undefined where none is. */
function smallest(R: Reader, type: string | undefined): ShapeTerms | undefined {
  // what was raised before need not be said again, since the order of events says so; sometimes it is shorter to say it
  for (const finished of [true, false]) {
    R.finished = finished;
    const { frame, terms } = readShape(R, type);
    const into = (to: Shipper, prefix: string): void => {
      for (const [name, term] of terms) to.add(`${prefix}${name}`, term);
      to.add(`${prefix}events`, eventsTerm(R, frame, to, onlyRaises(frame.trace)));
    };
    const alone = createShipment(R);
    into(alone, '');
    const shipped = alone.ship();
    if (shipped.nodes.length > KEPT_OF_A_KIND) continue;
    const textOnly = terms.flatMap(([name]) =>
      name.startsWith(`${TEXT_ONLY}.`) ? [name.slice(TEXT_ONLY.length + 1)] : [],
    );
    return { key: withoutNumbers(JSON.stringify(shipped)), textOnly, into };
  }
  return undefined;
}

/** A text in which the numbers of loops, lists and states, which differ with every reading, are those of their order. */
function withoutNumbers(text: string): string {
  const seen = new Map<string, string>();
  return text.replaceAll(/"(?:state\.|[#@])\d+|(?<=\.)@\d+/g, (name) => {
    let own = seen.get(name);
    if (own === undefined) seen.set(name, (own = `${name.replace(/\d+$/, '')}~${seen.size}`));
    return own;
  });
}

/** The shape of models of one type, or of any type that is not compared with. */
function readShape(
  R: Reader,
  type: string | undefined,
): { readonly frame: Frame; readonly terms: readonly (readonly [string, Term])[] } {
  forgetJson(R);
  const { whole, text } = modelConfigs(R, type ?? ANOTHER);
  const cls = classOf(R, MODEL, 'ModelConfig');
  const self = newInstance(cls);
  const attrs: Readonly<Record<string, Value>> = {
    hf_config: one(whole),
    hf_text_config: one(text),
    revision: NONE_VALUE,
    multimodal_config: NONE_VALUE,
    ...(findInClass(R, cls, TAKES_MORE)
      ? { [TAKES_MORE]: one(native(TAKES_MORE, () => flagInput(R, TAKES_MORE))) }
      : {}),
  };
  for (const [name, value] of Object.entries(attrs)) self.attrs.set(name, value);
  const frame = entryFrame(R, MODEL);
  let made: Value = [];
  // the model configuration asks for it while it is made
  asPostInit(R, frame, cls, () => {
    made = R.call(frame, R.getAttr(frame, one(self), SHAPE), { pos: [], kw: new Map() });
  });
  const terms: (readonly [string, Term])[] = [];
  const names = new Set(made.flatMap((a) => (a.v.k === 'instance' ? [...a.v.attrs.keys()] : [])));
  for (const name of names) {
    const value = made.flatMap((a) =>
      (a.v.k === 'instance' ? (a.v.attrs.get(name) ?? []) : []).map((b) => ({ g: R.d.and(a.g, b.g), v: b.v })),
    );
    // of which type it is was given
    if (name === 'model_type') terms.push([name, { fact: 'hf.model_type' }]);
    else terms.push(...withTextOnly(R, name, value));
  }
  return { frame, terms: [...terms, ...changes(R, whole, 'hf'), ...changes(R, text, 'hf_text_config')] };
}

/** A field as it is while nothing is known of what the model will be given, and as it is where that is text alone, if that differs. */
function withTextOnly(R: Reader, name: string, value: Value): (readonly [string, Term])[] {
  const more = flagCond(R, TAKES_MORE);
  const variable = R.d.top(more);
  if (!value.some(({ g }) => R.d.support(g).includes(variable))) return [[name, valueTerm(R, value)]];
  return [
    [name, valueTerm(R, restrict(R.d, value, more))],
    [`${TEXT_ONLY}.${name}`, valueTerm(R, restrict(R.d, value, R.d.not(more)))],
  ];
}
