/** A rule set's conditions laid out for speed: one array of numbers, and the inputs by number. */
import { YES } from './diagram.ts';
import { exprInputs } from './expr.ts';
import type { Scalar } from './expr.ts';
import type { RuleSet, ShippedMeaning, Term } from './terms.ts';

/** A place in the array: 0 never holds, 1 always; else its variable stands there, then a place for each of its values. */
export type At = number;

export interface Flat {
  readonly cells: Int32Array;
  /** The place of a condition of the rule set. */
  readonly at: Int32Array;
  /** How many values each variable has; 0 for one that no condition tests. */
  readonly sizes: Int32Array;
  /** The inputs that the rules read, in the order of the variables that read them. */
  readonly inputs: readonly string[];
  readonly slotOf: ReadonlyMap<string, number>;
}

/** Lays a rule set out. Throws when a node names one that is not there. */
export function flatten(rules: RuleSet): Flat {
  const { nodes } = rules;
  const at = new Int32Array(nodes.length + 2);
  at[YES] = YES;
  const sizes = new Int32Array(rules.variables.length);
  let size = 2;
  for (let i = 0; i < nodes.length; i++) {
    const packed = nodes[i]!;
    at[i + 2] = size;
    let values = 0;
    for (let k = 2; k < packed.length; k += 2) values += packed[k]!;
    sizes[packed[0]!] = values;
    size += 1 + values;
  }
  const cells = new Int32Array(size);
  let to = 2;
  for (let i = 0; i < nodes.length; i++) {
    const packed = nodes[i]!;
    cells[to++] = packed[0]!;
    for (let k = 1; k < packed.length; k += 2) {
      const kid = at[packed[k]!];
      if (kid === undefined) throw new RangeError(`a condition rests on ${packed[k]!}, which the rules do not hold`);
      const end = to + packed[k + 1]!;
      // most runs are short
      while (to < end) cells[to++] = kid;
    }
  }
  const slotOf = inputsOf(rules);
  return { cells, at, sizes, inputs: [...slotOf.keys()], slotOf };
}

/** The inputs that a variable reads itself; none for a definition, which rests on other variables. */
export function readBy(m: ShippedMeaning): ReadonlySet<string> {
  const names = new Set<string>();
  addRead(m, names);
  return names;
}

function addRead(m: ShippedMeaning, names: Set<string>): void {
  if ('choice' in m) names.add(m.choice);
  else if ('kinds' in m) names.add(m.kinds);
  else if ('test' in m) for (const arg of m.args) exprInputs(arg, names);
  else if ('exists' in m) exprInputs(m.count, names);
}

/** Every input of the variables and of the expressions in terms, numbered. */
function inputsOf(rules: RuleSet): Map<string, number> {
  const names = new Set<string>();
  for (const m of rules.variables) addRead(m, names);
  const seen = new Set<Term>();
  const look = (t: Term): void => {
    if (t === null || typeof t !== 'object' || seen.has(t)) return;
    seen.add(t);
    if ('expr' in t) exprInputs(t.expr, names);
    if ('fact' in t) names.add(t.fact);
    if ('each' in t) exprInputs(t.count, names);
    for (const part of partsOfTerm(t)) look(part);
  };
  for (const t of Object.values(rules.terms)) look(t);
  return new Map([...names].map((name, i) => [name, i]));
}

/** The terms that a term is made of. */
export function partsOfTerm(t: Exclude<Term, Scalar>): readonly Term[] {
  if ('pick' in t) return t.pick.map(([, part]) => part);
  if ('join' in t) return t.of.map(([, part]) => part);
  if ('list' in t) return t.list.map(([, part]) => part);
  if ('lists' in t) return t.lists.map(([, part]) => part);
  if ('text' in t) return t.text;
  if ('record' in t) return [...Object.values(t.record), ...(t.over ?? []).map(([, x]) => x)];
  return 'each' in t ? [t.item] : [];
}
