/** What a fact that was worked out follows from. */
import type { GivenFact, Origin } from './question.ts';
import type { Known } from './known.ts';

/** A fact that was worked out, with what it follows from. */
export function withRoots(known: Known, name: string, given: GivenFact): GivenFact {
  if (given.where !== undefined || (given.from !== 'derived' && given.from !== 'unknown')) return given;
  const where = wordsOf(known, known.because(name), name);
  return where === undefined ? given : { ...given, where };
}

/** Where what somebody said comes from; the rest follows from nothing that could be changed. */
const SAID: readonly Origin[] = ['flag', 'env', 'config', 'catalogue'];

/** Did somebody say it? */
export const isSaid = ({ from }: GivenFact): boolean => SAID.includes(from);

/** So many sources of a fact are named. */
const NAMED = 3;

/** What a model is called, and which files there are: nearly all rests on these too, and little follows from them. */
const REMOTE = /^(?:args\.model$|file\.|isfile\.)/;

/** Sources in the order of how near they are to a fact: those that share words with its own name, then others, then remote ones. */
export function nearestFirst(roots: readonly string[], fact: string): string[] {
  const rank = (root: string): number => (REMOTE.test(root) ? 1 : -sharedWords(root, fact));
  return roots.toSorted((a, b) => rank(a) - rank(b));
}

/** How many words a name shares with the last part of another. */
export function sharedWords(name: string, fact: string): number {
  const own = new Set(wordsIn(fact.slice(fact.lastIndexOf('.') + 1)));
  return wordsIn(name).filter((word) => own.has(word)).length;
}

const wordsIn = (name: string): string[] => name.split(/[^A-Za-z0-9]+|_/).filter(Boolean);

/** What facts follow from, in words: what was said, or that nothing was. `fact` is the one that follows, where there is one. */
export function wordsOf(known: Known, names: readonly string[], fact = ''): string | undefined {
  const roots = nearestFirst(rootsOf(known, names), fact);
  const said = roots.flatMap((root) => {
    const given = known.given(root);
    if (given === undefined || !isSaid(given)) return [];
    if (given.from === 'flag' || given.from === 'env') return [given.where ?? root];
    return [root];
  });
  const distinct = [...new Set(said)];
  if (distinct.length === 0) return roots.length === 0 ? undefined : 'defaults';
  const more = distinct.length > NAMED ? ', …' : '';
  return `from ${distinct.slice(0, NAMED).join(', ')}${more}`;
}

/** The facts that were given and not worked out, on which others rest. */
export function rootsOf(known: Known, names: readonly string[]): string[] {
  const roots = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const behind = known.because(name);
    if (behind.length === 0) roots.add(name);
    else for (const one of behind) visit(one);
  };
  for (const name of names) visit(name);
  return [...roots];
}
