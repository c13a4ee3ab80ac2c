/* oxlint-disable max-lines -- the package as one tree: its table of classes, its own classes, those of others beside it */
/**
 * Reads the configuration classes of a transformers source tree: for every model type what its class makes of a
 * config.json. Must be told nothing about a model type: the tree's own table says which there are.
 */
import {
  builtinClass,
  createReader,
  dict,
  entryFrame,
  FALSE,
  findInClass,
  moduleScope,
  nameIn,
  native,
  newInstance,
  NONE_VALUE,
  one,
  opaque,
  outside,
  str,
  TRUE,
  tuple,
} from '../python/index.ts';
import type { ClassAtom, InstanceAtom, Reader, Value, World } from '../python/index.ts';
import { createBook, createShipper, WhichattnError, YES } from '../rules/index.ts';
import type { RuleSet } from '../rules/index.ts';
import { ATTENDS, attendingIn } from './attending.ts';
import { AUTO_NAMES } from './autonames.ts';
import {
  baseConstructor,
  createClassReader,
  fieldsOnly,
  LABELS,
  labels,
  markDataclasses,
  toldRefusals,
} from './configclasses.ts';
import type { ConfigClass } from './configclasses.ts';
import { kindsOfClasses, withConstructors } from './configkeys.ts';
import type { KindsByName } from './configkeys.ts';
import { BASE, BASE_MODULE, configPart } from './configpart.ts';
import { jsonDict } from './json.ts';
import { outsideOf } from './outside.ts';
import { PER_LAYER_PROPERTY, perLayer } from './perlayer.ts';
import { moduleFile } from './tree.ts';
import type { Tree } from './tree.ts';

export interface ConfigClasses {
  /** What all classes have in common: a class has what it says and what the base says beside that. */
  readonly base: ConfigClass;
  /** The name of the class of each model type. */
  readonly types: Readonly<Record<string, string>>;
  readonly classes: Readonly<Record<string, ConfigClass>>;
  /** Lists of texts that the module of the base keeps for whoever asks, by their full names. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Model types whose class could not be read, and why. */
  readonly unread: Readonly<Record<string, string>>;
}

const AUTO = 'transformers.models.auto.configuration_auto';
/** The name that the class which all derive from had before. */
const OLD_BASE = 'PretrainedConfig';

/** Conditions that one class may need, and that one reading may hold. */
const OF_A_CLASS = 300_000;
const OF_A_READING = 1_200_000;

/** Reads all configuration classes, or those of the given model types. Throws when the tree has no table of them. */
export function readTransformers(tree: Tree, only?: ReadonlySet<string>): ConfigClasses {
  const { types, modules, kinds, unread } = tableOf(tree);
  const wanted = only && new Set([...only].map((type) => types[type]));
  const classes: Record<string, ConfigClass> = {};
  let reading: Reading | undefined;
  for (const [name, module] of modules) {
    if (name === BASE || name === OLD_BASE || (wanted && !wanted.has(name))) continue;
    if (!reading || reading.R.d.count() > OF_A_READING) reading = startReading(tree, kinds, modules, true);
    const { R } = reading;
    R.d.allow(R.d.count() + OF_A_CLASS);
    try {
      classes[name] = reading.read(classAt(R, module, name)!);
    } catch (e) {
      if (!(e instanceof RangeError)) throw e;
      R.d.allow(Infinity);
      classes[name] = fieldsOnly(R, classAt(R, module, name)!, e.message);
      reading = undefined;
    }
  }
  reading ??= startReading(tree, kinds, modules, true);
  const { R } = reading;
  const base = { ...reading.base, calls: { ...reading.base.calls, [FINDS]: readFinding(tree) } };
  const lists = { ...listsOf(R), ...autoNames(R), ...attending(R, tree) };
  return { base, types, classes, lists, unread };
}

/** The function that finds the class for a config.json, and what it is part of. */
const FINDS = 'from_pretrained';
const FINDER = 'AutoConfig';

/** What is raised before a class is asked, of whose config.json the keys are the inputs: the term `refused`. No code of its own is trusted. */
function readFinding(tree: Tree): RuleSet {
  const book = createBook();
  const world = createTransformersWorld(tree);
  const R = createReader(book, {
    ...world,
    replaced: (name, reader) =>
      name === `${AUTO}.CONFIG_MAPPING` ? one(opaque('the classes by model type', AUTO)) : world.replaced(name, reader),
  });
  const frame = entryFrame(R, AUTO);
  const finder = nameIn(R, AUTO, FINDER);
  if (finder) {
    const kw = new Map([['trust_remote_code', one(FALSE)]]);
    R.call(frame, R.getAttr(frame, finder, FINDS), { pos: [one(opaque('the name of a model', AUTO))], kw });
  }
  const shipper = createShipper(book);
  shipper.add('refused', { list: toldRefusals(R, frame, YES).map(({ g, term }) => [g, term] as const) });
  return shipper.ship();
}

