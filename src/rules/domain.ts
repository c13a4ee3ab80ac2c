/**
 * The values of one input (or of a few that speak of one thing), cut into regions which no condition of a rule set can
 * tell apart. To try one value of each region is to try them all.
 */
import { ExprError } from './arithmetic.ts';
import { compute, decide } from './expr.ts';
import { kindOf, plainNumber, UNKNOWN } from './facts.ts';
import type { Fact, Facts } from './facts.ts';
import { readBy } from './flat.ts';
import { probesFor } from './probes.ts';
import type { Probes, Single } from './probes.ts';
import { settler } from './settle.ts';
import type { Ground } from './settle.ts';
import type { RuleSet, ShippedMeaning } from './terms.ts';
import { describeNumbers, describeValues, describeVersions, plainValue, shown } from './valueset.ts';
import type { ValueSet } from './valueset.ts';

export interface Domain {
  readonly name: string;
  /** The facts that say so, one value of each region. */
  readonly regions: readonly Readonly<Record<string, Fact>>[];
  /** The region in which facts are; -1 where they are unknown. */
  at(facts: Facts): number;
  /** Whether the regions are told apart rightly and no value is left out. */
  readonly exact: boolean;
  /** The values of the regions that are in the set. */
  describe(has: (region: number) => boolean): ValueSet;
}

/** Gives the domains of a rule set's inputs, for questions whose other facts are given. */
export interface Domains {
  /** The domain of an input. The tests that compare it with others take them from `facts`. */
  of(input: string, facts: Facts): Domain;
  /** The domain of inputs of finite choice that speak of one thing, each with each; shown joined by `by`. */
  joined(name: string, inputs: readonly string[], by: string): Domain | undefined;
  /** The inputs with which a test compares an input: those on which its domain depends. */
  beside(input: string): ReadonlySet<string>;
}

export function createDomains(rules: RuleSet): Domains {
  const readers = new Map<string, number[]>();
  for (const [v, m] of rules.variables.entries())
    for (const name of readBy(m)) {
      const known = readers.get(name);
      if (known) known.push(v);
      else readers.set(name, [v]);
    }
  const readersOf = (name: string): readonly number[] => readers.get(name) ?? [];
  const alone = new Map<string, Domain>();
  return {
    of(input, facts) {
      const known = alone.get(input);
      if (known) return known;
      const users = readersOf(input).map((v) => rules.variables[v]!);
      const domain = createDomain(input, users, facts);
      // compared with nothing else, it is the same for every question
      if (users.every((m) => readBy(m).size === 1)) alone.set(input, domain);
      return domain;
    },
    joined(name, inputs, by) {
      const choices = inputs.map((input) =>
        readersOf(input)
          .map((v) => rules.variables[v]!)
          .find((m) => 'choice' in m),
      );
      if (choices.some((m) => m === undefined)) return undefined;
      return joined(
        name,
        inputs,
        choices.map((m) => (m as { of: readonly Fact[] }).of),
        by,
      );
    },
    beside: (input) =>
      new Set(readersOf(input).flatMap((v) => [...readBy(rules.variables[v]!)].filter((other) => other !== input))),
  };
}

/** The number of the value a variable has; -1 where that is unknown. */
export function valueOf(m: ShippedMeaning, facts: Facts): number {
  if ('choice' in m) {
    const fact = plainNumber(facts.get(m.choice));
    if (fact === undefined) return -1;
    const at = (m.of as readonly Fact[]).indexOf(fact);
    return at < 0 && m.other === true ? m.of.length : at;
  }
  if ('kinds' in m) {
    const fact = facts.get(m.kinds);
    return fact === undefined ? -1 : m.of.indexOf(kindOf(fact, m.of));
  }
  return 'test' in m ? testOf(m, facts) : -1;
}

