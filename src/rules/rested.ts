/** A part of a rule set: some of its terms, and what they rest on. */
import { YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { exprInputs } from './expr.ts';
import { readBy } from './flat.ts';
import { createRenumbering } from './renumber.ts';
import { COMPUTED, computedName } from './terms.ts';
import type { RuleSet, ShippedMeaning, Term } from './terms.ts';

/** The terms of these names, with the numbers that they ask for and the conditions and variables that they rest on. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function restedOn({ variables, nodes, places, terms }: RuleSet, names: Iterable<string>): RuleSet {
  const variableAt = new Map<number, number>();
  const nodeAt = new Map<Cond, Cond>();
  const kept: { variables: ShippedMeaning[]; nodes: number[][]; terms: Record<string, Term> } = {
    variables: [],
    nodes: [],
    terms: {},
  };
  const asked = new Set(names);
  const ask = (inputs: Iterable<string>): void => {
    for (const input of inputs) {
      const name = computedName(input);
      if (name.startsWith(COMPUTED) && Object.hasOwn(terms, name)) asked.add(name);
    }
  };

  function variable(v: number): number {
    const known = variableAt.get(v);
    if (known !== undefined) return known;
    const m = variables[v]!;
    ask(readBy(m));
    const own = meaning(m);
    const n = kept.variables.length;
    kept.variables.push(own);
    variableAt.set(v, n);
    return n;
  }

  function meaning(m: ShippedMeaning): ShippedMeaning {
    if ('cases' in m) return { ...m, cases: m.cases.map(node) };
    return 'exists' in m ? { ...m, exists: node(m.exists) } : m;
  }

  function node(c: Cond): Cond {
    if (c <= YES) return c;
    const known = nodeAt.get(c);
    if (known !== undefined) return known;
    const [v, ...runs] = nodes[c - 2]!;
    const packed = [variable(v!), ...runs.map((x, i) => (i % 2 === 0 ? node(x) : x))];
    kept.nodes.push(packed);
    nodeAt.set(c, kept.nodes.length + 1);
    return kept.nodes.length + 1;
  }

  const term = createRenumbering(node, (t) => {
    if ('expr' in t) ask(exprInputs(t.expr));
    if ('each' in t) ask(exprInputs(t.count));
    if ('fact' in t) ask([t.fact]);
  });
  // what is asked on the way is gone through as well
  for (const name of asked) kept.terms[name] = term(terms[name]!);
  return { ...kept, places };
}
