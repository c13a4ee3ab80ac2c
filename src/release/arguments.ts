/* oxlint-disable max-lines -- the table of flags, in one place */
/**
 * Reads the flags of `vllm serve`: the release's own code that builds the parser runs on parsers that only remember what
 * is added to them. The result is a table of flags, with rules for the texts that the release's own functions convert.
 */
import {
  actionsOf,
  createReader,
  dataFields,
  entryFrame,
  findInClass,
  flatten,
  isTaken,
  kindInput,
  nameIn,
  newInstance,
  one,
  str,
  SUPPRESS,
  textsOf,
  list as listAtom,
} from '../python/index.ts';
import type { Added, Atom, ClassAtom, Frame, InstanceAtom, Reader, Value } from '../python/index.ts';
import { createBook, YES, packRules } from '../rules/index.ts';
import type { PackedRuleSet, Scalar, Shipper, Term } from '../rules/index.ts';
import { type ConfigFile, readConfigFile, withConfigFile } from './configfile.ts';
import { shipObjects } from './objectflags.ts';
import { createShipment, eventsTerm, plainTerm, termOf } from './terms.ts';
import type { Plain } from './terms.ts';
import type { Unread } from './selection.ts';
import type { Tree } from './tree.ts';
import { createWorld } from './world.ts';

/** What a flag holds when it is not given. */
export type Default =
  | { readonly value: Scalar | readonly Scalar[] }
  /** The term of the table's rules that says it. */
  | { readonly rule: string }
  /** A configuration object made of nothing, by its class. */
  | { readonly object: string }
  | { readonly unread: string };

/** One argument of the parser. */
export interface Flag {
  /** The ways to write it; none for the positional one. */
  readonly options: readonly string[];
  /** Those that its messages name, where they are not all. */
  readonly shown?: readonly string[];
  readonly dest: string;
  /** What is done with it: `set` puts in the value that `sets` has for the option; `own` is code that was not read. */
  readonly action: 'store' | 'append' | 'extend' | 'count' | 'set' | 'help' | 'version' | 'own';
  /** How many values it takes, as argparse says it; one when absent. */
  readonly nargs?: number | string;
  /** How a text becomes a value: `str`, `int`, `float`, `json`, or the name of two terms of the rules. */
  readonly type?: string;
  readonly const?: Scalar;
  readonly sets?: Readonly<Record<string, Scalar>>;
  readonly choices?: readonly Scalar[];
  /** Values that the help names although others are accepted. */
  readonly known?: readonly Scalar[];
  /** Absent: nothing is held unless the flag is given. */
  readonly default?: Default;
  readonly deprecated?: true;
  /** The line that adds it. */
  readonly place: string;
}

/** The command line of `vllm serve`. */
export interface ArgumentTable {
  /** How flags are taken from a file. */
  readonly file?: ConfigFile;
  /** Do beginnings of long options stand for them where they are unique? */
  readonly abbreviations: boolean;
  readonly flags: readonly Flag[];
  /** The converter that reads numbers such as `80g` in dotted flags. */
  readonly numbers?: string;
  /**
   * `type.N.value`, `.events` and `.name` of converters over the input `text`, `default.DEST`, `build.events`, and
   * `parse.DEST.events` of objects that are not read with the configuration.
   */
  readonly rules: PackedRuleSet;
}

const MODULE = 'vllm.entrypoints.cli.serve';

/** The configuration objects whose fields are kept, by the attribute under which the whole configuration has them. */
export const KEPT = [
  'attention_config',
  'cache_config',
  'parallel_config',
  'scheduler_config',
  'compilation_config',
  'kv_transfer_config',
  'speculative_config',
  'model_config',
];

/** Runs the code that builds the parser of `vllm serve`. Throws when the tree has none. */
export function buildParser(R: Reader): { readonly parser: Value; readonly frame: Frame } {
  const frame = entryFrame(R, MODULE);
  const parserClass = nameIn(R, MODULE, 'FlexibleArgumentParser');
  const make = nameIn(R, MODULE, 'make_arg_parser');
  if (!parserClass || !make) throw new Error('the tree has no parser of `vllm serve`');
  const parser = R.call(frame, parserClass, { pos: [], kw: new Map() });
  R.call(frame, make, { pos: [parser], kw: new Map() });
  return { parser, frame };
}

