/** What a release assigns to the attributes of a configuration object whose class checks what it is assigned. */
import { MISSING } from '../rules/index.ts';
import { attributeAt } from './configfacts.ts';
import type { ConfigObject } from './configobject.ts';
import type { Known } from './known.ts';
import { isSameFact } from './question.ts';
import type { GivenModel, Question } from './question.ts';
import { SILENT } from './stage.ts';
import type { OpenError, Stage } from './stage.ts';

type ObjectOf = (model: GivenModel, known: Known) => ConfigObject | undefined;

/** The attributes of the whole object, and those of its text part. */
const ATTRIBUTE = /^(hf|hf_text_config)\.(\w+)$/;

/** Whether a fact is such an attribute, and nothing inside it. */
export const isAttribute = (name: string): boolean => ATTRIBUTE.test(name);

/**
 * Leaves the start open where an attribute among `changed` comes to a value of a kind that its field does not take: the class raises
 * a TypeError then, if it is one that checks assignments. Mirrors `validate_assignment` of huggingface_hub's strict dataclasses.
 */
export function assignedStage({ model }: Question, objectOf: ObjectOf, changed: readonly string[]): Stage {
  return {
    name: 'assigned',
    about: model,
    inputs: [],
    run(known) {
      const object = model && objectOf(model, known);
      return object ? { ...SILENT, open: changed.flatMap((name) => refusedIn(object, name, known)) } : SILENT;
    },
  };
}

function refusedIn(object: ConfigObject, name: string, known: Known): OpenError[] {
  const [, whole, key = ''] = ATTRIBUTE.exec(name) ?? [];
  const part = whole === 'hf' ? object : object.text();
  const value = known.get(name);
  if (whole === undefined || part === undefined || value === undefined || value === MISSING) return [];
  if (isSameFact(value, attributeAt(part, key).value) || part.takes(key, value)) return [];
  return [{ type: 'TypeError', text: null, places: [], needs: [`whether the class of the config.json takes ${name}`] }];
}
