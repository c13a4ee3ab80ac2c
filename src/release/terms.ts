/** From values of the reading to terms of the rules. */
import { flatten, isBeyond, iterate, one, partsOf, under } from '../python/index.ts';
import type { Atom, Event, Frame, Item, JoinedLists, Named, Part, Reader, Value } from '../python/index.ts';
import { createShipper, NO, YES } from '../rules/index.ts';
import type { Shipper, Term } from '../rules/index.ts';

/** What one thing is in the rules. Things without a plain form are named. */
export type Plain = (v: Atom) => Term;

/** A value as a term; `plain` says how single things look. */
export function termOf(value: Value, plain: Plain): Term {
  if (value.length === 1 && value[0]!.g === YES) return plain(value[0]!.v);
  return { pick: value.map((a) => [a.g, plain(a.v)] as const) };
}

/** The parts of a text as a term. */
export function textTerm(parts: readonly Part[]): Term {
  const made = parts.map(partTerm);
  if (made.length === 0) return '';
  // what stands for the items of a list does so in a join
  if (made.length === 1 && parts[0]!.p === 'each') return made[0]!;
  return made.length === 1 && typeof made[0] === 'string' ? made[0] : { text: made };
}

function partTerm(p: Part): Term {
  switch (p.p) {
    case 'lit':
      return p.s;
    case 'expr':
      return p.float ? { expr: p.e, float: true } : { expr: p.e };
    case 'pick':
      return { pick: p.of.map((o) => [o.g, textTerm(o.parts)] as const) };
    case 'each':
      return { each: p.at, count: p.n, item: { list: p.of.map((o) => [o.g, textTerm(o.parts)] as const) } };
    case 'join':
      return {
        join: p.sep,
        of: p.of.map((o) => [o.g, textTerm(o.parts)] as const),
        ...(p.head ? { head: p.head } : {}),
      };
  }
}

/** Scalars, numbers and texts as they are; an enum's member by its name; a class by its path. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every kind of value
export function plainTerm(): Plain {
  // oxlint-disable-next-line max-lines-per-function -- one arm for every kind of value
  const plain: Plain = (v) => {
    switch (v.k) {
      case 'none':
        return null;
      case 'bool':
        return v.b;
      case 'int':
        return v.n;
      case 'float':
        // JSON has no number for it
        return Number.isFinite(v.n)
          ? v.n
          : { expr: { op: 'float', args: [{ op: 'const', value: String(v.n) }] }, float: true };
      case 'str':
        return v.s;
      case 'num':
        return v.float ? { expr: v.e, float: true } : { expr: v.e };
      case 'text':
        return textTerm(v.parts);
      case 'instance':
        return v.member ?? { unread: `a ${v.cls.name}` };
      case 'class':
        return `${v.modname}.${v.qualname}`;
      case 'series':
        return { each: v.at, count: v.n, item: termOf(v.item, plain), ...(v.keep === YES ? {} : { keep: v.keep }) };
      case 'list':
      case 'set':
        return { list: v.items.map((i) => [i.g, termOf(i.v, plain)] as const) };
      case 'tuple':
        return { list: v.items.map((i) => [YES, termOf(i, plain)] as const) };
      case 'dict':
        // what is changed in a dictionary of the question, or under a condition, is not told
        if (v.lazy || v.entries.some((e) => e.g !== YES || e.key.k !== 'str')) return { unread: 'dict' };
        return {
          record: Object.fromEntries(v.entries.map((e) => [e.key.k === 'str' ? e.key.s : '', termOf(e.v, plain)])),
        };
      case 'outside':
        return v.constant ? v.name : { unread: v.name, outside: true };
      case 'unbound':
        return { missing: true };
      default:
        return v.k === 'opaque'
          ? { unread: `${v.why} (${v.place})`, ...(isBeyond(v) ? { outside: true as const } : {}) }
          : { unread: v.k };
    }
  };
  return plain;
}

/** What stands behind a name. */
export const namedTerm = ({ value, between }: Named, term: (value: Value) => Term): Term =>
  between === undefined ? term(value) : { join: between, of: value.map((a) => [a.g, term(one(a.v))] as const) };

/** A list that is put together of several. */
const listsTerm = ({ parts, sorted, once }: JoinedLists): Term => ({
  lists: parts.map(({ g, v }) => [g, plainTerm()(v)] as const),
  ...(sorted ? { sorted: true as const } : {}),
  ...(once ? { once: true as const } : {}),
});

/** A shipment of what a reading finds, with the numbers that the reading gave names to. */
export function createShipment(R: Reader): Shipper {
  const plain = plainTerm();
  return createShipper(R.book, (name) => {
    for (const named of R.named.values()) if (named.name === name) return namedTerm(named, (v) => termOf(v, plain));
    for (const made of R.lists.values()) if (made.name === name) return listsTerm(made);
    return undefined;
  });
}

/** The items of a list as texts, each with the places that put it there. */
export function reasonsTerm(R: Reader, frame: Frame, ship: Shipper, value: Value): Term {
  const items: Item[] = [];
  for (const { g, v } of value) {
    const own = under(R, frame, g, () => iterate(R, frame, [{ g: YES, v }])) ?? [];
    for (const i of own) items.push({ ...i, g: R.d.and(g, i.g) });
  }
  return {
    list: items
      .filter((i) => i.g !== NO)
      .map((i) => {
        const places = [i.place, ...(i.because ?? [])].filter((p) => p !== undefined).map((p) => ship.place(p));
        return [i.g, textTerm(partsOf(R, frame, i.v, false)), places] as const;
      }),
  };
}

const raises = new WeakMap<readonly Event[], readonly Event[]>();

/** A trace without its log lines. */
export function onlyRaises(events: readonly Event[]): readonly Event[] {
  const known = raises.get(events);
  if (known) return known;
  const made = events.flatMap((e): Event[] => {
    if (e.kind === 'log' || e.kind === 'seen') return [];
    if (e.kind === 'raise') return [e];
    const trace = onlyRaises(e.trace);
    return trace.length ? [{ ...e, trace }] : [];
  });
  raises.set(events, made);
  return made;
}

/** Events without what the reading's user watched for; what happens in some turn of a loop stands for itself. */
const eventsOutOfLoops = (R: Reader, events: readonly Event[]) =>
  events.flatMap((e) => (e.kind === 'loop' ? flatten(R, [e]) : [e])).filter((e) => e.kind !== 'seen');

/** What happened, in order: logs, raises, and calls with events of their own, as records of a guarded list. */
export function eventsTerm(R: Reader, frame: Frame, ship: Shipper, events: readonly Event[]): Term {
  return ship.once(events, () => ({
    list: eventsOutOfLoops(R, events).map((e) => {
      if (e.kind === 'call')
        return [
          e.g,
          { record: { call: eventsTerm(R, frame, ship, e.trace), ...(e.once ? { once: true } : {}) } },
        ] as const;
      const places = [ship.place(e.place)];
      if (e.kind === 'log')
        return [
          e.g,
          { record: { log: e.level, text: textTerm(e.parts), ...(e.once ? { once: true } : {}) } },
          places,
        ] as const;
      return [
        e.g,
        { record: { raise: e.exc.cls.name, text: textTerm(partsOf(R, frame, [{ g: YES, v: e.exc }], false)) } },
        places,
      ] as const;
    }),
  }));
}
