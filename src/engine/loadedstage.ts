/**
 * What a release changes in a model's configuration object once its class has made it, as a stage: by the kind of its
 * model type, from the config.json and the files beside it.
 */
import { createMachine, MISSING, UNKNOWN, unpackRules } from '../rules/index.ts';
import type { Fact, Facts, Resolved } from '../rules/index.ts';
import type { Json } from './bulk.ts';
import { jsonFacts } from './configobject.ts';
import type { ConfigObject } from './configobject.ts';
import { putInOrder } from './loadedorder.ts';
import type { GivenFact, GivenModel } from './question.ts';
import type { LoadedRules } from './release.ts';
import { changedObjects, OBJECTS, playOpen, SILENT } from './stage.ts';
import type { Known } from './known.ts';
import type { Stage, Told } from './stage.ts';

/** The object and its text part, by the names of their facts. */
const PARTS = {
  hf: (object: ConfigObject) => object,
  hf_text_config: (object: ConfigObject) => object.text(),
} as const;

/** Prepares the stage for the model of a question. */
// oxlint-disable-next-line max-lines-per-function -- one step after the other, as a release takes them
export function createLoadedStage({
  types,
  rules,
}: LoadedRules): (model: GivenModel | undefined, objectOf?: (known: Known) => ConfigObject | undefined) => Stage {
  const machine = createMachine(unpackRules(rules));
  // oxlint-disable-next-line max-lines-per-function -- the stage with its one method
  return (model, objectOf) => ({
    name: 'loaded',
    about: model,
    inputs: machine.inputs,
    rules: machine.rules,
    // oxlint-disable-next-line max-lines-per-function -- one step after the other
    run(known) {
      const type = model?.config['model_type'];
      if (model === undefined || typeof type !== 'string') return SILENT;
      const kind = `${Object.hasOwn(types, type) ? types[type]![0] : 0}.`;
      const facts = withFiles(known, model);
      const { terms } = machine.rules;
      machine.load(facts);
      const made = terms[`${kind}made`];
      if (made === undefined || machine.resolve(made) !== true)
        return unread(`how a model of type ${type} is loaded was not read`);
      const same = known.get('hf.text_is_whole') === true;
      const found = changedObjects(machine, { kind, same, fact: given });
      const played = playOpen(machine, facts, terms[`${kind}events`]);
      let { error, open } = played;
      machine.load(facts);
      const order = terms[`${kind}calls`] === undefined ? [] : machine.resolve(terms[`${kind}calls`]!);
      const object = objectOf?.(known);
      for (const prefix of Array.isArray(order) ? order : Object.keys(PARTS)) {
        const of = object && PARTS[prefix as keyof typeof PARTS](object);
        if (of === undefined || (prefix === 'hf_text_config' && same)) continue;
        const ordered = putInOrder(machine, of, facts);
        open = [...open, ...(error ? [] : ordered.open)];
        error ??= ordered.error;
        for (const [name, { value, why }] of ordered.changed) {
          const fact: GivenFact =
            value === undefined ? { from: 'unknown', where: why?.join('; ') ?? prefix } : given(value as Resolved);
          found.set(`${prefix}.${name}`, fact);
          if (same) found.set(`hf_text_config.${name}`, fact);
        }
      }
      const because = (name: string): readonly string[] => (found.has(name) ? ['hf.model_type'] : []);
      return { ...SILENT, fact: (name) => found.get(name), error, open, logs: played.logs, because };
    },
  });
}

function given(value: Resolved): GivenFact {
  if (value === UNKNOWN) return { from: 'unknown' };
  if (value === MISSING) return { missing: true, from: 'derived' };
  return { value: value as Json, from: 'derived' };
}

/** The facts, and what stands in the file beside the config. */
function withFiles(known: Known, { quant }: GivenModel): Facts {
  const files: Readonly<Record<string, Fact>> = { 'file.hf_quant_config.json': quant !== undefined };
  const inside = quant ? [jsonFacts('file.hf_quant_config', quant)] : [];
  return {
    get(name) {
      if (Object.hasOwn(files, name)) return files[name];
      for (const facts of name.startsWith('file.') ? inside : []) {
        const found = facts.get(name);
        if (found !== undefined) return found;
      }
      return known.get(name);
    },
  };
}

/** An object of which nothing is known, and why. */
const unread = (why: string): Told => ({
  ...SILENT,
  notes: [why],
  fact: (name) => (OBJECTS.test(name) ? { from: 'unknown', where: why } : undefined),
});
