/* oxlint-disable max-lines -- one part of the language, in one place */
/** Python's standard library, as far as selection code uses it. Each entry says what the real thing answers. */
import { NO, YES } from '../rules/index.ts';
import type { Cond } from '../rules/index.ts';
import { argparseModel } from './argparse.ts';
import { builtinClass } from './builtins.ts';
import { deepCopy } from './copies.ts';
import { isTaken } from './dataclass.ts';
import { exprOf } from './compare.ts';
import { environ, getenv } from './environ.ts';
import { importNamed, parametersOutside } from './foreign.ts';
import { flagCond, kindInput } from './inputs.ts';
import { iterate } from './iterate.ts';
import { MATH } from './mathmodule.ts';
import { dictConfig } from './logconfig.ts';
import { moduleValue } from './names.ts';
import { dataFields } from './classes.ts';
import { FROZEN, setAttr } from './settingattributes.ts';
import { newInstance } from './objects.ts';
import { care, exception, log, newFrame, note, placeOf, raise, unread } from './reader.ts';
import type { Frame, Reader } from './reader.ts';
import { fileThere, pathName } from './paths.ts';
import { regexModel } from './regex.ts';
import { lit, partsOf, percent, textParts, textValue } from './strings.ts';
import { typesModel } from './types.ts';
import {
  bool,
  boolean,
  choose,
  dict,
  FALSE,
  fresh,
  int,
  list,
  native,
  NONE_VALUE,
  one,
  opaque,
  outside,
  restrict,
  str,
  text,
  tuple,
  union,
} from './values.ts';
import type { Node } from './syntax.ts';
import type { Args, Atom, ClassAtom, FuncAtom, InstanceAtom, Value } from './values.ts';
import { copyDict } from './entries.ts';

type Model = (R: Reader, frame: Frame, args: Args) => Value;

const identity: Model = (_R, _f, args) => args.pos[0]!;
/** A decorator used bare or with arguments, that leaves what it decorates as it is. */
const decorator: Model = (_R, _f, args) => {
  const v = args.pos[0]?.[0]?.v;
  if (v && (v.k === 'func' || v.k === 'class' || v.k === 'classmethod' || v.k === 'staticmethod' || v.k === 'bound'))
    return args.pos[0]!;
  return one(native('decorator', (inner) => inner.pos[0]!));
};

/** A generator's function as what makes context managers of it. */
function managing(v: Atom): Atom {
  if (v.k === 'func') return v.isGenerator ? ({ ...v, id: fresh(), manager: true } satisfies FuncAtom) : v;
  if (v.k === 'classmethod' || v.k === 'staticmethod')
    return { ...v, id: fresh(), fn: v.fn.map((a) => ({ g: a.g, v: managing(a.v) })) };
  return v;
}

function cached(v: Atom): Atom {
  if (v.k === 'func') return { ...v, id: fresh(), cached: true } satisfies FuncAtom;
  if (v.k === 'classmethod' || v.k === 'staticmethod')
    return { ...v, id: fresh(), fn: v.fn.map((a) => ({ g: a.g, v: cached(a.v) })) };
  return v;
}

/** functools.cache, lru_cache: results are remembered, so what happens inside happens once for equal arguments. */
const cache: Model = (_R, _f, args) => {
  const v = args.pos[0]?.[0]?.v;
  if (v && v.k !== 'int' && v.k !== 'none') return args.pos[0]!.map((a) => ({ g: a.g, v: cached(a.v) }));
  return one(native('cache', (inner) => inner.pos[0]!.map((a) => ({ g: a.g, v: cached(a.v) }))));
};

const dataclassDecorator =
  (pydantic: boolean): Model =>
  (_R, _f, args) => {
    const frozen = args.kw.get('frozen')?.[0]?.v;
    const mark = (value: Value): Value => {
      for (const { v } of value)
        if (v.k === 'class') v.dataclass = { frozen: frozen?.k === 'bool' && frozen.b, pydantic };
      return value;
    };
    if (args.pos[0]?.[0]?.v.k === 'class') return mark(args.pos[0]);
    return one(native('dataclass', (inner) => mark(inner.pos[0]!)));
  };

