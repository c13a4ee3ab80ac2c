/** A whole release, read once: everything that is kept of it. */
import { createMachine, mergeRules, packRules } from '../rules/index.ts';
import type { PackedRuleSet, RuleSet } from '../rules/index.ts';
import { readArguments } from './arguments.ts';
import { type OwnVariables, readOwnVariables } from './environment.ts';
import type { ArgumentTable } from './arguments.ts';
import { type DraftChanges, readDraftChanges } from './draftoverride.ts';
import { readEngineVariables } from './enginevars.ts';
import { readEngineArguments } from './engineargs.ts';
import { type Loaded, readLoaded } from './loaded.ts';
import { type ModelFacts, readModelFacts } from './modelfacts.ts';
import type { ModelClass } from './models.ts';
import { type Quantization, readQuantization } from './quantization.ts';
import { namesRequirements, readRequirements } from './requirements.ts';
import type { LearnedPlugin } from './pluginabout.ts';
import { readSelection } from './selection.ts';
import type { Unread } from './selection.ts';
import type { Tree } from './tree.ts';
import { modelsReader, partReader, STARTED } from './learnparts.ts';
import type { ModelsReader, ReadPart } from './learnparts.ts';
import { halfTree } from './whole.ts';
import { platformsOf } from './world.ts';

/** What is known of a tree before it is read. */
export interface About {
  readonly release: string;
  readonly source: { readonly file: string; readonly sha256: string };
  /** The source release from which platforms are read that the tree is not built for. */
  readonly beside?: { readonly file: string; readonly sha256: string };
}

/** Everything that is kept of a release, as it is written. */
export interface Learned extends About, OwnVariables {
  readonly schemaVersion: 2;
  /** By platform: the packages its requirements name, and what they ask of their versions. */
  readonly requirements: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The backends of its registry, in its order. */
  readonly backends: readonly string[];
  /** The flags of `vllm serve`. */
  readonly arguments: ArgumentTable;
  /** By platform: how a model's configuration is loaded. */
  readonly loaded: Readonly<Record<string, PackedLoaded>>;
  /** By platform: what is changed in the configuration object of a model that drafts; absent where it was not asked. */
  readonly draft?: Readonly<Record<string, PackedDraft>>;
  /** By platform: what is made of a model's configuration object. */
  readonly model: Readonly<Record<string, PackedModel>>;
  /** By platform: what a command line comes to. */
  readonly config: Readonly<Record<string, PackedRuleSet>>;
  /** By platform: how a backend is selected. */
  readonly selection: Readonly<Record<string, PackedRuleSet>>;
  /** By platform: what follows for the configuration once a model is built. */
  readonly built: Readonly<Record<string, PackedRuleSet>>;
  /** By platform: what an engine raises of variables of the environment once it is up. */
  readonly engine: Readonly<Record<string, PackedRuleSet>>;
  /** By platform: what is made of a checkpoint's quantization configuration, by the method. */
  readonly quantization: Readonly<Record<string, PackedQuantization>>;
  /** By platform: what making layers of weights refuses, for those that are not quantized and by the method. */
  readonly making: Readonly<Record<string, PackedQuantization>>;
  /** By part: what was not read exactly. */
  readonly unread: Readonly<Record<string, readonly Unread[]>>;
  /** The package that brings the platforms, where it is not the release. */
  readonly plugin?: LearnedPlugin;
}

/** How a model's configuration is loaded, as it is written. */
export type PackedLoaded = Omit<Loaded, 'rules' | 'notes'> & { readonly rules: PackedRuleSet };

/** What is changed in the object of a model that drafts, as it is written. */
export type PackedDraft = Omit<DraftChanges, 'rules' | 'notes'> & { readonly rules: PackedRuleSet };

/** The rules of a model's shape by the kinds of model types, and of the model configuration. */
export interface PackedModel {
  readonly kinds: Readonly<Record<string, number>>;
  readonly shape: PackedRuleSet;
  /** The facts that the shapes ask for. */
  readonly asked: readonly string[];
  readonly config: PackedRuleSet;
}