function testOf(m: Extract<ShippedMeaning, { test: string }>, facts: Facts): number {
  const input = (name: string): number | string | undefined => {
    const fact = plainNumber(facts.get(name));
    return typeof fact === 'boolean'
      ? Number(fact)
      : typeof fact === 'number' || typeof fact === 'string'
        ? fact
        : undefined;
  };
  try {
    const args = m.args.map((arg) => compute(arg, input));
    return args.includes(undefined) ? -1 : Number(decide(m.test, args as (number | string)[]));
  } catch (error) {
    if (error instanceof ExprError) return -1;
    throw error;
  }
}

/** Gives, for values of one input, the values of all variables that read it, as a key. */
function valuesOf(name: string, users: readonly ShippedMeaning[], facts: Facts): (fact: Fact) => string {
  const names = [name];
  let now: Fact | undefined;
  const ground: Ground = {
    fact: (slot) => (slot === 0 ? now : facts.get(names[slot]!)),
    slot: (other) => (names.includes(other) ? names.indexOf(other) : names.push(other) - 1),
    at: (c) => c,
    isAt: () => 2,
    unknown: () => undefined,
    place: (at) => at,
    where: () => '',
    rests: () => undefined,
    each: () => UNKNOWN,
  };
  const settlers = users.map((m) => settler(m, ground));
  return (fact) => {
    now = fact;
    let key = '';
    for (let i = 0; i < settlers.length; i++) key += String.fromCharCode(settlers[i]!() + 2);
    return key;
  };
}

function createDomain(name: string, users: readonly ShippedMeaning[], facts: Facts): Domain {
  const probes = probesFor(name, users, facts);
  const known = new Map<string, number>();
  const regions: Record<string, Fact>[] = [];
  const key = valuesOf(name, users, facts);
  const regionOf = (fact: Fact): number => {
    const k = key(fact);
    let at = known.get(k);
    if (at === undefined) {
      at = regions.length;
      regions.push({ [name]: fact });
      known.set(k, at);
    }
    return at;
  };
  const single = probes.single.map((p) => regionOf(p.fact));
  const numbers = new Map(probes.numbers.map((n) => [n, regionOf(n)]));
  const versions = probes.versions.map(regionOf);
  return {
    name,
    regions,
    exact: probes.exact,
    at(given) {
      const fact = given.get(name);
      return fact === undefined ? -1 : (known.get(key(fact)) ?? -1);
    },
    describe: (has) => describe(probes, { single, numbers, versions }, has),
  };
}

interface Placed {
  readonly single: readonly number[];
  readonly numbers: ReadonlyMap<number, number>;
  readonly versions: readonly number[];
}

function describe(probes: Probes, placed: Placed, has: (region: number) => boolean): ValueSet {
  const parts: ValueSet[] = [];
  const mixed = probes.single.length > 0 && probes.numbers.length + probes.versions.length > 0;
  const inside = new Set(probes.single.filter((_, i) => has(placed.single[i]!)));
  if (inside.size > 0) parts.push(describeSingle(probes, inside, mixed));
  if ([...placed.numbers.values()].some(has)) {
    const set = describeNumbers({ tried: probes.numbers, settled: probes.settled }, (n) => has(placed.numbers.get(n)!));
    const all = set.text === 'anything' && mixed;
    const words = all ? { text: 'any number', min: probes.numbers[0]!, exact: true } : set;
    parts.push({ ...words, exact: words.exact && probes.exact });
  }
  if (placed.versions.some(has)) parts.push(describeVersions(probes.versions, (i) => has(placed.versions[i]!)));
  const [first, second] = parts;
  if (!first || !second) return first ?? { text: 'nothing', values: [], exact: probes.exact };
  const outside = probes.single.filter((p) => !inside.has(p));
  if (second.text === 'any number' && outside.length < inside.size) return allBut(probes, outside);
  const values = [...(first.values ?? []), ...(second.values ?? [])];
  return { ...second, text: `${first.text}, ${second.text}`, values, exact: first.exact && second.exact };
}

/** All values but a few single ones. */
function allBut({ exact }: Probes, outside: readonly Single[]): ValueSet {
  const named = outside.filter((p) => p.others !== true);
  const text = outside.length === 0 ? 'anything' : `anything but ${outside.map(nameOf).join(', ')}`;
  return { text, except: named.map((p) => plainValue(p.fact)), exact: exact && named.length === outside.length };
}

