/**
 * Things outside the tree that Python itself says something of: a module that is named only when the program runs, and the
 * parameters of a function. What they are is a fact of the world with a name.
 */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { flagCond, flagInput } from './inputs.ts';
import { moduleValue } from './names.ts';
import { requireModule } from './modules.ts';
import { newInstance } from './objects.ts';
import { care, exception, placeOf, raise } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { lit, textValue } from './strings.ts';
import { list, native, NONE, one, opaque, outside, UNBOUND, union } from './values.ts';
import type { Alternative, Args, Atom, ClassAtom, InstanceAtom, TextAtom, Value } from './values.ts';

/** The input that a text is, and nothing else; undefined where it is put together. */
function inputOf(v: TextAtom): string | undefined {
  const [only, ...more] = v.parts;
  return more.length === 0 && only?.p === 'expr' && 'name' in only.e ? only.e.name : undefined;
}

/**
 * The module that a text names: `import.{input}` says whether it can be imported, `has.{input}.name` whether it has a name.
 * Undefined where the text is no input as it stands.
 */
export function moduleNamedBy(R: Reader, frame: Frame, v: TextAtom): Value | undefined {
  const input = inputOf(v);
  if (input === undefined) return undefined;
  const shown = `{${input}}`;
  const importable = flagCond(R, `import.${shown}`);
  const cls = R.builtin('ModuleNotFoundError')![0]!.v as ClassAtom;
  const text = textValue(R, [lit(`No module named '`), ...v.parts, lit(`'`)]);
  raise(R, frame, R.d.and(care(R, frame), R.d.not(importable)), exception(cls, [text]), placeOf(frame));
  const attribute = (name: string): Value => {
    const has = flagInput(R, `has.${shown}.${name}`);
    return has.map((a) => ({ g: a.g, v: a.v.k === 'bool' && a.v.b ? outside(`${shown}.${name}`) : UNBOUND }));
  };
  const made: InstanceAtom = {
    ...newInstance(R.builtin('object')![0]!.v as ClassAtom),
    lazy: attribute,
    lazyFirst: true,
    attributeNamedBy: (name) => {
      const of = inputOf(name);
      return of === undefined ? undefined : attribute(`{${of}}`);
    },
  };
  return one(made);
}

/** Imports the modules that a value names, as a function is asked to: what comes out are the modules. */
export function importNamed(R: Reader, frame: Frame, names: Value): Value {
  const out: Alternative[] = [];
  for (const { g, v } of names) {
    const live = frame.live;
    frame.live = R.d.and(live, g);
    let made: Value;
    if (v.k === 'str') {
      if (frame.live !== NO) requireModule(R, frame, v.s);
      made = moduleValue(R, v.s);
    } else
      made =
        (v.k === 'text' && moduleNamedBy(R, frame, v)) ||
        one(opaque('import of an uncertain name', placeOf(frame), outside('a module')));
    frame.live = R.d.and(live, R.d.or(frame.live, R.d.not(g)));
    for (const a of made) out.push({ g: R.d.and(g, a.g), v: a.v });
  }
  return union(R.d, out);
}

const kindOf = (kind: string): Atom => outside(`inspect.Parameter.${kind}`, true);

/**
 * The parameters of a function outside the tree: `parameter.f.x` says whether it has one called x,
 * `parameter.f.x.keyword_only` of which kind that is, `parameter.f.**` whether its last one takes any keyword.
 */
export function parametersOutside(R: Reader, mapping: ClassAtom, name: string): InstanceAtom {
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const last = outside(`the last parameter of ${name}`, true);
  const kinds = (fact: string, yes: string, no: string): Value =>
    flagInput(R, fact).map((a) => ({ g: a.g, v: kindOf(a.v.k === 'bool' && a.v.b ? yes : no) }));
  const parameter = (key: Atom): Atom => {
    const made = newInstance(object);
    const own = key === last ? '**' : key.k === 'str' ? key.s : '?';
    made.attrs.set('name', one(key));
    made.attrs.set(
      'kind',
      key === last
        ? kinds(`parameter.${name}.**`, 'VAR_KEYWORD', 'POSITIONAL_OR_KEYWORD')
        : kinds(`parameter.${name}.${own}.keyword_only`, 'KEYWORD_ONLY', 'POSITIONAL_OR_KEYWORD'),
    );
    return made;
  };
  const there = (key: Atom): Value =>
    key.k === 'str'
      ? flagInput(R, `parameter.${name}.${key.s}`)
      : one(opaque(`a parameter of ${name} of uncertain name`, name));
  const keyOf = (value: Value | undefined): Atom => value?.[0]?.v ?? NONE;
  const made = newInstance(mapping);
  const method = (called: string, work: (key: Atom) => Value): void =>
    void made.attrs.set(called, one(native(called, (args) => work(keyOf(args.pos[0])))));
  method('__getitem__', (key) => one(parameter(key)));
  method('__contains__', there);
  method('get', (key) => there(key).map((a) => (a.v.k === 'bool' ? { g: a.g, v: a.v.b ? parameter(key) : NONE } : a)));
  method('__reversed__', () => one(list([{ g: YES, v: one(last) }])));
  return made;
}

/**
 * The attribute of a thing that knows its attributes by the texts that name them; undefined for any other. Raises
 * AttributeError where it is not there and there is no `fallback`.
 */
export function attributeOfText(
  R: Reader,
  frame: Frame,
  v: Atom,
  name: Atom,
  fallback: Value | undefined,
): Value | undefined {
  if (v.k !== 'instance' || name.k !== 'text') return undefined;
  const found = v.attributeNamedBy?.(name);
  if (!found) return undefined;
  const there = found.filter((a) => a.v.k !== 'unbound');
  const missing = found.reduce<Cond>((c, a) => (a.v.k === 'unbound' ? R.d.or(c, a.g) : c), NO);
  if (fallback) return [...there, ...fallback.map((a) => ({ g: R.d.and(a.g, missing), v: a.v }))];
  const cls = R.builtin('AttributeError')![0]!.v as ClassAtom;
  const text = textValue(R, [lit('a module has no attribute '), ...name.parts]);
  raise(R, frame, R.d.and(care(R, frame), missing), exception(cls, [text]), placeOf(frame));
  return there;
}

/**
 * What a package outside the tree answers to a question, yes or no: a fact `says.<name>`. Asked with plain values it is a
 * fact of its own for each of them, `says.<name>(3)`.
 */
export function answerOutside(R: Reader, name: string, args: Args): Value {
  const given = [...args.pos, ...args.kw.values()];
  if (given.length !== 1 || !given[0]!.every(({ v }) => shownPlainly(v) !== undefined))
    return flagInput(R, `says.${name}`);
  return union(
    R.d,
    given[0]!.flatMap(({ g, v }) =>
      flagInput(R, `says.${name}(${shownPlainly(v)!})`).map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
    ),
  );
}

const shownPlainly = (v: Atom): string | undefined =>
  v.k === 'int' ? String(v.n) : v.k === 'str' ? v.s : v.k === 'none' ? 'None' : undefined;
