/** Methods of texts. */
import { type Method, first } from './methodkinds.ts';
import {
  union,
  one,
  str,
  text,
  boolean,
  tuple,
  type Value,
  list,
  int,
  num,
  type Atom,
  type Args,
  type Item,
  opaque,
  type Part,
  NONE_VALUE,
} from './values.ts';
import { exprOf } from './compare.ts';
import { unread, opaqueCond, type Reader, type Frame, namedText, placeOf, note } from './reader.ts';
import { type Expr, type Cond, NO, YES } from '../rules/index.ts';
import { expand, lit, join, textValue, partsOf } from './strings.ts';
import { iterate, uncertainItems } from './iterate.ts';

/** A method over a concrete text, folded; over one input, an expression; else nobody can say. */
function textMethod(op: string, fold: (s: string, args: readonly string[]) => string): Method {
  const method: Method = (R, frame, self, args) => {
    const several = args.pos.findIndex((a) => a.length > 1);
    if (several >= 0 && args.pos[several]!.length <= MOST_TEXTS)
      return union(
        R.d,
        args.pos[several]!.flatMap(({ g, v }) =>
          method(R, frame, self, { ...args, pos: args.pos.with(several, one(v)) }).map((a) => ({
            g: R.d.and(g, a.g),
            v: a.v,
          })),
        ),
      );
    const open = args.pos.map((a) => (a.length === 1 ? exprOf(a[0]!.v) : undefined));
    if (open.some((e) => e === undefined)) return unread(R, frame, `str.${op} with uncertain arguments`);
    const given = args.pos.map((a) => (a[0]!.v.k === 'str' ? a[0]!.v.s : undefined));
    const isKnown = !given.includes(undefined);
    if (self.k === 'str' && isKnown) return one(str(fold(self.s, given as string[])));
    const e = exprOf(self);
    if (e) return one(text([{ p: 'expr', e: { op, args: [e, ...(open as Expr[])] } }]));
    if (!isKnown) return unread(R, frame, `str.${op} with uncertain arguments`);
    const spread = self.k === 'text' ? expand(R, self.parts, 64) : undefined;
    if (spread)
      return union(
        R.d,
        spread.map((a) => ({ g: a.g, v: str(fold((a.v as { s: string }).s, given as string[])) })),
      );
    return unread(R, frame, `str.${op} of a composed text`);
  };
  return method;
}

/** An argument that is one of so many texts is each of them in turn; more of them multiply where texts are changed one after the other. */
const MOST_TEXTS = 4;

function textTest(op: string, fold: (s: string, arg: string) => boolean): Method {
  return (R, frame, self, args) => {
    let c: Cond = NO;
    const options = args.pos.length
      ? args.pos[0]!.flatMap((a) =>
          a.v.k === 'tuple' ? a.v.items.flatMap((i) => i.map((x) => ({ g: R.d.and(a.g, x.g), v: x.v }))) : [a],
        )
      : [{ g: YES, v: str('') }];
    for (const { g, v } of options) {
      const own = exprOf(self);
      const arg = exprOf(v);
      if (self.k === 'str' && v.k === 'str') c = R.d.or(c, fold(self.s, v.s) ? g : NO);
      else if (own && arg) c = R.d.or(c, R.d.and(g, R.book.test({ op, args: args.pos.length ? [own, arg] : [own] })));
      else if (
        self.k === 'text' &&
        self.parts[0]?.p === 'lit' &&
        op === 'startswith' &&
        v.k === 'str' &&
        self.parts[0].s.length >= v.s.length
      )
        c = R.d.or(c, self.parts[0].s.startsWith(v.s) ? g : NO);
      else c = R.d.or(c, R.d.and(g, opaqueCond(R, frame, `str.${op} of a composed text`)));
    }
    return boolean(R.d, c);
  };
}

/** The items of a list, of uncertain length or one of several, put together to a text: one that the rules have a name for. */
function joinedText(R: Reader, frame: Frame, between: string, of: Value): Value {
  const isText = (item: Value): boolean => item.every((a) => a.v.k === 'str' || a.v.k === 'text');
  const lists = of.map(({ g, v }) => ({ g, v: v.k === 'series' ? v : list(iterate(R, frame, [{ g, v }])) }));
  // in a turn of a loop the text could be another than in the next
  return R.going.size === 0 &&
    lists.every(({ v }) => (v.k === 'series' ? isText(v.item) : v.items.every((i) => isText(i.v))))
    ? namedText(R, between, lists)
    : unread(R, frame, 'str.join of a list of uncertain length');
}