/** Marks a class as a dataclass whose fields pydantic validates. */
export const pydanticDataclass = dataclassDecorator(true);

/** What a logger has besides its methods. */
const LOGGER: ReadonlySet<string> = new Set(['handlers', 'filters', 'level', 'parent', 'propagate', 'disabled']);

/** A logger: what it is told is an event of the reading. */
function loggerClass(R: Reader): ClassAtom {
  const cls = builtinClass('Logger', R.builtin('object')![0]!.v as ClassAtom, 'logging');
  for (const level of ['debug', 'info', 'warning', 'error', 'critical', 'exception', 'warn'])
    cls.attrs.set(
      level,
      one(
        native(level, (args) => {
          const frame = R.frame!;
          const name = level === 'exception' ? 'ERROR' : level === 'warn' ? 'WARNING' : level.toUpperCase();
          for (const { g, v } of args.pos[0]!) {
            const live = frame.live;
            frame.live = R.d.and(live, g);
            const rest = args.pos.slice(1).map((a) => restrict(R.d, a, frame.live));
            log(
              R,
              frame,
              name,
              v.k === 'str' && rest.length ? percent(R, frame, v.s, rest) : partsOf(R, frame, one(v), false),
            );
            frame.live = live;
          }
          return NONE_VALUE;
        }),
      ),
    );
  cls.attrs.set('isEnabledFor', one(native('isEnabledFor', () => one(bool(true)))));
  for (const name of ['setLevel', 'addHandler', 'addFilter', 'removeHandler'])
    cls.attrs.set(name, one(native(name, () => NONE_VALUE)));
  return cls;
}

const findSpec: Model = (R, frame, args) => {
  const key = args.pos[0]!;
  if (key.length !== 1 || key[0]!.v.k !== 'str') return unread(R, frame, 'find_spec of an uncertain name');
  const name = key[0]!.v.s;
  const there = moduleValue(R, name)[0]?.v.k === 'module' ? YES : partThere(R, name);
  return choose(R.d, there, one(outside(`spec of ${name}`)), NONE_VALUE);
};

/** Whether a module outside the tree is there; a part of a package is asked for by its own name. */
function partThere(R: Reader, name: string): Cond {
  const there = R.world.importable(name, R);
  if (!name.includes('.') || there <= YES) return there;
  const part = flagCond(R, `import.${name}`);
  return R.d.and(there, part);
}

/** importlib.metadata.version: the version of an installed distribution, else PackageNotFoundError. */
const distributionVersion: Model = (R, frame, args) => {
  const key = args.pos[0]![0]?.v;
  if (key?.k !== 'str') return unread(R, frame, 'version of an uncertain package');
  const value = kindInput(R, `version.${key.s}`, ['missing', 'str']);
  const missing = value.find((a) => a.v.k === 'unbound')!.g;
  raise(R, frame, R.d.and(care(R, frame), missing), exception(packageNotFound(R), [one(key)]));
  return value.filter((a) => a.v.k !== 'unbound');
};

const classes = new WeakMap<Reader, Map<string, ClassAtom>>();

function libraryClass(R: Reader, name: string, modname: string, base: string): ClassAtom {
  let table = classes.get(R);
  if (!table) classes.set(R, (table = new Map()));
  const key = `${modname}.${name}`;
  let cls = table.get(key);
  if (!cls) {
    const parent = base.includes('.') ? table.get(base)! : (R.builtin(base)![0]!.v as ClassAtom);
    table.set(key, (cls = builtinClass(name, parent, modname)));
  }
  return cls;
}

/** The class of modules: one made by hand has the name that it is given. */
function moduleType(R: Reader): ClassAtom {
  const cls = libraryClass(R, 'ModuleType', 'types', 'object');
  if (!cls.attrs.has('__init__')) {
    const init = native('__init__', (args) => {
      setAttr(R, R.frame!, args.pos[0]!, '__name__', args.pos[1]!);
      setAttr(R, R.frame!, args.pos[0]!, '__doc__', args.pos[2] ?? args.kw.get('doc') ?? NONE_VALUE);
      return NONE_VALUE;
    });
    cls.attrs.set('__init__', one({ ...init, method: true }));
  }
  return cls;
}

