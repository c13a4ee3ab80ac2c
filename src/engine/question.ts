/** A question as data: what is known, where it is known from. It goes to JSON and back unchanged. */
import { floatFact, MISSING } from '../rules/index.ts';
import type { Fact, Facts } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { GivenFlag } from './flags.ts';

/** Where a fact comes from. `derived` is worked out of others by the release's own rules. */
export type Origin = 'flag' | 'config' | 'catalogue' | 'env' | 'stock' | 'default' | 'derived' | 'unknown';

/** A fact as a question gives it. Without `value` and without `missing` it is unknown, as when it is not given. */
export interface GivenFact {
  readonly value?: Json;
  /** Known not to be there: an environment variable that is not set, a key that the config lacks. */
  readonly missing?: true;
  readonly from: Origin;
  /** The flag, file, row or line. */
  readonly where?: string;
}

/** What is known of every fact of a kind that is not given by its own name. */
export interface RestFact extends GivenFact {
  /** The beginning of the facts' names, as `env.`. */
  readonly prefix: string;
}

/** Facts that would replace those given: another install, another GPU. */
export interface Variant {
  readonly name: string;
  readonly facts: Readonly<Record<string, GivenFact>>;
}

/** A model as it is given: its config.json, and what lies beside it. */
export interface GivenModel {
  readonly config: { readonly [key: string]: Json };
  /** The keys whose whole numbers are written as floats, which for Python are no ints; those of an object inside after its own. */
  readonly floats?: readonly string[];
  /** The hf_quant_config.json beside it. */
  readonly quant?: { readonly [key: string]: Json };
  /**
   * What these copies leave out of the published files: paths of keys, those of the quantization's file below `quant`, each
   * with `: list of 3 texts` where it is such a list, or with another word on it.
   */
  readonly leftOut?: readonly string[];
  /** Whether it is the asker's own or from the list of models. */
  readonly from: Origin;
  readonly where: string;
}

/** The config.json of a model, its whole floats told apart from ints. */
export function configOf(model: GivenModel): { readonly [key: string]: Fact } {
  const known = configs.get(model);
  if (known) return known;
  const { config, floats = [] } = model;
  const marks: Marks = new Map<string, Marks>();
  for (const path of floats) {
    let inside = marks;
    for (const key of path.split('.')) {
      const next: Marks = inside.get(key) ?? new Map<string, Marks>();
      inside.set(key, next);
      inside = next;
    }
  }
  const made = marked(config, marks) as { readonly [key: string]: Fact };
  configs.set(model, made);
  return made;
}

const configs = new WeakMap<GivenModel, { readonly [key: string]: Fact }>();

/** Keys below which a whole float stands, or that are one. */
type Marks = Map<string, Marks>;

function marked(value: unknown, marks: Marks): unknown {
  if (typeof value === 'number') return floatFact(value);
  if (typeof value !== 'object' || value === null) return value;
  const inside = (key: string, of: unknown): unknown => {
    const own = marks.get(key);
    return own === undefined ? of : marked(of, own);
  };
  if (Array.isArray(value)) return value.map((item, i) => inside(String(i), item));
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, inside(key, of)]));
}

/** Everything that is asked, by the names of the rules. */
export interface Question {
  readonly release: string;
  readonly platform: string;
  readonly facts: Readonly<Record<string, GivenFact>>;
  readonly rest?: readonly RestFact[];
  /** Facts that hold whatever the rules make of the others. */
  readonly fixed?: Readonly<Record<string, GivenFact>>;
  /** The model of a server. */
  readonly model?: GivenModel;
  /** Further models that a line may name, one that drafts, say: by their names. */
  readonly others?: Readonly<Record<string, GivenModel>>;
  /** The words after `vllm serve`, and the flags that were read from them. */
  readonly line?: { readonly argv: readonly string[]; readonly given: readonly GivenFlag[] };
  /** Decided beside the question, to say whether they differ. */
  readonly variants?: readonly Variant[];
  /** What the asker knows to be left out. */
  readonly notes?: readonly string[];
  /** How the question was put: a command line, a model, a GPU. Carried along, never read. */
  readonly asked?: Json;
}

/** A question's fact of that name, by its own name or by its kind; undefined where nothing is said. */
export function givenFact(question: Pick<Question, 'facts' | 'rest'>, name: string): GivenFact | undefined {
  if (Object.hasOwn(question.facts, name)) return question.facts[name];
  return question.rest?.find(({ prefix }) => name.startsWith(prefix));
}

/** The value of a given fact as rules read it; undefined where it is unknown. */
export function factValue(given: GivenFact | undefined): Fact | undefined {
  if (given === undefined) return undefined;
  if (given.missing === true) return MISSING;
  return given.value;
}

/** The facts of a question as rules read them. */
export function factsIn(question: Question): Facts {
  const known = new Map<string, Fact | undefined>();
  return {
    get(name) {
      if (!known.has(name)) known.set(name, factValue(givenFact(question, name)));
      return known.get(name);
    },
  };
}

type Changes = Readonly<Record<string, Fact | undefined>>;

/** What facts were made of that are others but for some. */
const madeOf = new WeakMap<Facts, { readonly facts: Facts; readonly changes: Changes }>();

/** The same facts, some of them replaced. What is replaced by undefined is unknown. */
export function changed(facts: Facts, changes: Changes): Facts {
  const made: Facts = {
    get: (name) => (Object.hasOwn(changes, name) ? changes[name] : facts.get(name)),
    since(others) {
      const other = madeOf.get(others);
      return other?.facts === facts
        ? (name) => Object.hasOwn(changes, name) || Object.hasOwn(other.changes, name)
        : undefined;
    },
  };
  madeOf.set(made, { facts, changes });
  return made;
}

/** Are they one value, or both unknown? */
export const isSameFact = (a: Fact | undefined, b: Fact | undefined): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));

/** Is it a value that says nothing? */
export const isUnset = (fact: Fact | undefined): boolean =>
  fact === null || (typeof fact === 'object' && Object.keys(fact).length === 0);
