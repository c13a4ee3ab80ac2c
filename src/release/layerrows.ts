/** What happens while a model is built as rows of rules: calls of the selector, layers, errors, and loops with their turns. */
import { one, partsOf, restrict, strOf, TOO_DEEP, UNBOUND } from '../python/index.ts';
import type { Atom, ClassAtom, Event, Frame, Reader, Value } from '../python/index.ts';
import { exprInputs, NO, YES } from '../rules/index.ts';
import type { Cond, Expr, Shipper, Term, Test } from '../rules/index.ts';
import { quietly } from './asking.ts';
import { buildsLayers } from './building.ts';
import { givenTerm } from './making.ts';
import { plainTerm, termOf, textTerm } from './terms.ts';

const plain = plainTerm();

/** What happens, in order, with what is watched for; loops keep their number. */
type Row = readonly [number, Term, (readonly number[])?];

/** Beyond this weight, what raised before is no longer taken out of the conditions of what comes later. */
const LIGHT = 600;

interface Rows {
  readonly rows: Row[];
  /** Where none of them ends the building. */
  readonly clear: Cond;
}

/** The rows of events under `g`, and the condition that none of them ends the building; `clear` is that of earlier ones. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every kind of event
export function eventRows(
  R: Reader,
  frame: Frame,
  ship: Shipper,
  events: readonly Event[],
  g: Cond,
  clear: Cond,
): Rows {
  const rows: Row[] = [];
  let open = clear;
  for (const e of events) {
    if (e.kind === 'log') continue;
    const whole = R.d.and(g, e.g);
    if (R.d.and(whole, open) === NO) continue;
    const when = R.d.simplify(whole, open);
    if (e.kind === 'call') {
      const inner = eventRows(R, frame, ship, e.trace, whole, open);
      rows.push(...inner.rows);
      open = inner.clear;
    } else if (e.kind === 'loop') {
      const inner = eventRows(R, frame, ship, e.trace, YES, R.d.and(open, whole));
      const states = e.states.map(
        ({ name, first, next }) =>
          [name, { record: { first: termOf(first, argument), next: termOf(next, argument) } }] as const,
      );
      const carried = states.length ? { states: { record: Object.fromEntries(states) } } : {};
      // what turns leave behind counts where nothing else happens in them
      if (inner.rows.some((row) => counts(e.n, row)) || (e.trace.length === 0 && states.length > 0))
        rows.push([when, { record: { loop: e.at, count: { expr: e.n }, ...carried, events: { list: inner.rows } } }]);
    } else if (e.kind === 'raise') {
      if (e.explicit !== true) {
        // an error of the interpreter: told where it is easily told, and nothing rests on it
        if (plainly(R, when, e.exc.cls))
          rows.push([when, { record: { stops: e.exc.cls.name } }, [ship.place(e.place)]]);
        continue;
      }
      rows.push([when, { record: raised(R, frame, e) }, [ship.place(e.place)]]);
      const next = R.d.and(open, R.d.not(whole));
      if (R.d.weight(next, LIGHT) < LIGHT) open = next;
    } else if (e.what !== 'gap' || (buildsLayers(e.place) && !OF_WEIGHTS.test(whyOf(e.values))))
      rows.push([when, { record: watched(R, frame, e.what, e.values, R.d.and(open, whole)) }, [ship.place(e.place)]]);
  }
  return { rows, clear: open };
}

type Fields = Readonly<Record<string, Term>>;
const recordOf = ([, term]: Row): Fields => (term as { readonly record: Fields }).record;
const rowsOf = (record: Fields): readonly Row[] =>
  (record['events'] as unknown as { readonly list: readonly Row[] } | undefined)?.list ?? [];

/**
 * Without loops in which nothing is found but that a function goes through things like its own: what was read of it held
 * no layer, and further down there is the same function.
 */
export const withoutOwn = (rows: readonly Row[]): Row[] =>
  rows.filter((row) => !(isOfUnknownLength(recordOf(row)) && rowsOf(recordOf(row)).every(isOwn)));

/** Nothing that could be a layer but what a function does with things like its own. */
function isOwn(row: Row): boolean {
  const record = recordOf(row);
  const { gap } = record;
  if (gap !== undefined) return typeof gap === 'string' && gap.startsWith(TOO_DEEP);
  return ['ask', 'built', 'inner'].every((key) => record[key] === undefined) && rowsOf(record).every(isOwn);
}