const packageNotFound = (R: Reader): ClassAtom =>
  libraryClass(R, 'PackageNotFoundError', 'importlib.metadata', 'ModuleNotFoundError');

const enumClass = (R: Reader, name: string): ClassAtom => {
  const base = libraryClass(R, 'Enum', 'enum', 'object');
  switch (name) {
    case 'Enum':
      return base;
    case 'IntEnum':
    case 'StrEnum': {
      const cls = libraryClass(R, name, 'enum', 'enum.Enum');
      const plain = R.builtin(name === 'IntEnum' ? 'int' : 'str')![0]!.v as ClassAtom;
      if (!cls.mro.includes(plain)) cls.mro = [cls, plain, ...cls.mro.slice(1)];
      return cls;
    }
    case 'Flag':
      return libraryClass(R, 'Flag', 'enum', 'enum.Enum');
    default:
      enumClass(R, 'Flag');
      return libraryClass(R, 'IntFlag', 'enum', 'enum.Flag');
  }
};

/** One of each list, and when all of them are there. */
interface Combination {
  readonly g: Cond;
  readonly of: readonly Value[];
}

const suppress: Model = (R, _f, args) => {
  const made = newInstance(R.builtin('object')![0]!.v as ClassAtom);
  made.attrs.set('__suppresses__', one(tuple(args.pos)));
  return one(made);
};

const chain: Model = (R, frame, args) => one(list(args.pos.flatMap((p) => iterate(R, frame, p))));

/** The fields of an object of a dataclass as a dictionary; objects inside it as well. */
const asDict: Model = (R, frame, args) =>
  args.pos[0]!.map(({ g, v }) => {
    if (v.k !== 'instance' || !v.cls.mro.some((c) => c.dataclass))
      return { g, v: opaque('dataclasses.asdict of something that was not read', placeOf(frame)) };
    const inner = (value: Value): Value =>
      value.map((a) =>
        a.v.k === 'instance' && a.v.member === undefined && a.v.cls.mro.some((c) => c.dataclass)
          ? { g: a.g, v: asDict(R, frame, { pos: [one(a.v)], kw: new Map() })[0]!.v }
          : a,
      );
    const fields = dataFields(R, v.cls).map((f) => ({
      key: str(f.name),
      g: YES,
      v: inner(R.attrOf(frame, v, f.name) ?? []),
    }));
    return { g, v: dict(fields) };
  });

const replaceFields: Model = (R, frame, args) => {
  const v = args.pos[0]![0]?.v;
  if (v?.k !== 'instance') return unread(R, frame, 'dataclasses.replace of something that was not read');
  const made: InstanceAtom = { ...v, id: fresh(), attrs: new Map(v.attrs), version: 0 };
  for (const [k, value] of args.kw) made.attrs.set(k, value);
  return one(made);
};

