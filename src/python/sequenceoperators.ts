/** Lists that are repeated or put together, where their length depends on inputs. */
import type { Reader } from './reader.ts';
import { type Atom, type Value, one, series, type Alternative, union } from './values.ts';
import { YES, type Expr, type Cond } from '../rules/index.ts';
import { exprOf } from './compare.ts';
import { folded, standing } from './substitute.ts';

/** `[item] * n`: a list of one item, again and again. */
export function repeated(R: Reader, seq: Atom, times: Atom): Value | undefined {
  const items = seq.k === 'list' ? seq.items : seq.k === 'tuple' ? seq.items.map((v) => ({ g: YES, v })) : [];
  const n = exprOf(times);
  const [only] = items;
  if (items.length !== 1 || only!.g !== YES || !n || (times.k === 'num' && times.float)) return undefined;
  return one(series(`@${R.numbers++}`, { op: 'max', args: [{ op: 'const', value: 0 }, n] }, only!.v));
}

/** `a + b` of lists, one of uncertain length: a list whose item at a number is that of the part in which the number falls. */
export function putTogether(R: Reader, a: Atom, b: Atom): Value | undefined {
  const parts = [a, b].flatMap(
    (v): ({ readonly n: Expr; readonly item: Value; readonly at?: string } | undefined)[] => {
      if (v.k === 'list')
        return v.items.map((i) => (i.g === YES ? { n: { op: 'const', value: 1 }, item: i.v } : undefined));
      return v.k === 'series' && v.keep === YES ? [{ n: v.n, item: v.item, at: v.at }] : [undefined];
    },
  );
  const at = `@${R.numbers++}`;
  const index: Expr = { op: 'input', name: at };
  let from: Expr = { op: 'const', value: 0 };
  let open: Cond = YES;
  const item: Alternative[] = [];
  for (const part of parts) {
    if (!part) return undefined;
    const to: Expr = 'value' in from && from.value === 0 ? part.n : folded('add', [from, part.n]);
    const inside = R.d.and(open, R.book.test({ op: 'lt', args: [index, to] }));
    const own = 'value' in from && from.value === 0 ? index : folded('sub', [index, from]);
    const moved = part.at === undefined ? undefined : standing(R, part.at, own);
    for (const { g, v } of part.item) {
      const there = moved ? moved.atom(v) : v;
      if (!there) return undefined;
      item.push({ g: R.d.and(inside, moved ? moved.cond(g) : g), v: there });
    }
    open = R.d.and(open, R.d.not(inside));
    from = to;
  }
  return one(series(at, from, union(R.d, item)));
}
