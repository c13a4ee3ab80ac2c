/** Terms whose conditions get other numbers, and what else is named in them other names. */
import type { Cond } from './diagram.ts';
import type { Expr, Scalar } from './expr.ts';
import type { Term } from './terms.ts';

type Guarded = readonly (readonly [Cond, Term, (readonly number[])?])[];

/** What else than conditions is given anew. */
export interface Others {
  readonly place: (place: number) => number;
  readonly expr: (e: Expr) => Expr;
  /** The name of a fact. */
  readonly name: (name: string) => string;
}

/** Where all else stays. */
const AS_IT_IS: Others = { place: (p) => p, expr: (e) => e, name: (n) => n };

/**
 * Makes terms anew with the conditions that `node` gives for theirs. Each is made once; `see` is told every term before its
 * parts are made.
 */
// oxlint-disable-next-line max-lines-per-function -- one arm for every kind of term
export function createRenumbering(
  node: (c: Cond) => Cond,
  see: (t: Exclude<Term, Scalar>) => void = () => undefined,
  others: Others = AS_IT_IS,
): (t: Term) => Term {
  const { place, expr, name } = others;
  const made = new WeakMap<object, Term>();
  const guarded = (of: Guarded): [Cond, Term, (readonly number[])?][] =>
    of.map(([g, t, p]) => (p ? [node(g), term(t), p.map(place)] : [node(g), term(t)]));

  function term(t: Term): Term {
    if (t === null || typeof t !== 'object') return t;
    const known = made.get(t);
    if (known !== undefined) return known;
    see(t);
    const next = renumber(t);
    made.set(t, next);
    return next;
  }

  function renumber(t: Exclude<Term, Scalar>): Term {
    if ('pick' in t) return { pick: guarded(t.pick) as [Cond, Term][] };
    if ('list' in t) return { list: guarded(t.list) };
    if ('lists' in t) return { ...t, lists: guarded(t.lists) as [Cond, Term][] };
    if ('join' in t) return { join: t.join, of: guarded(t.of) as [Cond, Term][], ...(t.head ? { head: t.head } : {}) };
    if ('text' in t) return { text: t.text.map(term) };
    if ('each' in t)
      return {
        each: t.each,
        count: expr(t.count),
        item: term(t.item),
        ...(t.keep === undefined ? {} : { keep: node(t.keep) }),
      };
    if ('record' in t)
      return {
        record: Object.fromEntries(Object.entries(t.record).map(([k, v]) => [k, term(v)])),
        ...(t.over ? { over: guarded(t.over) as [Cond, Term][] } : {}),
      };
    if ('expr' in t) return { ...t, expr: expr(t.expr) };
    return 'fact' in t ? { fact: name(t.fact) } : t;
  }
  return term;
}
