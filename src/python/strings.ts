/* oxlint-disable max-lines -- one part of the language, in one place */
/** Texts that depend on inputs: building, formatting, comparing. */
import { NO, quoted, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { cut, note, placeOf, reading, titleOf } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { one, str, text, union } from './values.ts';
import type { Node } from './syntax.ts';
import type { Alternative, Atom, ClassAtom, InstanceAtom, Item, Part, Value } from './values.ts';

export const lit = (s: string): Part => ({ p: 'lit', s });

/** The value of a composed text: a plain string where nothing in it depends on inputs. */
export function textValue(R: Reader, parts: readonly Part[]): Value {
  const flat: Part[] = [];
  const add = (p: Part): void => {
    const last = flat.at(-1);
    if (p.p === 'lit') {
      if (p.s === '') return;
      if (last?.p === 'lit') flat[flat.length - 1] = lit(last.s + p.s);
      else flat.push(p);
    } else if (p.p === 'pick' && p.of.length === 1 && p.of[0]!.g === YES) p.of[0]!.parts.forEach(add);
    else flat.push(p);
  };
  parts.forEach(add);
  if (flat.length === 0) return one(str(''));
  if (flat.every((p) => p.p === 'lit')) return one(str(flat.map((p) => (p as { s: string }).s).join('')));
  const spread = expand(R, flat, 96);
  return spread ?? one(text(flat));
}

/** All texts that the parts can make, when these are concrete and at most `limit`; undefined else. */
export function expand(R: Reader, parts: readonly Part[], limit: number): Value | undefined {
  let all: { g: Cond; s: string }[] = [{ g: YES, s: '' }];
  for (const p of parts) {
    if (p.p === 'lit') {
      all = all.map((a) => ({ g: a.g, s: a.s + p.s }));
      continue;
    }
    let options: { g: Cond; s: string }[];
    if (p.p === 'pick') {
      options = [];
      for (const o of p.of) {
        const inner = expand(R, o.parts, limit);
        if (!inner) return undefined;
        for (const a of inner) options.push({ g: R.d.and(o.g, a.g), s: (a.v as { s: string }).s });
      }
    } else if (p.p === 'join') {
      const made = expandJoin(R, p, limit);
      if (!made) return undefined;
      options = made;
    } else return undefined;
    if (all.length * options.length > 20_000) return undefined;
    const next: { g: Cond; s: string }[] = [];
    for (const a of all)
      for (const o of options) {
        const g = R.d.and(a.g, o.g);
        if (g !== NO) next.push({ g, s: a.s + o.s });
      }
    all = next;
    if (all.length > limit) return undefined;
  }
  return union(
    R.d,
    all.map((a) => ({ g: a.g, v: str(a.s) })),
  );
}

/** A text with one part that is one of several, as several texts. */
export function spread(R: Reader, v: Atom): Value {
  if (v.k !== 'text') return one(v);
  const open = v.parts.filter((p) => p.p === 'pick');
  const [only] = open;
  if (open.length !== 1) return one(v);
  const at = v.parts.indexOf(only!);
  return only!.of.flatMap((o) =>
    textValue(R, [...v.parts.slice(0, at), ...o.parts, ...v.parts.slice(at + 1)]).map((a) => ({
      g: R.d.and(o.g, a.g),
      v: a.v,
    })),
  );
}

function expandJoin(R: Reader, p: Extract<Part, { p: 'join' }>, limit: number): { g: Cond; s: string }[] | undefined {
  // every uncertain item doubles the number of texts
  if (p.of.filter((i) => i.g !== YES).length > 4) return undefined;
  let states: { g: Cond; s: string; n: number }[] = [{ g: YES, s: '', n: 0 }];
  for (const item of p.of) {
    const inner = expand(R, item.parts, limit);
    if (!inner) return undefined;
    const next: typeof states = [];
    for (const state of states) {
      const without = R.d.and(state.g, R.d.not(item.g));
      if (without !== NO) next.push({ ...state, g: without });
      for (const a of inner) {
        const g = R.d.and(R.d.and(state.g, item.g), a.g);
        if (g !== NO)
          next.push({ g, s: (state.n ? state.s + p.sep : state.s) + (a.v as { s: string }).s, n: state.n + 1 });
      }
    }
    states = next;
    if (states.length > limit) return undefined;
  }
  const { head } = p;
  return head
    ? states.map((state) => ({
        ...state,
        s: (state.n === 1 ? head[0] : head[1].replace('#', String(state.n))) + state.s,
      }))
    : states;
}

/** How Python prints a float. */
export function floatText(n: number): string {
  if (Number.isNaN(n)) return 'nan';
  if (!Number.isFinite(n)) return n > 0 ? 'inf' : '-inf';
  if (Number.isInteger(n) && Math.abs(n) < 1e16) return `${n}.0`;
  const isLong = Math.abs(n) >= 1e16 || Math.abs(n) < 1e-4;
  return (isLong ? n.toExponential() : String(n)).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** The parts of `str(v)` or `repr(v)`. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function printed(R: Reader, frame: Frame, v: Atom, repr: boolean): readonly Part[] {
  switch (v.k) {
    case 'none':
      return [lit('None')];
    case 'bool':
      return [lit(v.b ? 'True' : 'False')];
    case 'int':
      return [lit(String(v.n))];
    case 'float':
      return [lit(floatText(v.n))];
    case 'str':
      return [lit(repr ? quoted(v.s) : v.s)];
    case 'num':
      return [{ p: 'expr', e: v.e, ...(v.float ? { float: true } : { int: true }) }];
    case 'text': {
      const parts =
        v.not && v.parts.length === 1 ? v.parts.map((p) => (p.p === 'expr' ? { ...p, not: v.not! } : p)) : v.parts;
      if (!repr) return parts;
      // which quotes Python takes depends on the text
      const [only] = v.parts;
      if (v.parts.length === 1 && only!.p === 'expr' && !only!.int)
        return [{ p: 'expr', e: { op: 'repr', args: [only!.e] } }];
      const has = (quote: string): boolean => v.parts.some((p) => p.p === 'lit' && p.s.includes(quote));
      const quote = has("'") && !has('"') ? '"' : "'";
      return [lit(quote), ...parts, lit(quote)];
    }
    case 'tuple': {
      const own = v.cls && ownText(R, frame, v, repr);
      if (own) return own;
      const names = v.cls ? fieldNames(v.cls) : undefined;
      const inner = v.items.flatMap((item, i) => [
        ...(i ? [lit(', ')] : []),
        ...(names ? [lit(`${names[i]}=`)] : []),
        ...partsOf(R, frame, item, true),
      ]);
      return [lit(v.cls ? `${v.cls.name}(` : '('), ...inner, lit(!v.cls && v.items.length === 1 ? ',)' : ')')];
    }
    case 'list':
    case 'set': {
      reading(R, v);
      const of = v.items.map((item) => ({ g: item.g, parts: partsOf(R, frame, item.v, true) }));
      if (v.k === 'list' && v.fixed) {
        const alone = cut(R, single(R, v.items), placeOf(frame), titleOf(frame));
        const end = [
          { g: alone, parts: [lit(',)')] },
          { g: R.d.not(alone), parts: [lit(')')] },
        ];
        return [lit('('), { p: 'join', sep: ', ', of }, { p: 'pick', of: end }];
      }
      const [open, close] = v.k === 'list' ? ['[', ']'] : v.items.length ? ['{', '}'] : ['set()', ''];
      const inner: readonly Part[] = [lit(open), { p: 'join', sep: ', ', of }, lit(close)];
      return v.k === 'set' && v.items.length > 1 ? setText(R, frame, v.items, inner) : inner;
    }
    case 'dict': {
      reading(R, v);
      const of = v.entries.map((e) => ({
        g: e.g,
        parts: [...printed(R, frame, e.key, true), lit(': '), ...partsOf(R, frame, e.v, true)],
      }));
      return [lit('{'), { p: 'join', sep: ', ', of }, lit('}')];
    }
    case 'outside':
      if (v.constant) return [lit(v.name)];
      break;
    case 'class':
      return [lit(`<class '${v.modname === 'builtins' ? '' : `${v.modname}.`}${v.qualname}'>`)];
    case 'instance':
      return instanceText(R, frame, v, repr);
    default:
  }
  note(R, 'opaque', `text of a ${v.k}`, placeOf(frame));
  return [unreadText(frame)];
}

/** The text of a set: in which order Python tells several texts differs from run to run. */
function setText(R: Reader, frame: Frame, items: readonly Item[], inner: readonly Part[]): readonly Part[] {
  if (!items.some(({ v }) => v.some((a) => a.v.k === 'str' || a.v.k === 'text'))) return inner;
  const none = items.reduce<Cond>((c, { g }) => R.d.and(c, R.d.not(g)), YES);
  const few = cut(R, R.d.or(none, single(R, items)), placeOf(frame), titleOf(frame));
  const empty = cut(R, none, placeOf(frame), titleOf(frame));
  return [
    {
      p: 'pick',
      of: [
        { g: empty, parts: [lit('set()')] },
        { g: R.d.and(few, R.d.not(empty)), parts: inner },
        { g: R.d.not(few), parts: [unreadText(frame)] },
      ],
    },
  ];
}

/** A text of which nothing is known. */
const unreadText = (frame: Frame): Part => ({
  p: 'expr',
  e: { op: 'unread', args: [{ op: 'const', value: placeOf(frame) }] },
});

/** The condition that there is one item and no more. */
function single(R: Reader, items: readonly Item[]): Cond {
  let [none, only]: [Cond, Cond] = [YES, NO];
  for (const { g } of items) {
    only = R.d.or(R.d.and(only, R.d.not(g)), R.d.and(none, g));
    none = R.d.and(none, R.d.not(g));
  }
  return only;
}

const NO_ARGS = { pos: [], kw: new Map<string, Value>() };

export const fieldNames = (cls: ClassAtom): readonly string[] =>
  cls.mro
    .flatMap((c) => (c.attrs.get('_fields') ? [c] : []))
    .flatMap((c) =>
      (c.attrs.get('_fields')![0]!.v as { items: readonly Value[] }).items.map((i) => (i[0]!.v as { s: string }).s),
    );

/** What a method of its class makes of it; undefined where the class has none. */
function ownText(R: Reader, frame: Frame, v: Atom, repr: boolean): readonly Part[] | undefined {
  for (const name of repr ? ['__repr__'] : ['__str__', '__repr__']) {
    const method = R.attrOf(frame, v, name);
    if (method && method.some((a) => a.v.k === 'bound' && a.v.fn.k === 'func'))
      return partsOf(R, frame, R.call(frame, method, NO_ARGS), false);
  }
  return undefined;
}

function instanceText(R: Reader, frame: Frame, v: InstanceAtom, repr: boolean): readonly Part[] {
  if (v.printed) return partsOf(R, frame, v.printed, false);
  for (const name of repr ? ['__repr__'] : ['__str__', '__repr__']) {
    const method = R.attrOf(frame, v, name);
    if (method && method.some((a) => a.v.k !== 'native'))
      return partsOf(R, frame, R.call(frame, method, NO_ARGS), false);
  }
  if (v.member !== undefined) {
    if (repr)
      return [lit(`<${v.cls.name}.${v.member}: `), ...partsOf(R, frame, v.attrs.get('_value_') ?? [], true), lit('>')];
    const isStr = v.cls.mro.some((c) => c.name === 'StrEnum' || c.name === 'IntEnum');
    return isStr ? partsOf(R, frame, v.attrs.get('_value_') ?? [], false) : [lit(`${v.cls.name}.${v.member}`)];
  }
  const args = v.attrs.get('args');
  if (args && v.cls.mro.some((c) => c.name === 'BaseException')) {
    const items = (args[0]?.v as { items?: readonly Value[] } | undefined)?.items ?? [];
    const inner =
      items.length === 0
        ? []
        : items.length === 1
          ? partsOf(R, frame, items[0]!, repr || v.cls.mro.some((c) => c.name === 'KeyError'))
          : [
              lit('('),
              ...items.flatMap((i, n) => [...(n ? [lit(', ')] : []), ...partsOf(R, frame, i, true)]),
              lit(')'),
            ];
    return repr ? [lit(`${v.cls.name}(`), ...inner, lit(')')] : inner;
  }
  if (v.cls.dataclass) {
    const fields = [...v.attrs.entries()].filter(([name]) => !isHidden(v.cls, name));
    return [
      lit(`${v.cls.qualname}(`),
      ...fields.flatMap(([name, value], i) => [lit(`${i ? ', ' : ''}${name}=`), ...partsOf(R, frame, value, true)]),
      lit(')'),
    ];
  }
  note(R, 'opaque', `text of a ${v.cls.name}`, placeOf(frame));
  return [lit(`<${v.cls.name} object>`)];
}

/** Is it a field that its class declares with `repr=False`? */
const isHidden = (cls: ClassAtom, field: string): boolean =>
  cls.mro.some((c) =>
    c.scope?.body.some((s) => {
      if (s.nodeType !== 'AnnAssign' || (s.target as Node).id !== field) return false;
      const value = s.value as Node | null | undefined;
      const given = value?.nodeType === 'Call' ? (value.keywords as Node[]) : [];
      return given.some((k) => k.arg === 'repr' && (k.value as Node).value === false);
    }),
  );

/** The parts of a whole value's text. */
export function partsOf(R: Reader, frame: Frame, value: Value, repr: boolean): readonly Part[] {
  if (value.length === 0) return [];
  if (value.length === 1) return printed(R, frame, value[0]!.v, repr);
  return [{ p: 'pick', of: value.map((a) => ({ g: a.g, parts: printed(R, frame, a.v, repr) })) }];
}

/** `str(value)` as a value. */
export const strOf = (R: Reader, frame: Frame, value: Value, repr = false): Value => {
  const out: Alternative[] = [];
  for (const a of value) {
    const made = textValue(R, printed(R, frame, a.v, repr));
    for (const b of made) out.push({ g: R.d.and(a.g, b.g), v: b.v });
  }
  return union(R.d, out);
};

/** `sep.join(items)`. */
export function join(
  R: Reader,
  sep: string,
  items: readonly { readonly g: Cond; readonly v: Value }[],
  frame: Frame,
): Value {
  return textValue(R, [{ p: 'join', sep, of: items.map((i) => ({ g: i.g, parts: partsOf(R, frame, i.v, false) })) }]);
}

/** printf-style formatting as the logging module does it: `%s`, `%d`, `%r`, `%.2f`, `%%`. */
export function percent(R: Reader, frame: Frame, format: string, args: readonly Value[]): readonly Part[] {
  const out: Part[] = [];
  let n = 0;
  let last = 0;
  const re = /%(?:\((\w+)\))?([-+ #0]*)(\d+)?(?:\.(\d+))?([sdrifgxX%])/g;
  for (let m = re.exec(format); m; m = re.exec(format)) {
    out.push(lit(format.slice(last, m.index)));
    last = m.index + m[0].length;
    if (m[5] === '%') {
      out.push(lit('%'));
      continue;
    }
    const value = args[n++];
    if (!value) {
      note(R, 'opaque', `format with too few arguments: ${format}`, placeOf(frame));
      out.push({ p: 'expr', e: { op: 'unread', args: [] } });
      continue;
    }
    if (m[3] || m[4] || /[fgxX]/.test(m[5]!)) out.push(...formatted(R, frame, value, m[0].slice(1)));
    else out.push(...partsOf(R, frame, value, m[5] === 'r'));
  }
  out.push(lit(format.slice(last)));
  return out;
}

/** A number with so many places after the point; what lies in the middle goes to the even digit, as in Python. */
function fixed(n: number, places: number): string {
  const exact = Math.abs(n).toFixed(20);
  const cut = exact.indexOf('.') + places + 1;
  const isMiddle = /^50*$/.test(exact.slice(cut));
  const even = Number(exact[cut - 1] === '.' ? exact[cut - 2] : exact[cut - 1]) % 2 === 0;
  if (!isMiddle || !even) return n.toFixed(places);
  return `${n < 0 ? '-' : ''}${exact.slice(0, places === 0 ? cut - 1 : cut)}`;
}

/** A value under a format specification; concrete numbers only. */
export function formatted(R: Reader, frame: Frame, value: Value, spec: string): readonly Part[] {
  const m = /^([,]?)(\d*)(?:\.(\d+))?([dfsgx]?)$/.exec(spec);
  const of = value.map((a) => {
    const v = a.v;
    if ((v.k === 'int' || v.k === 'float') && m) {
      let s = m[4] === 'f' || (m[3] && v.k === 'float') ? fixed(v.n, Number(m[3] ?? 6)) : String(v.n);
      if (m[4] === 'x') s = v.n.toString(16);
      if (m[1]) s = s.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
      return { g: a.g, parts: [lit(s.padStart(Number(m[2] || 0)))] };
    }
    if (v.k === 'str' && spec === '') return { g: a.g, parts: [lit(v.s)] };
    note(R, 'opaque', `format specification ${spec}`, placeOf(frame));
    const unknown: Part = { p: 'expr', e: { op: 'unread', args: [] } };
    return { g: a.g, parts: [unknown] };
  });
  return of.length === 1 ? of[0]!.parts : [{ p: 'pick', of }];
}

/** For a string method on texts of any form. */
export function textParts(v: Atom): readonly Part[] | undefined {
  if (v.k === 'str') return [lit(v.s)];
  if (v.k === 'text') return v.parts;
  return undefined;
}