const FUNCTIONS: Readonly<Record<string, Model>> = {
  'functools.cache': cache,
  'functools.lru_cache': cache,
  'functools.cached_property': (_R, _f, args) => one({ id: fresh(), k: 'cachedproperty', fn: args.pos[0]! }),
  'functools.wraps': () => one(native('wraps', (args) => args.pos[0]!)),
  'functools.update_wrapper': identity,
  'functools.partial': (_R, _f, args) =>
    one({ id: fresh(), k: 'partial', fn: args.pos[0]!, args: { pos: args.pos.slice(1), kw: args.kw } }),
  'functools.total_ordering': identity,
  'functools.reduce': (R, frame, args) => {
    let total = args.pos[2];
    for (const i of iterate(R, frame, args.pos[1]!))
      total = total ? R.call(frame, args.pos[0]!, { pos: [total, i.v], kw: new Map() }) : i.v;
    return total ?? NONE_VALUE;
  },
  'dataclasses.dataclass': dataclassDecorator(false),
  'dataclasses.replace': replaceFields,
  'dataclasses.asdict': asDict,
  'dataclasses.is_dataclass': (R, _f, args) =>
    boolean(
      R.d,
      args.pos[0]!.reduce<Cond>(
        (c, a) =>
          (a.v.k === 'class' ? a.v : a.v.k === 'instance' ? a.v.cls : undefined)?.mro.some((m) => m.dataclass)
            ? R.d.or(c, a.g)
            : c,
        NO,
      ),
    ),
  'typing.cast': (_R, _f, args) => args.pos[1]!,
  'typing.overload': identity,
  'typing.final': identity,
  'typing.override': identity,
  'typing.no_type_check': identity,
  'typing.runtime_checkable': identity,
  'typing.dataclass_transform': () => one(native('dataclass_transform', (args) => args.pos[0]!)),
  'typing.TypeVar': (_R, _f, args) =>
    one(outside(`TypeVar ${(args.pos[0]?.[0]?.v as { s?: string } | undefined)?.s ?? ''}`)),
  'typing.ParamSpec': () => one(outside('ParamSpec')),
  'typing.NewType': (_R, _f, args) => args.pos[1]!,
  'typing.assert_never': () => NONE_VALUE,
  'abc.abstractmethod': identity,
  'enum.auto': () => one(outside('enum.auto()', true)),
  'enum.unique': identity,
  'contextlib.contextmanager': (_R, _f, args) => args.pos[0]!.map((a) => ({ g: a.g, v: managing(a.v) })),
  'contextlib.asynccontextmanager': (_R, _f, args) => args.pos[0]!.map((a) => ({ g: a.g, v: managing(a.v) })),
  'contextlib.suppress': suppress,
  'contextlib.nullcontext': (_R, _f, args) => args.pos[0] ?? NONE_VALUE,
  'warnings.warn': () => NONE_VALUE,
  'os.getenv': getenv,
  'os.environ.get': getenv,
  'os.path.join': (R, frame, args) => {
    let path: Value = one(str(''));
    for (const next of args.pos) {
      const out = [];
      for (const a of path)
        for (const b of next) {
          const g = R.d.and(a.g, b.g);
          if (g === NO) continue;
          const left = textParts(a.v);
          const right = textParts(b.v);
          if (!left || !right) out.push({ g, v: opaque('os.path.join of an uncertain path', placeOf(frame)) });
          else if (b.v.k === 'str' && b.v.s.startsWith('/')) out.push({ g, v: b.v });
          else {
            const slash = a.v.k === 'str' && (a.v.s === '' || a.v.s.endsWith('/')) ? '' : '/';
            for (const made of textValue(R, [...left, lit(slash), ...right]))
              out.push({ g: R.d.and(g, made.g), v: made.v });
          }
        }
      path = union(R.d, out);
    }
    return path;
  },
  'os.path.dirname': (_R, frame, args) => {
    const folder = (s: string): string => (s.includes('/') ? s.slice(0, s.lastIndexOf('/')) || '/' : '');
    return args.pos[0]!.map(({ g, v }) => {
      if (v.k === 'str') return { g, v: str(folder(v.s)) };
      const e = exprOf(v);
      return {
        g,
        v: e
          ? text([{ p: 'expr', e: { op: 'dirname', args: [e] } }])
          : opaque('os.path.dirname of an uncertain path', placeOf(frame)),
      };
    });
  },
  'os.path.abspath': identity,
  'os.path.expanduser': identity,
  'os.path.exists': (R, frame, args) => fileThere(R, frame, args, 'file'),
  // what is there may be a folder
  'os.path.isfile': (R, frame, args) => fileThere(R, frame, args, 'isfile'),
  'shutil.which': (R, frame, args) =>
    union(
      R.d,
      args.pos[0]!.flatMap(({ g, v }) => {
        const name = pathName(v);
        const found =
          name === undefined
            ? unread(R, frame, 'shutil.which of an uncertain name')
            : kindInput(R, `which.${name}`, ['none', 'str']);
        return found.map((a) => ({ g: R.d.and(g, a.g), v: a.v }));
      }),
    ),
  'importlib.import_module': (R, frame, args) => importNamed(R, frame, args.pos[0]!),
  'importlib.metadata.entry_points': (R, frame) => {
    note(R, 'assumed', 'no package brings a plugin', placeOf(frame));
    return one(list([]));
  },
  'importlib.util.find_spec': findSpec,
  'importlib.metadata.version': distributionVersion,
  'logging.config.dictConfig': dictConfig,
  'logging.getLogger': (R, frame, args) => {
    const place = placeOf(frame);
    // what else it holds nobody tells
    const made: InstanceAtom = {
      ...newInstance(loggerClassOf(R)),
      lazy: (name) => (LOGGER.has(name) ? one(opaque(`the ${name} of a logger`, place)) : undefined),
    };
    made.attrs.set('name', args.pos[0] ?? one(str('root')));
    return one(made);
  },
  'types.MethodType': (_R, _f, args) =>
    args.pos[0]!.flatMap((f) =>
      args.pos[1]!.map((s) => ({ g: f.g, v: { id: fresh(), k: 'bound' as const, fn: f.v, self: s.v } })),
    ),
  // what reads it reads the dictionary behind it
  'types.MappingProxyType': (_R, _f, args) => args.pos[0]!,
  'types.SimpleNamespace': (R, _f, args) => {
    const made = newInstance(libraryClass(R, 'SimpleNamespace', 'types', 'object'));
    for (const [k, v] of args.kw) made.attrs.set(k, v);
    return one(made);
  },
  'copy.copy': (R, frame, args) => shallow(R, frame, args),
  'copy.deepcopy': (_R, _f, args) => deepCopy(args.pos[0]!),
  'collections.OrderedDict': (R, frame, args) => R.call(frame, R.builtin('dict')!, args),
  'collections.defaultdict': (_R, _f, args) =>
    one({ ...dict([]), ...(args.pos[0] ? { factory: args.pos[0][0]!.v } : {}) }),
  'itertools.chain': chain,
  'itertools.product': (R, frame, args) => {
    const lists = args.pos.map((given) => iterate(R, frame, given));
    const made = lists.reduce<readonly Combination[]>(
      (taken, items) =>
        taken
          .flatMap(({ g, of }) => items.map((i) => ({ g: R.d.and(g, i.g), of: [...of, i.v] })))
          .filter(({ g }) => g !== NO),
      [{ g: YES, of: [] }],
    );
    return one(list(made.map(({ g, of }) => ({ g, v: one(tuple(of)) }))));
  },
  'itertools.permutations': (R, frame, args) => {
    const items = iterate(R, frame, args.pos[0]!);
    const r = (args.pos[1] ?? args.kw.get('r'))?.[0]?.v;
    if (items.some((i) => i.g !== YES)) return unread(R, frame, 'permutations of an uncertain list');
    const made: Value[][] = [];
    const walk = (taken: readonly number[]): void => {
      if (taken.length === (r?.k === 'int' ? r.n : items.length)) made.push(taken.map((i) => items[i]!.v));
      else items.forEach((_, i) => taken.includes(i) || walk([...taken, i]));
    };
    walk([]);
    return one(list(made.map((m) => ({ g: YES, v: one(tuple(m)) }))));
  },
  'itertools.chain.from_iterable': (R, frame, args) =>
    one(
      list(
        iterate(R, frame, args.pos[0]!).flatMap((i) =>
          iterate(R, frame, i.v).map((j) => ({ ...j, g: R.d.and(i.g, j.g) })),
        ),
      ),
    ),
  'operator.attrgetter': (R, _f, args) => {
    const name = args.pos[0]![0]!.v;
    return one(
      native('attrgetter', (inner) =>
        name.k === 'str' ? R.getAttr(R.frame!, inner.pos[0]!, name.s) : unread(R, R.frame!, 'attrgetter'),
      ),
    );
  },
  'inspect.isclass': (R, _f, args) =>
    boolean(
      R.d,
      args.pos[0]!.reduce<Cond>((c, a) => (a.v.k === 'class' ? R.d.or(c, a.g) : c), NO),
    ),
  'inspect.iscoroutinefunction': (_R, _f, args) =>
    args.pos[0]!.map(({ g, v }) => {
      const of = v.k === 'bound' ? v.fn : v;
      return of.k === 'func'
        ? { g, v: bool(of.node.nodeType === 'AsyncFunctionDef') }
        : { g, v: opaque('inspect.iscoroutinefunction of what is no function of the tree', '') };
    }),
  'inspect.signature': (R, frame, args) => signature(R, frame, args),
  'sys.exit': (R, frame, args) => {
    raise(R, frame, care(R, frame), exception(R.builtin('SystemExit')![0]!.v as ClassAtom, args.pos.slice(0, 1)));
    return [];
  },
  ...MATH,
  'threading.Lock': () => one(outside('lock')),
  'threading.RLock': () => one(outside('lock')),
  'contextvars.ContextVar': (R, _f, args) => {
    const made = newInstance(libraryClass(R, 'ContextVar', 'contextvars', 'object'));
    made.attrs.set('value', args.kw.get('default') ?? NONE_VALUE);
    made.attrs.set('get', one(native('get', () => made.attrs.get('value')!)));
    made.attrs.set(
      'set',
      one(native('set', (inner) => (setAttr(R, R.frame!, one(made), 'value', inner.pos[0]!), NONE_VALUE))),
    );
    return one(made);
  },
};
// decorators that nothing depends on
const DECORATORS = [
  'atexit.register',
  'contextlib.ContextDecorator',
  'typing_extensions.deprecated',
  'warnings.deprecated',
];

