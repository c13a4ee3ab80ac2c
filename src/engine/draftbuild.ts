/**
 * The model that drafts, as it is built beside the one that is served: the rules of its class, and what is then known. Mirrors what
 * the workers have make it.
 */
import { MISSING, namesOf, textOf, UNKNOWN } from '../rules/index.ts';
import type { Machine, Resolved } from '../rules/index.ts';
import { createKnown } from './known.ts';
import type { Known, Layer, Source } from './known.ts';
import type { Anew } from './modelstages.ts';
import type { GivenFact } from './question.ts';
import { isSameFact } from './question.ts';
import type { LayerRules } from './server.ts';
import { derived } from './stage.ts';
import type { Stage } from './stage.ts';
import { isAnywhere, otherPart } from './textpart.ts';

/** The rules of its layers, what is known while they are built, and with what their names begin; or why there are none. */
export type DraftedModel =
  | { readonly machine: Machine; readonly known: Layer; readonly prefix: string }
  | { readonly unread: string };

/** What of a release is needed to find it. */
export interface DraftBuildRules {
  readonly built: Machine | undefined;
  readonly anew: Anew;
  readonly quantization: Stage;
  /** Whether the model that is served gives the states of its layers. */
  readonly givesStates: Resolved;
  /** The layers of an architecture; undefined where the registry has no class for it. */
  layers(architecture: string): LayerRules | undefined;
}

/** How the terms begin that say with which configuration it is made. */
const SET = 'built.draft.';
const DRAFT = 'draft.';
const LATE = 'draft.late.';
const PARALLEL = 'parallel_config.';
/** Says whether what follows of the object was worked out again. */
const UPDATED = 'draft.updated';
const TENSORS = `${PARALLEL}tensor_parallel_size`;
/** Terms that set nothing. */
const ABOUT: ReadonlySet<string> = new Set(['read', 'own', 'parallel', 'prefix', 'quant_config', 'states']);
/** What is given for drafting beside what is read: something may be raised of it where what drafts is made. */
const ODD = [
  'disable_padded_drafter_batch',
  'use_local_argmax_reduction',
  'parallel_drafting',
  'use_heterogeneous_vocab',
  'enable_adaptive_verification',
].map((name) => `speculative_config.${name}`);
/** The configuration of a model, which may be that of the one that drafts. */
const OF_MODEL = /^(?:hf|hf_text_config|model_arch_config|model_config|model_info)\./;

type Terms = (name: string) => Resolved | typeof MISSING;

/** Looks for the model that drafts. */
export function draftedModel(rules: DraftBuildRules, known: Layer): DraftedModel {
  const { built } = rules;
  if (built === undefined) return { unread: 'what is built once a model is there is not read' };
  const term: Terms = (name) => {
    const of = built.rules.terms[`${SET}${name}`];
    if (of === undefined) return UNKNOWN;
    built.load(known);
    return built.resolve(of);
  };
  const why = unreadOf(rules, known, term);
  if (why !== undefined) return { unread: why };
  const updated = known.get(UPDATED) === true;
  const architecture = known.get(`${updated ? LATE : DRAFT}model_config.architecture`);
  if (typeof architecture !== 'string') return { unread: 'of which class the model that drafts is made is unknown' };
  const layers = rules.layers(architecture) ?? { unread: `the registry has no class for ${architecture}` };
  if ('unread' in layers) return layers;
  const now = createKnown([changedFacts(built, known, term, updated)], known);
  const own = term('own') === true;
  const inside = own ? withOwnModel(rules, now) : now;
  const text = own ? JSON.stringify(inside.get('hf_text_config.rope_parameters') ?? null) : '';
  if (text.includes('mrope')) return { unread: 'a model with positions of several kinds drafts' };
  const misfit = own ? otherPart(layers.machine, inside) : wrongWhole(layers.machine, known);
  return misfit ?? { machine: layers.machine, known: inside, prefix: textOf(term('prefix')) };
}

/** Why it is not known how it is made; undefined where it is. */
function unreadOf({ givesStates }: DraftBuildRules, known: Known, term: Terms): string | undefined {
  if (term('read') !== true || typeof term('prefix') !== 'string')
    return 'how the model that drafts is made is not read';
  if (typeof term('own') !== 'boolean' || typeof term('parallel') !== 'boolean')
    return 'with which configuration the model that drafts is made is unknown';
  if (!isSameFact(known.get(TENSORS), known.get(`${DRAFT}${TENSORS}`)))
    return 'the model that drafts is spread otherwise than the one that is served';
  const odd = ODD.find((name) => (known.get(name) ?? false) !== false);
  if (odd !== undefined) return `what the constructor of what drafts makes of ${odd}`;
  const isAlone = known.get('parallel_config.pipeline_parallel_size') === 1;
  if (term('states') !== false && !(givesStates === true && isAlone))
    return 'whether the model that is served gives the states of its layers is unknown';
  return typeof known.get(UPDATED) === 'boolean' ? undefined : 'which object the model that drafts has is unknown';
}

/** What is known otherwise while it is made. */
function changedFacts(built: Machine, known: Known, term: Terms, updated: boolean): Source {
  const set = namesOf(built.rules.terms).flatMap((name) => (name.startsWith(SET) ? [name.slice(SET.length)] : []));
  const facts = new Map(set.flatMap((name) => (ABOUT.has(name) ? [] : [[name, term(name)] as const])));
  const ofParallel = term('parallel') === true;
  const object = objectFacts(known, updated);
  return {
    fact(name) {
      const value = facts.get(name);
      if (value !== undefined && value !== MISSING) return derived(value);
      if (ofParallel && name.startsWith(PARALLEL)) return known.given(`${DRAFT}${name}`);
      return name.startsWith(DRAFT) ? object(name) : undefined;
    },
    because: () => [],
  };
}

/** Its configuration object and what follows of that, as they are in the end. */
function objectFacts(known: Known, updated: boolean): (name: string) => GivenFact | undefined {
  return (name) => {
    if (name.startsWith(LATE)) return undefined;
    const key = name.slice(DRAFT.length);
    if (/^hf(?:_text_config)?\./.test(key)) return known.given(`${LATE}${key}`);
    const isExchanged = /^(?:model_arch_config|model_info)\.|^model_config\.architecture$/.test(key);
    return updated && isExchanged ? known.given(`${LATE}${key}`) : undefined;
  };
}

/** What is known where the model configuration is its own. */
function withOwnModel({ anew, quantization }: DraftBuildRules, now: Layer): Layer {
  const own: Source = {
    fact(name) {
      if (name.includes('{')) return { from: 'unknown' };
      return OF_MODEL.test(name) ? (now.given(`${DRAFT}${name}`) ?? { from: 'unknown' }) : undefined;
    },
    because: () => [],
  };
  const first = createKnown([own], now);
  const follows = anew(first);
  const asked: Source = { fact: (name) => follows(name)?.given, because: () => [] };
  const second = createKnown([asked], first);
  return createKnown([quantization.run(second)], second);
}

/**
 * A class that is made with the configuration of the model that is served, and reads its object by one name: it has to be the whole
 * and its text config at once.
 */
function wrongWhole(machine: Machine, known: Known): { readonly unread: string } | undefined {
  if (typeof machine.rules.terms['text'] === 'string' || isAnywhere(machine)) return otherPart(machine, known);
  const asks = machine.inputs.some((name) => /^hf(?:_text_config)?\./.test(name));
  return !asks || known.get('hf.text_is_whole') === true
    ? undefined
    : { unread: 'the model that drafts is made of a configuration that has parts' };
}
