/** What of a rule set rests on something that could not be read, so that a gap is never larger than it is. */
import type { Cond } from './diagram.ts';
import type { ShippedMeaning, RuleSet, Term } from './terms.ts';

/** A place that could not be read, and the terms whose value may depend on it. */
export interface OpaqueUse {
  readonly what: string;
  /** File and line, where they are known. */
  readonly place: string | undefined;
  readonly terms: readonly string[];
}

type Ids = ReadonlySet<number>;
const NONE: Ids = new Set();

/** Every opaque place of a rule set with the terms that may depend on it, in order of the places. */
export function opaqueUses(rules: RuleSet): OpaqueUse[] {
  const found = new Map<
    string,
    { readonly what: string; readonly place: string | undefined; readonly terms: string[] }
  >();
  const order: { readonly terms: string[] }[] = [];
  const id = (what: string, place: string | undefined): number => {
    const key = `${place ?? ''}\n${what}`;
    const known = found.get(key) ?? { what, place, terms: [] };
    if (!found.has(key)) order.push(known);
    found.set(key, known);
    return order.indexOf(known);
  };
  const ofTerm = termReader(conditions(rules, id), (unread) => {
    const [, what = unread, place] = /^(.*) (?:at |\()(\S+:\d+)\)?$/.exec(unread) ?? [];
    return id(what, place);
  });
  for (const [name, term] of Object.entries(rules.terms)) for (const i of ofTerm(term)) order[i]!.terms.push(name);
  return [...found.values()].sort((a, b) => ((a.place ?? a.what) < (b.place ?? b.what) ? -1 : 1));
}

/** The opaque places that a condition may depend on. */
function conditions(
  rules: RuleSet,
  id: (what: string, place: string | undefined) => number,
): (c: Cond | undefined) => Ids {
  const { variables, nodes, places } = rules;
  const ofNode: Ids[] = [NONE, NONE];
  const ofVariable: Ids[] = [];
  const own = (m: ShippedMeaning): Ids => {
    if ('opaque' in m) return m.outside ? NONE : new Set([id(m.opaque, places[m.at])]);
    if ('cases' in m) return union(m.cases.map(of));
    return 'exists' in m ? of(m.exists) : NONE;
  };
  const of = (c: Cond | undefined): Ids => {
    if (c === undefined) return NONE;
    const known = ofNode[c];
    if (known) return known;
    const [v, ...runs] = nodes[c - 2]!;
    const mine = (ofVariable[v!] ??= own(variables[v!]!));
    return (ofNode[c] = union([mine, ...runs.filter((_, i) => i % 2 === 0).map(of)]));
  };
  return of;
}

/** Sets are shared where they are equal: nearly all are empty. */
function union(sets: readonly Ids[]): Ids {
  const some = sets.filter((set) => set.size > 0);
  const [first] = some;
  if (first === undefined) return NONE;
  return some.every((set) => set === first) ? first : new Set(some.flatMap((set) => [...set]));
}

function termReader(of: (c: Cond | undefined) => Ids, unread: (what: string) => number): (term: Term) => Ids {
  const known = new WeakMap<object, Ids>();
  const guarded = (all: readonly (readonly [Cond, Term, ...unknown[]])[]): Ids =>
    union(all.flatMap(([g, term]) => [of(g), read(term)]));
  function read(term: Term): Ids {
    if (term === null || typeof term !== 'object') return NONE;
    const made = known.get(term) ?? fresh(term);
    known.set(term, made);
    return made;
  }
  function fresh(term: Exclude<Term, string | number | boolean | null>): Ids {
    if ('pick' in term) return guarded(term.pick);
    if ('list' in term) return guarded(term.list);
    if ('lists' in term) return guarded(term.lists);
    if ('join' in term) return guarded(term.of);
    if ('text' in term) return union(term.text.map(read));
    if ('record' in term) return union([...Object.values(term.record).map(read), guarded(term.over ?? [])]);
    if ('each' in term) return union([read(term.item), of(term.keep)]);
    return 'unread' in term && !term.outside ? new Set([unread(term.unread)]) : NONE;
  }
  return read;
}