/** A release with its model classes, which are kept in a file of their own. */
export interface LearnedRelease {
  readonly learned: Learned;
  readonly models: readonly ModelClass[];
}

/** The rules of the methods' objects, `<method>/` before each name, and why a method has none. */
export interface PackedQuantization {
  readonly methods: readonly string[];
  readonly rules: PackedRuleSet;
  readonly unread: Readonly<Record<string, string>>;
}

type OfSelection = Pick<Learned, 'requirements' | 'backends' | 'selection' | 'built'> & {
  readonly variables: OwnVariables;
};

/** How backends are selected on every platform that the tree has. */
function selectionOf(built: Tree, read: ReadPart, beside: Tree, withBuilt = true): OfSelection {
  const platforms = platformsOf(beside);
  const treeOf = (platform: string): Tree => (STARTED.includes(platform) ? built : beside);
  const isStarted = (platform: string): boolean => withBuilt && STARTED.includes(platform);
  const made = platforms.map(
    (platform) =>
      [
        platform,
        read(`selection.${platform}`, () => readSelection(treeOf(platform), platform, isStarted(platform))),
      ] as const,
  );
  if (made.length === 0) throw halfTree('platform whose rules could be read (vllm/platforms)');
  return {
    variables: readOwnVariables(built, STARTED[0]!),
    requirements: Object.fromEntries(
      platforms
        // what is installed or packed says what one build needs: no other platform's
        .filter((platform) => STARTED.includes(platform) || namesRequirements(treeOf(platform), platform))
        .map((platform) => [platform, readRequirements(treeOf(platform), platform)]),
    ),
    backends: backendsOf(made[0]![1].rules),
    selection: Object.fromEntries(made.map(([platform, { rules }]) => [platform, packRules(rules)])),
    // it follows for a whole line, which is asked on these alone
    built: Object.fromEntries(
      made.flatMap(([platform, { built }]) => (isStarted(platform) ? [[platform, packRules(built)]] : [])),
    ),
  };
}

/**
 * Reads of a tree how a backend is selected for one layer, and nothing of what comes before. `beside` holds the platforms that
 * the tree is not built for: a wheel is built for one, and holds what only that one has.
 */
export function learnSelection(
  tree: Tree,
  about: About,
  beside: Tree,
  begin: (part: string) => void = () => undefined,
): Learned {
  const { read, unread } = partReader(begin);
  return selectionAlone(about, selectionOf(tree, read, beside, false), unread);
}

/** What is kept of a release of which nothing was read but how a backend is selected for one layer. */
export const selectionAlone = (
  about: About,
  { requirements, backends, variables, selection }: Omit<OfSelection, 'built'>,
  unread: Learned['unread'],
): Learned => ({
  schemaVersion: 2,
  ...about,
  requirements,
  backends,
  ...variables,
  arguments: {
    abbreviations: false,
    flags: [],
    rules: packRules({ variables: [], nodes: [], places: [], terms: {} }),
  },
  loaded: {},
  model: {},
  config: {},
  selection,
  // a start is not asked about
  built: {},
  engine: {},
  quantization: {},
  making: {},
  unread,
});

/**
 * Reads a tree. `begin` hears the name of each part before it is read, or waited for; `beside` as in `learnSelection`. What
 * `ofModels` reads may be read meanwhile by somebody else.
 */
