/* oxlint-disable max-lines -- a server from its stages to what it comes to, in one place */
/**
 * A whole server: a question goes through the stages of its release in the order in which vLLM starts, the model's layers
 * are built, and the selection answers each call that they make. Short: what comes out, nothing explained.
 */
import { MISSING, namesOf, plainNumber, textOf, UNKNOWN } from '../rules/index.ts';
import type { Fact, Facts, Machine, Resolved } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { errorOf } from './candidates.ts';
import type { DecisionError, LogLine } from './decision.ts';
import { happensIn, play } from './events.ts';
import type { ArgumentTable, ReadArguments } from './flags.ts';
import { build, buildAgain } from './building.ts';
import type { Building, Select } from './building.ts';
import { ENDS } from './layers.ts';
import type { AskedInner, InnerModel } from './inner.ts';
import { madeOf } from './making.ts';
import type { MakingRules } from './making.ts';
import type { BuildError, BuiltLayers, LayerCall, OpenBuildError, OwnBackend, Selected } from './layers.ts';
import {
  backendOf,
  certainOf,
  eventsBeside,
  fieldsOf,
  isOpen,
  outcomeBeside,
  outcomeOf,
  raisedInBuilder,
  raisedInMaking,
  resolved,
  TERMS,
  VISION_SELECTOR,
} from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { changed, givenFact } from './question.ts';
import type { Question } from './question.ts';
import { BLOCK_SIZE } from './builderfacts.ts';
import { builtFacts } from './builtfacts.ts';
import type { Asked, Built, Chosen } from './builtfacts.ts';
import { LAYOUT, settledLayout } from './builtlayout.ts';
import type { DraftedModel } from './draftbuild.ts';
import { mayBuild } from './drafter.ts';
import { raisedByBudget, raisedByVariables, setsVariable } from './enginestage.ts';
import { howChosen } from './whatif.ts';
import { createProber } from './explain.ts';
import { followStages } from './follow.ts';
import type { Followed, Given } from './follow.ts';
import { createKnown } from './known.ts';
import type { Known, Layer } from './known.ts';
import { derived } from './stage.ts';
import type { OpenError, Stage } from './stage.ts';

/** The rules of a model's layers, or why there are none. */
export type LayerRules = { readonly machine: Machine } | { readonly unread: string };

/** What a release knows of a start. */
export interface ServerRules {
  /** The facts that the selection and the stages ask for. */
  readonly inputs: readonly string[];
  /** Files that may lie beside a config.json, by their facts, and what rules see where they do not. */
  readonly absent: Readonly<Record<string, null | false>>;
  readonly selection: Machine;
  /** What follows once a model is built; undefined where a release has no rules of it. */
  readonly built?: Machine | undefined;
  /** What an engine that is up raises of the environment; undefined where a release has no rules of it. */
  readonly engine?: Machine | undefined;
  /** What layers of weights refuse; undefined where a release has no rules of it. */
  readonly making?: MakingRules | undefined;
  readonly table: ArgumentTable;
  /** Reads the words after `vllm serve`. */
  read(argv: readonly string[], env: Readonly<Record<string, string>>): ReadArguments;
  /** The stages of a question, in vLLM's order. */
  stages(question: Question): readonly Stage[];
  /** The layers of an architecture, by what is known of it. */
  layers(known: Known): LayerRules;
  /** The model that drafts beside the one that is served. */
  drafted(known: Layer): DraftedModel;
  /** A model that the model builds of a class that it looks up. */
  inner(known: Layer, asked: AskedInner): InnerModel;
}

/** An error with the stage that raises it. */
export interface StageError extends DecisionError {
  readonly stage: string;
}

export interface StageOpenError extends OpenError {
  readonly stage: string;
}

/** The function that the layers of decoders ask. */
export const SELECTOR = 'get_attn_backend';
export const DEFAULT = 'layer_default';
/** The stage in which a worker makes the metadata builders, once all layers are there. */
const BUILDER = 'builder';
/** The stage in which it asks those for their backend that have one of their own accord. */
export const ASKED = 'asked';
/** The last: the engine is up, and evaluates the variables of the environment. */
const ENGINE = 'engine';
/** The stages of a start whose model is built. */
export const AFTER_BUILDING: ReadonlySet<string> = new Set([ASKED, LAYOUT, BUILDER, ENGINE]);