/**
 * Reads configuration classes that stand outside transformers, in a tree that holds both, each as `module:Class`; with them those of their
 * parts. Throws when the tree has no table of transformers' own.
 */
export function readOwnClasses(tree: Tree, wanted: readonly string[]): Pick<ConfigClasses, 'classes' | 'unread'> {
  const { kinds: ofTable, modules } = tableOf(tree);
  const kinds = withConstructors(classesBeside(tree, wanted), ofTable);
  const classes: Record<string, ConfigClass> = {};
  const unread: Record<string, string> = {};
  const pending = [...wanted];
  let reading: Reading | undefined;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (Object.hasOwn(classes, name) || Object.hasOwn(unread, name)) continue;
    if (!reading || reading.R.d.count() > OF_A_READING) reading = startReading(tree, kinds, modules, false);
    const { R } = reading;
    const [module = '', own = ''] = name.split(':');
    const cls = moduleFile(tree, module) && classAt(R, module, own);
    if (!cls) {
      unread[name] = `no class ${own} in ${module}`;
      continue;
    }
    R.d.allow(R.d.count() + OF_A_CLASS);
    try {
      classes[name] = reading.read(cls);
    } catch (e) {
      if (!(e instanceof RangeError)) throw e;
      R.d.allow(Infinity);
      classes[name] = fieldsOnly(R, cls, e.message);
      reading = undefined;
    }
    pending.push(...partsNamed(classes[name]!));
  }
  return { classes, unread };
}

/** The classes that stand in the modules of these, each given as `module:Class`. */
function classesBeside(tree: Tree, wanted: readonly string[]): readonly ClassAtom[] {
  const R = createReader(createBook(), createTransformersWorld(tree));
  const modules = [...new Set(wanted.map((name) => name.split(':', 1)[0]!))].filter((name) => moduleFile(tree, name));
  return modules.flatMap((module) =>
    [...(moduleScope(R, module)?.binders.keys() ?? [])].flatMap((name) => {
      const v = nameIn(R, module, name)?.[0]?.v;
      return v?.k === 'class' && v.module?.name === module ? [v] : [];
    }),
  );
}

/** The classes outside transformers that parts of a class are of. */
const partsNamed = (cls: ConfigClass): readonly string[] =>
  [...JSON.stringify([cls.made, cls.calls]).matchAll(/"@class":"([\w.]+:\w+)"/g)].map(([, name]) => name!);

/** The lists of texts that the module of the base has under names of its own. */
function listsOf(R: Reader): Readonly<Record<string, readonly string[]>> {
  const out: Record<string, readonly string[]> = {};
  for (const name of moduleScope(R, BASE_MODULE)?.binders.keys() ?? []) {
    const v = /^[A-Z][A-Z0-9_]*$/.test(name) ? nameIn(R, BASE_MODULE, name)?.[0]?.v : undefined;
    if (v?.k !== 'tuple') continue;
    const texts = v.items.flatMap((item) => (item.length === 1 && item[0]!.v.k === 'str' ? [item[0]!.v.s] : []));
    if (texts.length > 0 && texts.length === v.items.length) out[`${BASE_MODULE}.${name}`] = texts;
  }
  return out;
}

/** By the type of a model, of which class it is, as a list of one: see `AUTO_NAMES`. */
function autoNames(R: Reader): Readonly<Record<string, readonly string[]>> {
  const at = AUTO_NAMES.lastIndexOf('.');
  const table = nameIn(R, AUTO_NAMES.slice(0, at), AUTO_NAMES.slice(at + 1))?.[0]?.v;
  const entries = table?.k === 'dict' ? table.entries : [];
  return Object.fromEntries(
    entries.flatMap(({ key, v }) => {
      const name = v.length === 1 ? v[0]!.v : undefined;
      return key.k === 'str' && name?.k === 'str' ? [[`${AUTO_NAMES}.${key.s}`, [name.s]] as const] : [];
    }),
  );
}

const MODELS = 'transformers.models.auto.modeling_auto';

