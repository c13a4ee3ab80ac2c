/**
 * From what a person says to what the selection is asked: a line's arguments, the model's configuration object and the
 * machine's facts go through the release's own rules, stage by stage; what a stage cannot say stays unknown.
 */
import { MISSING } from '../rules/index.ts';
import type { Fact, Facts } from '../rules/index.ts';
import { attributeAt } from './configfacts.ts';
import type { ConfigObject } from './configobject.ts';
import type { Decision, DecisionError } from './decision.ts';
import type { ReadArguments, Refusal } from './flags.ts';
import type { ConfigurationReader } from './inforce.ts';
import { factValue } from './question.ts';
import type { GivenFact, Question, RestFact } from './question.ts';

/** What is known before any rule of the release has spoken. */
export interface Known {
  readonly line: ReadArguments;
  readonly facts: Readonly<Record<string, GivenFact>>;
  readonly rest: readonly RestFact[];
  /** What the class of the model's type makes of its config.json. */
  readonly object?: ConfigObject | undefined;
}

/** What the release's rules make of it. */
export interface WorkedOut {
  readonly facts: Readonly<Record<string, GivenFact>>;
  /** The parser turns the line away. */
  readonly refusal?: Refusal;
  /** vLLM refuses before it selects anything. */
  readonly error?: DecisionError;
  readonly notes: readonly string[];
}

/** Works out the facts that follow from a line, by the stages that the release has rules for. */
export function workOut(known: Known, configuration: ConfigurationReader): WorkedOut {
  const made = configuration.read(known.line, factsOfKnown(known));
  const { refusal, error, facts } = made;
  const notes = error === null ? ['Whether vLLM takes this configuration depends on facts that are unknown.'] : [];
  const text = error && (typeof error.text === 'string' ? error.text : null);
  return {
    facts,
    ...(refusal === undefined ? {} : { refusal }),
    ...(error ? { error: { type: error.type, text: text ?? null, places: [] } } : {}),
    notes,
  };
}

/** Everything that is known, as rules ask for it: also what stands inside a value, and what only the object knows. */
function factsOfKnown({ facts, rest, object }: Known): Facts {
  const objects: readonly (readonly [string, ConfigObject | undefined])[] = [
    ['hf.', object],
    ['hf_text_config.', object?.text()],
  ];
  const own = (name: string): Fact | undefined => {
    if (Object.hasOwn(facts, name)) return factValue(facts[name]);
    const from = objects.find(([prefix]) => name.startsWith(prefix));
    if (from !== undefined) return from[1] && attributeAt(from[1], name.slice(from[0].length)).value;
    return factValue(rest.find(({ prefix }) => name.startsWith(prefix)));
  };
  const get = (name: string): Fact | undefined => {
    const whole = own(name);
    const cut = name.lastIndexOf('.');
    if (whole !== undefined || cut < 0 || !name.startsWith('args.')) return whole;
    return partOf(get(name.slice(0, cut)), name.slice(cut + 1));
  };
  return { get };
}

/** What stands in a value under a key; `#` is how much stands in it. */
export function partOf(value: Fact | undefined, key: string): Fact | undefined {
  if (value === undefined || value === MISSING || value === null || typeof value !== 'object') return undefined;
  if (key === '#') return Object.keys(value).length;
  const inner = (value as Readonly<Record<string, Fact>>)[key];
  return inner === undefined ? MISSING : inner;
}

/** The decision of a question that vLLM refuses before it selects anything: nothing of a selection stands in it. */
export const refusedBefore = (question: Question, error: DecisionError): Decision => ({
  schemaVersion: 1,
  question,
  release: question.release,
  platform: question.platform,
  headline: {
    outcome: 'refused',
    backend: null,
    how: null,
    flashAttention: null,
    device: deviceOf(question),
    release: question.release,
    possible: [],
  },
  facts: [],
  outcome: 'refused',
  error,
  winner: null,
  possible: [],
  needs: [],
  candidates: [],
  funnel: { known: 0, listed: 0, installed: 0, valid: 0, chosen: 0 },
  flashAttention: null,
  follows: null,
  logs: [],
  forcing: [],
  whatif: [],
  variants: [],
  notes: (question.notes ?? []).map((text) => ({ code: 'not-modelled', text })),
});

function deviceOf({ facts }: Question): string | null {
  const name = factValue(facts['device.name']);
  return typeof name === 'string' ? name : null;
}
