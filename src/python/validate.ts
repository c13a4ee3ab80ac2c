/* oxlint-disable max-lines -- one part of the language, in one place */
/**
 * What pydantic makes of a value given for a field of a type: the value, perhaps turned into that type, or a complaint.
 * Only what is sure is complained of; a value of a type that is not known here passes as it is. Mirrors pydantic-core's
 * lax mode for the types that configuration classes use.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { compareOp, equal, exprOf } from './compare.ts';
import { below, flaw, LINES, linesOf, UNSAID } from './flaws.ts';
import type { Flaw, Verdict } from './flaws.ts';
import { aside, care, exception, flatten, raise, truth } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { lit, printed, textValue } from './strings.ts';
import { judgeItems } from './validateitems.ts';
import { FALSE, float, int, list, num, one, restrict, TRUE, union } from './values.ts';
import type { Alternative, Atom, ClassAtom, DictAtom, Part, Value } from './values.ts';

const originOf = (t: Atom): Atom | undefined => (t.k === 'instance' ? t.attrs.get('__origin__')?.[0]?.v : undefined);

const argsOf = (t: Atom): readonly Atom[] => {
  const args = t.k === 'instance' ? t.attrs.get('__args__')?.[0]?.v : undefined;
  return args?.k === 'tuple' ? args.items.flatMap((i) => (i.length === 1 ? [i[0]!.v] : [])) : [];
};

const formOf = (t: Atom): string | undefined => {
  const origin = originOf(t);
  return origin?.k === 'outside' ? origin.name : undefined;
};

/** The same complaint of a value that was read from JSON, which has objects and arrays. */
const forJson = (part: Part): Part =>
  part.p === 'lit'
    ? lit(
        part.s
          .replace(
            /^Input should be a (valid dictionary$|dictionary or an instance of ).*/,
            'Input should be an object',
          )
          .replace(/^Input should be a valid (list|tuple|set)$/, 'Input should be a valid array'),
      )
    : part.p === 'each'
      ? { ...part, of: part.of.map((one) => ({ g: one.g, parts: one.parts.map(forJson) })) }
      : part;

/** Raises what pydantic says against the value of a field, as an error that knows its own lines. */
function complain(R: Reader, frame: Frame, g: Cond, name: string, flaws: readonly Flaw[], json: boolean): void {
  const exc = exception(R.builtin('ValueError')![0]!.v as ClassAtom, []);
  const lines = flaws.map((one) => {
    const parts = below([lit(name)], one.parts);
    return { g: one.g, v: textValue(R, json ? parts.map(forJson) : parts) };
  });
  exc.attrs.set(LINES, one(list(lines)));
  raise(R, frame, R.d.and(care(R, frame), g), exc);
}

/** The value of a field of type `type` and with the constraints of its `Field`; what does not suit is raised. */
export function suited(
  R: Reader,
  frame: Frame,
  name: string,
  type: Value,
  constraints: ReadonlyMap<string, Value>,
  value: Value,
  json = false,
): Value {
  const t = type.length === 1 ? type[0]!.v : undefined;
  if (!t) return value;
  const out: Alternative[] = [];
  for (const { g, v } of value) {
    if (R.d.disjoint(g, care(R, frame))) continue;
    for (const verdict of judge(R, frame, t, v)) {
      const when = R.d.and(g, verdict.g);
      if (when === NO) continue;
      if (!verdict.v) complain(R, frame, when, name, verdict.wrong, json);
      else {
        const broken = brokenBy(R, frame, constraints, verdict.v);
        for (const b of broken) complain(R, frame, R.d.and(when, b.g), name, b.wrong, json);
        out.push({ g: when, v: verdict.v });
      }
    }
  }
  return union(R.d, out);
}

const fine = (v: Atom): readonly Verdict[] => [{ g: YES, v }];
const wrong = (text: string): readonly Verdict[] => [{ g: YES, wrong: [flaw(lit(text))] }];