/** By the type of a model, how it attends: see `Attending`. */
function attending(R: Reader, tree: Tree): Readonly<Record<string, readonly string[]>> {
  const table = nameIn(R, MODELS, 'MODEL_MAPPING_NAMES')?.[0]?.v;
  const toModule = nameIn(R, AUTO, 'model_type_to_module_name');
  return Object.fromEntries(
    (table?.k === 'dict' && toModule ? table.entries : []).flatMap(({ key, v }) => {
      const name = v.length === 1 ? v[0]!.v : undefined;
      if (key.k !== 'str' || name?.k !== 'str') return [];
      const folder = R.call(entryFrame(R, AUTO), toModule!, { pos: [one(key)], kw: new Map() })[0]?.v;
      const module = folder?.k === 'str' ? `transformers.models.${folder.s}.modeling_${folder.s}` : '';
      const found = moduleFile(tree, module) && attendingIn(R, module, name.s);
      return found ? [[`${ATTENDS}.${key.s}`, found] as const] : [];
    }),
  );
}

interface Reading {
  readonly R: Reader;
  readonly base: ConfigClass;
  read(cls: ClassAtom): ConfigClass;
}

/**
 * Begins to read classes, which find those of the package in `modules`; those that stand outside it (not `own`) call the constructor
 * that all get.
 */
function startReading(tree: Tree, kinds: KindsByName, modules: ReadonlyMap<string, string>, own: boolean): Reading {
  const book = createBook();
  const R = createReader(book, createTransformersWorld(tree, modules));
  R.finished = true;
  const reader = createClassReader(R, book, kinds);
  const base = nameIn(R, BASE_MODULE, BASE)?.[0]?.v;
  if (base?.k !== 'class') throw notRead(`no class ${BASE} in ${BASE_MODULE}`);
  const said = reader.base(base);
  if (!own) base.attrs.set('__init__', baseConstructor(R));
  return { R, base: said, read: (cls) => reader.read(cls) };
}

/** The error for a tree in which the configuration classes do not stand as they are looked for. */
const notRead = (what: string): WhichattnError =>
  new WhichattnError({
    code: 'not-transformers',
    what: 'The configuration classes of this transformers cannot be read',
    why: `There is ${what}: older releases keep them in another way.`,
    todo: 'Learn a newer release: it has to be one that vLLM allows.',
  });

/** The table of model types and their classes, where each class stands, and what the fields of all of them take. */
function tableOf(tree: Tree): {
  readonly types: Readonly<Record<string, string>>;
  readonly modules: ReadonlyMap<string, string>;
  readonly kinds: KindsByName;
  readonly unread: Readonly<Record<string, string>>;
} {
  const R = createReader(createBook(), createTransformersWorld(tree));
  const table = nameIn(R, AUTO, 'CONFIG_MAPPING_NAMES')?.[0]?.v;
  if (table?.k !== 'dict') throw notRead(`no table CONFIG_MAPPING_NAMES of model types that can be read in ${AUTO}`);
  const toModule = nameIn(R, AUTO, 'model_type_to_module_name')!;
  const types: Record<string, string> = {};
  const modules = new Map([BASE, OLD_BASE].map((name) => [name, BASE_MODULE]));
  const unread: Record<string, string> = {};
  const pending: [type: string, name: string, folder: string][] = [];
  for (const e of table.entries) {
    const name = e.v[0]?.v;
    if (e.key.k !== 'str' || name?.k !== 'str') continue;
    types[e.key.s] = name.s;
    if (modules.has(name.s)) continue;
    const folder = R.call(entryFrame(R, AUTO), toModule, { pos: [one(e.key)], kw: new Map() })[0]?.v;
    if (folder?.k !== 'str') throw notRead(`no module for the model type ${e.key.s}`);
    const module = moduleWith(R, tree, folder.s, name.s);
    if (module) modules.set(name.s, module);
    else pending.push([e.key.s, name.s, folder.s]);
  }
  for (const [type, name, folder] of pending)
    if (!modules.has(name)) unread[type] = `no class ${name} in models/${folder}`;
  const all = Object.values(types).flatMap((name) =>
    modules.has(name) ? [classAt(R, modules.get(name)!, name)!] : [],
  );
  const classes = [...new Set(all)];
  return { types, modules, kinds: kindsOfClasses(R, classes), unread };
}

