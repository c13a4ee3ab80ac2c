/** Terms whose conditions get other numbers. */
import type { Cond } from './diagram.ts';
import type { Scalar } from './expr.ts';
import type { Term } from './terms.ts';

type Guarded = readonly (readonly [Cond, Term, (readonly number[])?])[];

/**
 * Makes terms anew with the conditions that `node` gives for theirs. Each is made once; `see` is told every term before its
 * parts are made.
 */
export function createRenumbering(
  node: (c: Cond) => Cond,
  see: (t: Exclude<Term, Scalar>) => void = () => undefined,
): (t: Term) => Term {
  const made = new WeakMap<object, Term>();
  const guarded = (of: Guarded): [Cond, Term, (readonly number[])?][] =>
    of.map(([g, t, p]) => (p ? [node(g), term(t), p] : [node(g), term(t)]));

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
        count: t.count,
        item: term(t.item),
        ...(t.keep === undefined ? {} : { keep: node(t.keep) }),
      };
    if ('record' in t)
      return {
        record: Object.fromEntries(Object.entries(t.record).map(([k, v]) => [k, term(v)])),
        ...(t.over ? { over: guarded(t.over) as [Cond, Term][] } : {}),
      };
    return t;
  }
  return term;
}
