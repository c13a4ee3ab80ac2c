/** Which class a package has for models of a type. */
import { attributeAt } from './configfacts.ts';
import type { ConfigObject } from './configobject.ts';
import type { GivenFact } from './question.ts';

/** The name of what a table of the package holds under the type of a configuration object. */
const BY_TYPE = /^(transformers\.[\w.]+)\.\{(hf|hf_text_config)\.model_type\}$/;

type Lists = Readonly<Record<string, readonly string[]>>;

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
  return held === undefined ? { missing: true, from: 'stock' } : { value: held, from: 'stock' };
}
