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
  /** The marks that were passed before the error: `platform` when the platform was asked for its choice. */
  readonly reached: ReadonlySet<string>;
}

/** Plays the events of a term (or of the term of that name) until the first error. */
export function happened(machine: Machine, name: string, events: Term | undefined = machine.rules.terms[name]): Happening {
  const logs: [string, string][] = [];
  const reached = new Set<string>();
  const error = events === undefined ? undefined : play(machine, events, false, { logs, said: new Set(), reached });
  return { error, logs, reached };
}

interface Said {
  readonly logs: [string, string][];
  readonly said: Set<string>;
  readonly reached: Set<string>;
}

/** Plays one list of events; returns the error that ends it, null where it is unknown whether there is one. */
function play(machine: Machine, events: Term, once: boolean, so: Said): Raised | undefined | null {
  if (events === null || typeof events !== 'object' || !('list' in events)) return undefined;
  for (const [g, item] of events.list) {
    const value = machine.is(g);
    if (value === 0) continue;
    const { record } = item as { record: Readonly<Record<string, Term>> };
    const isOnce = once || record.once === true;
    if (record.call !== undefined) {
      const error = play(machine, record.call, isOnce, value === 1 ? so : { ...so, logs: [] });
      if (error !== undefined) return value === 1 ? error : null;
    } else if (record.raise !== undefined) {
      if (value === 2) return null;
      return { type: String(record.raise), text: machine.resolve(record.text!) };
    } else if (value === 1) say(machine, record, isOnce, so);
  }
  return undefined;
}

function say(machine: Machine, record: Readonly<Record<string, Term>>, once: boolean, so: Said): void {
  const text = machine.resolve(record.text!);
  if (text === UNKNOWN) return;
  const line = String(text);
  const level = String(record.log);
  if (level === 'MARK') {
    so.reached.add(line);
    return;
  }
  if (once) {
    if (so.said.has(`${level} ${line}`)) return;
    so.said.add(`${level} ${line}`);
  }
  so.logs.push([level, line]);
}
