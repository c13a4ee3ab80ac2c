/** Python's built-in functions over objects, classes and names, as far as selection code uses them. */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { attrOf, getAttr } from './attributes.ts';
import { each, nameOf } from './builtincalls.ts';
import type { Builtin } from './builtincalls.ts';
import { compareOp, instanceOf } from './compare.ts';
import { attributeOfText, importNamed } from './foreign.ts';
import { hasAttr } from './hasattr.ts';
import { moduleValue } from './names.ts';
import { care, note, opaqueCond, placeOf, raiseBuiltin, truth, under, unread } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { setAllAttrs, setAttr } from './settingattributes.ts';
import { spread, strOf } from './strings.ts';
import {
  NONE_VALUE,
  UNBOUND,
  boolean,
  choose,
  dict,
  dictOfAnyKey,
  fresh,
  int,
  isBeyond,
  one,
  opaque,
  outside,
  str,
  typeName,
} from './values.ts';
import type { Atom, ClassAtom, Part, Value } from './values.ts';

/** The condition under which something that was not read is known to be a class derived from one of these. */
const derivesFrom = (R: Reader, v: Atom, of: readonly Atom[]): Cond =>
  of.reduce<Cond>((c, o) => (v.k === 'opaque' && v.derives && o.k === 'class' ? R.d.or(c, v.derives(o)) : c), NO);

/** Of a module that the question names, a thing outside the tree. */
const ofModule = (v: Atom): Atom => (v.k === 'instance' && v.attributeNamedBy ? outside('a module') : v);

function callableOf(R: Reader, frame: Frame, v: Atom): Cond {
  if (v.k === 'opaque') return opaqueCond(R, frame, `can it be called: ${v.why}`, v.place, v);
  if (v.k === 'instance') return v.cls.mro.some((c) => c.foreign.length) ? YES : hasAttr(R, frame, v, '__call__');
  return ['func', 'native', 'bound', 'class', 'partial', 'outside'].includes(v.k) ? YES : NO;
}

/** Is a composed name surely that of no attribute: of none that the class or the object has? */
function noSuchName(value: Value, name: Atom): boolean {
  if (name.k !== 'text' || name.parts.length !== 3) return false;
  const [before, open, after] = name.parts as readonly [Part, Part, Part];
  if (before.p !== 'lit' || after.p !== 'lit' || open.p !== 'expr' || !open.not) return false;
  return value.every(({ v }) => {
    if (v.k !== 'instance' || v.wild?.some(({ from }) => !from.lazy)) return false;
    // of an object of the question: no name that begins like this is asked of it
    if (v.lazy && !v.lazy(`${before.s}*${after.s}`)?.every((a) => a.v.k === 'unbound')) return false;
    const own = [...v.attrs].flatMap(([n, x]) => (x.every((a) => a.v.k === 'unbound') ? [] : [n]));
    const names = [...own, ...v.cls.mro.flatMap((c) => [...c.attrs.keys(), ...(c.scope?.binders.keys() ?? [])])];
    return names.every(
      (n) =>
        !n.startsWith(before.s) ||
        !n.endsWith(after.s) ||
        open.not!.has(n.slice(before.s.length, n.length - after.s.length)),
    );
  });
}

/** Something that is no text names no attribute. */
function noName(R: Reader, frame: Frame, name: Atom): Value {
  raiseBuiltin(R, frame, care(R, frame), 'TypeError', `attribute name must be string, not '${typeName(name)}'`);
  return [];
}

