/**
 * Python's `re` and `json`: over texts that are known they are worked out, over a text of the question a match is a
 * test and a group of it an expression.
 */
import { YES } from '../rules/index.ts';
import type { Expr } from '../rules/index.ts';
import { builtinClass } from './builtins.ts';
import { exprOf } from './compare.ts';
import { fromJson, toJson } from './jsontext.ts';
import { newInstance } from './objects.ts';
import { care, exception, placeOf, raise, under, unread } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { choose, int, list, native, NONE_VALUE, one, opaque, str, text, tuple, union } from './values.ts';
import type { Args, Atom, ClassAtom, InstanceAtom, Value } from './values.ts';

type Model = (R: Reader, frame: Frame, args: Args) => Value;

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/** A Python pattern in JavaScript's notation; undefined when it uses what JavaScript has not. */
export function translated(pattern: string): Pattern | undefined {
  let source = pattern;
  let flags = '';
  const inline = /^\(\?([aims]+)\)/.exec(source);
  if (inline) {
    source = source.slice(inline[0].length);
    flags = [...inline[1]!].filter((f) => f !== 'a').join('');
  }
  source = source
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll('\\A', '^')
    .replaceAll('\\Z', '$');
  try {
    return new RegExp(source, flags).source ? { source, flags } : undefined;
  } catch {
    return undefined;
  }
}

const anchored = (p: Pattern, mode: string): Pattern =>
  mode === 'search'
    ? p
    : { source: mode === 'match' ? `^(?:${p.source})` : `^(?:${p.source})$`, flags: p.flags.replace('m', '') };

const classes = new WeakMap<Reader, Map<string, ClassAtom>>();

function classOnce(R: Reader, name: string): ClassAtom {
  let table = classes.get(R);
  if (!table) classes.set(R, (table = new Map()));
  let cls = table.get(name);
  const base = name === 'JSONDecodeError' ? 'ValueError' : 'object';
  if (!cls)
    table.set(
      name,
      (cls = builtinClass(
        name,
        R.builtin(base)![0]!.v as ClassAtom,
        name === 'JSONDecodeError' ? 'json.decoder' : 're',
      )),
    );
  return cls;
}

const patterns = new WeakMap<Atom, string>();

const patternText = (v: Atom | undefined): string | undefined => (v?.k === 'str' ? v.s : v && patterns.get(v));

const only = (value: Value | undefined): Atom | undefined => (value?.length === 1 ? value[0]!.v : undefined);

function find(mode: string, R: Reader, frame: Frame, pattern: Value | undefined, subject: Value | undefined): Value {
  const raw = patternText(only(pattern));
  const p = raw === undefined ? undefined : translated(raw);
  if (!p || !subject) return unread(R, frame, 'a regular expression that is uncertain or of Python alone');
  const at = anchored(p, mode);
  return union(
    R.d,
    subject.flatMap(({ g, v }) => {
      const found = findIn(R, frame, at, v);
      return found.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
    }),
  );
}

function findIn(R: Reader, frame: Frame, p: Pattern, v: Atom): Value {
  if (v.k === 'str') {
    const m = new RegExp(p.source, p.flags).exec(v.s);
    return m
      ? one(matchOf(R, (n) => (m[n] === undefined ? NONE_VALUE : one(str(m[n]))), m.length, m.groups))
      : NONE_VALUE;
  }
  const e = exprOf(v);
  if (!e) return unread(R, frame, 'a regular expression over a composed text');
  const args: Expr[] = [e, { op: 'const', value: p.source }, { op: 'const', value: p.flags }];
  const groups = new RegExp(`${p.source}|`, p.flags).exec('')?.length ?? 1;
  const group = (n: number): Value =>
    one(text([{ p: 'expr', e: { op: 'group', args: [...args, { op: 'const', value: n }] } }]));
  return choose(R.d, R.book.test({ op: 'matches', args }), one(matchOf(R, group, groups)), NONE_VALUE);
}

/** A match object: `group` and `groups`. */
function matchOf(
  R: Reader,
  group: (n: number) => Value,
  length: number,
  names?: Readonly<Record<string, string>>,
): InstanceAtom {
  const made = newInstance(classOnce(R, 'Match'));
  const byKey = (v: Atom | undefined): Value => {
    if (v?.k === 'int') return group(v.n);
    const named = v?.k === 'str' ? names?.[v.s] : undefined;
    return named === undefined ? NONE_VALUE : one(str(named));
  };
  made.attrs.set(
    'group',
    one(
      native('group', ({ pos }) =>
        pos.length < 2 ? byKey(pos[0]?.[0]?.v ?? int(0)) : one(tuple(pos.map((p) => byKey(p[0]?.v)))),
      ),
    ),
  );
  made.attrs.set(
    'groups',
    one(native('groups', () => one(tuple(Array.from({ length: length - 1 }, (_, i) => group(i + 1)))))),
  );
  return made;
}

