/** How a release puts the rotary embedding of a configuration object in order: its own rules, and methods of the class. */
import { MISSING, namesOf, UNKNOWN } from '../rules/index.ts';
import type { Facts, Machine, Resolved } from '../rules/index.ts';
import { attributeAt } from './configfacts.ts';
import type { Attribute, ConfigObject } from './configobject.ts';
import type { DecisionError } from './decision.ts';
import { playOpen } from './stage.ts';
import type { OpenError } from './stage.ts';

/** What became of an object. */
export interface Ordered {
  /** The attributes that are not as the class left them, or of which that is unknown. */
  readonly changed: ReadonlyMap<string, Attribute>;
  readonly error: DecisionError | undefined;
  readonly open: readonly OpenError[];
}

const ORDER = 'order.';

/** Puts an object in order. `rest` answers for facts that are not of the object. */
export function putInOrder(machine: Machine, object: ConfigObject, rest: Facts): Ordered {
  const { terms } = machine.rules;
  const changed = new Map<string, Attribute>();
  const attribute = (name: string): Attribute => changed.get(name) ?? object.attribute(name);
  const facts = factsOf(object, rest);
  const { error, open } = playOpen(machine, facts, terms[`${ORDER}events`]);
  machine.load(facts);
  const calls = machine.resolve(terms[`${ORDER}calls`]!);
  const inside = machine.resolve(terms[`${ORDER}inside`]!);
  const made = new Map<string, Resolved>();
  for (const term of namesOf(terms))
    if (term.startsWith(`${ORDER}hf.`)) made.set(term.slice(ORDER.length + 3), machine.resolve(terms[term]!));
  for (const [name, value] of made) change(changed, attribute, name, value);
  // what is changed further in, or whether anything is called, is not said
  if (!Array.isArray(calls) || !Array.isArray(inside) || inside.length > 0)
    return { changed: new Map([...changed, ['rope_parameters', lost]]), error, open };
  for (const method of calls) {
    const called = object.call(String(method), attribute);
    if (called?.refused === undefined) changed.set('rope_parameters', lost);
    else if (called.refused !== null) return { changed, error: error ?? called.refused.raised, open };
    for (const [name, value] of called?.changed ?? []) changed.set(name, value);
  }
  return { changed, error, open };
}

const lost: Attribute = {
  value: undefined,
  from: 'unknown',
  why: ['how rotary embedding is put in order was not read'],
};

/** Changes an attribute, or a key of one. */
function change(
  changed: Map<string, Attribute>,
  attribute: (name: string) => Attribute,
  name: string,
  value: Resolved,
): void {
  const [first = '', key] = name.split('.');
  const made: Attribute =
    value === UNKNOWN ? lost : value === MISSING ? { value: MISSING, from: 'absent' } : { value, from: 'rule' };
  if (key === undefined) {
    changed.set(first, made);
    return;
  }
  const { value: held } = attribute(first);
  // what is no dictionary has no key that changes
  if (held === MISSING || held === null || (held !== undefined && (typeof held !== 'object' || Array.isArray(held))))
    return;
  if (held === undefined || made.value === undefined) {
    changed.set(first, lost);
    return;
  }
  const { [key]: _old, ...rest } = held as Readonly<Record<string, unknown>>;
  changed.set(first, { value: made.value === MISSING ? rest : { ...held, [key]: made.value }, from: 'rule' });
}

/** The attributes of one object under the name that the rules have for any. */
const factsOf = (object: ConfigObject, rest: Facts): Facts => ({
  get: (name) => (name.startsWith('hf.') ? attributeAt(object, name.slice(3)).value : rest.get(name)),
});