function shallow(_R: Reader, _f: Frame, args: Args): Value {
  return args.pos[0]!.map(({ g, v }) => {
    if (v.k === 'list') return { g, v: list([...v.items]) };
    if (v.k === 'dict') return { g, v: copyDict(v) };
    if (v.k === 'instance' && v.member === undefined)
      return { g, v: { ...v, id: fresh(), attrs: new Map(v.attrs), version: 0 } };
    return { g, v };
  });
}

/** inspect.signature: what it says of each thing that the function can be. */
const signature: Model = (R, _f, args) =>
  union(
    R.d,
    (args.pos[0] ?? args.kw.get('obj') ?? []).flatMap(({ g, v }) =>
      signatureOf(R, v).map((a) => ({ g: R.d.and(g, a.g), v: a.v })),
    ),
  );

/** The signature of one function; its `parameters` are the names, as a dictionary. */
function signatureOf(R: Reader, v: Atom): Value {
  const fn = v.k === 'bound' ? v.fn : v.k === 'classmethod' || v.k === 'staticmethod' ? v.fn[0]!.v : v;
  const object = R.builtin('object')![0]!.v as ClassAtom;
  if (fn.k === 'opaque' && fn.makes?.mro.some((c) => c.dataclass)) return one(dataSignature(R, fn.makes));
  if (fn.k === 'opaque') return one(opaque(`the parameters of ${fn.why}`, fn.place, fn));
  const own = fn.k === 'outside' ? fn.known?.get('__signature__') : undefined;
  if (own) return own;
  if (fn.k !== 'func') {
    // a function outside the tree: which parameters it has is a fact of that package
    const made = newInstance(object);
    const name = fn.k === 'outside' ? fn.name : fn.k;
    const parameters = parametersOutside(R, libraryClass(R, 'mappingproxy', 'types', 'object'), name);
    made.attrs.set('parameters', one(parameters));
    return one(made);
  }
  const made = newInstance(object);
  const bound = v.k === 'bound' ? 1 : 0;
  const parameters = parametersOf(fn).slice(bound);
  made.attrs.set(
    'parameters',
    one(
      dict(
        parameters.map(([name, kind, note]) => ({
          key: str(name),
          g: YES,
          v: one(parameter(R, fn, name, kind, note)),
        })),
      ),
    ),
  );
  return one(made);
}

