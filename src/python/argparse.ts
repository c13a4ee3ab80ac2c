/**
 * Python's argparse as far as parsers are built: what every `add_argument` adds is an action object, read afterwards.
 * Parsing itself is not modelled here. Mirrors argparse.py: `_ActionsContainer.add_argument`, `ArgumentParser.__init__`.
 */
import { YES } from '../rules/index.ts';
import type { Place } from '../rules/index.ts';
import { builtinClass } from './builtins.ts';
import { getAttr } from './attributes.ts';
import { newInstance } from './objects.ts';
import { note, placeOf, writing } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { bool, FALSE, int, list, native, NONE, NONE_VALUE, one, outside, str, TRUE } from './values.ts';
import type { Args, Atom, ClassAtom, InstanceAtom, NativeAtom, Value } from './values.ts';

/** An action of a parser: the options under which the parser knows it, whatever it shows later, and the line that added it. */
export interface Added {
  readonly action: InstanceAtom;
  readonly options: readonly string[];
  readonly place: Place;
}

/** What a parser of the reading holds; its groups share it. */
interface Container {
  readonly actions: Added[];
  readonly registry: Map<Atom, Atom>;
  readonly defaults: Map<string, Value>;
}

const containers = new WeakMap<Atom, Container>();
const tables = new WeakMap<Reader, Map<string, ClassAtom>>();

/** The actions of a parser in the order in which they were added, each with the line that added it. */
export const actionsOf = (parser: Atom): readonly Added[] => containers.get(parser)?.actions ?? [];

/** The value meaning that an absent flag leaves no attribute at all. */
export const SUPPRESS = '==SUPPRESS==';

type Method = (R: Reader, frame: Frame, self: InstanceAtom, args: Args) => Value;

const KINDS: Readonly<Record<string, string>> = {
  store: '_StoreAction',
  store_const: '_StoreConstAction',
  store_true: '_StoreTrueAction',
  store_false: '_StoreFalseAction',
  append: '_AppendAction',
  append_const: '_AppendConstAction',
  count: '_CountAction',
  help: '_HelpAction',
  version: '_VersionAction',
  extend: '_ExtendAction',
};

const FIELDS = [
  'option_strings',
  'dest',
  'nargs',
  'const',
  'default',
  'type',
  'choices',
  'required',
  'help',
  'metavar',
  'deprecated',
] as const;

/** What a name of argparse stands for; undefined when it is not modelled. */
export function argparseModel(R: Reader, name: string): Value | undefined {
  const short = /^argparse\.(\w+)$/.exec(name)?.[1];
  if (!short) return undefined;
  switch (short) {
    case 'SUPPRESS':
      return one(str(SUPPRESS));
    case 'OPTIONAL':
      return one(str('?'));
    case 'ZERO_OR_MORE':
      return one(str('*'));
    case 'ONE_OR_MORE':
      return one(str('+'));
    case 'REMAINDER':
      return one(str('...'));
    default: {
      const cls = classesOf(R).get(short);
      return cls && one(cls);
    }
  }
}

function classesOf(R: Reader): Map<string, ClassAtom> {
  let table = tables.get(R);
  if (table) return table;
  tables.set(R, (table = new Map()));
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const exception = R.builtin('Exception')![0]!.v as ClassAtom;
  const define = (name: string, base: ClassAtom, methods: Readonly<Record<string, Method>> = {}): ClassAtom => {
    const cls = builtinClass(name, base, 'argparse');
    for (const [key, method] of Object.entries(methods)) cls.attrs.set(key, one(methodAtom(R, key, method)));
    table.set(name, cls);
    return cls;
  };
  define('ArgumentTypeError', exception);
  define('ArgumentError', exception);
  define('Namespace', object, { __init__: namespaceInit });
  for (const name of [
    'HelpFormatter',
    'RawDescriptionHelpFormatter',
    'RawTextHelpFormatter',
    'ArgumentDefaultsHelpFormatter',
    'MetavarTypeHelpFormatter',
  ])
    define(name, object);
  const action = define('Action', object, { __init__: actionInit });
  for (const name of Object.values(KINDS)) define(name, action, ACTIONS[name] ? { __init__: ACTIONS[name] } : {});
  define('BooleanOptionalAction', action, { __init__: booleanInit });
  define('_SubParsersAction', action);
  const container = define('_ActionsContainer', object, {
    add_argument: addArgument,
    register,
    set_defaults: setDefaults,
  });
  define('_ArgumentGroup', container, { __init__: groupInit });
  define('ArgumentParser', container, {
    __init__: parserInit,
    add_argument_group: addGroup,
    add_mutually_exclusive_group: addGroup,
  });
  return table;
}

