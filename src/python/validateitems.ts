/** What pydantic makes of the items of a list, a tuple or a set, and of the keys and values of a dictionary. */
import { NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { below, flaw } from './flaws.ts';
import type { Flaw, Verdict } from './flaws.ts';
import { entriesIn } from './lookups.ts';
import type { Frame, Reader } from './reader.ts';
import { lit, printed } from './strings.ts';
import { standing } from './substitute.ts';
import { dict, fresh, list, one, opaque, series, tuple, union } from './values.ts';
import type { Alternative, Atom, DictAtom, Part, SeriesAtom, TupleAtom, Value } from './values.ts';

/** What becomes of one thing given for a type. */
type Judge = (R: Reader, frame: Frame, t: Atom, v: Atom) => readonly Verdict[];

/** What becomes of a value whose alternatives are judged one by one. */
interface Judged {
  readonly value: Value;
  readonly flaws: readonly Flaw[];
  readonly isChanged: boolean;
}

const YES_AS_IT_IS = (v: Atom): readonly Verdict[] => [{ g: YES, v }];

/** Judges what a container `v` of the type `name[args]` holds. */
export function judgeItems(
  R: Reader,
  frame: Frame,
  judge: Judge,
  name: string,
  args: readonly Atom[],
  v: Atom,
): readonly Verdict[] {
  const each = (t: Atom, value: Value): Judged => judged(R, frame, judge, t, value);
  if (name === 'dict')
    return v.k === 'dict' && args.length === 2 ? judgeEntries(R, frame, each, args, v) : YES_AS_IT_IS(v);
  const isEllipsis = args.length === 2 && args[1]!.k === 'outside' && args[1].name === 'Ellipsis';
  if (name === 'tuple' && !isEllipsis) return judgeTuple(R, each, args, v);
  const [t] = args;
  if (v.k === 'series') return judgeSeries(R, each, t!, v);
  if (v.k !== 'list' && v.k !== 'tuple') return YES_AS_IT_IS(v);
  const items = v.k === 'list' ? v.items : v.items.map((item) => ({ g: YES, v: item }));
  const made = items.map((item) => each(t!, item.v));
  const flaws = made.flatMap((one, i) =>
    one.flaws.map((f) => ({ g: R.d.and(items[i]!.g, f.g), parts: below([lit(String(i))], f.parts) })),
  );
  if (!made.some(({ isChanged }) => isChanged)) return verdicts(R, v, flaws);
  const values = items.map((item, i) => ({ ...item, v: made[i]!.value }));
  return verdicts(R, v.k === 'list' ? list(values) : tuple(values.map((item) => item.v)), flaws);
}

/** A value that suits where nothing is wrong with it. */
function verdicts(R: Reader, v: Atom, flaws: readonly Flaw[]): readonly Verdict[] {
  const bad = flaws.reduce<Cond>((c, f) => R.d.or(c, f.g), NO);
  if (bad === NO) return YES_AS_IT_IS(v);
  return [
    { g: R.d.not(bad), v },
    { g: bad, wrong: flaws },
  ];
}

function judged(R: Reader, frame: Frame, judge: Judge, t: Atom, value: Value): Judged {
  const out: Alternative[] = [];
  const flaws: Flaw[] = [];
  let isChanged = false;
  for (const { g, v } of value)
    for (const verdict of judge(R, frame, t, v)) {
      const when = R.d.and(g, verdict.g);
      if (when === NO) continue;
      if (verdict.v) {
        isChanged ||= verdict.v !== v;
        out.push({ g: when, v: verdict.v });
      } else {
        isChanged = true;
        flaws.push(...verdict.wrong.map((f) => ({ g: R.d.and(when, f.g), parts: f.parts })));
      }
    }
  return { value: union(R.d, out), flaws, isChanged };
}

/** The lines of the items of a list of any length, in the order of the items. */
function ofEach(R: Reader, { at, n, keep }: SeriesAtom, flaws: readonly Flaw[]): Flaw[] {
  const of = flaws.map((f) => ({ g: R.d.and(keep, f.g), parts: f.parts }));
  const some = of.reduce<Cond>((c, f) => R.d.or(c, f.g), NO);
  return some === NO ? [] : [{ g: R.book.exists(at, n, some), parts: [{ p: 'each', at, n, of }] }];
}

function judgeSeries(R: Reader, each: (t: Atom, value: Value) => Judged, t: Atom, v: SeriesAtom): readonly Verdict[] {
  // a list inside itself, or one of which some items were left out
  if (R.going.has(v.at) || v.list !== undefined) return YES_AS_IT_IS(v);
  const made = each(t, v.item);
  const number: Part = { p: 'expr', e: { op: 'input', name: v.at }, int: true };
  if (!made.isChanged) return YES_AS_IT_IS(v);
  const flaws = made.flaws.map((f) => ({ g: f.g, parts: below([number], f.parts) }));
  return verdicts(R, series(v.at, v.n, made.value, v.keep), ofEach(R, v, flaws));
}

/** A tuple of so many items, each of its own type. */
function judgeTuple(
  R: Reader,
  each: (t: Atom, value: Value) => Judged,
  types: readonly Atom[],
  v: Atom,
): readonly Verdict[] {
  if (v.k !== 'series' && v.k !== 'tuple' && !(v.k === 'list' && v.items.every(({ g }) => g === YES)))
    return YES_AS_IT_IS(v);
  if (v.k === 'series' && (v.keep !== YES || R.going.has(v.at))) return YES_AS_IT_IS(v);
  const n: Expr = v.k === 'series' ? v.n : { op: 'const', value: v.items.length };
  const most: Expr = { op: 'const', value: types.length };
  const isLong =
    v.k === 'series' ? R.book.test({ op: 'lt', args: [most, n] }) : v.items.length > types.length ? YES : NO;
  const made = types.map((t, i) => each(t, itemAt(R, v, i)));
  const flaws = made.flatMap((one, i): Flaw[] => {
    const there =
      v.k === 'series'
        ? R.book.test({ op: 'lt', args: [{ op: 'const', value: i }, n] })
        : i < v.items.length
          ? YES
          : NO;
    const place = [lit(String(i))];
    return [
      ...one.flaws.map((f) => ({ g: R.d.and(there, f.g), parts: below(place, f.parts) })),
      { g: R.d.not(there), parts: below(place, flaw(lit('Field required')).parts) },
    ];
  });
  const own = flaws.map((f) => ({ g: R.d.and(f.g, R.d.not(isLong)), parts: f.parts })).filter((f) => f.g !== NO);
  const long = flaw(lit(`Tuple should have at most ${types.length} items after validation, not `), {
    p: 'expr',
    e: n,
    int: true,
  });
  const all = isLong === NO ? own : [...own, { g: isLong, parts: long.parts }];
  return verdicts(R, tuple(made.map(({ value }) => value)), all);
}

/** The item at a number, as far as there is one. */
function itemAt(R: Reader, v: Atom, i: number): Value {
  if (v.k === 'tuple') return v.items[i] ?? [];
  if (v.k === 'list') return v.items[i]?.v ?? [];
  if (v.k !== 'series') return [];
  const at = standing(R, v.at, { op: 'const', value: i });
  return v.item.map(({ g, v: item }) => ({
    g: at.cond(g),
    v: at.atom(item) ?? opaque('an item of a list of any length', ''),
  }));
}

/** The keys and values of a dictionary. */
function judgeEntries(
  R: Reader,
  frame: Frame,
  each: (t: Atom, value: Value) => Judged,
  [keyType, type]: readonly Atom[],
  v: DictAtom,
): readonly Verdict[] {
  const flawsOf = (key: Atom, of: Judged): readonly Flaw[] => {
    const name = printed(R, frame, key, false);
    return [
      ...each(keyType!, one(key)).flaws.map((f) => ({ g: f.g, parts: below([...name, lit('.[key]')], f.parts) })),
      ...of.flaws.map((f) => ({ g: f.g, parts: below(name, f.parts) })),
    ];
  };
  if (!v.lazy) {
    const made = v.entries.map((entry) => each(type!, entry.v));
    const flaws = v.entries.flatMap((entry, i) =>
      flawsOf(entry.key, made[i]!).map((f) => ({ g: R.d.and(entry.g, f.g), parts: f.parts })),
    );
    if (!made.some(({ isChanged }) => isChanged)) return verdicts(R, v, flaws);
    return verdicts(R, dict(v.entries.map((entry, i) => ({ ...entry, v: made[i]!.value }))), flaws);
  }
  const all = entriesIn(v);
  const pair = all?.item[0]?.v as TupleAtom | undefined;
  const [key, value] = pair?.items ?? [];
  const [name] = key?.length === 1 ? key : [];
  if (!all || !name || !value) return YES_AS_IT_IS(v);
  const made = each(type!, value);
  const flaws = ofEach(R, all, flawsOf(name.v, made));
  return verdicts(R, made.isChanged ? turned(each, type!, v) : v, flaws);
}

/** A dictionary of the question whose values are turned into those of a type. */
function turned(each: (t: Atom, value: Value) => Judged, t: Atom, v: DictAtom): DictAtom {
  const { lazy } = v;
  if (!lazy) return v;
  const own = lazy.at;
  return {
    ...dict([]),
    id: fresh(),
    lazy: {
      ...lazy,
      asked: new Set(),
      at(key) {
        const value = own(key);
        if (!value) return undefined;
        const isMissing = (a: Alternative): boolean => a.v.k === 'unbound';
        return [
          ...value.filter(isMissing),
          ...each(
            t,
            value.filter((a) => !isMissing(a)),
          ).value,
        ];
      },
    },
  };
}
