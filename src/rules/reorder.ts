/**
 * Conditions that are smaller when their variables are asked in another order. One that compares two of many values asks last which
 * values these are, where they were met last: it then holds what follows of all others together. Each is worth as much as before.
 */
import { YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { guardsOf } from './flat.ts';
import { createRenumbering } from './renumber.ts';
import type { RuleSet, ShippedMeaning } from './terms.ts';

/** Conditions with fewer nodes are left as they are. */
const LARGE = 100;
/** Another order has to leave no more than this part of the nodes. */
const ENOUGH = 0.7;
/** So many nodes are looked at for a rule set, so that it takes seconds at most. */
const MOST = 2e7;
/** So many variables are tried first. */
const CANDIDATES = 2;

type Row = readonly number[];

/** A rule set whose large conditions are put in another order where that makes them much smaller; the same one where there is none. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function reordered(rules: RuleSet): RuleSet {
  const nodes: Row[] = [...rules.nodes];
  const ids = new Map<string, Cond>();
  let left = MOST;
  const row = (c: Cond): Row => nodes[c - 2]!;

  /** The node of a variable, by what follows of each of its values. */
  function made(v: number, kids: readonly Cond[]): Cond {
    if (kids.every((kid) => kid === kids[0])) return kids[0]!;
    const runs: number[] = [v];
    for (const [i, kid] of kids.entries())
      if (i > 0 && kid === kids[i - 1]) runs[runs.length - 1]!++;
      else runs.push(kid, 1);
    const key = runs.join();
    let id = ids.get(key);
    if (id === undefined) ids.set(key, (id = nodes.push(runs) + 1));
    return id;
  }

  /** The nodes on which conditions rest, each once. */
  function below(of: Iterable<Cond>): Set<Cond> {
    const found = new Set<Cond>();
    const todo = [...of];
    for (let c = todo.pop(); c !== undefined; c = todo.pop()) {
      if (c <= YES || found.has(c)) continue;
      found.add(c);
      const at = row(c);
      for (let i = 1; i < at.length; i += 2) todo.push(at[i]!);
    }
    left -= found.size;
    return found;
  }

  /** A condition where a variable has one of its values. */
  function where(c: Cond, v: number, value: number): Cond {
    const known = new Map<Cond, Cond>();
    const go = (at: Cond): Cond => {
      if (at <= YES) return at;
      const before = known.get(at);
      if (before !== undefined) return before;
      const [own, ...runs] = row(at);
      const kids = kidsOf(runs);
      const result = own === v ? kids[value]! : made(own!, kids.map(go));
      known.set(at, result);
      return result;
    };
    const result = go(c);
    left -= known.size;
    return result;
  }

  /** The condition with that variable first which leaves the fewest nodes, if it leaves much fewer; then what follows alike. */
  function better(c: Cond): Cond {
    const all = below([c]);
    if (all.size < LARGE || left < 0) return c;
    const times = new Map<number, number>();
    const sizes = new Map<number, number>();
    for (const at of all) {
      const own = row(at);
      times.set(own[0]!, (times.get(own[0]!) ?? 0) + 1);
      if (!sizes.has(own[0]!)) sizes.set(own[0]!, kidsOf(own.slice(1)).length);
    }
    // what is asked last of much stands in many nodes
    const asked = [...times.keys()].toSorted((a, b) => times.get(b)! - times.get(a)!).slice(0, CANDIDATES);
    let best: { readonly v: number; readonly kids: readonly Cond[]; readonly size: number } | undefined;
    for (const v of asked) {
      if (left < 0) break;
      const kids = Array.from({ length: sizes.get(v)! }, (_, value) => where(c, v, value));
      const rest = below(kids).size;
      if (rest < (best?.size ?? ENOUGH * all.size)) best = { v, kids, size: rest };
    }
    return best === undefined ? c : made(best.v, best.kids.map(better));
  }

  const others = new Map<Cond, Cond>();
  const sizes = new Map([...rootsOf(rules)].map((c) => [c, below([c]).size]));
  left = MOST;
  // the largest first: it holds others
  const roots = [...sizes.keys()]
    .filter((c) => sizes.get(c)! >= LARGE)
    .toSorted((a, b) => sizes.get(b)! - sizes.get(a)!);
  for (const c of roots) {
    const other = better(c);
    if (other !== c && below([other]).size < ENOUGH * sizes.get(c)!) others.set(c, other);
  }
  return others.size === 0 ? rules : replaced({ ...rules, nodes }, others, below);
}

/** What follows of each value, by runs. */
function kidsOf(runs: Row): Cond[] {
  const kids: Cond[] = [];
  for (let i = 0; i < runs.length; i += 2) for (let times = runs[i + 1]!; times > 0; times--) kids.push(runs[i]!);
  return kids;
}

/** The conditions that variables and terms name, each once. */
function rootsOf({ variables, terms }: RuleSet): ReadonlySet<Cond> {
  const roots = new Set<Cond>();
  for (const m of variables) for (const c of conditionsOf(m)) roots.add(c);
  const look = guardsOf((c) => void roots.add(c));
  for (const t of Object.values(terms)) look(t);
  return roots;
}

const conditionsOf = (m: ShippedMeaning): readonly Cond[] => ('cases' in m ? m.cases : 'exists' in m ? [m.exists] : []);

/** A rule set with other conditions in the place of some, and without the nodes on which nothing rests any more. */
function replaced(rules: RuleSet, others: ReadonlyMap<Cond, Cond>, below: (of: Iterable<Cond>) => Set<Cond>): RuleSet {
  const instead = (c: Cond): Cond => others.get(c) ?? c;
  const kept = [...below([...rootsOf(rules)].map(instead))].sort((a, b) => a - b);
  const numbers = new Map(kept.map((c, i) => [c, i + 2]));
  const number = (c: Cond): Cond => (c <= YES ? c : numbers.get(c)!);
  const node = (c: Cond): Cond => number(instead(c));
  const term = createRenumbering(node);
  return {
    ...rules,
    variables: rules.variables.map((m): ShippedMeaning => {
      if ('cases' in m) return { ...m, cases: m.cases.map(node) };
      return 'exists' in m ? { ...m, exists: node(m.exists) } : m;
    }),
    nodes: kept.map((c) => rules.nodes[c - 2]!.map((x, i) => (i % 2 === 1 ? number(x) : x))),
    terms: Object.fromEntries(Object.entries(rules.terms).map(([name, t]) => [name, term(t)])),
  };
}
