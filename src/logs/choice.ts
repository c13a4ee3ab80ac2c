/** What a start says of the backends that it chose. */
import type { Json } from '../engine/index.ts';
import { type Kept, MOST, nameOf, note, noteName, type Process, type Took } from './kept.ts';
import { readLiteral } from './literals.ts';
import type { How, Selection } from './observation.ts';
import type { Patterns } from './patterns.ts';

/** Takes in a line that names a choice. */
export function takeChoice(
  kept: Kept,
  patterns: Patterns,
  { met: { pattern, holes }, printed, number, process }: Took,
): void {
  const candidates = candidatesIn(holes['candidates']);
  const said = holes['backend'] ?? pattern.says?.['backend'];
  if (
    candidates === null ||
    (holes['candidates'] !== undefined && said !== undefined && !candidates?.includes(nameOf(String(said))))
  )
    return;
  if (said === undefined) {
    process.candidates = candidates;
    return;
  }
  const name = nameOf(String(said));
  const known = patterns.isBackend(name, kept.release);
  if (!known) noteName(kept, 'unknownNames', name, number);
  for (const one of candidates ?? [])
    if (!patterns.isBackend(one, kept.release)) noteName(kept, 'unknownNames', one, number);
  if (pattern.of === 'vision') return note(kept, 'vit', known ? name : '', number);
  if (pattern.of === 'prefill') return note(kept, 'mlaPrefill', known ? name : '', number);
  // the selector says again what the platform said before
  if (pattern.again && process.last === name) return;
  process.last = name;
  const list = candidates ?? process.candidates ?? null;
  process.candidates = undefined;
  const how = list === null ? howOf(kept, pattern.how ?? (pattern.again ? 'platform' : undefined), name) : 'auto';
  keepSelection(kept, process, {
    backend: known ? name : null,
    candidates: list,
    how,
    role: process.drafter ? 'drafter' : null,
    line: number,
    process: printed.process === '' ? null : printed.process,
  });
}

/** Of a forced backend, who forces it: what was asked for comes first, then what was said of it. */
function howOf({ given, forces }: Kept, how: How | undefined, name: string): How {
  const asked =
    given === null
      ? undefined
      : [given['attention_backend'], Object(given['attention_config'])['backend'] as Json | undefined];
  if (asked?.some((one) => typeof one === 'string' && nameOf(one).toUpperCase() === name)) return 'forced';
  return forces.get(name) ?? how ?? 'forced';
}

/** The names of a list that is printed; null where it is damaged. */
function candidatesIn(text: string | undefined): readonly string[] | null | undefined {
  if (text === undefined) return undefined;
  const list = readLiteral(text);
  return Array.isArray(list) && list.every((one) => typeof one === 'string' && /^\w+$/.test(one))
    ? (list as string[])
    : null;
}

/** Keeps a selection, unless another rank said it before: each says its own as often. */
function keepSelection(kept: Kept, process: Process, selection: Selection): void {
  const { backend, candidates, how, role } = selection;
  const what = JSON.stringify([backend, candidates, how, role]);
  const times = (process.counts.get(what) ?? 0) + 1;
  if (process.counts.size < MOST) process.counts.set(what, times);
  const key = `${times} ${what}`;
  if (!kept.selections.has(key) && kept.selections.size < MOST) kept.selections.set(key, selection);
}