/** The signature of the constructor that a dataclass is given: of each parameter the name alone is known. */
function dataSignature(R: Reader, cls: ClassAtom): Atom {
  const object = R.builtin('object')![0]!.v as ClassAtom;
  const names = ['self', ...dataFields(R, cls).flatMap((f) => (isTaken(f.value) ? [f.name] : []))];
  const entries = names.map((name) => ({ key: str(name), g: YES, v: one(opaque(`the parameter ${name}`, '')) }));
  const made = newInstance(object);
  made.attrs.set('parameters', one(dict(entries)));
  return made;
}

interface Parameter {
  readonly arg: string;
  readonly annotation?: Node | null;
}

function parametersOf(fn: FuncAtom): (readonly [name: string, kind: string, annotation: Node | null | undefined])[] {
  const a = fn.node.args as unknown as Record<string, Parameter[] | undefined> & {
    vararg?: Parameter;
    kwarg?: Parameter;
  };
  const of = (list: Parameter[] | undefined, kind: string) =>
    (list ?? []).map((p) => [p.arg, kind, p.annotation] as const);
  return [
    ...of(a.posonlyargs, 'POSITIONAL_ONLY'),
    ...of(a.args, 'POSITIONAL_OR_KEYWORD'),
    ...of(a.vararg ? [a.vararg] : [], 'VAR_POSITIONAL'),
    ...of(a.kwonlyargs, 'KEYWORD_ONLY'),
    ...of(a.kwarg ? [a.kwarg] : [], 'VAR_KEYWORD'),
  ];
}