/** The role of the layers that ask the selection. */
export const LM = 'lm';
/** What layers are for, by the function that they ask. */
const ROLES: Readonly<Record<string, string>> = { [SELECTOR]: LM, [DEFAULT]: 'own', [VISION_SELECTOR]: 'vision' };

/** The layers of a model that drafts that are told as such; what else it asks is told by what it asks. */
const DRAFTED: ReadonlySet<string> = new Set([SELECTOR, DEFAULT]);

/** Calls of one kind of layer with the same arguments. */
export interface ServerGroup {
  /**
   * `lm` for the layers that ask the selection, `vision` for those of a vision tower, `own` for layers that ask nobody; the name
   * of what they ask where that is another function. `draft` for layers of either kind of a model that drafts.
   */
  readonly role: string;
  /** What is known where they are made, if that is not what is known of the model that is served. */
  readonly within: Layer | undefined;
  readonly asks: string;
  readonly layer: string;
  readonly by: string;
  /** How many layers; where `certain` is false perhaps fewer. */
  readonly layers: number;
  readonly certain: boolean;
  readonly names: readonly string[];
  readonly call: LayerCall;
  /** The facts of the selection for this group. */
  readonly facts: Facts;
  /** What each argument was made of. */
  readonly because: Readonly<Record<string, readonly string[]>>;
  readonly outcome: Outcome;
  readonly backend: string | null;
  /** What may be raised where the implementation of its backend is made. */
  readonly open: readonly StageOpenError[];
}

/** What a server comes to. */
export interface ServerAnswer extends Omit<Followed, 'steps' | 'isSound'> {
  /** How far its stages came. */
  readonly followed: Followed;
  /** How its layers were built, where they were. */
  readonly building?: Building;
  readonly outcome: 'starts' | 'refused' | 'unknown';
  readonly groups: readonly ServerGroup[];
  /** Whether these are all groups. */
  readonly complete: boolean;
  readonly gaps: readonly string[];
  /** What is made of weights that was not read; undefined where none of it was. */
  readonly unread?: readonly string[];
}

export interface Answering {
  /** Says the facts of the question, where they do not stand in it. */
  readonly given?: Given;
  /** The answer to a question that differs in the values of some facts alone: what these leave as it was is taken from there. */
  readonly like?: { readonly answer: ServerAnswer; readonly changed: ReadonlySet<string> };
  /** Nobody looks at what is open, nor whether the server starts for certain. */
  readonly isBrief?: boolean;
}

/** Answers a question about a server. */
export function answerServer(
  rules: ServerRules,
  question: Question,
  { given, like, isBrief }: Answering = {},
): ServerAnswer {
  const says: Given = given ?? ((name) => givenFact(question, name));
  const evaluated = variablesOf(rules, question);
  if (like === undefined) return answered(rules, evaluated, followStages(rules, question, says));
  const { answer, changed } = like;
  const followed = followStages(rules, question, says, { followed: answer.followed, changed }, isBrief);
  const made = answered(rules, evaluated, followed, answer);
  return followed.isSound() ? made : answered(rules, evaluated, followStages(rules, question, says));
}

/** What the engine raises, or may raise, by what is known once the layers are there. */
type Evaluated = (known: Facts) => { readonly error?: StageError; readonly open: readonly StageOpenError[] };

function variablesOf({ engine }: ServerRules, question: Question): Evaluated {
  if (!engine) return () => ({ open: [] });
  const isSet = setsVariable(question);
  return (known) => {
    const raised = [raisedByBudget(engine, known), ...(isSet ? [raisedByVariables(engine, known)] : [])];
    const error = raised.find((one) => one.error)?.error;
    const open = raised.flatMap((one) => one.open).map((one) => ({ ...one, stage: ENGINE }));
    return { open, ...(error ? { error: { ...error, stage: ENGINE } } : {}) };
  };
}

