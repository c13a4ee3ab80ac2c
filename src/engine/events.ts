/** What would happen, in order: log lines until the first error. */
import { printed, UNKNOWN } from '../rules/index.ts';
import type { Cond, Machine, Resolved, Term } from '../rules/index.ts';

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
  /** Whether these are all lines. */
  readonly whole: boolean;
}

/** What would be raised, and under which condition. */
export interface Raise {
  readonly guard: Cond;
  readonly type: string;
  readonly text: Term;
  readonly places: readonly number[];
}

/** A line that would be logged. */
export interface Log {
  readonly guard: Cond;
  readonly level: string;
  readonly text: Term;
  readonly once: boolean;
  readonly places: readonly number[];
}

/** One entry of what happens: a line, an error, or a call with entries of its own. */
export type Happens =
  | ({ readonly kind: 'raise' } & Raise)
  | ({ readonly kind: 'log' } & Log)
  | {
      readonly kind: 'call';
      readonly guard: Cond;
      readonly once: boolean;
      readonly of: readonly Happens[];
      readonly raises: boolean;
    };

const known = new WeakMap<object, readonly Happens[]>();

/** The entries of a term of events, in order; lines below INFO are left out, and calls in which nothing else happens. */
export function happensIn(events: Term | undefined): readonly Happens[] {
  if (events === undefined || events === null || typeof events !== 'object' || !('list' in events)) return [];
  let made = known.get(events);
  if (!made) known.set(events, (made = events.list.map(entry).filter(tells)));
  return made;
}

function entry([guard, item, places = []]: readonly [Cond, Term, (readonly number[])?]): Happens {
  const { record } = item as { record: Readonly<Record<string, Term>> };
  const once = record.once === true;
  if (record.call !== undefined) {
    const of = happensIn(record.call);
    return {
      kind: 'call',
      guard,
      once,
      of,
      raises: of.some((e) => e.kind === 'raise' || (e.kind === 'call' && e.raises)),
    };
  }
  const text = record.text ?? '';
  if (record.raise !== undefined) return { kind: 'raise', guard, type: named(record.raise), text, places };
  return { kind: 'log', guard, level: named(record.log), text, once, places };
}

const tells = (e: Happens): boolean =>
  e.kind === 'call' ? e.of.length > 0 : e.kind === 'raise' || e.level !== 'DEBUG';

/** A name that does not depend on anything. */
const named = (term: Term | undefined): string => (typeof term === 'string' ? term : '');

/** The first error for the facts at hand; `open` where it is unknown whether there is one, undefined where there is none. */
export function firstRaise(machine: Machine, events: readonly Happens[]): Raise | 'open' | undefined {
  for (let i = 0; i < events.length; i++) {
    const e = events[i]!;
    if (e.kind === 'log' || (e.kind === 'call' && !e.raises)) continue;
    const holds = machine.is(e.guard);
    if (holds === 0) continue;
    if (e.kind === 'raise') return holds === 1 ? e : 'open';
    const inner = firstRaise(machine, e.of);
    if (inner !== undefined) return holds === 1 ? inner : 'open';
  }
  return undefined;
}

/** Every error that may be raised for the facts at hand, up to the first that is raised for certain. */
export function possibleRaises(
  machine: Machine,
  events: readonly Happens[],
  isSure = true,
): readonly { readonly raise: Raise; readonly certain: boolean }[] {
  const out: { raise: Raise; certain: boolean }[] = [];
  for (const e of events) {
    if (e.kind === 'log' || (e.kind === 'call' && !e.raises)) continue;
    const holds = machine.is(e.guard);
    if (holds === 0) continue;
    const certain = isSure && holds === 1;
    if (e.kind === 'raise') out.push({ raise: e, certain });
    else out.push(...possibleRaises(machine, e.of, certain));
    if (out.at(-1)?.certain === true) break;
  }
  return out;
}

/** A line that is logged for certain. */
export interface Line {
  readonly level: string;
  readonly text: string;
  readonly places: readonly number[];
}

export interface Played {
  readonly lines: readonly Line[];
  readonly raise: Raise | 'open' | undefined;
  readonly reached: ReadonlySet<string>;
  /** Whether these are all lines: none was left out, none may follow an error that is open. */
  readonly whole: boolean;
}

/** The level of what is no line but tells that a place was passed. */
const MARK = 'MARK';

/** The mark of the place where the platform's list is asked for. */
export const LIST = 'list';

/** Whether a place is marked anywhere in events. */
export const isMarked = (events: readonly Happens[], mark: string): boolean =>
  events.some((e) =>
    e.kind === 'call' ? isMarked(e.of, mark) : e.kind === 'log' && e.level === MARK && e.text === mark,
  );

/** Plays events for the facts at hand until the first error. Lines that depend on unknown facts are left out. */
export function play(machine: Machine, events: readonly Happens[]): Played {
  const lines: Line[] = [];
  const reached = new Set<string>();
  const said = new Set<string>();
  const left = { out: 0 };
  const say = (log: Log, once: boolean): void => {
    const text = machine.resolve(log.text);
    if (text === UNKNOWN) {
      left.out += 1;
      return;
    }
    const line = { level: log.level, text: printed(text), places: log.places };
    if (once || log.once) {
      const key = `${line.level} ${line.text}`;
      if (said.has(key)) return;
      said.add(key);
    }
    lines.push(line);
  };
  const go = (list: readonly Happens[], once: boolean, sure: boolean): Raise | 'open' | undefined => {
    for (const e of list) {
      const holds = machine.is(e.guard);
      if (holds === 0) continue;
      if (e.kind === 'raise') return holds === 1 ? e : 'open';
      if (e.kind === 'log') {
        if (e.level === MARK) {
          if (holds === 1) reached.add(printed(machine.resolve(e.text)));
        } else if (holds === 1 && sure) say(e, once);
        else left.out += 1;
        continue;
      }
      const raise = go(e.of, once || e.once, sure && holds === 1);
      if (raise !== undefined) return holds === 1 ? raise : 'open';
    }
    return undefined;
  };
  const raise = go(events, false, true);
  return { raise, lines, reached, whole: left.out === 0 && raise !== 'open' };
}

/** Plays the events of a term (or of the term of that name) until the first error. */
export function happened(
  machine: Machine,
  name: string,
  events: Term | undefined = machine.rules.terms[name],
): Happening {
  const { lines, raise, reached, whole } = play(machine, happensIn(events));
  const logs = lines.map(({ level, text }) => [level, text] as const);
  if (raise === undefined || raise === 'open')
    return { error: raise === 'open' ? null : undefined, logs, reached, whole };
  return { error: { type: raise.type, text: machine.resolve(raise.text) }, logs, reached, whole };
}
