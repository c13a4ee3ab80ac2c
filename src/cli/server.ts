/** A question about a server, made of a line, a model, a machine and what is installed there; and a release's rules for it. */
import { installFactNames, installFacts, installOf, meets, nearest } from '../catalog/index.ts';
import {
  architectureOf,
  findRelease,
  listTransformers,
  hasModelClasses,
  modelClassesFile,
  readModelClass,
  readPackages,
  readTransformersFile,
  withOwnClasses,
} from '../disk/index.ts';
import {
  configObject,
  configOf,
  objectOf,
  unfound,
  type ConfigObject,
  createServerRules,
  type FoundModel,
  type GivenFact,
  type GivenModel,
  type Question,
  type ReadArguments,
  type ReadObject,
  type ReleaseData,
  type RestFact,
  type ServerRules,
  type Variant,
} from '../engine/index.ts';
import { createMachine, WhichattnError } from '../rules/index.ts';
import { environment, type Given, UNSAID } from './surroundings.ts';

/**
 * The rules of a release for questions about servers: by its version, or by the path of its file. Configs are read with the
 * release of transformers that is named, else with the newest that it allows.
 */
export function serverRulesOf(
  asked: string,
  release: ReleaseData,
  platform: string,
  transformers?: string,
): ServerRules {
  checkStart(release, platform);
  const classes = modelClassesFile(findRelease(asked));
  const table = classesFor(release, platform, transformers);
  return createServerRules(release, platform, {
    object: (model) => readObjectOf(release, platform, model, table),
    model: (architecture) => modelOf(classes, architecture),
    architectureOf: (cls) => (hasModelClasses(classes) ? architectureOf(classes, cls) : undefined),
  });
}

/** Throws where only the selection of a platform was learned: what a line comes to before is not known there. */
function checkStart({ release, config }: ReleaseData, platform: string): void {
  if (config[platform] !== undefined) return;
  throw new WhichattnError({
    code: 'start-not-learned',
    what: `What a line of vllm serve comes to on ${platform} has not been learned of ${release}`,
    why: `Learned is how a backend is selected there for one layer; whole lines are learned for ${Object.keys(config).join(', ') || 'no platform'}.`,
    todo: 'Ask about a layer of the model: --layer head_size=128 --layer dtype=bfloat16, in the place of the line.',
  });
}

/** The package of the configuration classes that have been learned. */
const PACKAGE = 'transformers';
/** The fact of a question that says with which release of it configs are read. */
export const CLASSES_FACT = `version.${PACKAGE}`;

/** What a release knows of the class of an architecture. */
function modelOf(classes: string, architecture: string): FoundModel | undefined {
  const found = hasModelClasses(classes) ? readModelClass(classes, architecture) : undefined;
  if (found === undefined) return undefined;
  const { info = {}, layers, processing, unread = [] } = found;
  const said = { info, ...(processing === undefined ? {} : { processing: createMachine(processing) }) };
  if (layers !== undefined) return { ...said, layers: { machine: createMachine(layers) } };
  return { ...said, layers: { unread: `the layers of ${architecture} are unknown: ${unread.join('; ')}` } };
}

type Classes = ReturnType<typeof listTransformers>[number];

/**
 * The release of the package of the configuration classes that is named, else the newest that has been learned and that a
 * release of vLLM allows. Throws where the named one has not been learned.
 */
function classesFor({ requirements }: ReleaseData, platform: string, named?: string): Classes | undefined {
  const learned = listTransformers();
  if (named === undefined) {
    const allowed = requirements[platform]?.[PACKAGE] ?? '';
    return learned.find(({ version }) => meets(version, allowed));
  }
  const found = learned.find(({ version }) => version === named);
  if (found !== undefined) return found;
  throw new WhichattnError({
    code: 'unknown-transformers',
    what: `transformers ${named} has not been learned`,
    why: `Learned are ${learned.map(({ version }) => version).join(', ') || 'none'}.`,
    todo: 'Learn it from its wheel, its source release or site-packages: `whichattn learn PATH`.',
    suggestions: nearest(
      named,
      learned.map(({ version }) => version),
    ),
  });
}

/** What is to be said of a release of the package that vLLM does not allow. */
function classesNotes({ release, requirements }: ReleaseData, platform: string, named?: string): string[] {
  const allowed = requirements[platform]?.[PACKAGE] ?? '';
  return named === undefined || meets(named, allowed)
    ? []
    : [
        `vLLM ${release} requires ${PACKAGE} ${allowed}, and ${named} was named: it may refuse to start for that alone.`,
      ];
}

/** What the class of the model's type makes of its config.json. */
function readObjectOf(
  release: ReleaseData,
  platform: string,
  model: GivenModel,
  learned: Classes | undefined,
): ReadObject {
  const { where } = model;
  const config = configOf(model);
  if (learned === undefined) {
    const note = 'No release of transformers that it allows has been learned: the config is not read.';
    return { object: undefined, where, notes: [note] };
  }
  const named = config['model_type'];
  if (typeof named !== 'string')
    throw badConfig('It has no model_type: nothing says which kind of model it is of.', where);
  const library = readTransformersFile(learned.file);
  const { lists = {} } = library;
  const said = release.loaded?.[platform]?.types[named]?.[1];
  const [module, own] = said?.split(':') ?? [PACKAGE];
  const table = module === PACKAGE ? library : withOwnClasses(library, release.release);
  const key = module === PACKAGE ? own : said;
  const unlike = `The model's config is not read: vLLM ${release.release} has a class of its own for model type ${named}, ${own}.`;
  if (table === undefined || (key !== undefined && !Object.hasOwn(table.classes, key)))
    return { object: undefined, where, notes: [unlike] };
  const object = key === undefined ? configObject(table, named, config) : objectOf(table, key, config);
  const from = `${where}, transformers ${learned.version}`;
  const text = object?.text();
  const mistaken = [object, text].find((one) => one?.mistaken === true);
  const refusal = unfound(library, config) ?? mistaken?.refusal;
  if (refusal) return { object: undefined, where: from, notes: [], refusal };
  if (mistaken !== undefined) throw badConfig(mistaken.refused ?? '', where);
  if (text !== undefined) return { object, lists, where: from, notes: [] };
  return {
    object: undefined,
    where: from,
    notes: [`The model's config is not read: ${whyNone(object, learned, named)}.`],
  };
}