/** How a single value is shown: one that stands for others by what it stands for. */
const nameOf = (p: Single): string => p.shown ?? shown(p.fact);

/** The single values of a set; beside numbers they are listed, for what is not listed may be a number. */
function describeSingle(probes: Probes, inside: ReadonlySet<Single>, mixed: boolean): ValueSet {
  const facts = new Set([...inside].map((p) => p.fact));
  const others = new Set(probes.single.flatMap((p) => (p.others === true ? [p.fact] : [])));
  const listed = mixed ? [...facts] : probes.single.map((p) => p.fact);
  const set = mixed
    ? { text: '', values: listed.map(plainValue), exact: true }
    : describeValues(listed, (fact) => facts.has(fact));
  if (!mixed && !probes.single.some((p) => p.shown !== undefined)) return set;
  // a value that stands for others is named by what it stands for
  const values = set.values?.filter((value) => !others.has(value as Fact));
  return { ...set, ...(values ? { values } : {}), text: worded(probes, set, (p) => inside.has(p)) };
}

/** A set of single values, those that stand for others by what they stand for. */
function worded(probes: Probes, set: ValueSet, inside: (p: Single) => boolean): string {
  if (set.except === undefined) return probes.single.filter(inside).map(nameOf).join(', ');
  const outside = probes.single.filter((p) => !inside(p));
  return outside.length === 0 ? 'anything' : `anything but ${outside.map(nameOf).join(', ')}`;
}

function joined(name: string, inputs: readonly string[], options: readonly (readonly Fact[])[], by: string): Domain {
  let regions: Readonly<Record<string, Fact>>[] = [{}];
  for (const [i, input] of inputs.entries())
    regions = regions.flatMap((facts) =>
      options[i]!.map((fact): Readonly<Record<string, Fact>> => ({ ...facts, [input]: fact })),
    );
  const label = (facts: Readonly<Record<string, Fact>>): string => inputs.map((input) => shown(facts[input]!)).join(by);
  const labels = regions.map(label);
  return {
    name,
    regions,
    exact: true,
    at: (given) => {
      const facts = inputs.map((input) => given.get(input));
      return facts.includes(undefined)
        ? -1
        : regions.findIndex((r) => inputs.every((input, i) => r[input] === facts[i]));
    },
    describe: (has) =>
      describeJoined(
        labels,
        regions.map((r) => r[inputs[0]!]!),
        by,
        has,
      ),
  };
}

/** Joined labels: where all that share the first part are in, it is said once. */
function describeJoined(
  labels: readonly string[],
  firsts: readonly Fact[],
  by: string,
  has: (region: number) => boolean,
): ValueSet {
  const inside = [...labels.keys()].filter(has);
  if (inside.length === labels.length) return { text: 'anything', except: [], exact: true };
  const first = inside[0];
  if (first !== undefined && first > 0 && inside.length === labels.length - first)
    return { text: `≥ ${labels[first]!}`, exact: true };
  const last = inside.at(-1);
  if (first === 0 && inside.length === last! + 1) return { text: `≤ ${labels[last!]!}`, exact: true };
  const parts: string[] = [];
  for (const head of new Set(firsts)) {
    const own = [...labels.keys()].filter((i) => firsts[i] === head);
    const mine = own.filter(has);
    if (mine.length === own.length && own.length > 1) parts.push(`${shown(head)}${by}x`);
    else
      parts.push(
        ...runs(mine).map(([from, to]) =>
          (to - from < 2 ? [from, to].slice(0, 1 + to - from) : [from, to])
            .map((i) => labels[i]!)
            .join(to - from < 2 ? ', ' : '–'),
        ),
      );
  }
  return { text: parts.join(', ') || 'nothing', values: parts, exact: true };
}

/** Numbers that follow each other, as first and last. */
function runs(numbers: readonly number[]): [number, number][] {
  const out: [number, number][] = [];
  for (const n of numbers) {
    const last = out.at(-1);
    if (last && last[1] === n - 1) last[1] = n;
    else out.push([n, n]);
  }
  return out;
}
