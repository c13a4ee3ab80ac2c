/** The stages of a release in vLLM's order, made of what was learned of it. */
import { createMachine, namesOf, printed, UNKNOWN, unpackRules } from '../rules/index.ts';
import type { Machine, PackedRuleSet, Resolved } from '../rules/index.ts';
import { absentFiles } from './absentfiles.ts';
import { shownName } from './argparse.ts';
import { createArgumentReader } from './arguments.ts';
import type { ArgumentReader } from './arguments.ts';
import type { ReadArguments } from './flags.ts';
import type { ConfigObject } from './configobject.ts';
import type { DecisionError } from './decision.ts';
import { draftedModel } from './draftbuild.ts';
import { createDraftChange } from './draftchange.ts';
import { draftStage } from './draftstage.ts';
import type { DraftParts } from './draftstage.ts';
import { loggingStage } from './enginestage.ts';
import { environmentStage } from './environmentstage.ts';
import { filesStage } from './filesstage.ts';
import { innerModel } from './inner.ts';
import { createLoadedStage } from './loadedstage.ts';
import { createMakingRules } from './making.ts';
import type { MakingRules } from './making.ts';
import { createModelStages } from './modelstages.ts';
import { createObjectStages } from './objectstage.ts';
import { createQuantizationStage, withDoubt } from './quantizationstage.ts';
import type { GivenModel, Question } from './question.ts';
import { processingStage, registryStage } from './registrystage.ts';
import type { ModelClassData, ModelRules, QuantizationRules, ReleaseData } from './release.ts';
import type { Known } from './known.ts';
import type { LayerRules, ServerRules } from './server.ts';
import { assignedStage, isAttribute } from './assigned.ts';
import { sameObjectStage } from './sameobject.ts';
import { createRuleStage, playOpen, SILENT } from './stage.ts';
import type { Stage, Told } from './stage.ts';
import { otherPart } from './textpart.ts';

/** What the classes of a model's type make of its config.json, and what was read to say so. */
export interface ReadObject {
  /** Undefined where there are no rules for it. */
  readonly object: ConfigObject | undefined;
  /** Lists of texts that the package of the classes keeps, by their full names. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  readonly where: string;
  readonly notes: readonly string[];
  /** What its class raises of the config.json, where it does. */
  readonly refusal?: DecisionError;
}

/** What is looked up when a question asks for it. */
export interface Lookup {
  object(model: GivenModel): ReadObject;
  /** What the registry has for an architecture; undefined where it has nothing. */
  model(architecture: string): FoundModel | undefined;
  /** The architecture for which the registry has a class, by `module:class`. */
  architectureOf(cls: string): string | undefined;
}

/** A model class of a release: what the registry says of it, and the layers that it builds. */
export interface FoundModel {
  readonly info: NonNullable<ModelClassData['info']>;
  readonly layers: LayerRules;
  /** What prepares its inputs says of the model; undefined where nothing of that was read. */
  readonly processing?: Machine;
}

