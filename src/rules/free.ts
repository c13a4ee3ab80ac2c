/** Which numbers of loops something speaks of that no loop inside it runs through. */
import { YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { exprInputs } from './expr.ts';
import type { Expr } from './expr.ts';
import { partsOfTerm, readBy } from './flat.ts';
import { COMPUTED, computedName } from './terms.ts';
import type { RuleSet, Term } from './terms.ts';

const NONE: ReadonlySet<string> = new Set();

/** Two sets as one, which is one of them where it holds the other. */
const together = (a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> =>
  a === b || b.size === 0 || [...b].every((x) => a.has(x)) ? a : a.size === 0 ? b : new Set([...a, ...b]);

/** The numbers of loops on which a value depends. */
export interface Free {
  term(of: Term): ReadonlySet<string>;
  variable(of: number): ReadonlySet<string>;
}

/** Tells of the terms and variables of a rule set on which numbers of loops they depend. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function createFree({ variables, nodes, terms }: RuleSet): Free {
  const ofNodes = Array<ReadonlySet<string> | undefined>(nodes.length).fill(undefined);
  const ofVariables = Array<ReadonlySet<string> | undefined>(variables.length).fill(undefined);
  const ofTerms = new WeakMap<object, ReadonlySet<string>>();
  const ofNames = new Map<string, ReadonlySet<string>>();

  function name(of: string): ReadonlySet<string> {
    const known = ofNames.get(of);
    if (known) return known;
    ofNames.set(of, NONE);
    const base = of.startsWith(COMPUTED) ? computedName(of) : of;
    if (!of.includes('@') && !Object.hasOwn(terms, base)) return NONE;
    const own = new Set(of.split('.').filter((part) => part.startsWith('@')));
    if (Object.hasOwn(terms, base)) for (const at of term(terms[base]!)) own.add(at);
    ofNames.set(of, own);
    return own;
  }

  const names = (of: Iterable<string>, into: Set<string>): void => {
    for (const one of of) for (const at of name(one)) into.add(at);
  };

  function variable(v: number): ReadonlySet<string> {
    const known = ofVariables[v];
    if (known) return known;
    ofVariables[v] = NONE;
    const m = variables[v]!;
    const own = new Set<string>();
    if ('cases' in m) for (const c of m.cases) for (const at of node(c)) own.add(at);
    if ('exists' in m) for (const at of node(m.exists)) if (at !== m.index) own.add(at);
    names(readBy(m), own);
    const made = own.size === 0 ? NONE : own;
    ofVariables[v] = made;
    return made;
  }

  function node(c: Cond): ReadonlySet<string> {
    if (c <= YES) return NONE;
    const known = ofNodes[c - 2];
    if (known) return known;
    const packed = nodes[c - 2]!;
    let own = variable(packed[0]!);
    for (let i = 1; i < packed.length; i += 2) own = together(own, node(packed[i]!));
    ofNodes[c - 2] = own;
    return own;
  }

  function guarded(of: readonly (readonly [Cond, ...unknown[]])[], into: Set<string>): void {
    for (const [g] of of) for (const at of node(g)) into.add(at);
  }

  function term(t: Term): ReadonlySet<string> {
    if (t === null || typeof t !== 'object') return NONE;
    const known = ofTerms.get(t);
    if (known) return known;
    const own = new Set<string>();
    ofTerms.set(t, own);
    const expression = (e: Expr): void => names(exprInputs(e), own);
    if ('pick' in t) guarded(t.pick, own);
    if ('list' in t) guarded(t.list, own);
    if ('lists' in t) guarded(t.lists, own);
    if ('join' in t) guarded(t.of, own);
    if ('expr' in t) expression(t.expr);
    if ('fact' in t) names([t.fact], own);
    for (const part of partsOfTerm(t)) for (const at of term(part)) own.add(at);
    if ('each' in t) {
      if (t.keep !== undefined) for (const at of node(t.keep)) own.add(at);
      own.delete(t.each);
      expression(t.count);
    }
    return own;
  }

  return { term, variable };
}
