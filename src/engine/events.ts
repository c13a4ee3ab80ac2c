/** What would happen, in order: log lines until the first error. */
import { UNKNOWN } from '../rules/index.ts';
import type { Machine, Resolved, Term } from '../rules/index.ts';

export interface Raised {
  readonly [key: string]: Resolved;
  readonly type: string;
  /** The text, or UNKNOWN where it depends on an unknown fact. */
  readonly text: Resolved;
}

export interface Happening {
  /** undefined: none; null: it depends on unknown facts whether there is one. */
  readonly error: Raised | undefined | null;
  /** Level and text of each line, in order; a text that depends on unknown facts is left out. */
  readonly logs: readonly (readonly [string, string])[];
}

/** Plays the events of a term (or of the term of that name) until the first error. */
export function happened(machine: Machine, name: string, events: Term | undefined = machine.rules.terms[name]): Happening {
  const logs: [string, string][] = [];
  const said = new Set<string>();
  if (events === undefined || events === null || typeof events !== 'object' || !('list' in events)) return { error: undefined, logs };
  for (const [g, item] of events.list) {
    const value = machine.is(g);
    if (value === 0) continue;
    const { record } = item as { record: Readonly<Record<string, Term>> };
    if (record.raise !== undefined) {
      if (value === 2) return { error: null, logs };
      return { error: { type: String(record.raise), text: machine.resolve(record.text!) }, logs };
    }
    if (value === 2) continue;
    const text = machine.resolve(record.text!);
    if (text === UNKNOWN) continue;
    const line = String(text);
    const level = String(record.log);
    if (record.once === true) {
      if (said.has(`${level} ${line}`)) continue;
      said.add(`${level} ${line}`);
    }
    logs.push([level, line]);
  }
  return { error: undefined, logs };
}
