/**
 * What conditions come to when some facts are known: decision diagrams over the unknown inputs alone, one variable an
 * input, one value a region. Unlike three-valued evaluation this is exact: what two conditions have in common cancels.
 */
import { createDiagrams, NO, YES } from './diagram.ts';
import type { Cond, Diagrams } from './diagram.ts';
import { valueOf } from './domain.ts';
import type { Domain } from './domain.ts';
import type { Machine } from './evaluate.ts';
import type { Facts } from './facts.ts';
import { readBy } from './flat.ts';

export interface Residue {
  readonly d: Diagrams;
  /** What is left of a condition. Throws RangeError when more nodes are needed than allowed. */
  of(c: Cond): Cond;
  /** What a variable of the diagrams stands for. */
  input(variable: number): Open;
}

/** An unknown: an input with its regions, or something that cannot be told apart further. */
export type Open = { readonly domain: Domain } | { readonly unread: string };

/**
 * Prepares for the question that the machine has loaded; `facts` are the same facts. `domainOf` gives the domain of an
 * unknown input; inputs with the same domain count as one, and then all of them must be unknown. At most `limit` nodes
 * are made.
 */
// oxlint-disable-next-line max-lines-per-function -- one owner of what is worked out
export function createResidue(
  machine: Machine,
  domainOf: (input: string) => Domain,
  facts: Facts,
  limit: number,
): Residue {
  const { rules } = machine;
  const d = createDiagrams(limit);
  const opens: Open[] = [];
  const variables = new Map<string, number>();
  const memo = new Map<Cond, Cond>([
    [NO, NO],
    [YES, YES],
  ]);

  function open(key: string, size: () => number, make: () => Open): number {
    let v = variables.get(key);
    if (v === undefined) {
      v = d.variable(size());
      opens[v] = make();
      variables.set(key, v);
    }
    return v;
  }

  /** The conditions under which variable `v` has each of its values. */
  function values(v: number, count: number): Cond[] {
    const m = rules.variables[v]!;
    if ('cases' in m) return definition(m.cases.map(of), count);
    const unknown = [...readBy(m)].filter((name) => facts.get(name) === undefined);
    const [domain, ...others] = new Set(unknown.map(domainOf));
    if (!domain || others.length > 0 || 'exists' in m || 'opaque' in m) return unread(v, count);
    const at = domain.regions.map((region) =>
      valueOf(m, { get: (name) => (name in region ? region[name] : facts.get(name)) }),
    );
    const input = open(
      `input ${domain.name}`,
      () => domain.regions.length,
      () => ({ domain }),
    );
    const told = Array.from({ length: count }, (_, value) => d.test(input, (region) => at[region] === value));
    if (at.every((value) => value >= 0)) return told;
    // in some regions the value cannot be worked out: there it may be any
    const rest = d.test(input, (region) => at[region]! < 0);
    return unread(v, count).map((c, value) => d.or(told[value]!, d.and(rest, c)));
  }

  function definition(cases: readonly Cond[], count: number): Cond[] {
    const out: Cond[] = [];
    let left: Cond = YES;
    for (const c of cases) {
      out.push(d.and(left, c));
      left = d.and(left, d.not(c));
    }
    if (out.length < count) out.push(left);
    return out;
  }

  function unread(v: number, count: number): Cond[] {
    const m = rules.variables[v]!;
    const what =
      'opaque' in m
        ? m.opaque
        : 'test' in m
          ? `${m.test} of ${[...readBy(m)].join(' and ')}`
          : [...readBy(m)].join(' and ');
    const own = open(
      `variable ${v}`,
      () => count,
      () => ({ unread: what }),
    );
    return Array.from({ length: count }, (_, value) => d.is(own, value));
  }

  function of(c: Cond): Cond {
    const known = memo.get(c);
    if (known !== undefined) return known;
    const [v, ...runs] = rules.nodes[c - 2]!;
    const kids: Cond[] = [];
    for (let i = 0; i < runs.length; i += 2) for (let n = runs[i + 1]!; n > 0; n--) kids.push(runs[i]!);
    const value = machine.value(v!);
    const result = value >= 0 ? of(kids[value]!) : either(values(v!, kids.length), kids);
    memo.set(c, result);
    return result;
  }

  function either(when: readonly Cond[], kids: readonly Cond[]): Cond {
    let result: Cond = NO;
    for (const [value, c] of when.entries()) if (c !== NO) result = d.or(result, d.and(c, of(kids[value]!)));
    return result;
  }

  return { d, of, input: (v) => opens[v]! };
}
