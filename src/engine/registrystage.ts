import type { Facts } from '../rules/index.ts';
import type { GivenFact } from './question.ts';
import type { FoundModel } from './serverrules.ts';
import { derived, SILENT } from './stage.ts';
import type { Stage } from './stage.ts';

/** The ways of choosing a class by which an architecture that has one of vLLM's own gets that. */
const OWN_FIRST: readonly unknown[] = ['auto', 'vllm'];

/** Is a model made of vLLM's own class where there is one for its architecture? */
export const takesOwn = (known: Facts): boolean => OWN_FIRST.includes(known.get('args.model_impl'));

/** Which class the model is made of: the one of the only architecture that its config names. */
export const registryStage = (modelOf: (architecture: string) => FoundModel | undefined): Stage => ({
  name: 'registry',
  inputs: ['hf.architectures', 'args.model_impl'],
  run(known) {
    const named = known.get('hf.architectures');
    const [one, ...others] = Array.isArray(named) ? (named as unknown[]) : [];
    // more than one, or one that vLLM has no class of its own for: what it makes of that is not read
    if (typeof one !== 'string' || others.length > 0 || !takesOwn(known)) return SILENT;
    const found = modelOf(one);
    if (found === undefined) return SILENT;
    const facts = new Map<string, GivenFact>([['model_config.architecture', { value: one, from: 'derived' }]]);
    for (const [name, value] of Object.entries(found.info)) facts.set(`model_info.${name}`, { value, from: 'derived' });
    return { ...SILENT, fact: (name) => facts.get(name), because: () => ['hf.architectures'] };
  },
});

/** What that which prepares the inputs of a model of that class says of the model: `model_info.<term>`. */
export const processingStage = (modelOf: (architecture: string) => FoundModel | undefined, term: string): Stage => ({
  name: 'processing',
  inputs: [],
  run(known) {
    const architecture = known.get('model_config.architecture');
    const machine = typeof architecture === 'string' ? modelOf(architecture)?.processing : undefined;
    const said = machine?.rules.terms[term];
    if (machine === undefined || said === undefined) return SILENT;
    machine.load(known);
    const given = derived(machine.resolve(said));
    const because = machine.used();
    const name = `model_info.${term}`;
    return {
      ...SILENT,
      fact: (asked) => (asked === name ? given : undefined),
      because: (asked) => (asked === name ? because : []),
    };
  },
});
