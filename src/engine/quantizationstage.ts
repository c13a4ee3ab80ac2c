/** What is made of a checkpoint's quantization configuration: the object that layers ask, by the rules of its method. */
import { createMachine, MISSING, unpackRules } from '../rules/index.ts';
import type { Fact, Machine } from '../rules/index.ts';
import type { GivenFact } from './question.ts';
import type { QuantizationRules } from './release.ts';
import { createRuleStage, SILENT } from './stage.ts';
import type { Known } from './known.ts';
import type { Stage, Told } from './stage.ts';

const METHOD = 'model_config.quantization';
const OBJECT = 'quant_config';
const OWN = 'hf.quantization_config';
/** Where a config.json may say it instead: what follows of that was not read. */
const ELSEWHERE = ['hf.text_config', 'hf.compression_config'];

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
    inputs: [METHOD, OWN, ...ELSEWHERE],
    run(known: Known): Told {
      const method = known.get(METHOD);
      if (typeof method !== 'string') return silent(method === null ? { value: null, from: 'derived' } : undefined);
      if (isNothing(known.get(OWN)) && ELSEWHERE.some((name) => !isNothing(known.get(name))))
        return silent(undefined, ['The quantization stands in a part of the config.json, where it is not read.']);
      const of = rules();
      if (of?.methods.includes(method))
        return createRuleStage({ name: 'quantization', machine: machineOf(of, method) }).run(known);
      const why = of?.unread[method];
      return silent(undefined, why === undefined ? [] : [`The quantization ${method} was not read: ${why}`]);
    },
  };
}

const isNothing = (fact: Fact | undefined): boolean => fact === null || fact === MISSING;

/** A stage that ends nothing, and says of the object itself at most. */
const silent = (object: GivenFact | undefined, notes: readonly string[] = []): Told => ({
  ...SILENT,
  fact: (name) => (name === OBJECT ? object : undefined),
  notes,
  because: () => [METHOD],
});
