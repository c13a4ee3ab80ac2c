/**
 * The book in which rules are written: decision diagrams together with what each of their variables means. A variable
 * is an input of finite choice, the kind of an input (missing, none, int, text …), a comparison, a named definition or
 * something that could not be read.
 */
import { createDiagrams, NO, YES } from './diagram.ts';
import type { Cond, Diagrams } from './diagram.ts';
import { decide, ExprError, exprKey } from './expr.ts';
import type { Scalar, Test } from './expr.ts';

/** What a value given for an input can be. `false` and `true` are kinds of their own so that they need no comparison. */
export type Kind = 'missing' | 'none' | 'false' | 'true' | 'int' | 'float' | 'str' | 'list' | 'dict';

/** Where something stands in a source tree: `path:line`. */
export type Place = string;

export type Meaning =
  | { readonly kind: 'choice'; readonly input: string; readonly labels: readonly Scalar[] }
  | { readonly kind: 'kinds'; readonly input: string; readonly kinds: readonly Kind[] }
  | { readonly kind: 'test'; readonly test: Test }
  | { readonly kind: 'definition'; readonly cases: readonly Cond[]; readonly place: Place; readonly title: string }
  | { readonly kind: 'opaque'; readonly why: string; readonly place: Place };

export interface Book {
  readonly d: Diagrams;
  readonly meanings: readonly Meaning[];
  /** The variable of an input with finitely many values. The same name must always come with the same labels. */
  choice(input: string, labels: readonly Scalar[]): number;
  /** The variable that tells of which kind an input's value is. */
  kinds(input: string, kinds: readonly Kind[]): number;
  /** The condition that a comparison holds; folded when both sides are known. */
  test(test: Test): Cond;
  /**
   * Gives conditions that exclude each other one name, so that they count as one variable from here on. Returns the
   * condition that stands for each of them.
   */
  define(cases: readonly Cond[], place: Place, title: string): readonly Cond[];
  /** A condition nobody could read. Every call makes a new one unless `why` and `place` are the same. */
  opaque(why: string, place: Place): Cond;
}

/** Makes an empty book. */
export function createBook(): Book {
  const d = createDiagrams();
  const meanings: Meaning[] = [];
  const known = new Map<string, number>();

  function variable(key: string, size: number, meaning: () => Meaning): number {
    const old = known.get(key);
    if (old !== undefined) {
      if (d.sizeOf(old) !== size) throw new Error(`input asked for with two different domains: ${key}`);
      return old;
    }
    const v = d.variable(size);
    meanings[v] = meaning();
    known.set(key, v);
    return v;
  }

  return {
    d,
    meanings,
    choice: (input, labels) => variable(`choice ${input}`, labels.length, () => ({ kind: 'choice', input, labels })),
    kinds: (input, kinds) => variable(`kinds ${input}`, kinds.length, () => ({ kind: 'kinds', input, kinds })),
    test(test) {
      if (test.args.every((a) => 'value' in a)) {
        try {
          return decide(test.op, test.args.map((a) => (a as { value: number | string }).value)) ? YES : NO;
        } catch (e) {
          if (!(e instanceof ExprError)) throw e;
        }
      }
      if (test.op === 'eq' && test.args.length === 2 && exprKey(test.args[0]!) === exprKey(test.args[1]!)) return YES;
      return d.is(
        variable(`test ${exprKey(test)}`, 2, () => ({ kind: 'test', test })),
        1,
      );
    },
    define(cases, place, title) {
      // a yes/no definition is one and the same whichever side asks for it
      const [first] = cases;
      const pair = cases.length === 2 && d.not(first!) === cases[1];
      const turned = pair && first! > cases[1]!;
      const body = turned ? [cases[1]!, first!] : cases;
      const covers = body.reduce((a: Cond, b) => d.or(a, b), NO) === YES;
      const v = variable(`definition ${body.join(' ')}`, body.length + (covers ? 0 : 1), () => ({
        kind: 'definition',
        cases: body,
        place,
        title,
      }));
      const named = body.map((_, i) => d.is(v, i));
      return turned ? named.reverse() : named;
    },
    opaque: (why, place) =>
      d.is(
        variable(`opaque ${place} ${why}`, 2, () => ({ kind: 'opaque', why, place })),
        1,
      ),
  };
}
