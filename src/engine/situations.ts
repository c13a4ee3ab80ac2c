/**
 * Where two releases say different things of the same situation. Beginning with a plain question, one fact after the other
 * is changed to find those on which it depends; then each of their values is tried with each.
 */
import { MISSING, shown } from '../rules/index.ts';
import type { Domain, Fact, Machine } from '../rules/index.ts';
import type { Prober } from './explain.ts';

export type Situation = Readonly<Record<string, Fact>>;

/** Situations of which two releases say different things. */
export interface Moved {
  /** By fact the values, in words; facts that do not matter are left out. Any of these. */
  readonly when: readonly Readonly<Record<string, string>>[];
  readonly before: string;
  readonly after: string;
}

export interface Compared {
  readonly moved: readonly Moved[];
  /** The facts on which it depends, and that were tried; any other fact is as in a plain question. */
  readonly facts: readonly string[];
  /** Facts on which it depends too, and that would have been too many to try with each other. */
  readonly plain: readonly string[];
  /** Whether each value was tried with each; else one of those values that a change of one fact does not tell apart. */
  readonly whole: boolean;
}

/** What a release says of the facts that its machine was loaded with; undefined where it says nothing for certain. */
export type Reading = (machine: Machine, side: 0 | 1) => string | undefined;

export type Sides = readonly [Prober, Prober];

const BOTH = [0, 1] as const;

/** So many plain situations are begun with, and so many are tried in all. */
const MOST_BASES = 24;
const MOST_TRIED = 20_000;

/** Facts of what is installed: they are given. */
const GIVEN = /^(?:import|loaded|file|says)\b/;

export function compareSituations(sides: Sides, read: Reading): Compared {
  const readAt = (facts: Situation): readonly [string | undefined, string | undefined] => [
    read(sides[0].with(facts), 0),
    read(sides[1].with(facts), 1),
  ];
  const { deciding, bases } = decidingFacts(sides, readAt);
  const all = [...deciding].map(([fact, values]): Axis => axisOf(fact, values, bases, readAt));
  const axes = few(all);
  const whole = axes.reduce((n, { values }) => n * values.length, 1) <= MOST_TRIED;
  const tried = axes.map((axis) => (whole ? axis.values.map((_, i) => [i]) : axis.classes));
  const found = new Map<string, { before: string; after: string; boxes: Box[] }>();
  for (const at of product(tried.map((of) => of.length))) {
    const facts = Object.assign({}, ...at.map((i, d) => axes[d]!.values[tried[d]![i]![0]!]!)) as Situation;
    const [before, after] = readAt(facts);
    if (before === undefined || after === undefined || before === after) continue;
    const key = `${before}\n${after}`;
    const known = found.get(key) ?? { before, after, boxes: [] };
    found.set(key, known);
    known.boxes.push(at.map((i, d) => tried[d]![i]!));
  }
  const moved = [...found.values()].map(({ before, after, boxes }) => ({
    when: merged(boxes).map((box) => described(sides, axes, box)),
    before,
    after,
  }));
  const named = (of: readonly Axis[]): string[] => of.map(({ fact }) => fact);
  return { moved, facts: named(axes), plain: named(all.filter((axis) => !axes.includes(axis))), whole };
}

/** As many facts as can be tried with each other, those first that decide by themselves. */
function few(all: readonly Axis[]): Axis[] {
  const kept: Axis[] = [];
  let size = 1;
  for (const axis of all) {
    if (size * axis.classes.length > MOST_TRIED) continue;
    size *= axis.classes.length;
    kept.push(axis);
  }
  return kept;
}

/** A fact with its values; in a class are those that a change of one fact does not tell apart. */
interface Axis {
  readonly fact: string;
  readonly values: readonly Situation[];
  readonly classes: readonly (readonly number[])[];
}

type ReadAt = (facts: Situation) => readonly [string | undefined, string | undefined];

/** The facts a change of which changes what is said of a plain situation, with their values. */
function decidingFacts(sides: Sides, readAt: ReadAt) {
  const deciding = new Map<string, readonly Situation[]>();
  const bases: Situation[] = [];
  const queue: Situation[] = [{}];
  const met = new Set<string>();
  for (let base = queue.shift(); base && bases.length < MOST_BASES; base = queue.shift()) {
    bases.push(base);
    for (const fact of factsBehind(sides, base, readAt)) {
      if (sides.some((side) => side.inputs(fact).some((input) => input in base))) continue;
      const values = valuesOfBoth(sides, fact);
      const own = readAt(base);
      for (const value of values) {
        const now = readAt({ ...base, ...value });
        const differs = BOTH.some((i) => own[i] !== undefined && now[i] !== undefined && own[i] !== now[i]);
        const said = JSON.stringify(now);
        if (!differs) continue;
        deciding.set(fact, values);
        if (met.has(`${fact} ${said}`)) continue;
        met.add(`${fact} ${said}`);
        queue.push({ ...base, ...value });
      }
    }
  }
  return { deciding, bases };
}

