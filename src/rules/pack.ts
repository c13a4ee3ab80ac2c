/** Rule sets as files: terms that stand at several places are written once. */
import { restedOn } from './rested.ts';
import { COMPUTED } from './terms.ts';
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

/**
 * Reads a rule set as it was written; with a prefix, of its terms those whose names begin with it, without it, and what
 * they rest on. Shared terms become one and the same object.
 */
export function unpackRules(packed: PackedRuleSet, prefix = ''): RuleSet {
  const shared: unknown[] = [];
  const read = (t: unknown): unknown => {
    if (t === null || typeof t !== 'object') return t;
    if (Array.isArray(t)) return t.map(read);
    if ('ref' in t && typeof t.ref === 'number') return (shared[t.ref] ??= read(packed.shared[t.ref]));
    return Object.fromEntries(Object.entries(t).map(([k, v]) => [k, read(v)]));
  };
  const { variables, nodes, places } = packed;
  const entries = Object.entries(packed.terms).filter(
    ([name]) => prefix === '' || name.startsWith(COMPUTED) || name.startsWith(prefix),
  );
  const terms = Object.fromEntries(entries.map(([name, t]) => [name, read(t) as Term]));
  if (prefix === '') return { variables, nodes, places, terms };
  const own = entries.map(([name]) => name).filter((name) => name.startsWith(prefix));
  const part = restedOn({ variables, nodes, places, terms }, own);
  const named = Object.entries(part.terms).map(([name, t]): [string, Term] => [
    name.startsWith(prefix) ? name.slice(prefix.length) : name,
    t,
  ]);
  return { ...part, terms: Object.fromEntries(named) };
}