const isOfUnknownLength = ({ count }: Fields): boolean => {
  const expr = (count as { readonly expr?: Expr } | undefined)?.expr;
  return expr !== undefined && isUnknownNumber(expr);
};
const isUnknownNumber = (n: Expr): boolean => 'name' in n && n.name.startsWith('unknown.');

/** Does a model inside the model get another object than the whole? */
export const asksWhere = (rows: readonly Row[]): boolean =>
  rows.some((row) => {
    const record = recordOf(row);
    return (record['inner'] !== undefined && record['inner'] !== 'hf') || asksWhere(rowsOf(record));
  });

const whyOf = (values: ReadonlyMap<string, Value>): string => {
  const why = values.get('why')?.[0]?.v;
  return why?.k === 'str' ? why.s : '';
};
/** Going through the weights of a module builds nothing. */
const OF_WEIGHTS = /torch\.nn\.Module\.(named_)?(parameters|buffers)$/;

/** Is a row worth telling in a loop over `n`: in one of unknown length only a call of the selector is. */
function counts(n: Expr, [, term]: Row): boolean {
  if (!isUnknownNumber(n)) return true;
  const { record } = term as { readonly record: Readonly<Record<string, Term>> };
  return ['ask', 'built', 'gap', 'inner', 'loop'].some((key) => record[key] !== undefined);
}

/** So heavy are the conditions of few facts, and those of a model's configuration that lacks something for some layers. */
const FEW = 5;
const SOME = 40;

/** A condition over a few facts and nothing else; over more where the configuration of the model lacks something. */
const plainly = (R: Reader, g: Cond, { name }: ClassAtom): boolean =>
  (R.d.weight(g, FEW) < FEW &&
    R.d.support(g).every((v) => ['choice', 'kinds', 'test'].includes(R.book.meanings[v]!.kind))) ||
  (name === LACKS && R.d.weight(g, SOME) < SOME && isOfModel(R, g));

const LACKS = 'AttributeError';
/** What says which layers a model has: its configuration, the number of a layer, how many ranks there are. */
const OF_MODEL = /^(?:hf|hf_text_config|parallel_config)\.|^@/;

function isOfModel(R: Reader, g: Cond): boolean {
  const isNamed = (e: Expr | Test): boolean => [...exprInputs(e)].every((name) => OF_MODEL.test(name));
  return R.d.support(g).every((v) => {
    const m = R.book.meanings[v]!;
    switch (m.kind) {
      case 'definition':
        return m.cases.every((c) => isOfModel(R, c));
      case 'exists':
        return isNamed(m.count) && isOfModel(R, m.body);
      case 'test':
        return isNamed(m.test);
      case 'opaque':
        return false;
      default:
        return OF_MODEL.test(m.input);
    }
  });
}

function raised(R: Reader, frame: Frame, e: Extract<Event, { kind: 'raise' }>): Record<string, Term> {
  return { raise: e.exc.cls.name, text: textTerm(partsOf(R, frame, [{ g: YES, v: e.exc }], false)) };
}

/** What a layer raises when it is asked once all are built. */
export const LATER = 'later';

/** Under this name stands the layer itself among what is watched. */
export const SELF = '@self';
/** What is asked of a layer once all are built, by the names of its attributes. */
const ASKED_OF_LAYERS = ['sliding_window', 'mm_prefix_clamp_sliding_window'] as const;

/** What a layer then says of itself: missing where it has no such attribute. */
function saysLater(R: Reader, frame: Frame, layer: Value, live: Cond): (readonly [string, Term])[] {
  return ASKED_OF_LAYERS.map((name) => {
    const said = layer.flatMap(({ g, v }) =>
      quietly(frame, () => R.attrOf(frame, v, name) ?? one(UNBOUND)).map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
    );
    return [`says.${name}`, termOf(restrict(R.d, said, live), plain)];
  });
}