function factsBehind(sides: Sides, base: Situation, readAt: ReadAt): string[] {
  const facts = new Set<string>();
  readAt(base);
  // the machines may be one, so each is asked by itself
  for (const i of BOTH) for (const input of sides[i].machine.used()) facts.add(sides[i].shownAs(input));
  return [...facts].filter((fact) => !GIVEN.test(fact)).toSorted();
}

function axisOf(fact: string, values: readonly Situation[], bases: readonly Situation[], readAt: ReadAt): Axis {
  const classes = new Map<string, number[]>();
  for (const [i, value] of values.entries()) {
    const key = JSON.stringify(bases.map((base) => readAt({ ...base, ...value })));
    classes.set(key, [...(classes.get(key) ?? []), i]);
  }
  return { fact, values, classes: [...classes.values()] };
}

/** Whether a release asks for a fact. */
export const reads = (prober: Prober, fact: string): boolean =>
  prober.inputs(fact).every((input) => prober.machine.inputs.includes(input));

/** The domain of a fact in each release that asks for it. */
const domainsOf = (sides: Sides, fact: string): Domain[] =>
  sides.flatMap((side) => (reads(side, fact) ? [side.domain(fact)] : []));

/** One value of every region of either release, but those that lie in no region of the other. */
export function valuesOfBoth(sides: Sides, fact: string): Situation[] {
  const domains = domainsOf(sides, fact);
  const known = domains
    .flatMap(({ regions }) => regions)
    .filter((facts) => domains.every((domain) => domain.at(new Map(Object.entries(facts))) >= 0))
    .filter((facts) => sides.every((side) => knows(side, facts)));
  return [...new Map(known.map((facts) => [label(facts), facts])).values()];
}

/** Whether a release knows the names among the values: where one is none of its choices, nothing was meant by it there. */
const knows = ({ machine }: Prober, facts: Situation): boolean =>
  machine.rules.variables.every((m) => {
    const value = 'choice' in m ? facts[m.choice] : undefined;
    return typeof value !== 'string' || !('choice' in m) || m.of.includes(value);
  });

/** Values of facts, in short. */
export const label = (facts: Situation): string =>
  Object.values(facts)
    .map((value) => (value === MISSING ? 'absent' : shown(value)))
    .join('.');

/** By axis the numbers of values: all that lie in it are meant. */
type Box = readonly (readonly number[])[];

/** Puts boxes together that differ in one axis alone. */
function merged(boxes: readonly Box[]): Box[] {
  let all = [...boxes];
  const axes = boxes[0]?.length ?? 0;
  for (let d = 0; d < axes; d++) {
    const together = new Map<string, number[][]>();
    for (const box of all) {
      const key = JSON.stringify(box.with(d, []));
      const known = together.get(key);
      if (known) known[d]!.push(...box[d]!);
      else
        together.set(
          key,
          box.map((side) => [...side]),
        );
    }
    all = [...together.values()].map((box) =>
      box.with(
        d,
        box[d]!.toSorted((a, b) => a - b),
      ),
    );
  }
  return all;
}

/** What a box says of each fact, in words; nothing of a fact whose values are all in it. */
function described(sides: Sides, axes: readonly Axis[], box: Box): Record<string, string> {
  return Object.fromEntries(
    axes.flatMap(({ fact, values }, d) => {
      const inside = new Set(box[d]);
      if (inside.size === values.length) return [];
      const words = domainsOf(sides, fact).map((domain) => inWords(domain, values, inside));
      return [[fact, words.find((text) => text !== undefined) ?? [...inside].map((i) => label(values[i]!)).join(', ')]];
    }),
  );
}

/** The set in the words of a domain, where that tells its values apart. */
function inWords(domain: Domain, values: readonly Situation[], inside: ReadonlySet<number>): string | undefined {
  const regions = values.map((facts) => domain.at(new Map(Object.entries(facts))));
  const held = new Set(regions.filter((_, i) => inside.has(i)));
  return regions.some((region, i) => !inside.has(i) && held.has(region))
    ? undefined
    : domain.describe((region) => held.has(region)).text;
}

function* product(sizes: readonly number[]): Generator<number[]> {
  const at = sizes.map(() => 0);
  if (sizes.includes(0)) return;
  for (;;) {
    yield [...at];
    let d = 0;
    while (d < sizes.length && ++at[d]! === sizes[d]) at[d++] = 0;
    if (d === sizes.length) return;
  }
}