export const STR: Readonly<Record<string, Method>> = {
  lower: textMethod('lower', (s) => s.toLowerCase()),
  upper: textMethod('upper', (s) => s.toUpperCase()),
  strip: textMethod('strip', (s, [chars]) => stripChars(stripChars(s, chars, true), chars, false)),
  lstrip: textMethod('lstrip', (s, [chars]) => stripChars(s, chars, true)),
  rstrip: textMethod('rstrip', (s, [chars]) => stripChars(s, chars, false)),
  replace: textMethod('replace', (s, [a, b]) => s.replaceAll(a!, b!)),
  title: textMethod('title', (s) => s.replace(/\w+/g, (w) => w[0]!.toUpperCase() + w.slice(1).toLowerCase())),
  capitalize: textMethod('capitalize', (s) => s.slice(0, 1).toUpperCase() + s.slice(1).toLowerCase()),
  removeprefix: textMethod('removeprefix', (s, [p]) => (s.startsWith(p!) ? s.slice(p!.length) : s)),
  removesuffix: textMethod('removesuffix', (s, [p]) => (p && s.endsWith(p) ? s.slice(0, -p.length) : s)),
  startswith: textTest('startswith', (s, p) => s.startsWith(p)),
  endswith: textTest('endswith', (s, p) => s.endsWith(p)),
  isdigit: textTest('isdigit', (s) => /^\d+$/.test(s)),
  isnumeric: textTest('isdigit', (s) => /^\d+$/.test(s)),
  isdecimal: textTest('isdigit', (s) => /^\d+$/.test(s)),
  isidentifier: textTest('isidentifier', (s) => /^[A-Za-z_]\w*$/.test(s)),
  split: (R, frame, self, args) => splitText(R, frame, self, args, false),
  rsplit: (R, frame, self, args) => splitText(R, frame, self, args, true),
  join: (R, frame, self, args) =>
    first(args).some((a) => uncertainItems(R, frame, a.v))
      ? joinedText(R, frame, (self as { s: string }).s, first(args))
      : join(R, (self as { s: string }).s, iterate(R, frame, first(args)), frame),
  format: (R, frame, self, args) => formatMethod(R, frame, self, args),
  count: (R, frame, self, args) => {
    const a = first(args)[0]?.v;
    if (a?.k !== 'str') return unread(R, frame, 'str.count');
    if (self.k === 'str') return one(int(self.s.split(a.s).length - 1));
    const e = exprOf(self);
    return e
      ? one(num({ op: 'count', args: [e, { op: 'const', value: a.s }] }))
      : unread(R, frame, 'str.count of a composed text');
  },
  find: (R, frame, self, args) => {
    const a = first(args)[0]?.v;
    return self.k === 'str' && a?.k === 'str' ? one(int(self.s.indexOf(a.s))) : unread(R, frame, 'str.find');
  },
  encode: (_R, _f, self) => one(self),
  partition: (R, frame, self, args) => {
    const a = first(args)[0]?.v;
    if (self.k !== 'str' || a?.k !== 'str') return unread(R, frame, 'str.partition');
    const at = self.s.indexOf(a.s);
    const parts = at < 0 ? [self.s, '', ''] : [self.s.slice(0, at), a.s, self.s.slice(at + a.s.length)];
    return one(tuple(parts.map((p) => one(str(p)))));
  },
};

function stripChars(s: string, chars: string | undefined, left: boolean): string {
  const has = (c: string): boolean => (chars === undefined ? /\s/.test(c) : chars.includes(c));
  let [from, to] = [0, s.length];
  if (left) while (from < to && has(s[from]!)) from++;
  else while (to > from && has(s[to - 1]!)) to--;
  return s.slice(from, to);
}

/** Into how many parts an open text is split. */
const MOST_PARTS = 8;

