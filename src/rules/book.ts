/**
 * The book in which rules are written: decision diagrams together with what each of their variables means. A variable
 * is an input of finite choice, the kind of an input (missing, none, int, text …), a comparison, a named definition or
 * something that could not be read.
 */
import { createDiagrams, NO, YES } from './diagram.ts';
import type { Cond, Diagrams } from './diagram.ts';
import { ExprError } from './arithmetic.ts';
import { decide, exprInputs, exprKey, speaksOf } from './expr.ts';
import type { Expr, Scalar, Test } from './expr.ts';

/** What a value given for an input can be. `false` and `true` are kinds of their own so that they need no comparison. */
export type Kind = 'missing' | 'none' | 'false' | 'true' | 'int' | 'float' | 'str' | 'list' | 'dict' | 'object';

/** Where something stands in a source tree: `path:line`. */
export type Place = string;

export type Meaning =
  /** `other`: one value more, for anything that is none of the labels. */
  | { readonly kind: 'choice'; readonly input: string; readonly labels: readonly Scalar[]; readonly other: boolean }
  | { readonly kind: 'kinds'; readonly input: string; readonly kinds: readonly Kind[] }
  | { readonly kind: 'test'; readonly test: Test }
  | { readonly kind: 'definition'; readonly cases: readonly Cond[]; readonly place: Place; readonly title: string }
  /** There is a whole number from 0 to below `count` for which `body` holds; inputs name the number as `at`. */
  | { readonly kind: 'exists'; readonly at: string; readonly count: Expr; readonly body: Cond }
  | { readonly kind: 'opaque'; readonly why: string; readonly place: Place; readonly outside: boolean };

export interface Book {
  readonly d: Diagrams;
  readonly meanings: readonly Meaning[];
  /** The variable of an input with finitely many values. The same name must always come with the same labels. */
  choice(input: string, labels: readonly Scalar[], other?: boolean): number;
  /** The variable that tells of which kind an input's value is. */
  kinds(input: string, kinds: readonly Kind[]): number;
  /** The condition that a comparison holds; folded when both sides are known. */
  test(test: Test): Cond;
  /**
   * Gives conditions that exclude each other one name, so that they count as one variable from here on. Returns the
   * condition that stands for each of them.
   */
  define(cases: readonly Cond[], place: Place, title: string): readonly Cond[];
  /** The condition that `body` holds for some whole number from 0 to below `count`, which inputs name as `at`. */
  exists(at: string, count: Expr, body: Cond): Cond;
  /** Does a condition speak of the number `at`, directly or by what it rests on? */
  speaks(c: Cond, at: string): boolean;
  /** Does an expression? */
  names(e: Expr | Test, at: string): boolean;
  /** Numbers that are worked out from others, by the names that they have inside the names of inputs. */
  readonly computed: Map<string, Expr>;
  /** A condition nobody could read. Every call makes a new one unless `why` and `place` are the same. */
  opaque(why: string, place: Place, outside?: boolean): Cond;
}

/** A comparison with an infinite number: what a question gives is finite. */
function withInfinity({ op, args }: Test): Cond | undefined {
  const [a, b] = args.map((x) => ('value' in x && typeof x.value === 'number' ? x.value : 0));
  if (args.length !== 2 || args.every((x) => 'value' in x) || (Number.isFinite(a) && Number.isFinite(b)))
    return undefined;
  if (op === 'eq') return NO;
  return op === 'lt' || op === 'le' ? (b === Infinity || a === -Infinity ? YES : NO) : undefined;
}

/** Makes an empty book; its conditions may have `limit` nodes, where one is given. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function createBook(limit?: number): Book {
  const d = createDiagrams(limit);
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

  const computed = new Map<string, Expr>();
  const names = (e: Expr | Test, at: string): boolean => [...exprInputs(e)].some((name) => isNamedIn(name, at));

  /** Does the name of an input hold a number, or one that is worked out from it? */
  function isNamedIn(name: string, at: string): boolean {
    if (speaksOf(name, at)) return true;
    if (computed.size === 0 || !name.includes('@')) return false;
    return name.split('.').some((part) => {
      const from = computed.get(part);
      return from !== undefined && names(from, at);
    });
  }

  /** Does a condition speak of the number `at`? */
  function dependsOn(c: Cond, at: string, seen = new Set<number>()): boolean {
    return d.support(c).some((v) => {
      if (seen.has(v)) return false;
      seen.add(v);
      const m = meanings[v]!;
      switch (m.kind) {
        case 'choice':
        case 'kinds':
          return isNamedIn(m.input, at);
        case 'test':
          return names(m.test, at);
        case 'definition':
          return m.cases.some((x) => dependsOn(x, at, seen));
        case 'exists':
          // the number that it binds itself is another one
          return names(m.count, at) || (m.at !== at && dependsOn(m.body, at, seen));
        default:
          return false;
      }
    });
  }

  const book: Book = {
    d,
    speaks: (c, at) => dependsOn(c, at),
    names,
    computed,
    meanings,
    choice: (input, labels, other = false) =>
      variable(`choice ${input}`, labels.length + (other ? 1 : 0), () => ({ kind: 'choice', input, labels, other })),
    kinds: (input, kinds) => variable(`kinds ${input}`, kinds.length, () => ({ kind: 'kinds', input, kinds })),
    test(test) {
      const beyond = withInfinity(test);
      if (beyond !== undefined) return beyond;
      if (test.args.every((a) => 'value' in a)) {
        try {
          return decide(
            test.op,
            test.args.map((a) => (a as { value: number | string }).value),
          )
            ? YES
            : NO;
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
    exists(at, count, body) {
      if (body === NO) return NO;
      const some = book.test({ op: 'lt', args: [{ op: 'const', value: 0 }, count] });
      if (!dependsOn(body, at)) return d.and(some, body);
      return d.is(
        variable(`exists ${at} ${exprKey(count)} ${body}`, 2, () => ({ kind: 'exists', at, count, body })),
        1,
      );
    },
    opaque: (why, place, outside = false) =>
      d.is(
        variable(`${outside ? 'outside' : 'opaque'} ${place} ${why}`, 2, () => ({
          kind: 'opaque',
          why,
          place,
          outside,
        })),
        1,
      ),
  };
  return book;
}