function parameter(R: Reader, fn: FuncAtom, name: string, kind: string, annotation: Node | null | undefined): Atom {
  const object = R.builtin('object')![0]!.v as ClassAtom;
  let noted: Value | undefined;
  const lazy = (attr: string): Value | undefined =>
    attr === 'annotation' ? (noted ??= annotated(R, fn, annotation)) : undefined;
  const made: InstanceAtom = { ...newInstance(object), lazy };
  made.attrs.set('name', one(str(name)));
  made.attrs.set('kind', one(parameterKind(kind)));
  return made;
}

/** What an annotation of a parameter is; where a module keeps its annotations as texts, what they name is not looked up. */
function annotated(R: Reader, fn: FuncAtom, annotation: Node | null | undefined): Value {
  if (!annotation) return one(outside('inspect._empty', true));
  const asText = fn.module.body.some((s) => s.nodeType === 'ImportFrom' && s.module === '__future__');
  if (asText) return one(opaque('an annotation that is kept as a text', `${fn.module.path}:${fn.node.lineno ?? 0}`));
  return R.evaluate(newFrame(fn.scope, undefined, undefined, YES), annotation);
}

const parameterKind = (kind: string): Atom => outside(`inspect.Parameter.${kind}`, true);

const loggers = new WeakMap<Reader, ClassAtom>();
function loggerClassOf(R: Reader): ClassAtom {
  let cls = loggers.get(R);
  if (!cls) loggers.set(R, (cls = loggerClass(R)));
  return cls;
}

