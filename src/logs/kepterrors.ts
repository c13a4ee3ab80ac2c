/** What a start says of what ended it. */
import type { Json } from '../engine/index.ts';
import type { Raised } from './errors.ts';
import { type Kept, LONGEST, MOST, nameOf, noteName } from './kept.ts';
import { readLiteral } from './literals.ts';
import { type Patterns, wholeOf } from './patterns.ts';

/** What ends a process that is asked to end. */
const ENDED = /^(?:KeyboardInterrupt|CancelledError|SystemExit|GeneratorExit)$/;

/** Keeps an error, once. */
export function keepError(kept: Kept, patterns: Patterns, { type, text, line, ends }: Raised, process: string): void {
  const met = wholeOf(patterns.error(type, text, kept.release), ends);
  const key = `${type} ${text}`;
  if (kept.errors.has(key) || kept.errors.size >= MOST) return;
  const requested = met?.holes['requested'];
  const name = requested === undefined ? null : nameOf(requested);
  if (name !== null && !patterns.isBackend(name, kept.release)) noteName(kept, 'unknownNames', name, line);
  if (met?.holes['variable'] !== undefined) noteName(kept, 'deadVariables', met.holes['variable'], line);
  kept.errors.set(key, {
    type,
    text: text.slice(0, LONGEST),
    requested: name,
    reasons: reasonsIn(met?.holes['reasons']),
    configuration: met?.holes['configuration'] ?? null,
    line,
    process: process === '' ? null : process,
  });
  if (kept.reached === 'boot' && !ENDED.test(type)) kept.reached = 'failed';
}

/** A list of reasons, or one for each backend: `{A: [x, y], B: [z]}`. */
function reasonsIn(text: string | undefined): Json {
  if (text === undefined) return null;
  const list = readLiteral(text);
  if (Array.isArray(list)) return list;
  if (!text.startsWith('{') || !text.endsWith('}')) return null;
  const parts = text.length === 2 ? [] : text.slice(1, -1).split(/(?<=\]), (?=[\w.]+: \[)/);
  const entries = parts.map((part) => /^([\w.]+): \[(.*)\]$/s.exec(part));
  if (entries.includes(null)) return null;
  return Object.fromEntries(entries.map((entry) => [entry![1]!, entry![2] === '' ? [] : entry![2]!.split(', ')]));
}
