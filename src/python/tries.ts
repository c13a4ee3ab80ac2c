/** `try`: what is raised inside and taken by a handler, and what runs however the inside ends. */
import { NO } from '../rules/index.ts';
import type { Cond, Place } from '../rules/index.ts';
import { bind } from './names.ts';
import { note, placeOf, relaxed } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import type { Node } from './syntax.ts';
import { union } from './values.ts';
import type { Alternative, ClassAtom, Value } from './values.ts';

/** What a handler is asked with: the number of the clause, what may have been raised, and where each was. */
export interface Handling {
  readonly handle?: (clause: number, raised: Value, places: readonly Place[]) => void;
  /** What runs where nothing was raised. */
  readonly orelse?: () => void;
}

export function tryStatement(R: Reader, frame: Frame, s: Node): void {
  const handlers = (s.handlers as Node[]).map((h) => ({ h, catches: handlerTest(R, frame, h) }));
  const attempt = (): void =>
    guarded(
      R,
      frame,
      handlers.map((h) => h.catches),
      () => {
        R.run(frame, s.body as Node[]);
      },
      {
        handle: (i, exc) => {
          const { h } = handlers[i]!;
          if (h.name) bind(R, frame, frame.scope, h.name as string, exc);
          R.run(frame, h.body as Node[]);
        },
        orelse: () => {
          R.run(frame, (s.orelse as Node[] | undefined) ?? []);
        },
      },
    );
  const final = (s.finalbody as Node[] | undefined) ?? [];
  if (final.length === 0) return attempt();
  if (final.some((n) => n.nodeType === 'Return'))
    note(R, 'opaque', 'what a `finally` returns in place of an error', placeOf(frame));
  return leaving(R, frame, attempt, () => {
    R.run(frame, final);
  });
}

/** Runs `inside`, then `after` wherever `inside` was begun: it may have gone on, returned, broken a loop or raised. */
export function leaving(R: Reader, frame: Frame, inside: () => void, after: () => void): void {
  const before = frame.live;
  inside();
  const live = frame.live;
  frame.live = R.d.or(before, live);
  after();
  frame.live = R.d.and(live, frame.live);
}

/** The classes that an `except` clause names, as a test. */
function handlerTest(R: Reader, frame: Frame, h: Node): (cls: ClassAtom) => boolean {
  if (!h.type) return () => true;
  const value = R.evaluate(frame, h.type as Node);
  const classes: ClassAtom[] = [];
  const collect = (v: Alternative['v']): void => {
    if (v.k === 'class') classes.push(v);
    else if (v.k === 'tuple') v.items.forEach((i) => i.forEach((a) => collect(a.v)));
    // exceptions of packages outside the tree are never raised by what is read
  };
  value.forEach((a) => collect(a.v));
  return (cls) => classes.some((c) => cls.mro.includes(c));
}

/** Runs `body`; what it raises and one of `catches` accepts goes to its handler under its condition. */
// oxlint-disable-next-line max-lines-per-function -- one step after the other, as Python takes them
export function guarded(
  R: Reader,
  frame: Frame,
  catches: readonly ((cls: ClassAtom) => boolean)[],
  body: () => void,
  { handle, orelse }: Handling = {},
): void {
  const before = frame.live;
  const outerTrace = frame.trace;
  frame.trace = [];
  frame.tries.push((cls) => catches.some((c) => c(cls)));
  body();
  const live = frame.live;
  frame.tries.pop();
  const inner = frame.trace;
  frame.trace = outerTrace;
  const caught = new Map<number, { readonly raised: Alternative[]; readonly places: Place[] }>();
  let gone: Cond = NO;
  for (const event of inner) {
    const g = gone === NO ? event.g : R.d.and(event.g, R.d.not(gone));
    if (g === NO) continue;
    if (event.kind === 'raise') {
      const i = catches.findIndex((c) => c(event.exc.cls));
      if (i >= 0) {
        const own = caught.get(i) ?? { raised: [], places: [] };
        own.raised.push({ g: R.d.and(g, before), v: event.exc });
        own.places.push(event.place);
        caught.set(i, own);
        gone = R.d.or(gone, g);
        continue;
      }
    }
    frame.trace.push({ ...event, g });
  }
  frame.live = live;
  if (live !== NO) orelse?.();
  let after = frame.live;
  for (const [i, { raised, places }] of caught) {
    const when = raised.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
    frame.live = when;
    if (when === NO) continue;
    const value = union(R.d, raised);
    frame.handling.push(value);
    handle?.(i, value, placesOf(value, raised, places));
    frame.handling.pop();
    after = R.d.or(after, frame.live);
  }
  frame.live = relaxed(R, frame, after);
}

/** Where each alternative was raised, in the order of the alternatives. */
const placesOf = (value: Value, raised: readonly Alternative[], places: readonly Place[]): Place[] =>
  value.map(({ v }) => places[raised.findIndex((a) => a.v === v)]!);
