/** What is made of a checkpoint's quantization configuration: the object that layers ask, by the rules of its method. */
import { createMachine, damagedRules, unpackRules } from '../rules/index.ts';
import type { Machine, Term } from '../rules/index.ts';
import type { DecisionError } from './decision.ts';
import type { GivenFact } from './question.ts';
import { isNothing, OWN_QUANTIZATION, QUANTIZATION_INPUTS, withQuantization } from './quantizationpart.ts';
import type { QuantizationRules } from './release.ts';
import { createRuleStage, SILENT } from './stage.ts';
import type { Known } from './known.ts';
import type { Stage, Told } from './stage.ts';

const METHOD = 'model_config.quantization';
const OBJECT = 'quant_config';

/**
 * The stage of the quantization object. `rules` are looked up when a model is quantized; where it is not there is no object, and where a method has no rules everything about it is unknown, and told.
 */
export function createQuantizationStage(rules: () => QuantizationRules | undefined): Stage {
  const machines = new Map<string, Machine>();
  const machineOf = (of: QuantizationRules, method: string): Machine => {
    const made = machines.get(method) ?? createMachine(unpackRules(of.rules, `${method}/`));
    machines.set(method, made);
    return made;
  };
  return {
    name: 'quantization',
    inputs: [METHOD, ...QUANTIZATION_INPUTS],
    run(known: Known): Told {
      const method = known.get(METHOD);
      if (typeof method !== 'string') return silent(method === null ? { value: null, from: 'derived' } : undefined);
      const seen = withQuantization(known);
      if (!seen)
        return silent(undefined, ['The quantization stands in a part of the config.json, where it is not read.']);
      const of = rules();
      if (of && !Array.isArray(of.methods))
        throw damagedRules('the methods of quantization', 'There is no list of them.');
      if (of?.methods.includes(method)) {
        const machine = machineOf(of, method);
        const told = createRuleStage({ name: 'quantization', machine }).run(seen);
        return told.error !== undefined && mayBeAnother(rules, known) ? leftOpen(told, told.error) : told;
      }
      const why = of?.unread[method];
      return silent(undefined, why === undefined ? [] : [`The quantization ${method} was not read: ${why}`]);
    },
  };
}

/**
 * A stage whose rules take the class of the object from the name of the method. Where another may take its place, an error that rests
 * on the method is left open.
 */
export const withDoubt = (stage: Stage, rules: () => QuantizationRules | undefined, made: Stage): Stage => ({
  ...stage,
  run(known, isBrief) {
    const told = stage.run(known, isBrief);
    if (told.error === undefined) return told;
    // the object is made in the midst of it: where that fails too, which of the two comes first is not told
    const other = made.run(known).error;
    if (other && !isSaidIn(other, told.error) && isAfter(stage, known, told.error)) return leftOpen(told, told.error);
    if (!mayBeAnother(rules, known)) return told;
    const { error } = stage.run(withoutMethod(known));
    return error && isSame(error, told.error) ? told : leftOpen(told, told.error);
  },
});

/** Whether an error comes, or may come, after what a stage raises by the method: that is open before it where the method is unknown. */
const isAfter = (stage: Stage, known: Known, error: DecisionError): boolean => {
  const told = stage.run(withoutMethod(known));
  const isFirst = told.error !== undefined && isSame(told.error, error);
  return !isFirst || told.open.some(({ needs }) => needs.includes(METHOD));
};

/** Is it the same, or was the same complaint read where nobody gathers complaints? */
const isSaidIn = (a: DecisionError, b: DecisionError): boolean =>
  isSame(a, b) || (typeof a.text === 'string' && b.text?.endsWith(`, ${a.text}`) === true);

const isSame = (a: DecisionError, b: DecisionError): boolean => a.type === b.type && a.text === b.text;

const withoutMethod = (known: Known): Known => ({
  get: (name) => (name === METHOD ? undefined : known.get(name)),
  given: (name) => (name === METHOD ? { from: 'unknown' } : known.given(name)),
  because: (name) => known.because(name),
});

/** Whether a line names a method of which the checkpoint says nothing, and the object is then perhaps of another class. */
function mayBeAnother(rules: () => QuantizationRules | undefined, known: Known): boolean {
  const method = known.get(METHOD);
  if (typeof method !== 'string' || !isNothing((withQuantization(known) ?? known).get(OWN_QUANTIZATION))) return false;
  const of = rules();
  return of?.methods.includes(method) === true && classesIn(unpackRules(of.rules, `${method}/`).terms[CLASS]) > 1;
}

/** The term that says of which class the object is. */
const CLASS = 'quant_config.class';

/** How many classes a term can be. */
function classesIn(term: Term | undefined): number {
  const seen = new Set<Term>();
  const go = (one: Term | undefined): void => {
    if (one === null || typeof one !== 'object') return;
    if ('pick' in one)
      for (const [, of] of one.pick)
        if (typeof of === 'string') seen.add(of);
        else go(of);
  };
  go(term);
  return seen.size;
}

/**
 * Without its certain error: where a line names a method of which the checkpoint says nothing, another class may take its place, and
 * what is raised was read of both together.
 */
const leftOpen = (told: Told, error: DecisionError): Told => ({
  ...told,
  error: undefined,
  open: [...told.open, { ...error, needs: [CLASS] }],
});

/** A stage that ends nothing, and says of the object itself at most. */
const silent = (object: GivenFact | undefined, notes: readonly string[] = []): Told => ({
  ...SILENT,
  fact: (name) => (name === OBJECT ? object : undefined),
  notes,
  because: () => [METHOD],
});
