/** The parsed arguments of a command line as inputs: `args.<dest>`, of what the parser's own converters can make of a text. */
import {
  actionsOf,
  choiceInput,
  entryFrame,
  kindInput,
  nameIn,
  newInstance,
  one,
  opaque,
  SUPPRESS,
  text,
  under,
} from '../python/index.ts';
import type { Added, Atom, ClassAtom, Frame, InstanceAtom, Reader, Value } from '../python/index.ts';
import type { Kind, Shipper } from '../rules/index.ts';
import { actionOf, buildParser, isMark, scalarOf } from './arguments.ts';
import { jsonDict, jsonList, jsonValue } from './json.ts';
import { eventsTerm } from './terms.ts';

const ARGUMENTS = 'vllm.engine.arg_utils';

/**
 * The engine's arguments as `from_cli_args` makes them of what the parser gives, each an input `args.<dest>`; what parsing
 * raises is shipped as `parse.<dest>.events`. Of an object of a configuration class every key is an input where `whole`
 * says so; else what its JSON changes is open. Throws when the tree has no engine arguments.
 */
export function givenArguments(
  R: Reader,
  whole: (dest: string) => boolean,
  ship?: Shipper,
): { readonly frame: Frame; readonly args: Value; readonly namespace: InstanceAtom } {
  const { parser } = buildParser(R);
  const cls = nameIn(R, ARGUMENTS, 'AsyncEngineArgs')?.[0]?.v;
  if (cls?.k !== 'class') throw new Error('the tree has no AsyncEngineArgs');
  const namespace = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  for (const added of actionsOf(parser[0]!.v)) {
    const dest = String(scalarOf(added.action.attrs.get('dest')));
    if (namespace.attrs.has(dest)) continue;
    const parsing = entryFrame(R, ARGUMENTS);
    namespace.attrs.set(dest, argumentInput(R, parsing, parser, added, dest, whole(dest)));
    if (ship && parsing.trace.length) ship.add(`parse.${dest}.events`, eventsTerm(R, parsing, ship, parsing.trace));
  }
  namespace.attrs.set('model', kindInput(R, 'args.model', ['str']));
  const frame = entryFrame(R, ARGUMENTS);
  const make = R.getAttr(frame, one(cls), 'from_cli_args');
  return { frame, args: R.call(frame, make, { pos: [one(namespace)], kw: new Map() }), namespace };
}