/** What a start comes to whose stages were followed; in short where there is one before it that it is like. */
function answered(rules: ServerRules, evaluated: Evaluated, followed: Followed, like?: ServerAnswer): ServerAnswer {
  const { known, error, logs } = followed;
  const { open, notes } = error ? followed : toldOnce(followed);
  const stages = { followed, known, error, open, logs, notes };
  if (error) return { ...stages, outcome: 'refused', groups: [], complete: true, gaps: [] };
  const layers = rules.layers(known);
  if ('unread' in layers) {
    const { error: late, open: more } = evaluated(known);
    const all = [...open, ...more, ...(late ? [{ ...late, needs: [] }] : [])];
    return { ...stages, open: all, outcome: 'unknown', groups: [], complete: false, gaps: [layers.unread] };
  }
  const isShort = like !== undefined;
  const before = like?.building;
  const { groups, building } =
    (before && grouped(rules, known, isShort, (select) => buildAgain(before, layers.machine, known, select))) ??
    grouped(rules, known, isShort, (select) => build(rules, layers.machine, known, select))!;
  const beside = mayBuild(rules.built, known) ? drafted(rules, known, isShort) : undefined;
  const gaps = beside === undefined ? [] : 'unread' in beside ? [beside.unread] : beside.built.gaps;
  const built = gaps.length === 0 ? building.built : { ...building.built, gaps: [...building.built.gaps, ...gaps] };
  const model = beside === undefined || 'unread' in beside ? undefined : beside;
  return { ...finished(rules, stages, { built, groups, beside: model }, { isShort, evaluated }), building };
}

/** A model that drafts, as it was built beside the one that is served. */
interface Drafted {
  readonly known: Layer;
  readonly built: BuiltLayers;
  readonly groups: readonly Grouping[];
}

/** Builds it; or says why that is not known. */
function drafted(rules: ServerRules, known: Layer, isShort: boolean): Drafted | { readonly unread: string } {
  const found = rules.drafted(known);
  if ('unread' in found) return { unread: `${OF_DRAFTER}: ${found.unread}` };
  const { machine, known: within, prefix } = found;
  const made = grouped(rules, within, isShort, (select) => build(rules, machine, within, select, prefix), within)!;
  return { known: within, built: made.building.built, groups: made.groups };
}

/** The facts without which nothing is known of a model's configuration object, or of its text part. */
const OBJECTS = ['hf.model_type', 'hf_text_config.model_type'];
/** Facts that are made of those objects. */
const OF_MODEL = /^(?:hf|hf_text_config|model_arch_config|model_config|model_info)\./;

/** What may be raised: where an object is unknown, all that is open for that reason is told once, in a note. */
function toldOnce({ known, open, notes }: Followed): Pick<Followed, 'open' | 'notes'> {
  const unread = OBJECTS.map((name) => known.given(name)).find((given) => given?.from === 'unknown');
  const rest = open.filter(({ needs }) => !needs.some((name) => OF_MODEL.test(name)));
  const left = open.length - rest.length;
  if (!unread || left === 0) return { open, notes };
  const { where = '' } = unread;
  const why = where === '' || notes.includes(where) ? '' : `, which is not known: ${where}`;
  return {
    open: rest,
    notes: [...notes, `Whether it is refused is open: ${left} checks rest on the model's config${why}.`],
  };
}

/** Why not all layers are told of a server with a drafter. */
export const OF_DRAFTER = 'the layers of the model that drafts are not read';

/** The groups of the layers that are built, if they are. */
function grouped(
  rules: ServerRules,
  known: Known,
  isShort: boolean,
  work: (select: Select) => Building | undefined,
  within?: Layer,
): { readonly groups: readonly Grouping[]; readonly building: Building } | undefined {
  const groups = new Map<string, Grouping>();
  const put = (call: LayerCall): Grouping => groupOf(groups, rules, { known, within }, call, isShort);
  const building = work((call) => {
    const group = put(call);
    if (group.outcome.is === 'refused' && call.certain) return ENDS;
    return selectedFacts(rules.selection, group);
  });
  if (!building) return undefined;
  for (const call of building.built.calls) if (call.asks === DEFAULT) put(call);
  return { groups: [...groups.values()], building };
}

type Grouping = { -readonly [key in keyof ServerGroup]: ServerGroup[key] } & { names: string[] };

