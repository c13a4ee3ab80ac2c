/**
 * The stages of a start, followed in the order in which vLLM takes them. A start that differs in few facts from one that was
 * followed before shares with it the stages that asked for none of these.
 */
import { UNKNOWN } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import type { LogLine } from './decision.ts';
import { createKnown, createKnownBut, keepLike, NOTHING, sinceOf, wholesOf } from './known.ts';
import type { Known, Layer, Source } from './known.ts';
import { isSameFact } from './question.ts';
import type { GivenFact, Question } from './question.ts';
import type { ServerRules, StageError, StageOpenError } from './server.ts';
import type { OpenError, Stage, Told } from './stage.ts';

/** A stage that was followed. */
interface Step {
  readonly stage: Stage;
  /** What was known before it. */
  readonly known: Layer;
  readonly asked: Asked;
  readonly told: Told;
}

/** The facts that a stage asked for, each once; it asks for more when it is asked itself. */
export interface Asked {
  readonly names: readonly string[];
  /** The same by how their names begin, up to a point. */
  readonly byRoot: ReadonlyMap<string, readonly string[]>;
}

/** How far the stages come. */
export interface Followed {
  readonly known: Layer;
  readonly error: StageError | undefined;
  readonly open: readonly StageOpenError[];
  readonly logs: readonly LogLine[];
  readonly notes: readonly string[];
  /** One by one, where these are a start's own. */
  readonly steps: readonly Step[];
  /** Whether what was shared is the same, as far as it was asked for until now. */
  isSound(): boolean;
}

/** A start that was followed before, and the facts that are not the same now. */
export interface Before {
  readonly followed: Followed;
  readonly changed: ReadonlySet<string>;
}

/** Says what is given under a name. */
export type Given = (name: string) => GivenFact | undefined;

/** Runs the stages until one refuses, in brief or not. What is shared has to be sound in the end. */
export function followStages(
  rules: Pick<ServerRules, 'stages'>,
  question: Question,
  given: Given,
  before?: Before,
  isBrief = false,
): Followed {
  const open: StageOpenError[] = [];
  const logs: LogLine[] = [];
  const notes: string[] = [];
  const steps: Step[] = [];
  const firsts = firstSources(question);
  const own: Source = { fact: given, because: () => [] };
  const sharing = before && createSharing(before, firsts, own);
  let known = sharing ? sharing.known() : createKnown([...firsts, own]);
  let error: StageError | undefined;
  for (const stage of rules.stages(question)) {
    const shared = sharing?.told(stage);
    const step = shared ? undefined : run(stage, known, isBrief);
    const told = shared ?? step!.told;
    if (step) steps.push(step);
    open.push(...distinct(told.open).map((one) => ({ ...one, stage: stage.name })));
    logs.push(...told.logs);
    notes.push(...told.notes);
    known = sharing?.goesOn(told) === true ? sharing.known() : createKnown([...firsts, told], known);
    if (told.error === undefined) continue;
    error = { ...told.error, stage: stage.name };
    break;
  }
  return { known, error, open, logs, notes, steps, isSound: () => sharing?.isSound() ?? true };
}

/** Runs a stage and notes what it asks for. */
function run(stage: Stage, known: Layer, isBrief: boolean): Step {
  const { noting, asked } = createNoting(known);
  return { stage, known, asked, told: stage.run(noting, isBrief) };
}

/** What is known, and what is asked for of it. */
export function createNoting(known: Known): { readonly noting: Known; readonly asked: Asked } {
  const names: string[] = [];
  const byRoot = new Map<string, string[]>();
  const seen = new Set<string>();
  const noted = (name: string): Known => {
    if (seen.has(name)) return known;
    seen.add(name);
    names.push(name);
    const root = rootOf(name);
    const alike = byRoot.get(root);
    if (alike) alike.push(name);
    else byRoot.set(root, [name]);
    return known;
  };
  const noting: Known = {
    get: (name) => noted(name).get(name),
    given: (name) => noted(name).given(name),
    because: (name) => noted(name).because(name),
    since: sinceOf(known),
  };
  keepLike(noting, known);
  return { noting, asked: { names, byRoot } };
}

const rootOf = (name: string): string => {
  const end = name.indexOf('.');
  return end < 0 ? name : name.slice(0, end);
};

/** What a start shares with one before it: its first stages, up to one that tells something else. */
interface Sharing {
  /** What a stage, the next one, told before, where it tells the same now. */
  told(stage: Stage): Told | undefined;
  /** Goes on to the next stage; whether the stages after what was told now may be shared as well. */
  goesOn(told: Told): boolean;
  /** What is known before the next stage. */
  known(): Layer;
  isSound(): boolean;
}

