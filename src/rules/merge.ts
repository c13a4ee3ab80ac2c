/** Several rule sets as one: what they have in common stands in it once. */
import { YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import type { Expr } from './expr.ts';
import { createRenumbering } from './renumber.ts';
import { COMPUTED, computedName } from './terms.ts';
import type { RuleSet, ShippedMeaning, Term } from './terms.ts';

/**
 * Puts the terms of rule sets into one, each under its name behind the set's prefix. Computed numbers get other names, since
 * those of two sets can be the same.
 */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function mergeRules(sets: Iterable<readonly [prefix: string, rules: RuleSet]>): RuleSet {
  const variables: ShippedMeaning[] = [];
  const nodes: number[][] = [];
  const places: string[] = [];
  const terms: Record<string, Term> = {};
  const [variableAt, nodeAt, placeAt] = [numbering(variables), numbering(nodes), numbering(places)];
  const computedAt = new Map<string, string>();

  // oxlint-disable-next-line max-lines-per-function -- functions that share one state
  function add(prefix: string, rules: RuleSet): void {
    const [ofVariables, ofNodes, ofPlaces]: [number[], Cond[], number[]] = [[], [], []];
    const ofNames = new Map<string, string>();

    const place = (p: number): number => (ofPlaces[p] ??= placeAt(rules.places[p]!));

    function name(of: string): string {
      if (!of.startsWith(COMPUTED)) return of;
      const base = computedName(of);
      return Object.hasOwn(rules.terms, base) ? computed(base) + of.slice(base.length) : of;
    }

    function computed(base: string): string {
      const known = ofNames.get(base);
      if (known !== undefined) return known;
      const made = term(rules.terms[base]!);
      const key = JSON.stringify(made);
      let own = computedAt.get(key);
      if (own === undefined) computedAt.set(key, (own = `${COMPUTED}${computedAt.size + 1}`));
      terms[own] = made;
      ofNames.set(base, own);
      return own;
    }

    const expr = mapped((e: Expr): Expr => {
      if ('name' in e) return { ...e, name: name(e.name) };
      return 'args' in e ? { ...e, args: e.args.map(expr) } : e;
    });

    function variable(v: number): number {
      return (ofVariables[v] ??= variableAt(meaning(rules.variables[v]!)));
    }

    function meaning(m: ShippedMeaning): ShippedMeaning {
      if ('choice' in m) return { ...m, choice: name(m.choice) };
      if ('kinds' in m) return { ...m, kinds: name(m.kinds) };
      if ('test' in m) return { ...m, args: m.args.map(expr) };
      if ('cases' in m) return { ...m, cases: m.cases.map(node), at: place(m.at) };
      if ('exists' in m) return { ...m, exists: node(m.exists), count: expr(m.count) };
      return { ...m, at: place(m.at) };
    }

    function node(c: Cond): Cond {
      if (c <= YES) return c;
      return (ofNodes[c] ??= nodeOf(c));
    }

    function nodeOf(c: Cond): Cond {
      const [v, ...runs] = rules.nodes[c - 2]!;
      const kids = runs.map((x, i) => (i % 2 === 0 ? node(x) : x));
      return nodeAt([variable(v!), ...kids]) + 2;
    }

    const term = createRenumbering(node, () => undefined, { place, expr, name });
    for (const [own, of] of Object.entries(rules.terms)) if (!own.startsWith(COMPUTED)) terms[prefix + own] = term(of);
  }
  for (const [prefix, rules] of sets) add(prefix, rules);
  return { variables, nodes, places, terms };
}

/** Numbers equal things alike, and puts each new one into the list. */
function numbering<T>(list: T[]): (thing: T) => number {
  const known = new Map<string, number>();
  return (thing) => {
    const key = JSON.stringify(thing);
    let n = known.get(key);
    if (n === undefined) known.set(key, (n = list.push(thing) - 1));
    return n;
  };
}

/** Makes each thing's other once. */
function mapped<T extends object>(make: (of: T) => T): (of: T) => T {
  const known = new WeakMap<T, T>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before;
    const made = make(of);
    known.set(of, made);
    return made;
  };
}