const methodAtom = (R: Reader, name: string, method: Method): NativeAtom => ({
  ...native(name, (args) => {
    const [self, ...pos] = args.pos;
    return method(R, R.frame!, self![0]!.v as InstanceAtom, { pos, kw: args.kw });
  }),
  method: true,
});

function namespaceInit(_R: Reader, _f: Frame, self: InstanceAtom, args: Args): Value {
  for (const [k, v] of args.kw) self.attrs.set(k, v);
  return NONE_VALUE;
}

const INITIAL: Readonly<Record<string, Value>> = { required: one(FALSE), deprecated: one(FALSE) };

/** `Action.__init__`: every parameter becomes an attribute. */
function actionInit(_R: Reader, _f: Frame, self: InstanceAtom, args: Args): Value {
  FIELDS.forEach((name, i) => self.attrs.set(name, args.pos[i] ?? args.kw.get(name) ?? INITIAL[name] ?? NONE_VALUE));
  return NONE_VALUE;
}

const fixed =
  (preset: Readonly<Record<string, Value>>): Method =>
  (R, frame, self, args) =>
    actionInit(R, frame, self, {
      pos: args.pos,
      kw: new Map([...Object.entries(preset).filter(([k]) => !args.kw.has(k)), ...args.kw]),
    });

const ACTIONS: Readonly<Partial<Record<string, Method>>> = {
  _StoreTrueAction: fixed({ nargs: one(int(0)), const: one(TRUE), default: one(FALSE) }),
  _StoreFalseAction: fixed({ nargs: one(int(0)), const: one(FALSE), default: one(TRUE) }),
  _StoreConstAction: fixed({ nargs: one(int(0)) }),
  _AppendConstAction: fixed({ nargs: one(int(0)) }),
  _CountAction: fixed({ nargs: one(int(0)) }),
  _HelpAction: fixed({ nargs: one(int(0)), default: one(str(SUPPRESS)) }),
  _VersionAction: fixed({ nargs: one(int(0)), default: one(str(SUPPRESS)) }),
};

/** `BooleanOptionalAction.__init__`: every `--x` gets a `--no-x` after it. */
function booleanInit(R: Reader, frame: Frame, self: InstanceAtom, args: Args): Value {
  actionInit(R, frame, self, args);
  const options = textsOf(self.attrs.get('option_strings'));
  const both = options.flatMap((o) => (o.startsWith('--') ? [o, `--no-${o.slice(2)}`] : [o]));
  self.attrs.set('option_strings', textList(both));
  self.attrs.set('nargs', one(int(0)));
  return NONE_VALUE;
}

/** The texts of a concrete list or tuple of texts. */
export function textsOf(value: Value | undefined): string[] {
  const v = value?.[0]?.v;
  const items = v?.k === 'list' ? v.items.map((i) => i.v) : v?.k === 'tuple' ? v.items : [];
  return items.flatMap((i) => (i[0]?.v.k === 'str' ? [i[0].v.s] : []));
}

const textList = (texts: readonly string[]): Value => one(list(texts.map((s) => ({ g: YES, v: one(str(s)) }))));

function parserInit(R: Reader, frame: Frame, self: InstanceAtom, args: Args): Value {
  const registry = new Map<Atom, Atom>();
  for (const [kind, name] of Object.entries(KINDS)) registry.set(str(kind), classesOf(R).get(name)!);
  registry.set(NONE, classesOf(R).get('_StoreAction')!);
  containers.set(self, { actions: [], registry, defaults: new Map() });
  for (const name of ['prog', 'usage', 'description', 'epilog', 'argument_default'])
    self.attrs.set(name, args.kw.get(name) ?? NONE_VALUE);
  self.attrs.set('allow_abbrev', args.kw.get('allow_abbrev') ?? one(TRUE));
  self.attrs.set('_subparsers', NONE_VALUE);
  self.attrs.set('_action_groups', one(list([])));
  const help = args.kw.get('add_help')?.[0]?.v;
  if (help?.k !== 'bool' || help.b)
    R.call(frame, getAttr(R, frame, one(self), 'add_argument'), {
      pos: [one(str('-h')), one(str('--help'))],
      kw: new Map([['action', one(str('help'))]]),
    });
  return NONE_VALUE;
}

