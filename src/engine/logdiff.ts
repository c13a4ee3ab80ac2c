/** How two releases differ in the lines that a server prints while it selects a backend. */
import type { Machine, Term } from '../rules/index.ts';
import { happensIn } from './events.ts';
import type { Happens } from './events.ts';
import { TERMS } from './outcome.ts';

/** A line as the source writes it: what depends on the question stands as `…`. */
export interface LogTemplate {
  readonly level: string;
  readonly text: string;
  readonly place: string | null;
}

export interface LogChanges {
  readonly added: readonly LogTemplate[];
  readonly removed: readonly LogTemplate[];
  readonly reworded: readonly { readonly before: LogTemplate; readonly after: LogTemplate }[];
}

/** Compares the lines of two releases; lines of which most words are the same are one line in other words. */
export function logChanges(before: Machine, after: Machine): LogChanges {
  const [a, b] = [templatesOf(before), templatesOf(after)];
  const removed = [...a.values()].filter(({ level, text }) => !b.has(`${level} ${text}`));
  const added = [...b.values()].filter(({ level, text }) => !a.has(`${level} ${text}`));
  const reworded: { before: LogTemplate; after: LogTemplate }[] = [];
  for (const line of removed) {
    const rest = added.filter((other) => !reworded.some(({ after: taken }) => taken === other));
    const [best] = rest
      .map((other) => ({ other, same: likeness(line.text, other.text) }))
      .toSorted((x, y) => y.same - x.same);
    if (best !== undefined && best.same >= LIKE) reworded.push({ before: line, after: best.other });
  }
  return {
    added: added.filter((line) => !reworded.some(({ after: taken }) => taken === line)),
    removed: removed.filter((line) => !reworded.some(({ before: taken }) => taken === line)),
    reworded,
  };
}

/** The part of the words that two lines have to share to be one. */
const LIKE = 0.5;

/** How many of the words of both stand in both, from 0 to 1. */
function likeness(a: string, b: string): number {
  const words = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu));
  const [x, y] = [words(a), words(b)];
  const all = new Set([...x, ...y]).size;
  return all === 0 ? 0 : [...x].filter((word) => y.has(word)).length / all;
}

/** Every line that can be printed while a backend is selected, by its level and text. */
function templatesOf({ rules }: Machine): ReadonlyMap<string, LogTemplate> {
  const found = new Map<string, LogTemplate>();
  const look = (events: readonly Happens[]): void => {
    for (const e of events)
      if (e.kind === 'call') look(e.of);
      else if (e.kind === 'log')
        for (const text of textsIn(e.text)) {
          const [at] = e.places;
          const place = at === undefined ? null : (rules.places[at] ?? null);
          if (!found.has(`${e.level} ${text}`)) found.set(`${e.level} ${text}`, { level: e.level, text, place });
        }
  };
  look(happensIn(rules.terms[TERMS.events]));
  return found;
}

const OPEN = '…';

/** The texts that a term can be, where they are written out; a part that depends on the question is open. */
function textsIn(term: Term): string[] {
  if (term === null || typeof term !== 'object') return [String(term)];
  if ('pick' in term) return [...new Set(term.pick.flatMap(([, one]) => textsIn(one)))];
  if ('text' in term) return [term.text.map(partIn).join('')];
  return [OPEN];
}

const partIn = (part: Term): string => (part === null || typeof part !== 'object' ? String(part) : OPEN);