/** The group of a call: the one with the same arguments, counted once more, or a new one, answered. */
function groupOf(
  groups: Map<string, Grouping>,
  rules: ServerRules,
  { known, within: draft }: { readonly known: Known; readonly within: Layer | undefined },
  call: LayerCall,
  isShort: boolean,
): Grouping {
  const key = JSON.stringify([
    call.asks,
    call.layer,
    call.by,
    call.backend ?? null,
    plainArgs(call),
    call.beside,
    call.within !== undefined,
  ]);
  const group = groups.get(key) ?? newGroup(rules, known, draft, call, isShort);
  groups.set(key, group);
  group.layers++;
  group.certain &&= call.certain;
  group.names.push(call.name === UNKNOWN ? '' : textOf(call.name));
  return group;
}

/** A group of a call, answered, with no layers yet. */
function newGroup(
  rules: ServerRules,
  known: Known,
  draft: Layer | undefined,
  call: LayerCall,
  isShort: boolean,
): Grouping {
  const { asks, layer, by } = call;
  const within = call.within ?? draft;
  const facts = callFacts(within ?? known, call);
  const outcome = decided(rules.selection, facts, asks);
  const backend = backendFor(rules.selection, call, outcome);
  const asked = isShort ? [] : Object.keys(call.args);
  const because = Object.fromEntries(asked.map((name) => [name, call.because(name)]));
  const mayFail = outcome.is === 'unknown' && outcome.cls !== undefined;
  const open = mayFail && backend !== null ? openInMaking(rules.selection, backend) : [];
  const role = draft && DRAFTED.has(asks) ? 'draft' : (ROLES[asks] ?? asks);
  const made = { role, within, asks, layer, by, layers: 0, certain: true, names: [], call, facts };
  return { ...made, because, outcome, backend, open };
}

/** The backend of a call: what the selection gives, whether or not making it may fail, else what the layer has of its own. */
function backendFor({ rules }: Machine, { asks, backend }: LayerCall, outcome: Outcome): string | null {
  const chosen = outcome.is === 'refused' ? undefined : outcome.cls;
  if (chosen !== undefined) return asks === SELECTOR ? backendOf(rules, chosen) : chosen;
  return typeof backend === 'string' ? backend : null;
}

/** What may be raised where a backend is made, for the facts that are loaded. */
function openInMaking(selection: Machine, backend: string): StageOpenError[] {
  const raises = raisedInMaking(selection, backend);
  const needs = selection.unknowns();
  return raises.map(({ raise }) => ({ ...errorOf(selection, raise), needs, stage: 'build' }));
}

function decided(selection: Machine, facts: Facts, asks: string): Outcome {
  if (asks === DEFAULT) return { is: 'unknown' };
  selection.load(facts);
  return asks === SELECTOR ? outcomeOf(selection) : outcomeBeside(selection, asks);
}

/** The arguments of a call, where each is known. */
export const plainArgs = ({ args }: LayerCall): Record<string, Json> =>
  Object.fromEntries(
    Object.entries(args).flatMap(([name, value]) =>
      isOpen(value) || value === MISSING ? [] : [[name, plainNumber(value) as Json] as const],
    ),
  );

/** The facts of a call: its arguments, and all else as it is. */
function callFacts(known: Known, { asks, args, beside }: LayerCall): Facts {
  const root = asks === VISION_SELECTOR ? 'vit' : 'call';
  const plain = (value: Resolved): Fact | undefined => (isOpen(value) ? undefined : (value as Fact));
  const own = new Map<string, Fact | undefined>([
    ...Object.entries(args).map(([name, value]) => [`${root}.${name}`, plain(value)] as const),
    ...Object.entries(beside).map(([name, value]) => [`layer.${name}`, plain(value)] as const),
  ]);
  return { get: (name) => (own.has(name) ? own.get(name) : known.get(name)) };
}

/** What later layers ask of the backend that a call was given. */
function selectedFacts(selection: Machine, { backend, asks, facts }: Grouping): Selected | undefined {
  if (backend === null) return undefined;
  if (asks !== SELECTOR) return { get_name: backend, backend };
  const { name } = fieldsOf(selection.rules.terms[`backend.${backend}`]);
  return { ...saidByMade(selection, backend, facts), ...(typeof name === 'string' ? { get_name: name } : {}) };
}

const saidBefore = new WeakMap<Facts, Selected>();

