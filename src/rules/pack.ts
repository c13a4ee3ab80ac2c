/** Rule sets as files: terms that stand at several places are written once. */
import type { RuleSet, Term } from './terms.ts';

/** A rule set as it is written: `{ "ref": n }` inside a term stands for `shared[n]`. */
export interface PackedRuleSet extends Omit<RuleSet, 'terms'> {
  readonly shared: readonly unknown[];
  readonly terms: Readonly<Record<string, unknown>>;
}

/** Terms shorter than this are written where they stand. */
const SHORT = 48;

/** Writes equal terms once. `unpackRules` of the result is the same rule set. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function packRules(rules: RuleSet): PackedRuleSet {
  const ids = new Map<string, number>();
  const idOf = new WeakMap<object, number>();
  const seen: { count: number; size: number; term: object }[] = [];

  /** Numbers equal terms alike and counts how often each is met. */
  function visit(t: unknown): string {
    if (t === null || typeof t !== 'object') return JSON.stringify(t);
    const known = idOf.get(t);
    if (known !== undefined) {
      seen[known]!.count++;
      return `#${known}`;
    }
    const key = Array.isArray(t)
      ? `[${t.map(visit).join()}]`
      : `{${Object.entries(t)
          .map(([k, v]) => `${k}:${visit(v)}`)
          .join()}}`;
    if (Array.isArray(t)) return key;
    let id = ids.get(key);
    if (id === undefined) {
      id = seen.length;
      ids.set(key, id);
      seen.push({ count: 0, size: JSON.stringify(t).length, term: t });
    }
    seen[id]!.count++;
    idOf.set(t, id);
    return `#${id}`;
  }
  for (const t of Object.values(rules.terms)) visit(t);

  const shared: unknown[] = [];
  const at = new Map<number, number>();

  function write(t: unknown): unknown {
    if (t === null || typeof t !== 'object') return t;
    if (Array.isArray(t)) return t.map(write);
    const id = idOf.get(t);
    const info = id === undefined ? undefined : seen[id]!;
    if (id === undefined || !info || info.count < 2 || info.size < SHORT) return inner(t);
    let n = at.get(id);
    if (n === undefined) {
      const body = inner(t);
      n = shared.length;
      shared.push(body);
      at.set(id, n);
    }
    return { ref: n };
  }
  const inner = (t: object): object => Object.fromEntries(Object.entries(t).map(([k, v]) => [k, write(v)]));
  const terms = Object.fromEntries(Object.entries(rules.terms).map(([k, v]) => [k, write(v)]));
  return { variables: rules.variables, nodes: rules.nodes, places: rules.places, shared, terms };
}

/** Reads a rule set as it was written. Shared terms become one and the same object. */
export function unpackRules(packed: PackedRuleSet): RuleSet {
  const shared: unknown[] = [];
  const read = (t: unknown): unknown => {
    if (t === null || typeof t !== 'object') return t;
    if (Array.isArray(t)) return t.map(read);
    if ('ref' in t && typeof t.ref === 'number') return shared[t.ref];
    return Object.fromEntries(Object.entries(t).map(([k, v]) => [k, read(v)]));
  };
  // what a shared term refers to was written before it
  for (const t of packed.shared) shared.push(read(t));
  const terms = Object.fromEntries(Object.entries(packed.terms).map(([k, v]) => [k, read(v) as Term]));
  return { variables: packed.variables, nodes: packed.nodes, places: packed.places, terms };
}