function createSharing({ followed, changed }: Before, firsts: readonly Source[], own: Source): Sharing {
  const { steps } = followed;
  const roots = new Set([...changed].map(rootOf));
  const differs = (name: string): boolean => changed.has(name) || wholesOf(name).some((whole) => changed.has(whole));
  const told: Source[] = [];
  const checked: { readonly step: Step; readonly known: Layer; upTo: number }[] = [];
  let at = 0;
  let shares = steps.length > 0;
  const known = (): Layer =>
    createKnownBut(steps[at]?.known ?? followed.known, differs, [...firsts, ...told.toReversed(), own]);
  const areSame = (names: readonly string[], before: Layer, now: Layer): boolean =>
    names.every((name) => !differs(name) || isSameFact(before.get(name), now.get(name)));
  return {
    told(stage) {
      const step = shares ? steps[at] : undefined;
      if (step?.stage.name !== stage.name || step.stage.about !== stage.about) return undefined;
      const now = known();
      const { names, byRoot } = step.asked;
      if (![...roots].every((root) => areSame(byRoot.get(root) ?? [], step.known, now))) return undefined;
      checked.push({ step, known: now, upTo: names.length });
      return step.told;
    },
    goesOn(now) {
      const step = shares ? steps[at] : undefined;
      shares = step !== undefined && (now === step.told || (now.fact === NOTHING && step.told.fact === NOTHING));
      if (shares) told.push(now);
      if (shares) at++;
      return shares;
    },
    known,
    isSound: () =>
      checked.every((one) => {
        const { asked, known: before } = one.step;
        const more = asked.names.slice(one.upTo);
        one.upTo = asked.names.length;
        return areSame(more, before, one.known);
      }),
  };
}

/** What counts before all that stages say: what is fixed, and what a copy of the model's files leaves out. */
function firstSources({ fixed = {}, model }: Question): Source[] {
  const paths = model?.leftOut ?? [];
  if (Object.keys(fixed).length === 0 && paths.length === 0) return [];
  const isLeftOut = leftOut(paths.map((text) => text.split(':', 1)[0]!));
  const told = toldOfLists(paths);
  const fact = (name: string): GivenFact | undefined => {
    if (Object.hasOwn(fixed, name)) return fixed[name];
    const known = told.get(name);
    if (known) return known;
    return isLeftOut(name) ? { from: 'unknown', where: 'our copy of the config leaves it out' } : undefined;
  };
  return [{ fact, because: () => [] }];
}

/** Where a model's configuration is found by the names of facts, and the quantization in it. */
const HELD = ['hf', 'hf_text_config', 'model_arch_config'];
const QUANTIZATION = 'quantization_config';

/** A list that a copy leaves out: where it stands, and how many texts it holds. */
const LIST = /^([^:]+): list of (\d+) texts$/;

/** What is known of lists of texts that a copy leaves out, though not which these are: that they are there, and how long. */
function toldOfLists(texts: readonly string[]): ReadonlyMap<string, GivenFact> {
  const out = new Map<string, GivenFact>();
  for (const [, path = '', n] of texts.flatMap((text) => (LIST.exec(text) ? [LIST.exec(text)!] : []))) {
    const name = nameIn(HELD[0]!, path);
    const items = Array.from({ length: Number(n) }, () => UNKNOWN);
    const given = { from: 'catalogue', where: 'our copy of the config leaves its items out' } as const;
    out.set(name, { value: items as unknown as Json, ...given });
    out.set(`${name}.#`, { value: items.length, ...given });
    out.set(`${name}?`, { value: true, ...given });
  }
  return out;
}

/** The name of a fact at a path of a model's files. */
const nameIn = (held: string, path: string): string =>
  `${held}.${path.startsWith('quant.') ? path.replace('quant', QUANTIZATION) : path}`;

/** Tells the facts that speak of what a copy leaves out: it, what is in it, and how much stands beside it. */
function leftOut(paths: readonly string[]): (name: string) => boolean {
  if (paths.length === 0) return () => false;
  const names = paths.flatMap((path) => HELD.map((held) => nameIn(held, path)));
  const beside = new Set(names.flatMap((name) => [name, `${name}?`, name.replace(/\.[^.]+$/, '.#')]));
  const inside = names.flatMap((name) => [`${name}.`, name.replace(/[^.]+$/, '%')]);
  return (name) => beside.has(name) || inside.some((one) => name.startsWith(one));
}

/** Errors of one place and text are one, whatever leads to it. */
function distinct(open: readonly OpenError[]): OpenError[] {
  const found = new Map<string, OpenError>();
  for (const one of open) {
    const key = JSON.stringify([one.type, one.text, one.places]);
    const before = found.get(key);
    found.set(key, before ? { ...before, needs: [...new Set([...before.needs, ...one.needs])] } : one);
  }
  return [...found.values()];
}