/** Does it stand beside a type to say that nothing given for it is judged? */
const isSkipping = (t: Atom): boolean => t.k === 'outside' && t.name === 'pydantic.SkipValidation';

/** What becomes of one thing given for a type. */
function judge(R: Reader, frame: Frame, t: Atom, v: Atom): readonly Verdict[] {
  if (v.k === 'opaque' || v.k === 'outside' || v.k === 'unbound') return fine(v);
  switch (formOf(t)) {
    case 'typing.Annotated':
      return argsOf(t).some(isSkipping) ? fine(v) : judge(R, frame, argsOf(t)[0] ?? t, v);
    case 'typing.Union':
      return judgeUnion(R, frame, argsOf(t), v);
    case 'typing.Literal':
      return judgeLiteral(R, frame, literals(t), v);
    default:
  }
  const origin = originOf(t);
  if (origin?.k === 'class') return judgeContainer(R, frame, origin.name, argsOf(t), v);
  if (t.k !== 'class') return fine(v);
  if (t.dataclass?.pydantic)
    return v.k === 'dict'
      ? made(R, frame, t, v)
      : v.k === 'instance'
        ? fine(v)
        : wrong(`Input should be a dictionary or an instance of ${t.name}`);
  if (t.enumMembers) return judgeEnum(R, frame, t, v);
  if (t.modname === 'builtins' || t.modname === 'pathlib') return judgeBuiltin(R, frame, t.name, v);
  return fine(v);
}

/** A dictionary becomes an object of the class; what is wrong with its keys is said below the field. */
function made(R: Reader, frame: Frame, cls: ClassAtom, v: DictAtom): readonly Verdict[] {
  const { value, events } = aside(frame, () =>
    R.callAtom(frame, cls, { pos: [], kw: new Map(), rest: v, json: 'inside' }),
  );
  const out: Verdict[] = [];
  let gone: Cond = NO;
  for (const e of flatten(R, events)) {
    const g = R.d.and(e.g, R.d.not(gone));
    if (g === NO) continue;
    const lines = e.kind === 'raise' ? linesOf(R, frame, e.exc) : undefined;
    if (e.kind !== 'raise') frame.trace.push({ ...e, g });
    else if (!lines) raise(R, frame, g, e.exc, e.place);
    else out.push({ g, wrong: lines });
    if (e.kind === 'raise') gone = R.d.or(gone, g);
  }
  const rest = gone === NO ? value : restrict(R.d, value, R.d.not(gone));
  return [...rest.map((a) => ({ g: R.d.and(a.g, R.d.not(gone)), v: a.v })), ...out];
}

/** The options of a Literal, those of Literals inside it as well. */
const literals = (t: Atom): readonly Atom[] => [...new Set(options(t))];

const options = (t: Atom): readonly Atom[] =>
  argsOf(t).flatMap((a) => (formOf(a) === 'typing.Literal' ? options(a) : [a]));

/** How close what becomes of a value is to it: the same, a float of a whole number, turned into something else. */
const CLOSENESS = [0, 1, 2] as const;
const closeness = (v: Atom, to: Verdict & { readonly v: Atom }): number => {
  if (to.v === v || to.same) return 0;
  return (to.v.k === 'float' || (to.v.k === 'num' && to.v.float)) && isWholeNumber(v) ? 1 : 2;
};
const isWholeNumber = (v: Atom): boolean => v.k === 'int' || (v.k === 'num' && !v.float);