/** The input `args.<dest>`, of the kinds that the parser makes for it. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every way of adding an argument
function argumentInput(
  R: Reader,
  frame: Frame,
  parser: Value,
  { action, options }: Added,
  dest: string,
  whole: boolean,
): Value {
  const path = `args.${dest}`;
  const get = (name: string): Value | undefined => action.attrs.get(name);
  const kinds = new Set<Kind>();
  const note = (x: unknown): void =>
    void kinds.add(
      x === null ? 'none' : x === true ? 'true' : x === false ? 'false' : typeof x === 'number' ? 'int' : 'str',
    );
  const fallback = get('default');
  const members = new Map<string, Atom>();
  let mark: Atom | undefined;
  for (const { v } of fallback ?? [])
    if (v.k === 'none') kinds.add('none');
    else if (v.k === 'bool') note(v.b);
    else if (v.k === 'int' || v.k === 'float') kinds.add(v.k);
    else if (v.k === 'instance' && v.member !== undefined)
      // a number by another name is that number
      if (v.cls.mro.some((c) => c.name === 'int')) kinds.add('int');
      else members.set(v.member, v);
    else if (isMark(v)) mark = v;
  // nothing is held of a flag that is not given
  if (scalarOf(fallback) === SUPPRESS) kinds.add('missing');
  const done = actionOf(R, parser, action, options, dest);
  if (done.sets) {
    Object.values(done.sets).forEach(note);
    return kindInput(R, path, ordered(kinds));
  }
  const nargs = scalarOf(get('nargs'));
  const made = converted(R, get('type'));
  if (nargs === '+' || nargs === '*' || done.action === 'append') {
    const items = made.some((a) => a.v.k === 'num' || a.v.k === 'int') ? (['int'] as const) : (['str'] as const);
    kinds.add('list');
    return kindInput(R, path, ordered(kinds), () => jsonList(R, path, (at) => kindInput(R, at, items)));
  }
  if (scalarOf(get('const')) === true) kinds.add('true');
  let cls: ClassAtom | undefined;
  for (const { v } of made) {
    const of = v.k === 'instance' ? v.attrs.get('__of__')?.[0]?.v : undefined;
    if (of?.k === 'class') cls = of;
    else if (v.k === 'instance' && v.attrs.has('__json__'))
      for (const k of ['none', 'false', 'true', 'int', 'float', 'str', 'list', 'dict'] as const) kinds.add(k);
    else if (v.k === 'none') kinds.add('none');
    else if (v.k === 'int' || (v.k === 'num' && !v.float)) kinds.add('int');
    else if (v.k === 'num' || v.k === 'float') kinds.add('float');
    else if (v.k === 'str' || v.k === 'text') kinds.add('str');
    else kinds.add('list');
  }
  if (cls) {
    const own = cls;
    const absent = (['missing', 'none'] as const).filter((kind) => kinds.has(kind));
    if (absent.length === 0) return configured(R, frame, own, dest, whole);
    return kindInput(R, path, [...absent, 'dict']).flatMap((a) =>
      a.v.k === 'none' || a.v.k === 'unbound'
        ? [a]
        : (under(R, frame, a.g, () => configured(R, frame, own, dest, whole)) ?? []).map((b) => ({
            g: R.d.and(a.g, b.g),
            v: b.v,
          })),
    );
  }
  // a member of an enumeration that stands in unless a text is given
  if (members.size > 0 && kinds.size === 1 && kinds.has('str'))
    return choiceInput(
      R,
      path,
      [...members].map(([label, atom]) => ({ label, atom })),
      text([{ p: 'expr', e: { op: 'input', name: path } }]),
    );
  // an object that says that nothing is given
  if (mark && !kinds.has('dict')) return kindInput(R, path, ordered(new Set([...kinds, 'dict'])), () => mark);
  return jsonValue(R, path, ordered(kinds));
}

const ORDER: readonly Kind[] = ['missing', 'none', 'false', 'true', 'int', 'float', 'str', 'list', 'dict'];
const ordered = (kinds: ReadonlySet<Kind>): readonly Kind[] => ORDER.filter((k) => kinds.has(k));

/** What a flag's converter can make of a text. */
function converted(R: Reader, type: Value | undefined): Value {
  const text = kindInput(R, 'text', ['str']);
  if (!type || type[0]?.v.k === 'none') return text;
  return R.call(entryFrame(R, ARGUMENTS), type, { pos: [text], kw: new Map() });
}

/**
 * An object of a configuration class made from the JSON of a flag; a flag that is not given is as one with no keys. Of a
 * class that nothing kept is made of, only the defaults are read: what JSON changes in it is open.
 */
function configured(R: Reader, frame: Frame, cls: ClassAtom, dest: string, whole: boolean): Value {
  const path = `args.${dest}`;
  if (whole) return R.call(frame, one(cls), { pos: [], kw: new Map(), rest: jsonDict(R, path), json: 'flag' });
  const made = R.call(frame, one(cls), { pos: [], kw: new Map() });
  const given = R.d.not(
    R.book.test({
      op: 'eq',
      args: [
        { op: 'input', name: `${path}.#` },
        { op: 'const', value: 0 },
      ],
    }),
  );
  for (const { v } of made)
    if (v.k === 'instance')
      for (const [name, value] of v.attrs)
        v.attrs.set(name, [
          ...value.map((a) => ({ g: R.d.and(a.g, R.d.not(given)), v: a.v })),
          { g: given, v: opaque(`what ${path} says of ${name}`, path) },
        ]);
  return made;
}
