/** What a release changes in the configuration object of a model that drafts, as a stage. */
import { createMachine, unpackRules } from '../rules/index.ts';
import type { DraftRules } from './release.ts';
import { changedObjects, derived, OBJECTS, playOpen, SILENT } from './stage.ts';
import type { Stage, Told } from './stage.ts';

/** Prepares the stage by the name of the function that changes the object; undefined where that is not the one that was read. */
export function createDraftChange({
  types,
  architectures,
  kinds,
  rules,
}: DraftRules): (change: string) => Stage | undefined {
  const machine = createMachine(unpackRules(rules));
  const { terms } = machine.rules;
  const stage: Stage = {
    name: 'draft change',
    inputs: machine.inputs,
    rules: machine.rules,
    run(known) {
      const type = known.get('hf.model_type');
      if (typeof type !== 'string') return unread('The type of the model that drafts is unknown.');
      const named = known.get('hf.architectures');
      const [one, ...others] = Array.isArray(named) ? (named as unknown[]) : [];
      if (typeof one !== 'string' || others.length > 0) return unread('The architecture that drafts is unknown.');
      const key = `${types.includes(type) ? type : ''}/${architectures.includes(one) ? one : ''}`;
      const kind = `${Object.hasOwn(kinds, key) ? kinds[key]! : 0}.`;
      machine.load(known);
      const made = terms[`${kind}made`];
      const played = playOpen(machine, known, terms[`${kind}events`]);
      machine.load(known);
      if (made === undefined || machine.resolve(made) !== true)
        return { ...unread('Another object drafts.'), error: played.error, open: played.open };
      const same = known.get('hf.text_is_whole') === true;
      const found = changedObjects(machine, { kind, same, fact: derived });
      return { ...SILENT, fact: (name) => found.get(name), error: played.error, open: played.open };
    },
  };
  return (change) => (terms['name'] === change ? stage : undefined);
}

/** An object of which nothing is known, and why. */
const unread = (why: string): Told => ({
  ...SILENT,
  notes: [why],
  fact: (name) => (OBJECTS.test(name) ? { from: 'unknown', where: why } : undefined),
});
