/**
 * A question about one layer, where the server around it is not known: what a bulk question says, as facts with where each
 * comes from, so that the answer can be explained.
 */
import { MISSING, textOf, UNKNOWN } from '../rules/index.ts';
import type { Fact, Kind, Machine } from '../rules/index.ts';
import { requestOf } from './ask.ts';
import { type BulkQuestion, factsOf, type Stock } from './asked.ts';
import { forcedBy } from './outcome.ts';
import type { GivenFact } from './question.ts';

/**
 * The facts that a bulk question makes for every input of the rules. What it says itself comes from the flag; what it
 * leaves unsaid follows the conventions of the bulk format, and is a default. Raises nothing.
 */
export function oneLayerFacts(machine: Machine, asked: BulkQuestion, stock: Stock): Record<string, GivenFact> {
  const facts = factsOf(asked, stock, machine.rules);
  const { backend, error } = requestOf(machine, asked.requested);
  const forced = forcedBy(machine.rules);
  const out: Record<string, GivenFact> = {};
  for (const name of machine.inputs) {
    const value: Fact | undefined = name === forced && backend !== null ? requested(backend) : facts.get(name);
    const place = said(name, asked, forced);
    if (value === undefined || (error !== undefined && place !== undefined && name === forced)) continue;
    const from = place === undefined ? 'default' : 'flag';
    const where = place ?? 'what a question about one layer leaves unsaid';
    out[name] = value === MISSING ? { missing: true, from, where } : { value: value as never, from, where };
  }
  return out;
}

/** What an input of the rules may be, where it is one of a few values or kinds of value. */
export interface Takes {
  readonly input: string;
  readonly values?: readonly Fact[];
  readonly kinds?: readonly Kind[];
}

/** What a question about one layer may say, by the name of its argument or `config.<field>`, and what of each is taken. */
export function oneLayerTakes(machine: Machine, stock: Stock): ReadonlyMap<string, Takes> {
  const out = new Map<string, Takes>();
  for (const input of machine.inputs) {
    const names = input.startsWith('call.') ? [input.slice('call.'.length)] : configRead(machine, stock, input);
    // a field that several inputs are read from is named like the one that it says
    for (const name of names)
      if (!out.has(name) || input.endsWith(name.replace(/^config/, ''))) out.set(name, taken(machine, input));
  }
  return out;
}

/** The fields of a question's configuration from which an input is read. */
function configRead({ rules }: Machine, stock: Stock, input: string): string[] {
  const fields = new Set<string>();
  const get = (_: object, field: string): undefined => void fields.add(`config.${field}`);
  factsOf({ config: new Proxy({}, { get }) }, stock, rules).get(input);
  return [...fields];
}

function taken({ rules }: Machine, input: string): Takes {
  const choice = rules.variables.find((v) => 'choice' in v && v.choice === input);
  const kinds = rules.variables.find((v) => 'kinds' in v && v.kinds === input);
  return {
    input,
    ...(choice && 'choice' in choice && choice.other !== true ? { values: choice.of } : {}),
    ...(kinds && 'kinds' in kinds ? { kinds: kinds.of } : {}),
  };
}

const requested = (backend: unknown): Fact | undefined => (backend === UNKNOWN ? undefined : (backend as Fact));

/** The flag that says an input; undefined where it is left unsaid. */
function said(name: string, { call = {}, config = {}, requested }: BulkQuestion, forced: string): string | undefined {
  if (name === forced) return requested === undefined ? undefined : `--layer requested=${requested}`;
  const last = name.slice(name.indexOf('.') + 1);
  if (name.startsWith('call.') && Object.hasOwn(call, last)) return `--layer ${last}=${String(call[last])}`;
  if (!name.startsWith('call.') && Object.hasOwn(config, last)) return `--layer config.${last}=${String(config[last])}`;
  return undefined;
}

/** The error that the release raises for a backend that is asked for by a name; undefined where there is one of that name. */
export const requestRefused = (machine: Machine, requested: string): string | undefined => {
  const { error } = requestOf(machine, requested);
  return error ? textOf(error.text ?? error.type) : undefined;
};
