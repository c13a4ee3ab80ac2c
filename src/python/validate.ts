/* oxlint-disable max-lines -- one part of the language, in one place */
/**
 * What pydantic makes of a value given for a field of a type: the value, perhaps turned into that type, or a complaint.
 * Only what is sure is complained of; a value of a type that is not known here passes as it is. Mirrors pydantic-core's
 * lax mode for the types that configuration classes use.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond, Expr } from '../rules/index.ts';
import { compareOp, equal, exprOf } from './compare.ts';
import { care, exception, raise, truth } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { lit, printed, textValue } from './strings.ts';
import { FALSE, float, int, num, one, TRUE, union } from './values.ts';
import type { Alternative, Atom, ClassAtom, DictAtom, Part, Value } from './values.ts';

/** A value that suits under `g`, or what is wrong with it. */
interface Verdict {
  readonly g: Cond;
  readonly v?: Atom;
  /** Undefined: something is wrong, and what pydantic says of it is not known. */
  readonly wrong?: readonly Part[] | undefined;
}

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
    : part;

/** Raises what pydantic says against a value, as an error that knows its own lines. */
function complain(
  R: Reader,
  frame: Frame,
  g: Cond,
  name: string,
  wrong: readonly Part[] | undefined,
  json: boolean,
): void {
  const unread: Part = { p: 'expr', e: { op: 'unread', args: [] } };
  const parts: readonly Part[] = [lit(`${name}\n  `), ...(wrong ? (json ? wrong.map(forJson) : wrong) : [unread])];
  const exc = exception(R.builtin('ValueError')![0]!.v as ClassAtom, []);
  exc.attrs.set('__lines__', textValue(R, parts));
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
const wrong = (text: string): readonly Verdict[] => [{ g: YES, wrong: [lit(text)] }];

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
  if (origin?.k === 'class') return judgeContainer(origin.name, v);
  if (t.k !== 'class') return fine(v);
  if (t.dataclass?.pydantic)
    return v.k === 'dict'
      ? made(R, frame, t, v)
      : v.k === 'instance'
        ? fine(v)
        : wrong(`Input should be a dictionary or an instance of ${t.name}`);
  if (t.enumMembers) return judgeEnum(R, frame, t, v);
  if (t.modname === 'builtins' || t.modname === 'pathlib') return judgeBuiltin(R, t.name, v);
  return fine(v);
}

/** A dictionary of certain keys becomes an object of the class; another passes as it is. */
function made(R: Reader, frame: Frame, cls: ClassAtom, v: DictAtom): readonly Verdict[] {
  const kw = new Map<string, Value>();
  for (const { key, g, v: value } of v.entries) if (key.k === 'str' && g === YES) kw.set(key.s, value);
  return v.lazy || kw.size < v.entries.length ? fine(v) : R.callAtom(frame, cls, { pos: [], kw });
}

/** The options of a Literal, those of Literals inside it as well. */
const literals = (t: Atom): readonly Atom[] => [...new Set(options(t))];

const options = (t: Atom): readonly Atom[] =>
  argsOf(t).flatMap((a) => (formOf(a) === 'typing.Literal' ? options(a) : [a]));

/** Of several types, the first that takes the value as it is, else the first that can turn it. */
function judgeUnion(R: Reader, frame: Frame, members: readonly Atom[], v: Atom): readonly Verdict[] {
  const isNone = (m: Atom): boolean => m.k === 'class' && m.name === 'NoneType';
  if (v.k === 'none' && members.some(isNone)) return fine(v);
  const others = members.filter((m) => !isNone(m));
  if (others.length === 1) return judge(R, frame, others[0]!, v);
  let open: Cond = YES;
  const out: Verdict[] = [];
  for (const m of others) {
    for (const verdict of judge(R, frame, m, v)) {
      const g = R.d.and(open, verdict.g);
      if (g === NO || !verdict.v) continue;
      out.push({ g, v: verdict.v });
      open = R.d.and(open, R.d.not(verdict.g));
    }
  }
  return open === NO ? out : [...out, { g: open }];
}

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
    out.push({ g, v: o });
    open = R.d.and(open, R.d.not(g));
  }
  return open === NO ? out : [...out, { g: open, wrong: expected(R, frame, options) }];
}

const valuesOf = (cls: ClassAtom): readonly Atom[] => cls.enumMembers!.map((m) => m.attrs.get('_value_')![0]!.v);

