/** Putting a number for the index of a loop or a list: in conditions, expressions and things. */
import { apply, ExprError, exprKey, NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import type { Reader } from './reader.ts';
import { int, num, str, text } from './values.ts';
import type { Atom, Part } from './values.ts';

/** An operation, worked out where all its arguments are known. */
export function folded(op: string, args: readonly Expr[]): Expr {
  if (args.every((a) => 'value' in a)) {
    try {
      return {
        op: 'const',
        value: apply(
          op,
          args.map((a) => (a as { value: number | string }).value),
        ),
      };
    } catch (e) {
      if (!(e instanceof ExprError)) throw e;
    }
  }
  return { op, args };
}

/** The name of a number inside the names of inputs; one that is worked out from others gets a name of its own. */
export function numberName(R: Reader, n: Expr): string {
  if ('value' in n) return String(n.value);
  if ('name' in n && n.name.startsWith('@')) return n.name;
  const key = exprKey(n);
  for (const [name, e] of R.computed) if (exprKey(e) === key) return name;
  const name = `@${R.numbers++}`;
  R.computed.set(name, n);
  return name;
}

/** Conditions and things that speak of the number `at`, where it is `n`. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function standing(R: Reader, at: string, n: Expr): { cond(c: Cond): Cond; atom(v: Atom): Atom | undefined } {
  const done = new Map<Cond, Cond>();
  const own = numberName(R, n);
  const named = (name: string): string =>
    name
      .split('.')
      .map((p) => (p === at ? own : moved(p)))
      .join('.');
  // a number that is worked out from this one is another one there
  const moved = (name: string): string => {
    const from = R.computed.get(name);
    return from && R.book.names(from, at) ? numberName(R, expr(from)) : name;
  };
  const expr = (e: Expr): Expr =>
    'value' in e
      ? e
      : 'name' in e
        ? e.name === at
          ? n
          : { op: 'input', name: named(e.name) }
        : folded(e.op, e.args.map(expr));
  const cond = (c: Cond): Cond => {
    if (c <= YES) return c;
    const known = done.get(c);
    if (known !== undefined) return known;
    const m = R.book.meanings[R.d.top(c)]!;
    const value = (i: number): Cond => {
      switch (m.kind) {
        case 'choice':
          return R.d.is(R.book.choice(named(m.input), m.labels, m.other), i);
        case 'kinds':
          return R.d.is(R.book.kinds(named(m.input), m.kinds), i);
        case 'test': {
          const t = R.book.test({ op: m.test.op, args: m.test.args.map(expr) });
          return i ? t : R.d.not(t);
        }
        case 'definition':
          return i < m.cases.length
            ? cond(m.cases[i]!)
            : m.cases.reduce<Cond>((x, y) => R.d.and(x, R.d.not(cond(y))), YES);
        case 'exists': {
          const some = R.book.exists(m.at, expr(m.count), m.at === at ? m.body : cond(m.body));
          return i ? some : R.d.not(some);
        }
        default:
          return R.d.is(R.d.top(c), i);
      }
    };
    const made = R.d.kids(c).reduce<Cond>((x, kid, i) => R.d.or(x, R.d.and(value(i), cond(kid))), NO);
    done.set(c, made);
    return made;
  };
  const part = (p: Part): Part => {
    if (p.p === 'lit') return p;
    if (p.p === 'each' && p.at === at) return p;
    if (p.p !== 'expr') return { ...p, of: p.of.map((o) => ({ g: cond(o.g), parts: o.parts.map(part) })) };
    const e = expr(p.e);
    return p.int && 'value' in e ? { p: 'lit', s: String(e.value) } : { ...p, e };
  };
  const atom = (v: Atom): Atom | undefined => {
    switch (v.k) {
      case 'num':
        return numberAtom(expr(v.e), v.float);
      case 'text': {
        const parts = v.parts.map(part);
        return parts.every((p) => p.p === 'lit') ? str(parts.map((p) => p.s).join('')) : text(parts);
      }
      case 'dict':
        // a dictionary of the question that nobody changed: the one at the other number
        return v.lazy?.moved?.(named(v.lazy.path));
      case 'series':
        return v.moved?.(named);
      case 'instance':
        return v.moved?.(named);
      case 'none':
      case 'bool':
      case 'int':
      case 'float':
      case 'str':
      case 'class':
      case 'outside':
      case 'unbound':
        return v;
      default:
        return undefined;
    }
  };
  return { cond, atom };
}

/** A number by its expression. */
export const numberAtom = (e: Expr, isFloat: boolean): Atom =>
  'value' in e && typeof e.value === 'number' && !isFloat ? int(e.value) : num(e, isFloat);

/** A condition in which what has a name is said in full. */
export function spelledOut(R: Reader, c: Cond, done = new Map<Cond, Cond>()): Cond {
  if (c <= YES) return c;
  const known = done.get(c);
  if (known !== undefined) return known;
  const top = R.d.top(c);
  const m = R.book.meanings[top]!;
  const value = (i: number): Cond => {
    if (m.kind !== 'definition') return R.d.is(top, i);
    return i < m.cases.length
      ? spelledOut(R, m.cases[i]!, done)
      : m.cases.reduce<Cond>((x, y) => R.d.and(x, R.d.not(spelledOut(R, y, done))), YES);
  };
  const made = R.d
    .kids(c)
    .reduce<Cond>((x, kid, i) => (kid === NO ? x : R.d.or(x, R.d.and(value(i), spelledOut(R, kid, done)))), NO);
  done.set(c, made);
  return made;
}
