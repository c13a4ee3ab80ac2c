import { describe, expect, it } from 'vitest';
import { installOf, stockOf } from '../../src/catalog/index.ts';
import { listReleases, readPackages, readRelease } from '../../src/disk/index.ts';
import { diffReleases, factsOf, isSame } from '../../src/engine/index.ts';
import type { Compared, DiffSide, RefusalChange } from '../../src/engine/index.ts';
import { createMachine, unpackRules } from '../../src/rules/index.ts';

const packages = readPackages();

/** A release, whatever is installed; its selection alone where that is said. */
function side(name: string, alone = false): DiffSide {
  const release = readRelease(name);
  const machine = createMachine(unpackRules(release.selection['cuda']!));
  const needs = { release: name, requirements: release.requirements['cuda'] };
  const stock = stockOf(packages, installOf(packages, 'cuda', 'image', needs));
  const plain = factsOf({ platform: 'cuda' }, stock, machine.rules);
  const own = { backends: release.backends, machine, facts: new Map(), plain };
  return alone ? own : { ...own, arguments: release.arguments };
}

const names = listReleases()
  .filter(({ own }) => own)
  .map(({ release }) => release);
const [last, first] = [names[0]!, names.at(-1)!];

const MIRRORED = { narrowed: 'widened', widened: 'narrowed', moved: 'moved', reworded: 'reworded' } as const;

const mirrored = ({ before, after, newly, nowTaken, change, ...rest }: RefusalChange): RefusalChange => ({
  ...rest,
  change: MIRRORED[change],
  before: after,
  after: before,
  newly: nowTaken,
  nowTaken: newly,
});

const sorted = (changes: readonly RefusalChange[]): RefusalChange[] =>
  changes
    .map((one) => ({ ...one, newly: one.newly.toSorted(), nowTaken: one.nowTaken.toSorted() }))
    .toSorted((a, b) => `${a.backend} ${a.fact}`.localeCompare(`${b.backend} ${b.fact}`));

const movesOf = ({ moved }: Compared): (readonly [string, string])[] =>
  moved.map(({ before, after }) => [before, after] as const);

describe('the difference of two releases', () => {
  it('is empty for a release and itself', () => {
    for (const name of names.filter((_, i) => i % 4 === 0))
      expect(isSame(diffReleases(side(name), side(name)))).toBe(true);
  });

  it('is the mirror of that the other way round', () => {
    const there = diffReleases(side(first), side(last));
    const back = diffReleases(side(last), side(first));
    expect(back.backends.added).toEqual(there.backends.removed);
    expect(back.backends.removed).toEqual(there.backends.added);
    expect(back.flags!.added).toEqual(there.flags!.removed);
    expect(back.environment.added).toEqual(there.environment.removed);
    expect(sorted(back.refusals.map(mirrored))).toEqual(sorted(there.refusals));
    expect(back.properties.length).toBe(there.properties.length);
    expect(movesOf(back.ranks)).toEqual(movesOf(there.ranks).map(([was, is]) => [is, was]));
    expect(back.logs.added).toEqual(there.logs.removed);
  });

  it('shows a new name of the same class as a renaming', () => {
    const before = side(last);
    const backend = before.backends[0]!;
    const { terms } = before.machine.rules;
    const to = (text: string): string =>
      text.replace(new RegExp(String.raw`^(requested|backend)\.${backend}$`), '$1.NEW');
    const renamed = Object.fromEntries(Object.entries(terms).map(([name, term]) => [to(name), term]));
    const machine = createMachine({ ...before.machine.rules, terms: renamed });
    const after = { ...before, machine, backends: before.backends.map((one) => (one === backend ? 'NEW' : one)) };
    const { backends, refusals } = diffReleases(before, after);
    expect(backends.renamed.map(({ from, to: name }) => [from, name])).toEqual([[backend, 'NEW']]);
    expect([backends.added, backends.removed, refusals]).toEqual([[], [], []]);
  });

  it('holds for releases of which the selection alone was learned', () => {
    expect(diffReleases(side(first, true), side(last)).flags).toBe(null);
  });
});