/** What the class of a call's backend says of itself, and its implementation once it is made, as far as it is known. */
function saidByMade(selection: Machine, backend: string, facts: Facts): Selected {
  const before = saidBefore.get(facts);
  if (before) return before;
  const { terms } = selection.rules;
  const own = terms[`said.${backend}`];
  const says = [
    ...Object.entries(own === undefined ? {} : { ...fieldsOf(terms['said']), ...fieldsOf(own) }),
    ...Object.entries(fieldsOf(terms[`impl.${backend}.says`])).map(([name, term]) => [`impl.${name}`, term] as const),
  ];
  if (says.length > 0) selection.load(facts);
  const said = says.flatMap(([name, term]) => {
    // what a class says was not read where nothing stands there
    const value = selection.resolve(term);
    return isOpen(value) || value === null ? [] : [[name, value as Fact] as const];
  });
  const made = Object.fromEntries(said);
  saidBefore.set(facts, made);
  return made;
}

/** What was built: the model that is served, and the one that drafts beside it. */
interface Parts {
  /** With the gaps of both. */
  readonly built: BuiltLayers;
  readonly groups: readonly Grouping[];
  readonly beside: Drafted | undefined;
}

const isRefused = (group: Grouping): boolean => group.outcome.is === 'refused' && group.certain;

/** What building raises, or may raise, besides what the selection does: of the model that is served, then of the one that drafts. */
function raisedIn(
  { making }: ServerRules,
  known: Known,
  { built, groups, beside }: Parts,
): {
  readonly raised: readonly OpenBuildError[];
  readonly ends: BuildError | undefined;
  readonly unread: readonly string[] | undefined;
} {
  const made = making && madeOf(making, known, built);
  const after = making && beside && madeOf(making, beside.known, beside.built);
  const ends = [
    // what is made was made before the call at which the building ends
    made?.error,
    ...(groups.some(isRefused)
      ? []
      : [built.error, after?.error, beside?.groups.some(isRefused) === true ? undefined : beside?.built.error]),
  ];
  return {
    raised: [made, built, after, beside?.built].flatMap((one) => one?.open ?? []),
    ends: ends.find((one) => one !== undefined),
    unread: made && [...new Set([...made.unread, ...(after?.unread ?? [])])],
  };
}

function finished(
  rules: ServerRules,
  stages: Omit<ServerAnswer, 'outcome' | 'groups' | 'complete' | 'gaps'>,
  { built, groups: own, beside }: Parts,
  { isShort, evaluated }: { readonly isShort: boolean; readonly evaluated: Evaluated },
): ServerAnswer {
  const groups = [...own, ...(beside?.groups ?? [])];
  const refused = groups.find(isRefused);
  const { raised, ends, unread } = raisedIn(rules, stages.known, { built, groups: own, beside });
  const open: StageOpenError[] = [
    ...raised.map((one) => ({ ...buildError(one), needs: one.needs, stage: stageOf(one) })),
    ...groups.flatMap((group) => group.open),
  ];
  const logs = isShort ? [] : groups.flatMap((group) => linesOf(rules.selection, group));
  const found = { gaps: built.gaps, ...(unread ? { unread } : {}) };
  const all = { ...stages, ...found, open: [...stages.open, ...open], logs: [...stages.logs, ...logs] };
  const error = ends
    ? { ...buildError(ends), stage: stageOf(ends) }
    : refused && selectionError(rules.selection, refused);
  const complete = built.gaps.length === 0 && groups.every((group) => group.certain);
  if (error) return { ...all, error, groups, complete, outcome: 'refused' };
  const settled = groups.every(
    (group) => group.asks === DEFAULT || group.outcome.is === 'starts' || group.open.length > 0,
  );
  const then = complete && settled ? afterwards(rules, stages.known, groups, built) : nothingAfter(stages.known);
  const { known } = then;
  const last = { ...all, known, logs: [...all.logs, ...then.logs], open: [...all.open, ...then.open] };
  if (then.error) return { ...last, error: then.error, groups, complete, outcome: 'refused' };
  const making = builders(rules.selection, groups, known.get('final.block_size'));
  if (making.error && complete) return { ...last, error: making.error, groups, complete, outcome: 'refused' };
  const up = evaluated(known);
  const isUp = settled && complete;
  // what is not known of the layers may end the start before
  const late = up.error && !isUp ? [{ ...up.error, needs: [] }] : [];
  const opened = [...last.open, ...making.open, ...up.open, ...late];
  if (up.error && isUp) return { ...last, open: opened, error: up.error, groups, complete, outcome: 'refused' };
  const starts = settled && complete && opened.length === 0;
  return { ...last, open: opened, error, groups, complete, outcome: starts ? 'starts' : 'unknown' };
}