/** Of several types the first that takes the value as it is, else the first that turns it into something near, else any. */
function judgeUnion(R: Reader, frame: Frame, members: readonly Atom[], v: Atom): readonly Verdict[] {
  const isNone = (m: Atom): boolean => m.k === 'class' && m.name === 'NoneType';
  if (v.k === 'none' && members.some(isNone)) return fine(v);
  const others = members.filter((m) => !isNone(m));
  if (others.length === 1) return judge(R, frame, others[0]!, v);
  let open: Cond = YES;
  const out: Verdict[] = [];
  const judged = others.map((m) => judge(R, frame, m, v));
  for (const near of CLOSENESS)
    for (const verdict of judged.flat()) {
      const g = R.d.and(open, verdict.g);
      if (g === NO || !verdict.v || closeness(v, { ...verdict, v: verdict.v }) !== near) continue;
      out.push({ g, v: verdict.v });
      open = R.d.and(open, R.d.not(verdict.g));
    }
  if (open === NO) return out;
  const names = others.map((m) => nameOfType(R, frame, m));
  const flaws = judged.flatMap((verdicts, i) =>
    verdicts.flatMap((verdict) =>
      (verdict.wrong ?? []).map((one) => ({
        g: R.d.and(verdict.g, one.g),
        parts: below(names[i]!, one.parts),
      })),
    ),
  );
  return [...out, { g: open, wrong: names.includes(undefined) ? UNSAID : flaws }];
}

/** How pydantic names one of several types where it says what is wrong; undefined where that is not known. */
function nameOfType(R: Reader, frame: Frame, t: Atom): readonly Part[] | undefined {
  const origin = originOf(t);
  const args = argsOf(t);
  if (formOf(t) === 'typing.Literal')
    return [
      lit('literal['),
      ...literals(t).flatMap((o, i) => [...(i ? [lit(',')] : []), ...printed(R, frame, o, true)]),
      lit(']'),
    ];
  if (origin?.k === 'class') {
    const inner = args.map((arg) => nameOfType(R, frame, arg));
    if (inner.includes(undefined)) return undefined;
    return [lit(`${origin.name}[`), ...inner.flatMap((p, i) => [...(i ? [lit(',')] : []), ...p!]), lit(']')];
  }
  if (t.k !== 'class') return undefined;
  if (t.dataclass?.pydantic) return [lit(t.name)];
  if (t.name === 'Any') return [lit('any')];
  return NAMED.has(t.name) && t.modname === 'builtins' ? [lit(t.name)] : undefined;
}

const NAMED = new Set(['int', 'str', 'float', 'bool']);

/** `a`, `a or b`, `a, b or c`, as pydantic lists what it expects. */
function expected(R: Reader, frame: Frame, options: readonly Atom[]): readonly Part[] {
  const parts: Part[] = [lit('Input should be ')];
  options.forEach((o, i) => {
    if (i) parts.push(lit(i === options.length - 1 ? ' or ' : ', '));
    parts.push(...printed(R, frame, o, true));
  });
  return parts;
}

function judgeLiteral(R: Reader, frame: Frame, options: readonly Atom[], v: Atom): readonly Verdict[] {
  let open: Cond = YES;
  const out: Verdict[] = [];
  for (const o of options) {
    // True is no 1 here
    if ((o.k === 'bool') !== (v.k === 'bool')) continue;
    const g = R.d.and(open, equal(R, frame, v, o));
    if (g === NO) continue;
    out.push({ g, v: o, same: true });
    open = R.d.and(open, R.d.not(g));
  }
  return open === NO ? out : [...out, { g: open, wrong: [flaw(...expected(R, frame, options))] }];
}

const valuesOf = (cls: ClassAtom): readonly Atom[] => cls.enumMembers!.map((m) => m.attrs.get('_value_')![0]!.v);

/** A member passes; a member's value becomes the member. */
function judgeEnum(R: Reader, frame: Frame, cls: ClassAtom, v: Atom): readonly Verdict[] {
  if (v.k === 'instance' && v.cls.mro.includes(cls)) return fine(v);
  // the values of an enumeration of numbers are read as numbers are
  if (isText(v) && cls.mro.some((c) => c.name === 'int' && c.modname === 'builtins'))
    return judgeInt(R, v).flatMap(({ g, v: made }) => {
      const verdicts = made
        ? judgeEnum(R, frame, cls, made)
        : [{ g: YES, wrong: [flaw(...expected(R, frame, valuesOf(cls)))] }];
      return verdicts.map((x) => ({ ...x, g: R.d.and(g, x.g) }));
    });
  const values = valuesOf(cls);
  let open: Cond = YES;
  const out: Verdict[] = [];
  cls.enumMembers!.forEach((m, i) => {
    const g = R.d.and(open, equal(R, frame, v, values[i]!));
    if (g === NO) return;
    out.push({ g, v: m });
    open = R.d.and(open, R.d.not(g));
  });
  return open === NO ? out : [...out, { g: open, wrong: [flaw(...expected(R, frame, values))] }];
}