/** `re.sub` over a known text. */
function substitute(R: Reader, frame: Frame, args: Args): Value {
  const raw = patternText(only(args.pos[0]));
  const p = raw === undefined ? undefined : translated(raw);
  const subject = only(args.pos[2] ?? args.kw.get('string'));
  const limit = only(args.pos[3] ?? args.kw.get('count'));
  if (!p || subject?.k !== 'str') return unread(R, frame, 're.sub over a text of the question');
  let left = limit?.k === 'int' && limit.n > 0 ? limit.n : Infinity;
  const uncertain: string[] = [];
  const out = subject.s.replaceAll(new RegExp(p.source, `${p.flags}g`), (...found: unknown[]) => {
    const end = found.findIndex((x) => typeof x === 'number');
    const groups = found.slice(0, end) as (string | undefined)[];
    if (left-- <= 0) return groups[0]!;
    const made = replacement(R, frame, args.pos[1]!, groups);
    if (made === undefined) uncertain.push(groups[0]!);
    return made ?? '';
  });
  return uncertain.length > 0 ? unread(R, frame, 're.sub with an uncertain replacement') : one(str(out));
}

function replacement(R: Reader, frame: Frame, by: Value, groups: readonly (string | undefined)[]): string | undefined {
  const v = only(by);
  if (v?.k === 'str')
    return v.s.replaceAll(
      /\\(\d)|\\g<(\w+)>/g,
      (_all, a: string | undefined, b: string | undefined) => groups[Number(a ?? b)] ?? '',
    );
  const group = (n: number): Value => (groups[n] === undefined ? NONE_VALUE : one(str(groups[n])));
  const made = only(R.call(frame, by, { pos: [one(matchOf(R, group, groups.length))], kw: new Map() }));
  return made?.k === 'str' ? made.s : undefined;
}

function split(R: Reader, frame: Frame, args: Args): Value {
  const raw = patternText(only(args.pos[0]));
  const p = raw === undefined ? undefined : translated(raw);
  const subject = only(args.pos[1]);
  if (!p || subject?.k !== 'str') return unread(R, frame, 're.split over a text of the question');
  const parts = subject.s.split(new RegExp(p.source, p.flags)) as (string | undefined)[];
  return one(list(parts.map((s) => ({ g: YES, v: s === undefined ? NONE_VALUE : one(str(s)) }))));
}

/** `re.compile`: an object with the same functions. */
function compile(R: Reader, frame: Frame, args: Args): Value {
  const v = only(args.pos[0]);
  if (v?.k !== 'str') return unread(R, frame, 'a regular expression of uncertain text');
  const made = newInstance(classOnce(R, 'Pattern'));
  patterns.set(made, v.s);
  made.attrs.set('pattern', one(v));
  for (const mode of ['match', 'fullmatch', 'search'])
    made.attrs.set(mode, one(native(mode, (inner) => find(mode, R, R.frame!, one(made), inner.pos[0]))));
  made.attrs.set(
    'sub',
    one(native('sub', (inner) => substitute(R, R.frame!, { pos: [one(made), ...inner.pos], kw: inner.kw }))),
  );
  made.attrs.set(
    'split',
    one(native('split', (inner) => split(R, R.frame!, { pos: [one(made), ...inner.pos], kw: inner.kw }))),
  );
  return one(made);
}

/** What reading a text of the question as JSON gives: an object that says so, for whoever evaluates it. */
export function jsonOf(R: Reader, source: Value, cls?: ClassAtom): Value {
  const made = newInstance(classOnce(R, 'Json'));
  made.attrs.set('__json__', source);
  if (cls) made.attrs.set('__of__', one(cls));
  return one(made);
}

function loads(R: Reader, frame: Frame, args: Args): Value {
  return union(
    R.d,
    args.pos[0]!.flatMap(({ g, v }) => {
      const made = under(R, frame, g, () => loadOne(R, frame, v)) ?? [];
      return made.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
    }),
  );
}

function loadOne(R: Reader, frame: Frame, v: Atom): Value {
  const failed = (when: number): void => {
    const says = opaque('what json says of a text that is none', placeOf(frame));
    if (when !== 0) raise(R, frame, when, exception(classOnce(R, 'JSONDecodeError'), [one(says)]));
  };
  if (v.k === 'str') {
    try {
      return fromJson(JSON.parse(v.s));
    } catch {
      failed(care(R, frame));
      return [];
    }
  }
  const e = exprOf(v);
  if (!e) return unread(R, frame, 'a composed text read as JSON');
  failed(R.d.and(care(R, frame), R.d.not(R.book.test({ op: 'isjson', args: [e] }))));
  return jsonOf(R, one(v));
}

/** What a name of re or json stands for; undefined when it is none of these. */
export function regexModel(
  R: Reader,
  name: string,
  nativeOf: (R: Reader, name: string, fn: Model) => Atom,
): Value | undefined {
  const made = (fn: Model): Value => one(nativeOf(R, name, fn));
  const mode = /^re(?:gex)?\.(match|fullmatch|search)$/.exec(name)?.[1];
  if (mode) return made((r, frame, args) => find(mode, r, frame, args.pos[0], args.pos[1]));
  switch (name.replace(/^regex\./, 're.')) {
    case 're.compile':
      return made(compile);
    case 're.sub':
      return made(substitute);
    case 're.split':
      return made(split);
    case 'json.loads':
      return made(loads);
    case 'json.dumps':
      return made((r, frame, args) => {
        const known = args.pos[0] && toJson(args.pos[0]);
        return known === undefined ? unread(r, frame, 'something written as JSON') : one(str(known));
      });
    case 'json.JSONDecodeError':
    case 'json.decoder.JSONDecodeError':
      return one(classOnce(R, 'JSONDecodeError'));
    default:
      return undefined;
  }
}