/** Prepares the rules of a release for questions about servers. */
// oxlint-disable-next-line max-lines-per-function -- one owner of what is looked up once
export function createServerRules(release: ReleaseData, platform: string, lookup: Lookup): ServerRules {
  const machines = new Map<PackedRuleSet, Machine>();
  const machine = (rules: PackedRuleSet): Machine => {
    let made = machines.get(rules);
    if (!made) machines.set(rules, (made = createMachine(unpackRules(rules))));
    return made;
  };
  let reader: ArgumentReader | undefined;
  let making: MakingRules | undefined;
  const found = new Map<string, FoundModel | undefined>();
  const modelOf = (architecture: string): FoundModel | undefined => {
    if (!found.has(architecture)) found.set(architecture, lookup.model(architecture));
    return found.get(architecture);
  };
  const model = release.model?.[platform];
  const loaded = release.loaded?.[platform];
  const loadedStage = loaded && createLoadedStage(loaded);
  const loading = loadedStage ? [loadedStage(undefined)] : [];
  const ofModel = model && createModelStages(model);
  const modelStages = ofModel ? [ofModel.shape, ofModel.config] : [];
  let setByModel: readonly string[] | undefined;
  const assigned = (): readonly string[] =>
    (setByModel ??= model === undefined ? [] : namesOf(unpackRules(model.config).terms).filter(isAttribute));
  const flags = (): Machine => machine(release.arguments.rules);
  const config = machine(release.config[platform]!);
  const selection = machine(release.selection[platform]!);
  const engine = (): Machine | undefined => {
    const rules = release.engine?.[platform];
    return rules && machine(rules);
  };
  const quantization = (): QuantizationRules | undefined => release.quantization?.[platform];
  const ofConfig = createRuleStage({ name: 'config', machine: config, events: () => ['config.events'] });
  const quantizationStage = createQuantizationStage(quantization);
  const configStage = withDoubt(ofConfig, quantization, quantizationStage);
  const all = [selection, configStage, ...modelStages, ...loading];
  const objects = new WeakMap<GivenModel, ReadObject>();
  const objectOf = (given: GivenModel): ReadObject => {
    const known = objects.get(given) ?? passedOn(model, lookup.object(given));
    objects.set(given, known);
    return known;
  };
  const loadedStages = new WeakMap<GivenModel, Stage>();
  const ofObject = createObjectStages(objectOf, loaded?.overrides, loading[0]?.rules);
  const loadedOf = (given: GivenModel | undefined): Stage[] => {
    if (!loadedStage) return [];
    if (given === undefined) return [loadedStage(given)];
    const stage = loadedStages.get(given) ?? loadedStage(given, (known) => ofObject.given(given, known)?.object);
    loadedStages.set(given, stage);
    return [stage, ofObject.late(given)];
  };
  const absent = absentFiles([configStage, ...modelStages, ...loading]);
  const read = (argv: readonly string[], env: Readonly<Record<string, string>>): ReadArguments =>
    (reader ??= createArgumentReader(release.arguments)).read(argv, env);
  const objectNow: DraftParts['objectOf'] = (given, known) => ofObject.given(given, known)?.object;
  const upToModel = (question: Question, changed: readonly Stage[] = []): Stage[] => [
    filesStage(question),
    ofObject.early(question),
    ...loadedOf(question.model),
    ...changed,
    registryStage(modelOf),
    processingStage(modelOf, 'modalities'),
    ...modelStages,
    // of the model that is configured more is known
    processingStage(modelOf, 'item_tokens'),
  ];
  const layersOf = (known: Known): LayerRules => {
    const architecture = known.get('model_config.architecture');
    if (typeof architecture !== 'string') return { unread: 'which class the model is made of is unknown' };
    const layers = modelOf(architecture)?.layers ?? { unread: `the registry has no class for ${architecture}` };
    return 'unread' in layers ? layers : (otherPart(layers.machine, known) ?? layers);
  };
  const changes = release.draft?.[platform];
  let changeOf: ReturnType<typeof createDraftChange> | undefined;
  let apart: Machine | undefined;
  const drafting: DraftParts = {
    machine: () => (apart ??= createMachine(unpackRules(release.config[platform]!))),
    read: (argv) => read(argv, {}),
    stages(question, change) {
      const stage = changes && (changeOf ??= createDraftChange(changes))(change);
      return stage && upToModel(question, [stage]);
    },
    again: [registryStage(modelOf), ...modelStages.slice(0, 1)],
    objectOf: objectNow,
    absent,
  };
  return {
    inputs: [...new Set(all.flatMap(({ inputs }) => inputs))],
    absent,
    selection,
    get built() {
      const built = release.built?.[platform];
      return built && machine(built);
    },
    get engine() {
      return engine();
    },
    get making() {
      const of = release.making?.[platform];
      return of && (making ??= createMakingRules(of));
    },
    table: release.arguments,
    read,
    stages(question) {
      return [
        parseStage(release, config, flags, question),
        loggingStage(engine, question),
        ...upToModel(question),
        draftStage(drafting, question),
        configStage,
        quantizationStage,
        workerStage(selection),
        environmentStage(release, question),
        sameObjectStage(question, objectNow),
        assignedStage(question, objectNow, assigned()),
      ];
    },
    layers: layersOf,
    drafted(known) {
      if (!ofModel) return { unread: 'the models of the release were not read' };
      const layers = (architecture: string): LayerRules | undefined => modelOf(architecture)?.layers;
      const built = release.built?.[platform];
      const own = layersOf(known);
      const term = 'unread' in own ? undefined : own.machine.rules.terms['gives_states'];
      if (!('unread' in own)) own.machine.load(known);
      const givesStates = term === undefined || 'unread' in own ? UNKNOWN : own.machine.resolve(term);
      const of = { built: built && machine(built), anew: ofModel.anew, quantization: quantizationStage, layers };
      return draftedModel({ ...of, givesStates }, known);
    },
    inner(known, asked) {
      if (!ofModel) return { unread: 'the models of the release were not read' };
      const layers = (architecture: string): LayerRules | undefined => modelOf(architecture)?.layers;
      return innerModel({ ...ofModel, layers, architectureOf: (cls) => lookup.architectureOf(cls) }, known, asked);
    },
  };
}