// oxlint-disable-next-line max-lines-per-function -- one part after the other
export async function learn(
  tree: Tree,
  about: About,
  beside: Tree,
  begin: (part: string) => void = () => undefined,
  ofModels: ModelsReader = modelsReader(tree),
): Promise<LearnedRelease> {
  const { read, wait, unread } = partReader(begin);
  const { table } = read('arguments', () => readArguments(tree, STARTED[0]!));
  const loaded = STARTED.map((platform) => {
    const { types, overrides, rules } = read(`loaded.${platform}`, () => readLoaded(tree, platform));
    return [platform, { types, ...(overrides ? { overrides } : {}), rules: packRules(rules) }] as const;
  });
  const draft = STARTED.map((platform) => {
    const { rules, notes: _notes, ...of } = read(`draft.${platform}`, () => readDraftChanges(tree, platform));
    return [platform, { ...of, rules: packRules(rules) }] as const;
  });
  const model = STARTED.map(
    (platform) => [platform, packModel(read(`model.${platform}`, () => readModelFacts(tree, platform)))] as const,
  );
  const config = STARTED.map(
    (platform) => [platform, read(`config.${platform}`, () => readEngineArguments(tree, platform)).rules] as const,
  );
  const { requirements, backends, variables, ...selection } = selectionOf(tree, read, beside);
  const engine = STARTED.map(
    (platform) => [platform, read(`engine.${platform}`, () => readEngineVariables(tree, platform)).rules] as const,
  );
  const { classes: models, makers } = await wait('models', () => {
    ofModels.help?.();
    return ofModels.classes();
  });
  const ofQuantization = askedOf('quant_config', models);
  const quantization = STARTED.map((platform) => {
    const made = read(`quantization.${platform}`, () => readQuantization(tree, platform, ofQuantization));
    return [platform, packedQuantization(made)] as const;
  });
  const making: [string, PackedQuantization][] = [];
  for (const platform of STARTED) {
    const made = await wait(`making.${platform}`, () => ofModels.making(platform, makers));
    making.push([platform, packedQuantization(made)]);
  }
  const learned: Learned = {
    schemaVersion: 2,
    ...about,
    requirements,
    backends,
    ...variables,
    arguments: table,
    loaded: Object.fromEntries(loaded),
    draft: Object.fromEntries(draft),
    model: Object.fromEntries(model),
    config: Object.fromEntries(config.map(([platform, rules]) => [platform, packRules(rules)])),
    ...selection,
    engine: Object.fromEntries(engine.map(([platform, rules]) => [platform, packRules(rules)])),
    quantization: Object.fromEntries(quantization),
    making: Object.fromEntries(making),
    unread,
  };
  return { learned, models };
}

/** What is asked of an object of the configuration while models are built: its attributes, `is.<class>`, `method.<layer>`. */
function askedOf(object: string, models: readonly ModelClass[]): readonly string[] {
  const pattern = new RegExp(`^${object}\\.((?:method\\.[\\w/:]+)(?:\\.is\\.\\w+)?|(?:is\\.)?\\w+)`);
  const found = new Set<string>();
  for (const { layers } of models)
    for (const input of layers === undefined ? [] : createMachine(layers).inputs) {
      const name = pattern.exec(input)?.[1];
      if (name !== undefined) found.add(name);
    }
  return [...found].sort();
}

const packedQuantization = ({ rules, unread }: Quantization): PackedQuantization => ({
  methods: Object.keys(rules),
  rules: packRules(
    mergeRules(Object.entries(rules).map(([method, of]) => [`${method}/`, of])),
    Object.keys(rules).map((method) => `${method}/`),
  ),
  unread,
});

/** The facts of a model as they are kept. */
export const packModel = ({ shape, model }: Omit<ModelFacts, 'notes'>): PackedModel => ({
  kinds: shape.kinds,
  shape: packRules(shape.rules, [
    ...new Set(Object.keys(shape.rules.terms).flatMap((name) => /^\d+\./.exec(name) ?? [])),
  ]),
  asked: createMachine(shape.rules).inputs,
  config: packRules(model),
});

/** The members of the registry, in its order: each was asked what it says of a configuration. */
export function backendsOf({ terms }: RuleSet): string[] {
  const names = Object.keys(terms).map((name) => /^(?:requested|backend)\.([^.]+)$/.exec(name)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}