const CONTAINERS: Readonly<Record<string, readonly [readonly Atom['k'][], string]>> = {
  dict: [['dict', 'instance'], 'Input should be a valid dictionary'],
  list: [['list', 'tuple', 'series', 'set', 'instance'], 'Input should be a valid list'],
  tuple: [['list', 'tuple', 'series', 'set', 'instance'], 'Input should be a valid tuple'],
  set: [['list', 'tuple', 'series', 'set', 'instance'], 'Input should be a valid set'],
};

/** A list, a dictionary or one of their kin, and what it holds. */
function judgeContainer(R: Reader, frame: Frame, name: string, args: readonly Atom[], v: Atom): readonly Verdict[] {
  const known = CONTAINERS[name];
  if (!known) return fine(v);
  if (!known[0].includes(v.k)) return wrong(known[1]);
  return args.length === 0 ? fine(v) : judgeItems(R, frame, judge, name, args, v);
}

const isNumber = (v: Atom): boolean => v.k === 'int' || v.k === 'float' || v.k === 'num' || v.k === 'bool';
const isText = (v: Atom): boolean => v.k === 'str' || v.k === 'text';

/** Either a value or a complaint, as a condition has it. */
const either = (R: Reader, c: Cond, v: Atom, says: string): readonly Verdict[] => [
  { g: c, v },
  { g: R.d.not(c), wrong: [flaw(lit(says))] },
];

function judgeBuiltin(R: Reader, frame: Frame, name: string, v: Atom): readonly Verdict[] {
  switch (name) {
    case 'bool':
      return judgeBool(R, v);
    case 'int':
      return judgeInt(R, v);
    case 'float': {
      if (v.k === 'int' || v.k === 'bool') return fine(float(v.k === 'int' ? v.n : Number(v.b)));
      if (v.k === 'num') return fine(num(v.e, true));
      if (v.k === 'float') return fine(v);
      const e = isText(v) ? exprOf(v) : undefined;
      if (e)
        return either(
          R,
          R.book.test({ op: 'isfloat', args: [e] }),
          num({ op: 'float', args: [e] }, true),
          'Input should be a valid number, unable to parse string as a number',
        );
      return wrong('Input should be a valid number');
    }
    case 'Path':
      return isText(v) ? fine(v) : wrong("Input is not a valid path for <class 'pathlib.Path'>");
    case 'str':
      return isText(v) || (v.k === 'instance' && v.cls.mro.some((c) => c.name === 'str'))
        ? fine(v)
        : wrong('Input should be a valid string');
    default:
      return judgeContainer(R, frame, name, [], v);
  }
}

const YES_WORDS = ['1', 'on', 't', 'true', 'y', 'yes'];
const NO_WORDS = ['0', 'off', 'f', 'false', 'n', 'no'];

function judgeBool(R: Reader, v: Atom): readonly Verdict[] {
  if (v.k === 'bool') return fine(v);
  if (!isNumber(v) && !isText(v)) return wrong('Input should be a valid boolean');
  const e = exprOf(v);
  if (!e) return [{ g: YES, wrong: UNSAID }];
  const is = (options: readonly (string | number)[]): Cond =>
    options.reduce<Cond>(
      (c, value) =>
        R.d.or(
          c,
          R.book.test({ op: 'eq', args: [isText(v) ? { op: 'lower', args: [e] } : e, { op: 'const', value }] }),
        ),
      NO,
    );
  const yes = is(isText(v) ? YES_WORDS : [1]);
  const no = R.d.and(R.d.not(yes), is(isText(v) ? NO_WORDS : [0]));
  const other = R.d.not(R.d.or(yes, no));
  // a number with a fraction is not even looked at
  const fraction = isNumber(v) ? R.d.and(other, R.d.not(isWhole(R, e))) : NO;
  return [
    { g: yes, v: TRUE },
    { g: no, v: FALSE },
    { g: fraction, wrong: [flaw(lit('Input should be a valid boolean'))] },
    {
      g: R.d.and(other, R.d.not(fraction)),
      wrong: [flaw(lit('Input should be a valid boolean, unable to interpret input'))],
    },
  ];
}

