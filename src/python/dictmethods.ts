/** Methods of dictionaries. */
import {
  type Atom,
  type DictAtom,
  choose,
  NONE_VALUE,
  one,
  list,
  tuple,
  anyKey,
  opaque,
  str,
  UNBOUND,
} from './values.ts';
import { type Method, first, notModelled } from './methodkinds.ts';
import { dictGet, spreadOut, entriesIn, noSuchKey } from './lookups.ts';
import { unread, placeOf, reading, writing, note, care, type Reader, type Frame } from './reader.ts';
import { partOfEntries, iterate, count } from './iterate.ts';
import { copyDict, settleKey, putEntry, sameKey } from './entries.ts';
import { NO, type Cond, YES } from '../rules/index.ts';
import { compareOp } from './compare.ts';
import { getItem } from './items.ts';

const asDict = (v: Atom): DictAtom => v as DictAtom;

export const DICT: Readonly<Record<string, Method>> = {
  get: (R, frame, self, args) => {
    const { found, missing } = dictGet(R, frame, asDict(self), first(args));
    return choose(R.d, missing, args.pos[1] ?? args.kw.get('default') ?? NONE_VALUE, found);
  },
  items: (R, frame, self) =>
    spreadOut(R, asDict(self), (pair) => pair) ??
    (R.lenient && asDict(self).lazy
      ? unread(R, frame, `all of ${asDict(self).lazy!.path}`)
      : one(
          list([
            ...entriesOf(R, frame, asDict(self), false).map((e) => ({ g: e.g, v: one(tuple([one(e.key), e.v])) })),
            ...(asDict(self).lazy
              ? [
                  {
                    g: asDict(self).lazy!.some(),
                    many: true as const,
                    v: one(
                      tuple([
                        one(anyKey(asDict(self))),
                        one(opaque(`a value of ${asDict(self).lazy!.path}`, placeOf(frame))),
                      ]),
                    ),
                  },
                ]
              : []),
          ]),
        )),
  keys: (R, frame, self) => {
    const all = entriesIn(asDict(self));
    if (all) return one(partOfEntries(all, 0));
    return R.lenient && asDict(self).lazy && !asDict(self).lazy!.names
      ? unread(R, frame, `all of ${asDict(self).lazy!.path}`)
      : one({ ...list(iterate(R, frame, one(self))), view: true });
  },
  values: (R, frame, self) =>
    spreadOut(R, asDict(self), (pair) => pair.items[1]!) ??
    (R.lenient && asDict(self).lazy
      ? unread(R, frame, `all of ${asDict(self).lazy!.path}`)
      : one(list(entriesOf(R, frame, asDict(self)).map((e) => ({ g: e.g, v: e.v }))))),
  copy: (R, _f, self) => (reading(R, asDict(self)), one(copyDict(asDict(self)))),
  update: (R, frame, self, args) => {
    const when = writing(R, frame, asDict(self));
    for (const { g, v } of args.pos[0] ?? [])
      if (v.k === 'dict') {
        if (v.lazy?.names) updateAll(R, asDict(self), v, R.d.and(when, g));
        else if (v.lazy) note(R, 'opaque', `all of ${v.lazy.path} is asked for`, placeOf(frame));
        for (const e of v.entries) settleKey(R, asDict(self), e.key);
        for (const e of v.entries) putEntry(R, asDict(self).entries, e.key, R.d.and(when, R.d.and(g, e.g)), e.v);
      } else note(R, 'opaque', 'dict.update with something that is no dictionary', placeOf(frame));
    for (const [k, v] of args.kw) {
      settleKey(R, asDict(self), str(k));
      putEntry(R, asDict(self).entries, str(k), when, v);
    }
    return NONE_VALUE;
  },
  clear: (R, frame, self) => {
    const own = asDict(self);
    const when = writing(R, frame, own);
    if (own.lazy) return notModelled(R, frame, self, 'clear');
    own.entries = own.entries.map((e) => ({ ...e, g: R.d.and(e.g, R.d.not(when)) })).filter((e) => e.g !== NO);
    return NONE_VALUE;
  },
  setdefault: (R, frame, self, args) => {
    const { found, missing } = dictGet(R, frame, asDict(self), first(args));
    const when = R.d.and(writing(R, frame, asDict(self)), missing);
    for (const k of first(args)) putEntry(R, asDict(self).entries, k.v, R.d.and(when, k.g), args.pos[1] ?? NONE_VALUE);
    return choose(R.d, missing, args.pos[1] ?? NONE_VALUE, found);
  },
  pop: (R, frame, self, args) => {
    const { found, missing } = dictGet(R, frame, asDict(self), first(args));
    const when = writing(R, frame, asDict(self));
    for (const k of first(args))
      for (const e of asDict(self).entries)
        e.g = R.d.and(e.g, R.d.not(R.d.and(R.d.and(when, k.g), sameKey(R, e.key, k.v))));
    asDict(self).entries = asDict(self).entries.filter((e) => e.g !== NO);
    if (args.pos[1]) return choose(R.d, missing, args.pos[1], found);
    noSuchKey(R, frame, R.d.and(care(R, frame), missing), first(args));
    return found;
  },
  __contains__: (R, frame, self, args) => compareOp(R, frame, 'In', first(args), one(self)),
  __getitem__: (R, frame, self, args) => getItem(R, frame, one(self), first(args)),
  __len__: (R, frame, self) => count(R, iterate(R, frame, one(self))),
};

/** Makes a dictionary take in what nobody asked for yet of one of the question: it stands over what is there. */
function updateAll(R: Reader, self: DictAtom, from: DictAtom, g: Cond): void {
  const lazy = from.lazy!;
  const own = self.lazy;
  for (const name of lazy.names!) settleKey(R, from, str(name));
  for (const name of own?.asked ?? []) settleKey(R, from, str(name));
  for (const e of self.entries) settleKey(R, from, e.key);
  const whole = (path: string) => [{ g: YES, path }];
  self.lazy = {
    path: own?.path ?? lazy.path,
    at: (key) => {
      const before = own?.at(key) ?? one(UNBOUND);
      const over = (lazy.at(key) ?? one(UNBOUND)).filter((a) => a.v.k !== 'unbound');
      const there = over.reduce<Cond>((c, a) => R.d.or(c, a.g), NO);
      return choose(R.d, R.d.and(g, there), over, before);
    },
    some: () => R.d.or(own?.some() ?? NO, R.d.and(g, lazy.some())),
    asked: own?.asked ?? new Set(self.entries.flatMap((e) => (e.key.k === 'str' ? [e.key.s] : []))),
    names: [...new Set([...(own?.names ?? []), ...lazy.names!])],
    never: new Set([...(own?.never ?? []), ...(lazy.never ?? [])]),
    over: [
      ...(own ? (own.over ?? whole(own.path)) : []),
      ...(lazy.over ?? whole(lazy.path)).map((o) => ({ g: R.d.and(g, o.g), path: o.path })),
    ],
  };
}

function entriesOf(R: Reader, frame: Frame, d: DictAtom, all = true): DictAtom['entries'] {
  reading(R, d);
  if (d.lazy && all) note(R, 'opaque', `all of ${d.lazy.path} is asked for`, placeOf(frame));
  const live = care(R, frame);
  return d.entries.filter((e) => !R.d.disjoint(e.g, live));
}
