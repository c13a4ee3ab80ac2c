/**
 * Rules as data: what a reading found, cut loose from it. A term is a value that may depend on inputs; a rule set holds
 * terms by name together with the conditions they rest on. This is the shape of the files that are shipped.
 */
import type { Book, Kind, Meaning, Place } from './book.ts';
import { NO, YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { createRenumbering } from './renumber.ts';
import { exprInputs } from './expr.ts';
import type { Expr, Scalar, Test } from './expr.ts';

/** A value under conditions. Numbers named `g` are conditions: nodes of the rule set. */
export type Term =
  | Scalar
  | { readonly pick: readonly (readonly [g: Cond, term: Term])[] }
  | { readonly expr: Expr; readonly float?: true }
  /** A text of parts, each a term. */
  | { readonly text: readonly Term[] }
  /**
   * The parts that are present, joined, where a list stands for its items; before them `head`: its first text for one part,
   * else its second, `#` the number.
   */
  | {
      readonly join: string;
      readonly of: readonly (readonly [g: Cond, term: Term])[];
      readonly head?: readonly [string, string];
    }
  /** Items present under conditions; the third part indexes `places`: where it was put in, then why. */
  | { readonly list: readonly (readonly [g: Cond, term: Term, places?: readonly number[]])[] }
  /** An object of these keys, but for those that are missing; its other keys are those of `over`, later ones first. */
  | { readonly record: Readonly<Record<string, Term>>; readonly over?: readonly (readonly [g: Cond, term: Term])[] }
  /** A list of `count` items; in `item` inputs name the number of the item as `each`. */
  | { readonly each: string; readonly count: Expr; readonly item: Term; readonly keep?: Cond }
  /** The items of the lists that are there, one list after the other; in order, each once, where that is said. */
  | {
      readonly lists: readonly (readonly [g: Cond, term: Term])[];
      readonly sorted?: true;
      readonly once?: true;
    }
  /** What the question gives under this name, whatever it is. */
  | { readonly fact: string }
  /** Nothing is there. */
  | { readonly missing: true }
  /** It was not read, or rests on a thing outside what is read. */
  | { readonly unread: string; readonly outside?: true };

/** What a variable of a shipped rule set means; `cases` are conditions of the same set, and a value more is for none of them. */
export type ShippedMeaning =
  | { readonly choice: string; readonly of: readonly Scalar[]; readonly other?: true }
  | { readonly kinds: string; readonly of: readonly Kind[] }
  | { readonly test: string; readonly args: readonly Expr[] }
  | { readonly cases: readonly Cond[]; readonly at: number; readonly title: string }
  | { readonly exists: Cond; readonly index: string; readonly count: Expr }
  | { readonly opaque: string; readonly at: number; readonly outside?: true };

export interface RuleSet {
  readonly variables: readonly ShippedMeaning[];
  /** Node n (from 2 on) stands at n - 2: its variable, then what follows of each of its values, runs as [node, times]. */
  readonly nodes: readonly (readonly number[])[];
  readonly places: readonly Place[];
  readonly terms: Readonly<Record<string, Term>>;
}

/** Collects the terms of one reading and ships what they rest on, renumbered and in a fixed order. */
export interface Shipper {
  place(place: Place): number;
  add(name: string, term: Term): void;
  /** The term made for this thing before, or a new one: what is the same in a reading is the same in the rules. */
  once(key: object, make: () => Term): Term;
  ship(): RuleSet;
}

/**
 * The first letter of a number or a list that is worked out of others: what it is stands as a term of that name. The
 * length of a list is `name.#`, an item `name.n`, from its end with a negative number.
 */
export const COMPUTED = '#';

/** The name of what is worked out, where a name is that of it or of a part of it. */
export const computedName = (name: string): string => name.split('.', 1)[0]!;

/**
 * Starts a shipment from a book. Conditions in terms are those of the book; `ship` renumbers them. `numbers` says what the
 * numbers with names of their own are: those on which something rests are shipped too.
 */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function createShipper(book: Book, numbers: (name: string) => Term | undefined = () => undefined): Shipper {
  const { d, meanings } = book;
  const places: Place[] = [];
  const placeAt = new Map<Place, number>();
  const terms: Record<string, Term> = {};
  const variables: ShippedMeaning[] = [];
  const variableAt = new Map<number, number>();
  const nodes: number[][] = [];
  const nodeAt = new Map<Cond, number>([
    [NO, NO],
    [YES, YES],
  ]);

  const place = (p: Place): number => {
    let n = placeAt.get(p);
    if (n === undefined) {
      n = places.length;
      places.push(p);
      placeAt.set(p, n);
    }
    return n;
  };

  function variable(v: number): number {
    const known = variableAt.get(v);
    if (known !== undefined) return known;
    const shipped = shipMeaning(meanings[v]!);
    const n = variables.length;
    variables.push(shipped);
    variableAt.set(v, n);
    return n;
  }

  /** The cases that have to be told: of a condition and its opposite the first, since the other value is what is left. */
  const told = (cases: readonly Cond[]): readonly Cond[] =>
    cases.length === 2 && d.not(cases[0]!) === cases[1] ? cases.slice(0, 1) : cases;

  const asked = new Set<string>();
  const ask = (e: Expr | Test): void => {
    for (const name of exprInputs(e)) if (name.startsWith(COMPUTED)) asked.add(computedName(name));
  };

  function shipMeaning(m: Meaning): ShippedMeaning {
    if (m.kind === 'test') ask(m.test);
    if (m.kind === 'exists') ask(m.count);
    switch (m.kind) {
      case 'choice':
        return m.other ? { choice: m.input, of: m.labels, other: true } : { choice: m.input, of: m.labels };
      case 'kinds':
        return { kinds: m.input, of: m.kinds };
      case 'test':
        return { test: m.test.op, args: m.test.args };
      case 'definition':
        return { cases: told(m.cases).map(node), at: place(m.place), title: m.title };
      case 'exists':
        return { exists: node(m.body), index: m.at, count: m.count };
      case 'opaque':
        return { opaque: m.why, at: place(m.place), ...(m.outside ? { outside: true } : {}) };
    }
  }

  function node(c: Cond): number {
    const known = nodeAt.get(c);
    if (known !== undefined) return known;
    const kids = d.kids(c).map(node);
    const packed: number[] = [variable(d.top(c))];
    for (let i = 0; i < kids.length;) {
      let n = 1;
      while (kids[i + n] === kids[i]) n++;
      packed.push(kids[i]!, n);
      i += n;
    }
    const id = nodes.length + 2;
    nodes.push(packed);
    nodeAt.set(c, id);
    return id;
  }

  const made = new WeakMap<object, Term>();
  const term = createRenumbering(node, (t) => {
    if ('expr' in t) ask(t.expr);
    if ('each' in t) ask(t.count);
  });

  return {
    place,
    add(name, t) {
      terms[name] = term(t);
    },
    once(key, make) {
      const known = made.get(key);
      if (known !== undefined) return known;
      const next = make();
      made.set(key, next);
      return next;
    },
    ship() {
      // what a number is may rest on further ones
      for (const name of asked) {
        const what = Object.hasOwn(terms, name) ? undefined : numbers(name);
        if (what !== undefined) terms[name] = term(what);
      }
      return { variables, nodes, places, terms };
    },
  };
}