/** The module of a folder of models that has a class of that name. */
function moduleWith(R: Reader, tree: Tree, folder: string, name: string): string | undefined {
  const path = `transformers/models/${folder}`;
  const files = [
    `${path}/configuration_${folder}.py`,
    ...tree.list(path).filter((file) => /\/configuration_\w+\.py$/.test(file)),
  ];
  return files.map((file) => file.replace(/\.py$/, '').replaceAll('/', '.')).find((module) => classAt(R, module, name));
}

function classAt(R: Reader, module: string, name: string): ClassAtom | undefined {
  const v = nameIn(R, module, name)?.[0]?.v;
  if (v?.k !== 'class') return undefined;
  markDataclasses(v);
  return v;
}

/** A decorator, used bare or with arguments, that leaves what it decorates as it is. */
const same: Value = one(
  native('decorator', (args) =>
    args.pos[0]?.[0]?.v.k === 'class' || args.pos[0]?.[0]?.v.k === 'func'
      ? args.pos[0]
      : one(native('decorator', (inner) => inner.pos[0]!)),
  ),
);

/** What surrounds the configuration classes. */
// oxlint-disable-next-line max-lines-per-function -- one step after the other, as vLLM takes them
function createTransformersWorld(tree: Tree, modules: ReadonlyMap<string, string> = new Map()): World {
  return {
    module: (name) => moduleFile(tree, name),
    outside(name, R) {
      if (name.startsWith('huggingface_hub.dataclasses.')) return same;
      if (name.endsWith('.__version__')) return one(opaque(name, ''));
      return outsideOf(R, name);
    },
    importable: () => YES,
    construct(R, cls, args) {
      const type = cls.mro.some((c) => c.name === BASE) ? findInClass(R, cls, 'model_type')?.value : undefined;
      return type && configPart(R, cls, args);
    },
    mayFail: () => false,
    replaced(name, R) {
      switch (name) {
        case 'transformers.utils.auto_docstring':
        case 'transformers.utils.auto_docstring.auto_docstring':
          return same;
        case 'transformers.utils.is_torch_available':
        case 'transformers.utils.import_utils.is_torch_available':
          return one(native('is_torch_available', () => one(TRUE)));
        case `${AUTO}.CONFIG_MAPPING`:
        // the package gives it out lazily
        case `${AUTO.slice(0, AUTO.lastIndexOf('.'))}.CONFIG_MAPPING`:
        case 'transformers.CONFIG_MAPPING':
          return one(configMapping(R));
        case 'transformers.utils.logging':
          return one(outside('transformers logging'));
        case `${BASE_MODULE}.${BASE}.get_config_dict`:
          return one(native('get_config_dict', () => one(tuple([one(jsonDict(R, 'cfg')), one(dict([]))]))));
        case 'transformers.utils.hub.resolve_revision':
          return one(native('resolve_revision', () => NONE_VALUE));
        case PER_LAYER_PROPERTY:
          return one(native('property', ({ pos }) => perLayer(R, pos[0]!, pos[1])));
        case `${BASE_MODULE}.${BASE}.${LABELS}`:
          return one(native('property', ({ pos }) => labels(R, pos[0]!, pos[1])));
        case 'transformers.configuration_utils.PreTrainedConfig._attn_implementation':
        case 'transformers.configuration_utils.PreTrainedConfig._experts_implementation':
          return one(native('property', () => one(opaque('implementations of layers', 'configuration_utils'))));
        case 'transformers.configuration_utils.PreTrainedConfig.__repr__':
          return one(native('__repr__', () => one(str('the configuration'))));
        case 'transformers.configuration_utils.PreTrainedConfig.validate_token_ids':
          return one(native('validate', () => NONE_VALUE));
        default: {
          const given = LAZILY.exec(name)?.[1];
          const module = given === undefined ? undefined : modules.get(given);
          return module === undefined ? undefined : nameIn(R, module, given!);
        }
      }
    },
  };
}

/** What the package and those of its models give out lazily. */
const LAZILY = /^transformers\.(?:models\.\w+\.)?(\w+)$/;

/** The table of configuration classes: what it makes of a dictionary is a part that is worked out with the question. */
function configMapping(R: Reader): InstanceAtom {
  const cls = builtinClass('_LazyConfigMapping', R.builtin('object')![0]!.v as ClassAtom, AUTO);
  cls.attrs.set(
    '__getitem__',
    one(
      native('__getitem__', (args) =>
        one({ ...native('configuration class', (inner) => configPart(R, args.pos[0]!, inner)), takesRest: true }),
      ),
    ),
  );
  cls.attrs.set('__contains__', one(native('__contains__', () => one(TRUE))));
  return newInstance(cls);
}
