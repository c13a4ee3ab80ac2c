/** Terms as files hold them: what stands at several places once, conditions by how far they are from one another. */
import { NO, YES } from './diagram.ts';
import type { Cond } from './diagram.ts';
import { damagedRules } from './error.ts';
import type { RuleSet, Term } from './terms.ts';

/** Terms shorter than this are written where they stand. */
const SHORT = 48;

/** Writes equal terms once, and conditions by how far they are from one another. */
// oxlint-disable-next-line max-lines-per-function -- functions that share one state
export function packTerms(
  all: RuleSet['terms'],
  numberOf: (c: Cond) => Cond,
): { readonly shared: readonly unknown[]; readonly terms: Readonly<Record<string, unknown>> } {
  const ids = new Map<string, number>();
  const idOf = new WeakMap<object, number>();
  const seen: { count: number; size: number }[] = [];

  // how long what was visited last is as JSON
  let size = 0;
  const plain = (t: unknown): string => {
    const text = JSON.stringify(t) as string | undefined;
    size = text?.length ?? 0;
    return String(text);
  };
  const listed = (t: readonly unknown[]): string => {
    let [key, length] = ['[', 1];
    for (const [i, item] of t.entries()) {
      key += i === 0 ? visit(item) : `,${visit(item)}`;
      length += size + 1;
    }
    size = Math.max(length, 2);
    return `${key}]`;
  };
  const membersOf = (t: object): string => {
    let [key, length] = ['{', 1];
    for (const [name, value] of Object.entries(t)) {
      key += key === '{' ? `${name}:${visit(value)}` : `,${name}:${visit(value)}`;
      length += JSON.stringify(name).length + size + 2;
    }
    size = Math.max(length, 2);
    return `${key}}`;
  };

  /** Numbers equal terms alike and counts how often each is met. */
  function visit(t: unknown): string {
    if (t === null || typeof t !== 'object') return plain(t);
    if (Array.isArray(t)) return listed(t);
    let id = idOf.get(t);
    if (id === undefined) {
      const key = membersOf(t);
      id = ids.get(key);
      if (id === undefined) {
        id = seen.length;
        ids.set(key, id);
        seen.push({ count: 0, size });
      }
      idOf.set(t, id);
    }
    const one = seen[id]!;
    one.count++;
    size = one.size;
    return `#${id}`;
  }
  for (const t of Object.values(all)) visit(t);

  const shared: unknown[] = [];
  const at = new Map<number, number>();
  const row = (t: Term, isShared: boolean): unknown => {
    let last = 0;
    const guard = (c: Cond): number | boolean => {
      if (c <= YES) return c === YES;
      const far = numberOf(c) - last;
      last += far;
      return far;
    };
    const write = (of: Term, isTop = false): unknown => {
      if (of === null || typeof of !== 'object') return of;
      const id = isTop ? undefined : idOf.get(of);
      const info = id === undefined ? undefined : seen[id]!;
      if (id === undefined || info === undefined || info.count < 2 || info.size < SHORT)
        return mapTerm(of, guard, write);
      let n = at.get(id);
      if (n === undefined) {
        const made = row(of, true);
        n = shared.push(made) - 1;
        at.set(id, n);
      }
      return { ref: n };
    };
    return write(t, isShared);
  };
  const terms = Object.fromEntries(Object.entries(all).map(([name, t]) => [name, row(t, false)]));
  return { shared, terms };
}

type Parts = readonly (readonly [unknown, unknown, unknown?])[];

/** A term or an expression, written or read, with other conditions and parts; anything else is kept as it is. */
function mapTerm(t: object, guard: (g: never) => unknown, part: (t: never) => unknown): unknown {
  const guarded = (of: Parts): unknown[] =>
    of.map((row) => {
      const own = guard(row[0] as never);
      const made = part(row[1] as never);
      return row[2] === undefined ? [own, made] : [own, made, row[2]];
    });
  const own = t as Readonly<Record<string, unknown>>;
  // what there is most of comes first
  if ('record' in own) {
    const record: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(own['record'] as object)) record[key] = part(inner as never);
    return 'over' in own ? { record, over: guarded(own['over'] as Parts) } : { record };
  }
  if ('pick' in own) return { pick: guarded(own['pick'] as Parts) };
  if ('list' in own) return { list: guarded(own['list'] as Parts) };
  if ('lists' in own) return { ...own, lists: guarded(own['lists'] as Parts) };
  if ('join' in own) return { ...own, of: guarded(own['of'] as Parts) };
  if ('text' in own) return { text: (own['text'] as readonly never[]).map((inner) => part(inner)) };
  if ('each' in own) {
    const [count, item] = [part(own['count'] as never), part(own['item'] as never)];
    return { ...own, count, item, ...('keep' in own ? { keep: guard(own['keep'] as never) } : {}) };
  }
  if ('expr' in own) return { ...own, expr: part(own['expr'] as never) };
  if ('args' in own) return { ...own, args: (own['args'] as readonly never[]).map((inner) => part(inner)) };
  return own;
}

/** Reads terms as they were written; `last` is the greatest number of a condition. */
export function termReader(shared: readonly unknown[], last: Cond): (of: unknown) => Term {
  const made: (Term | undefined)[] = [];
  const sharedAt = (n: number, below: number): Term => {
    // what is shared rests on what was written before it
    if (!(n >= 0 && n < below)) throw damagedRules('a term', `It refers to ${n}, which does not stand before it.`);
    return (made[n] ??= row(shared[n], n));
  };
  const row = (of: unknown, below: number): Term => {
    let before = 0;
    const guard = (g: number | boolean): Cond => {
      if (typeof g === 'boolean') return g ? YES : NO;
      before += g;
      if (!(before > YES && before <= last)) throw damagedRules('a term', `There is no condition ${before}.`);
      return before;
    };
    const read = (t: unknown): unknown => {
      if (t === null || typeof t !== 'object') return t;
      return 'ref' in t && typeof t.ref === 'number' ? sharedAt(t.ref, below) : mapTerm(t, guard, read);
    };
    return read(of) as Term;
  };
  return (of) => row(of, shared.length);
}
