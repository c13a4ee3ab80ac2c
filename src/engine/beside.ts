/**
 * Layers that ask another function than the selection for their backend. The rules say which fact of a layer makes it ask:
 * where a question gives that fact, the same rules answer it, with what that function gives in the place of the selection.
 */
import { lazyRecord, namesOf } from '../rules/index.ts';
import type { Machine, Term } from '../rules/index.ts';
import { TERMS } from './outcome.ts';
import { factValue, givenFact } from './question.ts';
import type { Question } from './question.ts';

/** What a function gives, in the place of what the selection gives. */
const MOVED: Readonly<Record<string, string>> = {
  [TERMS.events]: 'events',
  [TERMS.cls]: 'class',
  [TERMS.name]: 'name',
};

/** What is told of a class that no backend of the registry stands for, by its path; and of the platform. */
const OF_CLASS = /^(?:backend|builder)\..+\.|^platform\./;

/** The functions that a layer may ask beside the selection, by the fact with which it does. */
export function askedWith(machine: Machine): ReadonlyMap<string, string> {
  let found = functions.get(machine);
  if (!found) functions.set(machine, (found = functionsIn(machine)));
  return found;
}

const functions = new WeakMap<Machine, ReadonlyMap<string, string>>();

function functionsIn(machine: Machine): ReadonlyMap<string, string> {
  const { terms } = machine.rules;
  const found = new Map<string, string>();
  for (const name of namesOf(terms)) {
    const fn = /^ask\.(.+)\.by$/.exec(name)?.[1];
    const by = fn === undefined ? undefined : terms[name];
    if (fn !== undefined && typeof by === 'string') found.set(by, fn);
  }
  return found;
}

const machines = new WeakMap<Machine, Map<string, Machine>>();

/** The machine that answers a question: for a layer that asks another function, the same rules with that in place. */
export function machineFor(machine: Machine, question: Question): Machine {
  for (const [by, fn] of askedWith(machine))
    if (typeof factValue(givenFact(question, by)) === 'string') return asking(machine, fn);
  return machine;
}

function asking(machine: Machine, fn: string): Machine {
  let known = machines.get(machine);
  if (!known) machines.set(machine, (known = new Map()));
  let made = known.get(fn);
  if (!made) known.set(fn, (made = { ...machine, rules: { ...machine.rules, terms: termsOf(machine, fn) } }));
  return made;
}

function termsOf({ rules: { terms } }: Machine, fn: string): Record<string, Term> {
  const names = [...Object.keys(MOVED), TERMS.by, ...namesOf(terms).filter((name) => OF_CLASS.test(name))];
  return lazyRecord(
    () => names,
    (name) => {
      if (name === TERMS.by) return fn;
      if (Object.hasOwn(MOVED, name)) return terms[`ask.${fn}.${MOVED[name]!}`];
      return OF_CLASS.test(name) ? terms[name] : undefined;
    },
  );
}
