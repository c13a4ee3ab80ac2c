/** Which class a package has for models of a type. */
import { MISSING } from '../rules/index.ts';
import { attributeAt } from './configfacts.ts';
import type { ConfigObject } from './configobject.ts';
import type { GivenFact } from './question.ts';

/** The name of what a table of the package holds under the type of a configuration object. */
const BY_TYPE = /^(transformers\.[\w.]+)\.\{(hf|hf_text_config)\.model_type\}$/;

type Lists = Readonly<Record<string, readonly string[]>>;

/**
 * The table that says how the models of the package attend: where in them, and then which attributes of the configuration have to be
 * false for that. It holds what is certain.
 */
const ATTENDS = 'transformers.modeling_utils.ALL_ATTENTION_FUNCTIONS';

function attending(object: ConfigObject, held: readonly string[] | undefined): GivenFact {
  const [layers, module, ...unless] = held ?? [];
  const isNot = (name: string): boolean =>
    [MISSING, false, null].includes(attributeAt(object, name).value as boolean | null);
  // of a part it is another model that is made
  return layers === undefined ||
    module === undefined ||
    object.text() !== object ||
    !unless.every((name) => isNot(name))
    ? { from: 'unknown' }
    : { value: [layers, module], from: 'stock' };
}

/** What it holds: a list of one class, or nothing; undefined for a fact of another name. */
export function classByType(lists: Lists, object: ConfigObject, name: string): GivenFact | undefined {
  const [, table, root] = BY_TYPE.exec(name) ?? [];
  if (table === undefined) return undefined;
  const from = root === 'hf' ? object : object.text();
  const type = from && attributeAt(from, 'model_type').value;
  // a package that was learned without the table
  if (typeof type !== 'string' || !Object.keys(lists).some((one) => one.startsWith(`${table}.`)))
    return { from: 'unknown' };
  const held = lists[`${table}.${type}`];
  if (table === ATTENDS) return attending(object, held);
  return held === undefined ? { missing: true, from: 'stock' } : { value: held, from: 'stock' };
}