/** A call of the selector, a place where something may have been missed, or what is raised later. */
function watched(
  R: Reader,
  frame: Frame,
  what: string,
  values: ReadonlyMap<string, Value>,
  live: Cond,
): Record<string, Term> {
  if (what === 'make') return made(R, values, live);
  if (what === 'inner') return inner(R, frame, values, live);
  if (what === 'gap') return { gap: termOf(values.get('why')!, plain) };
  if (what === LATER) {
    const error = values.get('error') ?? [];
    const exc = error[0]?.v;
    return { later: exc?.k === 'instance' ? exc.cls.name : '', text: textTerm(partsOf(R, frame, error, false)) };
  }
  const own: Record<string, Term> = {};
  const args: Record<string, Term> = {};
  const beside: Record<string, Term> = {};
  for (const [name, value] of values) {
    if (name === SELF) continue;
    const seenThen = restrict(R.d, value, live);
    if (name.startsWith('@@')) beside[name.slice(2)] = termOf(seenThen, plain);
    else if (!name.startsWith('@')) args[name] = compact(R, seenThen);
    else own[name.slice(1)] = termOf(name === '@name' ? strOf(R, frame, seenThen) : seenThen, plain);
  }
  if (what === 'wrapped') {
    const { id, ...said } = own;
    return { wrapped: id!, ...said };
  }
  for (const [name, term] of saysLater(R, frame, values.get(SELF) ?? [], live)) beside[name] = term;
  return what === 'layer'
    ? { built: true, ...own, beside: { record: beside } }
    : { ask: what, ...own, args: { record: args }, beside: { record: beside } };
}

const SET = '@set.';

/** A model inside the model: the place of its configuration object, and what says of which class it is. */
function inner(R: Reader, frame: Frame, values: ReadonlyMap<string, Value>, live: Cond): Record<string, Term> {
  const term = (name: string): Term => termOf(restrict(R.d, values.get(name)!, live), plain);
  const set = [...values.keys()].filter((name) => name.startsWith(SET));
  return {
    inner: term('@config'),
    architectures: term('@architectures'),
    prefix: termOf(strOf(R, frame, restrict(R.d, values.get('@prefix')!, live)), plain),
    changed: term('@changed'),
    ...(values.has('@class') ? { class: term('@class') } : {}),
    ...(set.length > 0
      ? { set: { record: Object.fromEntries(set.map((name) => [name.slice(SET.length), term(name)])) } }
      : {}),
  };
}

/** A call of what makes weights, with what it is given. */
function made(R: Reader, values: ReadonlyMap<string, Value>, live: Cond): Record<string, Term> {
  const { '@maker': maker, ...args } = Object.fromEntries(values);
  // it only leaves out what cannot be
  const seenThen = (value: Value): Value =>
    value.length > 1 && R.d.weight(live, LIGHT) < LIGHT ? restrict(R.d, value, live) : value;
  return {
    make: termOf(maker!, plain),
    args: {
      record: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, givenTerm(R, seenThen(value))])),
    },
  };
}

/** A value that is an input as it stands, written as that input. */
function compact(R: Reader, value: Value): Term {
  const v = value[0] && value[0].g > YES ? R.d.top(value[0].g) : undefined;
  const m = v === undefined ? undefined : R.book.meanings[v];
  if (v !== undefined && m?.kind === 'choice' && !m.other && value.length === m.labels.length) {
    const same = value.every((a, i) => a.g === R.d.is(v, i) && argument(a.v) === m.labels[i]);
    if (same) return { expr: { op: 'input', name: m.input } };
  }
  return termOf(value, argument);
}

/** An argument as the rules name it: a torch dtype by its short name. */
const argument = (v: Atom): Term => (v.k === 'outside' && v.constant ? v.name.replace(/^torch\./, '') : plain(v));

/** How the names of makers begin that the tree holds. */
const OF_TREE = /^vllm\//;

/** The makers of the tree that are called among events. */
export function makersIn(events: readonly Event[], found = new Set<string>()): readonly string[] {
  for (const e of events) {
    if (e.kind === 'call' || e.kind === 'loop') makersIn(e.trace, found);
    const maker = e.kind === 'seen' && e.what === 'make' ? e.values.get('@maker')?.[0]?.v : undefined;
    if (maker?.k === 'str' && OF_TREE.test(maker.s)) found.add(maker.s);
  }
  return [...found];
}

/** The architectures of models that are looked up among events and given the whole configuration object. */
export function innersIn(events: readonly Event[], found = new Set<string>()): readonly string[] {
  for (const e of events) {
    if (e.kind === 'call' || e.kind === 'loop') innersIn(e.trace, found);
    if (e.kind !== 'seen' || e.what !== 'inner') continue;
    if (!e.values.get('@config')?.some(({ v }) => v.k === 'str' && v.s === 'hf')) continue;
    for (const { v } of e.values.get('@architectures') ?? [])
      for (const item of v.k === 'list' ? v.items : [])
        for (const { v: name } of item.v) if (name.k === 'str') found.add(name.s);
  }
  return [...found];
}