/** What the command itself raises of the arguments together. */
const CHECKS = 'serve.events';

/**
 * The objects that flags are read as, whose validators may turn the line away before anything else happens, and what the command
 * checks of the arguments before it starts.
 */
function parseStage(release: ReleaseData, own: Machine, flags: () => Machine, { line }: Question): Stage {
  const { terms } = own.rules;
  const read = (line?.given ?? []).flatMap(({ dest }) => {
    const name = `parse.${dest}.events`;
    // an object that is not read with the configuration is read with the flags
    const machine = flags().rules.terms[name] === undefined ? own : flags();
    return machine.rules.terms[name] === undefined ? [] : [{ dest, name, machine }];
  });
  const asked = new Set([...(terms[CHECKS] === undefined ? [] : [own]), ...read.map(({ machine }) => machine)]);
  return {
    name: 'parse',
    about: line,
    get inputs() {
      return [...asked].flatMap(({ inputs }) => inputs);
    },
    run(known) {
      const open: Told['open'][number][] = [];
      for (const { dest, name, machine } of read) {
        const played = playOpen(machine, known, machine.rules.terms[name]);
        open.push(...played.open);
        if (played.error) return { ...SILENT, open, error: asParser(release, dest, played.error) };
      }
      const checked = playOpen(own, known, terms[CHECKS]);
      return { ...SILENT, error: checked.error, open: [...open, ...checked.open], logs: checked.logs };
    },
  };
}

/** An error as the parser tells it: a validator's complaint is the last line of its usage, anything else stays. */
function asParser({ arguments: table }: ReleaseData, dest: string, error: DecisionError): DecisionError {
  const flag = table.flags.find((one) => one.dest === dest);
  if (error.type !== 'ValidationError' || !flag) return error;
  return {
    ...error,
    type: 'SystemExit',
    text: `vllm serve: error: argument ${shownName(flag)}: ${error.text ?? 'a value is not valid'}`,
  };
}

/** What a class refuses, as it comes out of the model configuration that has the object made; see `passedOn` of the room that learns it. */
function passedOn(model: ModelRules | undefined, read: ReadObject): ReadObject {
  const { refusal } = read;
  if (refusal === undefined || !PASSED_ON.has(refusal.type)) return read;
  const rules = model && unpackRules(model.config);
  const term = rules?.terms[`raised.${refusal.type}`];
  if (!rules || term === undefined) return { ...read, refusal: { ...refusal, text: null } };
  const machine = createMachine(rules);
  machine.load({ get: (name) => (name === 'refusal.text' ? (refusal.text ?? undefined) : undefined) });
  const { type, text } = machine.resolve(term) as Readonly<Record<string, Resolved>>;
  const said = typeof text === 'string' && refusal.text !== null ? text : null;
  return { ...read, refusal: { ...refusal, type: printed(type!), text: said } };
}

/** What pydantic turns into an error of its own. */
const PASSED_ON: ReadonlySet<string> = new Set(['ValueError', 'AssertionError']);

/** What a worker checks before it builds the model. */
function workerStage(selection: Machine): Stage {
  const events = selection.rules.terms['worker.events'];
  return {
    name: 'worker',
    inputs: [],
    run(known) {
      if (events === undefined) return SILENT;
      const { error, open, logs } = playOpen(selection, known, events);
      return { ...SILENT, error, open, logs };
    },
  };
}