/** Reads the table. Throws when the tree has no `vllm serve`. */
export function readArguments(
  tree: Tree,
  platform: string,
): { readonly table: ArgumentTable; readonly notes: readonly Unread[] } {
  const book = createBook();
  const R = createReader(book, withConfigFile(createWorld(tree, platform)));
  const ship = createShipment(R);
  const { parser, frame } = buildParser(R);
  ship.add(
    'build.events',
    eventsTerm(
      R,
      frame,
      ship,
      flatten(R, frame.trace).filter((e) => e.kind === 'raise'),
    ),
  );
  const types = new Map<string, string>();
  const added = actionsOf(parser[0]!.v);
  const flags = added.map((a) => flagOf(R, ship, parser, a, types));
  shipObjects(R, ship, added, (dest) => KEPT.includes(dest));
  const abbreviations = scalarOf(R.getAttr(frame, parser, 'allow_abbrev'));
  const notes = [...R.notes.values()].sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  const readNumber = nameIn(R, 'vllm.utils.argparse_utils', 'human_readable_int');
  const numbers = readNumber && typeOf(R, ship, readNumber, types);
  const file = readConfigFile(R);
  const table: ArgumentTable = {
    ...(file ? { file } : {}),
    abbreviations: abbreviations !== false,
    flags,
    ...(numbers ? { numbers } : {}),
    rules: packRules(ship.ship()),
  };
  return { table, notes };
}

const plain = plainTerm();

/** A certain scalar, a member of an enumeration by its name; undefined for anything else. */
export function scalarOf(value: Value | undefined): Scalar | undefined {
  const v = value?.length === 1 ? value[0]!.v : undefined;
  if (!value || !v) return undefined;
  // a number by another name is that number
  if (v.k === 'instance' && v.member !== undefined && v.cls.mro.some((c) => c.name === 'int'))
    return scalarOf(v.attrs.get('_value_'));
  const term = plain(v);
  return term === null || typeof term !== 'object' ? term : undefined;
}

/** A list of certain scalars. */
export function scalarsOf(value: Value | undefined): readonly Scalar[] | undefined {
  const v = value?.length === 1 ? value[0]!.v : undefined;
  const items =
    v?.k === 'list' || v?.k === 'set'
      ? v.items.map((i) => (i.g === YES ? i.v : []))
      : v?.k === 'tuple'
        ? v.items
        : undefined;
  const made = items?.map(scalarOf);
  return made?.every((x) => x !== undefined) ? made : undefined;
}

function flagOf(
  R: Reader,
  ship: Shipper,
  parser: Value,
  { action, options, place }: Added,
  types: Map<string, string>,
): Flag {
  const get = (name: string): Value | undefined => action.attrs.get(name);
  const dest = String(scalarOf(get('dest')));
  const nargs = scalarOf(get('nargs'));
  const constant = scalarOf(get('const'));
  const choices = scalarsOf(get('choices'));
  const known = choices ? undefined : scalarsOf(get('metavar'));
  const type = typeOf(R, ship, get('type'), types);
  const fallback = defaultOf(ship, dest, get('default'));
  const done = actionOf(R, parser, action, options, dest);
  const shown = textsOf(get('option_strings'));
  return {
    options,
    ...(shown.join() === options.join() ? {} : { shown }),
    dest,
    action: done.action,
    ...(typeof nargs === 'number' || typeof nargs === 'string' ? { nargs } : {}),
    ...(type ? { type } : {}),
    ...(constant === undefined || constant === null || done.sets ? {} : { const: constant }),
    ...(done.sets ? { sets: done.sets } : {}),
    ...(choices ? { choices } : {}),
    ...(known ? { known } : {}),
    ...(fallback ? { default: fallback } : {}),
    ...(isDeprecated(parser, action) ? { deprecated: true as const } : {}),
    place,
  };
}

function isDeprecated(parser: Value, action: Atom): boolean {
  const v = parser[0]!.v;
  const set = v.k === 'instance' ? v.attrs.get('_deprecated')?.[0]?.v : undefined;
  return set?.k === 'set' && set.items.some((i) => i.v[0]?.v === action);
}

/** Is it an object of a class of the tree that holds nothing: one that only says that nothing is given? */
export const isMark = (v: Atom): v is InstanceAtom =>
  v.k === 'instance' && v.member === undefined && v.attrs.size === 0 && v.cls.scope !== undefined && !v.cls.dataclass;