/** Why there is no object. */
const whyNone = (object: ConfigObject | undefined, { version }: Classes, type: string): string =>
  object === undefined
    ? `transformers ${version} has no class for model type ${type}`
    : (object.refused ?? 'its text config is unknown');

/** The error for a config.json that is none, by the words of the class that would take it. */
const badConfig = (why: string, where: string): WhichattnError =>
  new WhichattnError({
    code: 'bad-config',
    what: 'The config is not one that transformers takes',
    why,
    where,
    todo: 'Give the config.json as the model was published with it.',
  });

/** What is said of a server. */
export interface SaidOfServer {
  readonly release: ReleaseData;
  readonly platform: string;
  readonly argv: readonly string[];
  readonly line: ReadArguments;
  readonly env: Readonly<Record<string, string>>;
  readonly model?: GivenModel | undefined;
  /** Further models, by their names. */
  readonly others?: Readonly<Record<string, GivenModel>>;
  /** What lies beside the config.json, where somebody looked. */
  readonly beside?: Readonly<Record<string, unknown>> | undefined;
  readonly gpu: Given;
  /** Which install; undefined: nothing is said of packages. */
  readonly install: string | undefined;
  /** The release of transformers whose classes read configs, where one is named. */
  readonly transformers?: string | undefined;
  readonly set?: Given;
  readonly notes?: readonly string[];
}

/** Makes a question of what is said of a server. */
export function serverQuestion(rules: ServerRules, said: SaidOfServer): Question {
  const { release, platform, argv, line, env, model, gpu, install, set = {}, notes = [] } = said;
  const packages = readPackages();
  const names = [...rules.inputs, ...installFactNames(packages.keys)];
  const needs = { release: release.release, requirements: release.requirements[platform] };
  const factsOf = (name: string): Given =>
    installFacts(packages.keys, installOf(packages, platform, name, needs), names, name);
  const classes = classesFor(release, platform, said.transformers);
  const own: Given = {
    'version.vllm': { value: release.release, from: 'stock', where: `vLLM ${release.release}` },
    // a config is read with the classes of one release of it: what asks for its version is told that one
    ...(classes ? { [CLASSES_FACT]: { value: classes.version, from: 'stock', where: 'whose classes are read' } } : {}),
  };
  const stock = install === undefined ? {} : { ...own, ...factsOf(install) };
  const others = Object.keys(packages.installs[platform] ?? {}).filter((name) => name !== install);
  const variants: Variant[] =
    install === undefined ? [] : others.map((name) => ({ name, facts: replacing(stock, factsOf(name)) }));
  const absent = Object.fromEntries(
    Object.entries(rules.absent).map(([name, value]) => [name, fileFact(name, value, said.beside)]),
  );
  const rest: RestFact[] = [...line.rest, ...UNSAID];
  return {
    release: release.release,
    platform,
    facts: { ...absent, ...stock, ...gpu, ...line.facts, ...environment(env) },
    rest,
    ...(Object.keys(set).length === 0 ? {} : { fixed: set }),
    ...(model === undefined ? {} : { model }),
    ...(Object.keys(said.others ?? {}).length === 0 ? {} : { others: said.others! }),
    line: { argv, given: line.given },
    variants,
    notes: [...line.notes, ...classesNotes(release, platform, said.transformers), ...notes],
  };
}

/** A file that may lie beside the config: what it holds, or that it is not there. */
function fileFact(name: string, absent: null | false, beside: SaidOfServer['beside']): GivenFact {
  if (beside === undefined) return { value: absent, from: 'default', where: 'a config.json alone is known' };
  if (absent === false)
    return { value: Object.hasOwn(beside, name.slice('file.'.length)), from: 'config', where: 'what lies beside it' };
  const short = name.slice('file.'.length).replace(/\.json$/, '');
  const file = `${short}.json`;
  if (Object.hasOwn(beside, file))
    return { value: beside[file] as NonNullable<GivenFact['value']>, from: 'config', where: file };
  // one of several files of that kind
  const alike = Object.keys(beside).find((one) => one.startsWith(short.split('_')[0]!));
  if (alike !== undefined && short.includes('_')) return { from: 'unknown', where: `whether ${alike} is meant` };
  return { value: absent, from: 'config', where: `there is no ${file} beside it` };
}

/** One install in place of another: what the other one says and this one does not is unknown. */
const replacing = (before: Given, after: Given): Given => {
  const out: Given = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name], after[name] ?? { from: 'unknown' as const }];
    if (was?.value !== is.value || was?.missing !== is.missing) out[name] = is;
  }
  return out;
};
