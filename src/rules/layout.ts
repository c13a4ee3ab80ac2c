/** How a rule set lies before a machine: each part of it is taken apart when it is asked for. */
import { NO, YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { createFree } from './free.ts';
import { guardsOf, inputsOf, readBy } from './flat.ts';
import type { MakeNode } from './lines.ts';
import { namesOf } from './lazy.ts';
import { computedName } from './terms.ts';
import type { RuleSet, ShippedMeaning } from './terms.ts';

export interface Layout {
  /** How many variables there are. */
  readonly variables: number;
  /** How many conditions have numbers, NO and YES among them. */
  readonly conditions: number;
  readonly meaning: (variable: number) => ShippedMeaning;
  /** How many values a variable has. */
  readonly sizeOf: (variable: number) => number;
  /**
   * Makes the nodes of a condition; gives what `make` gives for its first. What follows of a value is NO, YES, the number of
   * a node that was made, or less than 0: the condition of that number without the sign.
   */
  lay(c: Cond, make: MakeNode): number;
  /** The inputs that the rules read, in the order of the variables that read them. */
  readonly inputs: readonly string[];
  /** The variables that say of which value or kind an input is, of the inputs with these numbers. */
  sorts(slots: ReadonlySet<number>): readonly ShippedMeaning[];
  /** The variables whose values depend on the number of a loop. */
  moving(at: string): readonly number[];
  /** Whether there is a term of that name by which an input is worked out. */
  isComputed(name: string): boolean;
  /** Whether a computed number depends on the number of no loop. */
  isFixed(name: string): boolean;
}

const known = new WeakMap<RuleSet, Layout>();

/** Says how a rule set lies that was made of something else. */
export const keepLayout = (rules: RuleSet, layout: Layout): void => void known.set(rules, layout);

/** How a rule set lies. */
export function layoutOf(rules: RuleSet): Layout {
  let layout = known.get(rules);
  if (!layout) known.set(rules, (layout = ofNodes(rules)));
  return layout;
}

function ofNodes(rules: RuleSet): Layout {
  const { variables, nodes, terms } = rules;
  const free = createFree(rules);
  const sizes: number[] = [];
  const inputs = inputsOf(rules);
  for (const [v, ...runs] of nodes) sizes[v!] ??= runs.reduce((n, x, i) => (i % 2 === 1 ? n + x : n), 0);
  return {
    variables: variables.length,
    conditions: nodes.length + 2,
    meaning: (v) => variables[v]!,
    sizeOf: (v) => sizes[v] ?? 0,
    lay(c, make) {
      const [v, ...runs] = nodes[c - 2]!;
      const follows = runs.map((x, i) => (i % 2 === 0 && x > 1 ? -x : x));
      return make(v!, follows, 0, follows.length);
    },
    inputs,
    sorts: (slots) =>
      variables.filter(
        (m) =>
          ('choice' in m && slots.has(inputs.indexOf(m.choice))) ||
          ('kinds' in m && slots.has(inputs.indexOf(m.kinds))),
      ),
    moving: (at) => variables.map((_, v) => v).filter((v) => free.variable(v).has(at)),
    isComputed: (name) => Object.hasOwn(terms, name),
    isFixed: (name) => free.term(terms[name]!).size === 0,
  };
}

/** What the variables mean that say of which value or kind an input is, of the inputs that are wanted. */
export function sortsOf(rules: RuleSet, wanted: (input: string) => boolean): readonly ShippedMeaning[] {
  const layout = layoutOf(rules);
  const slots = new Set(layout.inputs.flatMap((input, slot) => (wanted(input) ? [slot] : [])));
  return slots.size === 0 ? [] : layout.sorts(slots);
}

/** What the variables mean on which the terms of a rule set rest, each once. */
export function meaningsIn(rules: RuleSet): readonly ShippedMeaning[] {
  const layout = layoutOf(rules);
  const met = new Map<number, ShippedMeaning>();
  const seen = new Set<Cond>([NO, YES]);
  const todo: Cond[] = [];
  const visit = guardsOf((c) => void todo.push(c));
  const asked = new Set(namesOf(rules.terms));
  const make = (v: number, runs: readonly number[], from: number, to: number): number => {
    if (!met.has(v)) {
      const m = layout.meaning(v);
      met.set(v, m);
      if ('cases' in m) todo.push(...m.cases);
      if ('exists' in m) todo.push(m.exists);
      for (const name of readBy(m)) if (Object.hasOwn(rules.terms, computedName(name))) asked.add(computedName(name));
    }
    for (let i = from; i < to; i += 2) if (runs[i]! < 0) todo.push(-runs[i]!);
    return YES + 1;
  };
  for (const name of asked) {
    visit(rules.terms[name]!);
    for (let c = todo.pop(); c !== undefined; c = todo.pop()) {
      if (seen.has(c)) continue;
      seen.add(c);
      layout.lay(c, make);
    }
  }
  return [...met.values()];
}