function defaultOf(ship: Shipper, dest: string, value: Value | undefined): Default | undefined {
  const scalar = scalarOf(value);
  if (scalar === SUPPRESS) return undefined;
  if (scalar !== undefined) return { value: scalar };
  const scalars = scalarsOf(value);
  if (scalars) return { value: scalars };
  const v = value?.length === 1 ? value[0]!.v : undefined;
  if (v?.k === 'dict' && v.entries.length === 0) return { object: 'builtins.dict' };
  if (v?.k === 'instance' && v.cls.mro.some((c) => c.dataclass))
    return { object: `${v.cls.modname}.${v.cls.qualname}` };
  if (v?.k === 'instance' && v.cls.mro.some((c) => c.name === 'dict')) return { object: 'builtins.dict' };
  if (v && isMark(v)) return { object: `${v.cls.modname}.${v.cls.qualname}` };
  if (!value || v) return { unread: v ? ((plain(v) as { unread?: string }).unread ?? v.k) : 'nothing' };
  // an object that only says that nothing is given is one without keys
  const own = (x: Atom): Term => (x.k === 'instance' && x.member === undefined ? { record: {} } : plain(x));
  ship.add(`default.${dest}`, termOf(value, own));
  return { rule: `default.${dest}` };
}

const BUILT: Readonly<Record<string, Flag['action']>> = {
  _StoreAction: 'store',
  _AppendAction: 'append',
  _ExtendAction: 'extend',
  _CountAction: 'count',
  _HelpAction: 'help',
  _VersionAction: 'version',
};

/** What the flag does, and for flags without a value what each of its spellings puts in. */
export function actionOf(
  R: Reader,
  parser: Value,
  action: Added['action'],
  options: readonly string[],
  dest: string,
): Pick<Flag, 'action' | 'sets'> {
  const own = findInClass(R, action.cls, '__call__')?.value[0]?.v;
  if (own?.k !== 'func') {
    const built = BUILT[action.cls.name];
    if (built) return { action: built };
    const value = (o: string): Scalar =>
      action.cls.mro.some((c) => c.name === 'BooleanOptionalAction')
        ? !o.startsWith('--no-')
        : (scalarOf(action.attrs.get('const')) ?? null);
    return { action: 'set', sets: Object.fromEntries(options.map((o) => [o, value(o)])) };
  }
  if (scalarOf(action.attrs.get('nargs')) !== 0) {
    const text = kindInput(R, 'text', ['str']);
    return { action: stored(R, parser, action, text, options[0] ?? '', dest)?.[0]?.v === text[0]!.v ? 'store' : 'own' };
  }
  const sets: Record<string, Scalar> = {};
  for (const o of options) {
    const made = scalarOf(stored(R, parser, action, one(listAtom([])), o, dest));
    if (made === undefined) return { action: 'own' };
    sets[o] = made;
  }
  return { action: 'set', sets };
}

/** What an action of the release's own leaves in the namespace. */
function stored(
  R: Reader,
  parser: Value,
  action: Added['action'],
  values: Value,
  option: string,
  dest: string,
): Value | undefined {
  const frame = entryFrame(R, MODULE);
  const namespace = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  const call = R.attrOf(frame, action, '__call__')!;
  R.call(frame, call, { pos: [parser, one(namespace), values, one(str(option))], kw: new Map() });
  return frame.trace.some((e) => e.kind !== 'log') ? undefined : namespace.attrs.get(dest);
}

/** How a text is converted: one of Python's own functions, or rules for a function of the release. */
function typeOf(R: Reader, ship: Shipper, value: Value | undefined, types: Map<string, string>): string | undefined {
  const v = value?.[0]?.v;
  if (!v || v.k === 'none') return undefined;
  if (v.k === 'class' && ['str', 'int', 'float'].includes(v.name)) return v.name;
  if (v.k === 'native' && v.name === 'json.loads') return 'json';
  const frame: Frame = entryFrame(R, MODULE);
  const made = R.call(frame, value, { pos: [kindInput(R, 'text', ['str'])], kw: new Map() });
  const terms = { value: termOf(made, convertedTerm(R)), events: eventsTerm(R, frame, ship, frame.trace) };
  const key = JSON.stringify(terms);
  let name = types.get(key);
  if (!name) {
    types.set(key, (name = `type.${types.size}`));
    ship.add(`${name}.value`, terms.value);
    ship.add(`${name}.events`, terms.events);
    ship.add(`${name}.name`, v.k === 'func' ? v.name : v.k);
  }
  return name;
}

/** What was read from a text as JSON says so, with the class that it is validated as. */
const convertedTerm =
  (R: Reader): Plain =>
  (v): Term => {
    if (v.k !== 'instance' || !v.attrs.has('__json__')) return plain(v);
    const of = v.attrs.get('__of__')?.[0]?.v;
    return { record: { json: true, ...(of?.k === 'class' ? classTerms(R, of) : {}) } };
  };

/** The class, and the keys that its JSON may have. */
const classTerms = (R: Reader, cls: ClassAtom): Readonly<Record<string, Term>> => ({
  of: `${cls.modname}.${cls.qualname}`,
  keys: {
    list: dataFields(R, cls)
      .filter((f) => isTaken(f.value))
      .map((f) => [YES, f.name] as const),
  },
});
