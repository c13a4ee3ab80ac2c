/** What is made of a checkpoint's quantization configuration: the object that layers ask, by the rules of its method. */
import type { Machine, PackedRuleSet } from '../rules/index.ts';
import type { GivenFact } from './question.ts';
import type { QuantizationRules } from './release.ts';
import { createRuleStage, SILENT } from './stage.ts';
import type { Known, Stage, Told } from './stage.ts';

const METHOD = 'model_config.quantization';
const OBJECT = 'quant_config';

/**
 * The stage of the quantization object. `rules` and the machine of a method are looked up when a model is quantized; where
 * it is not there is no object, and where a method has no rules everything about it is unknown, and told.
 */
export function createQuantizationStage(
  rules: () => QuantizationRules | undefined,
  machine: (rules: PackedRuleSet) => Machine,
): Stage {
  return {
    name: 'quantization',
    inputs: [METHOD],
    run(known: Known): Told {
      const method = known.get(METHOD);
      if (typeof method !== 'string') return silent(method === null ? { value: null, from: 'derived' } : undefined);
      const of = rules();
      const own = of?.methods[method];
      if (own) return createRuleStage({ name: 'quantization', machine: machine(own) }).run(known);
      const why = of?.unread[method];
      return silent(undefined, why === undefined ? [] : [`The quantization ${method} was not read: ${why}`]);
    },
  };
}

/** A stage that ends nothing, and says of the object itself at most. */
const silent = (object: GivenFact | undefined, notes: readonly string[] = []): Told => ({
  ...SILENT,
  fact: (name) => (name === OBJECT ? object : undefined),
  notes,
  because: () => [METHOD],
});