function groupInit(_R: Reader, _f: Frame, self: InstanceAtom, args: Args): Value {
  const container = args.pos[0]?.[0]?.v;
  const shared = container && containers.get(container);
  if (shared) containers.set(self, shared);
  self.attrs.set('title', args.pos[1] ?? args.kw.get('title') ?? NONE_VALUE);
  self.attrs.set('description', args.pos[2] ?? args.kw.get('description') ?? NONE_VALUE);
  self.attrs.set('_group_actions', one(list([])));
  return NONE_VALUE;
}

function addGroup(R: Reader, frame: Frame, self: InstanceAtom, args: Args): Value {
  const group = newInstance(classesOf(R).get('_ArgumentGroup')!);
  groupInit(R, frame, group, { pos: [one(self), ...args.pos], kw: args.kw });
  return one(group);
}

function register(_R: Reader, _f: Frame, self: InstanceAtom, args: Args): Value {
  const [kind, key, value] = args.pos.map((p) => p[0]?.v);
  if (kind?.k === 'str' && kind.s === 'action' && key && value) containers.get(self)?.registry.set(key, value);
  return NONE_VALUE;
}

function setDefaults(_R: Reader, _f: Frame, self: InstanceAtom, args: Args): Value {
  for (const [name, value] of args.kw) {
    containers.get(self)?.defaults.set(name, value);
    for (const { action } of actionsOf(self)) if (destOf(action) === name) action.attrs.set('default', value);
  }
  return NONE_VALUE;
}

const destOf = (action: InstanceAtom): string | undefined => {
  const v = action.attrs.get('dest')?.[0]?.v;
  return v?.k === 'str' ? v.s : undefined;
};

/** `add_argument`: makes the action and keeps it. */
function addArgument(R: Reader, frame: Frame, self: InstanceAtom, args: Args): Value {
  const container = containers.get(self);
  const names = args.pos.map((p) => p[0]?.v);
  if (!container || names.some((n) => n?.k !== 'str')) {
    note(R, 'opaque', 'an argument of uncertain name', placeOf(frame));
    return one(newInstance(classesOf(R).get('Action')!));
  }
  const options = names.map((n) => (n as { s: string }).s);
  const kw = new Map(args.kw);
  const kind = kw.get('action')?.[0]?.v ?? NONE;
  kw.delete('action');
  const positional = options.length === 0 || (options.length === 1 && !options[0]!.startsWith('-'));
  const long = options.find((o) => o.startsWith('--')) ?? options[0];
  const dest = positional ? options[0] : long?.replace(/^-+/, '').replaceAll('-', '_');
  if (!kw.has('dest') && dest !== undefined) kw.set('dest', one(str(dest)));
  kw.set('option_strings', textList(positional ? [] : options));
  const key = kw.get('dest')?.[0]?.v;
  const preset = key?.k === 'str' ? container.defaults.get(key.s) : undefined;
  if (!kw.has('default') && preset) kw.set('default', preset);
  if (positional && !kw.has('required')) {
    const nargs = kw.get('nargs')?.[0]?.v;
    kw.set('required', one(bool(!(nargs?.k === 'str' && (nargs.s === '?' || nargs.s === '*')))));
  }
  writing(R, frame, self);
  const cls = container.registry.get(kind) ?? kind;
  kw.delete('version');
  const made = cls.k === 'class' ? R.call(frame, one(cls), { pos: [], kw }) : one(outside('argparse.Action'));
  const action = made[0]?.v;
  if (action?.k === 'instance')
    container.actions.push({ action, options: textsOf(action.attrs.get('option_strings')), place: callerPlace(frame) });
  else note(R, 'opaque', `an argument of uncertain action: ${options.join(' ')}`, placeOf(frame));
  return made;
}

/** The line that asked for an argument: the nearest caller that is no `add_argument` itself. */
function callerPlace(frame: Frame): Place {
  let at: Frame = frame;
  while (at.fn?.name === 'add_argument' && at.caller) at = at.caller;
  return placeOf(at);
}