/** Is a number whole? */
const isWhole = (R: Reader, e: Expr): Cond =>
  R.book.test({
    op: 'eq',
    args: [
      { op: 'mod', args: [e, { op: 'const', value: 1 }] },
      { op: 'const', value: 0 },
    ],
  });

function judgeInt(R: Reader, v: Atom): readonly Verdict[] {
  if (isWholeNumber(v)) return fine(v);
  if (v.k === 'bool') return fine(int(Number(v.b)));
  const e = isNumber(v) || isText(v) ? exprOf(v) : undefined;
  if (!e) return wrong('Input should be a valid integer');
  if (isText(v))
    return either(
      R,
      R.book.test({ op: 'iswhole', args: [e] }),
      num({ op: 'whole', args: [e] }),
      'Input should be a valid integer, unable to parse string as an integer',
    );
  const not = R.d.not(R.d.or(R.book.test({ op: 'isinf', args: [e] }), R.book.test({ op: 'isnan', args: [e] })));
  const whole = R.d.and(not, isWhole(R, e));
  const least = R.book.test({ op: 'lt', args: [{ op: 'const', value: -(2 ** 63) }, e] });
  const fits = R.d.and(whole, R.d.and(least, R.book.test({ op: 'lt', args: [e, { op: 'const', value: 2 ** 63 }] })));
  return [
    { g: fits, v: num({ op: 'int', args: [e] }) },
    { g: R.d.not(not), wrong: [flaw(lit('Input should be a finite number'))] },
    {
      g: R.d.and(not, R.d.not(whole)),
      wrong: [flaw(lit('Input should be a valid integer, got a number with a fractional part'))],
    },
    {
      g: R.d.and(whole, R.d.not(fits)),
      wrong: [flaw(lit('Unable to parse input string as an integer, exceeded maximum size'))],
    },
  ];
}

/** The limits of a number in the order in which they are looked at; nan keeps none. */
const LIMITS: readonly (readonly [name: string, op: string, says: string])[] = [
  ['le', 'LtE', 'less than or equal to'],
  ['lt', 'Lt', 'less than'],
  ['ge', 'GtE', 'greater than or equal to'],
  ['gt', 'Gt', 'greater than'],
];

/** Which limit of `Field(gt=…, le=…)` a number does not keep: the first. */
function brokenBy(
  R: Reader,
  frame: Frame,
  constraints: ReadonlyMap<string, Value>,
  v: Atom,
): readonly { readonly g: Cond; readonly wrong: readonly Flaw[] }[] {
  const e = isNumber(v) ? exprOf(v) : undefined;
  if (!e) return [];
  const none = v.k === 'num' && v.float ? R.book.test({ op: 'isnan', args: [e] }) : NO;
  const out: { g: Cond; wrong: readonly Flaw[] }[] = [];
  let open: Cond = YES;
  for (const [name, op, says] of LIMITS) {
    const limit = constraints.get(name);
    const of = limit?.length === 1 ? limit[0]!.v : undefined;
    if (!of || (of.k !== 'int' && of.k !== 'float')) continue;
    const kept = truth(R, frame, compareOp(R, frame, op, one(v), one(of)));
    const g = R.d.and(open, R.d.or(none, R.d.not(kept)));
    if (g !== NO) out.push({ g, wrong: [flaw(lit(`Input should be ${says} ${String(of.n)}`))] });
    open = R.d.and(open, R.d.not(g));
  }
  return out;
}