/** What a name of the standard library stands for; undefined when it is not modelled. */
// oxlint-disable-next-line max-lines-per-function -- one arm for every form that Python has
export function stdlib(R: Reader, name0: string): Value | undefined {
  const name = name0.replace(/^typing_extensions\./, 'typing.').replace(/^collections\.abc\./, 'typing.');
  const fn = FUNCTIONS[name];
  if (fn) return one(nativeOf(R, name, fn));
  if (DECORATORS.includes(name0)) return one(nativeOf(R, name0, decorator));
  const own = typesModel(R, name, nativeOf) ?? argparseModel(R, name) ?? regexModel(R, name, nativeOf);
  if (own) return own;
  switch (name) {
    case FROZEN:
      return R.builtin(FROZEN);
    case 'typing.TYPE_CHECKING':
      return one(FALSE);
    case 'os.environ':
      return one(environ(R));
    case 'enum.Enum':
    case 'enum.IntEnum':
    case 'enum.StrEnum':
    case 'enum.Flag':
    case 'enum.IntFlag':
      return one(enumClass(R, name.slice(5)));
    case 'enum.EnumMeta':
    case 'enum.EnumType':
      return one(libraryClass(R, 'EnumMeta', 'enum', 'type'));
    case 'abc.ABC':
      return one(libraryClass(R, 'ABC', 'abc', 'object'));
    case 'abc.ABCMeta':
      return one(libraryClass(R, 'ABCMeta', 'abc', 'type'));
    case 'typing.NamedTuple':
      return one(libraryClass(R, 'NamedTuple', 'typing', 'object'));
    case 'typing.Generic':
    case 'typing.Protocol':
    case 'typing.TypedDict':
      return one(libraryClass(R, name.slice(7), 'typing', 'object'));
    case 'importlib.metadata.PackageNotFoundError':
      return one(packageNotFound(R));
    case 'types.ModuleType':
      return one(moduleType(R));
    case 'types.SimpleNamespace':
      return one(libraryClass(R, name.slice(6), 'types', 'object'));
    case 'math.inf':
    case 'math.pi':
      return one(outside(name, true));
    case 'sys.modules':
      return one(loadedModules(R));
    case 'sys.argv':
      // the line that is read: a model is served, no help is asked for
      return one(list(['vllm', 'serve'].map((s) => ({ g: YES, v: one(str(s)) }))));
    case 'sys.version_info':
      return one(tuple(PYTHON.map((n) => one(int(n)))));
    case 'sys.platform':
      return one(str('linux'));
    case 'collections.Counter':
      return one(libraryClass(R, 'Counter', 'collections', 'dict'));
    case 'ssl.CERT_NONE':
      return one(int(0));
    case 'os.sep':
      return one(str('/'));
    case 'inspect._empty':
    case 'inspect.Parameter.empty':
    case 'inspect.Signature.empty':
      return one(outside('inspect._empty', true));
    case 'inspect.Parameter.POSITIONAL_ONLY':
    case 'inspect.Parameter.POSITIONAL_OR_KEYWORD':
    case 'inspect.Parameter.VAR_POSITIONAL':
    case 'inspect.Parameter.KEYWORD_ONLY':
    case 'inspect.Parameter.VAR_KEYWORD':
      return one(parameterKind(name.slice('inspect.Parameter.'.length)));
    case 'logging.Logger':
      return one(loggerClassOf(R));
    case 'logging.DEBUG':
      return one(int(10));
    case 'logging.INFO':
      return one(int(20));
    default:
      if (/^typing\.(Mapping|MutableMapping|Sequence|Iterable|Collection|Set|Callable)$/.test(name))
        return one(libraryClass(R, name.slice(7), 'typing', 'object'));
      return undefined;
  }
}

/** The Python that the releases' own images run. */
const PYTHON = [3, 12, 0];

/** `sys.modules`, asked by name: what every start imports is there, what is optional is not loaded yet. */
function loadedModules(R: Reader): Atom {
  const made = newInstance(libraryClass(R, 'modules', 'sys', 'object'));
  const there = (args: Args): Cond => {
    const v = args.pos[0]![0]?.v;
    return v?.k === 'str' && (R.world.importable(v.s, R) === YES || R.world.module(v.s) !== undefined) ? YES : NO;
  };
  made.attrs.set('__contains__', one(native('__contains__', (args) => boolean(R.d, there(args)))));
  made.attrs.set(
    '__getitem__',
    one(native('__getitem__', (args) => moduleValue(R, (args.pos[0]![0]!.v as { s: string }).s))),
  );
  made.attrs.set(
    'get',
    one(
      native('get', (args) =>
        there(args) === YES ? moduleValue(R, (args.pos[0]![0]!.v as { s: string }).s) : (args.pos[1] ?? NONE_VALUE),
      ),
    ),
  );
  return made;
}

const natives = new WeakMap<Reader, Map<string, Atom>>();

/** One native atom a name, so that it is the same thing wherever it is imported. */
export function nativeOf(R: Reader, name: string, fn: Model): Atom {
  let table = natives.get(R);
  if (!table) natives.set(R, (table = new Map()));
  let atom = table.get(name);
  if (!atom) table.set(name, (atom = native(name, (args) => fn(R, R.frame!, args))));
  return atom;
}

export type { Model };
