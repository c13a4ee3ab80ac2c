/** What would explain that another thing ran than is decided. */
import { changesToRan, type Question, type RunChange, type ServerDecision, type ServerRules } from '../engine/index.ts';
import type { Start } from '../logs/index.ts';
import {
  changeText,
  differingFacts,
  factRows,
  FLASH_ATTENTION,
  groupRows,
  isAsking,
  isShownAsked,
  type Row,
} from './checkgroups.ts';

/** What a log shows beside what is decided. */
interface Shown {
  readonly rows: { readonly groups: readonly Row[]; readonly facts: readonly Row[] };
  /** The backends that it shows; null where it does not. */
  readonly observed: readonly string[] | null;
}

/**
 * Single changes of the question, in words, with which all that differs comes to what ran and all that agrees stays as it is: found by
 * deciding again.
 */
export function explanations(
  start: Start,
  { server, question }: { readonly server: ServerRules; readonly question: Question },
  decision: ServerDecision,
  { rows: { groups, facts }, observed }: Shown,
): string[] {
  const flash = facts.find(({ what, verdict }) => what === FLASH_ATTENTION && verdict === 'differs');
  const open = new Set([...groups, ...facts].flatMap((row) => (row.verdict === 'cannot tell' ? [keyOf(row)] : [])));
  const fits = (other: ServerDecision): boolean | undefined => {
    if (other.outcome === 'refused') return false;
    const rows = [...groupRows(start, other), ...factRows(start, other)];
    if (rows.some(({ verdict }) => verdict === 'differs')) return false;
    const backends = new Set(other.groups.flatMap(({ role, backend }) => (isAsking(role) ? (backend ?? []) : [])));
    const isSame =
      rows.every((row) => row.verdict === 'agrees' || open.has(keyOf(row))) &&
      (observed ?? []).every((one) => backends.has(one));
    return isSame ? true : undefined;
  };
  const changes = changesToRan(server, question, decision, {
    backends: new Set(observed),
    facts: differingFacts(facts),
    flashAttention: typeof flash?.observed === 'number' ? flash.observed : null,
    how: howOf(start),
    fits,
  });
  const told = changes.filter((one) => one.kind !== 'fact' || !isShownAsked(facts, one.change.fact));
  return [...new Set(told.map(textOf))];
}

const keyOf = ({ what, names }: Row): string => `${what} ${names}`;

/** How the backends of the model came about: of several that came about otherwise, that one was chosen counts. */
function howOf({ selections }: Start): 'auto' | 'forced' | null {
  const hows = new Set(selections.flatMap(({ role, how }) => (role === null ? [how] : [])));
  return hows.has('auto') ? 'auto' : hows.has('forced') ? 'forced' : null;
}

/** A change in words. */
function textOf(one: RunChange): string {
  if (one.kind === 'fact') return changeText(one.change);
  return one.kind === 'left out' ? `the line without ${one.words}` : `${one.words} on the line`;
}
