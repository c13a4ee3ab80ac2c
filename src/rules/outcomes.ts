/** How many rules a rule set holds: outcomes, each with the condition under which it happens. */
import type { Cond } from './diagram.ts';
import type { RuleSet, Term } from './terms.ts';

/** Counts outcomes: a value that holds always is one, and so is each alternative, item and event. What is shared counts once. */
export function countOutcomes({ terms }: Pick<RuleSet, 'terms'>): number {
  const seen = new Set<object>();
  const guarded = (all: readonly (readonly [Cond, Term, ...unknown[]])[]): number =>
    all.reduce((n, [, term]) => n + (isPlain(term) ? 1 : Math.max(1, count(term))), 0);
  function count(term: Term): number {
    if (isPlain(term) || seen.has(term)) return 0;
    seen.add(term);
    if ('pick' in term) return guarded(term.pick);
    if ('list' in term) return guarded(term.list);
    if ('lists' in term) return guarded(term.lists);
    if ('join' in term) return guarded(term.of);
    if ('text' in term) return term.text.reduce<number>((n, part) => n + count(part), 0);
    if ('record' in term)
      return Object.values(term.record).reduce<number>((n, part) => n + count(part), guarded(term.over ?? []));
    return 'each' in term ? count(term.item) : 0;
  }
  return Object.values(terms).reduce<number>((n, term) => n + Math.max(1, count(term)), 0);
}

const isPlain = (term: Term): term is string | number | boolean | null => term === null || typeof term !== 'object';