/** What is raised, or may be, where a worker makes the metadata builder of each group. */
function builders(
  selection: Machine,
  groups: readonly Grouping[],
  blockSize: Fact | undefined,
): { readonly error?: StageError; readonly open: readonly StageOpenError[] } {
  const open: StageOpenError[] = [];
  for (const { asks, outcome, backend, facts } of groups) {
    if (asks !== SELECTOR || outcome.is !== 'starts' || backend === null) continue;
    selection.load(changed(facts, { [BLOCK_SIZE]: blockSize }));
    const raises = raisedInBuilder(selection, backend);
    const certain = certainOf(raises);
    if (certain) return { error: { ...errorOf(selection, certain), stage: BUILDER }, open: [] };
    const needs = raises.length > 0 ? selection.unknowns() : [];
    open.push(...raises.map(({ raise }) => ({ ...errorOf(selection, raise), needs, stage: BUILDER })));
  }
  return { open };
}

/** What follows once the layers are there. */
interface Afterwards {
  readonly known: Layer;
  readonly error?: StageError;
  readonly open: readonly StageOpenError[];
  readonly logs: readonly LogLine[];
}

const nothingAfter = (known: Layer): Afterwards => ({ known, open: [], logs: [] });

/** Works it out: of the block size and CUDA graphs if the same follows of all layers, and of the layout of the cache. */
function afterwards(rules: ServerRules, known: Layer, groups: readonly Grouping[], built: BuiltLayers): Afterwards {
  const layers = groups.filter(({ asks }) => asks === SELECTOR || asks === DEFAULT);
  const sizes = sizesOf(rules, known, layers, built);
  const layout = rules.built && settledLayout(rules.built, rules.selection, known, layers);
  const parts = [
    ...(sizes ? [{ ...sizes, stage: 'built' }] : []),
    ...(layout ? [{ ...layout, stage: LAYOUT }] : []),
    // what a model that drafts leaves is not looked at
    ...(mayBuild(rules.built, known) ? [] : [{ ...leftFacts(built), stage: 'build' }]),
  ];
  const ends = parts.find(({ error }) => error);
  return {
    known: createKnown(parts, known),
    ...(ends?.error ? { error: { ...ends.error, stage: ends.stage } } : {}),
    open: parts.flatMap(({ open, stage }) => open.map((one) => ({ ...one, stage }))),
    logs: parts.flatMap(({ logs }) => logs),
  };
}

/** `final.<field>`: what a model that is built to the end leaves in a field of the configuration. */
function leftFacts({ left, gaps, ended, error }: BuiltLayers): Built {
  const isWhole = gaps.length === 0 && !ended && error === undefined;
  const facts = new Map(
    Object.entries(isWhole ? left : {}).map(([name, value]) => [name.replace(/^.*\./, 'final.'), derived(value)]),
  );
  return { fact: (name) => facts.get(name), because: () => [], error: undefined, open: [], logs: [] };
}

/** What a builder finds of the layers that are built: what each says of itself. */
const LAYERS = 'built.layers.';

/** That of the layers of these groups, one after the other. */
function layerFacts(groups: readonly Grouping[]): Facts {
  const each = groups.flatMap(({ layers, call }) => Array.from({ length: layers }, () => call.beside));
  return {
    get(name) {
      const [at = '', said = ''] = name.slice(LAYERS.length).split('.');
      if (at === '#') return groups.every(({ certain }) => certain) ? each.length : undefined;
      const value = each[Number(at)]?.[`says.${said}`];
      return value === undefined || isOpen(value) ? undefined : (value as Fact);
    },
  };
}