/** A member passes; a member's value becomes the member. */
function judgeEnum(R: Reader, frame: Frame, cls: ClassAtom, v: Atom): readonly Verdict[] {
  if (v.k === 'instance' && v.cls.mro.includes(cls)) return fine(v);
  // the values of an enumeration of numbers are read as numbers are
  if (isText(v) && cls.mro.some((c) => c.name === 'int' && c.modname === 'builtins'))
    return judgeInt(R, v).flatMap(({ g, v: made }) => {
      const verdicts = made ? judgeEnum(R, frame, cls, made) : [{ g: YES, wrong: expected(R, frame, valuesOf(cls)) }];
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
  return open === NO ? out : [...out, { g: open, wrong: expected(R, frame, values) }];
}

const CONTAINERS: Readonly<Record<string, readonly [readonly Atom['k'][], string]>> = {
  dict: [['dict', 'instance'], 'Input should be a valid dictionary'],
  list: [['list', 'tuple', 'series', 'set', 'instance'], 'Input should be a valid list'],
  tuple: [['list', 'tuple', 'series', 'set', 'instance'], 'Input should be a valid tuple'],
  set: [['list', 'tuple', 'series', 'set', 'instance'], 'Input should be a valid set'],
};

/** Lists, dictionaries and their kin are looked at from outside: what they hold passes as it is. */
function judgeContainer(name: string, v: Atom): readonly Verdict[] {
  const known = CONTAINERS[name];
  return !known || known[0].includes(v.k) ? fine(v) : wrong(known[1]);
}

const isNumber = (v: Atom): boolean => v.k === 'int' || v.k === 'float' || v.k === 'num' || v.k === 'bool';
const isText = (v: Atom): boolean => v.k === 'str' || v.k === 'text';

/** Either a value or a complaint, as a condition has it. */
const either = (R: Reader, c: Cond, v: Atom, says: string): readonly Verdict[] => [
  { g: c, v },
  { g: R.d.not(c), wrong: [lit(says)] },
];

function judgeBuiltin(R: Reader, name: string, v: Atom): readonly Verdict[] {
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
      return judgeContainer(name, v);
  }
}

const YES_WORDS = ['1', 'on', 't', 'true', 'y', 'yes'];
const NO_WORDS = ['0', 'off', 'f', 'false', 'n', 'no'];

function judgeBool(R: Reader, v: Atom): readonly Verdict[] {
  if (v.k === 'bool') return fine(v);
  if (!isNumber(v) && !isText(v)) return wrong('Input should be a valid boolean');
  const e = exprOf(v);
  if (!e) return [{ g: YES }];
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
    { g: fraction, wrong: [lit('Input should be a valid boolean')] },
    {
      g: R.d.and(other, R.d.not(fraction)),
      wrong: [lit('Input should be a valid boolean, unable to interpret input')],
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
  if (v.k === 'int' || (v.k === 'num' && !v.float)) return fine(v);
  if (v.k === 'bool') return fine(int(Number(v.b)));
  const e = isNumber(v) || isText(v) ? exprOf(v) : undefined;
  if (!e) return wrong('Input should be a valid integer');
  const made = num({ op: 'int', args: [e] });
  if (isText(v))
    return either(
      R,
      R.book.test({ op: 'isint', args: [e] }),
      made,
      'Input should be a valid integer, unable to parse string as an integer',
    );
  const whole = isWhole(R, e);
  return either(R, whole, made, 'Input should be a valid integer, got a number with a fractional part');
}

const LIMITS: Readonly<Record<string, readonly [string, string]>> = {
  gt: ['Gt', 'greater than'],
  ge: ['GtE', 'greater than or equal to'],
  lt: ['Lt', 'less than'],
  le: ['LtE', 'less than or equal to'],
};

/** Which limits of `Field(gt=…, le=…)` a number does not keep. */
function brokenBy(
  R: Reader,
  frame: Frame,
  constraints: ReadonlyMap<string, Value>,
  v: Atom,
): readonly { readonly g: Cond; readonly wrong: readonly Part[] }[] {
  if (!isNumber(v) || !exprOf(v)) return [];
  const out: { g: Cond; wrong: readonly Part[] }[] = [];
  for (const [name, [op, says]] of Object.entries(LIMITS)) {
    const limit = constraints.get(name);
    const of = limit?.length === 1 ? limit[0]!.v : undefined;
    if (!of || (of.k !== 'int' && of.k !== 'float')) continue;
    const kept = truth(R, frame, compareOp(R, frame, op, one(v), one(of)));
    if (kept !== YES) out.push({ g: R.d.not(kept), wrong: [lit(`Input should be ${says} ${String(of.n)}`)] });
  }
  return out;
}