/** By their names. */
export const OBJECT_FUNCTIONS: Readonly<Record<string, Builtin>> = {
  isinstance: (R, frame, args) => {
    let c: Cond = NO;
    for (const a of args.pos[0]!)
      for (const b of args.pos[1]!) c = R.d.or(c, R.d.and(R.d.and(a.g, b.g), instanceOf(R, frame, a.v, b.v)));
    return boolean(R.d, c);
  },
  issubclass: (R, frame, args) => {
    let c: Cond = NO;
    for (const a of args.pos[0]!)
      for (const b of args.pos[1]!) {
        const of = b.v.k === 'tuple' ? b.v.items.map((i) => i[0]!.v) : [b.v];
        const is = a.v.k === 'class' && of.some((o) => o.k === 'class' && (a.v as ClassAtom).mro.includes(o));
        if (a.v.k !== 'class') {
          const unread = opaqueCond(R, frame, 'issubclass of something that was not read');
          c = R.d.or(c, R.d.and(a.g, R.d.or(derivesFrom(R, a.v, of), unread)));
        } else if (is) c = R.d.or(c, R.d.and(a.g, b.g));
      }
    return boolean(R.d, c);
  },
  getattr: (R, frame, args) => {
    const name = nameOf(args.pos[1]!);
    if (name === undefined) {
      const names = args.pos[1]!.flatMap((n) => spread(R, n.v).map((a) => ({ g: R.d.and(n.g, a.g), v: a.v })));
      return each(R, frame, names, (n) =>
        n.k === 'str'
          ? OBJECT_FUNCTIONS.getattr!(R, frame, { pos: [args.pos[0]!, one(n), ...args.pos.slice(2)], kw: args.kw })
          : n.k === 'none'
            ? noName(R, frame, n)
            : each(
                R,
                frame,
                args.pos[0]!,
                (v) =>
                  attributeOfText(R, frame, v, n, args.pos[2]) ??
                  (noSuchName(one(v), n) ? args.pos[2] : undefined) ??
                  one(opaque('getattr with an uncertain name', placeOf(frame), isBeyond(n) ? n : ofModule(v))),
              ),
      );
    }
    const fallback = args.pos[2];
    if (!fallback) return getAttr(R, frame, args.pos[0]!, name);
    return each(R, frame, args.pos[0]!, (v) => {
      const c = hasAttr(R, frame, v, name);
      const got = under(R, frame, c, () => getAttr(R, frame, one(v), name)) ?? [];
      return choose(R.d, c, got, fallback);
    });
  },
  // with names to take from it the module itself is given, else the package at its top
  __import__: (R, frame, args) => {
    const made = importNamed(R, frame, args.pos[0]!);
    const from = args.pos[3] ?? args.kw.get('fromlist');
    const takes = from === undefined ? NO : truth(R, frame, from);
    const top = args.pos[0]!.flatMap(({ g, v }) =>
      v.k === 'str' ? moduleValue(R, v.s.split('.')[0]!).map((a) => ({ g: R.d.and(g, a.g), v: a.v })) : [],
    );
    return choose(R.d, takes, made, top);
  },
  hasattr: (R, frame, args) => {
    const name = nameOf(args.pos[1]!);
    if (name === undefined) return boolean(R.d, opaqueCond(R, frame, 'hasattr with an uncertain name'));
    let c: Cond = NO;
    for (const { g, v } of args.pos[0]!)
      c = R.d.or(c, R.d.and(g, under(R, frame, g, () => hasAttr(R, frame, v, name)) ?? NO));
    return boolean(R.d, c);
  },
  setattr: (R, frame, args) => {
    const name = nameOf(args.pos[1]!);
    const all = args.pos[1]!.length === 1 ? dictOfAnyKey(args.pos[1]![0]!.v) : undefined;
    if (all)
      for (const { g, v } of args.pos[0]!)
        under(R, frame, g, () => v.k === 'instance' && setAllAttrs(R, frame, v, all));
    else if (name === undefined) note(R, 'opaque', 'setattr with an uncertain name', placeOf(frame));
    else setAttr(R, frame, args.pos[0]!, name, args.pos[2]!);
    return NONE_VALUE;
  },
  delattr: (R, frame, args) => {
    const name = nameOf(args.pos[1]!);
    if (name === undefined || args.pos[0]!.some((a) => a.v.k !== 'instance'))
      note(R, 'skipped', 'delattr', placeOf(frame));
    else setAttr(R, frame, args.pos[0]!, name, one(UNBOUND));
    return NONE_VALUE;
  },
  callable: (R, frame, args) =>
    boolean(
      R.d,
      args.pos[0]!.reduce<Cond>((c, { g, v }) => R.d.or(c, R.d.and(g, callableOf(R, frame, v))), NO),
    ),
  repr: (R, frame, args) => strOf(R, frame, args.pos[0]!, true),
  ascii: (R, frame, args) => strOf(R, frame, args.pos[0]!, true),
  print: () => NONE_VALUE,
  id: (_R, _f, args) => one(int(args.pos[0]![0]?.v.id ?? 0)),
  hash: (R, frame) => unread(R, frame, 'hash'),
  vars: (R, frame) => unread(R, frame, 'vars'),
  dir: (R, frame) => unread(R, frame, 'dir'),
  globals: (R, frame) =>
    // names() in globals(), globals()[name]: what the module binds at its top level
    one(
      dict(
        [...frame.module.binders.keys()].map((k) => ({
          key: str(k),
          g: YES,
          v: attrOf(R, frame, frame.module.atom, k) ?? [],
        })),
      ),
    ),
  locals: (R, frame) => unread(R, frame, 'locals'),
  open: (R, frame) => unread(R, frame, 'a file is opened'),
  input: (R, frame) => unread(R, frame, 'input'),
  super: (R, frame, args) => {
    const cls = args.pos[0]?.[0]?.v;
    if (cls?.k !== 'class' || !args.pos[1]) return unread(R, frame, 'super with uncertain arguments');
    return args.pos[1].map((a) => ({ g: a.g, v: { id: fresh(), k: 'super' as const, after: cls, self: a.v } }));
  },
  // used by `match`
  __eq__test: (R, frame, args) => compareOp(R, frame, 'Eq', args.pos[0]!, args.pos[1]!),
  exec: (R, frame) => unread(R, frame, 'exec'),
  eval: (R, frame) => unread(R, frame, 'eval'),
};
