/**
 * What layers of weights and rotary embedding refuse when they are made: each call that the rules of a model make of what makes
 * them is judged by the rules of the release, those of the checkpoint's quantization where the call is given its object.
 */
import { createMachine, exactJson, MISSING, textOf, UNKNOWN, unpackRules } from '../rules/index.ts';
import type { Fact, Facts, Machine, Resolved, Term } from '../rules/index.ts';
import type { DecisionError } from './decision.ts';
import { hasNamedKey, underKeys } from './keyed.ts';
import type { Known } from './known.ts';
import { factAt } from './layers.ts';
import type { BuildError, BuiltLayers, MakeCall, OpenBuildError } from './layers.ts';
import { isOpen } from './outcome.ts';
import { isSameFact } from './question.ts';
import { OWN_QUANTIZATION, withQuantization } from './quantizationpart.ts';
import type { QuantizationRules } from './release.ts';
import { playOpen } from './stage.ts';
import type { OpenError, PlayedOpen } from './stage.ts';

/** The rules of all that makes weights: of layers that are not quantized, and by the method. */
export interface MakingRules {
  /** The rules by a method; undefined where none were read. */
  machine(method: string): Machine | undefined;
}

/** What making comes to. */
export interface Made {
  /** What ends the building for certain. */
  readonly error: BuildError | undefined;
  readonly open: readonly OpenBuildError[];
  /** What is not known to refuse nothing, since it was not read. */
  readonly unread: readonly string[];
}

/** Stands for the method of layers that are not quantized. */
const PLAIN = 'none';
/** The parameter for the quantization object. */
const OBJECT = 'quant_config';
const METHOD = 'model_config.quantization';
/** What is given beside the checkpoint's own configuration: the rules are those for nothing. */
const BESIDE = 'model_config.quantization_config';

/** Prepares the rules of a release. */
export function createMakingRules({ methods, rules }: QuantizationRules): MakingRules {
  const machines = new Map<string, Machine>();
  return {
    machine(method) {
      if (!methods.includes(method)) return undefined;
      const made = machines.get(method) ?? createMachine(unpackRules(rules, `${method}/`));
      machines.set(method, made);
      return made;
    },
  };
}

/** What was judged of a building, and the facts that it rests on. */
interface Judged {
  readonly asked: ReadonlyMap<string, Fact | undefined>;
  readonly made: Made;
}

const judged = new WeakMap<BuiltLayers, Judged[]>();

/** What the calls of makers come to, in order: worked out anew where it rests on facts that are not the same. */
export function madeOf(rules: MakingRules, all: Known, built: BuiltLayers): Made {
  const known = withQuantization(all) ?? all;
  const before = judged.get(built) ?? [];
  judged.set(built, before);
  const same = before.find(({ asked }) => [...asked].every(([name, fact]) => isSameFact(known.get(name), fact)));
  if (same) return same.made;
  const asked = new Map<string, Fact | undefined>();
  const facts: Facts = {
    get(name) {
      if (!asked.has(name)) asked.set(name, known.get(name));
      return asked.get(name);
    },
  };
  const made = judge(rules, facts, built);
  before.push({ asked, made });
  return made;
}

function judge(rules: MakingRules, facts: Facts, built: BuiltLayers): Made {
  const open = new Map<string, OpenBuildError>();
  const unread = new Set<string>();
  const play = createPlayer(rules, facts, built);
  const may = (call: MakeCall, one: OpenError): void => {
    const error = buildError(one);
    const needs = [...new Set([...one.needs.flatMap((name) => needsOf(call, name)), ...call.needs])];
    const key = `${error.type} ${error.place ?? ''}`;
    // what rests on something that was not read is told as that
    const given = one.needs.find((name) => name.startsWith(`${call.maker}.`));
    if (needs.length > 0 && !needs.some(isUnread))
      open.set(key, { ...error, needs: [...new Set([...(open.get(key)?.needs ?? []), ...needs])] });
    else if (given === undefined) unread.add(`${error.type} at ${error.place ?? nameOf(call.maker)}`);
    else unread.add(`what ${nameOf(call.maker)} is given as ${parameterOf(call, given)}`);
  };
  for (const call of built.makes) {
    const told = play(call);
    if (typeof told === 'string') unread.add(told);
    else {
      for (const one of told.open) may(call, one);
      if (told.error && call.certain)
        return { error: buildError(told.error), open: [...open.values()], unread: [...unread] };
      if (told.error) may(call, { ...told.error, needs: [] });
    }
  }
  return { error: undefined, open: [...open.values()], unread: [...unread] };
}

const buildError = ({ type, text, places }: DecisionError): BuildError => ({
  type,
  text: text ?? UNKNOWN,
  place: places[0],
});

/** What is unknown in a call is what its argument is made of. */
function needsOf({ maker, args, unknown }: MakeCall, name: string): readonly string[] {
  if (!name.startsWith(`${maker}.`)) return [name];
  return parameterOf({ maker }, name) in args && unknown.length > 0 ? unknown : [UNREAD];
}

