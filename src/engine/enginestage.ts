/**
 * What an engine raises once its layers are there: of the room that multimodal input takes, and of the variables of the environment that
 * a question sets, of which it evaluates all that its release has.
 */
import { MISSING } from '../rules/index.ts';
import type { Fact, Facts, Machine } from '../rules/index.ts';
import { factValue } from './question.ts';
import type { Question } from './question.ts';
import { playOpen, SILENT } from './stage.ts';
import type { PlayedOpen, Stage } from './stage.ts';

const PREFIX = 'env.';
const EVENTS = 'engine.events';
const BUDGET = 'budget.events';
/** Everything that is unset: a release comes up with that, whatever is not known of it. */
const UNSET: Facts = { get: (name) => (name.startsWith(PREFIX) ? MISSING : undefined) };

const baselines = new WeakMap<Machine, ReadonlySet<string>>();

const keyOf = ({ type, text, places }: PlayedOpen['open'][number]): string => JSON.stringify([type, text, places]);

/** What may be raised where nothing is set, which does not depend on what a question sets. */
function openUnset(machine: Machine): ReadonlySet<string> {
  let known = baselines.get(machine);
  if (!known) {
    known = new Set(playOpen(machine, UNSET, machine.rules.terms[EVENTS]).open.map(keyOf));
    baselines.set(machine, known);
  }
  return known;
}

/** Does a question set a variable? */
export const setsVariable = ({ facts }: Pick<Question, 'facts'>): boolean =>
  Object.entries(facts).some(([name, fact]) => {
    const value = name.startsWith(PREFIX) ? factValue(fact) : undefined;
    return value !== undefined && value !== MISSING && value !== null;
  });

/**
 * What evaluating them all raises for these facts, or may raise: the first error in the order of the release's table, as
 * `enable_envs_cache` of `vllm/envs.py` meets it.
 */
export function raisedByVariables(machine: Machine, known: Facts): Pick<PlayedOpen, 'error' | 'open'> {
  const { error, open } = playOpen(machine, known, machine.rules.terms[EVENTS]);
  const always = openUnset(machine);
  return { error, open: open.filter((one) => !always.has(keyOf(one))) };
}

/**
 * What working out the room for multimodal input may raise, where the line says how large a batch is or that items are not put
 * together of several: with what vLLM sets itself it has room.
 */
export function raisedByBudget(machine: Machine, known: Facts): Pick<PlayedOpen, 'error' | 'open'> {
  const isSaid =
    typeof known.get('args.max_num_batched_tokens') === 'number' || known.get('args.disable_chunked_mm_input') === true;
  const takesItems = known.get('model_config.is_multimodal_model') !== false;
  return isSaid && takesItems ? playOpen(machine, known, machine.rules.terms[BUDGET]) : { error: undefined, open: [] };
}

const LOGGING = 'logging.events';
/** What a line may say of logging itself. */
const OF_LINE = ['args.log_level', 'args.logging_config', 'args.log_config_file'];

/**
 * What configuring logging by the environment raises, before all else that a start does; looked at where a question sets variables
 * and its line says nothing of logging. Mirrors `_configure_vllm_root_logger` of `vllm/logger.py`.
 */
export function loggingStage(machine: () => Machine | undefined, question: Question): Stage {
  const isSet = setsVariable(question);
  const isUnsaid = (fact: Fact | undefined): boolean => fact === undefined || fact === null || fact === MISSING;
  return {
    name: 'logging',
    about: isSet,
    inputs: [],
    run(known) {
      const rules = isSet && OF_LINE.every((name) => isUnsaid(known.get(name))) ? machine() : undefined;
      return rules ? { ...SILENT, ...playOpen(rules, known, rules.rules.terms[LOGGING]) } : SILENT;
    },
  };
}