function splitText(R: Reader, frame: Frame, self: Atom, args: Args, fromEnd: boolean): Value {
  const sepAtom = (args.pos[0] ?? args.kw.get('sep'))?.[0]?.v;
  const maxAtom = (args.pos[1] ?? args.kw.get('maxsplit'))?.[0]?.v;
  const sep = sepAtom?.k === 'str' ? sepAtom.s : undefined;
  const max = maxAtom?.k === 'int' ? maxAtom.n : -1;
  /** At most `max` cuts, of a text in as many pieces as it has; `together` puts pieces together again. */
  const atMost = <T>(all: readonly T[], together: (pieces: readonly T[]) => T): readonly T[] => {
    if (max < 0 || all.length <= max + 1) return all;
    return fromEnd
      ? [together(all.slice(0, all.length - max)), ...all.slice(all.length - max)]
      : [...all.slice(0, max), together(all.slice(max))];
  };
  const parts = (s: string): readonly string[] =>
    atMost(sep === undefined ? s.trim().split(/\s+/).filter(Boolean) : s.split(sep), (p) => p.join(sep ?? ' '));
  const made = (s: string): Atom => list(parts(s).map((p) => ({ g: YES, v: one(str(p)) })));
  if (self.k === 'str') return one(made(self.s));
  const spread = self.k === 'text' ? expand(R, self.parts, 64) : undefined;
  if (spread) return spread.map((a) => ({ g: a.g, v: made((a.v as { s: string }).s) }));
  const cut = self.k === 'text' && sep !== undefined ? splitParts(self.parts, sep) : undefined;
  const pieces = cut && atMost(cut, (p) => p.flatMap((x, i) => (i === 0 ? x : [lit(sep!), ...x])));
  if (pieces) return one(list(pieces.map((p) => ({ g: YES, v: textValue(R, p) }))));
  const e = max < 0 || !fromEnd ? exprOf(self) : undefined;
  if (e && sep !== undefined) {
    const piece = (at: number): Value =>
      one(text([{ p: 'expr', e: { op: 'item', args: [e, { op: 'const', value: sep }, { op: 'const', value: at }] } }]));
    // a text of unknown parts: up to eight of them, each there when the text has that many; what is left after a last cut is not read
    const items: Item[] = Array.from({ length: max < 0 ? MOST_PARTS : Math.min(MOST_PARTS, max + 1) }, (_, i) => ({
      g:
        i === 0 ? YES : R.book.test({ op: 'items', args: [e, { op: 'const', value: sep }, { op: 'const', value: i }] }),
      v: i === max ? one(opaque('what is left of a text after its last cut', placeOf(frame))) : piece(i),
    }));
    if (max < 0 || max >= MOST_PARTS) note(R, 'assumed', 'a text is split into at most eight parts', placeOf(frame));
    return one(max < 0 ? { ...list(items), last: piece(-1) } : list(items));
  }
  return unread(R, frame, 'str.split of a composed text');
}

/** The pieces of a text whose open parts are whole numbers, which hold no separator. */
function splitParts(parts: readonly Part[], sep: string): Part[][] | undefined {
  if (/[-\d]/.test(sep)) return undefined;
  const out: Part[][] = [[]];
  for (const p of parts) {
    if (p.p === 'lit') {
      p.s.split(sep).forEach((s, i) => {
        if (i > 0) out.push([]);
        out.at(-1)!.push(lit(s));
      });
    } else if (p.p === 'expr' && p.int) out.at(-1)!.push(p);
    else return undefined;
  }
  return out;
}

function formatMethod(R: Reader, frame: Frame, self: Atom, args: Args): Value {
  if (self.k !== 'str') return unread(R, frame, 'str.format of a composed text');
  const parts = [];
  let n = 0;
  let last = 0;
  const re = /\{(\w*)(?:!r)?\}/g;
  for (let m = re.exec(self.s); m; m = re.exec(self.s)) {
    parts.push(lit(self.s.slice(last, m.index)));
    last = m.index + m[0].length;
    const value = m[1] && !/^\d/.test(m[1]) ? args.kw.get(m[1]) : args.pos[m[1] ? Number(m[1]) : n++];
    parts.push(...partsOf(R, frame, value ?? NONE_VALUE, m[0].includes('!r')));
  }
  parts.push(lit(self.s.slice(last)));
  return textValue(R, parts);
}