/** The parameter of which a fact is a part. */
const parameterOf = ({ maker }: Pick<MakeCall, 'maker'>, name: string): string =>
  name.slice(maker.length + 1).split('.', 1)[0]!;

const UNREAD = 'opaque: ';
const isUnread = (name: string): boolean => !/^[\w@/.:#<>-]+$/.test(name) || name.startsWith(UNREAD);

/** Plays what a call raises; a text says that it is not read, and why. Equal calls are played once. */
function createPlayer(rules: MakingRules, facts: Facts, built: BuiltLayers): (call: MakeCall) => PlayedOpen | string {
  let renames: boolean | undefined;
  const played = new Map<string, PlayedOpen>();
  const isRenamed = (): boolean =>
    (renames ??= textsIn(facts.get(OWN_QUANTIZATION)).some((text) => built.renamed.some((key) => text.includes(key))));
  return (call) => {
    const { maker, args } = call;
    const name = nameOf(maker);
    const object = args[OBJECT] ?? null;
    if (object === UNKNOWN) return `${name}: whether it is quantized is unknown`;
    const method = object === null ? PLAIN : facts.get(METHOD);
    if (typeof method !== 'string') return `${name}: how it is quantized is unknown`;
    if (method !== PLAIN && isRenamed())
      return `${name} with ${method}: the model renames layers that the checkpoint names`;
    if (method !== PLAIN && (facts.get(BESIDE) ?? null) !== null) return `${name}: what is given beside ${method}`;
    const machine = rules.machine(method);
    const term = machine?.rules.terms[`${maker}/events`];
    if (!machine || term === undefined) return method === PLAIN ? name : `${name} with ${method}`;
    const unheard = neverOf(machine, maker).find((parameter) => isGiven(args[parameter]));
    if (unheard !== undefined) return `${name} with a ${unheard}`;
    const { prefix, ...rest } = args;
    const plain = `${method} ${maker} ${keyOf(rest)}`;
    const named = `${plain} ${keyOf({ prefix })}`;
    const known = played.get(plain) ?? played.get(named);
    if (known) return known;
    const view = viewOf(machine, call, { facts, packed: built.packed });
    const told = playOpen(machine, view, term);
    played.set(view.isNamed() ? named : plain, told);
    return told;
  };
}

/** The parameters for which it is not read that something is given. */
function neverOf(machine: Machine, maker: string): readonly string[] {
  const list = machine.rules.terms[`${maker}/never`];
  const names = list === undefined ? [] : machine.resolve(list);
  return Array.isArray(names) ? names.map((one) => textOf(one)) : [];
}

interface View extends Facts {
  /** Was it asked what the layer is called? */
  isNamed(): boolean;
}

/** The facts of a call: its arguments, what is taken where none is given, how its modules are packed, and all else as it is. */
function viewOf(
  machine: Machine,
  { maker, args }: MakeCall,
  { facts, packed }: { readonly facts: Facts; readonly packed: Readonly<Record<string, string>> },
): View {
  const defaults =
    (machine.rules.terms[`${maker}/defaults`] as { record?: Readonly<Record<string, Term>> }).record ?? {};
  let named = false;
  const argument = (name: string): Fact | undefined => {
    // a part of an argument is looked for in it
    if (name.includes('.')) return undefined;
    const value = name in args ? args[name]! : name in defaults ? machine.resolve(defaults[name]!) : MISSING;
    return isOpen(value) ? undefined : (value as Fact);
  };
  const view: View = {
    get(name) {
      if (hasNamedKey(name)) return underKeys(name, (key) => view.get(key));
      const ofPacked = name === 'packed' || name.startsWith('packed.');
      named ||= ofPacked || name === `${maker}.prefix`;
      if (ofPacked) return packedFact(name, packed, args['prefix']);
      if (!name.startsWith(`${maker}.`)) return facts.get(name);
      return factAt({ get: (one) => argument(one.slice(maker.length + 1)) }, name);
    },
    isNamed: () => named,
  };
  return view;
}

/** All texts in a fact. */
function textsIn(fact: unknown): readonly string[] {
  if (typeof fact === 'string') return [fact];
  return fact !== null && typeof fact === 'object' ? Object.values(fact).flatMap(textsIn) : [];
}

/** Of which modules a layer is one: `packed.?`, whether it is of some, and their list. */
function packedFact(
  name: string,
  packed: Readonly<Record<string, string>>,
  prefix: Resolved | undefined,
): Fact | undefined {
  if (typeof prefix !== 'string') return undefined;
  const modules = packed[prefix.slice(prefix.lastIndexOf('.') + 1)];
  if (name === 'packed.?') return modules !== undefined;
  return modules === undefined
    ? MISSING
    : factAt({ get: (one) => (one === 'packed' ? (JSON.parse(modules) as Fact) : undefined) }, name);
}

const nameOf = (maker: string): string => maker.slice(maker.indexOf(':') + 1);

const isGiven = (value: Resolved | undefined): boolean => value !== undefined && value !== null && value !== MISSING;

/** Arguments as a text: what is unknown is told apart from what is not there. */
const keyOf = (args: Readonly<Record<string, Resolved | undefined>>): string => exactJson(args);