/** What follows for the block size and CUDA graphs, if the same follows of all layers. */
function sizesOf(
  rules: ServerRules,
  known: Known,
  layers: readonly Grouping[],
  { compiled, stateBytes }: BuiltLayers,
): Built | undefined {
  // where it was not read what a layer makes of the answer, one that asks in a place of its own makes a backend of its own
  const asking = layers.filter(({ asks, call }) => asks === SELECTOR && call.wrapped === undefined);
  if (new Set(asking.map(({ call }) => call.place)).size > 1) return undefined;
  const all = layerFacts(layers);
  const chosenOf = (some: readonly Grouping[]): readonly Chosen[] =>
    some.flatMap(({ asks, backend, facts: own, call }): readonly Chosen[] => {
      const facts: Facts = { get: (name) => (name.startsWith(LAYERS) ? all.get(name) : own.get(name)) };
      const named = asks === SELECTOR ? backend : backend === null ? null : stateBackend(rules.selection, backend);
      const { wrapped, own: state } = call;
      const { aligned, graphs }: Pick<OwnBackend, 'aligned' | 'graphs'> = state ?? {
        aligned: UNKNOWN,
        graphs: UNKNOWN,
      };
      const alone: Pick<Asked, 'aligned' | 'graphs'> = asks === SELECTOR ? {} : { aligned, graphs };
      if (named !== null)
        return [{ backend: named, facts, ...alone, ...(wrapped && { wrapped: { by: call.layer, ...wrapped } }) }];
      return asks === DEFAULT && state !== undefined ? [{ own: state }] : [];
    });
  const isDraft = ({ role }: Grouping): boolean => role === 'draft';
  const [chosen, drafting] = [chosenOf(layers.filter((one) => !isDraft(one))), chosenOf(layers.filter(isDraft))];
  return rules.built && chosen.length + drafting.length === layers.length
    ? builtFacts(rules.built, rules.selection, known, { chosen, drafting, compiled, stateBytes })
    : undefined;
}

/** The name in the rules of the backend of a layer that keeps a state, by the name that it gives itself. */
function stateBackend({ rules: { terms } }: Machine, name: string): string | null {
  const own = namesOf(terms).find((term) => term.startsWith('backend.') && fieldsOf(terms[term])['name'] === name);
  return own === undefined ? null : own.slice('backend.'.length);
}

const stageOf = ({ later }: { readonly later?: true }): string => (later ? ASKED : 'build');

function buildError({
  type,
  text,
  place,
}: {
  type: string;
  text: Resolved | undefined;
  place: string | undefined;
}): DecisionError {
  const known = text === undefined || isOpen(text) ? null : textOf(text);
  return { type, text: known, places: place === undefined ? [] : [place] };
}

function selectionError(selection: Machine, { facts, asks }: Grouping): StageError | undefined {
  const outcome = decided(selection, facts, asks);
  return outcome.is === 'refused' ? { ...errorOf(selection, outcome.raise), stage: 'build' } : undefined;
}

/** What is printed while a group's backend is chosen. */
function linesOf(selection: Machine, { facts, asks }: Grouping): LogLine[] {
  if (asks === DEFAULT) return [];
  selection.load(facts);
  const { places, terms } = selection.rules;
  const { lines } = play(selection, asks === SELECTOR ? happensIn(terms[TERMS.events]) : eventsBeside(selection, asks));
  return lines.map(({ level, text, places: at }) => ({ level, text, places: at.map((p) => places[p]!) }));
}

/** What the platform is asked with for a group, field by field; undefined where one is not known, or none is told. */
export function askedOf(selection: Machine, facts: Facts): Record<string, Json> | undefined {
  selection.load(facts);
  const out: Record<string, Json> = {};
  const { terms } = selection.rules;
  for (const term of namesOf(terms).filter((name) => name.startsWith('asked.'))) {
    const made = selection.resolve(terms[term]!);
    if (isOpen(made) || made === MISSING) return undefined;
    out[term.slice('asked.'.length)] = made as Json;
  }
  return Object.keys(out).length === 0 ? undefined : out;
}

/** The valid backends of a group's list, in order; null where a backend is asked for, undefined where it is not known. */
export function validBackends(selection: Machine, facts: Facts): readonly string[] | null | undefined {
  if (howChosen(createProber(selection, facts)) !== 'automatic') return null;
  selection.load(facts);
  const list = resolved(selection, TERMS.valid);
  return Array.isArray(list) && !isOpen(list) ? list.map((one) => textOf(one)) : undefined;
}
