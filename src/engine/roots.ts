/** What a fact that was worked out follows from. */
import type { GivenFact, Origin } from './question.ts';
import type { Known } from './known.ts';

/** A fact that was worked out, with what it follows from. */
export function withRoots(known: Known, name: string, given: GivenFact): GivenFact {
  if (given.where !== undefined || (given.from !== 'derived' && given.from !== 'unknown')) return given;
  const where = wordsOf(known, known.because(name));
  return where === undefined ? given : { ...given, where };
}

/** Where what somebody said comes from; the rest follows from nothing that could be changed. */
const SAID: readonly Origin[] = ['flag', 'env', 'config', 'catalogue'];

/** Did somebody say it? */
export const isSaid = ({ from }: GivenFact): boolean => SAID.includes(from);

/** So many sources of a fact are named. */
const NAMED = 3;

/** What facts follow from, in words: what was said, or that nothing was. */
export function wordsOf(known: Known, names: readonly string[]): string | undefined {
  const roots = rootsOf(known, names);
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
